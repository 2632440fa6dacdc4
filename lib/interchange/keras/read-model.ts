/** A `.keras` file as a {@link Sequential}: its layers in their order, their weights, and how they are trained. */
import type { Label } from '../../core/labels.js';
import { resolveSeed, show } from '../../core/params.js';
import type { Target } from '../../core/schema.js';
import { sizeOf } from '../../core/shape.js';
import { BorealError } from '../../errors.js';
import { type Architecture, placeLayers } from '../../nn/architecture.js';
import { type SequentialState, unnamedSchema } from '../../nn/layered-model.js';
import type { Shape } from '../../nn/layers.js';
import { Sequential } from '../../nn/sequential.js';
import { kindOf, numbered } from '../../nn/targets.js';
import { refuse } from '../foreign.js';
import { type KerasArchive, readArchive } from './archive.js';
import { groupNamer } from './names.js';
import { readOptimizerState } from './optimizer-state.js';
import { type KerasLayer, readLayer, sampleShape } from './read-layers.js';
import { OptionReader } from './read-options.js';
import { type KerasTraining, readTraining } from './read-training.js';
import { type KerasGroups, readWeights } from './weights-file.js';

/** Options of {@link importKeras}. */
export interface ImportKerasOptions {
  /** Labels of the classes, in the order of the outputs; for a model trained with a cross-entropy. Default: 0, 1, 2, ... */
  readonly classes?: readonly Label[];
  /** false: reads what predictions need, and leaves out how the model is trained, as Keras's `compile=False`. Default true. */
  readonly compile?: boolean;
}

/** @throws {ERR_IMPORT} whatever is wrong with the file */
export async function readModel(bytes: Uint8Array, options: ImportKerasOptions): Promise<Sequential> {
  const { classes, compile = true } = options;
  const reader = new OptionReader(compile);
  try {
    reader.checkSource(bytes, 'no text');
    const archive = readArchive(bytes);
    return modelOf(archive, await readWeights(archive.weights), reader, classes);
  } catch (error) {
    if (error instanceof BorealError && !['ERR_PARAMETER', 'ERR_SHAPE'].includes(error.code)) throw error;
    throw refuse('Keras', (error instanceof Error ? error.message : String(error)).replace(/\.$/, ''), error);
  }
}

function modelOf(
  { config }: KerasArchive,
  groups: KerasGroups,
  reader: OptionReader,
  labels: readonly Label[] | undefined,
): Sequential {
  const model = reader.serialised(config, 'the model');
  const layers = layersOf(model.className, model.config, reader);
  const compiled = reader.trains ? reader.find(config, ['compile_config']) : null;
  const training = typeof compiled === 'object' && compiled !== null ? readTraining(compiled, reader) : null;
  const name = reader.find(model.config, ['name']);
  const result = new Sequential(
    layers.map(({ layer }) => layer),
    { ...training, ...(typeof name === 'string' && { name }) },
  );
  const shape = shapeOf(layers, model.config, reader);
  if (shape === null) {
    if (labels !== undefined) throw reader.fail('it was not built, and has no classes');
    result.checkParams();
    return result;
  }
  const architecture = placeLayers(result.params.layers, shape);
  const outputs = sizeOf(architecture.outputShape);
  const kind = kindOf(training?.loss ?? null, outputs);
  const isClassifier = kind === 'classifier';
  if (labels !== undefined && !isClassifier)
    throw reader.fail("'classes' are of a model with a cross-entropy, which this one has not");
  const classes = isClassifier ? reader.classes(labels, numbered(outputs).length) : null;
  const state: SequentialState = {
    ...{ inputShape: shape, weights: weightsOf(layers, architecture, groups, reader), classes },
    ...{ seed: resolveSeed(null), ...stepsOf(training, architecture, groups, reader) },
  };
  const number = kind === 'regressor' ? ('number' as const) : ('none' as const);
  const target: Target = classes === null ? { kind: number } : { kind: 'class', classes };
  result.restore({ state, schema: unnamedSchema(shape).withTarget(target), dtype: 'float32' });
  return result;
}

function layersOf(className: string, config: object, reader: OptionReader): KerasLayer[] {
  const given = reader.list(config, 'layers');
  for (const layer of given)
    if (typeof layer !== 'object' || layer === null) throw reader.fail('a layer is none');
  if (className === 'Sequential') return given.map((layer) => readLayer(layer as object, reader));
  if (className !== 'Functional' && className !== 'Model')
    throw reader.fail(`it is a ${show(className)}, not a Sequential or Functional model`);
  return chain(given as object[], config, reader).map((layer) => readLayer(layer, reader));
}

/** The layers of a Functional model whose layers follow one another, from its input on. */
function chain(given: readonly object[], config: object, reader: OptionReader): object[] {
  const followers = new Map<string, { readonly name: string; readonly layer: object }>();
  let first: { name: string; layer: object } | null = null;
  for (const layer of given) {
    const name = reader.string(layer, 'name');
    const nodes = reader.list(layer, 'inbound_nodes');
    if (nodes.length === 0) {
      if (first !== null) throw reader.fail('a model of several inputs is not supported');
      first = { name, layer };
      continue;
    }
    const source = nodes.length === 1 ? sourceOf(nodes[0], reader) : null;
    if (source === null || followers.has(source))
      throw reader.fail(`its layers do not follow one another: see layer ${show(name)}`);
    followers.set(source, { name, layer });
  }
  const order: object[] = [];
  let last = first;
  for (let at = first; at !== null && order.length <= given.length; at = followers.get(at.name) ?? null) {
    order.push(at.layer);
    last = at;
  }
  const ends = [reader.find(config, ['output_layers'])].flat(1);
  const end = Array.isArray(ends[0]) ? ends[0][0] : ends[0];
  const isOne = ends.length === 1 || !Array.isArray(ends[0]);
  if (order.length !== given.length || !isOne || end !== last?.name)
    throw reader.fail('its layers do not follow one another from one input to one output');
  return order;
}

/** The one layer that a layer is called on; null where it is called otherwise. */
function sourceOf(node: unknown, reader: OptionReader): string | null {
  if (typeof node !== 'object' || node === null) return null;
  const kwargs = reader.find(node, ['kwargs']) ?? {};
  // Whether it trains is said by those who call the model.
  const isPlain = Object.values(kwargs).every((value) => value === null || value === false);
  const args = reader.find(node, ['args']);
  if (!isPlain || !Array.isArray(args) || args.length !== 1) return null;
  const history = reader.find({ tensor: args[0] }, ['tensor', 'config', 'keras_history']);
  return Array.isArray(history) && typeof history[0] === 'string' ? history[0] : null;
}

/** The shape of a sample; null of a model that was never built. */
function shapeOf(layers: readonly KerasLayer[], config: object, reader: OptionReader): Shape | null {
  const first = layers[0]?.layer;
  if (first?.type === 'input') return first.shape;
  const built = reader.find(config, ['build_input_shape']) ?? null;
  return built === null ? null : sampleShape(built, reader);
}

function weightsOf(
  layers: readonly KerasLayer[],
  architecture: Architecture,
  groups: KerasGroups,
  reader: OptionReader,
): Float32Array[] {
  const groupOf = groupNamer();
  const body = layers.filter(({ layer }) => layer.type !== 'input');
  return architecture.layers.flatMap(({ name, weights }, i) => {
    const group = `layers/${groupOf(body[i].className)}`;
    const arrays = groups.get(group) ?? [];
    const fits = arrays.length === weights.length;
    if (!fits || weights.some(({ shape }, k) => shape.join() !== arrays[k].shape.join())) {
      const wanted = weights.map(({ shape }) => `[${shape.join(', ')}]`).join(', ') || 'none';
      throw reader.fail(`the weights of layer ${show(name)} are not ${wanted}`);
    }
    return arrays.map(({ values }) => Float32Array.from(values));
  });
}

function stepsOf(
  training: KerasTraining | null,
  { layers }: Architecture,
  groups: KerasGroups,
  reader: OptionReader,
) {
  if (training === null) return { steps: 0, moments: null };
  const weights = layers.flatMap((layer) => layer.weights);
  const state = readOptimizerState(training.optimizer, weights, groups.get('optimizer') ?? []);
  if (state === null) throw reader.failTraining('the state of its optimizer does not fit its weights');
  return state;
}
