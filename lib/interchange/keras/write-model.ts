/** A {@link Sequential} as a `.keras` file. */
import { StateError } from '../../errors.js';
import { type Architecture, placeLayers } from '../../nn/architecture.js';
import type { SequentialParams, SequentialState } from '../../nn/layered-model.js';
import type { Shape } from '../../nn/layers.js';
import { type Loss, resolveLoss } from '../../nn/losses.js';
import { type MetricLike, resolveMetric } from '../../nn/metrics.js';
import { type OptimizerConfig, resolveOptimizer } from '../../nn/optimizers.js';
import type { Sequential } from '../../nn/sequential.js';
import { writeArchive } from './archive.js';
import { classOf, groupNamer, snakeCase } from './names.js';
import { writeOptimizerState } from './optimizer-state.js';
import { type KerasArray, writeWeights } from './weights-file.js';
import { inputLayer, type SerialisedObject, serialise, writeLayer } from './write-layers.js';

/** @throws {ERR_NOT_SUPPORTED | ERR_NOT_FITTED | ERR_DEPENDENCY} see {@link exportKeras} */
export async function writeModel(model: Sequential): Promise<Uint8Array> {
  const { params, fitted } = model.snapshot();
  if (fitted === null) throw new StateError('ERR_NOT_FITTED', 'exportKeras takes a model that has weights.');
  const { state } = fitted;
  const architecture = placeLayers(params.layers, state.inputShape);
  const layers = layersOf(architecture);
  const config = {
    ...serialise('models', 'Sequential', {
      ...{ name: params.name, trainable: true, dtype: 'float32' },
      ...{
        layers: [inputLayer(state.inputShape), ...layers],
        build_input_shape: [null, ...state.inputShape],
      },
    }),
    ...{ module: 'keras', build_config: { input_shape: [null, ...state.inputShape] } },
    ...trainingOf(params),
  };
  const groups = groupsOf(architecture, layers, state, params);
  return writeArchive({ config, weights: await writeWeights(groups) });
}

function layersOf({ inputShape, layers }: Architecture): SerialisedObject[] {
  let shape: Shape = inputShape;
  return layers.map((layer) => {
    const written = writeLayer(layer, shape);
    const built = { ...written, build_config: { input_shape: [null, ...shape] } };
    shape = layer.outputShape;
    return built;
  });
}

function groupsOf(
  architecture: Architecture,
  layers: readonly SerialisedObject[],
  state: SequentialState,
  params: SequentialParams,
): Map<string, readonly KerasArray[]> {
  const groupOf = groupNamer();
  const groups = new Map<string, readonly KerasArray[]>();
  let k = 0;
  for (const [i, { weights }] of architecture.layers.entries()) {
    const arrays = weights.map(({ shape }) => ({ shape, values: state.weights[k++] }));
    groups.set(`layers/${groupOf(layers[i].class_name)}`, arrays);
  }
  if (params.loss !== null) {
    const weights = architecture.layers.flatMap((layer) => layer.weights);
    groups.set('optimizer', writeOptimizerState(resolveOptimizer(params.optimizer), weights, state));
  }
  return groups;
}

/** What `compile` was given; Keras cannot train without a loss. */
function trainingOf(params: SequentialParams): { readonly compile_config?: object } {
  if (params.loss === null) return {};
  const loss = resolveLoss(params.loss);
  const { type, ...options } = loss;
  const compile_config = {
    optimizer: optimizerOf(resolveOptimizer(params.optimizer)),
    loss: serialise('losses', classOf(type), spelt(options)),
    metrics: params.metrics.map((metric) => metricOf(metric, loss)),
  };
  return { compile_config };
}

function optimizerOf({ type, learningRate, ...options }: OptimizerConfig): SerialisedObject {
  let rate: number | SerialisedObject;
  if (typeof learningRate === 'number') rate = learningRate;
  else {
    const { type: schedule, ...own } = learningRate;
    rate = serialise('optimizers.schedules', classOf(schedule), spelt(own));
  }
  return serialise('optimizers', classOf(type), { learning_rate: rate, ...spelt(options) });
}

function metricOf(metric: MetricLike, loss: Loss): string | SerialisedObject {
  // Which accuracy that is, Keras too takes from the loss.
  if (metric === 'accuracy' || metric === 'acc') return metric;
  const { type, name, threshold, ...options } = resolveMetric(metric, loss);
  const isScore = type === 'f1Score';
  const limit = threshold === undefined ? {} : { [isScore ? 'threshold' : 'thresholds']: threshold };
  const config = { name: snakeCase(name), ...limit, ...(isScore && { average: 'micro' }), ...options };
  return serialise('metrics', classOf(type), config);
}

/** Options in Keras's spelling. */
const spelt = (options: object): object =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [snakeCase(name), value]));
