/** What the addon offers for fits on sparse rows: those of dense rows with other rows. */
import type { CancelHandle, ColumnMoments, FloatArray, QuantileMethod } from '../native.js';
import type { ClusterAddon } from './cluster.js';
import type { LinearAddon } from './linear.js';
import type { NeighborsAddon } from './neighbors.js';
import type { SvmAddon } from './svm.js';
import type { NativeRows } from './text.js';

/** The values of row i are those from starts[i] to starts[i + 1]. */
export type CsrArguments<T extends FloatArray = FloatArray> = readonly [
  starts: Int32Array,
  columns: Int32Array,
  values: T,
  cols: number,
];

/** Sparse rows and their transpose, checked once. */
export interface SparseOperatorHandle {
  readonly __sparseOperator: unique symbol;
}

/** Points, then queries. */
type TwoCsr = readonly [
  ...CsrArguments,
  starts: Int32Array,
  columns: Int32Array,
  values: FloatArray,
  cols: number,
];

/** Distances that are made of sparse rows. */
export type SparseMetric = 'euclidean' | 'cosine';

/** See native/neighbors/sparse_nearest.h. */
export interface SparseSearchSpec {
  readonly metric: SparseMetric;
  /** 0: all within the radius. */
  readonly count: number;
  readonly radius: number;
  /** Whether queries are the points. */
  readonly own: boolean;
}

/** A function of dense rows, of sparse ones. */
type OfSparse<F> = F extends (x: FloatArray, rows: number, cols: number, ...rest: infer R) => infer V
  ? (...args: [...CsrArguments, ...R]) => V
  : never;

export interface SparseAddon {
  /** The `count` nearest points of each query, [queries, count]. */
  csrNearest(
    ...args: [...TwoCsr, spec: SparseSearchSpec, cancel: CancelHandle | null]
  ): Promise<{ distances: Float64Array; indices: Int32Array }>;
  /** Points within the radius: those of query i from offsets[i] to offsets[i + 1]. */
  csrWithin(
    ...args: [...TwoCsr, spec: SparseSearchSpec, sorted: boolean, cancel: CancelHandle | null]
  ): Promise<{ offsets: Float64Array; distances: Float64Array; indices: Int32Array }>;
  /** What the neighbours of each query say of it, [queries, outputs]: see NeighborsOp of native/plan/op.h. */
  csrVotes(
    ...args: [
      ...TwoCsr,
      spec: SparseSearchSpec & {
        readonly vote: 'classes' | 'mean' | 'outlier' | 'distances';
        readonly distanceWeights: boolean;
        readonly outputs: number;
        readonly classes: Int32Array;
        readonly values: Float64Array;
      },
      cancel: CancelHandle | null,
    ]
  ): Promise<Float64Array>;
  csrLocalOutliers(
    ...args: [...CsrArguments, spec: SparseSearchSpec, cancel: CancelHandle | null]
  ): ReturnType<NeighborsAddon['fitLocalOutliers']>;
  /** bias + the kernels of the queries with the points, times weights [points, bias.length]. */
  csrKernelExpansion(
    ...args: [
      ...TwoCsr,
      spec: {
        readonly kernel: 'linear' | 'poly' | 'rbf' | 'sigmoid';
        readonly gamma: number;
        readonly coef0: number;
        readonly degree: number;
        readonly weights: Float64Array;
        readonly bias: Float64Array;
      },
      cancel: CancelHandle | null,
    ]
  ): Promise<Float64Array>;
  /** What is not 0; NaN is not. */
  csrOfDense(x: FloatArray, rows: number, cols: number, cancel: CancelHandle | null): Promise<NativeRows>;
  /** Codes as ones in the columns of their indicators: see native/linalg/csr_encode.h. */
  csrOfCodes(
    x: FloatArray,
    rows: number,
    cols: number,
    sizes: Int32Array,
    drop: Int32Array,
    cancel: CancelHandle | null,
  ): Promise<NativeRows>;
  /** The columns of each part after those of the part before. parts: the {@link CsrArguments} of all, one after another. */
  csrSideBySide(parts: ReadonlyArray<CsrArguments[number]>, cancel: CancelHandle | null): Promise<NativeRows>;
  /** The columns as rows. */
  csrTranspose<T extends FloatArray>(
    ...args: [...CsrArguments<T>, cancel: CancelHandle | null]
  ): Promise<{ starts: Int32Array; columns: Int32Array; values: T }>;
  /** For many products with the rows, and with their transpose. */
  csrOperator(...args: [...CsrArguments, cancel: CancelHandle | null]): Promise<SparseOperatorHandle>;
  /** out = x b, or x' b, b [cols or rows, width]. */
  csrOperatorProduct(
    x: SparseOperatorHandle,
    transposed: boolean,
    b: Float64Array,
    out: Float64Array,
    width: number,
    cancel: CancelHandle | null,
  ): Promise<void>;
  /** What is not stored counts as 0, NaN as missing: so in the two below. */
  csrMoments(
    ...args: [...CsrArguments, weights: Float64Array | null, cancel: CancelHandle | null]
  ): Promise<ColumnMoments>;
  /** As of dense rows; without `zeros` of the values that are not 0. */
  csrColumnQuantiles(
    ...args: [
      ...CsrArguments,
      probabilities: Float64Array,
      method: QuantileMethod,
      zeros: boolean,
      cancel: CancelHandle | null,
    ]
  ): Promise<Float64Array>;
  csrColumnModes(...args: [...CsrArguments, cancel: CancelHandle | null]): Promise<Float64Array>;
  /** By lbfgs or saga. */
  csrLogistic: OfSparse<LinearAddon['fitLogistic']>;
  /** coef [targets, cols]; maxIter 0: ten for each row or column, whichever are fewer. */
  csrLeastSquares(
    ...args: [
      ...CsrArguments,
      y: Float64Array,
      targets: number,
      weights: Float64Array | null,
      spec: { alpha: number; fitIntercept: boolean; tol: number; maxIter: number },
      cancel: CancelHandle | null,
    ]
  ): Promise<{
    coef: Float64Array;
    intercept: Float64Array;
    iterations: Float64Array;
    converged: boolean;
  }>;
  csrElasticNet: OfSparse<LinearAddon['fitElasticNet']>;
  /** By Lloyd's algorithm, on the CPU. */
  csrKMeans: OfSparse<ClusterAddon['fitKMeans']>;
  csrMiniBatchKMeans: OfSparse<ClusterAddon['fitMiniBatchKMeans']>;
  csrMiniBatchStep: OfSparse<ClusterAddon['stepMiniBatchKMeans']>;
  csrNMF: OfSparse<ClusterAddon['fitNMF']>;
  csrSgd: OfSparse<LinearAddon['fitSgd']>;
  csrSvm: OfSparse<SvmAddon['fitSvm']>;
  csrLinearSvm: OfSparse<SvmAddon['fitLinearSvm']>;
}
