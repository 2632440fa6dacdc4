/** Constants of an ONNX graph as arrays that the importer works with. */
import { sizeOf } from '../../core/shape.js';
import type { Reader } from '../foreign.js';
import { ELEMENT, type Element, type TensorProto } from './messages.js';

/** A constant: its shape, and its elements in row-major order. */
export type Tensor = NumberTensor | TextTensor;
/** Numbers of any type; truth values are 0 and 1. */
export interface NumberTensor {
  readonly dims: readonly number[];
  readonly type: Exclude<Element, 'string'>;
  readonly data: Float64Array;
  /**
   * Marks of the elements that depend on the number of rows, which no graph of rows knows: {@link ROWS} where an element is that
   * number, {@link UNKNOWN} where it is another that comes of it, else 0. Marked elements are NaN. Absent where none is marked.
   */
  readonly rows?: Uint8Array;
}
export const ROWS = 1;
export const UNKNOWN = 2;
/** Texts. */
export interface TextTensor {
  readonly dims: readonly number[];
  readonly type: 'string';
  readonly data: readonly string[];
}

const NAMES = new Map<number, Element>(
  Object.entries(ELEMENT).map(([name, number]) => [number, name as Element]),
);

/** Marks as a tensor has them: none where no element is marked. */
export function marked(rows: Uint8Array | undefined): Uint8Array | undefined {
  return rows?.some((mark) => mark !== 0) ? rows : undefined;
}

/** The elements at the given places as a tensor of their own. */
export function picked(
  { type, data, rows }: NumberTensor,
  dims: readonly number[],
  places: readonly number[],
): NumberTensor {
  return {
    ...{ dims, type, data: Float64Array.from(places, (at) => data[at]) },
    rows: rows && marked(Uint8Array.from(places, (at) => rows[at])),
  };
}

/** The type of elements with that number. @throws {ERR_IMPORT} for one that is not supported */
export function elementOf(number: number | undefined, where: string, reader: Reader): Element {
  const element = NAMES.get(number ?? 0);
  if (element === undefined)
    throw reader.fail(`${where} has elements of type ${number}, which is not supported`);
  return element;
}

/** A constant of the file, checked. */
export function readTensor(proto: TensorProto, where: string, reader: Reader): Tensor {
  const type = elementOf(proto.dataType, where, reader);
  const dims = proto.dims ?? [];
  if (dims.length > 4 || !dims.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw reader.fail(`${where} has a bad shape`);
  const size = sizeOf(dims);
  if ((proto.dataLocation ?? 0) !== 0)
    throw reader.fail(`${where} lies in another file, which is not supported`);
  if (type === 'string') {
    const data = (proto.stringData ?? []).map((bytes) => readText(bytes, where, reader));
    return { dims, type, data: sized(data, size, where, reader) };
  }
  const data = proto.rawData === undefined ? listed(proto, type) : raw(proto.rawData, type, where, reader);
  return { dims, type, data: sized(data, size, where, reader) };
}

function sized<L extends ArrayLike<unknown>>(data: L, size: number, where: string, reader: Reader): L {
  if (data.length === size) return data;
  throw reader.fail(`${where} has ${data.length} elements, not ${size}`);
}

/** Text that a field of bytes holds. */
export function readText(bytes: Uint8Array, where: string, reader: Reader): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw reader.fail(`${where} holds text that is not UTF-8`, error);
  }
}

function listed(proto: TensorProto, type: NumberTensor['type']): Float64Array {
  if (type === 'float') return Float64Array.from(proto.floatData ?? []);
  if (type === 'double') return Float64Array.from(proto.doubleData ?? []);
  return Float64Array.from((type === 'int64' ? proto.int64Data : proto.int32Data) ?? []);
}

const RAW: Record<NumberTensor['type'], [bytes: number, read: (view: DataView, at: number) => number]> = {
  float: [4, (view, at) => view.getFloat32(at, true)],
  double: [8, (view, at) => view.getFloat64(at, true)],
  uint8: [1, (view, at) => view.getUint8(at)],
  int8: [1, (view, at) => view.getInt8(at)],
  int32: [4, (view, at) => view.getInt32(at, true)],
  int64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  bool: [1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)],
};

function raw(bytes: Uint8Array, type: NumberTensor['type'], where: string, reader: Reader): Float64Array {
  const [size, read] = RAW[type];
  if (bytes.length % size !== 0) throw reader.fail(`${where} has ${bytes.length} bytes of elements`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / size }, (_, k) => read(view, k * size));
}
