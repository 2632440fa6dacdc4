/**
 * The rows of a batch, encoded: from JSON as a list of rows, as columns by name or as pandas' split orientation, and from
 * bytes. All forms are held to the same rules, and the same values give the same bits.
 */
import { endianness } from 'node:os';
import type { FloatArray } from '../../core/matrix.js';
import type { Column } from '../../core/schema.js';
import { RequestError } from '../request-error.js';
import { allocate } from './batcher.js';
import { describe, quote, type RowReader } from './row-reader.js';

/** Rows that are ready to run. */
export interface Batch {
  readonly rows: number;
  /** [rows, columns of the model]. Not to be changed. */
  readonly input: FloatArray;
  /** What the request holds there, for messages. */
  readonly valueAt: (row: number, column: number) => unknown;
}

/** Type of the elements of binary rows. */
export type BinaryType = 'float32' | 'float64';

/** Rows of a request, in whatever form. */
interface Source {
  readonly rows: number;
  /** As {@link RowReader.read}. */
  readonly read: (row: number, slab: FloatArray, offset: number) => ReturnType<RowReader['read']>;
  readonly valueAt: Batch['valueAt'];
}

/** Reads batches for one model. */
export class BatchReader {
  readonly #reader: RowReader;
  readonly #columns: readonly Column[];
  readonly #precision: BinaryType;
  readonly #maxRows: number;

  constructor(reader: RowReader, columns: readonly Column[], precision: BinaryType, maxRows: number) {
    this.#reader = reader;
    this.#columns = columns;
    this.#precision = precision;
    this.#maxRows = maxRows;
  }

  /**
   * Reads JSON.
   *
   * @param body - a list of rows, `{ rows }`, `{ instances }`, `{ columns: { name: values } }` or `{ columns: names, data }`
   * @throws {ERR_REQUEST | ERR_INPUT_INFINITE | ERR_EMPTY | ERR_TOO_MANY_ROWS} as a {@link RequestError}
   */
  read(body: unknown): Batch {
    const { rows, read, valueAt } = this.#sourceOf(body);
    this.#checkRows(rows);
    const width = this.#columns.length;
    const input = allocate(this.#precision, rows * width);
    for (let i = 0; i < rows; i++) {
      const problems = read(i, input, i * width);
      if (problems.length > 0) throw RequestError.ofRow(problems, i);
    }
    return { rows, input, valueAt };
  }

  /**
   * Reads bytes: row by row, little-endian, NaN where a value is missing. They are used where they are if they can be.
   *
   * @throws {ERR_MEDIA_TYPE} when the model has columns of categories
   * @throws {ERR_REQUEST | ERR_INPUT_INFINITE | ERR_EMPTY | ERR_TOO_MANY_ROWS} as a {@link RequestError}
   */
  readBinary(bytes: Uint8Array, type: BinaryType): Batch {
    const other = this.#columns.find(({ kind }) => kind === 'category' || kind === 'text');
    if (other !== undefined) {
      const what = other.kind === 'text' ? 'text' : 'a category';
      const message = `Binary rows are for models whose columns are all numbers or booleans; ${quote(other.name)} is ${what}. Send JSON.`;
      throw new RequestError(415, 'ERR_MEDIA_TYPE', message, { field: other.name });
    }
    const width = this.#columns.length;
    const size = width * (type === 'float32' ? 4 : 8);
    if (bytes.length % size !== 0) {
      throw wrong(
        `The body has ${bytes.length} bytes; a row of ${width} columns of ${type} takes ${size} bytes.`,
      );
    }
    const rows = bytes.length / size;
    this.#checkRows(rows);
    const given = elementsOf(bytes, type);
    const input = type === this.#precision ? given : allocate(this.#precision, given.length);
    if (input !== given) input.set(given);
    const valueAt = (i: number, j: number) => given[i * width + j];
    for (let i = 0; i < rows; i++) {
      const problems = this.#reader.check(input, i * width, (j) => valueAt(i, j));
      if (problems.length > 0) throw RequestError.ofRow(problems, i);
    }
    return { rows, input, valueAt };
  }

  #checkRows(rows: number): void {
    if (rows === 0) throw new RequestError(400, 'ERR_EMPTY', 'The batch has no rows.');
    if (rows <= this.#maxRows) return;
    const message = `The batch has ${rows} rows; this server takes ${this.#maxRows} at a time.`;
    throw new RequestError(413, 'ERR_TOO_MANY_ROWS', message);
  }

  #sourceOf(body: unknown): Source {
    const { rows, instances, columns, data, index } = (body ?? {}) as Members;
    const list = [body, rows, instances].find((candidate) => Array.isArray(candidate));
    if (list !== undefined) return this.#ofRows(list as unknown[]);
    if (Array.isArray(columns)) return this.#ofSplit(columns, data, index);
    if (typeof columns === 'object' && columns !== null) return this.#ofColumns(columns as Members);
    throw wrong(
      'A batch is an array of rows, { "rows": [...] }, { "columns": { "name": [...] } } or { "columns": [...], "data": [[...]] }.',
    );
  }

  #ofRows(rows: readonly unknown[]): Source {
    const reader = this.#reader;
    return {
      rows: rows.length,
      read: (i, slab, offset) => reader.read(rows[i], slab, offset),
      valueAt: (i, j) => reader.valueAt(rows[i], j),
    };
  }

  #ofColumns(columns: Members): Source {
    const names = Object.keys(columns);
    this.#checkNames(names);
    for (const name of names) {
      const values = columns[name];
      if (!Array.isArray(values)) {
        throw wrong(`Column ${quote(name)} is a list of values; got ${describe(values)}.`, name);
      }
      const { length } = columns[names[0]] as unknown[];
      if (values.length === length) continue;
      throw wrong(
        `Column ${quote(name)} has ${values.length} values, but ${quote(names[0])} has ${length}.`,
        name,
      );
    }
    const lists = this.#columns.map(({ name }) => (Object.hasOwn(columns, name) ? columns[name] : undefined));
    const valueAt = (i: number, j: number) => (lists[j] as unknown[] | undefined)?.[i];
    const rows = names.length === 0 ? 0 : (columns[names[0]] as unknown[]).length;
    return { rows, read: this.#reading(valueAt), valueAt };
  }

  #ofSplit(names: readonly unknown[], data: unknown, index: unknown): Source {
    const odd = names.find((name) => typeof name !== 'string');
    if (odd !== undefined) throw wrong(`'columns' is a list of names; got ${describe(odd)}.`);
    this.#checkNames(names as string[]);
    if (!Array.isArray(data)) throw wrong(`'data' is a list of rows; got ${describe(data)}.`);
    if (index !== undefined && index !== null && !(Array.isArray(index) && index.length === data.length)) {
      throw wrong(`'index' is a list of one label per row; got ${describe(index)}.`);
    }
    data.forEach((row, i) => {
      if (Array.isArray(row) && row.length === names.length) return;
      const message = `Row ${i}: A row is a list of ${names.length} values; got ${describe(row)}.`;
      throw new RequestError(400, 'ERR_REQUEST', message, { row: i });
    });
    const places = this.#columns.map(({ name }) => names.indexOf(name));
    const valueAt = (i: number, j: number) => (data as unknown[][])[i][places[j]];
    return { rows: data.length, read: this.#reading(valueAt), valueAt };
  }

  #reading(valueAt: Batch['valueAt']): Source['read'] {
    return (i, slab, offset) => this.#reader.readBy((j) => valueAt(i, j), slab, offset);
  }

  #checkNames(names: readonly string[]): void {
    const problems = this.#reader.checkNames(names);
    if (problems.length > 0) throw RequestError.ofRow(problems);
  }
}

type Members = Readonly<Record<string, unknown>>;

const LITTLE_ENDIAN = endianness() === 'LE';

/** The numbers in place where they are aligned, else a copy of them. */
function elementsOf(bytes: Uint8Array, type: BinaryType): FloatArray {
  const size = type === 'float32' ? 4 : 8;
  const Elements = type === 'float32' ? Float32Array : Float64Array;
  const isReady = LITTLE_ENDIAN && bytes.byteOffset % size === 0;
  const own = isReady ? bytes : Uint8Array.from(bytes);
  if (!LITTLE_ENDIAN) swap(own, size);
  return new Elements(own.buffer as ArrayBuffer, own.byteOffset, own.length / size);
}

/** The bytes of numbers, in the order that clients expect. */
export function bytesOfNumbers(values: FloatArray): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (LITTLE_ENDIAN) return bytes;
  const own = Uint8Array.from(bytes);
  swap(own, values.BYTES_PER_ELEMENT);
  return own;
}

function swap({ buffer, byteOffset, length }: Uint8Array, size: number): void {
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
  if (size === 4) bytes.swap32();
  else bytes.swap64();
}

function wrong(message: string, field?: string): RequestError {
  return new RequestError(400, 'ERR_REQUEST', message, { field: field?.slice(0, 60) });
}

/**
 * Whether JSON is a batch and not a row. A row's values are never lists or objects: a list of those is a batch, as is what
 * holds a list of rows or columns.
 */
export function isBatch(content: unknown): boolean {
  if (Array.isArray(content)) return typeof content[0] === 'object' && content[0] !== null;
  const { rows, instances, columns } = (content ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(rows) || Array.isArray(instances)) return true;
  return typeof columns === 'object' && columns !== null;
}
