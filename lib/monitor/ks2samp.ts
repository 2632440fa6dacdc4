/**
 * The two-sample Kolmogorov-Smirnov test. Exact p-values count lattice paths: of the orders in which the values of both
 * samples can come, the share that takes the two distribution functions as far apart as they are (Hodges, 1958).
 */
import { kolmogorovSurvival } from '../core/distributions/survival.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { toNumbers } from '../metrics/input.js';

/** What the first sample's distribution function is suspected to be: different, above, or below the second's. */
export type KsAlternative = 'two-sided' | 'less' | 'greater';
/** How p-values are computed. */
export type KsMethod = 'auto' | 'exact' | 'asymp';

/** Options of {@link ks2samp}. */
export interface KsOptions {
  /** Default 'two-sided'. */
  readonly alternative?: KsAlternative;
  /** 'auto' is exact while both samples have at most 10000 values. Default 'auto'. */
  readonly method?: KsMethod;
}

/** What {@link ks2samp} returns. */
export interface KsResult {
  /** The largest distance between the two distribution functions, in [0, 1]. */
  readonly statistic: number;
  /** In [0, 1]. */
  readonly pvalue: number;
  /** Where the distance is largest. */
  readonly statisticLocation: number;
  /** 1 when the first function is above the second there, -1 when it is below. */
  readonly statisticSign: 1 | -1;
}

const MOST_EXACT = 10_000;
const ALTERNATIVES: readonly KsAlternative[] = ['two-sided', 'less', 'greater'];
const METHODS: readonly KsMethod[] = ['auto', 'exact', 'asymp'];

/**
 * Tests whether two samples come from the same continuous distribution, as `scipy.stats.ks_2samp` does. Differs from
 * scipy: 'exact' is exact for all sizes, with time in proportion to the product of both.
 *
 * @param a - finite numbers, at least one
 * @param b - finite numbers, at least one
 * @throws {ERR_EMPTY | ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_PARAMETER} for bad samples or options
 * @example
 * ```ts
 * import { ks2samp } from 'boreal';
 * const { statistic, pvalue } = ks2samp([1, 2, 3, 4], [3, 4, 5, 6]); // 0.5 and 0.771...
 * ```
 */
export function ks2samp(a: ArrayLike<number>, b: ArrayLike<number>, options: KsOptions = {}): KsResult {
  requireOptions(options);
  const { alternative = 'two-sided', method = 'auto' } = options;
  checkOption('alternative', alternative, ALTERNATIVES);
  checkOption('method', method, METHODS);
  const first = toNumbers(a, 'ks2samp: a').sort();
  const second = toNumbers(b, 'ks2samp: b').sort();
  if (first.length === 0 || second.length === 0) {
    throw new ValidationError('ERR_EMPTY', 'ks2samp: each sample needs at least one value.');
  }
  const { above, below } = distances(first, second);
  const isBelow = alternative === 'less' || (alternative === 'two-sided' && below.distance > above.distance);
  const { distance, location } = isBelow ? below : above;
  const exact =
    method === 'exact' || (method === 'auto' && Math.max(first.length, second.length) <= MOST_EXACT);
  const test = exact ? exactPvalue : asymptoticPvalue;
  return {
    statistic: distance,
    pvalue: test(distance, first.length, second.length, alternative),
    statisticLocation: location,
    statisticSign: isBelow ? -1 : 1,
  };
}

function checkOption(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  const list = allowed.map((each) => `'${each}'`).join(', ');
  throw new ValidationError('ERR_PARAMETER', `ks2samp: ${name} must be one of ${list}; got ${show(value)}.`);
}

interface Distance {
  distance: number;
  location: number;
}

/** How far the first distribution function gets above and below the second; both samples sorted. */
export function distances(a: ArrayLike<number>, b: ArrayLike<number>): { above: Distance; below: Distance } {
  // The last value, where both functions are 1, is where one that is never above the other is closest to it.
  const last = Math.max(a[a.length - 1], b[b.length - 1]);
  const above = { distance: 0, location: last };
  const below = { distance: 0, location: last };
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const value = j >= b.length || a[i] <= b[j] ? a[i] : b[j];
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const difference = i / a.length - j / b.length;
    if (difference > above.distance) Object.assign(above, { distance: difference, location: value });
    if (-difference > below.distance) Object.assign(below, { distance: -difference, location: value });
  }
  return { above, below };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * The share of paths from (0, 0) to (n1, n2) that touch the forbidden region. The last step of a random path to (i, j)
 * came from (i - 1, j) with probability i / (i + j): sums of positive numbers, in a row that is updated in place.
 */
function exactPvalue(distance: number, n1: number, n2: number, alternative: KsAlternative): number {
  const divisor = gcd(n1, n2);
  const up = n2 / divisor;
  const right = n1 / divisor;
  const limit = Math.round(distance * up * n1);
  if (limit === 0) return 1;
  const share = new Float64Array(n2 + 1);
  for (let i = 0; i <= n1; i++) {
    for (let j = 0; j <= n2; j++) {
      const gap = i * up - j * right;
      if (gap >= limit || (alternative === 'two-sided' && -gap >= limit)) share[j] = 1;
      else if (i + j > 0) share[j] = (i * share[j] + (j > 0 ? j * share[j - 1] : 0)) / (i + j);
    }
  }
  return share[n2];
}

/** The limit for large samples: that of one sample of the size that counts (two-sided), or Hodges' (one-sided). */
export function asymptoticPvalue(
  distance: number,
  n1: number,
  n2: number,
  alternative: KsAlternative = 'two-sided',
): number {
  const m = Math.max(n1, n2);
  const n = Math.min(n1, n2);
  const size = (m * n) / (m + n);
  if (alternative === 'two-sided') return kolmogorovSurvival(distance, Math.max(1, roundHalfEven(size)));
  const z = Math.sqrt(size) * distance;
  const correction = (2 * z * (m + 2 * n)) / Math.sqrt(m * n * (m + n)) / 3;
  return Math.min(1, Math.exp(-2 * z * z - correction));
}

/** As NumPy rounds. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
