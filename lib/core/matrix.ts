/**
 * A row-major numeric matrix over a typed array: what estimators read and return. Views share memory with the
 * array they were made from; nothing is copied unless the element type has to change.
 */
import { ValidationError } from '../errors.js';
import type { FloatArray } from '../native.js';
import { copyRows } from './copy-rows.js';
import { isForeignTable } from './foreign-tables.js';
import { isMatrixShaped, isSparse, isTypedArray, type SparseRows, type TypedArray } from './forms.js';
import { type Dtype, requireShape, requireValues, setMatrixConstructor, shapeOf } from './linalg/base.js';
import { requireMatrix } from './linalg/call.js';
import { Decompositions } from './linalg/decompositions.js';
import { type ArrayOf, requireDtype } from './linalg/layout.js';
import { newArray, sameArray } from './linalg/memory.js';
import { type QuantizedMatrix, type QuantizeOptions, quantize } from './linalg/quantized.js';
import { show } from './params.js';
import { densify } from './sparse/densify.js';
import { isMissing, isTable, type Table, tableToColumns } from './table.js';

export type { Dtype, FloatArray, TypedArray };
export { isMatrixShaped, isTypedArray };
/** A matrix in any of the plain forms: rows of numbers, or a flat typed array with its shape. */
export type NumericMatrixLike =
  | Matrix
  | ReadonlyArray<ArrayLike<number>>
  | { readonly data: TypedArray; readonly rows: number; readonly cols: number };
/** Texts, one per row: what vectorizers and pipelines that begin with one read. */
export type Documents = readonly string[];
/**
 * Whatever an estimator accepts as X: a numeric matrix, sparse rows (a {@link CsrMatrix}), or a {@link Table} with named and
 * possibly textual columns; where a vectorizer comes first, documents.
 */
export type MatrixLike = NumericMatrixLike | SparseRows | Table | Documents;

function isFloatArray(value: unknown): value is FloatArray {
  return value instanceof Float32Array || value instanceof Float64Array;
}

function toFloatArray(values: ArrayLike<number>, dtype: Dtype): FloatArray {
  const out = newArray(dtype, values.length);
  out.set(values);
  return out;
}

function cellError(i: number, j: number, value: unknown): ValidationError {
  return new ValidationError(
    'ERR_DTYPE',
    `Row ${i}, column ${j} holds ${show(value)}: rows of a matrix hold numbers. Text and missing values go into a table (an array of objects, or named columns).`,
  );
}

function fromRows(rows: ReadonlyArray<ArrayLike<number>>, dtype: Dtype): Matrix {
  const odd = rows.findIndex((row) => !Array.isArray(row) && !isTypedArray(row));
  if (odd >= 0) {
    throw new ValidationError('ERR_SHAPE', `Row ${odd} is ${show(rows[odd])}, not an array of numbers.`);
  }
  const cols = rows.length === 0 ? 0 : rows[0].length;
  const data = newArray(dtype, rows.length * cols);
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
      if (typeof value !== 'number') throw cellError(i, j, value);
      data[i * cols + j] = value;
    }
  }
  return new Matrix(data, rows.length, cols);
}

function fromFlat(values: readonly number[], cols: number, dtype: Dtype): FloatArray {
  const odd = values.findIndex((value) => typeof value !== 'number');
  if (odd >= 0) throw cellError(Math.floor(odd / cols), odd % cols, values[odd]);
  return toFloatArray(values, dtype);
}

function fromTable(table: Table, dtype: Dtype): Matrix {
  const { names, columns, rows } = tableToColumns(table);
  const cols = names.length;
  const data = newArray(dtype, rows * cols);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) {
      const cell: unknown = columns[j][i];
      if (typeof cell !== 'number' && typeof cell !== 'boolean' && !isMissing(cell)) {
        const message = `Column '${names[j]}', row ${i} holds ${show(cell)}: a matrix holds numbers. Encode text first, for example with OneHotEncoder.`;
        throw new ValidationError('ERR_DTYPE', message);
      }
      data[i * cols + j] = isMissing(cell) ? Number.NaN : Number(cell);
    }
  }
  return new Matrix(data, rows, cols);
}

function checkedShape(shape: unknown): readonly [number, number] {
  if (Array.isArray(shape) && shape.length === 2) {
    requireShape(shape[0], shape[1]);
    return shape as [number, number];
  }
  throw new ValidationError(
    'ERR_SHAPE',
    `A shape is [rows, cols], two whole numbers >= 0; got ${show(shape)}.`,
  );
}

function wrap(values: TypedArray | number[], rows: number, cols: number, dtype: Dtype | undefined): Matrix {
  const type = dtype ?? 'float64';
  const data = isFloatArray(values)
    ? values
    : Array.isArray(values)
      ? fromFlat(values, cols, type)
      : toFloatArray(values, type);
  const matrix = new Matrix(data, rows, cols);
  return dtype ? matrix.astype(dtype) : matrix;
}

function noShape(flat: TypedArray | number[]): ValidationError {
  const message = Array.isArray(flat)
    ? 'Expected a matrix, got one flat array. Write [[...]] for one row, or values.map((v) => [v]) for one column.'
    : 'A flat array needs a shape: Matrix.from(array, [rows, cols]).';
  return new ValidationError('ERR_SHAPE', message);
}

/** Positions of rows or columns. */
function requireIndices(indices: unknown): void {
  if (Array.isArray(indices) || isTypedArray(indices)) return;
  throw new ValidationError(
    'ERR_SHAPE',
    `Positions come as an array of whole numbers; got ${show(indices)}.`,
  );
}

function requireIndex(name: string, index: unknown): void {
  if (typeof index === 'number' && !Number.isNaN(index)) return;
  throw new ValidationError('ERR_SHAPE', `${name} must be the position of a row; got ${show(index)}.`);
}

function requireNumber(name: string, value: unknown): void {
  if (typeof value === 'number') return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be a number; got ${show(value)}.`);
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
   * Makes a matrix from rows, a flat array with a shape, something shaped like a matrix, or a table of numbers. A
   * Float32Array or Float64Array is wrapped, not copied, unless `dtype` asks for the other type.
   *
   * @param source - `number[][]`, a flat array (with `shape`), `{ data, rows, cols }`, or a {@link Table}, whose
   *   booleans become 0 and 1 and whose missing values become NaN
   * @param shape - `[rows, cols]`: needed for a flat array; of anything else, what it has to have
   * @param dtype - element type; default: that of a float array, else float64
   * @throws {ERR_SHAPE} when rows are ragged or the shape does not match
   * @throws {ERR_DTYPE} when something is not a number
   * @throws {ERR_EMPTY} when a table has no rows or no columns
   * @throws {ERR_PARAMETER} when there is no such dtype
   */
  static from(
    source: MatrixLike | TypedArray | readonly number[],
    shape?: readonly [rows: number, cols: number],
    dtype?: Dtype,
  ): Matrix {
    if (dtype !== undefined) requireDtype(dtype);
    const wanted = shape === undefined ? undefined : checkedShape(shape);
    if (isTypedArray(source) || (Array.isArray(source) && typeof source[0] === 'number')) {
      const flat = source as TypedArray | number[];
      if (wanted === undefined) throw noShape(flat);
      return wrap(flat, wanted[0], wanted[1], dtype);
    }
    const matrix = Matrix.#convert(source, dtype);
    if (wanted !== undefined && (matrix.rows !== wanted[0] || matrix.cols !== wanted[1])) {
      const message = `The shape [${wanted[0]}, ${wanted[1]}] was asked for, but the values have ${shapeOf(matrix)}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    return matrix;
  }

  static #convert(source: unknown, dtype: Dtype | undefined): Matrix {
    if (source instanceof Matrix) return dtype ? source.astype(dtype) : source;
    if (isSparse(source)) {
      const type = dtype ?? (source.data instanceof Float32Array ? 'float32' : 'float64');
      return new Matrix(densify(source, type), source.rows, source.cols);
    }
    if (isMatrixShaped(source)) return wrap(source.data, source.rows, source.cols, dtype);
    if (isTable(source) && (isForeignTable(source) || Object.keys(source).length > 0))
      return fromTable(source, dtype ?? 'float64');
    if (Array.isArray(source)) return fromRows(source, dtype ?? 'float64');
    throw new ValidationError(
      'ERR_DTYPE',
      `Expected a matrix: rows of numbers, a flat array with a shape, { data, rows, cols }, or a table; got ${show(source)}.`,
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
    requireNumber('value', value);
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
    const type: Dtype = dtype ?? 'float64';
    requireDtype(type);
    requireShape(rows, cols);
    return new Matrix(newArray(type, rows * cols) as ArrayOf<D>, rows, cols);
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
   * @throws {ERR_DTYPE} when the values are not numbers
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.diagonal([1, 2]); // [[1, 0], [0, 2]]
   * ```
   */
  static diagonal<D extends Dtype = 'float64'>(values: ArrayLike<number>, dtype?: D): Matrix<ArrayOf<D>> {
    if (!Array.isArray(values) && !isTypedArray(values)) {
      throw new ValidationError('ERR_DTYPE', `A diagonal is an array of numbers; got ${show(values)}.`);
    }
    const diagonal = wrap(values, 1, values.length, undefined).data;
    const n = diagonal.length;
    const matrix = Matrix.zeros(n, n, dtype);
    for (let i = 0; i < n; i++) matrix.data[i * n + i] = diagonal[i];
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
      throw new ValidationError('ERR_SHAPE', `Row ${show(i)} is not in a matrix of ${this.rows} rows.`);
    }
    requireValues(this);
    return this.data.subarray(i * this.cols, (i + 1) * this.cols) as T;
  }

  /**
   * Rows start to end (exclusive) as a view that shares memory.
   *
   * @param start - negative counts from the end. Default 0
   * @param end - default: all rows from start on
   * @throws {ERR_SHAPE} when one of them is not a number
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4], [5, 6]]);
   * m.slice(1); // [[3, 4], [5, 6]]
   * m.slice(-1); // [[5, 6]]
   * ```
   */
  slice(start: number = 0, end: number = this.rows): Matrix<T> {
    requireIndex('start', start);
    requireIndex('end', end);
    requireValues(this);
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
    requireIndices(indices);
    requireValues(this);
    for (let k = 0; k < indices.length; k++) {
      if (!Number.isInteger(indices[k]) || indices[k] < 0 || indices[k] >= this.cols) {
        throw new ValidationError(
          'ERR_SHAPE',
          `Column ${show(indices[k])} is not in a matrix of ${this.cols} columns.`,
        );
      }
    }
    const width = indices.length;
    const out = sameArray(this.data, this.rows * width);
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
    requireIndices(indices);
    const { cols } = this;
    const out = sameArray(this.data, indices.length * cols);
    copyRows(this, indices, out);
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
    requireValues(this);
    return new Matrix(this.data.slice() as T, this.rows, this.cols);
  }

  /**
   * Whether another matrix has the same shape and the same values; NaN differs from NaN, as in numpy's array_equal. The
   * element types may differ.
   *
   * @throws {ERR_PARAMETER} when the other is no matrix
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
   * @throws {ERR_PARAMETER} when the other is no matrix, or a tolerance is no number >= 0
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2]]);
   * m.allClose(m.add(1e-9)); // true
   * m.allClose(m.add(1e-3)); // false
   * ```
   */
  allClose(other: Matrix, tolerance?: { relative?: number; absolute?: number; equalNan?: boolean }): boolean {
    const { relative = 1e-5, absolute = 1e-8, equalNan = false } = tolerance ?? {};
    requireMatrix(other, 'other');
    for (const [name, value] of Object.entries({ relative, absolute })) {
      if (typeof value === 'number' && value >= 0) continue;
      throw new ValidationError('ERR_PARAMETER', `${name} must be a number >= 0; got ${show(value)}.`);
    }
    if (this.rows !== other.rows || this.cols !== other.cols) return false;
    requireValues(this);
    requireValues(other);
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
