/** What the native core exports for clustering: native/binding/cluster_binding.cc. */
import type { CancelHandle, ColumnMoments, CudaTarget, FloatArray, NativeProgress } from '../native.js';

/** See native/train/scatter.h. */
export interface MeasuredScatter {
  readonly moments: ColumnMoments;
  /** [cols, cols]; infinite where values are missing or infinite, or their squares add up to it. */
  readonly scatter: Float64Array;
}

/** Where centres start. */
export interface CentreStart {
  clusters: number;
  init: 'kMeans++' | 'random' | 'array';
  /** [clusters, cols] for 'array'. */
  centres: Float64Array | null;
  restarts: number;
  seed: number;
}
export interface KMeansSpec extends CentreStart {
  maxIter: number;
  /** On the squared shift of all centres. */
  tol: number;
  elkan: boolean;
  /** The GPU that iterates, from starts of the CPU; null: the CPU. */
  device?: CudaTarget | null;
}
export interface MiniBatchSpec extends CentreStart {
  initSize: number;
  batchSize: number;
  maxIter: number;
  /** 0: no such limit. */
  maxNoImprovement: number;
  tol: number;
  reassignmentRatio: number;
}
export interface NativeKMeans {
  centres: Float64Array;
  labels: Int32Array;
  inertia: number;
  iterations: number;
}
/** What mini-batches go on from. */
export interface MiniBatchProgress {
  centres: Float64Array;
  counts: Float64Array;
  sinceReassignment: number;
  draws: number;
}
export interface NativeMiniBatch extends NativeKMeans, MiniBatchProgress {
  steps: number;
}

export type CovarianceType = 'full' | 'tied' | 'diag' | 'spherical';
export interface MixtureSpec {
  components: number;
  covarianceType: CovarianceType;
  tol: number;
  regCovar: number;
  maxIter: number;
  /** What the first mean log-likelihood is compared with. */
  lowerBound: number;
  weights: Float64Array | null;
  means: Float64Array | null;
  /** Factors of the inverse covariances. */
  precisions: Float64Array | null;
}
export interface NativeMixture {
  weights: Float64Array;
  means: Float64Array;
  covariances: Float64Array;
  precisions: Float64Array;
  lowerBound: number;
  /** By iteration. */
  lowerBounds: Float64Array;
  iterations: number;
  converged: boolean;
}
export interface NMFSpec {
  components: number;
  multiplicative: boolean;
  beta: number;
  maxIter: number;
  tol: number;
  l1W: number;
  l2W: number;
  l1H: number;
  l2H: number;
  shuffle: boolean;
  seed: number;
}

/** Axes of all rows so far: components [kept, cols], singular values, moments of the columns. */
export interface NativeAxes {
  readonly components: Float64Array;
  readonly values: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Rows so far. */
  readonly seen: number;
}

export interface ClusterAddon {
  /** One number per row; `metric` is that of native/kernels/distance_kernels.h, or -1: x holds the distances. */
  silhouettes(
    x: FloatArray,
    rows: number,
    cols: number,
    labels: Int32Array,
    sizes: Float64Array,
    metric: number,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** See native/train/kmeans.h. */
  fitKMeans(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    spec: KMeansSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeKMeans>;
  fitMiniBatchKMeans(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    spec: MiniBatchSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeMiniBatch>;
  /** One update with all rows of x as the batch; `state` is null for the first. */
  stepMiniBatchKMeans(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    spec: MiniBatchSpec,
    state: MiniBatchProgress | null,
    cancel: CancelHandle | null,
  ): Promise<NativeMiniBatch>;

  /** See native/train/agglomerative.h; `metric` as of `silhouettes`. */
  fitAgglomerative(
    x: FloatArray,
    rows: number,
    cols: number,
    linkage: 'ward' | 'complete' | 'average' | 'single',
    metric: number,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ children: Int32Array; distances: Float64Array }>;
  /** See native/train/structured_tree.h: `edges` are pairs of rows. */
  fitAgglomerativeAlong(
    x: FloatArray,
    rows: number,
    cols: number,
    linkage: 'ward' | 'complete' | 'average' | 'single',
    metric: number,
    edges: Int32Array,
    merges: number,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ children: Int32Array; distances: Float64Array; components: number }>;
  /** See native/train/gaussian_mixture.h. */
  fitMixture(
    x: FloatArray,
    rows: number,
    cols: number,
    responsibilities: Float64Array,
    spec: MixtureSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<NativeMixture>;
  /** See native/train/nmf.h. */
  fitNMF(
    x: FloatArray,
    rows: number,
    cols: number,
    w: Float64Array,
    h: Float64Array,
    spec: NMFSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ w: Float64Array; h: Float64Array; error: number; iterations: number }>;
  /** See native/train/incremental_axes.h. */
  fitIncrementalAxes(
    x: FloatArray,
    rows: number,
    cols: number,
    spec: NativeAxes & { readonly kept: number; readonly batchRows: number; readonly least: number },
    cancel: CancelHandle | null,
  ): Promise<NativeAxes>;
  /** Gram matrix of the rows less `mean`, [cols, cols]. */
  scatterMatrix(
    x: FloatArray,
    rows: number,
    cols: number,
    mean: Float64Array,
    cancel: CancelHandle | null,
  ): Promise<Float64Array>;
  /** Both the moments, ranges left out, and the Gram matrix of the rows less their means, while x is read once. */
  measuredScatter(
    x: FloatArray,
    rows: number,
    cols: number,
    cancel: CancelHandle | null,
  ): Promise<MeasuredScatter>;
  /** The same at once, with ranges. */
  measuredScatterSync(x: FloatArray, rows: number, cols: number): MeasuredScatter;
  /** See native/train/min_cov_det.h. */
  fitMinCovDet(
    x: FloatArray,
    rows: number,
    cols: number,
    support: number,
    centred: boolean,
    seed: number,
    cancel: CancelHandle | null,
  ): Promise<{
    location: Float64Array;
    covariance: Float64Array;
    support: Uint8Array;
    distances: Float64Array;
  }>;
}
