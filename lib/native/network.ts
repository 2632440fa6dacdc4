/** The typed face of native/binding/network_binding.cc. */
import type { CancelHandle, CudaTarget, NativeProgress } from '../native.js';

export interface NetworkHandle {
  readonly __network: unique symbol;
}

/** See native/nn/optimizer.h. */
export interface NativeOptimizer {
  /** sgd, rmsprop, adagrad, adam, adamw */
  kind: number;
  momentum: number;
  dampening: number;
  nesterov: boolean;
  rateInVelocity: boolean;
  rho: number;
  centered: boolean;
  beta1: number;
  beta2: number;
  amsgrad: boolean;
  epsilon: number;
  epsilonHat: boolean;
  initialAccumulator: number;
  weightDecay: number;
}

/** What a loss is made of; see native/train/network.h. */
export interface NetworkObjective {
  loss: number;
  logits: boolean;
  delta: number;
  labelSmoothing: number;
  weightedMean: boolean;
  penaltyPerRow: boolean;
  metrics: Int32Array;
  weightedMetrics: boolean;
  batchSize: number;
  threads: number;
}

export interface NetworkTraining extends NetworkObjective {
  optimizer: NativeOptimizer;
  /** Of each step, or one for all. */
  rates: Float64Array;
  clipNorm: number;
  clipGlobalNorm: number;
  clipValue: number;
  /** In shared memory: the mean loss so far, then the means of the metrics. */
  live: Float64Array | null;
  /** On the GPU, with the rows that networkPlace has copied there. */
  placed: boolean;
}

export interface NativeEpoch {
  loss: number;
  metrics: Float64Array;
  steps: number;
  /** false: the loss of the step after `steps` was not finite, and that step was not made. */
  finite: boolean;
}

/** Rows [rows, inputs], targets [rows, outputs] or, of a sparse loss, classes [rows], and weights [rows]. */
type Rows = [x: Float32Array, rows: number, y: Float32Array | Int32Array, weights: Float64Array | null];

export interface NetworkAddon {
  /** For each layer its kind, how many numbers follow, and those. */
  networkCreate(code: Float64Array, seed: number): NetworkHandle;
  networkParameters(network: NetworkHandle): Float32Array;
  networkSetParameters(network: NetworkHandle, parameters: Float32Array): void;
  networkOptimizerState(network: NetworkHandle): { steps: number; state: Float32Array };
  networkSetOptimizerState(network: NetworkHandle, steps: number, state: Float32Array): void;
  /** Copies rows and targets to a GPU, for epochs of this objective. */
  networkPlace(
    network: NetworkHandle,
    ...args: [...Rows, spec: NetworkObjective & { readonly device: CudaTarget }, cancel: CancelHandle | null]
  ): Promise<number>;
  /** Gives back what lies on a GPU. */
  networkRelease(network: NetworkHandle): void;
  /** One pass over the rows in `order`, or as they stand. */
  networkTrain(
    network: NetworkHandle,
    ...args: [
      ...Rows,
      order: Int32Array | null,
      spec: NetworkTraining,
      cancel: CancelHandle | null,
      onProgress: NativeProgress | null,
    ]
  ): Promise<NativeEpoch>;
  networkEvaluate(
    network: NetworkHandle,
    ...args: [...Rows, spec: NetworkObjective, cancel: CancelHandle | null]
  ): Promise<NativeEpoch>;
  /** What comes out, [rows, outputs]; layers behave as in predictions. */
  networkOutputs(
    network: NetworkHandle,
    ...args: [...Rows, spec: NetworkObjective, cancel: CancelHandle | null]
  ): Promise<Float32Array>;
  /** The gradient by all parameters, those that are frozen 0; layers behave as in predictions. */
  networkGradient(
    network: NetworkHandle,
    ...args: [...Rows, spec: NetworkObjective, cancel: CancelHandle | null]
  ): Promise<{ loss: number; gradient: Float32Array }>;
  /** L-BFGS over all rows; batchSize is how many of them are taken at a time. */
  networkMinimize(
    network: NetworkHandle,
    ...args: [
      ...Rows,
      spec: NetworkObjective & { maxIterations: number; maxEvaluations: number; tolerance: number },
      cancel: CancelHandle | null,
      onProgress: NativeProgress | null,
    ]
  ): Promise<{ loss: number; losses: Float64Array; iterations: number; converged: boolean }>;
}
