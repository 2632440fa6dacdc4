/** Distances of their own kind: with gaps, on a sphere, of pairs, and to the nearest row. */
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { bool, checkNames, checkParams, custom, requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { byRows, other } from './kernels.js';
import { type Metric, pairwiseDistances } from './pairwise.js';

/** Values of a block of distances that is held at a time: 8 MiB. */
const BLOCK_VALUES = 1 << 20;

/**
 * Euclidean distances over the columns that both rows have, scaled up to all columns: sqrt(columns / present * sum (x_k - y_k)^2). NaN
 * where there are none.
 *
 * @param X - [m, d]; NaN is missing
 * @param Y - [n, d]; default X
 * @param options - `squared`: leave out the square root, default false; `missingValues`: the number that stands for missing, and then
 *   nothing else does, default NaN
 * @returns [m, n]
 * @throws {ERR_SHAPE | ERR_DTYPE} when X and Y have other columns or element types
 * @throws {ERR_INPUT_INFINITE | ERR_INPUT_NAN | ERR_PARAMETER} for an infinite number, NaN beside another `missingValues`, or a bad option
 * @example
 * ```ts
 * import { nanEuclideanDistances } from 'boreal';
 * nanEuclideanDistances([[3, NaN]], [[1, 4]], { squared: true }); // [[8]]
 * ```
 */
export function nanEuclideanDistances(
  X: NumericMatrixLike,
  Y?: NumericMatrixLike | null,
  options: { readonly squared?: boolean; readonly missingValues?: number } = {},
): Matrix {
  requireOptions(options);
  const { squared = false, missingValues = Number.NaN, ...unknown } = options;
  const missing = custom('NaN or a finite number', (v) => typeof v === 'number' && Math.abs(v) !== Infinity);
  const settings = { ...unknown, squared, missingValues };
  checkParams('nanEuclideanDistances', settings, { squared: bool, missingValues: missing });
  const first = Matrix.from(X);
  const second = Y ? withGaps(other(first, Y), missingValues) : null;
  return byRows(withGaps(first, missingValues), second, (x, y) => {
    let [sum, present] = [0, 0];
    for (let k = 0; k < x.length; k++) {
      const difference = x[k] - y[k];
      if (Number.isNaN(difference)) continue;
      sum += difference * difference;
      present += 1;
    }
    const scaled = present === 0 ? Number.NaN : (x.length / present) * sum;
    return squared ? scaled : Math.sqrt(scaled);
  });
}

/** NaN where values are missing. */
function withGaps(x: Matrix, missing: number): Matrix {
  const refuse = (code: 'ERR_INPUT_INFINITE' | 'ERR_INPUT_NAN', what: string) =>
    new ValidationError(code, `nanEuclideanDistances: a number is ${what}.`);
  if (x.data.some((value) => Math.abs(value) === Infinity)) throw refuse('ERR_INPUT_INFINITE', 'infinite');
  if (Number.isNaN(missing)) return x;
  if (x.data.some(Number.isNaN)) throw refuse('ERR_INPUT_NAN', `NaN, but missing are values of ${missing}`);
  return new Matrix(
    x.data.map((value) => (value === missing ? Number.NaN : value)),
    x.rows,
    x.cols,
  );
}

/**
 * Great-circle distances on a sphere of radius 1 (the haversine formula): times 6371 they are kilometres on Earth.
 *
 * @param X - [m, 2]: latitude and longitude in radians
 * @param Y - [n, 2]; default X
 * @returns [m, n] in radians
 * @throws {ERR_SHAPE} when there are not two columns
 * @example
 * ```ts
 * import { haversineDistances } from 'boreal';
 * haversineDistances([[0, 0]], [[0, Math.PI / 2]]).toArray()[0][0]; // 1.5707963267948966
 * ```
 */
export function haversineDistances(X: NumericMatrixLike, Y?: NumericMatrixLike | null): Matrix {
  const { cols } = Matrix.from(X);
  if (cols !== 2)
    throw new ValidationError(
      'ERR_SHAPE',
      `haversineDistances reads latitudes and longitudes; X has ${cols} columns.`,
    );
  return byRows(X, Y, (x, y) => {
    const [across, along] = [Math.sin((x[0] - y[0]) / 2), Math.sin((x[1] - y[1]) / 2)];
    return 2 * Math.asin(Math.sqrt(across ** 2 + Math.cos(x[0]) * Math.cos(y[0]) * along ** 2));
  });
}

/**
 * The distance of each row of X to the row of Y in its place.
 *
 * @param options - `metric`: as in {@link pairwiseDistances}. Default 'euclidean'
 * @returns [rows]
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_PARAMETER} when X and Y have other shapes or element types, or there is no such metric
 * @example
 * ```ts
 * import { pairedDistances } from 'boreal';
 * pairedDistances([[0, 1], [1, 1]], [[0, 1], [2, 1]]); // [0, 1]
 * ```
 */
export function pairedDistances(
  X: NumericMatrixLike,
  Y: NumericMatrixLike,
  options: { readonly metric?: Metric } = {},
): Float64Array {
  requireOptions(options);
  const { metric = 'euclidean', ...unknown } = options;
  checkNames('pairedDistances', unknown, ['metric']);
  const x = Matrix.from(X);
  const y = other(x, Y);
  if (x.rows !== y.rows || x.cols !== y.cols) {
    const message = `X [${x.rows}, ${x.cols}] and Y [${y.rows}, ${y.cols}] must have the same shape.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return Float64Array.from({ length: x.rows }, (_, i) => {
    return pairwiseDistances(x.slice(i, i + 1), y.slice(i, i + 1), { metric }).data[0];
  });
}

/** Options of {@link pairwiseDistancesArgminMin}. */
export interface NearestRowsOptions {
  /** As in {@link pairwiseDistances}. Default 'euclidean'. */
  readonly metric?: Metric;
  /** 1: a row of Y for each of X; 0: a row of X for each of Y. Default 1. */
  readonly axis?: 0 | 1;
}

/** What {@link pairwiseDistancesArgminMin} gives. */
export interface NearestRows {
  /** The nearest row of Y for each of X, by `axis: 0` the other way round; of equally near ones the first. */
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/**
 * The row of Y that is nearest to each row of X, and its distance. Holds the distances of some rows at a time.
 *
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_PARAMETER} as {@link pairwiseDistances}
 * @throws {ERR_EMPTY} when Y, by `axis: 0` X, has no rows
 * @example
 * ```ts
 * import { pairwiseDistancesArgminMin } from 'boreal';
 * const { indices, distances } = pairwiseDistancesArgminMin([[0], [9]], [[1], [5], [7]]);
 * indices; // [0, 2]
 * distances; // [1, 2]
 * ```
 */
export function pairwiseDistancesArgminMin(
  X: NumericMatrixLike,
  Y: NumericMatrixLike,
  options: NearestRowsOptions = {},
): NearestRows {
  requireOptions(options);
  const { metric = 'euclidean', axis = 1, ...unknown } = options;
  const owner = 'pairwiseDistancesArgminMin';
  checkNames(owner, unknown, ['metric', 'axis']);
  if (axis !== 0 && axis !== 1) throw new ValidationError('ERR_PARAMETER', `${owner}: axis must be 0 or 1.`);
  if (axis === 0) return pairwiseDistancesArgminMin(Y, X, { metric });
  const x = Matrix.from(X);
  const y = other(x, Y);
  if (y.rows === 0) throw new ValidationError('ERR_EMPTY', `${owner}: there are no rows to be near to.`);
  const indices = new Int32Array(x.rows);
  const distances = new Float64Array(x.rows);
  const step = Math.max(1, Math.floor(BLOCK_VALUES / y.rows));
  for (let from = 0; from < x.rows; from += step) {
    const block = pairwiseDistances(x.slice(from, from + step), y, { metric });
    for (let i = 0; i < block.rows; i++) {
      const row = block.row(i);
      let nearest = 0;
      for (let j = 1; j < row.length; j++) if (row[j] < row[nearest]) nearest = j;
      indices[from + i] = nearest;
      distances[from + i] = row[nearest];
    }
  }
  return { indices, distances };
}

/**
 * The row of Y that is nearest to each row of X: see {@link pairwiseDistancesArgminMin}.
 *
 * @example
 * ```ts
 * import { pairwiseDistancesArgmin } from 'boreal';
 * pairwiseDistancesArgmin([[0], [9]], [[1], [5], [7]]); // [0, 2]
 * ```
 */
export function pairwiseDistancesArgmin(
  X: NumericMatrixLike,
  Y: NumericMatrixLike,
  options: NearestRowsOptions = {},
): Int32Array {
  return pairwiseDistancesArgminMin(X, Y, options).indices;
}
