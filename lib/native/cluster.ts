/** What the native core exports for clustering: native/binding/cluster_binding.cc. */
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';

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
}
