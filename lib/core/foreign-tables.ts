/**
 * Tables of other libraries, told by what they can do and not by their class, so that none of them is needed here: Apache Arrow
 * (apache-arrow, flechette), Arquero and nodejs-polars. Their columns become ours: numbers stay typed arrays, without a copy
 * where there is nothing missing and one batch; 64-bit whole numbers become float64; dates milliseconds since 1970.
 */
import { ValidationError } from '../errors.js';
import { isTypedArray } from './forms.js';
import { show } from './params.js';
import type { Cell, Column, TableColumns } from './table.js';

/** A table of apache-arrow or flechette. */
export interface ArrowTable {
  readonly numRows: number;
  readonly schema: { readonly fields: ReadonlyArray<{ readonly name: string; readonly type?: unknown }> };
  getChildAt(index: number): unknown;
}
/** A table of Arquero. */
export interface ArqueroTable {
  numRows(): number;
  columnNames(): string[];
  /** The values of a column in the order of the table, without rows that are filtered out. */
  array(name: string): unknown;
}
/** A DataFrame of nodejs-polars. */
export interface PolarsFrame {
  readonly columns: string[];
  readonly height: number;
  getColumn(name: string): unknown;
}
/** A table of another library. */
export type ForeignTable = ArrowTable | ArqueroTable | PolarsFrame;

/** A column of Arrow. Type ids are those of the Arrow format: 2 whole numbers, 3 floating point. */
interface ArrowColumn extends Iterable<unknown> {
  readonly nullCount?: number;
  readonly type?: { readonly typeId?: number; readonly precision?: number };
  toArray(): unknown;
}
interface PolarsSeries {
  nullCount(): number;
  toArray(): unknown[];
  toTypedArray?(): unknown;
}

const has = (value: unknown, ...methods: string[]): boolean =>
  methods.every(
    (name) => typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function',
  );

function isArrow(value: object): value is ArrowTable {
  return has(value, 'getChildAt') && Array.isArray((value as Partial<ArrowTable>).schema?.fields);
}
function isArquero(value: object): value is ArqueroTable {
  return has(value, 'numRows', 'columnNames', 'array');
}
function isPolars(value: object): value is PolarsFrame {
  return has(value, 'getColumn') && Array.isArray((value as Partial<PolarsFrame>).columns);
}

/** Whether a value is a table of another library. */
export function isForeignTable(value: object): value is ForeignTable {
  return isArrow(value) || isArquero(value) || isPolars(value);
}

/** They are immutable, and a model asks for the columns of one several times. */
const known = new WeakMap<object, TableColumns>();

/**
 * The columns of a table of another library.
 *
 * @throws {ERR_DTYPE} for a column of lists, structures, bytes or decimals
 * @throws {ERR_SHAPE} for a column that is not there, or two of one name
 */
export function foreignColumns(table: ForeignTable): TableColumns {
  let found = known.get(table);
  if (found === undefined) {
    found = convert(table);
    known.set(table, found);
  }
  return { ...found, names: [...found.names], columns: [...found.columns] };
}

function convert(table: ForeignTable): TableColumns {
  const [names, rows, cellsOf] = isArrow(table)
    ? ([
        table.schema.fields.map(({ name }) => name),
        table.numRows,
        (j: number) => arrowCells(table.getChildAt(j)),
      ] as const)
    : isArquero(table)
      ? ([table.columnNames(), table.numRows(), (_: number, name: string) => table.array(name)] as const)
      : ([
          table.columns,
          table.height,
          (_: number, name: string) => polarsCells(table.getColumn(name)),
        ] as const);
  const repeated = names.find((name, j) => names.indexOf(name) !== j);
  if (repeated !== undefined)
    throw new ValidationError('ERR_SHAPE', `The table has two columns called ${show(repeated)}.`);
  const columns = names.map((name, j) => {
    const cells = cellsOf(j, name);
    if (!isListLike(cells))
      throw new ValidationError('ERR_SHAPE', `Column ${show(name)} of the table has no values.`);
    return toColumn(name, cells);
  });
  return { names: [...names], columns, rows };
}

function isListLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Their arrays leave out what is missing, and hold halves and dates as they are stored: only plain numbers are taken whole. */
function arrowCells(column: unknown): unknown {
  if (typeof column !== 'object' || column === null || !has(column, 'toArray')) return undefined;
  const { nullCount, type } = column as ArrowColumn;
  const isPlain = type?.typeId === 2 || (type?.typeId === 3 && (type.precision ?? 1) > 0);
  return isPlain && nullCount === 0 ? (column as ArrowColumn).toArray() : Array.from(column as ArrowColumn);
}

function polarsCells(series: unknown): unknown {
  if (typeof series !== 'object' || series === null || !has(series, 'toArray')) return undefined;
  const { toTypedArray } = series as PolarsSeries;
  const cells = (series as PolarsSeries).toArray();
  const isNumbers = cells.every((cell) => typeof cell === 'number');
  return isNumbers && toTypedArray && (series as PolarsSeries).nullCount() === 0
    ? toTypedArray.call(series)
    : cells;
}

function toColumn(name: string, cells: ArrayLike<unknown>): Column {
  if (isTypedArray(cells)) return cells;
  if (cells instanceof BigInt64Array || cells instanceof BigUint64Array)
    return Float64Array.from(cells, Number);
  const column = Array.from(cells, (cell, i) => toCell(name, cell, i));
  const isNumeric = column.some((cell) => typeof cell === 'number');
  if (!isNumeric || !column.every((cell) => typeof cell === 'number' || cell === null)) return column;
  return Float64Array.from(column, (cell) => (cell === null ? Number.NaN : (cell as number)));
}

function toCell(name: string, cell: unknown, row: number): Cell {
  switch (typeof cell) {
    case 'number':
    case 'string':
    case 'boolean':
      return cell;
    case 'bigint':
      return Number(cell);
    case 'undefined':
      return null;
  }
  if (cell === null) return null;
  if (cell instanceof Date) return cell.getTime();
  throw new ValidationError(
    'ERR_DTYPE',
    `Column ${show(name)}, row ${row} holds ${show(cell)}: a table holds numbers, text, booleans and dates.`,
  );
}
