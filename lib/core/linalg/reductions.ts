/** Sums, means, extremes, norms: a matrix reduced to a number, to one row or to one column. */
import { ValidationError } from '../../errors.js';
import type { FloatArray } from '../../native.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { type AsyncOptions, later, type OutOptions, type SignalOptions } from './call.js';
import { Layout } from './layout.js';
import { type Axis, PositionCall, Reduction, reduceLater, reduceNow } from './reduce.js';

/** What a reduction gives: a matrix over one axis, a number over both. */
export type Reduced<T extends FloatArray, A extends Axis | undefined> = A extends Axis ? Matrix<T> : number;
/** What argmax and argmin give: positions over one axis, one position over both. */
export type Positions<A extends Axis | undefined> = A extends Axis ? Int32Array : number;

/** Options of {@link Reductions.variance} and {@link Reductions.std}. */
export interface SpreadOptions extends OutOptions {
  /** The divisor is the number of values minus this. Default 0; 1 makes an unbiased estimate of a sample. */
  readonly ddof?: number;
}

/** Norms of a matrix, and of vectors. */
export type MatrixNorm = 'fro' | 1 | 'max' | typeof Infinity;
export type VectorNorm = 1 | 2 | typeof Infinity;
/** Options of {@link Reductions.norm} of vectors. */
export interface NormOptions extends OutOptions {
  readonly axis: Axis;
}

function vectorNorm(kind: unknown = 2): Reduction {
  if (kind === 1) return Reduction.Norm1;
  if (kind === 2) return Reduction.Norm2;
  if (kind === Infinity) return Reduction.NormMax;
  throw new ValidationError('ERR_PARAMETER', `A norm of vectors is 1, 2 or Infinity; got ${show(kind)}.`);
}

/** The reduction that gives the norm, or with an axis the values of which the largest is the norm. */
function matrixNorm(kind: unknown = 'fro'): { reduction: Reduction; axis?: Axis } {
  if (kind === 'fro') return { reduction: Reduction.Norm2 };
  if (kind === 'max') return { reduction: Reduction.NormMax };
  if (kind === 1) return { reduction: Reduction.Norm1, axis: 0 };
  if (kind === Infinity) return { reduction: Reduction.Norm1, axis: 1 };
  throw new ValidationError(
    'ERR_PARAMETER',
    `A norm of a matrix is 'fro', 1, Infinity or 'max'; got ${show(kind)}. Norms of vectors need an axis.`,
  );
}

const largest = (values: Matrix | number): number => (typeof values === 'number' ? values : values.max());

/** The layer of {@link Matrix} with reductions. */
export class Reductions<T extends FloatArray = FloatArray> extends Layout<T> {
  /**
   * The sum of the values, added up pairwise: the error grows with the logarithm of their number.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.sum(); // 11
   * m.sum(0); // [[4, 7]]
   * m.sum(1); // [[3], [8]]
   * ```
   */
  sum<A extends Axis | undefined = undefined>(axis?: A, options?: OutOptions): Reduced<T, A> {
    return reduceNow(Reduction.Sum, this, axis, options) as Reduced<T, A>;
  }
  /** {@link sum} on the pool. */
  sumAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: OutOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Sum, this, axis, options) as Promise<Reduced<T, A>>;
  }

  /**
   * The mean of the values; NaN of none.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.mean(); // 2.75
   * m.mean(0); // [[2, 3.5]]
   * m.sub(m.mean(1)); // [[-0.5, 0.5], [-1, 1]]
   * ```
   */
  mean<A extends Axis | undefined = undefined>(axis?: A, options?: OutOptions): Reduced<T, A> {
    return reduceNow(Reduction.Mean, this, axis, options) as Reduced<T, A>;
  }
  /** {@link mean} on the pool. */
  meanAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: OutOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Mean, this, axis, options) as Promise<Reduced<T, A>>;
  }

  /**
   * The variance of the values, by a method that does not lose digits to a large mean.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.variance(0); // [[1, 2.25]]
   * m.variance(0, { ddof: 1 }); // [[2, 4.5]]
   * ```
   */
  variance<A extends Axis | undefined = undefined>(axis?: A, options?: SpreadOptions): Reduced<T, A> {
    return reduceNow(Reduction.Variance, this, axis, options, options?.ddof) as Reduced<T, A>;
  }
  /** {@link variance} on the pool. */
  varianceAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: SpreadOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Variance, this, axis, options, options?.ddof) as Promise<Reduced<T, A>>;
  }

  /**
   * The product of the values; 1 of none.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.product(); // 30
   * m.product(1); // [[2], [15]]
   * ```
   */
  product<A extends Axis | undefined = undefined>(axis?: A, options?: OutOptions): Reduced<T, A> {
    return reduceNow(Reduction.Product, this, axis, options) as Reduced<T, A>;
  }
  /** {@link product} on the pool. */
  productAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: OutOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Product, this, axis, options) as Promise<Reduced<T, A>>;
  }

  /**
   * The least value; NaN if one is NaN. {@link Arithmetic.minimum} compares two matrices.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_EMPTY} when there are no values
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.min(); // 1
   * m.min(1); // [[1], [3]]
   * ```
   */
  min<A extends Axis | undefined = undefined>(axis?: A, options?: OutOptions): Reduced<T, A> {
    return reduceNow(Reduction.Min, this, axis, options) as Reduced<T, A>;
  }
  /** {@link min} on the pool. */
  minAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: OutOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Min, this, axis, options) as Promise<Reduced<T, A>>;
  }

  /**
   * The largest value; NaN if one is NaN. {@link Arithmetic.maximum} compares two matrices.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @throws {ERR_EMPTY} when there are no values
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.max(); // 5
   * m.max(0); // [[3, 5]]
   * ```
   */
  max<A extends Axis | undefined = undefined>(axis?: A, options?: OutOptions): Reduced<T, A> {
    return reduceNow(Reduction.Max, this, axis, options) as Reduced<T, A>;
  }
  /** {@link max} on the pool. */
  maxAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: OutOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    return reduceLater(Reduction.Max, this, axis, options) as Promise<Reduced<T, A>>;
  }

  /**
   * The standard deviation of the values: the square root of {@link variance}.
   *
   * @param axis - 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]. Default: of all values, as a number
   * @throws {ERR_PARAMETER} when the axis is another, or `out` overlaps this matrix
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.std(0); // [[1, 1.5]]
   * ```
   */
  std<A extends Axis | undefined = undefined>(axis?: A, options?: SpreadOptions): Reduced<T, A> {
    const variance: Matrix<T> | number = this.variance<Axis | undefined>(axis, options);
    const std = typeof variance === 'number' ? Math.sqrt(variance) : variance.sqrt({ out: variance });
    return std as Reduced<T, A>;
  }
  /** {@link std} on the pool. */
  async stdAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: SpreadOptions & AsyncOptions,
  ): Promise<Reduced<T, A>> {
    const variance: Matrix<T> | number = await this.varianceAsync<Axis | undefined>(axis, options);
    const std = typeof variance === 'number' ? Math.sqrt(variance) : variance.sqrt({ out: variance });
    return std as Reduced<T, A>;
  }

  /**
   * Where the largest value is, the first of equal ones; the first NaN comes before all.
   *
   * @param axis - 0: its row in each column; 1: its column in each row. Default: its place in `data`
   * @throws {ERR_PARAMETER} when the axis is another
   * @throws {ERR_EMPTY} when there are no values
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.argmax(); // 3
   * m.argmax(1); // [1, 1]
   * ```
   */
  argmax<A extends Axis | undefined = undefined>(axis?: A): Positions<A> {
    return new PositionCall(true, this, axis).run() as Positions<A>;
  }
  /** {@link argmax} on the pool. */
  argmaxAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: SignalOptions,
  ): Promise<Positions<A>> {
    return later({ signal: options?.signal }, () => new PositionCall(true, this, axis)) as Promise<
      Positions<A>
    >;
  }

  /**
   * Where the least value is, the first of equal ones; the first NaN comes before all.
   *
   * @param axis - 0: its row in each column; 1: its column in each row. Default: its place in `data`
   * @throws {ERR_PARAMETER} when the axis is another
   * @throws {ERR_EMPTY} when there are no values
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[1, 2], [3, 5]]);
   * m.argmin(); // 0
   * m.argmin(0); // [0, 0]
   * ```
   */
  argmin<A extends Axis | undefined = undefined>(axis?: A): Positions<A> {
    return new PositionCall(false, this, axis).run() as Positions<A>;
  }
  /** {@link argmin} on the pool. */
  argminAsync<A extends Axis | undefined = undefined>(
    axis?: A,
    options?: SignalOptions,
  ): Promise<Positions<A>> {
    return later({ signal: options?.signal }, () => new PositionCall(false, this, axis)) as Promise<
      Positions<A>
    >;
  }

  /**
   * A norm of the matrix, or of each of its columns or rows as a vector; without overflow on the way.
   *
   * Differs from numpy: there is no nuclear norm, and 2 needs an axis (the spectral norm of a matrix is its largest
   * singular value).
   *
   * @param kind - of a matrix: 'fro' (default), the root of the sum of squares; 1, the largest sum of absolute values of
   *   a column; Infinity, that of a row; 'max', the largest absolute value. Of vectors: 1, 2 (default) or Infinity
   * @param options - `axis` 0: of each column, as [1, cols]; 1: of each row, as [rows, 1]
   * @throws {ERR_PARAMETER} when there is no such norm or axis
   * @throws {ERR_SHAPE} when `out` has another shape
   * @example
   * ```ts
   * import { Matrix } from 'boreal';
   * const m = Matrix.from([[3, -4], [0, 5]]);
   * m.norm(); // 7.071067812
   * m.norm(1); // 9
   * m.norm(Infinity); // 7
   * m.norm(2, { axis: 1 }); // [[5], [5]]
   * ```
   */
  norm(kind?: MatrixNorm): number;
  norm(kind: VectorNorm | undefined, options: NormOptions): Matrix<T>;
  norm(kind?: MatrixNorm | VectorNorm, options?: NormOptions): Matrix<T> | number {
    if (options?.axis !== undefined) return reduceNow(vectorNorm(kind), this, options.axis, options);
    const { reduction, axis } = matrixNorm(kind);
    return largest(reduceNow(reduction, this, this.data.length === 0 ? undefined : axis, options));
  }
  /** {@link norm} on the pool. */
  normAsync(kind?: MatrixNorm, options?: SignalOptions): Promise<number>;
  normAsync(kind: VectorNorm | undefined, options: NormOptions & AsyncOptions): Promise<Matrix<T>>;
  async normAsync(
    kind?: MatrixNorm | VectorNorm,
    options?: Partial<NormOptions> & AsyncOptions,
  ): Promise<Matrix<T> | number> {
    if (options?.axis !== undefined) return reduceLater(vectorNorm(kind), this, options.axis, options);
    const { reduction, axis } = matrixNorm(kind);
    return largest(await reduceLater(reduction, this, this.data.length === 0 ? undefined : axis, options));
  }
}
