/**
 * Decompositions of matrices and what follows from them. The arithmetic is float64, also for float32 matrices, whose
 * results are rounded at the end. Each method has a twin on the pool; both give the same bits at any number of threads.
 */
import { toBorealError, ValidationError } from '../../errors.js';
import { type FloatArray, native } from '../../native.js';
import { withCancel } from '../cancellation.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, type MatrixBase, shapeOf } from './base.js';
import { requireSameType, type SignalOptions } from './call.js';
import { sameArray } from './memory.js';
import { Selection } from './selection.js';

const { matrixDecompose, matrixDecomposeAsync } = native;

/** Kind of native/binding/matrix_decomposition.cc. */
enum Kind {
  Cholesky,
  Qr,
  Svd,
  Eigh,
  Inverse,
  Pinv,
  Solve,
  LeastSquares,
  Rank,
  Determinant,
}
/** The bits of the code above its type bit. */
const KIND_SHIFT = 1;
const FULL = 1 << 5;

/** Options of {@link Decompositions.qr}. */
export interface QrOptions {
  /** 'reduced': q has min(rows, cols) columns; 'full': q is square. Default 'reduced', as in numpy. */
  readonly mode?: 'reduced' | 'full';
}
/** What {@link Decompositions.qr} gives: `q` with orthonormal columns, `r` upper triangular. */
export interface Qr<T extends FloatArray = FloatArray> {
  readonly q: Matrix<T>;
  readonly r: Matrix<T>;
}
/** Options of {@link Decompositions.svd}. */
export interface SvdOptions {
  /** Whether u and vt are squares. Default false: u is [rows, k], vt [k, cols] with k = min(rows, cols). */
  readonly fullMatrices?: boolean;
}
/** What {@link Decompositions.svd} gives: the matrix is u diag(s) vt, `s` descending. */
export interface Svd<T extends FloatArray = FloatArray> {
  readonly u: Matrix<T>;
  readonly s: T;
  readonly vt: Matrix<T>;
}
/** What {@link Decompositions.eigh} gives: `values` ascending, column i of `vectors` belongs to `values[i]`. */
export interface Eigh<T extends FloatArray = FloatArray> {
  readonly values: T;
  readonly vectors: Matrix<T>;
}
/** Options of {@link Decompositions.lstsq} and {@link Decompositions.pinv}. */
export interface CutoffOptions {
  /** Singular values up to this part of the largest count as zero. Default: machine epsilon times max(rows, cols). */
  readonly rcond?: number;
}
/** What {@link Decompositions.lstsq} gives. */
export interface LeastSquares<T extends FloatArray = FloatArray> {
  /** [cols, columns of b]: of all that come closest, the one of least norm. */
  readonly x: Matrix<T>;
  /** The number of singular values that are not taken as zero. */
  readonly rank: number;
  /** Descending. */
  readonly singularValues: T;
}
/** Options of {@link Decompositions.rank}. */
export interface RankOptions {
  /** Singular values up to this one count as zero. Default: machine epsilon * max(rows, cols) * the largest. */
  readonly tolerance?: number;
}
/** What {@link Decompositions.logDeterminant} gives: the determinant is sign * exp(logAbs). */
export interface LogDeterminant {
  /** 1, -1, or 0 for a singular matrix. */
  readonly sign: number;
  /** -Infinity for a singular matrix. */
  readonly logAbs: number;
}

/** One native call with checked arguments, not made yet. */
class DecompositionCall<R> {
  constructor(
    readonly code: number,
    readonly a: MatrixBase,
    readonly outputs: readonly FloatArray[],
    readonly result: (numbers: Float64Array) => R,
    readonly number = 0,
    readonly b: MatrixBase | null = null,
  ) {}
  run(): R {
    try {
      return this.result(matrixDecompose(...this.arguments()));
    } catch (error) {
      throw toBorealError(error);
    }
  }
  async start(options: SignalOptions | undefined): Promise<R> {
    const numbers = await withCancel(options?.signal, (cancel) =>
      matrixDecomposeAsync(...this.arguments(), cancel),
    );
    return this.result(numbers);
  }
  private arguments(): Parameters<typeof matrixDecompose> {
    const { code, a, b, number } = this;
    const [first = null, second = null, third = null] = this.outputs;
    return [code, a.data, a.rows, a.cols, b?.data ?? null, b?.cols ?? 0, number, first, second, third];
  }
}

function requireSquare(a: MatrixBase): void {
  if (a.rows !== a.cols)
    throw new ValidationError('ERR_SHAPE', `The matrix must be square; it is ${shapeOf(a)}.`);
}

function codeOf(kind: Kind, a: MatrixBase): number {
  return (kind << KIND_SHIFT) | a.typeBit;
}

function newMatrix<T extends FloatArray>(like: MatrixBase<T>, rows: number, cols: number): Matrix<T> {
  return createMatrix(sameArray(like.data, rows * cols), rows, cols);
}

/** A call of a square matrix that gives a matrix of the same shape. */
function prepareSquare<T extends FloatArray>(kind: Kind, a: MatrixBase<T>): DecompositionCall<Matrix<T>> {
  requireSquare(a);
  const out = newMatrix(a, a.rows, a.cols);
  return new DecompositionCall(codeOf(kind, a), a, [out.data], () => out);
}

function prepareQr<T extends FloatArray>(a: MatrixBase<T>, options?: QrOptions): DecompositionCall<Qr<T>> {
  const mode = options?.mode ?? 'reduced';
  if (mode !== 'reduced' && mode !== 'full') {
    throw new ValidationError('ERR_PARAMETER', `mode must be 'reduced' or 'full'; got ${show(mode)}.`);
  }
  const k = mode === 'full' ? a.rows : Math.min(a.rows, a.cols);
  const q = newMatrix(a, a.rows, k);
  const r = newMatrix(a, k, a.cols);
  const code = codeOf(Kind.Qr, a) | (mode === 'full' ? FULL : 0);
  return new DecompositionCall(code, a, [q.data, r.data], () => ({ q, r }));
}

function prepareSvd<T extends FloatArray>(a: MatrixBase<T>, options?: SvdOptions): DecompositionCall<Svd<T>> {
  const full = options?.fullMatrices ?? false;
  if (typeof full !== 'boolean') {
    throw new ValidationError('ERR_PARAMETER', `fullMatrices must be true or false; got ${show(full)}.`);
  }
  const k = Math.min(a.rows, a.cols);
  const u = newMatrix(a, a.rows, full ? a.rows : k);
  const s = sameArray(a.data, k);
  const vt = newMatrix(a, full ? a.cols : k, a.cols);
  const code = codeOf(Kind.Svd, a) | (full ? FULL : 0);
  return new DecompositionCall(code, a, [u.data, s, vt.data], () => ({ u, s, vt }));
}

function prepareEigh<T extends FloatArray>(a: MatrixBase<T>): DecompositionCall<Eigh<T>> {
  requireSquare(a);
  const values = sameArray(a.data, a.rows);
  const vectors = newMatrix(a, a.rows, a.rows);
  return new DecompositionCall(codeOf(Kind.Eigh, a), a, [values, vectors.data], () => ({ values, vectors }));
}

function rightHandSide(a: MatrixBase, b: Matrix): Matrix {
  requireSameType(a, b, 'the right-hand side');
  if (b.rows !== a.rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `A right-hand side for a matrix of the shape ${shapeOf(a)} needs ${a.rows} rows; it is ${shapeOf(b)}.`,
    );
  }
  return b;
}

/** A cutoff that the caller gave, or the default; never negative. */
function cutoff(name: string, given: number | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (typeof given !== 'number' || !(given >= 0)) {
    throw new ValidationError('ERR_PARAMETER', `${name} must be a number >= 0; got ${show(given)}.`);
  }
  return given;
}

/** What rounding has done to singular values, relative to the largest. */
function defaultRcond(a: MatrixBase): number {
  return (a.dtype === 'float32' ? 2 ** -23 : Number.EPSILON) * Math.max(a.rows, a.cols);
}

function prepareLstsq<T extends FloatArray>(
  a: MatrixBase<T>,
  b: Matrix,
  options?: CutoffOptions,
): DecompositionCall<LeastSquares<T>> {
  const rcond = cutoff('rcond', options?.rcond, defaultRcond(a));
  const right = rightHandSide(a, b);
  const x = newMatrix(a, a.cols, right.cols);
  const singularValues = sameArray(a.data, Math.min(a.rows, a.cols));
  const result = (numbers: Float64Array) => ({ x, rank: numbers[0], singularValues });
  return new DecompositionCall(
    codeOf(Kind.LeastSquares, a),
    a,
    [x.data, singularValues],
    result,
    rcond,
    right,
  );
}

function prepareSolve<T extends FloatArray>(a: MatrixBase<T>, b: Matrix): DecompositionCall<Matrix<T>> {
  const right = rightHandSide(a, b);
  const x = newMatrix(a, a.cols, right.cols);
  if (a.rows === a.cols) {
    return new DecompositionCall(codeOf(Kind.Solve, a), a, [x.data], () => x, 0, right);
  }
  const { code, outputs, number } = prepareLstsq(a, b);
  return new DecompositionCall(code, a, [x.data, outputs[1]], () => x, number, right);
}

function preparePinv<T extends FloatArray>(
  a: MatrixBase<T>,
  options?: CutoffOptions,
): DecompositionCall<Matrix<T>> {
  const rcond = cutoff('rcond', options?.rcond, defaultRcond(a));
  const out = newMatrix(a, a.cols, a.rows);
  return new DecompositionCall(codeOf(Kind.Pinv, a), a, [out.data], () => out, rcond);
}

function prepareRank(a: MatrixBase, options?: RankOptions): DecompositionCall<number> {
  // The native core takes a negative one relative to the largest singular value.
  const tolerance = cutoff('tolerance', options?.tolerance, -defaultRcond(a));
  return new DecompositionCall(codeOf(Kind.Rank, a), a, [], (numbers) => numbers[0], tolerance);
}

function prepareDeterminant<R>(
  a: MatrixBase,
  result: (sign: number, logAbs: number, value: number) => R,
): DecompositionCall<R> {
  requireSquare(a);
  return new DecompositionCall(codeOf(Kind.Determinant, a), a, [], ([sign, logAbs, value]) =>
    result(sign, logAbs, value),
  );
}
const logDeterminantOf = (sign: number, logAbs: number): LogDeterminant => ({ sign, logAbs });
const determinantOf = (_sign: number, _logAbs: number, value: number): number => value;

/** The layer of {@link Matrix} with decompositions. */
export class Decompositions<T extends FloatArray = FloatArray> extends Selection<T> {
  /**
   * The solution x of this x = b: exact for a square matrix (LU with partial pivoting), in the sense of least squares
   * for any other (as {@link lstsq}).
   *
   * Differs from numpy: a square matrix whose reciprocal condition number is below machine epsilon is refused, and a
   * matrix that is not square is not.
   *
   * @param b - [rows, m], of the same element type
   * @returns [cols, m]
   * @throws {ERR_SHAPE} when b has another number of rows
   * @throws {ERR_SINGULAR} when a square matrix is singular, exactly or to working precision
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value of either matrix is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const a = Matrix.from([[2, 0], [1, 4]]);
   * a.solve(Matrix.from([[2], [9]])); // [[1], [2]]
   * ```
   */
  solve(b: Matrix): Matrix<T> {
    return prepareSolve(this, b).run();
  }
  /** {@link solve} on the pool. */
  async solveAsync(b: Matrix, options?: SignalOptions): Promise<Matrix<T>> {
    return prepareSolve(this, b).start(options);
  }

  /**
   * The vectors x, one for each column of b, that come closest to this x = b in the sense of least squares; of several
   * the one of least norm. By the singular value decomposition.
   *
   * @param b - [rows, m], of the same element type
   * @throws {ERR_SHAPE} when b has another number of rows
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value of either matrix is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const a = Matrix.from([[1, 0], [1, 0], [1, 0]]);
   * const { x, rank } = a.lstsq(Matrix.from([[1], [2], [6]]));
   * rank; // 1
   * Math.round(x.data[0]); // 3
   * ```
   */
  lstsq(b: Matrix, options?: CutoffOptions): LeastSquares<T> {
    return prepareLstsq(this, b, options).run();
  }
  /** {@link lstsq} on the pool. */
  async lstsqAsync(b: Matrix, options?: CutoffOptions & SignalOptions): Promise<LeastSquares<T>> {
    return prepareLstsq(this, b, options).start(options);
  }

  /**
   * The inverse of a square matrix. To solve equations, {@link solve} is faster and more accurate.
   *
   * @throws {ERR_SHAPE} when the matrix isn't square
   * @throws {ERR_SINGULAR} when it is singular, exactly or to working precision
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[2, 0], [0, 4]]).inverse(); // [[0.5, 0], [0, 0.25]]
   * ```
   */
  inverse(): Matrix<T> {
    return prepareSquare(Kind.Inverse, this).run();
  }
  /** {@link inverse} on the pool. */
  async inverseAsync(options?: SignalOptions): Promise<Matrix<T>> {
    return prepareSquare(Kind.Inverse, this).start(options);
  }

  /**
   * The Moore-Penrose inverse, [cols, rows], of any matrix.
   *
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[2, 0], [0, 0]]).pinv(); // [[0.5, 0], [0, 0]]
   * ```
   */
  pinv(options?: CutoffOptions): Matrix<T> {
    return preparePinv(this, options).run();
  }
  /** {@link pinv} on the pool. */
  async pinvAsync(options?: CutoffOptions & SignalOptions): Promise<Matrix<T>> {
    return preparePinv(this, options).start(options);
  }

  /**
   * The lower triangular factor L of a symmetric positive definite matrix, which is L times its transpose. Only the
   * lower half of the matrix is read.
   *
   * @throws {ERR_SHAPE} when the matrix isn't square
   * @throws {ERR_NOT_POSITIVE_DEFINITE} when it isn't; `row` is that of the pivot
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value of the lower half is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[4, 2], [2, 10]]).cholesky(); // [[2, 0], [1, 3]]
   * ```
   */
  cholesky(): Matrix<T> {
    return prepareSquare(Kind.Cholesky, this).run();
  }
  /** {@link cholesky} on the pool. */
  async choleskyAsync(options?: SignalOptions): Promise<Matrix<T>> {
    return prepareSquare(Kind.Cholesky, this).start(options);
  }

  /**
   * The matrix as a product of `q`, whose columns are orthonormal, and an upper triangular `r`, by Householder
   * reflections. Signs are LAPACK's, and so numpy's: the diagonal of r may be negative.
   *
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const { q, r } = Matrix.from([[1, 2], [0, 3], [0, 0]]).qr();
   * q.rows; // 3
   * r; // [[1, 2], [0, 3]]
   * ```
   */
  qr(options?: QrOptions): Qr<T> {
    return prepareQr(this, options).run();
  }
  /** {@link qr} on the pool. */
  async qrAsync(options?: QrOptions & SignalOptions): Promise<Qr<T>> {
    return prepareQr(this, options).start(options);
  }

  /**
   * The singular value decomposition u diag(s) vt. The signs of a pair of vectors, a column of u and a row of vt, are
   * arbitrary.
   *
   * Differs from numpy: `fullMatrices` is false by default.
   *
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const { u, s, vt } = Matrix.from([[0, 2], [1, 0], [0, 0]]).svd();
   * s; // [2, 1]
   * [u.rows, u.cols, vt.rows, vt.cols]; // [3, 2, 2, 2]
   * ```
   */
  svd(options?: SvdOptions): Svd<T> {
    return prepareSvd(this, options).run();
  }
  /** {@link svd} on the pool. */
  async svdAsync(options?: SvdOptions & SignalOptions): Promise<Svd<T>> {
    return prepareSvd(this, options).start(options);
  }

  /**
   * The eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix, of which only the lower half is
   * read. The signs of the vectors are arbitrary.
   *
   * @throws {ERR_SHAPE} when the matrix isn't square
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value of the lower half is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const { values } = Matrix.from([[3, 0], [0, 1]]).eigh();
   * values; // [1, 3]
   * ```
   */
  eigh(): Eigh<T> {
    return prepareEigh(this).run();
  }
  /** {@link eigh} on the pool. */
  async eighAsync(options?: SignalOptions): Promise<Eigh<T>> {
    return prepareEigh(this).start(options);
  }

  /**
   * The determinant of a square matrix; 1 for [0, 0]. It overflows easily: see {@link logDeterminant}.
   *
   * @throws {ERR_SHAPE} when the matrix isn't square
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 2], [3, 1]]).determinant(); // -6
   * ```
   */
  determinant(): number {
    return prepareDeterminant(this, determinantOf).run();
  }
  /** {@link determinant} on the pool. */
  async determinantAsync(options?: SignalOptions): Promise<number> {
    return prepareDeterminant(this, determinantOf).start(options);
  }

  /**
   * The sign and the logarithm of the magnitude of the determinant.
   *
   * @throws {ERR_SHAPE} when the matrix isn't square
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[0, 1], [1, 0]]).logDeterminant(); // { sign: -1, logAbs: 0 }
   * ```
   */
  logDeterminant(): LogDeterminant {
    return prepareDeterminant(this, logDeterminantOf).run();
  }
  /** {@link logDeterminant} on the pool. */
  async logDeterminantAsync(options?: SignalOptions): Promise<LogDeterminant> {
    return prepareDeterminant(this, logDeterminantOf).start(options);
  }

  /**
   * The rank: the number of singular values that aren't zero to working precision.
   *
   * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * Matrix.from([[1, 2], [2, 4], [3, 6]]).rank(); // 1
   * ```
   */
  rank(options?: RankOptions): number {
    return prepareRank(this, options).run();
  }
  /** {@link rank} on the pool. */
  async rankAsync(options?: RankOptions & SignalOptions): Promise<number> {
    return prepareRank(this, options).start(options);
  }
}
