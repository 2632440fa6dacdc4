/**
 * A row-major numeric matrix over a typed array: what estimators read and return. Views share memory with the
 * array they were made from; nothing is copied unless the element type has to change.
 */
import { ValidationError } from '../errors.js';
import type { FloatArray } from '../native.js';
import { type Dtype, requireShape, setMatrixConstructor } from './linalg/base.js';
import { Decompositions } from './linalg/decompositions.js';
import { type ArrayOf, requireDtype } from './linalg/layout.js';
import { type QuantizedMatrix, type QuantizeOptions, quantize } from './linalg/quantized.js';
import { show } from './params.js';
import type { Table } from './table.js';

export type { Dtype, FloatArray };
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

/** A matrix in any of the plain forms: rows of numbers, or a flat typed array with its shape. */
export type NumericMatrixLike =
  | Matrix
  | ReadonlyArray<ArrayLike<number>>
  | { readonly data: TypedArray; readonly rows: number; readonly cols: number };
/** Whatever an estimator accepts as X: a numeric matrix, or a {@link Table} with named and possibly textual columns. */
export type MatrixLike = NumericMatrixLike | Table;

function isFloatArray(value: unknown): value is FloatArray {
  return value instanceof Float32Array || value instanceof Float64Array;
}

/** Whether a value is a typed array of numbers (and not of BigInts). */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !isBigIntArray(value);
}

function isBigIntArray(value: ArrayBufferView): boolean {
  return value instanceof BigInt64Array || value instanceof BigUint64Array;
}

function toFloatArray(values: ArrayLike<number>, dtype: Dtype): FloatArray {
  return dtype === 'float32' ? new Float32Array(values) : new Float64Array(values);
}

function zeros(rows: number, cols: number, dtype: Dtype): FloatArray {
  requireDtype(dtype);
  requireShape(rows, cols);
  try {
    return dtype === 'float32' ? new Float32Array(rows * cols) : new Float64Array(rows * cols);
  } catch (error) {
    const message = `A matrix of shape [${rows}, ${cols}] is larger than an array can be here.`;
    throw new ValidationError('ERR_SHAPE', message, { cause: error });
  }
}

function fromRows(rows: ReadonlyArray<ArrayLike<number>>, dtype: Dtype): Matrix {
  const odd = rows.findIndex((row) => !Array.isArray(row) && !isTypedArray(row));
  if (odd >= 0) {
    throw new ValidationError('ERR_SHAPE', `Row ${odd} is ${show(rows[odd])}, not an array of numbers.`);
  }
  const cols = rows.length === 0 ? 0 : rows[0].length;
  const data =
    dtype === 'float32' ? new Float32Array(rows.length * cols) : new Float64Array(rows.length * cols);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (row.length !== cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `Row ${i} has ${row.length} values, but row 0 has ${cols}: every row needs the same number.`,
      );
    }
    for (let j = 0; j < cols; j++) {
      const value = row[j];
      if (typeof value !== 'number') {
        throw new ValidationError(
          'ERR_DTYPE',
          `Row ${i}, column ${j} holds ${show(value)}: rows of a matrix hold numbers. Text and missing values go into a table (an array of objects, or named columns).`,
        );
      }
      data[i * cols + j] = value;
    }
  }
  return new Matrix(data, rows.length, cols);
}

/**
 * A row-major matrix of float32 or float64.
 *
 * @typeParam T - the typed array behind it
 * @example
 * ```ts
 * import { Matrix } from 'boreal';
 * const m = Matrix.from([[1, 2], [3, 4], [5, 6]]);
 * m.rows; // 3
 * m.slice(1, 3).toArray(); // [[3, 4], [5, 6]]
 * ```
 */
export class Matrix<T extends FloatArray = FloatArray> extends Decompositions<T> {
  /**
   * Makes a matrix from rows, a flat array with a shape, or something shaped like a matrix. A Float32Array or
   * Float64Array is wrapped, not copied, unless `dtype` asks for the other type.
   *
   * @param source - `number[][]`, a typed array (with `shape`), or `{ data, rows, cols }`
   * @param shape - `[rows, cols]`, for a flat array only
   * @param dtype - element type; default: that of a float array, else float64
   * @throws {ERR_SHAPE} when rows are ragged or the shape does not match the length
   * @throws {ERR_DTYPE} when something is not a number
   */
  static from(
    source: NumericMatrixLike | TypedArray,
    shape?: readonly [rows: number, cols: number],
    dtype?: Dtype,
  ): Matrix {
    if (source instanceof Matrix) return dtype ? source.astype(dtype) : source;
    if (isTypedArray(source)) {
      if (shape === undefined) {
        throw new ValidationError(
          'ERR_SHAPE',
          'A flat array needs a shape: Matrix.from(array, [rows, cols]).',
        );
      }
      const data = isFloatArray(source) ? source : toFloatArray(source, dtype ?? 'float64');
      const matrix = new Matrix(data, shape[0], shape[1]);
      return dtype ? matrix.astype(dtype) : matrix;
    }
    if (Array.isArray(source)) {
      if (source.length > 0 && typeof source[0] === 'number') {
        throw new ValidationError(
          'ERR_SHAPE',
          'Expected a matrix, got one flat array. Write [[...]] for one row, or values.map((v) => [v]) for one column.',
        );
      }
      return fromRows(source, dtype ?? 'float64');
    }
    if (isMatrixShaped(source)) {
      const data = isFloatArray(source.data) ? source.data : toFloatArray(source.data, dtype ?? 'float64');
      const matrix = new Matrix(data, source.rows, source.cols);
      return dtype ? matrix.astype(dtype) : matrix;
    }
    throw new ValidationError(
      'ERR_DTYPE',
      'Expected a matrix: rows of numbers, a typed array with a shape, or { data, rows, cols }.',
    );
  }

  /**
   * A matrix of one value.
   *
   * @param dtype - default 'float64'
   * @throws {ERR_SHAPE} when the shape is not two whole numbers
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.full(2, 2, 7); // [[7, 7], [7, 7]]
   * ```
   */
  static full<D extends Dtype = 'float64'>(
    rows: number,
    cols: number,
    value: number,
    dtype?: D,
  ): Matrix<ArrayOf<D>> {
    const matrix = Matrix.zeros(rows, cols, dtype);
    matrix.data.fill(value);
    return matrix;
  }

  /**
   * A matrix of zeros.
   *
   * @param dtype - default 'float64'
   * @throws {ERR_SHAPE} when the shape is not two whole numbers, or larger than an array can be
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.zeros(1, 3); // [[0, 0, 0]]
   * ```
   */
  static zeros<D extends Dtype = 'float64'>(rows: number, cols: number, dtype?: D): Matrix<ArrayOf<D>> {
    return new Matrix(zeros(rows, cols, dtype ?? 'float64') as ArrayOf<D>, rows, cols);
  }

  /**
   * A matrix of ones.
   *
   * @param dtype - default 'float64'
   * @throws {ERR_SHAPE} when the shape is not two whole numbers
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.ones(2, 1); // [[1], [1]]
   * ```
   */
  static ones<D extends Dtype = 'float64'>(rows: number, cols: number, dtype?: D): Matrix<ArrayOf<D>> {
    return Matrix.full(rows, cols, 1, dtype);
  }

  /**
   * The identity matrix [n, n]: ones on the diagonal, zeros elsewhere.
   *
   * @param dtype - default 'float64'
   * @throws {ERR_SHAPE} when n is not a whole number
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.identity(2); // [[1, 0], [0, 1]]
   * ```
   */
  static identity<D extends Dtype = 'float64'>(n: number, dtype?: D): Matrix<ArrayOf<D>> {
    const matrix = Matrix.zeros(n, n, dtype);
    for (let i = 0; i < n; i++) matrix.data[i * n + i] = 1;
    return matrix;
  }

  /**
   * A square matrix with the given values on its diagonal, zeros elsewhere.
   *
   * @param dtype - default 'float64'
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.diagonal([1, 2]); // [[1, 0], [0, 2]]
   * ```
   */
  static diagonal<D extends Dtype = 'float64'>(values: ArrayLike<number>, dtype?: D): Matrix<ArrayOf<D>> {
    const n = values.length;
    const matrix = Matrix.zeros(n, n, dtype);
    for (let i = 0; i < n; i++) matrix.data[i * n + i] = values[i];
    return matrix;
  }

  /**
   * Row i as a view that shares memory.
   *
   * @throws {ERR_SHAPE} when there is no such row
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2], [3, 4]]).row(1); // [3, 4]
   * ```
   */
  row(i: number): T {
    if (!Number.isInteger(i) || i < 0 || i >= this.rows) {
      throw new ValidationError('ERR_SHAPE', `Row ${i} is not in a matrix of ${this.rows} rows.`);
    }
    return this.data.subarray(i * this.cols, (i + 1) * this.cols) as T;
  }

  /**
   * Rows start to end (exclusive) as a view that shares memory.
   *
   * @param start - negative counts from the end
   * @param end - default: all rows from start on
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4], [5, 6]]);
   * m.slice(1); // [[3, 4], [5, 6]]
   * m.slice(-1); // [[5, 6]]
   * ```
   */
  slice(start: number, end: number = this.rows): Matrix<T> {
    const clamp = (index: number) => Math.min(this.rows, Math.max(0, index < 0 ? this.rows + index : index));
    const from = clamp(Math.trunc(start));
    const to = Math.max(from, clamp(Math.trunc(end)));
    return new Matrix(this.data.subarray(from * this.cols, to * this.cols) as T, to - from, this.cols);
  }

  /**
   * A copy of the given columns, in that order.
   *
   * @throws {ERR_SHAPE} when there is no such column
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2, 3], [4, 5, 6]]).columns([2, 0]); // [[3, 1], [6, 4]]
   * ```
   */
  columns(indices: ArrayLike<number>): Matrix<T> {
    for (let k = 0; k < indices.length; k++) {
      if (!Number.isInteger(indices[k]) || indices[k] < 0 || indices[k] >= this.cols) {
        throw new ValidationError(
          'ERR_SHAPE',
          `Column ${indices[k]} is not in a matrix of ${this.cols} columns.`,
        );
      }
    }
    const width = indices.length;
    const out = new (this.data.constructor as new (n: number) => T)(this.rows * width);
    for (let i = 0; i < this.rows; i++) {
      for (let k = 0; k < width; k++) out[i * width + k] = this.data[i * this.cols + indices[k]];
    }
    return new Matrix(out, this.rows, width);
  }

  /**
   * A copy of the given rows, in that order.
   *
   * @throws {ERR_SHAPE} when there is no such row
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2], [3, 4]]).takeRows([1, 1]); // [[3, 4], [3, 4]]
   * ```
   */
  takeRows(indices: ArrayLike<number>): Matrix<T> {
    const { cols } = this;
    const out = new (this.data.constructor as new (n: number) => T)(indices.length * cols);
    for (let k = 0; k < indices.length; k++) out.set(this.row(indices[k]), k * cols);
    return new Matrix(out, indices.length, cols);
  }

  /**
   * A copy with memory of its own.
   *
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.ones(1, 2);
   * m.copy().data.fill(0);
   * m.toArray(); // [[1, 1]]
   * ```
   */
  copy(): Matrix<T> {
    return new Matrix(this.data.slice() as T, this.rows, this.cols);
  }

  /**
   * Whether another matrix has the same shape and the same values; NaN differs from NaN, as in numpy's array_equal. The
   * element types may differ.
   *
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.ones(1, 2).equals(Matrix.ones(1, 2, 'float32')); // true
   * Matrix.ones(1, 2).equals(Matrix.ones(2, 1)); // false
   * ```
   */
  equals(other: Matrix): boolean {
    return this.allClose(other, { relative: 0, absolute: 0 });
  }

  /**
   * Whether another matrix has the same shape and nearly the same values: |this - other| <= absolute + relative |other|.
   *
   * @param tolerance - `relative` (default 1e-5), `absolute` (default 1e-8), and whether NaN equals NaN (`equalNan`,
   *   default false); numpy's rtol, atol and equal_nan
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2]]);
   * m.allClose(m.add(1e-9)); // true
   * m.allClose(m.add(1e-3)); // false
   * ```
   */
  allClose(
    other: Matrix,
    tolerance: { relative?: number; absolute?: number; equalNan?: boolean } = {},
  ): boolean {
    const { relative = 1e-5, absolute = 1e-8, equalNan = false } = tolerance;
    if (this.rows !== other.rows || this.cols !== other.cols) return false;
    const a: FloatArray = this.data;
    const b: FloatArray = other.data;
    for (let i = 0; i < a.length; i++) {
      const near = a[i] === b[i] || Math.abs(a[i] - b[i]) <= absolute + relative * Math.abs(b[i]);
      // An infinite tolerance is not near: only an infinity of the same sign equals one.
      const both = equalNan && Number.isNaN(a[i]) && Number.isNaN(b[i]);
      if (!both && (!near || (a[i] !== b[i] && !Number.isFinite(b[i])))) return false;
    }
    return true;
  }

  /** The values as 8-bit codes: {@link quantize}. */
  quantize(options?: QuantizeOptions): QuantizedMatrix {
    return quantize(this, options);
  }

  /**
   * The values as nested arrays.
   *
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.identity(2).toArray(); // [[1, 0], [0, 1]]
   * ```
   */
  toArray(): number[][] {
    return Array.from({ length: this.rows }, (_, i) => Array.from(this.row(i)));
  }
}

setMatrixConstructor((data, rows, cols) => new Matrix(data, rows, cols));

/** Whether a value is `{ data: TypedArray, rows, cols }` (a {@link Matrix} too). */
export function isMatrixShaped(
  value: unknown,
): value is { readonly data: TypedArray; readonly rows: number; readonly cols: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { data, rows, cols } = value as { data?: unknown; rows?: unknown; cols?: unknown };
  return isTypedArray(data) && typeof rows === 'number' && typeof cols === 'number';
}
