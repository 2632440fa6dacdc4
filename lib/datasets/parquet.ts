/** Parquet files as tables. parquet-wasm decodes them, in threads of its own, so that the event loop goes on. */
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkNames, show } from '../core/params.js';
import { AbortError, ValidationError } from '../errors.js';
import type { SentColumn } from './parquet-thread.js';
import { askThread } from './parquet-threads.js';

/** Options of {@link readParquet}. */
export interface ParquetOptions {
  /** Which columns, in that order. Default: all. */
  readonly columns?: readonly string[];
  /** Stops the work, and ends its thread. */
  readonly signal?: AbortSignal;
}

/** A column as readParquet makes it. */
export type ParquetColumn = Float64Array | Array<string | null> | Array<boolean | null>;

/**
 * Reads a Parquet file as a table, with the package parquet-wasm (npm install parquet-wasm), which is the reader of Apache Arrow in Rust. All
 * physical types and encodings: numbers of any width become Float64Array, with NaN where a value is missing, also decimals; dates and
 * times milliseconds since 1970, times of the day milliseconds since midnight, text and booleans arrays with null. Bytes that are not said to be text, as some
 * writers leave it, are text where all of them are UTF-8. Whole numbers beyond 2^53 are rounded, as JavaScript's numbers are.
 * Compression: none, Snappy, gzip, Brotli, LZ4 and Zstandard. A thread has 4 GiB of memory, in which a group of rows must have room.
 *
 * @param source - a path, a file URL, or the bytes themselves
 * @param options - `columns`, `signal`
 * @returns an object of columns
 * @throws {ERR_DEPENDENCY} unless the package parquet-wasm is installed
 * @throws {ERR_DATA_FILE} when the file cannot be read, is no Parquet file, is damaged, or a column holds lists, structures or bytes
 * @throws {ERR_UNKNOWN_COLUMN} when the file has no such column
 * @throws {ERR_EMPTY} when it has no rows
 * @throws {ERR_PARAMETER} for a bad option or source
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { readParquet } from 'boreal';
 * const table = await readParquet('models/rooms.parquet', { columns: ['rooms', 'town'] });
 * table.rooms; // [3, 4, NaN]
 * table.town; // ['Oslo', null, 'Rome']
 * ```
 */
export async function readParquet(
  source: string | URL | Uint8Array,
  options: ParquetOptions = {},
): Promise<Record<string, ParquetColumn>> {
  checkNames('readParquet', options, ['columns', 'signal']);
  const { signal } = options;
  // What is the caller's may change while this waits.
  const columns = Array.isArray(options.columns) ? [...options.columns] : options.columns;
  const isNames =
    Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string');
  if (columns !== undefined && !isNames)
    throw new ValidationError(
      'ERR_PARAMETER',
      `readParquet: columns must be a list of names; got ${show(columns)}.`,
    );
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new ValidationError('ERR_PARAMETER', `signal must be an AbortSignal; got ${show(signal)}.`);
  const aborted = () => new AbortError('The operation was aborted.', { cause: signal?.reason });
  const from = pathOrBytes(source);
  if (signal?.aborted) throw aborted();
  const given = typeof from === 'string' ? from : shared(from);
  const count = await threadsFor(given);
  if (signal?.aborted) throw aborted();
  // One that fails, or is to stop, ends the others.
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, k) =>
        askThread({ source: given, columns, share: [k, count] }, stop.signal),
      ),
    );
    const [{ names }] = answers;
    const own = new Map(answers.flatMap((answer) => answer.columns.map((column) => [column.name, column])));
    const table: [string, ParquetColumn][] = [];
    for (const name of names) table.push([name, await received(own.get(name)!, stop.signal)]);
    return Object.fromEntries(table);
  } catch (error) {
    stop.abort();
    throw signal?.aborted ? aborted() : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What a thread should have to do at least, in bytes of the file: starting the first takes as long as that. */
const SHARE = 1 << 22;

async function threadsFor(source: string | Uint8Array): Promise<number> {
  // What is wrong with a path is said by the thread that opens it.
  const size =
    typeof source === 'string' ? await stat(source).catch(() => undefined) : { size: source.length };
  return Math.max(1, Math.min(Math.floor((size?.size ?? 0) / SHARE), availableParallelism(), 4));
}

function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function pathOrBytes(source: unknown): string | Uint8Array {
  if (typeof source === 'string' || source instanceof Uint8Array) return source;
  if (source instanceof URL && source.protocol === 'file:') return fileURLToPath(source);
  throw new ValidationError(
    'ERR_PARAMETER',
    `readParquet takes a path, a file URL or bytes; got ${show(source)}.`,
  );
}

/** Rows between which others get their turn: some milliseconds of work. */
const BLOCK = 1 << 18;

async function received(column: SentColumn, signal: AbortSignal): Promise<ParquetColumn> {
  if ('numbers' in column) return column.numbers;
  const { values, codes } = column;
  const cells: (string | boolean | null)[] = [];
  for (let at = 0; at < codes.length; at += BLOCK) {
    await turn();
    signal.throwIfAborted();
    for (const code of codes.subarray(at, at + BLOCK)) cells.push(code < 0 ? null : values[code]);
  }
  return cells as ParquetColumn;
}
