/**
 * Columns of Apache Arrow as they lie in memory: the structures ArrowSchema and ArrowArray of the C data interface
 * (arrow.apache.org/docs/format/CDataInterface.html) where a pointer has 32 bits, as in WebAssembly. Reading beyond the memory throws a
 * RangeError, so that nothing here trusts what it finds.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { fromFloat16 } from '../core/half.js';

/** What a column is called and holds; its format is a word of the C data interface. */
export interface ArrowField {
  readonly name: string;
  readonly format: string;
  readonly children: readonly ArrowField[];
  /** What its values are, where the column holds positions among these. */
  readonly dictionary: ArrowField | undefined;
}

/** Where the values of a column, or the columns of a batch, lie. */
export interface ArrowArray {
  readonly length: number;
  readonly offset: number;
  /** The bits that say which values are present; 0 when all are. */
  readonly present: number;
  /** Addresses of what else there is, as the format says. */
  readonly buffers: Uint32Array;
  readonly children: readonly ArrowArray[];
  readonly dictionary: ArrowArray | undefined;
}

/** The structure ArrowSchema at an address. */
export function readField(memory: ArrayBuffer, at: number): ArrowField {
  const view = new DataView(memory);
  const dictionary = view.getUint32(at + 36, true);
  return {
    name: cString(memory, view.getUint32(at + 4, true)),
    format: cString(memory, view.getUint32(at, true)),
    children: pointers(view, at + 32, at + 24).map((child) => readField(memory, child)),
    dictionary: dictionary === 0 ? undefined : readField(memory, dictionary),
  };
}

/** The structure ArrowArray at an address. */
export function readArray(memory: ArrayBuffer, at: number): ArrowArray {
  const view = new DataView(memory);
  const [present = 0, ...buffers] = pointers(view, at + 40, at + 24);
  const dictionary = view.getUint32(at + 48, true);
  return {
    length: count(view, at),
    offset: count(view, at + 16),
    present: count(view, at + 8) === 0 ? 0 : present,
    buffers: Uint32Array.from(buffers),
    children: pointers(view, at + 44, at + 32).map((child) => readArray(memory, child)),
    dictionary: dictionary === 0 ? undefined : readArray(memory, dictionary),
  };
}

/** A whole number of 64 bits; -1, of values that were not counted, too. */
function count(view: DataView, at: number): number {
  return Number(view.getBigInt64(at, true));
}

function pointers(view: DataView, list: number, length: number): number[] {
  const first = view.getUint32(list, true);
  return Array.from({ length: count(view, length) }, (_, k) => view.getUint32(first + 4 * k, true));
}

function cString(memory: ArrayBuffer, at: number): string {
  const bytes = Buffer.from(memory, at);
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}

const FIXED = {
  ...{ c: Int8Array, C: Uint8Array, s: Int16Array, S: Uint16Array, i: Int32Array, I: Uint32Array },
  ...{ f: Float32Array, g: Float64Array, tdD: Int32Array, tts: Int32Array, ttm: Int32Array },
};
/** A unit's milliseconds, as what to multiply by and divide by: neither rounds. */
const UNITS = { D: [86_400_000, 1], s: [1000, 1], m: [1, 1], u: [1, 1000], n: [1, 1e6] } as const;
const TIME = /^t(?:d([Dm])|t([smun])|s([smun]):.*|D([smun]))$/s;
const LONG = /^(?:[lL]|tdm|tt[un]|t[sD].*)$/s;
const DECIMAL = /^d:\d+,(-?\d+)(?:,(32|64|128|256))?$/;

/** Whether {@link numbersOf} reads a format. */
export function isNumeric(format: string): boolean {
  return format in FIXED || LONG.test(format) || DECIMAL.test(format) || format === 'e' || format === 'n';
}

/**
 * The numbers of a column: times in milliseconds, since 1970 or midnight, decimals and whole numbers as the nearest of float64; NaN where
 * one is missing.
 */
export function numbersOf(memory: ArrayBuffer, format: string, array: ArrowArray, to: Float64Array): void {
  if (format === 'n' || array.length === 0) {
    to.fill(Number.NaN);
    return;
  }
  readNumbers(memory, format, array, to);
  const [, ...units] = TIME.exec(format) ?? [];
  const [times, per] = UNITS[(units.find(Boolean) ?? 'm') as keyof typeof UNITS];
  if (times !== per) for (let i = 0; i < to.length; i++) to[i] = (to[i] * times) / per;
  if (array.present === 0) return;
  const isPresent = bitsOf(memory, array.present, array);
  for (let i = 0; i < to.length; i++) if (!isPresent(i)) to[i] = Number.NaN;
}

function readNumbers(memory: ArrayBuffer, format: string, array: ArrowArray, to: Float64Array): void {
  const { offset, length } = array;
  const [values] = array.buffers;
  if (format in FIXED) {
    const Type = FIXED[format as keyof typeof FIXED];
    to.set(new Type(memory, values + offset * Type.BYTES_PER_ELEMENT, length));
  } else if (format === 'e') {
    to.set(new Uint16Array(memory, values + offset * 2, length));
    for (let i = 0; i < length; i++) to[i] = fromFloat16(to[i]);
  } else if (LONG.test(format)) {
    const low = new Uint32Array(memory, values + offset * 8, 2 * length);
    const high = new (format === 'L' ? Uint32Array : Int32Array)(memory, values + offset * 8, 2 * length);
    // One rounding: both parts are exact.
    for (let i = 0; i < length; i++) to[i] = high[2 * i + 1] * 2 ** 32 + low[2 * i];
  } else {
    const [, scale, bits = '128'] = DECIMAL.exec(format)!;
    const words = Number(bits) / 32;
    const parts = new Uint32Array(memory, values + offset * 4 * words, length * words);
    for (let i = 0; i < length; i++)
      to[i] = decimal(parts.subarray(i * words, (i + 1) * words), Number(scale));
  }
}

/** The number nearest to a decimal, of which the digits are a whole number in words of 32 bits, the lowest first. */
function decimal(words: Uint32Array, scale: number): number {
  const high = words.length > 1 ? words[1] | 0 : words[0] >> 31;
  const isShort = words.subarray(2).every((word) => word === (high >> 31) >>> 0);
  const digits = high * 2 ** 32 + words[0];
  // What is exact makes a quotient that is the nearest.
  if (isShort && Number.isSafeInteger(digits) && scale >= 0 && scale <= 22)
    return digits / Number(`1e${scale}`);
  let whole = 0n;
  for (const word of words.toReversed()) whole = (whole << 32n) | BigInt(word);
  return Number(`${BigInt.asIntN(32 * words.length, whole)}e${-scale}`);
}

/** Whether the bit of row i of a column is set. */
export function bitsOf(
  memory: ArrayBuffer,
  at: number,
  { offset, length }: ArrowArray,
): (i: number) => boolean {
  const bytes = new Uint8Array(memory, at, (offset + length + 7) >> 3);
  return (i) => ((bytes[(offset + i) >> 3] >> ((offset + i) & 7)) & 1) === 1;
}

/** Whether a column is text, or bytes that may be text. What a file says are views comes without them, in formats that {@link textsOf} reads. */
export function isText(format: string): boolean {
  return /^(?:[uUzZ]|v[uz])$/.test(format);
}

/** The text of row i of a column, which must be present; undefined for bytes that are no UTF-8. */
export function textsOf(
  memory: ArrayBuffer,
  format: string,
  array: ArrowArray,
): (i: number) => string | undefined {
  const { offset, length, buffers } = array;
  if (length === 0) return () => undefined;
  const isBytes = /z/i.test(format);
  const decode = (bytes: Buffer) => (isBytes && !isUtf8(bytes) ? undefined : bytes.toString());
  // Ends are of 32 or 64 bits; no address in this memory needs more than 32.
  const step = /[UZ]/.test(format) ? 2 : 1;
  const ends = new Uint32Array(memory, buffers[0] + offset * 4 * step, length * step + 1);
  const bytes = Buffer.from(memory, buffers[1] + ends[0], ends[length * step] - ends[0]);
  const from = (i: number) => ends[i * step] - ends[0];
  // One string, of which each is a part, is made much faster than each.
  if (isAscii(bytes)) {
    const all = bytes.toString('latin1');
    return (i) => all.slice(from(i), from(i + 1));
  }
  return (i) => decode(bytes.subarray(from(i), from(i + 1)));
}
