/**
 * The Schema of a model: names, kinds and ranges of the input columns, and what the output means. It turns tables
 * and JSON rows into numbers (category -> code, missing -> NaN, boolean -> 0 or 1), so that text never enters the
 * native core. An unknown category becomes {@link UNKNOWN_CODE}; the encoder that reads the column decides what then.
 */

import { isDeepStrictEqual } from 'node:util';
import { ValidationError } from '../errors.js';
import { CodedRows } from './coded-rows.js';
import { isSparse } from './forms.js';
import { distinctLabels, type Label } from './labels.js';
import { newArray } from './linalg/memory.js';
import {
  type Dtype,
  type FloatArray,
  isMatrixShaped,
  Matrix,
  type MatrixLike,
  type NumericMatrixLike,
} from './matrix.js';
import { type NamedCategories, withNamed } from './named-categories.js';
import { show } from './params.js';
import { type Cell, isTable, type Table, tableToColumns } from './table.js';

/** The code of a category that was not seen during fit. */
export const UNKNOWN_CODE = -1;

/** One input column. */
export interface Column {
  readonly name: string;
  /**
   * 'number', 'boolean' (encoded 0 and 1), 'category' (encoded as index into `categories`), or 'text': the documents of a
   * vectorizer, which no plan reads.
   */
  readonly kind: 'number' | 'boolean' | 'category' | 'text';
  /** The sorted categories seen during fit, and those that an encoder names; for 'category' only. */
  readonly categories?: readonly Label[];
  /** The range seen during fit; for 'number' only, absent when all values were missing. */
  readonly range?: readonly [min: number, max: number];
  /** Whether a value was missing during fit, or an encoder names missing values. */
  readonly hasMissing?: boolean;
}

/** What the model predicts: a class (one of `classes`), a number, several of them for a row, or nothing (a transformer). */
export type Target =
  | { readonly kind: 'class'; readonly classes: readonly Label[] }
  | { readonly kind: 'number' }
  | { readonly kind: 'classes'; readonly classes: ReadonlyArray<readonly Label[]> }
  | { readonly kind: 'numbers'; readonly count: number }
  | { readonly kind: 'none' };

const TARGETS: ReadonlyArray<Target['kind']> = ['class', 'number', 'classes', 'numbers', 'none'];

/** @throws {ERR_PARAMETER} when a restored model predicts something else than its schema says, which readers of its output go by */
export function checkTarget(owner: object, own: Target, said: Target): void {
  if (isDeepStrictEqual(own, said)) return;
  const message = `${owner.constructor.name} state: it predicts ${shown(own)}, and its schema says ${shown(said)}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

function shown(target: Target): string {
  if (target.kind === 'class') return `classes ${show(target.classes.join(', '))}`;
  if (target.kind === 'classes') return `${target.classes.length} targets, each with classes of its own`;
  if (target.kind === 'numbers') return `${target.count} targets`;
  return target.kind === 'number' ? 'a number' : 'nothing';
}

/** One row as named fields or as values in column order. */
export type Row = Readonly<Record<string, Cell>> | ArrayLike<Cell>;

/** The first of them are made once: a vocabulary has tens of thousands. */
const UNNAMED: Column[] = [];
const MOST_KEPT = 1 << 16;
/** The last of more columns, as long as a model has them: hashes have a million, in each fit of a search. */
let wide: WeakRef<readonly Column[]> | undefined;

function unnamedColumns(count: number): readonly Column[] {
  const column = (j: number): Column => Object.freeze({ name: `x${j}`, kind: 'number' });
  if (count <= MOST_KEPT) {
    while (UNNAMED.length < count) UNNAMED.push(column(UNNAMED.length));
    return UNNAMED.slice(0, count);
  }
  const known = wide?.deref();
  if (known?.length === count) return known;
  const columns = Object.freeze(Array.from({ length: count }, (_, j) => column(j)));
  wide = new WeakRef(columns);
  return columns;
}

/** Names, kinds and ranges of a model's input, and the meaning of its output. */
export class Schema {
  readonly columns: readonly Column[];
  readonly target: Target;
  /** True when the model was fitted on a table, so that its columns have names of their own. */
  readonly named: boolean;
  #codes: ReadonlyArray<ReadonlyMap<Label, number> | undefined> | undefined;
  #index: ReadonlyMap<string, number> | undefined;

  constructor(columns: readonly Column[], target: Target, named: boolean) {
    this.columns = columns;
    this.target = target;
    this.named = named;
  }

  /** Of columns with categories, by position; empty where none has any. Made for the first row: a fit makes schemas that read none. */
  get #codesOfColumns(): ReadonlyArray<ReadonlyMap<Label, number> | undefined> {
    const codesOf = ({ categories }: Column) =>
      categories && new Map(categories.map((label, code) => [label, code]));
    const hasCategories = ({ categories }: Column) => categories !== undefined;
    this.#codes ??= this.columns.some(hasCategories) ? this.columns.map(codesOf) : [];
    return this.#codes;
  }

  /** The same columns with another target. */
  withTarget(target: Target): Schema {
    return new Schema(this.columns, target, this.named);
  }

  /** Position of a column by name, or -1. */
  indexOf(name: string): number {
    // Made when first asked for: the words of a vocabulary never are.
    this.#index ??= new Map(this.columns.map((c, j) => [c.name, j]));
    return this.#index.get(name) ?? -1;
  }

  /** Of columns that have names, without a target. */
  static named(columns: readonly Column[]): Schema {
    return new Schema(columns, { kind: 'none' }, true);
  }

  /** Of a matrix: columns x0, x1, ... without a target. */
  static unnamed(count: number): Schema {
    return new Schema(unnamedColumns(count), { kind: 'none' }, false);
  }

  /**
   * Learns the schema of a training set.
   *
   * @param namer - names categories of columns that X may lack
   * @throws {ERR_DTYPE} when a column mixes types
   */
  static infer(X: MatrixLike, namer: (columns: readonly Column[]) => NamedCategories = () => []): Schema {
    if (X instanceof CodedRows) return X.schema;
    if (!isTable(X)) {
      const { cols } = isSparse(X) ? X : Matrix.from(X);
      const schema = Schema.unnamed(cols);
      const named = namer(schema.columns);
      if (named.length === 0) return schema;
      return new Schema(
        schema.columns.map((column, j) => withNamed(column, named[j])),
        schema.target,
        false,
      );
    }
    const { names, columns } = tableToColumns(X);
    const seen = names.map((name, j) => inferColumn(name, columns[j]));
    const named = namer(seen);
    return Schema.named(seen.map((column, j) => withNamed(column, named[j], columns[j])));
  }

  /**
   * Turns rows into the numeric matrix the model reads. Tables are matched by column name, whatever their order;
   * columns the model does not know are ignored.
   *
   * @param X - as many columns as the model was fitted on
   * @param dtype - element type; default: that of a float array, float64 for everything else
   * @throws {ERR_SHAPE} when the number of columns is wrong
   * @throws {ERR_UNKNOWN_COLUMN} when a column is missing from a table
   * @throws {ERR_DTYPE} when a value has the wrong type
   */
  encode(X: MatrixLike, dtype?: Dtype): Matrix {
    if (isTable(X)) {
      const isRecords = this.named && Array.isArray(X) && X.length > 0 && X.length <= MOST_RECORDS;
      return isRecords
        ? this.#encodeRecords(X, dtype ?? 'float64')
        : this.#encodeTable(X, dtype ?? 'float64');
    }
    if (Array.isArray(X) && X.some((row) => !isNumericRow(row)))
      return this.#encodeRows(X, dtype ?? 'float64');
    const matrix = Matrix.from(X as NumericMatrixLike, undefined, dtype);
    this.checkWidth(matrix.cols);
    return matrix;
  }

  /** @throws {ERR_SHAPE} unless `cols` is the number of columns of the model */
  checkWidth(cols: number): void {
    if (cols !== this.columns.length) {
      throw new ValidationError(
        'ERR_SHAPE',
        `X has ${cols} columns, but the model was fitted on ${this.columns.length}.`,
      );
    }
  }

  /**
   * Writes one row into `slab` at `offset`: the fast path of servers.
   *
   * @param row - named fields (missing ones become NaN), or values in column order
   * @throws {ERR_DTYPE} when a value has the wrong type
   * @throws {ERR_SHAPE} when an array has the wrong length
   */
  encodeRow(row: Row, slab: FloatArray, offset: number): void {
    const { columns } = this;
    if (isArrayRow(row)) {
      this.checkWidth(row.length);
      for (let j = 0; j < columns.length; j++) slab[offset + j] = this.encodeCell(j, row[j]);
      return;
    }
    if (typeof row !== 'object' || row === null) {
      throw new ValidationError(
        'ERR_SHAPE',
        `A row is an object of fields or an array of values; got ${show(row)}.`,
      );
    }
    const codes = this.#codesOfColumns;
    for (let j = 0; j < columns.length; j++) {
      const value = field(row, columns[j].name);
      slab[offset + j] =
        typeof value === 'number' && codes[j] === undefined ? value : this.encodeCell(j, value);
    }
  }

  /**
   * One value as the number that the plan reads.
   *
   * @throws {ERR_DTYPE} when it has the wrong type
   */
  encodeCell(j: number, value: Cell): number {
    const codes = this.#codesOfColumns[j];
    if (typeof value === 'number' && codes === undefined) return value;
    if (value === null || value === undefined || Number.isNaN(value)) return Number.NaN;
    if (codes !== undefined) return codes.get(value) ?? UNKNOWN_CODE;
    if (typeof value === 'boolean') return value ? 1 : 0;
    const { name, kind } = this.columns[j];
    const error = new ValidationError('ERR_DTYPE', `Column '${name}' takes a ${kind}; got ${show(value)}.`);
    error.column = j;
    throw error;
  }

  #encodeTable(table: Table, dtype: Dtype): Matrix {
    const { names, columns, rows } = tableToColumns(table);
    const width = this.columns.length;
    const data = newArray(dtype, rows * width);
    for (let j = 0; j < width; j++) {
      const { name } = this.columns[j];
      // A model fitted on a plain matrix takes table columns in order.
      const source = this.named ? names.indexOf(name) : j;
      if (source < 0 || source >= names.length) {
        throw this.#missingColumn(name);
      }
      const values = columns[source];
      for (let i = 0; i < rows; i++) data[i * width + j] = this.#encodeAt(i, j, values[i] as Cell);
    }
    return new Matrix(data, rows, width);
  }

  /** A few objects, read in place: a table of one row costs more to turn into columns than to predict. */
  #encodeRecords(records: ReadonlyArray<Readonly<Record<string, Cell>>>, dtype: Dtype): Matrix {
    const { columns } = this;
    const width = columns.length;
    const data = newArray(dtype, records.length * width);
    for (let j = 0; j < width; j++) {
      const { name } = columns[j];
      let isThere = false;
      for (let i = 0; i < records.length; i++) {
        const value = field(records[i], name);
        isThere ||= value !== undefined || Object.hasOwn(records[i], name);
        data[i * width + j] = this.#encodeAt(i, j, value);
      }
      if (!isThere) throw this.#missingColumn(name);
    }
    return new Matrix(data, records.length, width);
  }

  #missingColumn(name: string): ValidationError {
    const needed = this.columns.map((c) => `'${c.name}'`).join(', ');
    return new ValidationError(
      'ERR_UNKNOWN_COLUMN',
      `The table has no column '${name}'; the model needs ${needed}.`,
    );
  }

  #encodeRows(rows: ReadonlyArray<ArrayLike<unknown>>, dtype: Dtype): Matrix {
    const width = this.columns.length;
    const data = newArray(dtype, rows.length * width);
    rows.forEach((row, i) => {
      if (!isArrayRow(row)) {
        throw new ValidationError('ERR_SHAPE', `Row ${i} is ${show(row)}, not an array of values.`);
      }
      this.checkWidth(row.length);
      for (let j = 0; j < width; j++) data[i * width + j] = this.#encodeAt(i, j, row[j] as Cell);
    });
    return new Matrix(data, rows.length, width);
  }

  #encodeAt(i: number, j: number, value: Cell): number {
    try {
      return this.encodeCell(j, value);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      const located = new ValidationError(error.code, `Row ${i}: ${error.message}`, { cause: error });
      located.row = i;
      located.column = j;
      throw located;
    }
  }

  /** Plain data for a model file. */
  toJSON(): { columns: readonly Column[]; target: Target; named: boolean } {
    return { columns: this.columns, target: this.target, named: this.named };
  }

  /**
   * Reads what {@link Schema.toJSON} wrote.
   *
   * @throws {ERR_MODEL_FILE} when it is not a schema
   */
  static fromJSON(json: unknown): Schema {
    return parseSchema(json);
  }
}

/** Tables of more records than this are turned into columns first, which checks them as a whole. */
const MOST_RECORDS = 64;

/** A field of a row. A column called 'constructor' must not find that of Object. */
function field(row: Readonly<Record<string, Cell>>, name: string): Cell {
  const value = row[name];
  return value !== undefined && name in Object.prototype && !Object.hasOwn(row, name) ? undefined : value;
}

function isNumericRow(row: unknown): boolean {
  if (ArrayBuffer.isView(row)) return true;
  if (!Array.isArray(row)) return true; // Matrix.from explains what is wrong with it
  return row.every((value) => typeof value === 'number');
}

function isArrayRow(row: unknown): row is ArrayLike<Cell> {
  return Array.isArray(row) || ArrayBuffer.isView(row);
}

function inferColumn(name: string, values: ArrayLike<Cell>): Column {
  if (ArrayBuffer.isView(values)) return { name, kind: 'number' };
  let kind: Column['kind'] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined || Number.isNaN(value)) continue;
    const own = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'category';
    kind ??= own;
    if (own !== kind) {
      throw new ValidationError(
        'ERR_DTYPE',
        `Column '${name}' mixes types: row ${i} holds ${show(value)} in a column of kind ${kind}.`,
      );
    }
  }
  if (kind !== 'category') return { name, kind: kind ?? 'number' };
  return { name, kind, categories: distinctLabels(values, `Column '${name}'`) };
}

function parseSchema(json: unknown): Schema {
  const bad = (what: string) =>
    new ValidationError('ERR_MODEL_FILE', `The schema in the model file is malformed: ${what}.`);
  if (typeof json !== 'object' || json === null) throw bad('not an object');
  const { columns, target, named } = json as { columns?: unknown; target?: unknown; named?: unknown };
  if (!Array.isArray(columns) || columns.length === 0) throw bad('no columns');
  if (typeof named !== 'boolean') throw bad('named is not true or false');
  const isLabels = (v: unknown): v is Label[] =>
    Array.isArray(v) && v.every((label) => ['string', 'number', 'boolean'].includes(typeof label));
  for (const column of columns as Array<Partial<Column> | null>) {
    if (typeof column !== 'object' || column === null || typeof column.name !== 'string')
      throw bad('a column has no name');
    if (!['number', 'boolean', 'category', 'text'].includes(column.kind as string))
      throw bad(`column '${column.name}' has no kind`);
    if ((column.kind === 'category') !== isLabels(column.categories))
      throw bad(`column '${column.name}' has no categories`);
    const { range } = column;
    if (
      range !== undefined &&
      !(Array.isArray(range) && range.length === 2 && range.every((v) => typeof v === 'number'))
    ) {
      throw bad(`column '${column.name}' has a bad range`);
    }
  }
  const { kind, classes, count } = (target ?? {}) as { kind?: unknown; classes?: unknown; count?: unknown };
  if (!TARGETS.includes(kind as Target['kind'])) throw bad('no target');
  if (kind === 'class' && !isLabels(classes)) throw bad('no classes');
  if (kind === 'classes' && !(Array.isArray(classes) && classes.length > 1 && classes.every(isLabels)))
    throw bad('no classes');
  if (kind === 'numbers' && !(Number.isSafeInteger(count) && (count as number) > 1)) throw bad('no targets');
  return new Schema(columns as Column[], target as Target, named);
}

/** Whether X is already numeric, so that encoding copies at most once. */
export function isNumericMatrix(X: MatrixLike): X is NumericMatrixLike {
  return X instanceof Matrix || isMatrixShaped(X) || !isTable(X);
}
