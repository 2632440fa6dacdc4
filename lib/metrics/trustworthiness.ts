/** How well a layout keeps the neighbours of rows. */
import { withCancel } from '../core/cancellation.js';
import { toShared } from '../core/fit-input.js';
import { checkPairs } from '../core/input-checks.js';
import type { NumericMatrixLike } from '../core/matrix.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { toFiniteMatrix } from './input.js';
import { type Metric, pairwiseDistancesAsync } from './pairwise.js';

/** Rows whose distances to all others are held at once. */
const BLOCK = 64;

/** Options of {@link trustworthiness}. */
export interface TrustworthinessOptions {
  /** Neighbours in the layout that are looked at, below half of the rows. Default 5. */
  readonly nNeighbors?: number;
  /**
   * Distance of the rows of X, or 'precomputed': X is the square matrix of distances. Those of the layout are euclidean. Default
   * 'euclidean'.
   */
  readonly metric?: Metric | 'precomputed';
  readonly signal?: AbortSignal;
}

/**
 * Whether rows that are near in a layout are near in truth: 1 less a penalty for each of the nearest rows in the layout by how much
 * further than that it ranks among the neighbours in X (Venna and Kaski 2001). Rows at equal distances rank by their numbers.
 *
 * Differs from scikit-learn: asynchronous; of the distances, never more than those of 64 rows are held.
 *
 * @param X - rows, or with the metric 'precomputed' their distances >= 0, [rows, rows]
 * @param embedding - the same rows in the layout, [rows, components]
 * @param options - `nNeighbors`, `metric`, `signal`
 * @returns 0 to 1, 1 being best
 * @throws {ERR_SHAPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_INPUT_NEGATIVE} for bad data; {ERR_PARAMETER} for bad options;
 * {ERR_ABORTED}
 * @example
 * ```ts
 * import { loadIris, PCA, trustworthiness } from 'boreal';
 * const { data } = loadIris();
 * (await trustworthiness(data, await new PCA({ nComponents: 2 }).fitTransform(data))) > 0.95; // true
 * ```
 */
export async function trustworthiness(
  X: NumericMatrixLike,
  embedding: NumericMatrixLike,
  options: TrustworthinessOptions = {},
): Promise<number> {
  requireOptions(options);
  const { nNeighbors = 5, metric = 'euclidean', signal } = options;
  const x = toShared(toFiniteMatrix(X, 'X'));
  const layout = toShared(toFiniteMatrix(embedding, 'embedding'));
  const n = x.rows;
  if (layout.rows !== n) {
    throw new ValidationError('ERR_SHAPE', `X has ${n} rows, but embedding has ${layout.rows}.`);
  }
  if (metric === 'precomputed') checkPairs('trustworthiness', x, true);
  if (!(Number.isInteger(nNeighbors) && nNeighbors >= 1 && nNeighbors < n / 2)) {
    const message = `nNeighbors must be a whole number >= 1 below half of the ${n} rows; got ${show(nNeighbors)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const near = await withCancel(signal, async (cancel) => {
    const search = { metric: 0, search: 0, leafSize: 30, p: 2 };
    const index = await native.neighborIndex(layout.data, n, layout.cols, search, cancel);
    return native.neighborsNearest(index, layout.data, n, layout.cols, nNeighbors, true, cancel);
  });
  let penalty = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const rows = x.slice(first, Math.min(n, first + BLOCK));
    const { data } =
      metric === 'precomputed' ? rows : await pairwiseDistancesAsync(rows, x, { metric, signal });
    for (let i = 0; i < rows.rows; i++) {
      const distances = data.subarray(i * n, (i + 1) * n);
      const from = (first + i) * nNeighbors;
      for (const j of near.indices.subarray(from, from + nNeighbors)) {
        penalty += Math.max(0, rankOf(j, distances, first + i) - nNeighbors);
      }
    }
  }
  return 1 - (penalty * 2) / (n * nNeighbors * (2 * n - 3 * nNeighbors - 1));
}

/** The rank of row j, from 1, among all rows but `own`. */
function rankOf(j: number, distances: ArrayLike<number>, own: number): number {
  const limit = distances[j];
  let rank = 1;
  for (let l = 0; l < distances.length; l++) {
    const distance = distances[l];
    if (l !== own && (distance < limit || (distance === limit && l < j))) rank++;
  }
  return rank;
}
