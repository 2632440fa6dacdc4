/** What a network is trained for, and how its parameters move: as options, and as the native engine is told. */
import type { NativeOptimizer } from '../native.js';
import type { LossSpec, LossType, MetricType, OptimizerSpec } from './layer-spec.js';

/** How rows are compared with their targets. */
export interface ObjectiveOptions {
  readonly loss: LossSpec;
  /** Rows of a mini-batch, >= 1. Default 32. */
  readonly batchSize?: number;
  /** One weight >= 0 per row. Default: all 1. */
  readonly sampleWeight?: Float64Array | null;
  /** Of each class of a sparse loss, or of the columns of one-hot targets: multiplies the sample weights. Default: all 1. */
  readonly classWeight?: Float64Array | null;
  /**
   * What the weighted sum of losses is divided by: the number of rows, as in Keras, or the sum of their weights, as in PyTorch
   * and scikit-learn. Default 'rows'.
   */
  readonly divideBy?: 'rows' | 'weights';
  /** Whether penalties are divided by the same, as in scikit-learn. Default false. */
  readonly penaltyPerRow?: boolean;
  /** Means over rows. Default none. */
  readonly metrics?: readonly MetricType[];
  /** Whether those means count rows by their weights. Default false. */
  readonly weightedMetrics?: boolean;
  /** Threads at most; 0: all of the pool. Default 0. The result does not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

const LOSSES: readonly LossType[] = [
  ...(['meanSquaredError', 'meanAbsoluteError', 'huber', 'logCosh', 'binaryCrossentropy'] as const),
  ...(['categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'klDivergence', 'hinge'] as const),
  ...(['squaredHinge', 'categoricalHinge', 'poisson', 'halfSquaredError'] as const),
  ...(['meanSquaredLogarithmicError', 'summedBinaryCrossentropy', 'summedPoisson'] as const),
];
const METRICS: readonly MetricType[] = [
  ...(['binaryAccuracy', 'categoricalAccuracy', 'sparseCategoricalAccuracy'] as const),
  ...(['meanSquaredError', 'meanAbsoluteError'] as const),
];

const OPTIMIZERS: readonly OptimizerSpec['type'][] = ['sgd', 'rmsprop', 'adagrad', 'adam', 'adamw'];

/** What the native engine is told of an objective. */
export function objectiveOf(options: ObjectiveOptions) {
  const {
    loss,
    batchSize = 32,
    divideBy = 'rows',
    penaltyPerRow = false,
    metrics = [],
    threads = 0,
  } = options;
  return {
    loss: LOSSES.indexOf(loss.type),
    logits: loss.fromLogits ?? false,
    delta: loss.delta ?? 1,
    labelSmoothing: loss.labelSmoothing ?? 0,
    weightedMean: divideBy === 'weights',
    penaltyPerRow,
    metrics: Int32Array.from(metrics, (metric) => METRICS.indexOf(metric)),
    weightedMetrics: options.weightedMetrics ?? false,
    batchSize,
    threads,
  };
}

/** What the native engine is told of an optimizer. */
export function optimizerOf(spec: OptimizerSpec): NativeOptimizer {
  return {
    kind: OPTIMIZERS.indexOf(spec.type),
    momentum: spec.momentum ?? 0,
    dampening: spec.dampening ?? 0,
    nesterov: spec.nesterov ?? false,
    rateInVelocity: spec.rateInVelocity ?? true,
    rho: spec.rho ?? 0.9,
    centered: spec.centered ?? false,
    beta1: spec.beta1 ?? 0.9,
    beta2: spec.beta2 ?? 0.999,
    amsgrad: spec.amsgrad ?? false,
    epsilon: spec.epsilon ?? 1e-7,
    epsilonHat: spec.epsilonHat ?? true,
    initialAccumulator: spec.initialAccumulatorValue ?? 0.1,
    weightDecay: spec.weightDecay ?? 0,
  };
}
