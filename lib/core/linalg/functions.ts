/** Functions of every element of a matrix. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type CancelHandle, type FloatArray, native } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { Arithmetic } from './arithmetic.js';
import type { MatrixBase } from './base.js';
import { type AsyncOptions, later, type OutOptions, type PreparedCall, resolveOut } from './call.js';

const { matrixUnary, matrixUnaryAsync } = native;

/** Unary of native/kernels/functions.h. */
export const UNARY = {
  identity: 0,
  relu: 1,
  sigmoid: 2,
  tanh: 3,
  exp: 4,
  expm1: 5,
  log: 6,
  log1p: 7,
  sqrt: 8,
  erf: 9,
  gelu: 10,
  silu: 11,
  softplus: 12,
  abs: 13,
  negate: 14,
  square: 15,
  reciprocal: 16,
  floor: 17,
  ceil: 18,
  round: 19,
  sign: 20,
  sinPi: 21,
  cosPi: 22,
  normalQuantile: 23,
} as const;

/** The name of a function that products can apply to their result. */
export type Activation = keyof typeof UNARY;

/** The number of a function; identity if there is none. */
export function activationNumber(name: Activation | undefined): number {
  if (name === undefined) return UNARY.identity;
  if (!Object.hasOwn(UNARY, name)) {
    const allowed = Object.keys(UNARY).join(', ');
    throw new ValidationError('ERR_PARAMETER', `activation must be one of ${allowed}; got ${show(name)}.`);
  }
  return UNARY[name];
}

class UnaryCall<T extends FloatArray> implements PreparedCall<Matrix<T>> {
  constructor(
    readonly code: number,
    readonly x: MatrixBase<T>,
    readonly out: Matrix<T>,
  ) {}
  get inputs() {
    return [this.x.data];
  }
  get inPlace() {
    return true;
  }
  run(): Matrix<T> {
    try {
      matrixUnary(this.code, this.x.memory, this.out.memory);
    } catch (error) {
      throw toBorealError(error);
    }
    return this.out;
  }
  start(out: FloatArray, cancel: CancelHandle | null): Promise<void> {
    return matrixUnaryAsync(this.code, this.x.data, out, cancel);
  }
  result(): Matrix<T> {
    return this.out;
  }
}

function prepareUnary<T extends FloatArray>(
  f: number,
  x: MatrixBase<T>,
  out: Matrix | undefined,
): UnaryCall<T> {
  return new UnaryCall((f << 1) | x.typeBit, x, resolveOut(x, x.rows, x.cols, out));
}

/**
 * The layer of {@link Matrix} with functions of every element. exp, log, tanh and their kin are within 2 units in the
 * last place; the others are exact.
 */
export class Functions<T extends FloatArray = FloatArray> extends Arithmetic<T> {
  /**
   * e to the power of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1]]).exp(); // [[1, 2.718281828]]
   * ```
   */
  exp(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.exp, this, options?.out).run();
  }
  /** {@link exp} on the pool. */
  expAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.exp, this, options?.out));
  }

  /**
   * e to the power of each element, minus 1: exact where that is near 0.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1e-10]]).expm1(); // [[0, 1e-10]]
   * ```
   */
  expm1(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.expm1, this, options?.out).run();
  }
  /** {@link expm1} on the pool. */
  expm1Async(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.expm1, this, options?.out));
  }

  /**
   * The natural logarithm of each element; NaN below 0, -Infinity at 0.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 10]]).log(); // [[0, 2.302585093]]
   * ```
   */
  log(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.log, this, options?.out).run();
  }
  /** {@link log} on the pool. */
  logAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.log, this, options?.out));
  }

  /**
   * The natural logarithm of 1 + each element: exact where that is near 0.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1e-10]]).log1p(); // [[0, 1e-10]]
   * ```
   */
  log1p(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.log1p, this, options?.out).run();
  }
  /** {@link log1p} on the pool. */
  log1pAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.log1p, this, options?.out));
  }

  /**
   * The square root of each element; NaN below 0.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[4, 9]]).sqrt(); // [[2, 3]]
   * ```
   */
  sqrt(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.sqrt, this, options?.out).run();
  }
  /** {@link sqrt} on the pool. */
  sqrtAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.sqrt, this, options?.out));
  }

  /**
   * Each element times itself.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-2, 3]]).square(); // [[4, 9]]
   * ```
   */
  square(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.square, this, options?.out).run();
  }
  /** {@link square} on the pool. */
  squareAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.square, this, options?.out));
  }

  /**
   * 1 divided by each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[2, -4]]).reciprocal(); // [[0.5, -0.25]]
   * ```
   */
  reciprocal(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.reciprocal, this, options?.out).run();
  }
  /** {@link reciprocal} on the pool. */
  reciprocalAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.reciprocal, this, options?.out));
  }

  /**
   * The absolute value of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-2, 3]]).abs(); // [[2, 3]]
   * ```
   */
  abs(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.abs, this, options?.out).run();
  }
  /** {@link abs} on the pool. */
  absAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.abs, this, options?.out));
  }

  /**
   * Each element with the other sign.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-2, 3]]).negate(); // [[2, -3]]
   * ```
   */
  negate(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.negate, this, options?.out).run();
  }
  /** {@link negate} on the pool. */
  negateAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.negate, this, options?.out));
  }

  /**
   * -1, 0 or 1 as each element is negative, zero or positive.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-2, 0, 3]]).sign(); // [[-1, 0, 1]]
   * ```
   */
  sign(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.sign, this, options?.out).run();
  }
  /** {@link sign} on the pool. */
  signAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.sign, this, options?.out));
  }

  /**
   * The largest whole number that is not above each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-1.5, 1.5]]).floor(); // [[-2, 1]]
   * ```
   */
  floor(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.floor, this, options?.out).run();
  }
  /** {@link floor} on the pool. */
  floorAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.floor, this, options?.out));
  }

  /**
   * The smallest whole number that is not below each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-1.5, 1.2]]).ceil(); // [[-1, 2]]
   * ```
   */
  ceil(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.ceil, this, options?.out).run();
  }
  /** {@link ceil} on the pool. */
  ceilAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.ceil, this, options?.out));
  }

  /**
   * The nearest whole number to each element, the even one of two as near: numpy does so, Math.round does not.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0.5, 1.5, -2.6]]).round(); // [[0, 2, -3]]
   * ```
   */
  round(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.round, this, options?.out).run();
  }
  /** {@link round} on the pool. */
  roundAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.round, this, options?.out));
  }

  /**
   * The hyperbolic tangent of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1]]).tanh(); // [[0, 0.761594156]]
   * ```
   */
  tanh(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.tanh, this, options?.out).run();
  }
  /** {@link tanh} on the pool. */
  tanhAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.tanh, this, options?.out));
  }

  /**
   * 1 / (1 + exp(-x)) of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 2]]).sigmoid(); // [[0.5, 0.880797078]]
   * ```
   */
  sigmoid(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.sigmoid, this, options?.out).run();
  }
  /** {@link sigmoid} on the pool. */
  sigmoidAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.sigmoid, this, options?.out));
  }

  /**
   * max(x, 0) of each element; NaN stays NaN.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-1, 2]]).relu(); // [[0, 2]]
   * ```
   */
  relu(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.relu, this, options?.out).run();
  }
  /** {@link relu} on the pool. */
  reluAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.relu, this, options?.out));
  }

  /**
   * The error function of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1]]).erf(); // [[0, 0.842700793]]
   * ```
   */
  erf(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.erf, this, options?.out).run();
  }
  /** {@link erf} on the pool. */
  erfAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.erf, this, options?.out));
  }

  /**
   * x times the probability that a normal number is below x, of each element; the exact form, as torch has it by default.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[-1, 2]]).gelu(); // [[-0.158655254, 1.954499736]]
   * ```
   */
  gelu(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.gelu, this, options?.out).run();
  }
  /** {@link gelu} on the pool. */
  geluAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.gelu, this, options?.out));
  }

  /**
   * x sigmoid(x) of each element, also called swish.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 2]]).silu(); // [[0, 1.761594156]]
   * ```
   */
  silu(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.silu, this, options?.out).run();
  }
  /** {@link silu} on the pool. */
  siluAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.silu, this, options?.out));
  }

  /**
   * log(1 + exp(x)) of each element.
   *
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_PARAMETER} when `out` overlaps this matrix without being it
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 100]]).softplus(); // [[0.693147181, 100]]
   * ```
   */
  softplus(options?: OutOptions): Matrix<T> {
    return prepareUnary(UNARY.softplus, this, options?.out).run();
  }
  /** {@link softplus} on the pool. */
  softplusAsync(options?: AsyncOptions): Promise<Matrix<T>> {
    return later(options, () => prepareUnary(UNARY.softplus, this, options?.out));
  }
}
