/**
 * Discounted cumulative gain: how much of what was worth finding stands near the front of a ranking (Järvelin and
 * Kekäläinen, 2002, "Cumulated gain-based evaluation of IR techniques"). A gain at rank r, from 0, counts
 * 1 / log2(r + 2). Definitions and defaults are those of scikit-learn 1.9.
 */
import { requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import { type MatrixInput, mean, type NumberGrid, toGrid, toWeights } from './input.js';

/** Options of {@link dcgScore} and {@link ndcgScore}. */
export interface RankingOptions extends WeightOptions {
  /** Only this many rows from the front count, >= 1; null: all. Default null. */
  k?: number | null;
  /** Rows with equal scores stand in their own order instead of sharing the mean of their places. Default false. */
  ignoreTies?: boolean;
}

/** Options of {@link dcgScore}. */
export interface DcgOptions extends RankingOptions {
  /** Base of the discount's logarithm, > 0 and not 1. Default 2. */
  logBase?: number;
}

type Ranking = ArrayLike<number> | MatrixInput;

/** A list is one query; a matrix has a query in each row. */
function toQueries(values: Ranking, what: string): NumberGrid {
  const grid = toGrid(values, what);
  const isList = Array.isArray(values) ? typeof values[0] !== 'object' : ArrayBuffer.isView(values);
  return isList ? { ...grid, rows: 1, cols: grid.rows } : grid;
}

/** Weights of ranks 0 to n - 1, 0 from k on. */
function discountsOf(n: number, k: number | null, logBase: number): Float64Array {
  const base = Math.log(logBase);
  return Float64Array.from({ length: n }, (_, r) => (k !== null && r >= k ? 0 : base / Math.log(r + 2)));
}

/** The sum over one query; rows of equal scores get the mean of their discounts, or stand in order. */
function dcgOf(
  gains: Float64Array,
  scores: Float64Array,
  discounts: Float64Array,
  ignoreTies: boolean,
): number {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  let sum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (!ignoreTies && to < order.length && scores[order[to]] === scores[order[from]]) to++;
    let gain = 0;
    let discount = 0;
    for (let r = from; r < to; r++) {
      gain += gains[order[r]];
      discount += discounts[r];
    }
    sum += (gain / (to - from)) * discount;
    from = to;
  }
  return sum;
}

function overQueries(
  yTrue: Ranking,
  yScore: Ranking,
  options: DcgOptions,
  ofQuery: (dcg: number, best: () => number) => number,
): number {
  requireOptions(options);
  const { k = null, ignoreTies = false, sampleWeight, logBase = 2 } = options;
  const truth = toQueries(yTrue, 'yTrue');
  const score = toQueries(yScore, 'yScore');
  if (truth.rows !== score.rows || truth.cols !== score.cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `yTrue has shape [${truth.rows}, ${truth.cols}], but yScore has [${score.rows}, ${score.cols}].`,
    );
  }
  if (truth.rows === 0) throw new ValidationError('ERR_EMPTY', 'A metric needs at least one row.');
  if (k !== null && !(Number.isSafeInteger(k) && k >= 1)) {
    throw new ValidationError('ERR_PARAMETER', `k must be a whole number >= 1, or null; got ${k}.`);
  }
  if (!(logBase > 0 && logBase !== 1)) {
    throw new ValidationError('ERR_PARAMETER', `logBase must be > 0 and not 1; got ${logBase}.`);
  }
  const discounts = discountsOf(truth.cols, k, logBase);
  const values = Float64Array.from({ length: truth.rows }, (_, q) => {
    const [from, to] = [q * truth.cols, (q + 1) * truth.cols];
    const gains = truth.data.subarray(from, to);
    const dcg = dcgOf(gains, score.data.subarray(from, to), discounts, ignoreTies);
    return ofQuery(dcg, () => dcgOf(gains, gains, discounts, true));
  });
  return mean(values, toWeights(sampleWeight, truth.rows));
}

/**
 * The discounted cumulative gain, meaned over queries: sum of gain / log2(rank + 2), ranks from 0 by falling score.
 *
 * @param yTrue - gains, [queries, rows] or the rows of one query
 * @param yScore - scores of the same shape, greater standing nearer to the front
 * @returns a mean over queries, weighted by `sampleWeight` (one per query)
 * @throws {ERR_SHAPE} when the shapes differ; {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dcgScore } from 'boreal';
 * dcgScore([[3, 0, 1]], [[0.9, 0.1, 0.4]]).toFixed(3); // '3.631'
 * ```
 */
export function dcgScore(yTrue: Ranking, yScore: Ranking, options: DcgOptions = {}): number {
  return overQueries(yTrue, yScore, options, (dcg) => dcg);
}

/**
 * {@link dcgScore} as a share of that of the best order, in [0, 1]. A query in which nothing has a gain counts 0. For
 * gains of 2^grade - 1, as rankers are trained with, pass those as `yTrue`.
 *
 * @param yTrue - gains >= 0, [queries, rows] or the rows of one query; two rows at least
 * @param yScore - scores of the same shape
 * @returns a mean over queries, weighted by `sampleWeight` (one per query)
 * @throws {ERR_SHAPE} when the shapes differ, or for a single row; {ERR_PARAMETER} for a gain < 0 or a bad option
 * @example
 * ```ts
 * import { ndcgScore } from 'boreal';
 * ndcgScore([[3, 0, 1]], [[0.9, 0.1, 0.4]]); // 1
 * ndcgScore([[3, 0, 1]], [[0.1, 0.9, 0.4]], { k: 2 }).toFixed(3); // '0.174'
 * ```
 */
export function ndcgScore(yTrue: Ranking, yScore: Ranking, options: RankingOptions = {}): number {
  const { data, cols } = toQueries(yTrue, 'yTrue');
  if (cols < 2) {
    throw new ValidationError('ERR_SHAPE', `NDCG needs two rows to put in order; yTrue has ${cols}.`);
  }
  const negative = data.findIndex((gain) => gain < 0);
  if (negative >= 0) {
    throw new ValidationError('ERR_PARAMETER', `NDCG needs gains >= 0; yTrue holds ${data[negative]}.`);
  }
  return overQueries(yTrue, yScore, { ...options, logBase: 2 }, (dcg, best) => {
    const most = best();
    return most === 0 ? 0 : dcg / most;
  });
}
