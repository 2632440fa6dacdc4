/** Copies of the values that a caller gives and may change later. */
import { isTypedArray, type TypedArray } from './forms.js';
import { Matrix } from './matrix.js';
import { CsrMatrix } from './sparse/csr-matrix.js';

/**
 * The same value, with copies of all arrays, matrices and plain objects in it. What does something (functions, estimators, splitters,
 * objects with methods) stays what it is.
 *
 * @param made - the copies so far, so that what is there twice stays one, and a circle ends
 * @throws {ERR_SHAPE} for a matrix whose memory was transferred
 */
export function ownCopy<T>(value: T, made?: Map<unknown, unknown>): T;
export function ownCopy(value: unknown, made = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!made.has(value)) made.set(value, copyOf(value, made));
  return made.get(value);
}

function copyOf(value: object, made: Map<unknown, unknown>): object {
  if (isTypedArray(value)) return ownArray(value);
  if (value instanceof Matrix) return new Matrix(ownArray(value.data), value.rows, value.cols);
  if (value instanceof CsrMatrix) {
    const { data, indices, indptr, cols } = value;
    return new CsrMatrix({
      data: ownArray(data),
      indices: ownArray(indices),
      indptr: ownArray(indptr),
      cols,
    });
  }
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    made.set(value, list);
    list.length = value.length;
    value.forEach((item, i) => {
      list[i] = ownCopy(item, made);
    });
    return list;
  }
  if (!isRecord(value)) return value;
  const record = Object.create(Object.getPrototypeOf(value));
  made.set(value, record);
  // Not by assignment, which a key named __proto__ would misuse.
  for (const [key, item] of Object.entries(value))
    Object.defineProperty(record, key, { ...OWN, value: ownCopy(item, made) });
  return record;
}

const OWN = { configurable: true, enumerable: true, writable: true };

/** Without the methods of its class: those of a Buffer share memory. An array whose memory was transferred has no values. */
function ownArray<A extends TypedArray>(array: A): A {
  return array.length === 0 ? array : (Uint8Array.prototype.slice.call(array) as unknown as A);
}

/** Whether it is a plain object of values only. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return !(Symbol.iterator in value) && !Object.values(value).some((item) => typeof item === 'function');
}
