/** The thread behind {@link readParquet}: parquet-wasm decodes a file into Arrow's columns, and these become ours. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import {
  BorealError,
  EnvironmentError,
  type ErrorCode,
  FileFormatError,
  ValidationError,
} from '../errors.js';
import {
  type ArrowArray,
  type ArrowField,
  bitsOf,
  isNumeric,
  isText,
  numbersOf,
  readArray,
  readField,
  textsOf,
} from './arrow-memory.js';

/** What a thread is asked. */
export interface ParquetTask {
  /** A path, or the bytes in memory that threads share. */
  readonly source: string | Uint8Array<SharedArrayBuffer>;
  readonly columns: readonly string[] | undefined;
  /** Which of the columns are this thread's: from the one on, every so many. */
  readonly share: readonly [from: number, every: number];
}
/** A column on its way: numbers as they are; other values, of which a file has few that differ, as positions among these. */
export type SentColumn =
  | { readonly name: string; readonly numbers: Float64Array<ArrayBuffer> }
  | { readonly name: string; readonly values: (string | boolean)[]; readonly codes: Int32Array<ArrayBuffer> };
/** All names that were asked for, and the columns that are the thread's own. */
export interface SentColumns {
  readonly names: readonly string[];
  readonly columns: SentColumn[];
}
/** What it answers. */
export interface ParquetAnswer {
  readonly result: SentColumns | { readonly code: ErrorCode; readonly message: string };
  /** Whether the thread may read another file. */
  readonly isFit: boolean;
}

/** Rows that are decoded at a time, of a group of rows. */
const BATCH = 65_536;
/** A thread that took more memory than this does not wait for the next file: WebAssembly never gives any back. */
const MOST_MEMORY = 1 << 28;

let memory: () => ArrayBuffer = () => new ArrayBuffer(0);

async function read({ source, columns: wanted, share: [from, every] }: ParquetTask): Promise<SentColumns> {
  const { ParquetFile, wasmMemory } = await reader();
  memory = () => wasmMemory().buffer as ArrayBuffer;
  const { blob, close } = typeof source === 'string' ? openFile(source) : ofBytes(source);
  try {
    const file = await ParquetFile.fromFile(blob as Blob);
    const schema = file.schema().intoFFI();
    const fields = readField(memory(), schema.addr()).children;
    schema.free();
    const names = wanted ?? [...new Set(fields.map(({ name }) => name))];
    checkColumns(fields, names);
    const rows = file.metadata().fileMetadata().numRows();
    if (rows === 0) throw new ValidationError('ERR_EMPTY', 'The file has no rows.');
    const own = names.filter((_, j) => j % every === from);
    if (own.length === 0) return { names, columns: [] };
    const columns = own.map((name) => growing(fields.find((field) => field.name === name)!));
    let done = 0;
    // As many rows as the file says, as far as that is likely: all columns together are at first at most eight times as large as the file.
    let room = Math.min(rows, Math.ceil(blob.size / fields.length));
    for (const column of columns) column.grow(room);
    const stream = await file.stream({
      columns: canSelect(own, fields) ? own : undefined,
      batchSize: BATCH,
      concurrency: 1,
    });
    for await (const batch of stream) {
      const ffi = batch.intoFFI();
      try {
        const { children: places } = readField(memory(), ffi.schemaAddr());
        const { children: arrays, length } = readArray(memory(), ffi.arrayAddr());
        const at = done;
        done += length;
        if (done > rows) break;
        if (done > room) {
          room = Math.min(rows, Math.max(done, 2 * room));
          for (const column of columns) column.grow(room);
        }
        for (const [j, name] of own.entries()) {
          const k = places.findIndex((place) => place.name === name);
          columns[j].add(memory(), places[k], arrays[k], at);
        }
      } finally {
        ffi.free();
      }
    }
    if (done !== rows) throw new Error('it has not as many rows as it says');
    return { names, columns: columns.map((column) => column.sent()) };
  } finally {
    close();
  }
}

/**
 * Whether parquet-wasm can be told which columns to read. Where the name of one begins with another's, it looks for what follows at the
 * character whose number is that of the byte, and fails where there is none.
 */
function canSelect(names: readonly string[], fields: readonly ArrowField[]): boolean {
  return names.every(
    (name) =>
      Buffer.byteLength(name) === name.length ||
      fields.every((field) => field.name === name || !field.name.startsWith(name)),
  );
}

function reader(): Promise<typeof import('parquet-wasm')> {
  return import('parquet-wasm').catch((cause: unknown) => {
    const message = "Parquet files need the package 'parquet-wasm': npm install parquet-wasm";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  });
}

function checkColumns(fields: readonly ArrowField[], names: readonly string[]): void {
  const held = new Map(fields.map((field) => [field.name, field.dictionary ?? field]));
  for (const name of names) {
    const field = held.get(name);
    if (field === undefined)
      throw new ValidationError(
        'ERR_UNKNOWN_COLUMN',
        `The file has no column '${name}'; it has ${[...held.keys()].map((own) => `'${own}'`).join(', ')}.`,
      );
    const { format } = field;
    if (format !== 'b' && !isNumeric(format) && !isText(format)) throw unreadable(name, format[0] === '+');
  }
}

function unreadable(name: string, isNested: boolean): FileFormatError {
  const what = isNested ? 'lists or structures' : 'bytes';
  const message = `Column '${name}' holds ${what}; name the others with the option columns.`;
  return new FileFormatError('ERR_DATA_FILE', message);
}

/** A column that takes one batch after the other. */
interface Growing {
  /** Makes room for so many rows in all. */
  grow(rows: number): void;
  /** The column, when there are as many rows as there is room for. */
  sent(): SentColumn;
  add(memory: ArrayBuffer, field: ArrowField, array: ArrowArray, at: number): void;
}

function growing({ name, format, dictionary }: ArrowField): Growing {
  if (isNumeric((dictionary ?? { format }).format)) {
    let numbers = new Float64Array(0);
    const grow = (rows: number) => {
      const all = new Float64Array(rows);
      all.set(numbers);
      numbers = all;
    };
    const add: Growing['add'] = (memory, field, array, at) => {
      const to = numbers.subarray(at, at + array.length);
      if (field.dictionary === undefined || array.dictionary === undefined) {
        numbersOf(memory, field.format, array, to);
        return;
      }
      const values = new Float64Array(array.dictionary.length);
      numbersOf(memory, field.dictionary.format, array.dictionary, values);
      numbersOf(memory, field.format, array, to);
      for (let i = 0; i < to.length; i++) to[i] = values[to[i]] ?? Number.NaN;
    };
    return { grow, sent: () => ({ name, numbers }), add };
  }
  const values: (string | boolean)[] = [];
  const positions = new Map<string | boolean, number>();
  let codes = new Int32Array(0);
  const grow = (rows: number) => {
    const all = new Int32Array(rows).fill(-1, codes.length);
    all.set(codes);
    codes = all;
  };
  const codeOf = (value: string | boolean): number => {
    let code = positions.get(value);
    if (code === undefined) {
      code = values.push(value) - 1;
      positions.set(value, code);
    }
    return code;
  };
  /** The codes of an array's values, -1 where one is missing. */
  const read = (memory: ArrayBuffer, own: string, array: ArrowArray, to: Int32Array): void => {
    const cellOf = own === 'b' ? bitsOf(memory, array.buffers[0], array) : textsOf(memory, own, array);
    const isPresent = array.present === 0 ? () => true : bitsOf(memory, array.present, array);
    for (let i = 0; i < array.length; i++) {
      if (!isPresent(i)) continue;
      const value = cellOf(i);
      if (value === undefined) throw unreadable(name, false);
      to[i] = codeOf(value);
    }
  };
  const add: Growing['add'] = (memory, field, array, at) => {
    const to = codes.subarray(at, at + array.length);
    if (field.dictionary === undefined || array.dictionary === undefined) {
      read(memory, field.format, array, to);
      return;
    }
    const own = new Int32Array(array.dictionary.length).fill(-1);
    read(memory, field.dictionary.format, array.dictionary, own);
    const places = new Float64Array(array.length);
    numbersOf(memory, field.format, array, places);
    for (let i = 0; i < to.length; i++) to[i] = own[places[i]] ?? -1;
  };
  return { grow, sent: () => ({ name, values, codes }), add };
}

/** What parquet-wasm asks of a Blob: ranges of bytes. Node's own hands them out several times slower. */
interface Ranges {
  readonly blob: {
    readonly size: number;
    slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
  };
  close(): void;
}

function ranges(size: number, copy: (start: number, end: number) => ArrayBuffer, close: () => void): Ranges {
  const slice = (start: number, end: number) => ({
    arrayBuffer: async () => {
      if (!(start >= 0 && start <= end && end <= size)) throw new Error('it asks for bytes beyond its end');
      return copy(start, end);
    },
  });
  return { blob: { size, slice }, close };
}

function ofBytes(bytes: Uint8Array<SharedArrayBuffer>): Ranges {
  const copy = (start: number, end: number) => Uint8Array.from(bytes.subarray(start, end)).buffer;
  return ranges(bytes.length, copy, () => undefined);
}

function openFile(path: string): Ranges {
  const file = openSync(path, 'r');
  const copy = (start: number, end: number) => {
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(file, bytes, at, bytes.length - at, start + at);
      if (got === 0) throw new Error('it became shorter meanwhile');
      at += got;
    }
    return bytes.buffer;
  };
  return ranges(fstatSync(file).size, copy, () => closeSync(file));
}

parentPort!.on('message', async (task: ParquetTask) => {
  const isSmall = () => memory().byteLength < MOST_MEMORY;
  try {
    const result = await read(task);
    const buffers = result.columns.map(
      (column) => ('numbers' in column ? column.numbers : column.codes).buffer,
    );
    parentPort!.postMessage({ result, isFit: isSmall() } satisfies ParquetAnswer, buffers);
  } catch (error) {
    // Nothing in WebAssembly's memory can be relied on then: the thread ends, as it does where nothing waits for the failure.
    // Node makes an uncaught exception of what a listener rejects with, whatever it does with unhandled rejections.
    if (error instanceof Error && error.name === 'RuntimeError') throw error;
    const isOurs = error instanceof BorealError;
    const where = typeof task.source === 'string' ? `'${task.source}'` : 'the bytes';
    const reason = error instanceof Error ? error.message : error;
    const result = isOurs
      ? { code: error.code, message: error.message }
      : { code: 'ERR_DATA_FILE' as const, message: `Cannot read ${where} as Parquet: ${reason}.` };
    parentPort!.postMessage({ result, isFit: isOurs && isSmall() } satisfies ParquetAnswer);
  }
});
