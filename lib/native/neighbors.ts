/** The part of the native addon that searches for neighbours, and fits what rests on them. */
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';

/** Rows made ready for searches; its queries have their element type. */
export interface NeighborIndexHandle {
  readonly __neighborIndex: unique symbol;
}

/** What is near and how it is found; numbers as in native/neighbors/metric.h. */
export interface NeighborSpec {
  readonly metric: number;
  readonly search: number;
  readonly leafSize: number;
  readonly p: number;
}

export interface HdbscanSpec extends NeighborSpec {
  readonly minClusterSize: number;
  readonly minSamples: number;
  readonly alpha: number;
  readonly epsilon: number;
  /** 0: any. */
  readonly maxClusterSize: number;
  readonly leaves: boolean;
  readonly allowSingle: boolean;
}

export interface NeighborsAddon {
  neighborIndex(
    x: FloatArray,
    rows: number,
    cols: number,
    spec: NeighborSpec,
    cancel: CancelHandle | null,
  ): Promise<NeighborIndexHandle>;
  /** Distances and indices [rows, k]; `own`: x are the index's rows, and none is its own neighbour. */
  neighborsNearest(
    index: NeighborIndexHandle,
    x: FloatArray,
    rows: number,
    cols: number,
    k: number,
    own: boolean,
    cancel: CancelHandle | null,
  ): Promise<{ distances: FloatArray; indices: Int32Array }>;
  /** Those of row i from offsets[i] to offsets[i + 1]. */
  neighborsWithin(
    index: NeighborIndexHandle,
    x: FloatArray,
    rows: number,
    cols: number,
    radius: number,
    own: boolean,
    sorted: boolean,
    cancel: CancelHandle | null,
  ): Promise<{ offsets: Float64Array; distances: FloatArray; indices: Int32Array }>;
  fitDbscan(
    x: FloatArray,
    rows: number,
    cols: number,
    weights: Float64Array | null,
    spec: NeighborSpec & { readonly eps: number; readonly minSamples: number },
    cancel: CancelHandle | null,
  ): Promise<{ labels: Int32Array; core: Int32Array }>;
  fitHdbscan(
    x: FloatArray,
    rows: number,
    cols: number,
    spec: HdbscanSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{
    labels: Int32Array;
    probabilities: Float64Array;
    children: Int32Array;
    distances: Float64Array;
  }>;
  fitLocalOutliers(
    x: FloatArray,
    rows: number,
    cols: number,
    spec: NeighborSpec,
    k: number,
    cancel: CancelHandle | null,
  ): Promise<{ factor: Float64Array; reach: Float64Array; density: Float64Array }>;
}
