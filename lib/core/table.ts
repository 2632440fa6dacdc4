/**
 * A Table: named columns of numbers, text or booleans, the form in which data usually arrives. It is plain data in
 * one of two shapes, an object of columns or an array of row objects, or a table of another library; nothing here copies a
 * column unless it must.
 */
import { ValidationError } from '../errors.js';
import { type ForeignTable, foreignColumns, isForeignTable } from './foreign-tables.js';
import { isMatrixShaped, isSparse } from './forms.js';
import { show } from './params.js';

/** One value of a table. `null`, `undefined` and `NaN` are missing values. */
export type Cell = number | string | boolean | null | undefined;
/** Any array of cells: a plain array or a typed array. */
export type Column = ArrayLike<Cell>;
/** A table as an object of equally long columns. */
export type ColumnTable = Readonly<Record<string, Column>>;
/** A table as an array of rows. A key that a row lacks is a missing value. */
export type RowTable = ReadonlyArray<Readonly<Record<string, Cell>>>;
/** Data with named columns, by column or by row, or a table of Apache Arrow, Arquero or polars. */
export type Table = ColumnTable | RowTable | ForeignTable;

/** A table as parallel lists of names and columns. */
export interface TableColumns {
  readonly names: string[];
  readonly columns: Column[];
  readonly rows: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Date) return false;
  return !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function isColumn(value: unknown): value is Column {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/**
 * Whether a value is meant as a table: an object of columns, an array of row objects, or a table of another library. It looks at the outside only;
 * {@link tableToColumns} checks the rest. `{ data, rows, cols }` and an empty array are not tables.
 */
export function isTable(value: unknown): value is Table {
  if (Array.isArray(value)) return value.length > 0 && isRecord(value[0]);
  return isRecord(value) && !isMatrixShaped(value) && !isSparse(value);
}

/** Whether a cell is a missing value: null, undefined or NaN. */
export function isMissing(cell: unknown): cell is null | undefined {
  return cell === null || cell === undefined || Number.isNaN(cell);
}

/**
 * The columns of a table. Columns of an object of columns are returned as they are, not copied; rows are transposed,
 * their columns in the order in which the names first appear. Of tables of other libraries see {@link foreignColumns}.
 *
 * @throws {ERR_EMPTY} when there is no column or no row
 * @throws {ERR_SHAPE} when columns differ in length, or something is not a column or not a row
 * @throws {ERR_PARAMETER} for what is no object
 */
export function tableToColumns(table: Table): TableColumns {
  const result = Array.isArray(table)
    ? transpose(table)
    : isForeignTable(table)
      ? foreignColumns(table)
      : columnsOf(table as ColumnTable);
  if (result.names.length === 0) throw new ValidationError('ERR_EMPTY', 'The table has no columns.');
  if (result.rows === 0) throw new ValidationError('ERR_EMPTY', 'The table has no rows.');
  return result;
}

function columnsOf(table: ColumnTable): TableColumns {
  if (typeof table !== 'object' || table === null) {
    const message = `Expected a table, an object of columns or an array of rows; got ${show(table)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const { data, rows, cols } = table;
  if (typeof rows === 'number' && typeof cols === 'number')
    throw new ValidationError(
      'ERR_DTYPE',
      `The values of a matrix { data, rows, cols } must be a typed array of numbers; got ${show(data)}.`,
    );
  const names = Object.keys(table);
  const columns = Object.values(table);
  for (let j = 0; j < names.length; j++) {
    if (!isColumn(columns[j])) {
      throw new ValidationError(
        'ERR_SHAPE',
        `Column '${names[j]}' is not an array. A table is an object of columns or an array of rows; ` +
          'to pass one row, wrap it in an array: [{ ... }].',
      );
    }
    if (columns[j].length !== columns[0].length) {
      throw new ValidationError(
        'ERR_SHAPE',
        `Column '${names[j]}' has ${columns[j].length} values, but '${names[0]}' has ${columns[0].length}.`,
      );
    }
  }
  return { names, columns, rows: columns[0]?.length ?? 0 };
}

function transpose(table: RowTable): TableColumns {
  const position = new Map<string, number>();
  const columns: Cell[][] = [];
  for (let i = 0; i < table.length; i++) {
    const row: unknown = table[i];
    if (!isRecord(row)) {
      throw new ValidationError(
        'ERR_SHAPE',
        `Row ${i} of the table is not an object with one value per column.`,
      );
    }
    for (const name of Object.keys(row)) {
      let j = position.get(name);
      if (j === undefined) {
        j = columns.length;
        position.set(name, j);
        columns.push(new Array<Cell>(table.length).fill(null));
      }
      columns[j][i] = row[name] as Cell;
    }
  }
  return { names: [...position.keys()], columns, rows: table.length };
}

/** @throws {ERR_UNKNOWN_COLUMN} naming the first name that the table lacks */
function checkNames(known: readonly string[], names: readonly string[]): void {
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) {
    throw new ValidationError(
      'ERR_UNKNOWN_COLUMN',
      `The table has no column '${missing}'; it has ${known.map((name) => `'${name}'`).join(', ')}.`,
    );
  }
}

/**
 * One column of a table, such as the target.
 *
 * @throws {ERR_UNKNOWN_COLUMN} when there is no such column
 * @example
 * ```ts
 * import { getColumn } from 'boreal';
 * getColumn([{ a: 1 }, { a: 2 }], 'a'); // [1, 2]
 * ```
 */
export function getColumn(table: Table, name: string): Column {
  const { names, columns } = tableToColumns(table);
  checkNames(names, [name]);
  return columns[names.indexOf(name)];
}

/**
 * The table with only the given columns, in that order. Columns are shared with the table, not copied; a table of
 * rows stays a table of rows.
 *
 * @throws {ERR_UNKNOWN_COLUMN} when there is no such column
 */
export function selectColumns(table: Table, names: readonly string[]): Table {
  const all = tableToColumns(table);
  checkNames(all.names, names);
  const columns = names.map((name) => all.columns[all.names.indexOf(name)]);
  if (!Array.isArray(table)) return Object.fromEntries(names.map((name, j) => [name, columns[j]]));
  const cellsOf = (i: number) => names.map((name, j) => [name, columns[j][i]] as const);
  return Array.from({ length: all.rows }, (_, i) => Object.fromEntries(cellsOf(i)));
}

/**
 * The table without the given columns: what is left for X when the target is taken out.
 *
 * @throws {ERR_UNKNOWN_COLUMN} when there is no such column
 * @example
 * ```ts
 * import { dropColumns } from 'boreal';
 * dropColumns({ rooms: [3, 4], price: [200, 300] }, 'price'); // { rooms: [3, 4] }
 * ```
 */
export function dropColumns(table: Table, names: string | readonly string[]): Table {
  const dropped = typeof names === 'string' ? [names] : names;
  const all = tableToColumns(table).names;
  checkNames(all, dropped);
  return selectColumns(
    table,
    all.filter((name) => !dropped.includes(name)),
  );
}

/**
 * A copy of the given rows, in that order and in the shape of the table. Typed columns keep their type.
 *
 * @param indices - zero-based rows; repeats are allowed
 * @throws {ERR_SHAPE} when an index is out of range
 */
export function selectTableRows(table: Table, indices: ArrayLike<number>): Table {
  const { names, columns, rows } = tableToColumns(table);
  for (let k = 0; k < indices.length; k++) {
    if (!Number.isInteger(indices[k]) || indices[k] < 0 || indices[k] >= rows) {
      throw new ValidationError('ERR_SHAPE', `Row ${indices[k]} is not in a table of ${rows} rows.`);
    }
  }
  if (Array.isArray(table)) return Array.from(indices, (i) => table[i]);
  return Object.fromEntries(names.map((name, j) => [name, takeCells(columns[j], indices)]));
}

function takeCells(column: Column, indices: ArrayLike<number>): Column {
  const taken: Cell[] | Float64Array = Array.isArray(column)
    ? new Array<Cell>(indices.length)
    : new (column.constructor as Float64ArrayConstructor)(indices.length);
  for (let k = 0; k < indices.length; k++) taken[k] = column[indices[k]] as number;
  return taken;
}
