/** Networks, and whatever else multiplies by weights, in 8-bit arithmetic. */
import { Estimator } from '../core/estimator.js';
import { isSparse } from '../core/forms.js';
import { isTransformer } from '../core/kinds.js';
import { type LowersSamples, lowersSamples } from '../core/lowers-samples.js';
import type { MatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import {
  type Quantizable,
  type QuantizationOptions,
  quantizable,
  quantizeOutputs,
  runLater,
} from '../core/quantization/index.js';
import { requireCsr } from '../core/sparse/csr-matrix.js';
import type { Vectorizer } from '../core/sparse/sparse-transformer.js';
import { ValidationError } from '../errors.js';
import { checkShape, quantizableSamples } from './autograd/lowering.js';
import { rowsOf, type Samples } from './data.js';
import { OUTPUTS, QuantizedModel } from './quantized-model.js';

/** What both kinds of quantising take. */
interface CommonOptions extends Pick<QuantizationOptions, 'y' | 'maxLoss' | 'skip'> {
  /** The shape of one sample, without the batch: needed for a module, and for nothing else. */
  readonly inputShape?: readonly number[];
  /** Stops it. */
  readonly signal?: AbortSignal;
}
/** Options of {@link quantizeDynamic}. */
export interface QuantizeDynamicOptions extends CommonOptions {
  /** Rows that the gate compares the models on. Default none: no gate, and no figures of what was lost. */
  readonly calibration?: Samples | null;
}
/** Options of {@link quantizeStatic}. */
export interface QuantizeStaticOptions
  extends CommonOptions,
    Pick<QuantizationOptions, 'method' | 'percentile'> {}

/**
 * Makes a copy of a model whose layers have weights of 8 bits, a quarter of those of float32, and read each row by a range of its
 * own: y = f(x W + b), W signed with a scale for each output, x unsigned. Sums are exact.
 *
 * Layers are the products with weights in what the model compiles to: of networks, perceptrons, imported graphs, linear models, and
 * pipelines with one of them, which may begin with vectorizers. A row's bits do not depend on its batch.
 *
 * Differs from torch.ao.quantization.quantize_dynamic and onnxruntime.quantization.quantize_dynamic: a range for each row and not
 * for the batch, weights by channel; `calibration` adds a gate.
 *
 * @param model - a fitted estimator, or a module with `inputShape`
 * @returns a fitted estimator; its `report` says what became of each layer
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} when the model has no such layer
 * @throws {ERR_PARAMETER} for another model, or a bad option
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_INPUT_NAN | ERR_LABELS} for calibration rows or a y that do not fit
 * @throws {ERR_DENSE} for sparse calibration rows, or documents, of more than 2^28 values as dense ones
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { loadWine, makePipeline, StandardScaler } from 'boreal';
 * import { MLPClassifier, quantizeDynamic } from 'boreal/nn';
 * const { data, target } = loadWine();
 * const mlp = new MLPClassifier({ hiddenLayerSizes: [64], maxIter: 50, randomState: 1 });
 * const model = await makePipeline(new StandardScaler(), mlp).fit(data, target);
 * const small = await quantizeDynamic(model, { calibration: data, y: target });
 * small.report.layers.map(({ precision }) => precision); // ['int8', 'int8']
 * small.report.loss <= 0.005; // true
 * ```
 */
export async function quantizeDynamic(
  model: Estimator | LowersSamples,
  options: QuantizeDynamicOptions = {},
): Promise<QuantizedModel> {
  const { calibration = null, inputShape, signal, ...rest } = options ?? {};
  return quantized(model, inputShape, calibration, { ...rest, mode: 'dynamic' }, signal);
}

/**
 * Makes a copy of a model whose layers have weights of 8 bits, and read codes by the ranges that calibration rows have shown: faster
 * than {@link quantizeDynamic}, since a layer hands codes on to the next. Values beyond a range become its end.
 *
 * By default each layer has the method with the least error on every fourth row, which the ranges were not made of; and layers go
 * back to float32, the ones that cost most first, until no more than `maxLoss` is lost.
 *
 * Differs from onnxruntime.quantization.quantize_static: the methods are tried on each layer, and there is a gate.
 *
 * @param model - a fitted estimator, or a module with `inputShape`
 * @param calibration - rows like those that will be predicted, a few hundred or more
 * @param options - with `y`, their labels or targets, the gate compares scores; without, outputs
 * @returns a fitted estimator; its `report` says what became of each layer
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} when the model has no such layer
 * @throws {ERR_PARAMETER} for another model, or a bad option
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_INPUT_NAN | ERR_LABELS} for calibration rows or a y that do not fit
 * @throws {ERR_DENSE} for sparse calibration rows, or documents, of more than 2^28 values as dense ones
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { loadDigits } from 'boreal';
 * import { MLPClassifier, quantizeStatic } from 'boreal/nn';
 * const { data, target } = loadDigits();
 * const model = await new MLPClassifier({ maxIter: 20, randomState: 1 }).fit(data, target);
 * const small = await quantizeStatic(model, data, { y: target });
 * small.report.metric; // 'accuracy'
 * small.report.bytesAfter < small.report.bytesBefore / 3; // true
 * ```
 */
export async function quantizeStatic(
  model: Estimator | LowersSamples,
  calibration: Samples,
  options: QuantizeStaticOptions = {},
): Promise<QuantizedModel> {
  const { inputShape, signal, ...rest } = options ?? {};
  return quantized(model, inputShape, calibration, { ...rest, mode: 'static' }, signal);
}

async function quantized(
  model: Estimator | LowersSamples,
  inputShape: readonly number[] | undefined,
  calibration: Samples | null,
  options: QuantizationOptions,
  signal: AbortSignal | undefined,
): Promise<QuantizedModel> {
  const source = sourceOf(model, inputShape);
  const { kind, schema } = source;
  const wanted = OUTPUTS.filter((output) => output === 'value' || source.outputs.includes(output));
  const vectorizers = model instanceof Estimator ? model.vectorizers : [];
  const calibrate = calibration === null ? null : await planRows(calibration, vectorizers, signal);
  const runs = quantizeOutputs(source, wanted, { ...options, calibrate });
  const { recording, outputs, report } = await runLater(runs, signal);
  const slots = Object.fromEntries([...outputs].map(([output, { id }]) => [output, id]));
  const width = (outputs.get('transform') ?? outputs.get('value')!).width;
  const names = isTransformer(model)
    ? model.outputColumns().map(({ name }) => name)
    : Array.from({ length: width }, (_, k) => `output${k}`);
  const { target } = schema;
  const state = { kind, target, vectorizers, steps: recording.steps, slots, names, report };
  const result = new QuantizedModel({ source: model.constructor.name });
  result.restore({ state, schema, dtype: 'float32', reference: referenceOf(model) });
  return result;
}

/** Calibration rows as the plan reads them: those of documents are made dense. */
async function planRows(
  samples: Samples,
  vectorizers: readonly Vectorizer[],
  signal: AbortSignal | undefined,
): Promise<MatrixLike> {
  let X = rowsOf(samples).X as MatrixLike;
  for (const vectorizer of vectorizers) X = await vectorizer.transform(X, { signal });
  return isSparse(X) ? requireCsr(X).toDense('float32') : X;
}

function sourceOf(model: Estimator | LowersSamples, inputShape: readonly number[] | undefined): Quantizable {
  if (model instanceof Estimator) return quantizable(model);
  if (!lowersSamples(model)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `quantize takes a fitted estimator or a module; got ${show(model)}.`,
    );
  }
  checkShape(inputShape, 'quantize');
  return quantizableSamples(model, inputShape);
}

function referenceOf(model: Estimator | LowersSamples) {
  return model instanceof Estimator ? model.trainingReference : undefined;
}
