/** What the addon offers for support vector machines and for calibration. */
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';

/** Kernels by name; 'precomputed': X holds their values. */
export type SvmKernelName = 'linear' | 'poly' | 'rbf' | 'sigmoid' | 'precomputed';

export interface SvmSpec {
  task: 'classifier' | 'regressor' | 'oneClass' | 'nuClassifier' | 'nuRegressor';
  kernel: SvmKernelName;
  /** Ignored with `scaleGamma`: 1 / (columns * variance of X). */
  gamma: number;
  scaleGamma: boolean;
  coef0: number;
  degree: number;
  c: number;
  epsilon: number;
  nu: number;
  tol: number;
  /** 0: no limit. */
  maxIter: number;
  /** MiB of kernel rows. */
  cacheSize: number;
  shrinking: boolean;
  probability: boolean;
  seed: number;
}

/** Pairs (a, b), a < b, in lexicographic order; a decision above 0 speaks for a. See native/train/svm.h. */
export interface NativeSvm {
  support: Int32Array;
  nSupport: Int32Array;
  dualCoef: Float64Array;
  intercept: Float64Array;
  probA: Float64Array;
  probB: Float64Array;
  iterations: Float64Array;
  gamma: number;
  converged: boolean;
}

export interface LinearSvmSpec {
  /** Of the hinge or the error beyond epsilon, or of classes log(1 + exp(-y f)). */
  loss: 'plain' | 'squared' | 'logistic';
  l1: boolean;
  dual: boolean;
  /** All classes in one problem. */
  joint: boolean;
  c: number;
  epsilon: number;
  /** Value of the column whose weight is the intercept; 0: none. */
  bias: number;
  tol: number;
  maxIter: number;
  seed: number;
}

export interface SvmAddon {
  /** y: class codes, targets, or null for one class. */
  fitSvm(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array | null,
    classCount: number,
    weights: Float64Array | null,
    spec: SvmSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeSvm>;
  /** classCount 0: y are targets. */
  fitLinearSvm(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    classCount: number,
    classWeights: Float64Array | null,
    weights: Float64Array | null,
    spec: LinearSvmSpec,
    cancel: CancelHandle | null,
  ): Promise<{
    coef: Float64Array;
    intercept: Float64Array;
    iterations: Float64Array;
    converged: boolean;
  }>;
  /** a and b of 1 / (1 + exp(a f + b)) for each column: its class against the rest, of one column the second class. */
  fitSigmoids(
    scores: Float64Array,
    rows: number,
    cols: number,
    classes: Int32Array,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** The inverse temperature of scores [rows, classes]. */
  fitTemperature(
    scores: Float64Array,
    rows: number,
    cols: number,
    classes: Int32Array,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<number>;
  /** The points of the monotone piecewise linear function. */
  fitIsotonic(
    x: Float64Array,
    y: Float64Array,
    weights: Float64Array | null,
    direction: 'falling' | 'rising' | 'correlation',
    least: number,
    most: number,
    cancel: CancelHandle | null,
  ): Promise<{ x: Float64Array; y: Float64Array; rising: boolean }>;
}
