/** Distances of many rows, as many at a time as memory shall hold, and the functions that compute them. */
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkParams, custom, either, nothing, real, requireOptions } from '../core/params.js';
import {
  cosineDistances,
  euclideanDistances,
  type Metric,
  manhattanDistances,
  pairwiseDistances,
} from './pairwise.js';

/** A distance of the rows of X [m, d] and those of Y [n, d], by default of X: [m, n]. */
export type Distance = (X: NumericMatrixLike, Y?: NumericMatrixLike | null) => Matrix;

/** Options of {@link pairwiseDistancesChunked}. */
export interface ChunkedOptions<R = Matrix> {
  /** Default 'euclidean'. */
  readonly metric?: Metric;
  /** MiB that a chunk of distances may take, >= 0; it has one row at least. Default 1024. */
  readonly workingMemory?: number;
  /** Makes something else of a chunk, whose first row is row `start` of X; null: chunks are given as they are. Default null. */
  readonly reduceFunc?: ((distances: Matrix, start: number) => R) | null;
}

/**
 * The distances that {@link pairwiseDistances} gives, some rows at a time: so that the whole matrix is never held. A chunk is computed
 * when it is asked for.
 *
 * Differs from scikit-learn: what `reduceFunc` returns is not checked; no precomputed distances.
 *
 * @param X - [m, d]
 * @param Y - [n, d]; default X
 * @returns matrices [rows of the chunk, n], or what `reduceFunc` makes of them
 * @throws as {@link pairwiseDistances}, and {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { pairwiseDistancesChunked } from 'boreal';
 * const reduceFunc = (distances) => distances.max(1);
 * [...pairwiseDistancesChunked([[0], [1], [4]], null, { reduceFunc, workingMemory: 0 })].length; // 3
 * ```
 */
export function pairwiseDistancesChunked<R = Matrix>(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options: ChunkedOptions<R> = {},
): Generator<R, void, undefined> {
  requireOptions(options);
  const { metric = 'euclidean', workingMemory = 1024, reduceFunc = null, ...unknown } = options;
  checkParams(
    'pairwiseDistancesChunked',
    { ...unknown, metric, workingMemory, reduceFunc },
    {
      metric: custom(`one of ${Object.keys(METRICS).join(', ')}`, (v) => Object.hasOwn(METRICS, v as string)),
      workingMemory: real(0),
      reduceFunc: either(
        nothing,
        custom('a function', (v) => typeof v === 'function'),
      ),
    },
  );
  const x = Matrix.from(X);
  const other = Y === undefined || Y === null ? null : Matrix.from(Y);
  const width = (other ?? x).rows;
  const bytes = x.data.BYTES_PER_ELEMENT * Math.max(width, 1);
  const size = Math.max(1, Math.floor((workingMemory * 2 ** 20) / bytes));
  return chunks(x, other, metric, size, reduceFunc ?? ((distances: Matrix) => distances as R));
}

function* chunks<R>(
  x: Matrix,
  other: Matrix | null,
  metric: Metric,
  size: number,
  reduce: (distances: Matrix, start: number) => R,
): Generator<R, void, undefined> {
  if (other === null && size >= x.rows) {
    yield reduce(pairwiseDistances(x, null, { metric }), 0);
    return;
  }
  for (let start = 0; start < x.rows; start += size) {
    const part = x.slice(start, Math.min(x.rows, start + size));
    const distances = pairwiseDistances(part, other ?? x, { metric });
    // As in the whole matrix: of a row to itself there is no rounding.
    if (other === null) for (let i = 0; i < part.rows; i++) clear(distances, i, start + i);
    yield reduce(distances, start);
  }
}

function clear(distances: Matrix, i: number, j: number): void {
  const row = distances.row(i);
  if (!Number.isNaN(row[j])) row[j] = 0;
}

const METRICS: Readonly<Record<Metric, Distance>> = {
  cosine: (X, Y) => cosineDistances(X, Y),
  euclidean: (X, Y) => euclideanDistances(X, Y),
  manhattan: (X, Y) => manhattanDistances(X, Y),
  sqeuclidean: (X, Y) => euclideanDistances(X, Y, { squared: true }),
};

/**
 * The metrics that {@link pairwiseDistances} knows, by name.
 *
 * Differs from scikit-learn: 'sqeuclidean' is one, and distances with names of their own ({@link nanEuclideanDistances},
 * {@link haversineDistances}) are none.
 *
 * @example
 * ```ts
 * import { distanceMetrics } from 'boreal';
 * distanceMetrics().manhattan([[1, 2]], [[3, 5]]); // [[5]]
 * ```
 */
export function distanceMetrics(): Record<Metric, Distance> {
  return { ...METRICS };
}
