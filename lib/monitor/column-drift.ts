/** One column against its reference: a test of the distribution, the population stability index, missing values. */
import type { FloatArray } from '../core/matrix.js';
import type { ColumnReference } from '../core/training-reference.js';
import { chi2Contingency } from './chi2-contingency.js';
import { asymptoticPvalue, distances } from './ks2samp.js';
import { binOf, cutAtQuantiles, psiOfCounts } from './psi.js';

/** How a column compares; null where there is nothing to compare. */
export interface Comparison {
  readonly test: 'ks' | 'chi2';
  readonly statistic: number | null;
  readonly pvalue: number | null;
  readonly psi: number | null;
  /** Shares of missing values. */
  readonly missing: { readonly reference: number; readonly live: number };
  /** Shares by bin, of the values that are there. */
  readonly histogram: {
    /** Of each bin: a category, or '<= 3.5'. */
    readonly bins: readonly string[];
    readonly reference: readonly number[];
    readonly live: readonly number[];
  };
}

const BINS = 10;
const SMOOTHING = 0.5;

/** Compares values with a reference. */
export type Comparer = (values: FloatArray) => Comparison;

/**
 * Makes the comparer of one column.
 *
 * @param sampled - rows behind the reference
 * @param labels - what codes stand for; undefined for numbers
 */
export function comparerOf(
  reference: ColumnReference,
  sampled: number,
  labels: readonly string[] | undefined,
): Comparer {
  const missing = reference.missing / sampled;
  const compare =
    labels === undefined
      ? numbers(reference.quantiles ?? new Float64Array(0), sampled - reference.missing)
      : categories(reference.counts ?? [], labels);
  return (values) => {
    const present = values.filter((value) => !Number.isNaN(value));
    const live = values.length === 0 ? 0 : 1 - present.length / values.length;
    return { ...compare(present), missing: { reference: missing, live } };
  };
}

type Distribution = Omit<Comparison, 'missing'>;

function numbers(quantiles: FloatArray, size: number): (values: FloatArray) => Distribution {
  const edges = cutAtQuantiles(quantiles, BINS);
  const count = (values: FloatArray) => {
    const counts = new Array<number>(edges.length + 1).fill(0);
    for (const value of values) counts[binOf(edges, value)] += 1;
    return counts;
  };
  const expected = count(quantiles).map((n) => (n * size) / Math.max(1, quantiles.length));
  const short = (edge: number) => String(Number(edge.toPrecision(4)));
  const bins = edges.map((edge, b) => (b === 0 ? `< ${short(quantiles[0])}` : `<= ${short(edge)}`));
  bins.push(edges.length > 0 ? `> ${short(edges.at(-1)!)}` : 'all');
  return (values) => {
    const live = count(values);
    const compared = values.length > 0 && quantiles.length > 0;
    const { above, below } = compared ? distances(quantiles, values.sort()) : NOTHING;
    const statistic = Math.max(above.distance, below.distance);
    return {
      test: 'ks',
      statistic: compared ? statistic : null,
      pvalue: compared ? asymptoticPvalue(statistic, size, values.length) : null,
      psi: compared ? psiOfCounts(expected, live, SMOOTHING) : null,
      histogram: { bins, reference: shares(expected), live: shares(live) },
    };
  };
}

const NOTHING = { above: { distance: 0 }, below: { distance: 0 } };

function categories(
  known: readonly number[],
  labels: readonly string[],
): (values: FloatArray) => Distribution {
  // One more for what training had not seen.
  const expected = [...known, 0];
  const bins = [...labels, 'other'];
  return (values) => {
    const live = new Array<number>(expected.length).fill(0);
    for (const code of values) live[code >= 0 && code < known.length ? code : known.length] += 1;
    const seen = expected.map((_, b) => b).filter((b) => expected[b] + live[b] > 0);
    const compared = values.length > 0 && known.some((count) => count > 0);
    const tested = compared
      ? chi2Contingency([seen.map((b) => expected[b]), seen.map((b) => live[b])])
      : { statistic: null, pvalue: null };
    return {
      test: 'chi2',
      statistic: tested.statistic,
      pvalue: tested.pvalue,
      psi: compared ? psiOfCounts(expected, live, SMOOTHING) : null,
      histogram: { bins, reference: shares(expected), live: shares(live) },
    };
  };
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
