/** How well clusters are apart, judged by the rows themselves, as scikit-learn 1.9 defines it. */
import { withCancel } from '../core/cancellation.js';
import { toShared } from '../core/fit-input.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { requireOptions, show } from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { encodeClasses, type Labels, toFiniteMatrix } from './input.js';

/** By their numbers in native/kernels/distance_kernels.h. */
const METRICS = { euclidean: 0, sqeuclidean: 1, manhattan: 2, cosine: 3 } as const;

/** Options of {@link silhouetteSamples}. */
export interface SilhouetteOptions {
  /** A distance, or 'precomputed': X is the square matrix of distances. Default 'euclidean'. */
  readonly metric?: keyof typeof METRICS | 'precomputed';
  readonly signal?: AbortSignal;
}

/** Rows of numbers with the cluster of each, and the sizes of the clusters. */
interface Clustered {
  readonly x: Matrix;
  readonly codes: Int32Array;
  readonly sizes: Float64Array;
}

/** @throws {ERR_SHAPE} unless there is a label for each row */
function checkOnePerRow(labels: Labels, rows: number): void {
  if (typeof labels?.length !== 'number' || labels.length !== rows) {
    const length = show(labels?.length);
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but labels has ${length} values.`);
  }
}

function clustered(X: NumericMatrixLike, labels: Labels): Clustered {
  const x = toFiniteMatrix(X, 'X');
  checkOnePerRow(labels, x.rows);
  if (x.rows === 0) throw new ValidationError('ERR_EMPTY', 'A metric needs at least one row.');
  const { classes, codes } = encodeClasses(labels, 'labels');
  if (classes.length < 2 || classes.length >= x.rows) {
    throw new ValidationError(
      'ERR_LABELS',
      `There must be 2 to ${x.rows - 1} clusters of ${x.rows} rows; labels has ${classes.length}.`,
    );
  }
  const sizes = new Float64Array(classes.length);
  for (const code of codes) sizes[code]++;
  return { x, codes, sizes };
}

/**
 * How much nearer each row is to its own cluster than to the next: (b - a) / max(a, b) with a the mean distance to the others of
 * its cluster and b the least mean distance to another cluster (Rousseeuw 1987). All distances are computed, on the pool, and none
 * is kept.
 *
 * Differs from scikit-learn: asynchronous.
 *
 * @param X - rows, or with the metric 'precomputed' their distances, [rows, rows] with zeros on the diagonal
 * @param labels - the cluster of each row; 2 to rows - 1 clusters
 * @param options - `metric`, `signal`
 * @returns one number from -1 to 1 per row; 0 for a row that is alone
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_INPUT_NAN | ERR_INPUT_INFINITE} for bad data; {ERR_PARAMETER} for an unknown metric
 * @example
 * ```ts
 * import { silhouetteSamples } from 'boreal';
 * await silhouetteSamples([[0], [1], [10], [11]], [0, 0, 1, 1]); // 1 - 1 / 10.5, 1 - 1 / 9.5, ...
 * ```
 */
export async function silhouetteSamples(
  X: NumericMatrixLike,
  labels: Labels,
  options: SilhouetteOptions = {},
): Promise<Float64Array> {
  requireOptions(options);
  const { x, codes, sizes } = clustered(X, labels);
  const { metric = 'euclidean' } = options;
  if (metric !== 'precomputed' && !Object.hasOwn(METRICS, metric)) {
    const allowed = [...Object.keys(METRICS), 'precomputed'].join(', ');
    throw new ValidationError('ERR_PARAMETER', `metric must be one of ${allowed}; got ${show(metric)}.`);
  }
  if (metric === 'precomputed' && !isDistances(x)) {
    const message = "With the metric 'precomputed' X must be square, with zeros on its diagonal.";
    throw new ValidationError(x.rows === x.cols ? 'ERR_PARAMETER' : 'ERR_SHAPE', message);
  }
  const code = metric === 'precomputed' ? -1 : METRICS[metric];
  const { data, rows, cols } = toShared(x);
  return withCancel(options.signal, (cancel) =>
    native.silhouettes(data, rows, cols, codes, sizes, code, cancel),
  );
}

function isDistances({ data, rows, cols }: Matrix): boolean {
  if (rows !== cols) return false;
  for (let i = 0; i < rows; i++) if (Math.abs(data[i * cols + i]) > 1e-6) return false;
  return true;
}

/**
 * The mean of {@link silhouetteSamples}: near 1 for dense clusters that are far apart, near 0 for ones that overlap.
 *
 * Differs from scikit-learn: asynchronous.
 *
 * @param options - as {@link silhouetteSamples}; `sampleSize`: only so many rows, drawn at random, default null for all;
 *   `randomState`: the seed of the draw, default 0
 * @returns -1 to 1
 * @throws as {@link silhouetteSamples}
 * @example
 * ```ts
 * import { KMeans, loadIris, silhouetteScore } from 'boreal';
 * const { data } = loadIris();
 * const labels = await new KMeans({ nClusters: 2, randomState: 0 }).fitPredict(data);
 * (await silhouetteScore(data, labels)).toFixed(2); // '0.68'
 * ```
 */
export async function silhouetteScore(
  X: NumericMatrixLike,
  labels: Labels,
  options: SilhouetteOptions & { sampleSize?: number | null; randomState?: number } = {},
): Promise<number> {
  requireOptions(options);
  const { sampleSize = null, randomState = 0, ...rest } = options;
  let rows = Matrix.from(X);
  let of = labels;
  if (sampleSize !== null) {
    if (!(Number.isInteger(sampleSize) && sampleSize > 0)) {
      const message = `sampleSize must be a whole number above 0, or null; got ${show(sampleSize)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    checkOnePerRow(labels, rows.rows);
    const drawn = new Random(randomState).permutation(rows.rows).subarray(0, sampleSize);
    rows = rows.takeRows(drawn);
    if (rest.metric === 'precomputed') rows = rows.columns(Array.from(drawn));
    of = Array.from(drawn, (i) => labels[i]);
  }
  const samples = await silhouetteSamples(rows, of, rest);
  return samples.reduce((sum, value) => sum + value, 0) / samples.length;
}

/** Mean of each cluster, [clusters, columns]. */
function means({ x, codes, sizes }: Clustered): Float64Array {
  const sums = new Float64Array(sizes.length * x.cols);
  for (let i = 0; i < x.rows; i++) {
    const at = codes[i] * x.cols;
    for (let j = 0; j < x.cols; j++) sums[at + j] += x.data[i * x.cols + j];
  }
  return sums.map((sum, at) => sum / sizes[Math.floor(at / x.cols)]);
}

function squaredDistance(a: ArrayLike<number>, at: number, b: ArrayLike<number>, bt: number, cols: number) {
  let sum = 0;
  for (let j = 0; j < cols; j++) sum += (a[at + j] - b[bt + j]) ** 2;
  return sum;
}

/**
 * The variance between clusters over that within them, each by its degrees of freedom (Calinski and Harabasz 1974).
 *
 * @param X - rows
 * @param labels - the cluster of each row; 2 to rows - 1 clusters
 * @returns 0 or more, greater being better; 1 when no row is off its cluster's mean
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_INPUT_NAN | ERR_INPUT_INFINITE} for bad data
 * @example
 * ```ts
 * import { calinskiHarabaszScore } from 'boreal';
 * calinskiHarabaszScore([[0], [2], [10], [12]], [0, 0, 1, 1]); // 50
 * ```
 */
export function calinskiHarabaszScore(X: NumericMatrixLike, labels: Labels): number {
  const all = clustered(X, labels);
  const { x, codes, sizes } = all;
  const centres = means(all);
  const mean = new Float64Array(x.cols);
  for (let i = 0; i < x.data.length; i++) mean[i % x.cols] += x.data[i] / x.rows;
  let between = 0;
  let within = 0;
  sizes.forEach((size, k) => {
    between += size * squaredDistance(centres, k * x.cols, mean, 0, x.cols);
  });
  codes.forEach((k, i) => {
    within += squaredDistance(x.data, i * x.cols, centres, k * x.cols, x.cols);
  });
  return within === 0 ? 1 : (between * (x.rows - sizes.length)) / (within * (sizes.length - 1));
}

/**
 * The mean over clusters of the worst (spread a + spread b) / distance of the centres (Davies and Bouldin 1979).
 *
 * @param X - rows
 * @param labels - the cluster of each row; 2 to rows - 1 clusters
 * @returns 0 or more, smaller being better
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_INPUT_NAN | ERR_INPUT_INFINITE} for bad data
 * @example
 * ```ts
 * import { daviesBouldinScore } from 'boreal';
 * daviesBouldinScore([[0], [2], [10], [12]], [0, 0, 1, 1]); // 0.2
 * ```
 */
export function daviesBouldinScore(X: NumericMatrixLike, labels: Labels): number {
  const all = clustered(X, labels);
  const { x, codes, sizes } = all;
  const { cols } = x;
  const centres = means(all);
  const spreads = new Float64Array(sizes.length);
  codes.forEach((k, i) => {
    spreads[k] += Math.sqrt(squaredDistance(x.data, i * cols, centres, k * cols, cols)) / sizes[k];
  });
  const worst = new Float64Array(sizes.length);
  let farthest = 0;
  for (let a = 0; a < sizes.length; a++) {
    for (let b = 0; b < sizes.length; b++) {
      const distance = Math.sqrt(squaredDistance(centres, a * cols, centres, b * cols, cols));
      farthest = Math.max(farthest, distance);
      if (a !== b && distance > 0) worst[a] = Math.max(worst[a], (spreads[a] + spreads[b]) / distance);
    }
  }
  if (farthest <= 1e-8 || spreads.every((spread) => spread <= 1e-8)) return 0;
  return worst.reduce((sum, value) => sum + value, 0) / worst.length;
}
