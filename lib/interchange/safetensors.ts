/**
 * safetensors files: named tensors and nothing else (https://github.com/huggingface/safetensors): the length of a header as 8 bytes,
 * the header, JSON that gives each tensor its type, shape and place, and the bytes of all of them without gaps.
 */
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../core/half.js';
import { requireOptions, show } from '../core/params.js';
import { sizeOf } from '../core/shape.js';
import { type BorealError, ValidationError } from '../errors.js';
import { refuse } from './foreign.js';

/** Arrays that hold the values of tensors. */
export type TensorArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Types of elements, as the files name them. */
export type TensorType = keyof typeof TYPES;

/** A tensor of a file. */
export interface FileTensor {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  /** Values in row-major order: float32 of F16 and BF16, 0 and 1 of BOOL. */
  readonly data: TensorArray;
}
/** Tensors to be written; the type of the array is that of the file unless `dtype` says another. */
export interface TensorToWrite {
  readonly dtype?: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

interface Layout {
  readonly bytes: number;
  readonly array: { new (length: number): TensorArray; new (buffer: ArrayBuffer): TensorArray };
  /** Of floats of 16 bits, which no array holds. */
  readonly half?: { readonly read: (bits: number) => number; readonly write: (value: number) => number };
}
const TYPES = {
  BOOL: { bytes: 1, array: Uint8Array },
  U8: { bytes: 1, array: Uint8Array },
  I8: { bytes: 1, array: Int8Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  F16: { bytes: 2, array: Float32Array, half: { read: fromFloat16, write: toFloat16 } },
  BF16: { bytes: 2, array: Float32Array, half: { read: fromBfloat16, write: toBfloat16 } },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  F32: { bytes: 4, array: Float32Array },
  F64: { bytes: 8, array: Float64Array },
  I64: { bytes: 8, array: BigInt64Array },
  U64: { bytes: 8, array: BigUint64Array },
} as const satisfies Readonly<Record<string, Layout>>;
/** From the widest on, as the library of the format writes them, so that each lies at a multiple of its width. */
const ORDER = Object.keys(TYPES).reverse() as TensorType[];

const METADATA = '__metadata__';
/** The format's own limit. */
const MAX_HEADER = 100_000_000;

const fail = (why: string, cause?: unknown) => refuse('safetensors', why, cause);

/**
 * Reads a safetensors file, whose bytes hold no code: tensors of F32, F64, F16, BF16, I8 to I64, U8 to U64 and BOOL by name. F16 and
 * BF16 come as float32, which holds them exactly. What comes out is what {@link Module.loadStateDict} takes.
 *
 * @param bytes - the file; the values are copied out of it
 * @returns the tensors by name
 * @throws {ERR_IMPORT} when the file is malformed (tensors that overlap, leave gaps or reach beyond the end, a shape that does not
 *   fit its bytes, a header of more than 100 MB), or has another type of elements, which the message names
 * @throws {ERR_PARAMETER} for what is no Uint8Array
 * @example
 * ```ts
 * import { exportSafetensors, importSafetensors } from 'boreal';
 * const bytes = exportSafetensors({ weight: { shape: [1, 2], data: new Float32Array([0.5, 2]) } });
 * const { weight } = importSafetensors(bytes);
 * weight.shape; // [1, 2]
 * weight.data; // Float32Array [0.5, 2]
 * ```
 */
export function importSafetensors(bytes: Uint8Array): Record<string, FileTensor> {
  const { header, start } = readHeader(bytes);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => entryOf(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    // A name that stands there twice is parsed as one, and leaves a gap.
    if (entry.begin !== end) throw fail(`tensor ${show(entry.name)} overlaps another one or leaves a gap`);
    end = entry.end;
  }
  if (end !== bytes.length - start)
    throw fail(`its tensors have ${end} bytes, and after its header come ${bytes.length - start}`);
  // Own members whatever their names are.
  return Object.fromEntries(
    entries.map(({ name, dtype, shape, begin, end: stop }) => {
      // A copy with a buffer of its own: Buffer's slice() has the buffer of all.
      const own = new Uint8Array(bytes.subarray(start + begin, start + stop));
      return [name, { dtype, shape, data: decode(name, dtype, own.buffer) }];
    }),
  );
}

/**
 * The texts that a safetensors file holds beside its tensors, such as `format`.
 *
 * @param bytes - the file
 * @throws {ERR_IMPORT} when its header is malformed
 * @throws {ERR_PARAMETER} for what is no Uint8Array
 * @example
 * ```ts
 * import { exportSafetensors, safetensorsMetadata } from 'boreal';
 * safetensorsMetadata(exportSafetensors({}, { metadata: { format: 'pt' } })); // { format: 'pt' }
 * ```
 */
export function safetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  const { header } = readHeader(bytes);
  const metadata = Object.hasOwn(header, METADATA) ? header[METADATA] : {};
  if (!isObject(metadata) || !Object.values(metadata).every((text) => typeof text === 'string'))
    throw fail(`its '${METADATA}' holds what is no text`);
  return metadata as Record<string, string>;
}

/**
 * Writes a safetensors file: what {@link Module.stateDict} gives, or tensors of any type. The bytes are those that the format's own
 * library writes: tensors by width of their type, then by name.
 *
 * @param tensors - shapes and values by name; `dtype` is by default that of the array (F32 of a Float32Array, U8 of a Uint8Array);
 *   'F16' and 'BF16' round a Float32Array to the nearest, ties to even, 'BOOL' takes a Uint8Array of 0 and 1
 * @param options - `metadata`, texts to be kept beside the tensors
 * @throws {ERR_PARAMETER} for a type that does not go with its array, a bad name or metadata that is no text
 * @throws {ERR_SHAPE} for a shape that does not fit its values
 * @example
 * ```ts
 * import { exportSafetensors, importSafetensors } from 'boreal';
 * import { Linear } from 'boreal/nn';
 * const bytes = exportSafetensors(new Linear(4, 2).stateDict());
 * new Linear(4, 2).loadStateDict(importSafetensors(bytes)).missing; // []
 * ```
 */
export function exportSafetensors(
  tensors: Readonly<Record<string, TensorToWrite>>,
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  requireOptions(options);
  const { metadata } = options;
  if (!isObject(tensors)) throw bad(`takes tensors by name; got ${show(tensors)}`);
  const texts = isObject(metadata ?? {}) ? Object.values(metadata ?? {}) : [null];
  if (!texts.every((text) => typeof text === 'string')) throw bad('metadata must be texts by name');
  const entries = Object.entries(tensors).map(([name, tensor]) => checked(name, tensor));
  entries.sort((a, b) => ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  let end = 0;
  const places = entries.map(({ name, dtype, shape, data }) => {
    const begin = end;
    end += data.length * TYPES[dtype].bytes;
    return [name, { dtype, shape: [...shape], data_offsets: [begin, end] }] as const;
  });
  const head = [...(metadata === undefined ? [] : [[METADATA, metadata] as const]), ...places];
  // Written member by member: an object would sort names that are numbers before all others.
  const text = `{${head.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const { dtype, data } of entries) {
    const own = encode(dtype, data);
    bytes.set(own, at);
    at += own.length;
  }
  return bytes;
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (!(bytes instanceof Uint8Array)) {
    const message = `A safetensors file comes as a Uint8Array; got ${show(bytes)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (bytes.length < 8) throw fail('it is too short to have a header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  if (length > MAX_HEADER) throw fail(`its header has ${length} bytes, more than ${MAX_HEADER}`);
  if (length > bytes.length - 8) throw fail('its header reaches beyond its end');
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    header = JSON.parse(text.decode(bytes.subarray(8, 8 + length)));
  } catch (error) {
    throw fail('its header is no JSON', error);
  }
  if (!isObject(header) || bytes[8] !== 0x7b) throw fail('its header is no object');
  return { header, start: 8 + length };
}

function entryOf(name: string, value: unknown) {
  const where = `tensor ${show(name)}`;
  const { dtype, shape, data_offsets: offsets } = (isObject(value) ? value : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(TYPES, dtype))
    throw fail(`${where} has elements of type ${show(dtype)}, which is not supported`);
  const isCount = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail(`${where} has a bad shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw fail(`${where} has a bad place`);
  const [begin, end] = offsets as [number, number];
  const size = sizeOf(shape as number[]);
  if (size * TYPES[dtype as TensorType].bytes !== end - begin)
    throw fail(`${where} of shape [${shape.join(', ')}] does not have ${end - begin} bytes`);
  return { name, dtype: dtype as TensorType, shape: shape as number[], begin, end };
}

function decode(name: string, dtype: TensorType, own: ArrayBuffer): TensorArray {
  const { array, half }: Layout = TYPES[dtype];
  if (half !== undefined) return Float32Array.from(new Uint16Array(own), half.read);
  const data = new array(own);
  if (dtype === 'BOOL' && (data as Uint8Array).some((value) => value > 1))
    throw fail(`tensor ${show(name)} has truth values that are neither 0 nor 1`);
  return data;
}

function encode(dtype: TensorType, data: TensorArray): Uint8Array {
  const { half }: Layout = TYPES[dtype];
  const { buffer, byteOffset, byteLength } =
    half === undefined ? data : Uint16Array.from(data as Float32Array, half.write);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function checked(name: string, given: TensorToWrite): FileTensor & { readonly name: string } {
  if (name === METADATA) throw bad(`a tensor cannot be named '${METADATA}'`);
  const where = `tensor ${show(name)}`;
  const { shape, data, dtype = typeOf(data) } = (given ?? {}) as TensorToWrite;
  if (dtype === undefined || !Object.hasOwn(TYPES, dtype))
    throw bad(`${where} holds ${show(dtype ?? data)}, which is no array, or no type, of the format`);
  const { array }: Layout = TYPES[dtype];
  if (!(data instanceof array)) throw bad(`${where} of ${dtype} must be a ${array.name}`);
  if (dtype === 'BOOL' && (data as Uint8Array).some((value) => value > 1))
    throw bad(`${where} of BOOL must hold 0 and 1`);
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape || sizeOf(shape) !== data.length) {
    const message = `exportSafetensors: ${where} has ${data.length} values, not the shape ${show(shape)}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return { name, dtype, shape, data };
}

/** The type of an array. U8 and not BOOL, F32 and not F16. */
function typeOf(data: unknown): TensorType | undefined {
  return ORDER.find((type) => {
    const { array, half }: Layout = TYPES[type];
    return half === undefined && type !== 'BOOL' && data instanceof array;
  });
}

function bad(why: string): BorealError {
  return new ValidationError('ERR_PARAMETER', `exportSafetensors: ${why}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
