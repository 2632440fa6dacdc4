/**
 * A first look at a table: what the columns are, what is missing, how the values spread. Every function returns one
 * plain object per column, so `console.table(describe(table))` prints it and code can read it.
 */
import { type Column, isMissing, type Table, tableToColumns } from '../core/table.js';

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

/** The q-quantile of sorted values, interpolated linearly (Hyndman & Fan's type 7, the default of NumPy). */
function quantile(sorted: Float64Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
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
