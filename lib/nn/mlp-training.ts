/** How MLPClassifier and MLPRegressor train: scikit-learn's loop over epochs, around the engine. */
import type { FitInput } from '../core/fit-input.js';
import { isReadInPlace, privateArray } from '../core/linalg/memory.js';
import { Matrix } from '../core/matrix.js';
import { resolveSeed, show } from '../core/params.js';
import { Random } from '../core/random.js';
import { warn } from '../core/warn.js';
import { ValidationError } from '../errors.js';
import { join } from './join.js';
import type { ActivationType, LayerSpec, LossType, OptimizerSpec } from './layer-spec.js';
import { type MLPParams, type MLPState, splitParameters } from './mlp-params.js';
import { Network } from './network.js';
import type { ObjectiveOptions } from './objective.js';

/** A training set as the engine takes it, and what is to be learned of it. */
export interface MLPTask {
  readonly name: string;
  readonly x: Matrix;
  /** [rows, outputs], or classes. */
  readonly y: Float32Array | Int32Array;
  readonly outputs: number;
  readonly output: ActivationType;
  readonly loss: LossType;
  /** What early stopping watches, greater being better: of what the network says, [rows, outputs], of these rows. */
  readonly score: (said: Matrix, rows: Int32Array, weights: Float64Array | undefined) => number;
  /** What rows are drawn by for validation, so that each class keeps its share; null: all alike. */
  readonly strata: Int32Array | null;
  readonly sampleWeight: Float64Array | null;
}

const HIDDEN: Record<MLPParams['activation'], ActivationType> = {
  identity: 'linear',
  logistic: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
};

/** The layers of a perceptron. */
export function mlpLayers(
  sizes: readonly number[],
  hidden: MLPParams['activation'],
  output: ActivationType,
  alpha: number,
): LayerSpec[] {
  return sizes.slice(1).flatMap((units, i): LayerSpec[] => [
    { type: 'dense', units, useBias: true, kernelPenalty: { l1: 0, l2: alpha / 2 } },
    { type: 'activation', activation: i + 2 === sizes.length ? output : HIDDEN[hidden] },
  ]);
}

/** The network of a model, so that `partialFit` goes on with its optimizer; lost with the process. */
const networks = new WeakMap<MLPState, Network>();

function startNetwork(params: MLPParams, task: MLPTask, seed: number, before: MLPState | null): Network {
  const sizes = [task.x.cols, ...params.hiddenLayerSizes, task.outputs];
  const network = new Network(mlpLayers(sizes, params.activation, task.output, params.alpha), [task.x.cols], {
    seed,
  });
  if (before !== null) {
    if (before.layerSizes.join() !== sizes.join()) {
      const message = `${task.name}: the layers were [${before.layerSizes.join(', ')}] and would be [${sizes.join(', ')}].`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    network.setParameters(splitParameters(before));
    return network;
  }
  // As scikit-learn: uniform within the bound of Glorot & Bengio (2010), biases too.
  const random = new Random(seed);
  const factor = params.activation === 'logistic' ? 2 : 6;
  const parameters = sizes.slice(1).flatMap((units, i) => {
    const bound = Math.sqrt(factor / (sizes[i] + units));
    return [sizes[i] * units, units].map((length) =>
      Float32Array.from({ length }, () => bound * (2 * random.next() - 1)),
    );
  });
  network.setParameters(parameters);
  return network;
}

const flat = (network: Network): Float32Array => join(network.parameters().map(({ data }) => data));

/** X in float32, where native jobs read it in place. */
export function singleRows(x: Matrix, rows: ArrayLike<number> | null = null): Float32Array {
  const count = rows?.length ?? x.rows;
  if (rows === null && x.data instanceof Float32Array && isReadInPlace(x.data)) return x.data;
  const out = privateArray(new Float32Array(0), count * x.cols);
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i];
    out.set(x.data.subarray(row * x.cols, (row + 1) * x.cols), i * x.cols);
  }
  return out;
}

/** Rows of each stratum in random order, `share` of them (at least one of each stratum of two or more) apart. */
function setAside(task: MLPTask, share: number, random: Random): { kept: Int32Array; aside: Int32Array } {
  const { x, strata } = task;
  const groups = new Map<number, number[]>();
  for (const row of random.permutation(x.rows)) {
    const key = strata?.[row] ?? 0;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const aside: number[] = [];
  const kept: number[] = [];
  for (const group of groups.values()) {
    const count = group.length < 2 ? 0 : Math.max(1, Math.round(share * group.length));
    aside.push(...group.slice(0, count));
    kept.push(...group.slice(count));
  }
  if (kept.length === 0 || aside.length === 0) {
    const message = `${task.name}: validationFraction ${share} of ${x.rows} rows leaves none to train with or to validate.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return { kept: Int32Array.from(kept).sort(), aside: Int32Array.from(aside).sort() };
}

/** Values of some of so many rows. */
function take<A extends Float32Array | Int32Array | Float64Array>(
  values: A,
  of: number,
  rows: Int32Array,
): A {
  const Type = values.constructor as new (length: number) => A;
  const width = values.length / of;
  const out = new Type(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let j = 0; j < width; j++) out[i * width + j] = values[rows[i] * width + j];
  return out;
}

function optimizerOf(params: MLPParams): OptimizerSpec {
  const { momentum, nesterovsMomentum: nesterov, beta1, beta2, epsilon } = params;
  return params.solver === 'sgd'
    ? { type: 'sgd', momentum, nesterov }
    : { type: 'adam', beta1, beta2, epsilon };
}

function batchSizeOf({ batchSize }: MLPParams, rows: number): number {
  return Math.min(rows, batchSize === 'auto' ? 200 : batchSize);
}

/** What comparing rows takes, in scikit-learn's means. */
function objectiveOf(task: MLPTask, sampleWeight: Float64Array | null): ObjectiveOptions {
  return { loss: { type: task.loss }, sampleWeight, divideBy: 'weights', penaltyPerRow: true };
}

/** What a training takes of the input beside the rows. */
type MLPInput = Pick<FitInput, 'signal' | 'onProgress' | 'device'>;

/** Trains from the start or, with `before`, goes on from there. */
export async function trainMLP(
  params: MLPParams,
  task: MLPTask,
  input: MLPInput,
  before: MLPState | null,
): Promise<MLPState> {
  if (params.solver === 'lbfgs' && params.earlyStopping) {
    throw new ValidationError('ERR_PARAMETER', `${task.name}: solver 'lbfgs' has no earlyStopping.`);
  }
  const seed = resolveSeed(params.randomState);
  const network = startNetwork(params, task, seed, before);
  if (params.solver === 'lbfgs') return minimizeMLP(params, task, input, network);
  try {
    return await trainEpochs(params, task, input, network, seed);
  } finally {
    network.release();
  }
}

async function trainEpochs(
  params: MLPParams,
  task: MLPTask,
  input: MLPInput,
  network: Network,
  seed: number,
): Promise<MLPState> {
  const random = new Random(seed + 1);
  const split = params.earlyStopping ? setAside(task, params.validationFraction, random) : null;
  const x = singleRows(task.x, split?.kept ?? null);
  const y = split ? take(task.y, task.x.rows, split.kept) : task.y;
  const weightsOf = (of: Int32Array | undefined) =>
    task.sampleWeight && of ? take(task.sampleWeight, task.x.rows, of) : task.sampleWeight;
  const objective = objectiveOf(task, weightsOf(split?.kept));
  const judge = split ? validator(task, network, split.aside, weightsOf(split.aside), input.signal) : null;

  const rows = split?.kept.length ?? task.x.rows;
  const batchSize = batchSizeOf(params, rows);
  await network.place(input.device, x, y, { ...objective, batchSize }, params.maxIter);
  const lossCurve: number[] = [];
  const scores: number[] = [];
  let best: { readonly value: number; readonly parameters: Float32Array | null } | null = null;
  let rate = params.learningRateInit;
  let idle = 0;
  let t = 0;
  let converged = false;
  for (let epoch = 0; epoch < params.maxIter; epoch++) {
    const result = await network.trainEpoch(x, y, {
      ...objective,
      ...(input.signal && { signal: input.signal }),
      optimizer: optimizerOf(params),
      learningRate: rate,
      batchSize,
      order: params.shuffle ? random.permutation(rows) : null,
    });
    if (!result.finite) {
      warnOfLoss(task.name, epoch);
      break;
    }
    t += rows;
    lossCurve.push(result.loss);
    if (judge) scores.push(await judge());
    // What falls, or what rises, as one.
    const value = judge ? scores[epoch] : -result.loss;
    idle = value < (best?.value ?? -Infinity) + params.tol ? idle + 1 : 0;
    if (best === null || value > best.value) best = { value, parameters: judge ? flat(network) : null };
    const event = {
      ...{ estimator: task.name, done: epoch + 1, total: params.maxIter, trainLoss: result.loss },
      ...{ fraction: (epoch + 1) / params.maxIter, ...(judge && { validationScore: scores[epoch] }) },
    };
    if (input.onProgress?.(event) === false) break;
    if (params.solver === 'sgd' && params.learningRate === 'invscaling') {
      rate = params.learningRateInit / (t + 1) ** params.powerT;
    }
    if (idle <= params.nIterNoChange) continue;
    if (params.solver === 'sgd' && params.learningRate === 'adaptive' && rate > 1e-6) {
      rate /= 5;
      idle = 0;
      continue;
    }
    converged = true;
    break;
  }
  const state: MLPState = {
    layerSizes: [task.x.cols, ...params.hiddenLayerSizes, task.outputs],
    parameters: best?.parameters ?? flat(network),
    loss: lossCurve.at(-1) ?? Number.NaN,
    lossCurve: Float64Array.from(lossCurve),
    validationScores: Float64Array.from(scores),
    nIter: lossCurve.length,
    t,
    converged,
  };
  networks.set(state, network);
  return state;
}

function validator(
  task: MLPTask,
  network: Network,
  aside: Int32Array,
  sampleWeight: Float64Array | null,
  signal: AbortSignal | undefined,
) {
  const x = singleRows(task.x, aside);
  const y = take(task.y, task.x.rows, aside);
  const options = { ...objectiveOf(task, null), ...(signal && { signal }) };
  return async () => {
    const said = new Matrix(await network.outputsOf(x, y, options), aside.length, task.outputs);
    return task.score(said, aside, sampleWeight ?? undefined);
  };
}

async function minimizeMLP(
  params: MLPParams,
  task: MLPTask,
  input: MLPInput,
  network: Network,
): Promise<MLPState> {
  const { onProgress } = input;
  const report = (done: number, total: number) =>
    onProgress?.({ estimator: task.name, done, total, fraction: done / total });
  const { loss, losses, iterations, converged } = await network.minimize(singleRows(task.x), task.y, {
    ...objectiveOf(task, task.sampleWeight),
    ...(input.signal && { signal: input.signal }),
    maxIterations: params.maxIter,
    maxEvaluations: params.maxFun,
    tolerance: params.tol,
    ...(onProgress && { onIteration: report }),
  });
  return {
    layerSizes: [task.x.cols, ...params.hiddenLayerSizes, task.outputs],
    parameters: flat(network),
    loss,
    lossCurve: losses,
    validationScores: new Float64Array(0),
    nIter: iterations,
    t: iterations * task.x.rows,
    converged,
  };
}

/** One more epoch over these rows, with the optimizer of the fit or part before. */
export async function trainMLPPart(
  params: MLPParams,
  task: MLPTask,
  input: MLPInput,
  before: MLPState | null,
): Promise<MLPState> {
  if (params.solver === 'lbfgs') {
    throw new ValidationError('ERR_PARAMETER', `${task.name}: partialFit needs solver 'adam' or 'sgd'.`);
  }
  if (params.earlyStopping) {
    throw new ValidationError('ERR_PARAMETER', `${task.name}: partialFit cannot have earlyStopping.`);
  }
  const seed = resolveSeed(params.randomState);
  const network = startNetwork(params, task, seed, before);
  const last = before && networks.get(before);
  if (last) network.setOptimizerState(last.optimizerState());
  const rows = task.x.rows;
  const t = before?.t ?? 0;
  const scaled = params.solver === 'sgd' && params.learningRate === 'invscaling' && t > 0;
  const x = singleRows(task.x);
  const objective = { ...objectiveOf(task, task.sampleWeight), batchSize: batchSizeOf(params, rows) };
  await network.place(input.device, x, task.y, objective, 1);
  const result = await network
    .trainEpoch(x, task.y, {
      ...objective,
      ...(input.signal && { signal: input.signal }),
      optimizer: optimizerOf(params),
      learningRate: params.learningRateInit / (scaled ? (t + 1) ** params.powerT : 1),
      order: params.shuffle ? new Random(seed + (before?.nIter ?? 0)).permutation(rows) : null,
    })
    .finally(() => network.release());
  if (!result.finite) warnOfLoss(task.name, before?.nIter ?? 0);
  const state: MLPState = {
    layerSizes: [task.x.cols, ...params.hiddenLayerSizes, task.outputs],
    parameters: flat(network),
    loss: result.loss,
    lossCurve: Float64Array.from([...(before?.lossCurve ?? []), result.loss]),
    validationScores: new Float64Array(0),
    nIter: (before?.nIter ?? 0) + 1,
    t: t + rows,
    converged: false,
  };
  networks.set(state, network);
  return state;
}

function warnOfLoss(name: string, epoch: number): void {
  warn(
    `${name}: the loss is no longer finite in epoch ${show(epoch)}; the weights are those before. Scale the columns (StandardScaler) or lower learningRateInit.`,
  );
}
