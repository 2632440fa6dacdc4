/** Parquet files as tables. hyparquet decodes them, in a thread of its own, so that the event loop goes on. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { checkNames, show } from '../core/params.js';
import { AbortError, EnvironmentError, FileFormatError, toBorealError, ValidationError } from '../errors.js';
import type { ParquetAnswer, ParquetTask, SentColumn } from './parquet-thread.js';

/** Options of {@link readParquet}. */
export interface ParquetOptions {
  /** Which columns, in that order. Default: all. */
  readonly columns?: readonly string[];
  /** Stops the work, and ends its thread. */
  readonly signal?: AbortSignal;
}

/** A column as readParquet makes it. */
export type ParquetColumn = Float64Array | Array<string | null> | Array<boolean | null>;

/** Node refuses `--input-type` to a worker that is a file. */
const FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? [] : undefined;

/**
 * Reads a Parquet file as a table, with the package hyparquet (npm install hyparquet). All physical types and encodings: numbers
 * of any width become Float64Array, with NaN where a value is missing, also decimals; dates and times milliseconds since 1970, text
 * and booleans arrays with null. Whole numbers beyond 2^53 are rounded, as JavaScript's numbers are.
 * Compression: none, Snappy, gzip, Brotli, LZ4, and Zstandard with Node 22.15 or later.
 *
 * @param source - a path, a file URL, or the bytes themselves
 * @param options - `columns`, `signal`
 * @returns an object of columns
 * @throws {ERR_DEPENDENCY} unless the package hyparquet is installed
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
  const { columns, signal } = options;
  const isNames =
    Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string');
  if (columns !== undefined && !isNames)
    throw new ValidationError(
      'ERR_PARAMETER',
      `readParquet: columns must be a list of names; got ${show(columns)}.`,
    );
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new ValidationError('ERR_PARAMETER', `signal must be an AbortSignal; got ${show(signal)}.`);
  await requireHyparquet();
  const aborted = () => new AbortError('The operation was aborted.', { cause: signal?.reason });
  if (signal?.aborted) throw aborted();
  const workerData: ParquetTask = { source: pathOrBytes(source), columns };
  const worker = new Worker(new URL('./parquet-thread.js', import.meta.url), { workerData, execArgv: FLAGS });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const answer = await new Promise<ParquetAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () =>
        reject(new FileFormatError('ERR_DATA_FILE', 'readParquet: its thread ended.')),
      );
    });
    if ('code' in answer)
      throw toBorealError(Object.assign(new Error(answer.message), { code: answer.code }));
    return Object.fromEntries(answer.columns.map((column) => [column.name, received(column)]));
  } catch (error) {
    throw signal?.aborted ? aborted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function requireHyparquet(): Promise<void> {
  try {
    await import('hyparquet');
  } catch (cause) {
    const message = "Parquet files need the package 'hyparquet': npm install hyparquet";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  }
}

function pathOrBytes(source: unknown): string | Uint8Array {
  if (typeof source === 'string' || source instanceof Uint8Array) return source;
  if (source instanceof URL && source.protocol === 'file:') return fileURLToPath(source);
  throw new ValidationError(
    'ERR_PARAMETER',
    `readParquet takes a path, a file URL or bytes; got ${show(source)}.`,
  );
}

function received(column: SentColumn): ParquetColumn {
  if ('numbers' in column) return column.numbers;
  const { values, codes } = column;
  return Array.from(codes, (code) => (code < 0 ? null : values[code])) as ParquetColumn;
}
