/**
 * A first look at a table: what the columns are, what is missing, how the values spread. Every function returns one
 * plain object per column, so `console.table(describe(table))` prints it and code can read it.
 */
import { checkNames, checkParams, oneOf, requireOptions } from '../core/params.js';
import { quantile } from '../core/quantiles.js';
import { type Column, isMissing, type Table, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';

/** What the values of a column are; 'empty' when all are missing, 'mixed' when they are of several types. */
export type ColumnType = 'number' | 'text' | 'boolean' | 'mixed' | 'empty';

/** One column as {@link info} shows it. */
export interface ColumnInfo {
  column: string;
  type: ColumnType;
  /** Values that are not missing. */
  count: number;
  missing: number;
}

/** One column as {@link missing} shows it. */
export interface MissingInfo {
  column: string;
  missing: number;
  /** Share of rows in percent. */
  percent: number;
}

/** One column as {@link describe} shows it: numbers have moments and quartiles, other columns a commonest value. */
export interface ColumnDescription {
  column: string;
  count: number;
  missing: number;
  /** Different values among those that are not missing. */
  distinct: number;
  mean?: number;
  /** Standard deviation with n - 1 in the denominator. */
  std?: number;
  min?: number;
  '25%'?: number;
  '50%'?: number;
  '75%'?: number;
  max?: number;
  /** The commonest value; the first in the table among equals. */
  top?: string | boolean | number;
  /** How many rows hold `top`. */
  freq?: number;
}

function typeOf(column: Column): { type: ColumnType; count: number } {
  let type: ColumnType = 'empty';
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    const cell = column[i];
    if (isMissing(cell)) continue;
    count++;
    const kind = typeof cell === 'string' ? 'text' : (typeof cell as 'number' | 'boolean');
    if (type === 'empty') type = kind;
    else if (type !== kind) type = 'mixed';
  }
  return { type, count };
}

/**
 * The type and the number of values of each column.
 *
 * @throws {ERR_EMPTY} when the table has no rows or no columns
 * @throws {ERR_SHAPE} when it is not a table
 * @example
 * ```ts
 * import { info } from 'boreal';
 * console.table(info({ age: [31, NaN], city: ['Oslo', 'Bergen'] }));
 * ```
 */
export function info(table: Table): ColumnInfo[] {
  const { names, columns, rows } = tableToColumns(table);
  return names.map((column, j) => {
    const { type, count } = typeOf(columns[j]);
    return { column, type, count, missing: rows - count };
  });
}

/**
 * How many values of each column are missing.
 *
 * @throws {ERR_EMPTY} when the table has no rows or no columns
 * @throws {ERR_SHAPE} when it is not a table
 */
export function missing(table: Table): MissingInfo[] {
  const { names, columns, rows } = tableToColumns(table);
  return names.map((column, j) => {
    const absent = rows - typeOf(columns[j]).count;
    return { column, missing: absent, percent: (100 * absent) / rows };
  });
}

/**
 * Summary statistics of each column, as pandas' `describe(include='all')` has them, one row per column.
 *
 * @throws {ERR_EMPTY} when the table has no rows or no columns
 * @throws {ERR_SHAPE} when it is not a table
 * @example
 * ```ts
 * import { describe, loadCaliforniaHousing } from 'boreal';
 * console.table(describe(loadCaliforniaHousing().table));
 * ```
 */
export function describe(table: Table): ColumnDescription[] {
  const { names, columns, rows } = tableToColumns(table);
  return names.map((column, j) => {
    const { type, count } = typeOf(columns[j]);
    const head = { column, count, missing: rows - count };
    return type === 'number'
      ? { ...head, ...spread(columns[j], count) }
      : { ...head, ...commonest(columns[j]) };
  });
}

type NumericSummary = Omit<ColumnDescription, 'column' | 'count' | 'missing'>;

function spread(column: Column, count: number): NumericSummary {
  const values = new Float64Array(count);
  let next = 0;
  for (let i = 0; i < column.length; i++) {
    const cell = column[i];
    if (!isMissing(cell)) values[next++] = cell as number;
  }
  values.sort();
  let sum = 0;
  let distinct = 1;
  for (let i = 0; i < count; i++) {
    sum += values[i];
    if (i > 0 && values[i] !== values[i - 1]) distinct++;
  }
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2;
  return {
    distinct,
    mean,
    std: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN,
    min: values[0],
    '25%': quantile(values, 0.25),
    '50%': quantile(values, 0.5),
    '75%': quantile(values, 0.75),
    max: values[count - 1],
  };
}

function commonest(column: Column): NumericSummary {
  const counts = new Map<string | boolean | number, number>();
  for (let i = 0; i < column.length; i++) {
    const cell = column[i];
    if (!isMissing(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  if (counts.size === 0) return { distinct: 0 };
  let [top, freq] = counts.entries().next().value as [string | boolean | number, number];
  for (const [cell, n] of counts) {
    if (n > freq) [top, freq] = [cell, n];
  }
  return { distinct: counts.size, top, freq };
}

/** Options of {@link correlation}. */
export interface CorrelationOptions {
  /** Pearson's r (default), or of the ranks Spearman's rho or Kendall's tau-b. */
  readonly method?: 'pearson' | 'spearman' | 'kendall';
}

/**
 * The correlation of each pair of columns of numbers and booleans, by name: as pandas' `corr(numeric_only=True)`. Rows in
 * which a value is missing are left out, pair by pair; a column that does not vary has NaN.
 *
 * @param table - columns of text and mixed ones are left out
 * @param options - `method`
 * @returns for each column an object with its correlation with each column
 * @throws {ERR_EMPTY} when the table has no rows, or no column of numbers
 * @throws {ERR_SHAPE} when it is not a table
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { correlation } from 'boreal';
 * const r = correlation({ rooms: [1, 2, 3], price: [10, 20, 30], age: [3, 1, 2] });
 * r.rooms; // { rooms: 1, price: 1, age: -0.5 }
 * ```
 */
export function correlation(
  table: Table,
  options: CorrelationOptions = {},
): Record<string, Record<string, number>> {
  requireOptions(options);
  const { method = 'pearson' } = options;
  checkNames('correlation', options, ['method']);
  checkParams('correlation', { method }, { method: oneOf('pearson', 'spearman', 'kendall') });
  const { names, columns, rows } = tableToColumns(table);
  const numeric = names.flatMap((name, j) => {
    const { type } = typeOf(columns[j]);
    if (type !== 'number' && type !== 'boolean') return [];
    const values = Float64Array.from({ length: rows }, (_, i) => {
      const cell = columns[j][i];
      return isMissing(cell) ? Number.NaN : Number(cell);
    });
    // Ranks of a complete column are the same in every pair.
    const isRanked = method === 'spearman' && !values.some(Number.isNaN);
    return [{ name, values, ranked: isRanked ? ranks(values) : undefined }];
  });
  if (numeric.length === 0) throw new ValidationError('ERR_EMPTY', 'The table has no column of numbers.');
  const of = { pearson, spearman, kendall }[method];
  const ofPair = (a: (typeof numeric)[number], b: (typeof numeric)[number]) => {
    if (a.ranked && b.ranked) return rows < 2 ? Number.NaN : pearson(a.ranked, b.ranked);
    const [x, y] = completePairs(a.values, b.values);
    return x.length < 2 ? Number.NaN : of(x, y);
  };
  const result = numeric.map(() => new Float64Array(numeric.length));
  for (let a = 0; a < numeric.length; a++) {
    for (let b = a; b < numeric.length; b++) {
      const r = ofPair(numeric[a], numeric[b]);
      // Rounding must not make a column correlate with itself by less than 1.
      result[a][b] = result[b][a] = a === b && !Number.isNaN(r) ? 1 : r;
    }
  }
  // fromEntries, because a column may be called __proto__.
  return Object.fromEntries(
    numeric.map(({ name }, a) => [
      name,
      Object.fromEntries(numeric.map((other, b) => [other.name, result[a][b]])),
    ]),
  );
}

function completePairs(x: Float64Array, y: Float64Array): [Float64Array, Float64Array] {
  const both = (_: number, i: number) => !Number.isNaN(x[i]) && !Number.isNaN(y[i]);
  return x.every(both) ? [x, y] : [x.filter(both), y.filter(both)];
}

function pearson(x: Float64Array, y: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : Number.NaN;
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: Float64Array): Float64Array {
  const order = new Uint32Array(values.length).map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) result[order[k]] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

function spearman(x: Float64Array, y: Float64Array): number {
  return pearson(ranks(x), ranks(y));
}

/** Kendall's tau-b, by the swaps of a merge sort (Knight, 1966). */
function kendall(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => x[a] - x[b] || y[a] - y[b]);
  const sorted = Float64Array.from(order, (i) => y[i]);
  const tied = (same: (k: number) => boolean) => {
    let [pairs, run] = [0, 1];
    for (let k = 1; k <= n; k++) {
      if (k < n && same(k)) run++;
      else {
        pairs += (run * (run - 1)) / 2;
        run = 1;
      }
    }
    return pairs;
  };
  const tiedX = tied((k) => x[order[k]] === x[order[k - 1]]);
  const tiedBoth = tied((k) => x[order[k]] === x[order[k - 1]] && sorted[k] === sorted[k - 1]);
  const swaps = mergeSwaps(sorted);
  const tiedY = tied((k) => sorted[k] === sorted[k - 1]);
  const all = (n * (n - 1)) / 2;
  const divisor = Math.sqrt((all - tiedX) * (all - tiedY));
  return divisor > 0 ? (all - tiedX - tiedY + tiedBoth - 2 * swaps) / divisor : Number.NaN;
}

/** Sorts in place, and counts the pairs that stood the wrong way round. */
function mergeSwaps(values: Float64Array): number {
  const n = values.length;
  const buffer = new Float64Array(n);
  let swaps = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let from = 0; from < n; from += 2 * width) {
      const middle = Math.min(from + width, n);
      const to = Math.min(from + 2 * width, n);
      for (let i = from, j = middle, k = from; k < to; k++) {
        if (j >= to || (i < middle && values[i] <= values[j])) buffer[k] = values[i++];
        else {
          swaps += middle - i;
          buffer[k] = values[j++];
        }
      }
    }
    values.set(buffer);
  }
  return swaps;
}
