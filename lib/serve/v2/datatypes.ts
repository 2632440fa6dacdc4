/** The datatypes of Open Inference Protocol tensors: how their elements look in JSON and as bytes (little-endian). */
import { RequestError } from '../request-error.js';

/** Numbers of a tensor, in any precision. NaN is a missing value. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Elements of a tensor; null is missing text. */
export type Elements = Numbers | ReadonlyArray<string | null>;

interface NumericType {
  readonly bytes: number;
  /** Of the integers and of BOOL. */
  readonly range?: readonly [min: number, max: number];
  readonly read: (buffer: ArrayBuffer) => Numbers;
}

/** Datatypes that hold numbers. */
const NUMERIC: ReadonlyMap<string, NumericType> = new Map<string, NumericType>([
  ['BOOL', { bytes: 1, range: [0, 1], read: readBooleans }],
  ['UINT8', { bytes: 1, range: [0, 255], read: (b) => new Uint8Array(b) }],
  ['UINT16', { bytes: 2, range: [0, 65535], read: (b) => new Uint16Array(b) }],
  ['UINT32', { bytes: 4, range: [0, 2 ** 32 - 1], read: (b) => new Uint32Array(b) }],
  ['UINT64', { bytes: 8, range: [0, 2 ** 64], read: (b) => rounded(new BigUint64Array(b)) }],
  ['INT8', { bytes: 1, range: [-128, 127], read: (b) => new Int8Array(b) }],
  ['INT16', { bytes: 2, range: [-32768, 32767], read: (b) => new Int16Array(b) }],
  ['INT32', { bytes: 4, range: [-(2 ** 31), 2 ** 31 - 1], read: (b) => new Int32Array(b) }],
  ['INT64', { bytes: 8, range: [-(2 ** 63), 2 ** 63], read: (b) => rounded(new BigInt64Array(b)) }],
  ['FP16', { bytes: 2, read: (b) => Float32Array.from(new Uint16Array(b), halfToNumber) }],
  ['BF16', { bytes: 2, read: readBfloats }],
  ['FP32', { bytes: 4, read: (b) => new Float32Array(b) }],
  ['FP64', { bytes: 8, read: (b) => new Float64Array(b) }],
]);

/** All of them, by name. */
export const DATATYPES: readonly string[] = [...NUMERIC.keys(), 'BYTES'];

/** Elements that came as JSON, or as the typed contents of gRPC. @throws {ERR_REQUEST} as a {@link RequestError} */
export function elementsOfValues(name: string, datatype: string, values: readonly unknown[]): Elements {
  if (datatype === 'BYTES') return values.map((value, i) => textOf(name, value, i));
  const type = numericType(name, datatype);
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const number = numberOf(value);
    if (number === undefined || (type.range !== undefined && !isWithin(number, type.range))) {
      throw tensorError(name, `element ${i} is no ${datatype}`);
    }
    numbers[i] = number;
  }
  return numbers;
}

/** Elements that came as bytes. @throws {ERR_REQUEST} as a {@link RequestError} */
export function elementsOfBytes(name: string, datatype: string, count: number, bytes: Uint8Array): Elements {
  if (datatype === 'BYTES') return textsOf(name, count, bytes);
  const type = numericType(name, datatype);
  if (bytes.byteLength !== count * type.bytes) {
    const wanted = `${count} elements of ${datatype} are ${count * type.bytes} bytes`;
    throw tensorError(name, `${wanted}; got ${bytes.byteLength}`);
  }
  // A copy: typed arrays are aligned, and the tensors of a body are not.
  const numbers = type.read(new Uint8Array(bytes).buffer);
  if (datatype === 'BOOL' && numbers.some((value) => value > 1)) {
    throw tensorError(name, 'an element is no BOOL; the bytes are 0 and 1');
  }
  return numbers;
}

/** Numbers or text as bytes. */
export function bytesOf(datatype: string, values: ArrayLike<number> | readonly string[]): Uint8Array {
  switch (datatype) {
    case 'BYTES':
      return bytesOfTexts(values as readonly string[]);
    case 'BOOL':
      return Uint8Array.from(values as ArrayLike<number>);
    case 'INT64':
      return view(BigInt64Array.from(Array.from(values as ArrayLike<number>, BigInt)));
    case 'FP32':
      return view(Float32Array.from(values as ArrayLike<number>));
    default:
      return view(Float64Array.from(values as ArrayLike<number>));
  }
}

/** What is wrong with a tensor. */
export function tensorError(name: string, what: string): RequestError {
  const field = name.slice(0, 60);
  return new RequestError(400, 'ERR_REQUEST', `Tensor '${field}': ${what}.`, { field });
}

function numericType(name: string, datatype: string): NumericType {
  const type = NUMERIC.get(datatype);
  if (type !== undefined) return type;
  throw tensorError(name, `datatypes are ${[...NUMERIC.keys(), 'BYTES'].join(', ')}`);
}

/** JSON has no NaN: null is one, and so is the text that Python programs write. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === null || value === 'NaN') return Number.NaN;
  return typeof value === 'boolean' ? Number(value) : undefined;
}

function isWithin(value: number, [min, max]: readonly [number, number]): boolean {
  return Number.isNaN(value) || (Number.isInteger(value) && value >= min && value <= max);
}

function textOf(name: string, value: unknown, i: number): string | null {
  if (typeof value === 'string' || value === null) return value;
  if (value instanceof Uint8Array) return decodeText(value);
  throw tensorError(name, `element ${i} is no text`);
}

function textsOf(name: string, count: number, bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (texts.length === count) throw tensorError(name, `there are more than ${count} elements`);
    const start = at + 4;
    const end = start > bytes.byteLength ? Number.POSITIVE_INFINITY : start + view.getUint32(at, true);
    if (end > bytes.byteLength) throw tensorError(name, `element ${texts.length} ends after the tensor`);
    texts.push(decodeText(bytes.subarray(start, end)));
    at = end;
  }
  if (texts.length < count) throw tensorError(name, `there are ${texts.length} of ${count} elements`);
  return texts;
}

function bytesOfTexts(texts: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const text of texts) {
    const encoded = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(encoded.length);
    parts.push(length, encoded);
  }
  return Buffer.concat(parts);
}

/** Bytes that are no text become U+FFFD, which no category holds. */
function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function view({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function readBooleans(buffer: ArrayBuffer): Numbers {
  return new Uint8Array(buffer);
}

function readBfloats(buffer: ArrayBuffer): Numbers {
  const bits = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
  return new Float32Array(bits.buffer);
}

/** As numbers; from 2^53 on to the nearest one, as JSON does. */
function rounded(values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]);
  return numbers;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
