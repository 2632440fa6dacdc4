/** Outcomes of the variants of an experiment, summed up as they come, and what they say about the difference. */

import { studentCritical, studentTwoSided } from '../core/distributions/student.js';
import { chi2Contingency } from './chi2-contingency.js';

/** Running sums of one variant's outcomes; constant in memory. */
export class Outcomes {
  #count = 0;
  #mean = 0;
  // Sum of squared distances from the mean, by Welford's update.
  #spread = 0;
  #successes = 0;
  #binary = true;

  /** @param value - true or 1 for a success, false or 0 for a failure, any other number for a measure */
  add(value: boolean | number): void {
    const x = Number(value);
    this.#count += 1;
    const before = x - this.#mean;
    this.#mean += before / this.#count;
    this.#spread += before * (x - this.#mean);
    if (x === 1) this.#successes += 1;
    else if (x !== 0) this.#binary = false;
  }

  get count(): number {
    return this.#count;
  }
  /** NaN without outcomes. */
  get mean(): number {
    return this.#count === 0 ? Number.NaN : this.#mean;
  }
  /** Unbiased; NaN for fewer than two outcomes. */
  get variance(): number {
    return this.#count < 2 ? Number.NaN : this.#spread / (this.#count - 1);
  }
  get successes(): number {
    return this.#successes;
  }
  /** Whether all outcomes were successes or failures. */
  get binary(): boolean {
    return this.#binary;
  }

  /** The sums, for {@link Outcomes.from}. */
  toJSON(): OutcomeSums {
    return {
      count: this.#count,
      mean: this.#mean,
      spread: this.#spread,
      successes: this.#successes,
      binary: this.#binary,
    };
  }

  static from({ count, mean, spread, successes, binary }: OutcomeSums): Outcomes {
    const outcomes = new Outcomes();
    outcomes.#count = count;
    outcomes.#mean = mean;
    outcomes.#spread = spread;
    outcomes.#successes = successes;
    outcomes.#binary = binary;
    return outcomes;
  }
}

/** What {@link Outcomes} stores. */
export interface OutcomeSums {
  readonly count: number;
  readonly mean: number;
  readonly spread: number;
  readonly successes: number;
  readonly binary: boolean;
}

/** One variant's outcomes, told. */
export interface VariantStats {
  readonly variant: string;
  readonly outcomes: number;
  /** Of rates. */
  readonly successes?: number;
  /** Share of successes, or mean of the measure; null without outcomes. */
  readonly mean: number | null;
  /** 95 %: Wilson's for rates, Student's for means; null when there are too few outcomes for one. */
  readonly interval: readonly [lower: number, upper: number] | null;
}

/** A variant against the first one. */
export interface VariantComparison {
  readonly variant: string;
  /** Its mean minus that of the first variant. */
  readonly difference: number;
  /** Two-sided; with three variants or more raised by Holm's method, as each more is one more chance to err. */
  readonly pvalue: number;
}

/** What the outcomes of an experiment say. */
export interface ExperimentStats {
  /** 'rate' while all outcomes are true, false, 0 or 1. */
  readonly metric: 'rate' | 'mean';
  readonly variants: readonly VariantStats[];
  /** Over all variants: Pearson's chi-squared for rates, Welch's t for two means; null while there are too few outcomes. */
  readonly test: {
    readonly name: 'chi-squared' | 'welch-t';
    readonly statistic: number;
    readonly dof: number;
    readonly pvalue: number;
  } | null;
  readonly comparisons: readonly VariantComparison[];
  /** Whether a difference is unlikely to be chance, at 0.05. */
  readonly significant: boolean;
  /** The best variant, when the difference to the first, or of the first to all, is significant; else null. */
  readonly winner: string | null;
  /** The same in words. */
  readonly verdict: string;
}

const ALPHA = 0.05;
/** Below this the approximations behind the tests are rough. */
const ENOUGH = 5;
const Z95 = 1.959963984540054;

/** Compares variants; the first is the one that the others are measured against. */
export function compareOutcomes(variants: ReadonlyMap<string, Outcomes>): ExperimentStats {
  const all = [...variants];
  const metric = all.every(([, { binary }]) => binary) ? 'rate' : 'mean';
  const stats = all.map(([variant, outcomes]) => statsOf(variant, outcomes, metric));
  const few = all.filter(([, { count }]) => count < ENOUGH).map(([variant]) => variant);
  if (few.length > 0 || all.length < 2) {
    const verdict =
      all.length < 2
        ? 'There is one variant only, so there is nothing to compare.'
        : `Too few outcomes to tell: ${few.join(' and ')} ${few.length > 1 ? 'have' : 'has'} fewer than ${ENOUGH}.`;
    return {
      metric,
      variants: stats,
      test: null,
      comparisons: [],
      significant: false,
      winner: null,
      verdict,
    };
  }
  const test = metric === 'rate' ? chiSquared(all.map(([, outcomes]) => outcomes)) : welchOfTwo(all);
  const comparisons = holm(
    all.slice(1).map(([variant, outcomes]) => {
      const [, first] = all[0];
      const { pvalue } = metric === 'rate' ? chiSquared([first, outcomes]) : welch(first, outcomes);
      return { variant, difference: outcomes.mean - first.mean, pvalue };
    }),
  );
  const winner = winnerOf(all[0][0], comparisons);
  const significant = comparisons.some(({ pvalue }) => pvalue < ALPHA);
  return {
    metric,
    variants: stats,
    test,
    comparisons,
    significant,
    winner,
    verdict: verdictOf(metric, all[0][0], comparisons),
  };
}

function statsOf(variant: string, outcomes: Outcomes, metric: 'rate' | 'mean'): VariantStats {
  const { count, successes, mean, variance } = outcomes;
  if (count === 0) return { variant, outcomes: 0, mean: null, interval: null };
  if (metric === 'rate')
    return { variant, outcomes: count, successes, mean, interval: wilson(successes, count) };
  const half = studentCritical(ALPHA, Math.max(1, count - 1)) * Math.sqrt(variance / count);
  return { variant, outcomes: count, mean, interval: count < 2 ? null : [mean - half, mean + half] };
}

/** Wilson's score interval of a rate, 95 %. */
function wilson(successes: number, count: number): [number, number] {
  const rate = successes / count;
  const z2 = Z95 * Z95;
  const centre = (rate + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z95 * Math.sqrt((rate * (1 - rate)) / count + z2 / (4 * count * count))) / (1 + z2 / count);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function chiSquared(variants: readonly Outcomes[]) {
  const table = [
    variants.map(({ successes }) => successes),
    variants.map(({ count, successes }) => count - successes),
  ];
  // All succeeded or all failed: no variant differs from another.
  if (table.some((row) => row.every((n) => n === 0)))
    return { name: 'chi-squared' as const, statistic: 0, dof: variants.length - 1, pvalue: 1 };
  const { statistic, dof, pvalue } = chi2Contingency(table);
  return { name: 'chi-squared' as const, statistic, dof, pvalue };
}

function welchOfTwo(all: ReadonlyArray<readonly [string, Outcomes]>) {
  return all.length === 2 ? welch(all[0][1], all[1][1]) : null;
}

/** Welch's t, with the degrees of freedom of Welch and Satterthwaite. */
function welch(a: Outcomes, b: Outcomes) {
  const va = a.variance / a.count;
  const vb = b.variance / b.count;
  const difference = b.mean - a.mean;
  const name = 'welch-t' as const;
  // No spread at all: equal, or different beyond doubt.
  if (va + vb === 0) {
    const dof = a.count + b.count - 2;
    const same = difference === 0;
    return { name, statistic: same ? 0 : Math.sign(difference) * Infinity, dof, pvalue: same ? 1 : 0 };
  }
  const statistic = difference / Math.sqrt(va + vb);
  const dof = (va + vb) ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1));
  return { name, statistic, dof, pvalue: studentTwoSided(statistic, dof) };
}

/** Holm's step-down adjustment. */
function holm(comparisons: readonly VariantComparison[]): VariantComparison[] {
  const order = comparisons.map((_, i) => i).sort((i, j) => comparisons[i].pvalue - comparisons[j].pvalue);
  const adjusted = [...comparisons];
  let floor = 0;
  order.forEach((i, rank) => {
    floor = Math.max(floor, Math.min(1, comparisons[i].pvalue * (order.length - rank)));
    adjusted[i] = { ...comparisons[i], pvalue: floor };
  });
  return adjusted;
}

function winnerOf(first: string, comparisons: readonly VariantComparison[]): string | null {
  const better = comparisons.filter(({ pvalue, difference }) => pvalue < ALPHA && difference > 0);
  if (better.length > 0) return better.reduce((a, b) => (b.difference > a.difference ? b : a)).variant;
  return comparisons.every(({ pvalue, difference }) => pvalue < ALPHA && difference < 0) ? first : null;
}

function verdictOf(
  metric: 'rate' | 'mean',
  first: string,
  comparisons: readonly VariantComparison[],
): string {
  return comparisons
    .map(({ variant, difference, pvalue }) => {
      const size = metric === 'rate' ? `${points(difference)} points` : Math.abs(difference).toPrecision(3);
      const p = pvalue < 0.001 ? 'p < 0.001' : `p = ${pvalue.toFixed(3)}`;
      if (difference === 0) return `${variant} and ${first} do equally well.`;
      const way = difference > 0 ? 'above' : 'below';
      if (pvalue < ALPHA) return `${variant} is ${size} ${way} ${first} (${p}): unlikely to be chance.`;
      return `${variant} is ${size} ${way} ${first} (${p}): it may well be chance.`;
    })
    .join(' ');
}

function points(difference: number): string {
  return (100 * Math.abs(difference)).toFixed(1);
}
