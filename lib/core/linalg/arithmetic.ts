/** Arithmetic of two matrices, or a matrix and a number, with broadcasting. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { MatrixBase, shapeOf } from './base.js';
import {
  type AsyncOptions,
  later,
  type OutOptions,
  type PreparedCall,
  requireSameType,
  resolveOut,
  rowOf,
} from './call.js';

const { matrixBinary, matrixBinaryAsync } = native;

/** Binary of native/kernels/row_kernels.h. */
enum Binary {
  Add,
  Sub,
  Mul,
  Div,
  Min,
  Max,
  Pow,
}

/** The bits of the code above its type bit, as in native/binding/matrix_elementwise.cc. */
const FUNCTION_SHIFT = 1;
const ROW_A = 1 << 5;
const COLUMN_A = 1 << 6;
const ROW_B = 1 << 7;
const COLUMN_B = 1 << 8;
const NUMBER_B = 1 << 9;

/**
 * The second operand of arithmetic: a number, a matrix of the same element type, or a typed array that stands for a
 * matrix of one row. A matrix of one row, of one column or of one value is repeated to the shape of the other.
 */
export type Operand = Matrix | FloatArray | number;

class BinaryCall<T extends FloatArray> implements PreparedCall<Matrix<T>> {
  constructor(
    readonly code: number,
    readonly a: MatrixBase,
    readonly b: MatrixBase | number,
    readonly out: Matrix<T>,
  ) {}
  get inputs() {
    return typeof this.b === 'number' ? [this.a.data] : [this.a.data, this.b.data];
  }
  get inPlace() {
    return true;
  }
  run(): Matrix<T> {
    const { b, out } = this;
    try {
      matrixBinary(this.code, this.a.memory, typeof b === 'number' ? b : b.memory, out.memory, out.cols);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const b = typeof this.b === 'number' ? this.b : this.b.data;
    return matrixBinaryAsync(this.code, this.a.data, b, out, this.out.cols, cancel);
  }
  result(): Matrix<T> {
    return this.out;
  }
}

function prepareBinary<T extends FloatArray>(
  f: Binary,
  a: MatrixBase<T>,
  b: Operand,
  out: Matrix | undefined,
): BinaryCall<T> {
  const { rows, cols } = a;
  const code = (f << FUNCTION_SHIFT) | a.typeBit;
  if (typeof b === 'number') return new BinaryCall(code | NUMBER_B, a, b, resolveOut(a, rows, cols, out));
  const other = matrixOf(a, b);
  if (other.rows === rows && other.cols === cols) {
    return new BinaryCall(code, a, other, resolveOut(a, rows, cols, out));
  }
  return broadcast(code, a, other, out);
}

/** An operand that is no number, as a matrix of a's type. */
function matrixOf(a: MatrixBase, b: Matrix | FloatArray): MatrixBase {
  if ((b as MatrixBase)?.typeBit === a.typeBit) return b as MatrixBase;
  const matrix = b instanceof MatrixBase ? b : rowOf(b, 'The other operand');
  requireSameType(a, matrix, 'the other operand');
  return matrix;
}

function broadcast<T extends FloatArray>(
  code: number,
  a: MatrixBase<T>,
  b: MatrixBase,
  out: Matrix | undefined,
): BinaryCall<T> {
  if (
    (a.rows !== b.rows && a.rows !== 1 && b.rows !== 1) ||
    (a.cols !== b.cols && a.cols !== 1 && b.cols !== 1)
  ) {
    throw new ValidationError(
      'ERR_SHAPE',
      `Matrices of the shapes ${shapeOf(a)} and ${shapeOf(b)} cannot be combined: rows and columns must be as many, or 1.`,
    );
  }
  const rows = a.rows === 1 ? b.rows : a.rows;
  const cols = a.cols === 1 ? b.cols : a.cols;
  const repeated =
    (a.rows !== rows ? ROW_A : 0) |
    (a.cols !== cols ? COLUMN_A : 0) |
    (b.rows !== rows ? ROW_B : 0) |
    (b.cols !== cols ? COLUMN_B : 0);
  return new BinaryCall(code | repeated, a, b, resolveOut(a, rows, cols, out));
}

function requireNumber(factor: number): number {
  if (typeof factor === 'number') return factor;
  throw new ValidationError('ERR_PARAMETER', `factor must be a number; got ${show(factor)}.`);
}

/** The layer of {@link Matrix} with arithmetic. All its operations repeat operands of one row, one column or one value. */
export class Arithmetic<T extends FloatArray = FloatArray> extends MatrixBase<T> {
  /**
   * The sum with a matrix or a number, element by element.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.add(m); // [[2, 4], [6, 8]]
   * m.add(10); // [[11, 12], [13, 14]]
   * m.add(Matrix.from([[10, 20]])); // [[11, 22], [13, 24]]
   * ```
   */
  add(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Add, this, other, options?.out).run();
  }
  /** {@link add} on the pool. */
  addAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Add, this, other, options?.out));
  }

  /**
   * The difference from a matrix or a number, element by element.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.sub(1); // [[0, 1], [2, 3]]
   * m.sub(Float64Array.of(1, 2)); // [[0, 0], [2, 2]]
   * ```
   */
  sub(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Sub, this, other, options?.out).run();
  }
  /** {@link sub} on the pool. */
  subAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Sub, this, other, options?.out));
  }

  /**
   * The product with a matrix or a number, element by element; {@link Products.matmul} is the matrix product.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.mul(m); // [[1, 4], [9, 16]]
   * m.mul(Matrix.from([[10], [100]])); // [[10, 20], [300, 400]]
   * ```
   */
  mul(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Mul, this, other, options?.out).run();
  }
  /** {@link mul} on the pool. */
  mulAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Mul, this, other, options?.out));
  }

  /**
   * The quotient by a matrix or a number, element by element. Dividing by 0 gives infinities and NaN.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.div(2); // [[0.5, 1], [1.5, 2]]
   * ```
   */
  div(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Div, this, other, options?.out).run();
  }
  /** {@link div} on the pool. */
  divAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Div, this, other, options?.out));
  }

  /**
   * Each element to the power of the other operand, as C and JavaScript define it.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.pow(2); // [[1, 4], [9, 16]]
   * ```
   */
  pow(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Pow, this, other, options?.out).run();
  }
  /** {@link pow} on the pool. */
  powAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Pow, this, other, options?.out));
  }

  /**
   * The smaller of the elements of both; NaN if either is NaN. {@link Reductions.min} is the least of one matrix.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.minimum(2); // [[1, 2], [2, 2]]
   * ```
   */
  minimum(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Min, this, other, options?.out).run();
  }
  /** {@link minimum} on the pool. */
  minimumAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Min, this, other, options?.out));
  }

  /**
   * The larger of the elements of both; NaN if either is NaN. {@link Reductions.max} is the largest of one matrix.
   *
   * @throws {ERR_SHAPE} when the shapes are neither equal nor can be repeated to be so; the message names both
   * @throws {ERR_DTYPE} when the element types differ
   * @throws {ERR_PARAMETER} when `out` overlaps an operand that it is not
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 4]]);
   * m.maximum(Matrix.from([[2], [3.5]])); // [[2, 2], [3.5, 4]]
   * ```
   */
  maximum(other: Operand, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Max, this, other, options?.out).run();
  }
  /** {@link maximum} on the pool. */
  maximumAsync(other: Operand, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Max, this, other, options?.out));
  }

  /**
   * Every element times a number: {@link mul} by its other name.
   *
   * @throws {ERR_PARAMETER} when the factor is not a number, or `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2]]).scale(0.5); // [[0.5, 1]]
   * ```
   */
  scale(factor: number, options?: OutOptions): Matrix<T> {
    return prepareBinary(Binary.Mul, this, requireNumber(factor), options?.out).run();
  }
  /** {@link scale} on the pool. */
  scaleAsync(factor: number, options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareBinary(Binary.Mul, this, requireNumber(factor), options?.out));
  }
}
