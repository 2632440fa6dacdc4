/** The plain forms in which numbers arrive: typed arrays, and objects shaped like a matrix. */
import type { FloatArray } from '../native.js';
import type { Dtype } from './linalg/base.js';

/** Any numeric typed array; integers are converted to float64. */
export type TypedArray =
  | FloatArray
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Whether a value is a typed array of numbers (and not of BigInts). */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !isBigIntArray(value);
}

function isBigIntArray(value: ArrayBufferView): boolean {
  return value instanceof BigInt64Array || value instanceof BigUint64Array;
}

/** Whether a value is `{ data: TypedArray, rows, cols }` (a matrix too). */
export function isMatrixShaped(
  value: unknown,
): value is { readonly data: TypedArray; readonly rows: number; readonly cols: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { data, rows, cols } = value as { data?: unknown; rows?: unknown; cols?: unknown };
  return isTypedArray(data) && typeof rows === 'number' && typeof cols === 'number' && !isSparse(value);
}

/** Float arrays run in their own precision; everything else in that of the training set. */
export function precisionOf(X: unknown, fallback: Dtype): Dtype {
  const data = isMatrixShaped(X) ? X.data : null;
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return fallback;
}

/** What a {@link CsrMatrix} is to code below it. */
export interface SparseRows {
  readonly data: FloatArray;
  readonly indices: Int32Array;
  readonly indptr: Int32Array;
  readonly rows: number;
  readonly cols: number;
}

/** Whether a value has the members of sparse rows. */
export function isSparse(value: unknown): value is SparseRows {
  return typeof value === 'object' && value !== null && 'indptr' in value && 'indices' in value;
}
