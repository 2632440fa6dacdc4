/**
 * Distances between all rows of two matrices, as sklearn.metrics.pairwise has them. They are computed from differences,
 * not from |x|^2 + |y|^2 - 2xy, so that near rows keep their digits.
 */
import { shapeOf } from '../core/linalg/base.js';
import {
  type AsyncOptions,
  later,
  type OutOptions,
  type PreparedCall,
  requireSameType,
  resolveOut,
} from '../core/linalg/call.js';
import { type FloatArray, Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkNames, show } from '../core/params.js';
import { toBorealError, ValidationError } from '../errors.js';
import { type CancelHandle, native } from '../native.js';

const { matrixDistance, matrixDistanceAsync } = native;

/** By their numbers in native/kernels/distance_kernels.h. */
const METRICS = { euclidean: 0, sqeuclidean: 1, manhattan: 2, cosine: 3 } as const;

/**
 * A distance of two rows x and y: `euclidean` |x - y|, `sqeuclidean` |x - y|^2, `manhattan` sum |x_k - y_k|, `cosine`
 * 1 - xy / (|x| |y|).
 */
export type Metric = keyof typeof METRICS;

/** Options of {@link pairwiseDistances}. */
export interface PairwiseOptions extends OutOptions {
  /** Default 'euclidean'. */
  readonly metric?: Metric;
}

/** Options of {@link euclideanDistances}. */
export interface EuclideanOptions extends OutOptions {
  /** Leave out the square roots. Default false. */
  readonly squared?: boolean;
}

class DistanceCall implements PreparedCall<Matrix> {
  constructor(
    readonly code: number,
    readonly x: Matrix,
    readonly y: Matrix | null,
    readonly out: Matrix,
  ) {}
  get inputs(): FloatArray[] {
    return this.y === null ? [this.x.data] : [this.x.data, this.y.data];
  }
  get inPlace() {
    return false;
  }
  run(): Matrix {
    const { x, y, out } = this;
    try {
      matrixDistance(this.code, x.data, y === null ? null : y.data, out.data, out.rows, out.cols, x.cols);
    } catch (error) {
      throw toBorealError(error);
    }
    return out;
  }
  start(written: FloatArray, cancel: CancelHandle | null): Promise<void> {
    const { x, y, out } = this;
    const yData = y === null ? null : y.data;
    return matrixDistanceAsync(this.code, x.data, yData, written, out.rows, out.cols, x.cols, cancel);
  }
  result(): Matrix {
    return this.out;
  }
}

function prepare(
  owner: string,
  X: NumericMatrixLike,
  Y: NumericMatrixLike | null | undefined,
  metric: Metric,
  options: OutOptions = {},
  ...names: string[]
): DistanceCall {
  checkNames(owner, options, [...names, 'out']);
  const { out } = options;
  if (!Object.hasOwn(METRICS, metric)) {
    const allowed = Object.keys(METRICS).join(', ');
    throw new ValidationError('ERR_PARAMETER', `metric must be one of ${allowed}; got ${show(metric)}.`);
  }
  const x = Matrix.from(X);
  const code = (METRICS[metric] << 1) | x.typeBit;
  if (Y === null || Y === undefined) {
    return new DistanceCall(code, x, null, resolveOut(x, x.rows, x.rows, out));
  }
  // Plain rows have no element type of their own and take that of X.
  const y = Matrix.from(Y, undefined, Array.isArray(Y) ? x.dtype : undefined);
  requireSameType(x, y, 'Y');
  if (x.cols !== y.cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `X ${shapeOf(x)} and Y ${shapeOf(y)} must have the same number of columns.`,
    );
  }
  return new DistanceCall(code, x, y, resolveOut(x, x.rows, y.rows, out));
}

/**
 * The distance of every row of X to every row of Y, or of X itself when Y is left out: then the diagonal is 0.
 *
 * NaN in a row makes its distances NaN. The cosine distance of a row of zeros to any other is 1. The result has X's
 * element type, and each of its values has the same bits whatever the other rows and the number of threads are.
 *
 * Differs from scikit-learn: NaN and infinities are computed with, not refused; float32 is computed in float32
 * (squares of differences beyond 1e19 are then infinite, below 1e-23 zero).
 *
 * @param X - [m, d]
 * @param Y - [n, d], of X's element type; plain rows take it. Default X
 * @param options - `metric` (default 'euclidean'), `out`
 * @returns [m, n]
 * @throws {ERR_SHAPE} when the columns differ, or `out` is not [m, n]
 * @throws {ERR_DTYPE} when the element types differ
 * @throws {ERR_PARAMETER} when there is no such metric or option, or `out` overlaps X or Y
 * @example
 * ```ts
 * import { pairwiseDistances } from 'boreal';
 * pairwiseDistances([[0, 0], [3, 4]]); // [[0, 5], [5, 0]]
 * pairwiseDistances([[0, 0], [3, 4]], [[3, 0]], { metric: 'manhattan' }); // [[3], [4]]
 * ```
 */
export function pairwiseDistances(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: PairwiseOptions,
): Matrix {
  return prepare('pairwiseDistances', X, Y, options?.metric ?? 'euclidean', options, 'metric').run();
}
/** {@link pairwiseDistances} on the pool. */
export function pairwiseDistancesAsync(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: PairwiseOptions & AsyncOptions,
): Promise<Matrix> {
  return later(options, () =>
    prepare('pairwiseDistancesAsync', X, Y, options?.metric ?? 'euclidean', options, 'metric', 'signal'),
  );
}

/**
 * {@link pairwiseDistances} with the metric 'euclidean', or 'sqeuclidean' for `squared`.
 *
 * Differs from scikit-learn: near rows far from the origin keep their digits.
 *
 * @throws as {@link pairwiseDistances}
 * @example
 * ```ts
 * import { euclideanDistances } from 'boreal';
 * euclideanDistances([[1e8]], [[1e8 + 1]]); // [[1]]
 * euclideanDistances([[0, 0]], [[1, 2]], { squared: true }); // [[5]]
 * ```
 */
export function euclideanDistances(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: EuclideanOptions,
): Matrix {
  return prepare(
    'euclideanDistances',
    X,
    Y,
    options?.squared ? 'sqeuclidean' : 'euclidean',
    options,
    'squared',
  ).run();
}
/** {@link euclideanDistances} on the pool. */
export function euclideanDistancesAsync(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: EuclideanOptions & AsyncOptions,
): Promise<Matrix> {
  return later(options, () =>
    prepare(
      'euclideanDistancesAsync',
      X,
      Y,
      options?.squared ? 'sqeuclidean' : 'euclidean',
      options,
      'squared',
      'signal',
    ),
  );
}

/**
 * {@link pairwiseDistances} with the metric 'cosine': from 0, the same direction, to 2, the opposite.
 *
 * @throws as {@link pairwiseDistances}
 * @example
 * ```ts
 * import { cosineDistances } from 'boreal';
 * cosineDistances([[1, 0]], [[0, 5], [0, 0], [2, 0]]); // [[1, 1, 0]]
 * ```
 */
export function cosineDistances(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: OutOptions,
): Matrix {
  return prepare('cosineDistances', X, Y, 'cosine', options).run();
}
/** {@link cosineDistances} on the pool. */
export function cosineDistancesAsync(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: AsyncOptions,
): Promise<Matrix> {
  return later(options, () => prepare('cosineDistancesAsync', X, Y, 'cosine', options, 'signal'));
}

/**
 * {@link pairwiseDistances} with the metric 'manhattan'.
 *
 * @throws as {@link pairwiseDistances}
 * @example
 * ```ts
 * import { manhattanDistances } from 'boreal';
 * manhattanDistances([[1, 2]], [[3, 5]]); // [[5]]
 * ```
 */
export function manhattanDistances(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: OutOptions,
): Matrix {
  return prepare('manhattanDistances', X, Y, 'manhattan', options).run();
}
/** {@link manhattanDistances} on the pool. */
export function manhattanDistancesAsync(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options?: AsyncOptions,
): Promise<Matrix> {
  return later(options, () => prepare('manhattanDistancesAsync', X, Y, 'manhattan', options, 'signal'));
}
