/**
 * The only file that loads the native addon, and the typed face of what it exports.
 *
 * Every asynchronous call copies inputs that live in an ordinary ArrayBuffer before it returns (the caller may
 * then change or transfer them) and reads a SharedArrayBuffer in place. Native failures are plain errors with a
 * `code` and, where they apply, `row`, `column` and `op`; {@link toBorealError} turns them into the public classes.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from './errors.js';
import type { ClusterAddon } from './native/cluster.js';
import type { LinearAddon } from './native/linear.js';
import type { ManifoldAddon } from './native/manifold.js';
import type { NeighborsAddon } from './native/neighbors.js';
import type { NetworkAddon } from './native/network.js';
import type { SvmAddon } from './native/svm.js';
import type { TensorAddon } from './native/tensor.js';
import type { TextAddon } from './native/text.js';

export type * from './native/cluster.js';
export type * from './native/linear.js';
export type * from './native/manifold.js';
export type * from './native/neighbors.js';
export type * from './native/network.js';
export type * from './native/svm.js';
export type * from './native/tensor.js';
export type * from './native/text.js';

/** The typed arrays behind a Matrix. */
export type FloatArray = Float32Array | Float64Array;
/** The values of a matrix, or a view of its bytes: see native/binding/matrix_call.h. */
export type MatrixBytes = FloatArray | DataView;
export type Constant = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A native object; it is freed when JavaScript forgets it. Handles are type-tagged: a wrong one is refused. */
export interface ProgramHandle {
  readonly __program: unique symbol;
}
export interface PackedHandle {
  readonly __packed: unique symbol;
}
export interface CancelHandle {
  readonly __cancel: unique symbol;
}

export interface BoosterHandle {
  readonly __booster: unique symbol;
}

export interface Int8WeightsHandle {
  readonly __int8Weights: unique symbol;
}

export interface NativeInfo {
  version: string;
  isa: string;
  isas: string[];
  threads: number;
  cpu: string;
  memoryLimitBytes: number;
}

/** Statistics of columns without their missing values; all of length [columns]. */
export interface ColumnMoments {
  /** How many values, or their weight. */
  count: Float64Array;
  /** NaN where there is no value, as are min and max. */
  mean: Float64Array;
  /** Of the population: divided by count. */
  variance: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

/** Statistics of columns by group of rows. */
export interface GroupMoments {
  /** [groups] */
  weight: Float64Array;
  /** [groups, cols] */
  sum: Float64Array;
  /** Of the population, [groups, cols]; 0 for a group without weight. */
  variance: Float64Array;
}

export interface ProgramInfo {
  inputWidth: number;
  outputWidth: number;
  rowCostNs: number;
  memoryBytes: number;
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
  threads: number;
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
export type NativeProgress = (done: number, total: number) => void;

export interface NativeAddon
  extends ClusterAddon,
    ManifoldAddon,
    NeighborsAddon,
    NetworkAddon,
    SvmAddon,
    TensorAddon,
    TextAddon,
    LinearAddon {
  info(): NativeInfo;

  createCancel(): CancelHandle;
  cancel(token: CancelHandle): void;

  /** Decodes, checks and prepares a plan (wire format: native/plan/plan.h); element type from `precision`. */
  programCreate(ops: Int32Array, constants: Constant[], precision: 'float32' | 'float64'): ProgramHandle;
  /** The same on the pool; the constants are referenced, not copied, and must not be detached meanwhile. */
  programCreateAsync(
    ops: Int32Array,
    constants: Constant[],
    precision: 'float32' | 'float64',
  ): Promise<ProgramHandle>;
  programInfo(program: ProgramHandle): ProgramInfo;
  programExplain(program: ProgramHandle): string;
  /** x and out: the program's element type, lengths rows * inputWidth and rows * outputWidth. threads 0 = all. */
  programRunSync(program: ProgramHandle, x: FloatArray, rows: number, out: FloatArray, threads: number): void;
  /** `out` is written in place and must not be shared with the caller before the promise settles. */
  programRun(
    program: ProgramHandle,
    x: FloatArray,
    rows: number,
    out: FloatArray,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** A function that runs `rows` rows of the registered private buffers: the cheapest crossing there is. */
  programBind(program: ProgramHandle, x: FloatArray, out: FloatArray): (rows: number) => void;
  /** A number by which any thread of this process can adopt the program, for as long as some thread holds it. */
  programShare(program: ProgramHandle): bigint;
  /** A handle of the same program: no memory is copied. */
  programAdopt(token: bigint): ProgramHandle;

  /** Another descriptor of the same file or socket, to be closed by whoever gets it. Not on Windows. */
  duplicateFd(fd: number): number;

  columnMoments(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<ColumnMoments>;
  /** On the pool too, but waited for. */
  columnMomentsSync(x: FloatArray, rows: number, cols: number): ColumnMoments;
  /** By the group of each row, codes[i] in [0, groups): its weight, [groups], and sums and variances, [groups, cols]. */
  groupMoments(
    x: FloatArray,
    rows: number,
    cols: number,
    codes: Int32Array,
    groups: number,
    weights: Float64Array | null,
    cancel: CancelHandle | null,
  ): Promise<GroupMoments>;
  columnQuantiles(
    x: FloatArray,
    rows: number,
    cols: number,
    probabilities: Float64Array,
    method: 'linear' | 'averagedInvertedCdf',
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** Exponents of power transforms, [cols]: 1 of a constant column, NaN of one without values. */
  powerExponents(
    x: FloatArray,
    rows: number,
    cols: number,
    method: 'boxCox' | 'yeoJohnson',
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  columnModes(x: FloatArray, rows: number, cols: number, cancel: CancelHandle | null): Promise<Float64Array>;
  columnDistinct(
    x: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<{ offsets: Int32Array; values: Float64Array; counts: Float64Array }>;
  /** Puts the whole huge pages of fresh memory on such, where the system has them. */
  adviseHugePages(array: FloatArray): void;
  /** Position of the first infinite value (or NaN unless allowed), -1 if none. Synchronous and fast. */
  findInvalid(x: FloatArray, rows: number, cols: number, allowNan: boolean): number;

  // Operations on matrices. Bit 0 of `code` is the element type, 0 for float32 and 1 for float64; the file of
  // native/binding says what the others mean. Synchronous ones take DataViews of the bytes too, which is cheaper.
  // Asynchronous ones write `out` in place: it is shared memory, or unknown to others before the promise settles.

  /** out = f(a, b); a and b have the shape of out, one row, one column, or b is a number. */
  matrixBinary(code: number, a: MatrixBytes, b: MatrixBytes | number, out: MatrixBytes, cols: number): void;
  matrixBinaryAsync(
    code: number,
    a: FloatArray,
    b: FloatArray | number,
    out: FloatArray,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** out = f(x), f being in the code. */
  matrixUnary(code: number, x: MatrixBytes, out: MatrixBytes): void;
  matrixUnaryAsync(code: number, x: FloatArray, out: FloatArray, cancel: CancelHandle | null): Promise<void>;
  /** Softmax of rows or columns of x [rows, cols], or its logarithm. */
  matrixSoftmax(code: number, x: MatrixBytes, out: MatrixBytes, rows: number, cols: number): void;
  matrixSoftmaxAsync(
    code: number,
    x: FloatArray,
    out: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** out [cols, rows] = x [rows, cols] transposed. */
  matrixTranspose(code: number, x: MatrixBytes, out: MatrixBytes, rows: number, cols: number): void;
  matrixTransposeAsync(
    code: number,
    x: FloatArray,
    out: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** out, of the other element type than x, = x. */
  matrixConvert(code: number, x: MatrixBytes, out: MatrixBytes, rows: number, cols: number): void;
  matrixConvertAsync(
    code: number,
    x: FloatArray,
    out: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** out [cols] or [rows]; over both axes `out` is null and the result is returned. */
  matrixReduce(
    code: number,
    x: MatrixBytes,
    out: MatrixBytes | null,
    rows: number,
    cols: number,
    ddof: number,
  ): number | undefined;
  matrixReduceAsync(
    code: number,
    x: FloatArray,
    out: FloatArray | null,
    rows: number,
    cols: number,
    ddof: number,
    cancel: CancelHandle | null,
  ): Promise<number | undefined>;
  /** The same for positions. */
  matrixArgReduce(
    code: number,
    x: MatrixBytes,
    out: Int32Array | null,
    rows: number,
    cols: number,
  ): number | undefined;
  matrixArgReduceAsync(
    code: number,
    x: FloatArray,
    out: Int32Array | null,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<number | undefined>;
  /** out [m, n] = activation(op(a) op(b) + bias). */
  matrixGemm(
    code: number,
    a: MatrixBytes,
    b: MatrixBytes,
    out: MatrixBytes,
    m: number,
    k: number,
    n: number,
    bias: MatrixBytes | null,
  ): void;
  matrixGemmAsync(
    code: number,
    a: FloatArray,
    b: FloatArray,
    out: FloatArray,
    m: number,
    k: number,
    n: number,
    bias: FloatArray | null,
    cancel: CancelHandle | null,
  ): Promise<void>;

  /** out [m, n] = distances of the rows of x [m, d] and y [n, d], or x itself for null. */
  matrixDistance(
    code: number,
    x: MatrixBytes,
    y: MatrixBytes | null,
    out: MatrixBytes,
    m: number,
    n: number,
    d: number,
  ): void;
  matrixDistanceAsync(
    ...args: [...Parameters<NativeAddon['matrixDistance']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** The k smallest or largest of each row, [rows, k], or of each column, [k, cols], with their positions. */
  matrixTopK(
    code: number,
    x: MatrixBytes,
    values: MatrixBytes,
    indices: Int32Array,
    rows: number,
    cols: number,
    k: number,
  ): void;
  matrixTopKAsync(
    ...args: [...Parameters<NativeAddon['matrixTopK']>, cancel: CancelHandle | null]
  ): Promise<void>;

  /** Decompositions of a [rows, cols]; b [rows, bCols]. native/binding/matrix_decomposition.cc says what is what. */
  matrixDecompose(
    code: number,
    a: MatrixBytes,
    rows: number,
    cols: number,
    b: MatrixBytes | null,
    bCols: number,
    number: number,
    out0: MatrixBytes | null,
    out1: MatrixBytes | null,
    out2: MatrixBytes | null,
  ): Float64Array;
  matrixDecomposeAsync(
    ...args: [...Parameters<NativeAddon['matrixDecompose']>, cancel: CancelHandle | null]
  ): Promise<Float64Array>;

  // 8-bit matrices: native/binding/matrix_int8.cc says what the codes mean.

  /** Writes the codes of x, and the scales and zero points unless they are given. */
  matrixQuantize(
    code: number,
    x: Float32Array,
    codes: Int8Array | Uint8Array,
    scale: Float32Array,
    zeroPoint: Int32Array,
    rows: number,
    cols: number,
  ): void;
  matrixQuantizeAsync(
    ...args: [...Parameters<NativeAddon['matrixQuantize']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** out = scale (codes - zeroPoint). */
  matrixDequantize(
    code: number,
    codes: Int8Array | Uint8Array,
    scale: Float32Array,
    zeroPoint: Int32Array,
    out: Float32Array,
    rows: number,
    cols: number,
  ): void;
  matrixDequantizeAsync(
    ...args: [...Parameters<NativeAddon['matrixDequantize']>, cancel: CancelHandle | null]
  ): Promise<void>;
  /** Packs weights [k, n] now, or copies them now and packs the copy on the pool when it is first used. */
  int8Weights(
    code: number,
    weights: Int8Array,
    scale: Float32Array,
    k: number,
    n: number,
    now: boolean,
  ): Int8WeightsHandle;
  /** out [m, n] = activation(x weights + bias); scale and zeroPoint are null for a float32 x. */
  int8Product(
    code: number,
    x: Float32Array | Int8Array | Uint8Array,
    scale: Float32Array | null,
    zeroPoint: Int32Array | null,
    weights: Int8WeightsHandle,
    bias: Float32Array | null,
    out: Float32Array | Int32Array | Int8Array | Uint8Array,
    m: number,
    result: Float64Array | null,
  ): void;
  int8ProductAsync(
    ...args: [...Parameters<NativeAddon['int8Product']>, cancel: CancelHandle | null]
  ): Promise<void>;

  /** A handle of b [rows, cols] packed as the type of the code. */
  matrixPack(code: number, b: MatrixBytes, rows: number, cols: number): PackedHandle;
  matrixPackAsync(
    code: number,
    b: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<PackedHandle>;
  /** out [m, n] = activation(a packed + bias). */
  matrixPackedGemm(
    code: number,
    a: MatrixBytes | Uint16Array,
    packed: PackedHandle,
    out: MatrixBytes,
    m: number,
    bias: MatrixBytes | null,
  ): void;
  matrixPackedGemmAsync(
    code: number,
    a: FloatArray | Uint16Array,
    packed: PackedHandle,
    out: FloatArray,
    m: number,
    bias: FloatArray | null,
    cancel: CancelHandle | null,
  ): Promise<void>;
  matrixToBfloat16(x: Float32Array, out: Uint16Array, rows: number, cols: number): void;
  matrixToBfloat16Async(
    ...args: [...Parameters<NativeAddon['matrixToBfloat16']>, cancel: CancelHandle | null]
  ): Promise<void>;
  matrixFromBfloat16(x: Uint16Array, out: Float32Array, rows: number, cols: number): void;
  matrixFromBfloat16Async(
    ...args: [...Parameters<NativeAddon['matrixFromBfloat16']>, cancel: CancelHandle | null]
  ): Promise<void>;

  fitLeastSquares(
    x: FloatArray,
    rows: number,
    cols: number,
    y: Float64Array,
    targets: number,
    weights: Float64Array | null,
    alpha: number,
    fitIntercept: boolean,
    cancel: CancelHandle | null,
  ): Promise<{ coef: Float64Array; intercept: Float64Array; singular: Float64Array; rank: number }>;
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
    classCount: number,
    targets: Float64Array | null,
    weights: Float64Array | null,
    spec: ForestSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeForest>;
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
    onProgress: NativeProgress | null,
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
  /** The trees; everything else is freed. */
  boosterFinish(booster: BoosterHandle): Promise<NativeBoostedTrees>;
}

// This file is lib/native.ts in development and dist/native.js when installed: the package root is one level up.
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** 'musl' or 'glibc' on Linux, from the running binary's own report; undefined elsewhere. */
function linuxLibc(): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** Prebuilt binaries first (`prebuilds/<platform>-<arch>/*.node`, tagged by libc on Linux), then a local build. */
function candidates(): string[] {
  const found: string[] = [];
  const prebuilds = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  if (existsSync(prebuilds)) {
    const libc = linuxLibc();
    for (const file of readdirSync(prebuilds).sort()) {
      const tagged = /\.(glibc|musl)\./.exec(file)?.[1];
      if (file.endsWith('.node') && (tagged === undefined || tagged === libc))
        found.push(join(prebuilds, file));
    }
  }
  for (const config of ['Release', 'Debug']) {
    const local = join(root, 'build', config, 'boreal.node');
    if (existsSync(local)) found.push(local);
  }
  return found;
}

function load(): NativeAddon {
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const file of candidates()) {
    try {
      return require(file) as NativeAddon;
    } catch (error) {
      failures.push(`  ${file}: ${(error as Error).message}`);
    }
  }
  const libc = linuxLibc();
  const platform = `${process.platform}-${process.arch}${libc ? ` (${libc})` : ''}`;
  const tried = failures.length > 0 ? `These binaries did not load:\n${failures.join('\n')}\n` : '';
  throw new EnvironmentError(
    'ERR_ADDON_NOT_FOUND',
    `boreal has no native addon for ${platform}. ${tried}` +
      'Build it from source (a C++17 compiler and CMake >= 3.20 are needed):\n' +
      `  cd ${root} && npm install && npm run build:native`,
  );
}

/** The native addon, loaded on first import. */
export const native: NativeAddon = load();
