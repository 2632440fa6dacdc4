/** Tensors of a request: name, datatype, shape and elements, with every length checked. */
import { type Elements, elementsOfBytes, elementsOfValues, tensorError } from './datatypes.js';

/** A tensor of at most two dimensions. */
export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly rows: number;
  /** 1 when the tensor has one dimension. */
  readonly cols: number;
  /** rows * cols of them, row by row. */
  readonly elements: Elements;
}

/** What a request says of a tensor, unchecked. */
export interface TensorHead {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
}

/** A tensor whose elements came as values, flat or nested as its shape. @throws {ERR_REQUEST} as a RequestError */
export function tensorOfValues(head: TensorHead, data: unknown): Tensor {
  const { name, datatype, rows, cols } = checkHead(head);
  if (!Array.isArray(data)) throw tensorError(name, 'data is a list');
  const flat = Array.isArray(data[0]) ? flatten(name, data, rows, cols) : data;
  if (flat.length !== rows * cols) {
    throw tensorError(name, `the shape asks for ${rows * cols} elements; got ${flat.length}`);
  }
  return { name, datatype, rows, cols, elements: elementsOfValues(name, datatype, flat) };
}

/** A tensor whose elements came as bytes. @throws {ERR_REQUEST} as a RequestError */
export function tensorOfBytes(head: TensorHead, bytes: Uint8Array): Tensor {
  const { name, datatype, rows, cols } = checkHead(head);
  return { name, datatype, rows, cols, elements: elementsOfBytes(name, datatype, rows * cols, bytes) };
}

function checkHead({ name, datatype, shape }: TensorHead) {
  if (typeof name !== 'string' || name === '') throw tensorError('', 'a tensor has a name');
  if (typeof datatype !== 'string') throw tensorError(name, 'a tensor has a datatype');
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 2 || !shape.every(isSize)) {
    throw tensorError(name, 'the shape is [rows] or [rows, columns]');
  }
  const [rows, cols = 1] = shape as number[];
  if (!Number.isSafeInteger(rows * cols * 8)) throw tensorError(name, 'the shape is too large');
  return { name, datatype, rows, cols };
}

function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 0;
}

function flatten(name: string, data: readonly unknown[], rows: number, cols: number): unknown[] {
  if (data.length !== rows) throw tensorError(name, `the shape asks for ${rows} rows; got ${data.length}`);
  const flat: unknown[] = [];
  for (const row of data) {
    if (!Array.isArray(row) || row.length !== cols) {
      throw tensorError(name, `each row of data is a list of ${cols}`);
    }
    for (const value of row) flat.push(value);
  }
  return flat;
}
