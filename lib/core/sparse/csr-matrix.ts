/**
 * A matrix of mostly zeros: compressed sparse rows. What text becomes, and what linear models and naive Bayes read as it is;
 * everything else reads it as a dense {@link Matrix}, within a limit.
 */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CsrArguments, type FloatArray, type NativeRows, native } from '../../native.js';
import { withCancel } from '../cancellation.js';
import { isSparse } from '../forms.js';
import { type Dtype, requireShape } from '../linalg/base.js';
import type { SignalOptions } from '../linalg/call.js';
import { newArray } from '../linalg/memory.js';
import { Matrix, type MatrixLike } from '../matrix.js';
import { requireOptions, show } from '../params.js';
import { densify } from './densify.js';

/** A value at a place: [row, column, value]. */
export type Triplet = readonly [row: number, column: number, value: number];

/** Arrays and a shape: what {@link CsrMatrix} is made of. */
export interface CsrParts<T extends FloatArray = FloatArray> {
  /** The values, row after row, columns ascending within a row; zeros may be among them. */
  readonly data: T;
  /** The column of each value. */
  readonly indices: Int32Array;
  /** [rows + 1]: the values of row i are those from `indptr[i]` to `indptr[i + 1]`. */
  readonly indptr: Int32Array;
  readonly cols: number;
}

/**
 * A sparse matrix of float32 or float64 in compressed rows, as scipy's csr_array with sorted indices.
 *
 * Differs from scipy: columns ascend within a row and are there once, always; indices are of 32 bits, so that there are at
 * most 2^31 - 1 values.
 *
 * @typeParam T - the typed array of the values
 * @example
 * ```ts
 * import { CsrMatrix } from 'boreal';
 * const m = CsrMatrix.from([[0, 2, 0], [1, 0, 3]]);
 * m.nnz; // 3
 * m.matmul([[1], [10], [100]]); // [[20], [301]]
 * ```
 */
export class CsrMatrix<T extends FloatArray = FloatArray> {
  readonly data: T;
  readonly indices: Int32Array;
  readonly indptr: Int32Array;
  readonly rows: number;
  readonly cols: number;

  /**
   * Wraps arrays without copying them; they must not change afterwards.
   *
   * @throws {ERR_DTYPE} when an array has the wrong type
   * @throws {ERR_SHAPE} when the arrays are no sparse rows of so many columns
   */
  constructor(parts: CsrParts<T>) {
    requireOptions(parts, 'parts');
    const { data, indices, indptr, cols } = parts;
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      const message = `The values of a sparse matrix are a Float32Array or a Float64Array; got ${show(data)}.`;
      throw new ValidationError('ERR_DTYPE', message);
    }
    if (!(indices instanceof Int32Array && indptr instanceof Int32Array)) {
      throw new ValidationError('ERR_DTYPE', 'indices and indptr of a sparse matrix are Int32Arrays.');
    }
    requireShape(Math.max(0, indptr.length - 1), cols);
    try {
      native.csrCheck(indptr, indices, data, cols);
    } catch (error) {
      throw toBorealError(error);
    }
    this.data = data;
    this.indices = indices;
    this.indptr = indptr;
    this.rows = indptr.length - 1;
    this.cols = cols;
  }

  /**
   * Rows that the native core has made. The arrays are trusted no less: whoever reads them natively checks them again.
   *
   * @internal
   */
  static ofNative({ starts, columns, values }: NativeRows, cols: number): CsrMatrix<Float64Array> {
    return new CsrMatrix({ data: values, indices: columns, indptr: starts, cols });
  }

  /**
   * The sparse form of a dense matrix: what is 0 is left out, NaN stays.
   *
   * @param source - a matrix, rows of numbers or a sparse matrix, which is returned as it is
   * @param dtype - element type; default: that of a float array, else float64
   * @throws {ERR_SHAPE | ERR_DTYPE} as {@link Matrix.from}
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.from([[0, 5]]).toTriplets(); // [[0, 1, 5]]
   * ```
   */
  static from(source: MatrixLike, dtype?: Dtype): CsrMatrix {
    if (source instanceof CsrMatrix) return dtype === undefined ? source : source.astype(dtype);
    const dense = Matrix.from(source, undefined, dtype);
    const { data, rows, cols } = dense;
    let count = 0;
    for (let k = 0; k < data.length; k++) if (data[k] !== 0) count += 1;
    const parts = emptyParts(dense.dtype, count, rows, cols);
    let at = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const value = data[i * cols + j];
        if (value === 0) continue;
        parts.indices[at] = j;
        parts.data[at++] = value;
      }
      parts.indptr[i + 1] = at;
    }
    return new CsrMatrix(parts);
  }

  /**
   * A matrix of values at places, in any order; values at the same place are added.
   *
   * @param shape - [rows, cols]
   * @param dtype - default 'float64'
   * @throws {ERR_SHAPE} when a place is not in the matrix
   * @throws {ERR_DTYPE} when a value is no number
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.fromTriplets([[1, 0, 2], [0, 2, 5], [1, 0, 1]], [2, 3]).toArray(); // [[0, 0, 5], [3, 0, 0]]
   * ```
   */
  static fromTriplets(
    triplets: readonly Triplet[],
    shape: readonly [rows: number, cols: number],
    dtype: Dtype = 'float64',
  ): CsrMatrix {
    const [rows, cols] = shape;
    requireShape(rows, cols);
    for (const [i, j, value] of triplets) {
      const isThere = Number.isInteger(i) && Number.isInteger(j) && i >= 0 && i < rows && j >= 0 && j < cols;
      if (!isThere) {
        const message = `There is no place [${show(i)}, ${show(j)}] in a matrix of shape [${rows}, ${cols}].`;
        throw new ValidationError('ERR_SHAPE', message);
      }
      if (typeof value !== 'number')
        throw new ValidationError('ERR_DTYPE', `The value at [${i}, ${j}] is ${show(value)}, not a number.`);
    }
    const sorted = [...triplets].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const distinct: Array<[number, number, number]> = [];
    for (const [i, j, value] of sorted) {
      const last = distinct.at(-1);
      if (last !== undefined && last[0] === i && last[1] === j) last[2] += value;
      else distinct.push([i, j, value]);
    }
    const parts = emptyParts(dtype, distinct.length, rows, cols);
    for (const [k, [i, j, value]] of distinct.entries()) {
      parts.indptr[i + 1] += 1;
      parts.indices[k] = j;
      parts.data[k] = value;
    }
    for (let i = 0; i < rows; i++) parts.indptr[i + 1] += parts.indptr[i];
    return new CsrMatrix(parts);
  }

  /** 'float32' or 'float64'. */
  get dtype(): Dtype {
    return this.data instanceof Float32Array ? 'float32' : 'float64';
  }

  /** How many values are stored. */
  get nnz(): number {
    return this.data.length;
  }

  /**
   * The columns and values of row i, as views that share memory.
   *
   * @throws {ERR_SHAPE} when there is no such row
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * Array.from(CsrMatrix.from([[0, 2, 0, 4]]).row(0).indices); // [1, 3]
   * ```
   */
  row(i: number): { readonly indices: Int32Array; readonly data: T } {
    this.#requireRow(i);
    const [begin, end] = [this.indptr[i], this.indptr[i + 1]];
    return { indices: this.indices.subarray(begin, end), data: this.data.subarray(begin, end) as T };
  }

  /**
   * Rows start to end (exclusive). Values are shared, not copied.
   *
   * @param start - negative counts from the end. Default 0
   * @param end - default: all rows from start on
   * @throws {ERR_SHAPE} when one of them is not a number
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.from([[1, 0], [0, 2], [3, 0]]).slice(-1).toArray(); // [[3, 0]]
   * ```
   */
  slice(start: number = 0, end: number = this.rows): CsrMatrix<T> {
    for (const index of [start, end]) {
      if (typeof index !== 'number' || Number.isNaN(index))
        throw new ValidationError('ERR_SHAPE', `A slice goes from row to row; got ${show(index)}.`);
    }
    const clamp = (index: number) => Math.min(this.rows, Math.max(0, index < 0 ? this.rows + index : index));
    const from = clamp(Math.trunc(start));
    const to = Math.max(from, clamp(Math.trunc(end)));
    const [begin, past] = [this.indptr[from], this.indptr[to]];
    return new CsrMatrix({
      data: this.data.subarray(begin, past) as T,
      indices: this.indices.subarray(begin, past),
      indptr: this.indptr.subarray(from, to + 1).map((at) => at - begin),
      cols: this.cols,
    });
  }

  /**
   * A copy of the given rows, in that order; repeats are allowed.
   *
   * @throws {ERR_SHAPE} when there is no such row
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.from([[1, 0], [0, 2]]).takeRows([1, 1]).toArray(); // [[0, 2], [0, 2]]
   * ```
   */
  takeRows(rows: ArrayLike<number>): CsrMatrix<T> {
    let count = 0;
    for (let k = 0; k < rows.length; k++) {
      this.#requireRow(rows[k]);
      count += this.indptr[rows[k] + 1] - this.indptr[rows[k]];
    }
    const parts = emptyParts(this.dtype, count, rows.length, this.cols);
    let at = 0;
    for (let k = 0; k < rows.length; k++) {
      const { indices, data } = this.row(rows[k]);
      parts.indices.set(indices, at);
      parts.data.set(data, at);
      at += data.length;
      parts.indptr[k + 1] = at;
    }
    return new CsrMatrix(parts as CsrParts<T>);
  }

  #requireRow(i: number): void {
    if (Number.isInteger(i) && i >= 0 && i < this.rows) return;
    throw new ValidationError('ERR_SHAPE', `Row ${show(i)} is not in a matrix of ${this.rows} rows.`);
  }

  /**
   * The product with a dense matrix [cols, k], dense: [rows, k]. Runs on this thread's time, on all threads of the pool.
   *
   * @throws {ERR_SHAPE} when the inner dimensions differ
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.from([[0, 2]]).matmul([[1, 1], [3, 4]]); // [[6, 8]]
   * ```
   */
  matmul(other: MatrixLike): Matrix {
    const b = this.#operand(other);
    const rest = [b.data, null, b.cols, false, true, null] as const;
    const out = native.csrProduct<FloatArray, true>(...csrArguments<FloatArray>(this), ...rest);
    return new Matrix(out, this.rows, b.cols);
  }

  /** As {@link CsrMatrix.matmul}, on the pool. @throws {ERR_ABORTED} when options.signal fires */
  async matmulAsync(other: MatrixLike, options: SignalOptions = {}): Promise<Matrix> {
    const b = this.#operand(other);
    const x = csrArguments<FloatArray>(this);
    const out = await withCancel(options.signal, (cancel) =>
      native.csrProduct<FloatArray, false>(...x, b.data, null, b.cols, false, false, cancel),
    );
    return new Matrix(out, this.rows, b.cols);
  }

  /**
   * The transpose, [cols, rows], made on the pool.
   *
   * @throws {ERR_ABORTED} when options.signal fires
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * (await CsrMatrix.from([[0, 2, 1]]).transposeAsync()).toArray(); // [[0], [2], [1]]
   * ```
   */
  async transposeAsync(options: SignalOptions = {}): Promise<CsrMatrix<T>> {
    const { starts, columns, values } = await withCancel(options.signal, (cancel) =>
      native.csrTranspose(...csrArguments(this), cancel),
    );
    return new CsrMatrix({ data: values, indices: columns, indptr: starts, cols: this.rows });
  }

  #operand(other: MatrixLike): Matrix {
    const b = Matrix.from(other, undefined, this.dtype);
    if (b.rows === this.cols) return b;
    const message = `Shapes [${this.rows}, ${this.cols}] and [${b.rows}, ${b.cols}] cannot be multiplied.`;
    throw new ValidationError('ERR_SHAPE', message);
  }

  /** The same values as the other element type; itself where they are of it. */
  astype(dtype: Dtype): CsrMatrix {
    if (dtype === this.dtype) return this;
    const data = newArray(dtype, this.nnz);
    data.set(this.data);
    const { indices, indptr, cols } = this;
    return new CsrMatrix({ data, indices, indptr, cols });
  }

  /**
   * The dense matrix.
   *
   * @param dtype - default: that of this matrix
   * @throws {ERR_DENSE} above 2^28 values (2 GiB of float64)
   * @example
   * ```ts
   * import { CsrMatrix } from 'boreal';
   * CsrMatrix.fromTriplets([[0, 1, 7]], [1, 2]).toDense(); // [[0, 7]]
   * ```
   */
  toDense(dtype: Dtype = this.dtype): Matrix {
    return new Matrix(densify(this, dtype), this.rows, this.cols);
  }

  /** The values with their places, row after row. */
  toTriplets(): Triplet[] {
    const triplets: Triplet[] = [];
    for (let i = 0; i < this.rows; i++) {
      for (let k = this.indptr[i]; k < this.indptr[i + 1]; k++)
        triplets.push([i, this.indices[k], this.data[k]]);
    }
    return triplets;
  }

  /** The rows as nested arrays, zeros and all. @throws {ERR_DENSE} as {@link CsrMatrix.toDense} */
  toArray(): number[][] {
    return this.toDense().toArray();
  }
}

/** Sparse rows as native functions take them. */
export function csrArguments<T extends FloatArray>(x: CsrMatrix<T>): CsrArguments<T> {
  return [x.indptr, x.indices, x.data, x.cols];
}

/** What a caller has passed as sparse rows, checked. */
export function requireCsr(value: unknown): CsrMatrix {
  if (value instanceof CsrMatrix) return value;
  if (isSparse(value)) return new CsrMatrix(value);
  throw new ValidationError('ERR_DTYPE', `Expected a sparse matrix; got ${show(value)}.`);
}

function emptyParts(dtype: Dtype, count: number, rows: number, cols: number): CsrParts {
  return {
    data: newArray(dtype, count),
    indices: new Int32Array(count),
    indptr: new Int32Array(rows + 1),
    cols,
  };
}
