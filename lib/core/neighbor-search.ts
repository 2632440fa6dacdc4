/** What estimators that search for neighbours share: parameters with their native form, and stored training rows. */
import { ValidationError } from '../errors.js';
import type { NeighborSpec } from '../native/neighbors.js';
import type { SparseMetric } from '../native/sparse.js';
import type { EstimatorTags } from './estimator-tags.js';
import { isPrivate } from './linalg/memory.js';
import type { FloatArray, Matrix } from './matrix.js';
import { custom, either, infinity, int, oneOf, type Rule, real } from './params.js';
import type { Column } from './schema.js';

/** How rows are compared. */
export type NeighborMetric = 'euclidean' | 'manhattan' | 'chebyshev' | 'minkowski' | 'cosine' | 'precomputed';
/** How neighbours are found. */
export type NeighborAlgorithm = 'auto' | 'brute' | 'kdTree' | 'ballTree';

/** Parameters of every search. */
export interface SearchParams {
  /**
   * 'brute' computes all distances; trees leave out what is far. 'auto' builds a KD-tree where it may pay, counts on some
   * training rows how many distances it saves, and takes what is cheaper. Default 'auto'. Results are the same. No trees are made
   * of 'precomputed' distances.
   */
  algorithm: NeighborAlgorithm;
  /** Rows in a leaf of a tree: between this and twice as many. Default 30. */
  leafSize: number;
  /**
   * The distance; 'minkowski' is (sum |x - y|^p)^(1/p). 'precomputed': X holds distances >= 0 to the training rows, so that it is
   * square in a fit. Default 'minkowski', which with p = 2 is euclidean.
   */
  metric: NeighborMetric;
  /** Of 'minkowski', >= 1: 1 is 'manhattan', 2 'euclidean', Infinity 'chebyshev'. Default 2. */
  p: number;
}

const METRICS: readonly NeighborMetric[] = [
  ...(['euclidean', 'manhattan', 'chebyshev', 'minkowski', 'cosine', 'precomputed'] as const),
];
/** The code of distances that are given. */
export const GIVEN_DISTANCES = METRICS.indexOf('precomputed');
/** The metric of a native form, by the plainest name it has. */
export function metricOf({ metric, p }: NeighborSpec): NeighborMetric {
  if (METRICS[metric] !== 'minkowski') return METRICS[metric];
  return p === 1
    ? 'manhattan'
    : p === 2
      ? 'euclidean'
      : p === Number.POSITIVE_INFINITY
        ? 'chebyshev'
        : 'minkowski';
}
/** The distance that is made of sparse rows, if it is. */
export function sparseMetricOf(metric: NeighborMetric): SparseMetric | null {
  return metric === 'euclidean' || metric === 'cosine' ? metric : null;
}
const ALGORITHMS: readonly NeighborAlgorithm[] = ['auto', 'brute', 'kdTree', 'ballTree'];

/** Rules of {@link SearchParams}. */
export function searchRules({ metric }: Pick<SearchParams, 'metric'>): Record<keyof SearchParams, Rule> {
  return {
    algorithm: oneOf(...(metric === 'precomputed' ? ALGORITHMS.slice(0, 2) : ALGORITHMS)),
    leafSize: int(1, 0x7fff_ffff),
    metric: oneOf(...METRICS),
    p: either(real(1), infinity),
  };
}

/** What X may hold, by the metric. */
export function searchTags({ metric }: { readonly metric: NeighborMetric }): EstimatorTags {
  const pairs = metric === 'precomputed' ? { pairwise: true, positive: true } : {};
  return { ...pairs, ignoresWeights: true };
}

/** Defaults of {@link SearchParams}. */
export const SEARCH_DEFAULTS: SearchParams = { algorithm: 'auto', leafSize: 30, metric: 'minkowski', p: 2 };

/** Parameters as the native core takes them. */
export function searchSpec({ algorithm, leafSize, metric, p }: SearchParams): NeighborSpec {
  return { metric: METRICS.indexOf(metric), search: ALGORITHMS.indexOf(algorithm), leafSize, p };
}

/** A list of floats of either width. */
export const floats: Rule = custom('a Float32Array or a Float64Array', (v) => {
  return v instanceof Float32Array || v instanceof Float64Array;
});

/** The training rows of a fit, for good: as they are where nobody else can reach them, else a copy. */
export function storedRows({ data }: Matrix): FloatArray {
  return isPrivate(data) ? data : data.slice();
}

/** The number of stored rows. @throws {ERR_PARAMETER} unless the points of that name are finite and fill them */
export function checkPoints(
  owner: object,
  points: FloatArray,
  columns: readonly Column[],
  name = 'points',
): number {
  const rows = points.length / columns.length;
  if (Number.isInteger(rows) && rows > 0 && points.every(Number.isFinite)) return rows;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: '${name}' must hold finite rows of ${columns.length} columns.`,
  );
}
