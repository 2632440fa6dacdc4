/** How LIME varies a column: by bins of the training set, by its categories, or by a normal distribution. */
import { normalCdf, normalQuantile } from '../core/distributions/normal.js';
import { quantile } from '../core/quantiles.js';
import type { Random } from '../core/random.js';
import type { Column } from '../core/schema.js';

/** One column of a neighbourhood. */
export interface Sampler {
  /** For `n` samples, what the model reads, and what the local model reads; the first of both is the row itself. */
  draw(value: number, n: number, random: Random): { values: Float64Array; seen: Float64Array };
  /** What the column says of the row, such as '0.30 < width <= 1.30' or 'town = Oslo'. */
  describe(value: number): string;
  /** By what differences of `seen` are divided for distances and for the local model. */
  readonly scale: number;
  readonly mean: number;
}

/** Positions in the cumulated frequencies of what was seen in training. */
function draws(counts: readonly number[], n: number, random: Random): Int32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ends = new Float64Array(counts.length);
  counts.reduce((sum, count, k) => {
    ends[k] = (sum + count) / total;
    return sum + count;
  }, 0);
  const chosen = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const u = random.next();
    let k = 0;
    while (k < counts.length - 1 && u >= ends[k]) k++;
    chosen[i] = k;
  }
  return chosen;
}

/** A column of categories, or of numbers that are such: drawn as often as they occur; seen is whether it is the row's. */
export function categorical(name: string, column: Column, training: Float64Array): Sampler {
  const key = (value: number) => (Number.isNaN(value) ? 'missing' : value);
  const counts = new Map<number | string, number>();
  for (const value of training) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1);
  const codes = [...counts.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const shown = (value: number) => {
    if (Number.isNaN(value)) return 'missing';
    if (column.kind === 'boolean') return String(value === 1);
    return String(column.categories?.[value] ?? value);
  };
  return {
    ...{ scale: 1, mean: 0 },
    describe: (value) => `${name} = ${shown(value)}`,
    draw: (value, n, random) => {
      const chosen = draws(
        codes.map((code) => counts.get(code)!),
        n,
        random,
      );
      const values = Float64Array.from(chosen, (k) =>
        codes[k] === 'missing' ? Number.NaN : (codes[k] as number),
      );
      values[0] = value;
      return { values, seen: values.map((each) => (key(each) === key(value) ? 1 : 0)) };
    },
  };
}

/**
 * A column of numbers in bins between quantiles of the training set: a bin is drawn as often as it occurs, and a value within
 * it from a normal distribution cut off at its edges; seen is whether it is in the row's bin. Missing values are a bin.
 */
export function discretised(name: string, training: Float64Array, shares: readonly number[]): Sampler {
  const sorted = training.filter((value) => !Number.isNaN(value)).sort();
  const edges = shares.map((share) => quantile(sorted, share));
  const missing = edges.length + 1;
  const binOf = (value: number): number => {
    if (Number.isNaN(value)) return missing;
    let bin = 0;
    while (bin < edges.length && value > edges[bin]) bin++;
    return bin;
  };
  const parts = binsOf(training, binOf, edges, sorted);
  const within = (k: number, random: Random): number => {
    const { mean, deviation, low, high, from, to } = parts[k];
    if (k === missing) return Number.NaN;
    if (!(deviation > 0)) return mean;
    const value = mean + deviation * normalQuantile(from + random.next() * (to - from));
    return Math.min(high, Math.max(low, value));
  };
  const figure = (value: number) => value.toFixed(2);
  return {
    ...{ scale: 1, mean: 0 },
    describe: (value) => {
      const k = binOf(value);
      if (k === missing) return `${name} = missing`;
      if (k === 0) return `${name} <= ${figure(edges[0])}`;
      if (k === edges.length) return `${name} > ${figure(edges[k - 1])}`;
      return `${figure(edges[k - 1])} < ${name} <= ${figure(edges[k])}`;
    },
    draw: (value, n, random) => {
      const chosen = draws(
        parts.map(({ count }) => count),
        n,
        random,
      );
      const own = binOf(value);
      const values = new Float64Array(n);
      const seen = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        values[i] = within(chosen[i], random);
        seen[i] = chosen[i] === own ? 1 : 0;
      }
      values[0] = value;
      seen[0] = 1;
      return { values, seen };
    },
  };
}

/** What the training set holds of each bin; the last is that of missing values. */
function binsOf(
  training: Float64Array,
  binOf: (value: number) => number,
  edges: readonly number[],
  sorted: Float64Array,
) {
  const bins = Array.from({ length: edges.length + 2 }, () => ({ count: 0, sum: 0, squares: 0 }));
  for (let i = 0; i < training.length; i++) {
    const bin = bins[binOf(training[i])];
    bin.count++;
    bin.sum += training[i];
  }
  for (let i = 0; i < training.length; i++) {
    const bin = bins[binOf(training[i])];
    bin.squares += (training[i] - bin.sum / bin.count) ** 2;
  }
  return bins.map(({ count, sum, squares }, k) => {
    const mean = sum / count;
    const deviation = Math.sqrt(squares / count);
    const low = k === 0 ? sorted[0] : edges[k - 1];
    const high = k === edges.length ? sorted[sorted.length - 1] : edges[k];
    const [from, to] = [low, high].map((end) => normalCdf((end - mean) / deviation));
    return { count, mean, deviation, low, high, from, to };
  });
}

/** A column of numbers as it is: drawn from a normal distribution about the mean of the training set, or about the row. */
export function continuous(name: string, training: Float64Array, aroundInstance: boolean): Sampler {
  const known = training.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  const scale = variance > 0 ? Math.sqrt(variance) : 1;
  return {
    ...{ scale, mean },
    describe: () => name,
    draw: (value, n, random) => {
      const centre = aroundInstance ? value : mean;
      const values = Float64Array.from({ length: n }, () => centre + scale * random.normal());
      values[0] = value;
      return { values, seen: values };
    },
  };
}
