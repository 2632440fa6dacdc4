/** The part of the native addon that lays rows out in few dimensions. */
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';
import type { NeighborSpec } from './neighbors.js';

/** Weights of edges between rows; those of row i stand from offsets[i] to offsets[i + 1], by ascending column. */
export interface RowGraph {
  /** [rows + 1] */
  readonly offsets: Float64Array;
  readonly columns: Int32Array;
  readonly weights: Float64Array;
}

export interface TsneSpec {
  readonly components: number;
  readonly exact: boolean;
  readonly earlyExaggeration: number;
  readonly learningRate: number;
  readonly maxIter: number;
  readonly nIterWithoutProgress: number;
  readonly minGradNorm: number;
  readonly angle: number;
}

export interface FuzzySetSpec extends NeighborSpec {
  /** The row itself included. */
  readonly neighbors: number;
  readonly localConnectivity: number;
  readonly setOpMixRatio: number;
  /** Memberships of rows with different codes become weaker by exp(-far). */
  readonly far: number;
}

export interface UmapSpec {
  readonly components: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly a: number;
  readonly b: number;
  readonly repulsionStrength: number;
  readonly negativeSampleRate: number;
  readonly seed: number;
}

export interface ManifoldAddon {
  /** Joint probabilities p_ij, whose sum is 1. */
  tsneAffinities(
    x: FloatArray,
    rows: number,
    cols: number,
    spec: NeighborSpec & { readonly neighbors: number; readonly perplexity: number },
    cancel: CancelHandle | null,
  ): Promise<RowGraph>;
  /** start and embedding [rows, components] */
  fitTsne(
    graph: RowGraph,
    start: Float64Array,
    spec: TsneSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<{ embedding: Float64Array; klDivergence: number; iterations: number }>;
  /** codes [rows], below 0 where unknown, or null. */
  fuzzySet(
    x: FloatArray,
    rows: number,
    cols: number,
    codes: Int32Array | null,
    spec: FuzzySetSpec,
    cancel: CancelHandle | null,
  ): Promise<RowGraph & { rhos: Float64Array; sigmas: Float64Array; meanDistance: number }>;
  /** start null: by the graph's spectrum. Returns [rows, components]. */
  fitUmap(
    graph: RowGraph,
    start: Float64Array | null,
    spec: UmapSpec,
    cancel: CancelHandle | null,
    onProgress: NativeProgress | null,
  ): Promise<Float64Array>;
}
