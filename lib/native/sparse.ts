/** What the addon offers for fits on sparse rows: those of dense rows with other rows. */
import type { CancelHandle, ColumnMoments, FloatArray } from '../native.js';
import type { ClusterAddon } from './cluster.js';
import type { LinearAddon } from './linear.js';
import type { SvmAddon } from './svm.js';
import type { NativeRows } from './text.js';

/** The values of row i are those from starts[i] to starts[i + 1]. */
export type CsrArguments<T extends FloatArray = FloatArray> = readonly [
  starts: Int32Array,
  columns: Int32Array,
  values: T,
  cols: number,
];

/** A function of dense rows, of sparse ones. */
type OfSparse<F> = F extends (x: FloatArray, rows: number, cols: number, ...rest: infer R) => infer V
  ? (...args: [...CsrArguments, ...R]) => V
  : never;

export interface SparseAddon {
  /** The `count` nearest points of each query, [queries, count]. own: queries are the points. */
  csrNearest(
    ...args: [
      ...points: CsrArguments,
      starts: Int32Array,
      columns: Int32Array,
      values: FloatArray,
      cols: number,
      spec: { count: number; metric: 'euclidean' | 'cosine'; own: boolean },
      cancel: CancelHandle | null,
    ]
  ): Promise<{ distances: Float64Array; indices: Int32Array }>;
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
  /** What is not stored counts as 0. */
  csrMoments(
    ...args: [...CsrArguments, weights: Float64Array | null, cancel: CancelHandle | null]
  ): Promise<ColumnMoments>;
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
  csrNMF: OfSparse<ClusterAddon['fitNMF']>;
  csrSgd: OfSparse<LinearAddon['fitSgd']>;
  csrLinearSvm: OfSparse<SvmAddon['fitLinearSvm']>;
}
