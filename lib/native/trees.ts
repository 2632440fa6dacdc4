/** The part of the native addon that grows trees, and explains their sums. */
import type {
  CancelHandle,
  Constant,
  CudaTarget,
  FloatArray,
  NativeProgress,
  NativeRound,
} from '../native.js';

/** Boosting between two rounds. */
export interface BoosterHandle {
  readonly __booster: unique symbol;
}

/** How a tree grows; counts are resolved to whole numbers. */
export interface TreeSpec {
  maxDepth: number;
  minSamplesSplit: number;
  minSamplesLeaf: number;
  minWeightLeaf: number;
  maxFeatures: number;
  minImpurityDecrease: number;
  randomThresholds: boolean;
  /** 0: no limit. */
  maxLeaves: number;
  ccpAlpha: number;
  /** One of 1, -1, 0 per column. */
  monotonic: Int32Array | null;
  /** Columns drawn for each tree; 0 = all. */
  treeColumns: number;
  seed: number;
}
export interface ForestSpec extends TreeSpec {
  criterion: 'gini' | 'entropy' | 'squared_error' | 'absolute_error' | 'poisson' | 'isolation';
  trees: number;
  firstTree: number;
  bootstrap: boolean;
  /** 0: as many as there are. */
  maxSamples: number;
  balancedSubsample: boolean;
  outOfBag: boolean;
  pruningPath: boolean;
  /** Splits lie between so many bins of a column at most; 0: exact splits. */
  maxBins: number;
  /** Columns of y; more than one of classes and by the squared error only. */
  targets: number;
  threads: number;
  /** Grows forests on bins. */
  cuda: CudaTarget | null;
}
export interface BoostingSpec extends TreeSpec {
  loss:
    | 'squared_error'
    | 'absolute_error'
    | 'huber'
    | 'quantile'
    | 'logistic'
    | 'multinomial'
    | 'exponential';
  /** Of the multinomial loss. */
  classCount: number;
  rounds: number;
  firstRound: number;
  learningRate: number;
  subsample: number;
  alpha: number;
  /** Rounds without progress on the validation rows that end the fit; 0: never. */
  patience: number;
  tolerance: number;
  /** The last rows, which no tree sees. */
  validationRows: number;
  threads: number;
}
export interface NativeTrees {
  treeOffsets: Int32Array;
  feature: Int32Array;
  threshold: Float64Array;
  left: Int32Array;
  /** Empty when no value was missing during fit. */
  missingLeft: Uint8Array;
  cover: Float32Array;
  impurity: Float32Array;
  values: Float64Array;
  /** Decrease in impurity by column, summed over the trees. */
  importances: Float64Array;
}
export interface NativeForest extends NativeTrees {
  /** Empty unless asked for, as all that follows. */
  oobSums: Float64Array;
  oobTrees: Int32Array;
  alphas: Float64Array;
  pathImpurities: Float64Array;
}
export interface NativeBoosting extends NativeTrees {
  trainScore: Float64Array;
  oobScore: Float64Array;
  initialOobScore: number;
}
/** See native/train/lambdarank.h. */
export interface BoosterRank {
  sigmoid: number;
  truncation: number;
  evalAt: number;
  normalise: boolean;
  gains: Float64Array;
}
/** What boosting is told besides its rows; see native/train/hist_booster.h. */
export interface BoosterSpec {
  loss:
    | 'squaredError'
    | 'absoluteError'
    | 'quantile'
    | 'huber'
    | 'poisson'
    | 'gamma'
    | 'tweedie'
    | 'logistic'
    | 'softmax'
    | 'custom'
    | 'lambdarank';
  lossParameter: number;
  classes: number;
  /** Of 'custom': the scores before the first round. */
  start: Float64Array | null;
  /** Of 'lambdarank'. */
  rank: BoosterRank | null;
  /** Of 'lambdarank': where queries begin, and the number of rows. */
  queries: Int32Array | null;
  validQueries: Int32Array | null;
  learningRate: number;
  /** Of rows: a share, or those of the largest gradients and a share of the others. */
  sampling: { kind: 'uniform' | 'goss'; share: number; topShare: number; otherShare: number };
  dropout: { rate: number; most: number; skip: number; uniform: boolean; xgboost: boolean } | null;
  columnShare: number;
  maxBins: number;
  seed: number;
  firstTree: number;
  growth: 'leafWise' | 'depthWise';
  maxLeaves: number;
  maxDepth: number;
  minSamplesLeaf: number;
  l1: number;
  l2: number;
  minHessian: number;
  minGain: number;
  columnsPerSplit: number;
  threads: number;
  cuda: CudaTarget | null;
  monotonic: Int32Array | null;
  groups: Int32Array | null;
  categorical: Int32Array | null;
  scores: Float64Array | null;
  validScores: Float64Array | null;
}
/** The trees of boosting, those of the first output first. */
export interface NativeBoostedTrees {
  treeOffsets: Int32Array;
  feature: Int32Array;
  threshold: Float64Array;
  left: Int32Array;
  rules: Uint8Array;
  cover: Float32Array;
  values: Float64Array;
  setOffsets: Int32Array;
  setWords: Int32Array;
  gain: Float64Array;
  baseline: Float64Array;
}

export interface TreesAddon {
  /**
   * Shapley values of the Forest op that the plan consists of: values [outputs, rows, cols] or, for interactions,
   * [outputs, rows, cols, cols]. The background has the type and columns of x. native/explain/tree_shap.h says more.
   */
  treeShap(
    x: FloatArray,
    rows: number,
    cols: number,
    ops: Int32Array,
    constants: Constant[],
    spec: { divisor: number; interactions: boolean },
    background: FloatArray | null,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ values: Float64Array; expected: Float64Array }>;
  /** x may be float64: it is rounded to float32 as scikit-learn's trees do. */
  fitForest(
    x: FloatArray,
    rows: number,
    cols: number,
    classes: Int32Array | null,
    /** Of each target. */
    classCounts: Int32Array | null,
    targets: Float64Array | null,
    weights: Float64Array | null,
    spec: ForestSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeForest>;
  /** Writes how often each row was drawn by a tree of such a forest with `bootstrap`. See native/train/row_sampler.h. */
  drawnRows(
    counts: Int32Array,
    weights: Float64Array | null,
    /** 0: as many as there are. */
    maxSamples: number,
    seed: number,
    tree: number,
  ): void;
  /** Gradient boosting; raw [rows, outputs] is where the model starts. */
  fitBoosting(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    raw: Float64Array,
    spec: BoostingSpec,
    cancel: CancelHandle | null,
    onRound: NativeRound | null,
  ): Promise<NativeBoosting>;

  /** Bins the rows and readies boosting; the validation rows may be none. */
  boosterCreate(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    weights: Float64Array | null,
    validX: FloatArray,
    validRows: number,
    validY: Float64Array,
    validWeights: Float64Array | null,
    spec: BoosterSpec,
    cancel: CancelHandle | null,
  ): Promise<BoosterHandle>;
  /**
   * Adds a round of trees if `grow`; the mean losses, or NaN unless `evaluate`. With a custom loss it reads the gradients
   * of `exchange`, which lies in shared memory, and leaves the raw scores of the training rows there.
   */
  boosterRound(
    booster: BoosterHandle,
    grow: boolean,
    evaluate: boolean,
    exchange: { raw: Float64Array; gradient: Float32Array; hessian: Float32Array } | null,
    cancel: CancelHandle | null,
  ): Promise<{ train: number; valid: number }>;
  /** Leaves the raw scores in `exchange` of which the next round wants the gradients: they lack what it drops. */
  boosterDrop(
    booster: BoosterHandle,
    exchange: { raw: Float64Array; gradient: Float32Array; hessian: Float32Array },
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** Raw scores of the training or validation rows, [outputs, rows]. */
  boosterScores(booster: BoosterHandle, valid: boolean): Float64Array;
  /** Frees everything, also on a GPU; of one that has finished, nothing. */
  boosterRelease(booster: BoosterHandle): void;
  /** The trees; everything else is freed. */
  boosterFinish(booster: BoosterHandle): Promise<NativeBoostedTrees>;
}
