/** Operations that move values, or weigh them within their row or column. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, type Dtype, type MatrixBase } from './base.js';
import {
  type AsyncOptions,
  later,
  type OutOptions,
  type PreparedCall,
  resolveOut,
  type SignalOptions,
} from './call.js';
import { Functions } from './functions.js';
import { newArray } from './memory.js';
import type { Axis } from './reduce.js';

const {
  matrixSoftmax,
  matrixSoftmaxAsync,
  matrixTranspose,
  matrixTransposeAsync,
  matrixConvert,
  matrixConvertAsync,
} = native;

const OF_COLUMNS = 1 << 1;
const LOG = 1 << 2;

/** A call with the arguments (code, x, out, rows, cols), the shape being that of x. */
class ShapedCall<T extends FloatArray> implements PreparedCall<Matrix<T>> {
  constructor(
    private readonly now: typeof matrixSoftmax,
    private readonly onPool: typeof matrixSoftmaxAsync,
    readonly inPlace: boolean,
    private readonly code: number,
    private readonly x: MatrixBase,
    readonly out: Matrix<T>,
  ) {}
  get inputs() {
    return [this.x.data];
  }
  run(): Matrix<T> {
    const { x, out, now } = this;
    try {
      now(this.code, x.memory, out.memory, x.rows, x.cols);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { x, onPool } = this;
    return onPool(this.code, x.data, out, x.rows, x.cols, cancel);
  }
  result(): Matrix<T> {
    return this.out;
  }
}

function prepareSoftmax<T extends FloatArray>(
  x: MatrixBase<T>,
  axis: Axis,
  log: boolean,
  out: Matrix | undefined,
): ShapedCall<T> {
  if (axis !== 0 && axis !== 1) {
    throw new ValidationError('ERR_PARAMETER', `axis must be 0 or 1; got ${show(axis)}.`);
  }
  const code = (axis === 0 ? OF_COLUMNS : 0) | (log ? LOG : 0) | x.typeBit;
  const result = resolveOut(x, x.rows, x.cols, out);
  return new ShapedCall(matrixSoftmax, matrixSoftmaxAsync, true, code, x, result);
}

function prepareTranspose<T extends FloatArray>(x: MatrixBase<T>, out: Matrix | undefined): ShapedCall<T> {
  const result = resolveOut(x, x.cols, x.rows, out);
  return new ShapedCall(matrixTranspose, matrixTransposeAsync, false, x.typeBit, x, result);
}

/** The array type of an element type. */
export type ArrayOf<D extends Dtype> = D extends 'float32' ? Float32Array : Float64Array;

function prepareConvert(x: MatrixBase, dtype: Dtype): ShapedCall<FloatArray> {
  const data = newArray(dtype, x.data.length);
  const result = createMatrix<FloatArray>(data, x.rows, x.cols);
  return new ShapedCall(matrixConvert, matrixConvertAsync, false, x.typeBit, x, result);
}

/** Throws unless there is such an element type. */
export function requireDtype(dtype: Dtype): void {
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new ValidationError('ERR_PARAMETER', `dtype must be 'float32' or 'float64'; got ${show(dtype)}.`);
  }
}

/** The layer of {@link Matrix} with softmax, transposition and conversion. */
export class Layout<T extends FloatArray = FloatArray> extends Functions<T> {
  /**
   * exp(x) divided by the sum of exp(x) along the axis: positive numbers that add up to 1. Nothing overflows on the way;
   * a row (or column) with a NaN becomes all NaN.
   *
   * @param axis - 1: within each row; 0: within each column. Default 1
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix without being it
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 0], [1000, 0]]).softmax(); // [[0.5, 0.5], [1, 0]]
   * ```
   */
  softmax(axis: Axis = 1, options?: OutOptions): Matrix<T> {
    return prepareSoftmax(this, axis, false, options?.out).run();
  }
  /** {@link softmax} on the pool. */
  softmaxAsync(axis: Axis = 1, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareSoftmax(this, axis, false, options?.out));
  }

  /**
   * The logarithm of {@link softmax}, exact where that is near 0.
   *
   * @param axis - 1: within each row; 0: within each column. Default 1
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix without being it
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 0], [1000, 0]]).logSoftmax(); // [[-0.693147181, -0.693147181], [0, -1000]]
   * ```
   */
  logSoftmax(axis: Axis = 1, options?: OutOptions): Matrix<T> {
    return prepareSoftmax(this, axis, true, options?.out).run();
  }
  /** {@link logSoftmax} on the pool. */
  logSoftmaxAsync(axis: Axis = 1, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareSoftmax(this, axis, true, options?.out));
  }

  /**
   * Rows and columns swapped, in a copy. Products don't need it: `matmul` has `transposeA` and `transposeB`.
   *
   * @throws {ERR_SHAPE} when `out` is not [cols, rows]
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2, 3], [4, 5, 6]]).transpose(); // [[1, 4], [2, 5], [3, 6]]
   * ```
   */
  transpose(options?: OutOptions): Matrix<T> {
    return prepareTranspose(this, options?.out).run();
  }
  /** {@link transpose} on the pool. */
  transposeAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareTranspose(this, options?.out));
  }

  /**
   * This matrix when it has that element type already, else a converted copy, rounded to the nearest number.
   *
   * @throws {ERR_PARAMETER} when there is no such element type
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2]]).astype('float32').dtype; // 'float32'
   * ```
   */
  astype<D extends Dtype>(dtype: D): Matrix<ArrayOf<D>> {
    requireDtype(dtype);
    const result: unknown = this.dtype === dtype ? this : prepareConvert(this, dtype).run();
    return result as Matrix<ArrayOf<D>>;
  }
  /** {@link astype} on the pool. */
  async astypeAsync<D extends Dtype>(dtype: D, options?: SignalOptions): Promise<Matrix<ArrayOf<D>>> {
    requireDtype(dtype);
    const signal = options?.signal;
    const result: unknown =
      this.dtype === dtype ? this : await later({ signal }, () => prepareConvert(this, dtype));
    return result as Matrix<ArrayOf<D>>;
  }
}
