/**
 * CSV to {@link Table}. Files without quotes are read by {@link PlainCsvReader}; of others csv-parse splits the text into records.
 * This file decides what each column is: numbers
 * (Float64Array, NaN where missing), booleans, or text (null where missing). A column is numeric only if every value
 * that is present reads as a decimal number, so identifiers such as '12a' keep their column textual.
 */
import { createReadStream } from 'node:fs';
import { open as openFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { CsvError, type Options, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import type { ColumnTable } from '../core/table.js';
import { FileFormatError, ValidationError } from '../errors.js';
import { PlainCsvReader } from './csv-plain.js';

/** What {@link readCsv} may be told. */
export interface CsvOptions {
  /** true (default): the first record names the columns; false: they are x0, x1, ...; or the names themselves. */
  header?: boolean | readonly string[];
  /** Separator of fields; default ',', or a tab for a path that ends in .tsv. */
  delimiter?: string;
  /** Quote character, doubled to stand for itself; default '"'. null: quotes have no meaning. */
  quote?: string | null;
  /** Lines that begin with this are skipped; default none. */
  comment?: string;
  /** Values that mean "missing", compared after trimming; default '', NA, N/A, NaN, nan, null, NULL, None, #N/A, n/a. */
  missing?: readonly string[];
  /** Types that are not to be guessed, by column name. */
  types?: Readonly<Record<string, 'number' | 'boolean' | 'text'>>;
}

/** A column as readCsv makes it. */
export type CsvColumn = Float64Array | Array<boolean | null> | Array<string | null>;

const MISSING = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None', '#N/A', 'n/a'];
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const BOOLEAN = /^(?:true|false)$/i;

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** A number written in decimal, or undefined. `Number()` alone would read '' as 0 and '0x1f' as 31. */
function parseNumber(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return undefined;
}

function parserOptions(options: CsvOptions): Options {
  const { delimiter = ',', quote = '"', comment } = options;
  return {
    delimiter,
    quote,
    escape: quote,
    comment: comment ?? null,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    info: true,
  };
}

/** Collects records and turns them into typed columns. */
class TableBuilder {
  readonly #options: CsvOptions;
  readonly #missing: ReadonlySet<string>;
  readonly #lines: number[] = [];
  #names: string[] | undefined;
  #columns: string[][] = [];

  constructor(options: CsvOptions) {
    this.#options = options;
    this.#missing = new Set(options.missing ?? MISSING);
    const { header } = options;
    if (Array.isArray(header)) this.#setNames(header as string[]);
  }

  #setNames(header: readonly string[]): void {
    const names = header.map((name, j) => (name.trim() === '' ? `x${j}` : name.trim()));
    const repeated = names.find((name, j) => names.indexOf(name) !== j);
    if (repeated !== undefined) {
      throw new FileFormatError('ERR_DATA_FILE', `The column name '${repeated}' stands twice in the header.`);
    }
    for (const name of Object.keys(this.#options.types ?? {})) {
      if (!names.includes(name)) {
        throw new ValidationError(
          'ERR_UNKNOWN_COLUMN',
          `'types' names a column '${name}'; the data has ${names.map((n) => `'${n}'`).join(', ')}.`,
        );
      }
    }
    this.#names = names;
    this.#columns = names.map(() => []);
  }

  add({ record, info }: ParsedRecord): void {
    if (this.#names === undefined) {
      if (this.#options.header !== false) {
        this.#setNames(record);
        return;
      }
      this.#setNames(record.map(() => ''));
    }
    if (record.length !== this.#columns.length) {
      throw new FileFormatError(
        'ERR_DATA_FILE',
        `Line ${info.lines}: ${record.length} fields, but there are ${this.#columns.length} columns.`,
      );
    }
    for (let j = 0; j < record.length; j++) this.#columns[j].push(record[j]);
    this.#lines.push(info.lines);
  }

  /** Reads what is plain, of so many bytes where that is known; undefined when something is not. */
  plainReader(size?: number): PlainCsvReader | undefined {
    const { header = true, delimiter = ',', quote = '"', comment, types } = this.#options;
    // A value that is not the boolean it should be is told with its line, which the plain reader does not count.
    const hasBooleans = Object.values(types ?? {}).includes('boolean');
    // Nor does it look up what reads as a number among the words for what is missing.
    const hasNumbers = [...this.#missing].some((word) => DECIMAL.test(word));
    if (comment !== undefined || hasBooleans || hasNumbers || !PlainCsvReader.suits({ delimiter, quote }))
      return undefined;
    const isNumber = (name: string) => {
      const type = types?.[name];
      return type === undefined ? undefined : type === 'number';
    };
    return new PlainCsvReader({ header, delimiter, quote, missing: this.#missing, isNumber, size });
  }

  /** The columns of a plain file; undefined when it was not plain after all. */
  finishPlain(reader: PlainCsvReader): Record<string, CsvColumn> | undefined {
    const found = reader.finish();
    if (
      found === undefined ||
      Object.keys(this.#options.types ?? {}).some((name) => !found.names.includes(name))
    )
      return undefined;
    return Object.fromEntries(
      found.names.map((name, j) => {
        const column = found.columns[j];
        return [name, column instanceof Float64Array ? column : this.#convert(name, column)];
      }),
    );
  }

  finish(): Record<string, CsvColumn> {
    const names = this.#names ?? [];
    if (this.#lines.length === 0) throw new ValidationError('ERR_EMPTY', 'The CSV data has no rows.');
    // fromEntries, because a column may be called __proto__.
    return Object.fromEntries(names.map((name, j) => [name, this.#convert(name, this.#columns[j])]));
  }

  #convert(name: string, cells: string[]): CsvColumn {
    const type = this.#options.types?.[name];
    const present = (cell: string) => !this.#missing.has(cell.trim());
    if (type === 'number' || type === undefined) {
      const numbers = new Float64Array(cells.length).fill(Number.NaN);
      const odd = cells.findIndex((cell, i) => {
        if (!present(cell)) return false;
        const value = parseNumber(cell.trim());
        if (value === undefined) return true;
        numbers[i] = value;
        return false;
      });
      if (odd < 0) return numbers;
      if (type === 'number') this.#refuse(name, cells, odd, 'a number');
    }
    if (type === 'boolean' || type === undefined) {
      const odd = cells.findIndex((cell) => present(cell) && !BOOLEAN.test(cell.trim()));
      if (odd < 0) return cells.map((cell) => (present(cell) ? cell.trim().toLowerCase() === 'true' : null));
      if (type === 'boolean') this.#refuse(name, cells, odd, 'true or false');
    }
    return cells.map((cell) => (present(cell) ? cell : null));
  }

  #refuse(name: string, cells: string[], i: number, wanted: string): never {
    const error = new FileFormatError(
      'ERR_DATA_FILE',
      `Line ${this.#lines[i]}: column '${name}' holds ${JSON.stringify(cells[i])}, which is not ${wanted}.`,
    );
    error.row = i;
    error.column = this.#names?.indexOf(name);
    throw error;
  }
}

/** What csv-parse or the file system threw, as an error of ours. */
function toDataError(error: unknown, source: string): unknown {
  if (error instanceof CsvError) {
    const line = (error as { lines?: number }).lines;
    const place = line === undefined ? '' : `Line ${line}: `;
    return new FileFormatError('ERR_DATA_FILE', `${place}${error.message}`, { cause: error });
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ValidationError || error instanceof FileFormatError || code === undefined)
    return error;
  return new FileFormatError('ERR_DATA_FILE', `Cannot read ${source}: ${message}`, { cause: error });
}

/**
 * Parses CSV text that is already in memory, at once.
 *
 * @throws the same as {@link readCsv}
 */
export function parseCsv(text: string, options: CsvOptions = {}): Record<string, CsvColumn> {
  const builder = new TableBuilder(options);
  const bytes = Buffer.from(text);
  const reader = builder.plainReader(bytes.length);
  if (reader?.push(bytes)) {
    const plain = builder.finishPlain(reader);
    if (plain !== undefined) return plain;
  }
  try {
    for (const record of parseSync(text, parserOptions(options)) as unknown as ParsedRecord[])
      builder.add(record);
    return builder.finish();
  } catch (error) {
    throw toDataError(error, 'the text');
  }
}

/**
 * Reads a CSV file or text as a table. Numeric columns become Float64Array with NaN where a value is missing, other
 * columns arrays with null there. The Float64Array may be a view of a longer buffer: take column.slice().buffer for the values alone.
 *
 * @param source - a path, a `file:` or `http(s):` URL object, or the text itself (anything with a line break). What turns out to
 *   have quotes is read from its beginning again, a URL fetched again
 * @param options - header, delimiter, quoting, missing values, column types
 * @returns an object of columns
 * @throws {ERR_DATA_FILE} when the file cannot be read, a record has too few or too many fields, quotes do not match,
 *   or a value does not fit the type asked for; the message names the line
 * @throws {ERR_EMPTY} when there are no rows
 * @throws {ERR_UNKNOWN_COLUMN} when `types` names a column that is not there
 * @example
 * ```ts
 * import { readCsv } from 'boreal';
 * const table = await readCsv('rooms,town\n3,Oslo\n,Bergen\n');
 * table.rooms; // Float64Array [3, NaN]
 * table.town; // ['Oslo', 'Bergen']
 * ```
 */
export async function readCsv(source: string | URL, options: CsvOptions = {}): Promise<ColumnTable> {
  const isText = typeof source === 'string' && /[\r\n]/.test(source);
  const name = isText ? 'the text' : `'${String(source)}'`;
  const tabs = !isText && /\.(tsv|tab)$/i.test(String(source));
  const settings = tabs && options.delimiter === undefined ? { ...options, delimiter: '\t' } : options;
  const builder = new TableBuilder(settings);
  let input: Readable | undefined;
  try {
    const bytes = isText ? Buffer.from(source) : undefined;
    const size = bytes?.length ?? (isFile(source) ? await sizeOf(source) : undefined);
    const reader = builder.plainReader(size);
    if (reader !== undefined) {
      const chunks = bytes ? slices(bytes) : isFile(source) ? blocks(source) : await open(source);
      const table = (await readPlain(chunks, reader)) ? builder.finishPlain(reader) : undefined;
      if (table !== undefined) return table;
    }
    input = isText ? Readable.from([source]) : await open(source);
    const parser = parse(parserOptions(settings));
    input.once('error', (error) => parser.destroy(error));
    for await (const record of input.pipe(parser)) builder.add(record as ParsedRecord);
    return builder.finish();
  } catch (error) {
    throw toDataError(error, name);
  } finally {
    input?.destroy();
  }
}

/** How much is parsed before others get their turn: some milliseconds of work. */
const CHUNK = 1 << 20;

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK) {
    yield bytes.subarray(at, at + CHUNK);
    await turn();
  }
}

/** A file in blocks, each of which is good until the next is asked for: two buffers take turns, so that one is read meanwhile. */
async function* blocks(path: string | URL): AsyncGenerator<Buffer> {
  const file = await openFile(path);
  const buffers = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  const read = (k: number) => file.read(buffers[k], 0, CHUNK, null);
  let next = read(0);
  try {
    for (let k = 0; ; k = 1 - k) {
      const { bytesRead } = await next;
      if (bytesRead === 0) return;
      next = read(1 - k);
      yield buffers[k].subarray(0, bytesRead);
    }
  } finally {
    await next.catch(() => undefined);
    await file.close();
  }
}

async function readPlain(chunks: AsyncIterable<unknown>, reader: PlainCsvReader): Promise<boolean> {
  for await (const chunk of chunks) if (!reader.push(chunk as Buffer)) return false;
  return true;
}

/** Of how many bytes a file is; undefined of a pipe, which only its end says. */
async function sizeOf(path: string | URL): Promise<number | undefined> {
  const stats = await stat(path);
  return stats.isFile() ? stats.size : undefined;
}

const isFile = (source: string | URL): boolean => !(source instanceof URL) || source.protocol === 'file:';

async function open(source: string | URL): Promise<Readable> {
  if (isFile(source)) return createReadStream(source, { highWaterMark: CHUNK });
  const response = await fetch(source).catch((error: unknown) => {
    throw new FileFormatError('ERR_DATA_FILE', `Cannot read ${source}: the request failed.`, {
      cause: error,
    });
  });
  if (!response.ok || response.body === null) {
    throw new FileFormatError('ERR_DATA_FILE', `Cannot read ${source}: HTTP status ${response.status}.`);
  }
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}
