/** The native fits of linear models: native/binding/linear_binding.cc. */
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';

/** What coordinate descent goes by. */
export interface DescentSpec {
  fitIntercept: boolean;
  positive: boolean;
  /** Coordinates in random order. */
  random: boolean;
  maxIter: number;
  tol: number;
  seed: number;
  /** Whether to go by products of columns; 'auto': where that takes less. */
  products: 'auto' | 'always' | 'never';
  /** [columns]: where the first strength starts; null: at 0. */
  startCoef?: Float64Array | null;
}

/** Lists of rows, one after the other: list k ends before `ends[k]`. */
export interface RowGroups {
  rows: Int32Array;
  ends: Float64Array;
}

/** The strengths of a path, each of which starts from the solution of the one before. */
export interface PathSpec extends DescentSpec {
  alphas: Float64Array;
  l1Ratio: number;
}

/** What stochastic gradient descent goes by. */
export interface SgdSpec {
  loss: string;
  penalty: string;
  learningRate: string;
  alpha: number;
  l1Ratio: number;
  epsilon: number;
  eta0: number;
  powerT: number;
  fitIntercept: boolean;
  shuffle: boolean;
  earlyStopping: boolean;
  maxIter: number;
  nIterNoChange: number;
  /** -Infinity: all epochs. */
  tol: number;
  validationFraction: number;
  /** Average from this step on; 0: do not. */
  average: number;
  seed: number;
}

/** What stochastic gradient descent has learned, and goes on from. */
export interface SgdProgress {
  /** [outputs, columns] */
  coef: Float64Array;
  /** [outputs] */
  intercept: Float64Array;
  /** As `coef`; empty unless averaging. */
  averageCoef: Float64Array;
  averageIntercept: Float64Array;
  /** Number of the next step. */
  t: number;
}

/** What Bayesian ridge regression goes by. */
export interface BayesianRidgeSpec {
  maxIter: number;
  tol: number;
  alpha1: number;
  alpha2: number;
  lambda1: number;
  lambda2: number;
  alphaInit: number;
  lambdaInit: number;
  computeScore: boolean;
  fitIntercept: boolean;
}

export interface NativeBayesianRidge {
  coef: Float64Array;
  intercept: number;
  offset: Float64Array;
  alpha: number;
  lambda: number;
  axes: Float64Array;
  singular: Float64Array;
  scores: Float64Array;
  iterations: number;
  converged: boolean;
}

/** What logistic regression goes by. */
export interface NativeLogistic {
  coef: Float64Array;
  intercept: Float64Array;
  iterations: number;
  converged: boolean;
}

export interface LogisticSpec {
  c: number;
  l1Ratio: number;
  fitIntercept: boolean;
  maxIter: number;
  tol: number;
  solver: string;
  seed: number;
  /** [outputs, columns] and [outputs]: where the solver starts; null: at 0. */
  startCoef: Float64Array | null;
  startIntercept: Float64Array | null;
}

/** Sums of products of the columns of X and y about their means, or about 0 without an intercept. */
export interface GramProblem {
  rows: number;
  /** X'X, [cols, cols] */
  gram: Float64Array;
  /** X'y, [targets, cols] */
  xy: Float64Array;
  /** y'y of each target. */
  yy: Float64Array;
  /** [cols] */
  xMean: Float64Array;
  /** [targets] */
  yMean: Float64Array;
}

/** A path of solutions, one for each alpha: coef [alphas, cols]. */
export interface NativeDescent {
  coef: Float64Array;
  intercept: Float64Array;
  gap: Float64Array;
  iterations: Float64Array;
  converged: boolean;
}

/** The part of the addon that fits linear models. */
export interface LinearAddon {
  gramProblem(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    fitIntercept: boolean,
    cancel: CancelHandle | null,
  ): Promise<GramProblem>;
  gramProblemSync(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    fitIntercept: boolean,
  ): GramProblem;
  /** Nothing where the columns are too dependent for sums of products to tell. */
  ridgeOfGram(
    problem: GramProblem,
    alpha: number,
  ): { coef: Float64Array; intercept: Float64Array } | undefined;
  elasticNetOfGram(problem: GramProblem, spec: PathSpec, cancel: CancelHandle | null): Promise<NativeDescent>;
  fitLeastSquares(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    weights: Float64Array | null,
    /** One, or one for each target. */
    alphas: Float64Array,
    fitIntercept: boolean,
    cancel: CancelHandle | null,
  ): Promise<{ coef: Float64Array; intercept: Float64Array; singular: Float64Array; rank: number }>;
  fitLogistic(
    x: FloatArray,
    rows: number,
    cols: number,
    classes: Int32Array,
    classCount: number,
    weights: Float64Array | null,
    params: LogisticSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeLogistic>;
  fitElasticNet(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: PathSpec,
    cancel: CancelHandle | null,
  ): Promise<NativeDescent>;
  /** The same of several targets that share their columns: coef [alphas, targets, cols]. From `largest` / l1Ratio on an alpha leaves no column. */
  fitMultiTask(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    weights: Float64Array | null,
    spec: PathSpec,
    cancel: CancelHandle | null,
  ): Promise<NativeDescent & { largest: number }>;
  /** alphas [ratios, alphas] descending, mse [ratios, alphas, folds]. Without `trains`, each row is tested in one fold, and trains in all others. */
  crossValidateElasticNet(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: DescentSpec & {
      tests: RowGroups;
      trains: RowGroups | null;
      l1Ratios: Float64Array;
      alphas: Float64Array | null;
      nAlphas: number;
      eps: number;
    },
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ alphas: Float64Array; mse: Float64Array }>;
  /** mse [targets, alphas]; errors [rows, targets, alphas] if wanted: sqrt(w) (y - prediction without the row). */
  ridgeLeaveOneOut(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    weights: Float64Array | null,
    spec: { alphas: Float64Array; fitIntercept: boolean; keepErrors: boolean; bySvd: boolean },
    cancel: CancelHandle | null,
  ): Promise<{ mse: Float64Array; errors: Float64Array }>;
  /** axes [rank, columns]; scores is empty unless wanted. Initial values below 0 are those of the data. */
  fitBayesianRidge(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: BayesianRidgeSpec,
    cancel: CancelHandle | null,
  ): Promise<NativeBayesianRidge>;
  /** Of the Tweedie family; starts null: at coefficients of 0 and the mean of y. */
  fitGlm(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: {
      power: number;
      logLink: boolean;
      alpha: number;
      fitIntercept: boolean;
      maxIter: number;
      tol: number;
      startCoef: Float64Array | null;
      startIntercept: Float64Array | null;
    },
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ coef: Float64Array; intercept: number; iterations: number; converged: boolean }>;
  /** By the pinball loss. */
  fitQuantile(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: { quantile: number; alpha: number; fitIntercept: boolean; maxIter: number },
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ coef: Float64Array; intercept: number; iterations: number; converged: boolean }>;
  fitHuber(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    spec: {
      epsilon: number;
      alpha: number;
      fitIntercept: boolean;
      maxIter: number;
      tol: number;
      /** Coefficients, with fitIntercept the intercept, and the scale. */
      start: Float64Array | null;
    },
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{
    coef: Float64Array;
    intercept: number;
    scale: number;
    iterations: number;
    converged: boolean;
    outliers: Uint8Array;
  }>;
  /** y: class indices with a weight for each class, or numbers with null. */
  fitSgd(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    classWeights: Float64Array | null,
    weights: Float64Array | null,
    spec: SgdSpec,
    start: SgdProgress | null,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<SgdProgress & { iterations: number; converged: boolean }>;
}
