/** The thread behind {@link readParquet}: decodes a file with hyparquet, and answers with columns. */
import { parentPort, workerData } from 'node:worker_threads';
import * as zlib from 'node:zlib';
import { type ErrorCode, FileFormatError, ValidationError } from '../errors.js';
import { decompressLz4 } from './lz4.js';

/** What the thread is given. */
export interface ParquetTask {
  readonly source: string | Uint8Array;
  readonly columns: readonly string[] | undefined;
}
/** A column on its way: numbers as they are; other values, of which a file has few that differ, as positions among these. */
export type SentColumn =
  | { readonly name: string; readonly numbers: Float64Array<ArrayBuffer> }
  | { readonly name: string; readonly values: (string | boolean)[]; readonly codes: Int32Array<ArrayBuffer> };
/** What it answers. Anything else ends the thread with that error. */
export type ParquetAnswer =
  | { readonly columns: SentColumn[] }
  | { readonly code: ErrorCode; readonly message: string };

/** Of zlib in Node 22.15 and later. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
const COMPRESSORS = {
  GZIP: (bytes: Uint8Array) => zlib.gunzipSync(bytes),
  LZ4_RAW: decompressLz4,
  BROTLI: (bytes: Uint8Array) => zlib.brotliDecompressSync(bytes),
  ZSTD: (bytes: Uint8Array) => {
    if (zstdDecompressSync) return zstdDecompressSync(bytes);
    throw new Error('Zstandard needs Node 22.15 or later');
  },
};
const text = new TextDecoder();
const DAY = 86_400_000;
/** Times are milliseconds since 1970, as in other tables. */
const PARSERS = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Number(value) / 1000,
  timestampFromNanoseconds: (value: bigint) => Number(value) / 1e6,
  dateFromDays: (days: number) => days * DAY,
  jsonFromBytes: (bytes: Uint8Array) => text.decode(bytes),
};

/** A run of values of a column. */
interface Chunk {
  readonly columnName: string;
  readonly columnData: ArrayLike<unknown>;
  readonly rowStart: number;
  readonly rowEnd: number;
}

async function read({ source, columns: wanted }: ParquetTask): Promise<SentColumn[]> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet');
  const file = typeof source === 'string' ? await asyncBufferFromFile(source) : bufferOf(source);
  const metadata = await parquetMetadataAsync(file);
  const fields = parquetSchema(metadata).children;
  const names = fields.map(({ element }) => element.name);
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ValidationError(
      'ERR_UNKNOWN_COLUMN',
      `The file has no column '${unknown}'; it has ${names.map((name) => `'${name}'`).join(', ')}.`,
    );
  const columns = wanted ?? names;
  for (const { element, children } of fields) {
    const isNested = children.length > 0 || element.repetition_type === 'REPEATED';
    if (isNested && columns.includes(element.name))
      throw new FileFormatError(
        'ERR_DATA_FILE',
        `Column '${element.name}' holds lists or structures; name the others with the option columns.`,
      );
  }
  const chunks = new Map<string, Chunk[]>(columns.map((name) => [name, []]));
  const onChunk = (chunk: Chunk) => void chunks.get(chunk.columnName)?.push(chunk);
  await parquetRead({
    ...{
      file,
      metadata,
      columns: [...columns],
      compressors: COMPRESSORS,
      parsers: PARSERS,
      onChunk,
      geoparquet: false,
    },
  });
  const rows = Number(metadata.num_rows);
  if (rows === 0) throw new ValidationError('ERR_EMPTY', 'The file has no rows.');
  return columns.map((name) => {
    const own = chunks.get(name)!.sort((a, b) => a.rowStart - b.rowStart);
    const end = own.reduce((last, { rowStart, rowEnd }) => (rowStart === last ? rowEnd : Number.NaN), 0);
    if (end !== rows) throw new Error(`column '${name}' has not as many values as the file has rows`);
    const type = fields[names.indexOf(name)].element.type;
    return convert(name, own, rows, type === 'BYTE_ARRAY' || type === 'BOOLEAN');
  });
}

function bufferOf(bytes: Uint8Array) {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) };
}

function convert(name: string, chunks: readonly Chunk[], rows: number, isText: boolean): SentColumn {
  const numbers = new Float64Array(rows).fill(Number.NaN);
  const codes = new Int32Array(rows).fill(-1);
  const positions = new Map<string | boolean, number>();
  let counted = 0;
  for (const { columnData, rowStart, rowEnd } of chunks) {
    for (let i = 0; i < rowEnd - rowStart; i++) {
      const value = columnData[i];
      if (value === null || value === undefined) continue;
      if (typeof value === 'number' || typeof value === 'bigint') {
        numbers[rowStart + i] = Number(value);
        counted++;
      } else if (typeof value === 'string' || typeof value === 'boolean') {
        let code = positions.get(value);
        if (code === undefined) {
          code = positions.size;
          positions.set(value, code);
        }
        codes[rowStart + i] = code;
      } else {
        throw new FileFormatError(
          'ERR_DATA_FILE',
          `Column '${name}' holds bytes or objects; name the others with the option columns.`,
        );
      }
    }
  }
  // Decimals are bytes in the file, and numbers here.
  if (positions.size > 0 || (isText && counted === 0)) return { name, values: [...positions.keys()], codes };
  return { name, numbers };
}

const { source } = workerData as ParquetTask;
try {
  const columns = await read(workerData as ParquetTask);
  const buffers = columns.map((column) => ('numbers' in column ? column.numbers : column.codes).buffer);
  parentPort!.postMessage({ columns } satisfies ParquetAnswer, buffers);
} catch (error) {
  const { code, message } = error as { code?: ErrorCode; message?: string };
  const isOurs = error instanceof ValidationError || error instanceof FileFormatError;
  const where = typeof source === 'string' ? `'${source}'` : 'the bytes';
  const answer: ParquetAnswer = isOurs
    ? { code: code!, message: message! }
    : { code: 'ERR_DATA_FILE', message: `Cannot read ${where} as Parquet: ${message}.` };
  parentPort!.postMessage(answer);
}
