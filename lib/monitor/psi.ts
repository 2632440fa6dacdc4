/** The population stability index: how far the shares of bins have moved from a reference. */
import { compareLabels, type Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';

const MAX_BINS = 1_000_000;

/** Options of {@link psi}. */
export interface PsiOptions {
  /** Bins of numbers, cut at quantiles of the reference; a whole number from 2 to 1,000,000. Default 10. */
  readonly bins?: number;
  /** Added to the count of each bin on both sides, > 0, so that an empty one does not make the index infinite. Default 0.5. */
  readonly smoothing?: number;
}

/**
 * The population stability index of live data against a reference: the sum over bins of
 * (live share - reference share) * log(live share / reference share). By custom, below 0.1 is stable and above 0.2 a
 * shift to act on. Numbers are binned at quantiles of the reference (equal ones merge), with
 * a bin on either side for what lies outside of it; text, booleans and missing
 * values (NaN, null) count by value. A share is (count + smoothing) / (total + smoothing * bins).
 *
 * @param reference - numbers, or labels; at least one
 * @param live - of the same kind; at least one
 * @throws {ERR_EMPTY | ERR_PARAMETER} for empty data or a bad option
 * @example
 * ```ts
 * import { psi } from 'boreal';
 * const reference = Array.from({ length: 1000 }, (_, i) => i);
 * psi(reference, reference); // 0
 * psi(reference, reference.map((x) => x + 500)); // 6.07...
 * ```
 */
export function psi(
  reference: ArrayLike<Label | null>,
  live: ArrayLike<Label | null>,
  options: PsiOptions = {},
): number {
  requireOptions(options);
  const { bins = 10, smoothing = 0.5 } = options;
  if (!(Number.isInteger(bins) && bins >= 2 && bins <= MAX_BINS)) {
    const message = `psi: bins must be a whole number from 2 to ${MAX_BINS}; got ${show(bins)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (!(Number.isFinite(smoothing) && smoothing > 0)) {
    throw new ValidationError('ERR_PARAMETER', `psi: smoothing must be above 0; got ${show(smoothing)}.`);
  }
  if (!(reference?.length > 0 && live?.length > 0)) {
    throw new ValidationError(
      'ERR_EMPTY',
      'psi: the reference and the live data need at least one value each.',
    );
  }
  const values = Array.from(reference);
  const numbers = values.filter(
    (value): value is number => typeof value === 'number' && !Number.isNaN(value),
  );
  const edges = cutAtQuantiles(numbers.sort(compareLabels), bins);
  const keyOf = (value: Label | null) => {
    if (value === null || value === undefined || Number.isNaN(value)) return 'missing';
    return typeof value === 'number' ? binOf(edges, value) : `${typeof value} ${value}`;
  };
  const counts = new Map<string | number, [number, number]>();
  const tally = (value: Label | null, side: 0 | 1) => {
    const key = keyOf(value);
    const pair = counts.get(key) ?? [0, 0];
    pair[side] += 1;
    counts.set(key, pair);
  };
  for (const value of values) tally(value, 0);
  for (let i = 0; i < live.length; i++) tally(live[i], 1);
  const pairs = [...counts.values()];
  return psiOfCounts(
    pairs.map(([count]) => count),
    pairs.map(([, count]) => count),
    smoothing,
  );
}

/** The index of two lists of counts, bin by bin; bins that are empty on both sides do not count. */
export function psiOfCounts(
  reference: readonly number[],
  live: readonly number[],
  smoothing: number,
): number {
  const bins = reference.map((_, b) => b).filter((b) => reference[b] + live[b] > 0);
  const total = (counts: readonly number[]) => bins.reduce((sum, b) => sum + counts[b] + smoothing, 0);
  const [referenceTotal, liveTotal] = [total(reference), total(live)];
  return bins.reduce((sum, b) => {
    const before = (reference[b] + smoothing) / referenceTotal;
    const now = (live[b] + smoothing) / liveTotal;
    return sum + (now - before) * Math.log(now / before);
  }, 0);
}

/** Upper ends (inclusive) of all bins but the last: just below the least number, then distinct quantiles up to the greatest. */
export function cutAtQuantiles(sorted: ArrayLike<number>, bins: number): number[] {
  if (sorted.length === 0) return [];
  const edges = [justBelow(sorted[0])];
  for (let b = 1; b <= bins; b++) {
    const edge = sorted[Math.ceil((b * sorted.length) / bins) - 1];
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  return edges;
}

/** The number before a finite one. */
function justBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] += value > 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0];
}

/** Index of the bin of a number. */
export function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
