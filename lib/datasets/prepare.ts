/**
 * Tables made ready for a model: missing values dropped or filled, numbers cut into intervals, columns that go round in a circle,
 * and ratios. Each returns something new and leaves what it was given; what has to be learned on training rows and repeated on
 * others is for the transformers (SimpleImputer, KBinsDiscretizer).
 */
import { checkNames, checkParams, custom, int, oneOf, requireOptions, show } from '../core/params.js';
import { quantile } from '../core/quantiles.js';
import {
  type Cell,
  type Column,
  getColumn,
  isMissing,
  selectTableRows,
  type Table,
  tableToColumns,
} from '../core/table.js';
import { ValidationError } from '../errors.js';

/** Options of {@link dropMissing}. */
export interface DropMissingOptions {
  /** Where to look for missing values. Default: all columns. */
  readonly columns?: readonly string[];
  /** Drop a row when any value is missing (default), or when all are. */
  readonly how?: 'any' | 'all';
  /** Instead of `how`: keep rows with at least so many values. */
  readonly thresh?: number;
}

function positions(names: readonly string[], wanted: readonly string[] | undefined): number[] {
  if (wanted === undefined) return names.map((_, j) => j);
  return wanted.map((name) => {
    const j = names.indexOf(name);
    if (j >= 0) return j;
    throw new ValidationError('ERR_UNKNOWN_COLUMN', `The table has no column ${show(name)}.`);
  });
}

/**
 * The rows that are complete, as pandas' `dropna`. A target that is not a column of the table has to lose the same rows: keep it
 * in the table until then.
 *
 * @throws {ERR_EMPTY} when the table has no rows, or none is left
 * @throws {ERR_UNKNOWN_COLUMN} for a column that is not there
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dropMissing } from 'boreal';
 * dropMissing({ rooms: [1, NaN, 3], town: ['Oslo', 'Rome', null] }); // { rooms: [1], town: ['Oslo'] }
 * ```
 */
export function dropMissing(table: Table, options: DropMissingOptions = {}): Table {
  requireOptions(options);
  const { how = 'any', thresh } = options;
  checkNames('dropMissing', options, ['columns', 'how', 'thresh']);
  checkParams('dropMissing', { how, thresh: thresh ?? 0 }, { how: oneOf('any', 'all'), thresh: int(0) });
  const { names, columns, rows } = tableToColumns(table);
  const looked = positions(names, options.columns);
  const least = thresh ?? (how === 'any' ? looked.length : 1);
  const kept: number[] = [];
  for (let i = 0; i < rows; i++) {
    const there = looked.reduce((sum, j) => (isMissing(columns[j][i]) ? sum : sum + 1), 0);
    if (there >= least) kept.push(i);
  }
  if (kept.length === 0) throw new ValidationError('ERR_EMPTY', 'dropMissing: no row is left.');
  return selectTableRows(table, kept);
}

/** How {@link fillMissing} fills: from the column itself, or from the rows before or after. */
export type FillMethod = 'mean' | 'median' | 'mode' | 'forward' | 'backward';

const METHODS: readonly string[] = ['mean', 'median', 'mode', 'forward', 'backward'] satisfies FillMethod[];

/**
 * The table with its gaps filled, as pandas' `fillna`, `ffill` and `bfill`: by one value, by a value for each column, or by a
 * method. 'mean' and 'median' fill columns of numbers and leave others; 'mode' is the commonest value, the least among equals;
 * 'forward' repeats the value before, 'backward' the one after. Filling by the mean of the table that is also tested on tells the
 * model a little of the test: for that, use SimpleImputer.
 *
 * @param table - a table
 * @param filling - `{ method }`, `{ value }`, or `{ values: { column: value } }`; `columns` says which columns, all by default
 * @returns an object of columns; those without gaps are shared with the table
 * @throws {ERR_EMPTY} when the table has no rows
 * @throws {ERR_UNKNOWN_COLUMN} for a column that is not there
 * @throws {ERR_PARAMETER} for a bad filling
 * @example
 * ```ts
 * import { fillMissing } from 'boreal';
 * fillMissing({ rooms: [1, NaN, 3], town: ['Oslo', null, 'Oslo'] }, { method: 'mode' }).town; // ['Oslo', 'Oslo', 'Oslo']
 * fillMissing({ rooms: [1, NaN, 3] }, { method: 'mean' }).rooms; // [1, 2, 3]
 * fillMissing({ town: ['Oslo', null] }, { values: { town: 'none' } }).town; // ['Oslo', 'none']
 * ```
 */
export function fillMissing(
  table: Table,
  filling: {
    readonly method?: FillMethod;
    readonly value?: number | string | boolean;
    readonly values?: Readonly<Record<string, number | string | boolean>>;
    readonly columns?: readonly string[];
  },
): Record<string, Column> {
  const { method, value, values } = filling ?? {};
  checkNames('fillMissing', filling ?? {}, ['method', 'value', 'values', 'columns']);
  if ([method, value, values].filter((given) => given !== undefined).length !== 1)
    throw new ValidationError('ERR_PARAMETER', 'fillMissing takes one of method, value and values.');
  if (method !== undefined && !METHODS.includes(method))
    throw new ValidationError(
      'ERR_PARAMETER',
      `fillMissing: method must be ${METHODS.join(', ')}; got ${show(method)}.`,
    );
  const { names, columns } = tableToColumns(table);
  const wanted = new Set(positions(names, filling.columns ?? (values && Object.keys(values))));
  return Object.fromEntries(
    names.map((name, j) => {
      const column = columns[j];
      if (!wanted.has(j) || !hasGap(column)) return [name, column];
      if (method === 'forward' || method === 'backward') return [name, carried(column, method)];
      const constant = values?.[name] ?? value ?? typical(column, method as 'mean');
      return [
        name,
        constant === undefined ? column : mapped(column, (cell) => (isMissing(cell) ? constant : cell)),
      ];
    }),
  );
}

function hasGap(column: Column): boolean {
  for (let i = 0; i < column.length; i++) if (isMissing(column[i])) return true;
  return false;
}

/** A column of numbers stays a typed array, and becomes one where its gaps were all that was not a number. */
function mapped(column: Column, cell: (value: Cell, i: number) => Cell): Column {
  const cells = Array.from(column, cell);
  return ArrayBuffer.isView(column) && cells.every((value) => typeof value === 'number' || isMissing(value))
    ? Float64Array.from(cells, (value) => (isMissing(value) ? Number.NaN : Number(value)))
    : cells;
}

function carried(column: Column, method: 'forward' | 'backward'): Column {
  const cells = Array.from(column);
  const step = method === 'forward' ? 1 : -1;
  let last: Cell = null;
  for (let i = step > 0 ? 0 : cells.length - 1; i >= 0 && i < cells.length; i += step) {
    if (isMissing(cells[i])) cells[i] = last ?? cells[i];
    else last = cells[i];
  }
  return mapped(column, (_, i) => cells[i]);
}

function typical(column: Column, method: 'mean' | 'median' | 'mode'): Cell {
  const cells = Array.from(column).filter((cell) => !isMissing(cell)) as (number | string | boolean)[];
  if (cells.length === 0) return undefined;
  if (method === 'mode') {
    const counts = new Map<number | string | boolean, number>();
    for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0][0];
  }
  if (cells.some((cell) => typeof cell !== 'number')) return undefined;
  const sorted = Float64Array.from(cells as number[]).sort();
  if (method === 'mean') return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Options of {@link cut} and {@link qcut}. */
export interface CutOptions {
  /** Names of the intervals, one fewer than edges; false gives their positions, and -1 where there is none. */
  readonly labels?: readonly string[] | false;
  /** An interval has its upper end, (1, 2], which is the default, or its lower one, [1, 2). Only of `cut`. */
  readonly right?: boolean;
  /** The first interval has its lower end too. Only of `cut`; default false. */
  readonly includeLowest?: boolean;
  /** Digits of the edges in the names of intervals, >= 0. Default 3. */
  readonly precision?: number;
}

const CUT_RULES = {
  right: custom('true or false', (value) => typeof value === 'boolean'),
  includeLowest: custom('true or false', (value) => typeof value === 'boolean'),
  precision: int(0, 15),
};

/** @throws {ERR_PARAMETER} unless it is an array, or like one */
function requireList(owner: string, name: string, values: ArrayLike<unknown>): void {
  if (typeof values === 'object' && typeof values?.length === 'number') return;
  throw new ValidationError('ERR_PARAMETER', `${owner}: ${name} must be an array; got ${show(values)}.`);
}

function numbersOf(owner: string, values: Column): Float64Array {
  requireList(owner, 'values', values);
  return Float64Array.from(values as ArrayLike<unknown>, (value, i) => {
    if (isMissing(value)) return Number.NaN;
    if (typeof value === 'number') return value;
    throw new ValidationError('ERR_DTYPE', `${owner}: value ${i} is ${show(value)}, not a number.`);
  });
}

/**
 * Numbers cut into intervals, as pandas' `cut`: between edges that are given, or into so many intervals of equal width. A number
 * outside all intervals, and a missing one, is null.
 *
 * @param values - numbers
 * @param bins - the number of intervals, >= 1, or their edges, ascending
 * @returns the name of the interval of each value, such as '(18, 65]', or its position where `labels` is false
 * @throws {ERR_PARAMETER} for bad bins or options
 * @throws {ERR_DTYPE} for a value that is no number
 * @throws {ERR_EMPTY} for no values
 * @example
 * ```ts
 * import { cut } from 'boreal';
 * cut([5, 30, 80, NaN], [0, 18, 65, 120]); // ['(0, 18]', '(18, 65]', '(65, 120]', null]
 * cut([5, 30, 80], [0, 18, 65, 120], { labels: ['child', 'adult', 'senior'] }); // ['child', 'adult', 'senior']
 * cut([0, 5, 10], 2, { labels: false }); // [0, 0, 1]
 * ```
 */
export function cut(
  values: Column,
  bins: number | ArrayLike<number>,
  options?: CutOptions & { labels?: readonly string[] },
): (string | null)[];
export function cut(
  values: Column,
  bins: number | ArrayLike<number>,
  options: CutOptions & { labels: false },
): Int32Array;
export function cut(
  values: Column,
  bins: number | ArrayLike<number>,
  options: CutOptions = {},
): (string | null)[] | Int32Array {
  requireOptions(options);
  const { right = true, includeLowest = false, precision = 3 } = options;
  checkNames('cut', options, ['labels', 'right', 'includeLowest', 'precision']);
  checkParams('cut', { right, includeLowest, precision }, CUT_RULES);
  const numbers = numbersOf('cut', values);
  const edges = typeof bins === 'number' ? equalEdges(numbers, bins, right) : givenEdges('cut', bins);
  return intervals('cut', numbers, edges, { ...options, right, includeLowest, precision });
}

/** Edges of equal width; the outer one moves out by a thousandth, so that the least or largest value is within. */
function equalEdges(numbers: Float64Array, bins: number, right: boolean): Float64Array {
  if (!Number.isInteger(bins) || bins < 1 || bins > 1_000_000)
    throw new ValidationError(
      'ERR_PARAMETER',
      `cut: bins must be a whole number >= 1 or edges; got ${show(bins)}.`,
    );
  const known = numbers.filter(Number.isFinite);
  if (known.length === 0) throw new ValidationError('ERR_EMPTY', 'cut: there are no values.');
  let [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  if (low === high) {
    const margin = low === 0 ? 0.001 : 0.001 * Math.abs(low);
    [low, high] = [low - margin, high + margin];
    return Float64Array.from({ length: bins + 1 }, (_, k) => low + (k * (high - low)) / bins);
  }
  const edges = Float64Array.from({ length: bins + 1 }, (_, k) =>
    k === bins ? high : low + (k * (high - low)) / bins,
  );
  const margin = 0.001 * (high - low);
  if (right) edges[0] -= margin;
  else edges[bins] += margin;
  return edges;
}

function givenEdges(owner: string, given: ArrayLike<number>): Float64Array {
  requireList(owner, 'edges', given);
  const edges = numbersOf(owner, given);
  const rises = edges.every((edge, k) => k === 0 || edge > edges[k - 1]);
  if (edges.length >= 2 && rises) return edges;
  throw new ValidationError('ERR_PARAMETER', `${owner}: edges must be at least two numbers that rise.`);
}

/**
 * Numbers cut into intervals with as many values each, as pandas' `qcut`: edges are quantiles. Quantiles that are equal are one
 * edge, so that there may be fewer intervals (pandas' `duplicates='drop'`).
 *
 * @param values - numbers
 * @param q - the number of intervals, >= 1, or the shares at which to cut, in [0, 1] and ascending
 * @returns the name of the interval of each value, or its position where `labels` is false
 * @throws {ERR_PARAMETER} for bad shares or options
 * @throws {ERR_DTYPE} for a value that is no number
 * @throws {ERR_EMPTY} for no values
 * @example
 * ```ts
 * import { qcut } from 'boreal';
 * qcut([1, 2, 3, 100], 2); // ['[1, 2.5]', '[1, 2.5]', '(2.5, 100]', '(2.5, 100]']
 * qcut([1, 2, 3, 100], 4, { labels: false }); // [0, 1, 2, 3]
 * ```
 */
export function qcut(
  values: Column,
  q: number | ArrayLike<number>,
  options?: Pick<CutOptions, 'precision'> & { labels?: readonly string[] },
): (string | null)[];
export function qcut(
  values: Column,
  q: number | ArrayLike<number>,
  options: Pick<CutOptions, 'precision'> & { labels: false },
): Int32Array;
export function qcut(
  values: Column,
  q: number | ArrayLike<number>,
  options: Pick<CutOptions, 'labels' | 'precision'> = {},
): (string | null)[] | Int32Array {
  requireOptions(options);
  const { precision = 3 } = options;
  checkNames('qcut', options, ['labels', 'precision']);
  checkParams('qcut', { precision }, { precision: CUT_RULES.precision });
  if (typeof q === 'number' && (!Number.isInteger(q) || q < 1 || q > 1_000_000))
    throw new ValidationError(
      'ERR_PARAMETER',
      `qcut: q must be a whole number >= 1 or shares; got ${show(q)}.`,
    );
  const shares =
    typeof q === 'number' ? Float64Array.from({ length: q + 1 }, (_, k) => k / q) : givenEdges('qcut', q);
  if (!(shares[0] >= 0 && shares[shares.length - 1] <= 1))
    throw new ValidationError('ERR_PARAMETER', 'qcut: shares must be from 0 to 1.');
  const numbers = numbersOf('qcut', values);
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) throw new ValidationError('ERR_EMPTY', 'qcut: there are no values.');
  const edges = shares
    .map((share) => quantile(sorted, share))
    .filter((edge, k, all) => k === 0 || edge > all[k - 1]);
  // All values are one: an interval of no width.
  const distinct = edges.length > 1 ? edges : Float64Array.of(edges[0], edges[0]);
  return intervals('qcut', numbers, distinct, { ...options, right: true, includeLowest: true, precision });
}

function intervals(
  owner: string,
  numbers: Float64Array,
  edges: Float64Array,
  { labels, right = true, includeLowest = false, precision = 3 }: CutOptions,
): (string | null)[] | Int32Array {
  const n = edges.length - 1;
  if (labels !== undefined && labels !== false && labels.length !== n)
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner}: there are ${n} intervals, but ${labels.length} labels.`,
    );
  const codes = Int32Array.from(numbers, (value) => {
    if (includeLowest && right && value === edges[0]) return 0;
    // How many edges lie below the value, or at it where intervals have their lower end.
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (right ? edges[middle] < value : edges[middle] <= value) low = middle + 1;
      else high = middle;
    }
    if (includeLowest && !right && value === edges[n]) return n - 1;
    return low >= 1 && low <= n && !Number.isNaN(value) ? low - 1 : -1;
  });
  if (labels === false) return codes;
  const text = Array.from(edges, (edge) => shortest(edge, precision));
  const names =
    labels ??
    Array.from({ length: n }, (_, k) => {
      const closed = includeLowest && right && k === 0;
      return `${right && !closed ? '(' : '['}${text[k]}, ${text[k + 1]}${right || (includeLowest && k === n - 1) ? ']' : ')'}`;
    });
  return Array.from(codes, (code) => (code < 0 ? null : names[code]));
}

/** So many digits after the point, or of a number below 1 so many that count. */
function shortest(value: number, precision: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const small = Math.abs(value) < 1 && value !== 0;
  return String(small ? Number(value.toPrecision(Math.max(1, precision))) : Number(value.toFixed(precision)));
}

/**
 * Numbers that go round in a circle (hours, weekdays, months, angles) as points on one: December is next to January. The two
 * columns belong together; a model needs both.
 *
 * @param values - numbers, of any turn; missing ones stay so
 * @param period - how much a turn is, > 0: 24 for hours, 7 for weekdays, 12 for months, 360 for degrees
 * @returns `sin` and `cos` of 2 pi value / period
 * @throws {ERR_PARAMETER} for a bad period
 * @throws {ERR_DTYPE} for a value that is no number
 * @example
 * ```ts
 * import { cyclical } from 'boreal';
 * const { sin, cos } = cyclical([0, 6, 12], 24);
 * sin; // [0, 1, 0]
 * cos; // [1, 0, -1]
 * ```
 */
export function cyclical(values: Column, period: number): { sin: Float64Array; cos: Float64Array } {
  if (!(typeof period === 'number' && period > 0 && Number.isFinite(period)))
    throw new ValidationError('ERR_PARAMETER', `cyclical: period must be a number > 0; got ${show(period)}.`);
  const turns = numbersOf('cyclical', values).map((value) => (2 * Math.PI * value) / period);
  return { sin: turns.map(Math.sin), cos: turns.map(Math.cos) };
}

/**
 * One column divided by another: rooms for each household. Where the divisor is 0 or a value is missing there is no ratio, and the
 * result is `otherwise`, NaN by default, for an imputer to fill; never an infinity, which models refuse.
 *
 * @param table - a table
 * @param over - the column above the line
 * @param under - the column below it
 * @param options - `otherwise`
 * @throws {ERR_UNKNOWN_COLUMN} for a column that is not there
 * @throws {ERR_DTYPE} for a value that is no number
 * @example
 * ```ts
 * import { ratio } from 'boreal';
 * const houses = { rooms: [6, 8, 5], households: [2, 4, 0] };
 * ratio(houses, 'rooms', 'households', { otherwise: 0 }); // [3, 2, 0]
 * ```
 */
export function ratio(
  table: Table,
  over: string,
  under: string,
  options: { readonly otherwise?: number } = {},
): Float64Array {
  checkNames('ratio', options, ['otherwise']);
  const { otherwise = Number.NaN } = options;
  const above = numbersOf('ratio', getColumn(table, over));
  const below = numbersOf('ratio', getColumn(table, under));
  return above.map((value, i) => {
    const result = value / below[i];
    return Number.isFinite(result) ? result : otherwise;
  });
}
