/**
 * Synthetic data: the generators of scikit-learn with their parameters and meaning. The numbers differ from
 * scikit-learn's for the same seed, because the random streams do; the same seed gives the same data everywhere.
 */
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkParams,
  custom,
  either,
  int,
  nothing,
  type Rules,
  real,
  requireOptions,
  resolveSeed,
  seed,
} from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';

/** Features with their targets. */
export interface Sample<Y extends Int32Array | Float64Array = Int32Array> {
  /** `[rows, features]`, float64. */
  readonly X: Matrix<Float64Array>;
  /** A class from 0, or a number, per row. */
  readonly y: Y;
}

const counts = custom('a list of whole numbers >= 0', (value) => {
  return Array.isArray(value) && value.length > 0 && value.every((n) => Number.isSafeInteger(n) && n >= 0);
});
const pairOfCounts = custom('a pair of whole numbers >= 0', (value) => {
  return counts.allows(value) && (value as number[]).length === 2;
});
const reals = custom('a list of numbers', (value) => Array.isArray(value) && value.every(Number.isFinite));
const shares = custom('a list of shares from 0 to 1', (value) => {
  return Array.isArray(value) && value.every((w) => typeof w === 'number' && w >= 0 && w <= 1);
});

/** More values than memory holds are a mistake. */
const MOST_VALUES = 2 ** 30;

/** @throws {ERR_PARAMETER} for more values than {@link MOST_VALUES} */
function checkSize(owner: string, rows: number, cols: number): void {
  if (rows * cols <= MOST_VALUES) return;
  const message = `${owner}: ${rows} rows of ${cols} columns are more than ${MOST_VALUES} values.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

function fillNormal(random: Random, values: Float64Array): Float64Array {
  for (let k = 0; k < values.length; k++) values[k] = random.normal();
  return values;
}

/** X and y with their rows in random order. */
function shuffleRows<Y extends Int32Array | Float64Array>(
  random: Random,
  X: Matrix<Float64Array>,
  y: Y,
): Sample<Y> {
  const order = random.permutation(X.rows);
  return { X: X.takeRows(order), y: y.map((_, i) => y[order[i]]) as Y };
}

/** `total` split into parts as equal as can be, the larger ones first. */
function equalParts(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0));
}

/** What {@link makeClassification} may be told. */
export interface ClassificationOptions {
  /** Rows; default 100. */
  nSamples?: number;
  /** Columns; default 20. What is not informative, redundant or repeated is noise. */
  nFeatures?: number;
  /** Columns that tell the classes apart; default 2. */
  nInformative?: number;
  /** Columns that are linear combinations of the informative ones; default 2. */
  nRedundant?: number;
  /** Columns that repeat an informative or redundant one; default 0. */
  nRepeated?: number;
  /** Default 2. */
  nClasses?: number;
  /** Default 2. */
  nClustersPerClass?: number;
  /** Share of each class, of all or of all but the last; default null, equal shares. */
  weights?: readonly number[] | null;
  /** Share of rows whose class is drawn anew; default 0.01. */
  flipY?: number;
  /** Half the side of the hypercube on whose vertices the clusters lie; default 1. */
  classSep?: number;
  /** false: vertices of a random polytope in place of the hypercube; default true. */
  hypercube?: boolean;
  /** Added to every feature; default 0; null: a random shift per feature. */
  shift?: number | null;
  /** Multiplies every feature after the shift; default 1; null: a random scale from 1 to 101 per feature. */
  scale?: number | null;
  /** Shuffle rows and columns; default true. Else the columns stand as listed above. */
  shuffle?: boolean;
  /** Seed; default null, another sample each time. */
  randomState?: number | null;
}

const CLASSIFICATION: Required<ClassificationOptions> = {
  nSamples: 100,
  nFeatures: 20,
  nInformative: 2,
  nRedundant: 2,
  nRepeated: 0,
  nClasses: 2,
  nClustersPerClass: 2,
  weights: null,
  flipY: 0.01,
  classSep: 1,
  hypercube: true,
  shift: 0,
  scale: 1,
  shuffle: true,
  randomState: null,
};
const CLASSIFICATION_RULES: Rules<Required<ClassificationOptions>> = {
  nSamples: int(1),
  nFeatures: int(1),
  nInformative: int(1),
  nRedundant: int(0),
  nRepeated: int(0),
  nClasses: int(1),
  nClustersPerClass: int(1),
  weights: either(shares, nothing),
  flipY: real(0, 1),
  classSep: real(0),
  hypercube: bool,
  shift: either(real(), nothing),
  scale: either(real(0, Infinity, 'min'), nothing),
  shuffle: bool,
  randomState: seed,
};

/** Rows per cluster, cluster k belonging to class k mod nClasses. */
function clusterSizes(p: Required<ClassificationOptions>): number[] {
  const clusters = p.nClasses * p.nClustersPerClass;
  let shareOf = Array.from({ length: p.nClasses }, () => 1 / p.nClasses);
  if (p.weights !== null) {
    if (p.weights.length !== p.nClasses && p.weights.length !== p.nClasses - 1) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `makeClassification: 'weights' needs ${p.nClasses} or ${p.nClasses - 1} shares; got ${p.weights.length}.`,
      );
    }
    const rest = 1 - p.weights.reduce((sum, w) => sum + w, 0);
    shareOf = p.weights.length === p.nClasses ? [...p.weights] : [...p.weights, rest];
    if (rest < -1e-9) {
      throw new ValidationError('ERR_PARAMETER', "makeClassification: 'weights' add up to more than 1.");
    }
  }
  const sizes = Array.from({ length: clusters }, (_, k) =>
    Math.max(0, Math.floor((p.nSamples * shareOf[k % p.nClasses]) / p.nClustersPerClass)),
  );
  const left = p.nSamples - sizes.reduce((sum, n) => sum + n, 0);
  for (let i = 0; i < left; i++) sizes[i % clusters]++;
  return sizes;
}

/** Distinct random vertices of the hypercube with corners at -separation and separation. */
function hypercubeVertices(random: Random, n: number, dims: number, separation: number): number[][] {
  const seen = new Set<string>();
  const vertices: number[][] = [];
  while (vertices.length < n) {
    const bits = Array.from({ length: dims }, () => random.int(2));
    const key = bits.join('');
    if (seen.has(key)) continue;
    seen.add(key);
    vertices.push(bits.map((bit) => (2 * bit - 1) * separation));
  }
  return vertices;
}

/** Multiplies `width` values of a row by a `[width, out]` matrix. */
function project(row: Float64Array, width: number, by: Float64Array, out: number): Float64Array {
  const result = new Float64Array(out);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < out; j++) result[j] += row[i] * by[i * out + j];
  }
  return result;
}

/**
 * A classification problem: normal clusters around the vertices of a hypercube, linear combinations and repeats of
 * those columns, and noise (Guyon, 2003, the design of the NIPS "Madelon" data).
 *
 * @throws {ERR_PARAMETER} when a parameter is out of range, or the features or clusters do not fit together
 * @example
 * ```ts
 * import { makeClassification } from 'boreal';
 * const { X, y } = makeClassification({ nSamples: 500, nFeatures: 8, randomState: 1 });
 * X.cols; // 8
 * ```
 */
export function makeClassification(options: ClassificationOptions = {}): Sample {
  const p = { ...CLASSIFICATION, ...options };
  checkParams('makeClassification', p, CLASSIFICATION_RULES);
  const { nSamples, nFeatures, nInformative, nRedundant, nRepeated, nClasses } = p;
  checkSize('makeClassification', nSamples, nFeatures);
  const useful = nInformative + nRedundant;
  if (useful + nRepeated > nFeatures) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `makeClassification: ${nInformative} informative, ${nRedundant} redundant and ${nRepeated} repeated features ` +
        `are more than nFeatures = ${nFeatures}.`,
    );
  }
  const clusters = nClasses * p.nClustersPerClass;
  if (clusters > 2 ** nInformative) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `makeClassification: ${clusters} clusters do not fit on the ${2 ** nInformative} vertices that ` +
        `nInformative = ${nInformative} gives.`,
    );
  }
  const random = new Random(resolveSeed(p.randomState));
  const uniform = (n: number) => Float64Array.from({ length: n }, () => 2 * random.next() - 1);

  const centroids = hypercubeVertices(random, clusters, nInformative, p.classSep);
  if (!p.hypercube) {
    const stretch = Array.from({ length: nInformative }, () => random.next());
    for (const centroid of centroids) {
      const shrink = random.next();
      for (let j = 0; j < nInformative; j++) centroid[j] *= shrink * stretch[j];
    }
  }
  const mixing = uniform(nInformative * nRedundant);
  const repeated = Array.from({ length: nRepeated }, () => random.int(useful));
  const X = new Matrix(new Float64Array(nSamples * nFeatures), nSamples, nFeatures);
  const y = new Int32Array(nSamples);
  let i = 0;
  clusterSizes(p).forEach((size, k) => {
    const covariance = uniform(nInformative * nInformative);
    for (const end = i + size; i < end; i++) {
      const row = fillNormal(random, X.row(i));
      row.set(project(row, nInformative, covariance, nInformative).map((v, j) => v + centroids[k][j]));
      row.set(project(row, nInformative, mixing, nRedundant), nInformative);
      for (let r = 0; r < nRepeated; r++) row[useful + r] = row[repeated[r]];
      y[i] = random.next() < p.flipY ? random.int(nClasses) : k % nClasses;
    }
  });

  const shifts = Array.from({ length: nFeatures }, () => p.shift ?? (2 * random.next() - 1) * p.classSep);
  const scales = Array.from({ length: nFeatures }, () => p.scale ?? 1 + 100 * random.next());
  for (let k = 0; k < X.data.length; k++) {
    X.data[k] = (X.data[k] + shifts[k % nFeatures]) * scales[k % nFeatures];
  }
  if (!p.shuffle) return { X, y };
  return shuffleRows(random, X.columns(random.permutation(nFeatures)), y);
}

/** What {@link makeRegression} may be told. */
export interface RegressionOptions {
  /** Rows; default 100. */
  nSamples?: number;
  /** Columns; default 100. */
  nFeatures?: number;
  /** Columns with a coefficient other than 0; default 10. */
  nInformative?: number;
  /** Added to every target; default 0. */
  bias?: number;
  /** Standard deviation of the noise on the targets; default 0. */
  noise?: number;
  /** Shuffle rows and columns; default true. Else the informative columns come first. */
  shuffle?: boolean;
  /** Seed; default null, another sample each time. */
  randomState?: number | null;
}

/**
 * A linear regression problem: standard normal features, coefficients from 0 to 100, normal noise.
 * Differs from scikit-learn: one target, features of full rank, and the true coefficients are always returned.
 *
 * @throws {ERR_PARAMETER} when a parameter is out of range
 */
export function makeRegression(
  options: RegressionOptions = {},
): Sample<Float64Array> & { readonly coef: Float64Array } {
  const p = {
    nSamples: 100,
    nFeatures: 100,
    nInformative: 10,
    bias: 0,
    noise: 0,
    shuffle: true,
    randomState: null,
    ...options,
  };
  checkParams<Required<RegressionOptions>>('makeRegression', p, {
    nSamples: int(1),
    nFeatures: int(1),
    nInformative: int(0),
    bias: real(),
    noise: real(0),
    shuffle: bool,
    randomState: seed,
  });
  checkSize('makeRegression', p.nSamples, p.nFeatures);
  const random = new Random(resolveSeed(p.randomState));
  const X = new Matrix(
    fillNormal(random, new Float64Array(p.nSamples * p.nFeatures)),
    p.nSamples,
    p.nFeatures,
  );
  const coef = Float64Array.from({ length: p.nFeatures }, (_, j) =>
    j < p.nInformative ? 100 * random.next() : 0,
  );
  if (p.shuffle) random.shuffle(coef);
  const y = Float64Array.from({ length: p.nSamples }, (_, i) => {
    const noise = p.noise > 0 ? p.noise * random.normal() : 0;
    return project(X.row(i), p.nFeatures, coef, 1)[0] + p.bias + noise;
  });
  return { X, y, coef };
}

/**
 * Round normal clusters, for clustering and for classes that are easy to tell apart.
 *
 * @param options - `nSamples` (100, or a number per cluster), `nFeatures` (2), `centers` (a number, default 3, or the
 *   points themselves), `clusterStd` (1, or one per cluster), `centerBox` ([-10, 10], where random centers lie),
 *   `shuffle` (true), `randomState` (null)
 * @throws {ERR_PARAMETER} when a parameter is out of range
 * @throws {ERR_SHAPE} when the numbers of clusters do not agree
 */
export function makeBlobs(
  options: {
    nSamples?: number | readonly number[];
    nFeatures?: number;
    centers?: number | readonly (readonly number[])[] | null;
    clusterStd?: number | readonly number[];
    centerBox?: readonly [number, number];
    shuffle?: boolean;
    randomState?: number | null;
  } = {},
): Sample & { readonly centers: Matrix<Float64Array> } {
  const p = {
    nSamples: 100,
    nFeatures: 2,
    centers: null,
    clusterStd: 1,
    centerBox: [-10, 10] as const,
    shuffle: true,
    randomState: null,
    ...options,
  };
  const points = custom('a list of points', (v) => Array.isArray(v) && v.length > 0 && v.every(reals.allows));
  checkParams('makeBlobs', p, {
    nSamples: either(int(1), counts),
    nFeatures: int(1),
    centers: either(int(1), points, nothing),
    clusterStd: either(real(0), reals),
    centerBox: custom('a pair of numbers, the lower first', (v) => {
      return reals.allows(v) && (v as number[]).length === 2 && (v as number[])[0] <= (v as number[])[1];
    }),
    shuffle: bool,
    randomState: seed,
  });
  const random = new Random(resolveSeed(p.randomState));
  const [low, high] = p.centerBox;
  const total = typeof p.nSamples === 'number' ? p.nSamples : p.nSamples.reduce((sum, size) => sum + size, 0);
  checkSize('makeBlobs', total, p.nFeatures);
  const listed = typeof p.nSamples === 'number' ? null : p.nSamples;
  const clusters = typeof p.centers === 'number' ? p.centers : (p.centers?.length ?? listed?.length ?? 3);
  const uniformPoint = () => Array.from({ length: p.nFeatures }, () => low + (high - low) * random.next());
  const centers = Matrix.from(
    p.centers !== null && typeof p.centers !== 'number'
      ? p.centers
      : Array.from({ length: clusters }, uniformPoint),
  ) as Matrix<Float64Array>;
  const sizes = listed ?? equalParts(p.nSamples as number, clusters);
  const deviations =
    typeof p.clusterStd === 'number' ? sizes.map(() => p.clusterStd as number) : p.clusterStd;
  if (sizes.length !== clusters || deviations.length !== clusters) {
    throw new ValidationError(
      'ERR_SHAPE',
      `makeBlobs: ${clusters} centers, ${sizes.length} sizes and ${deviations.length} deviations do not agree.`,
    );
  }
  const y = Int32Array.from(sizes.flatMap((size, k) => new Array<number>(size).fill(k)));
  const X = new Matrix(fillNormal(random, new Float64Array(y.length * centers.cols)), y.length, centers.cols);
  for (let i = 0; i < y.length; i++) {
    const center = centers.row(y[i]);
    const row = X.row(i);
    for (let j = 0; j < row.length; j++) row[j] = center[j] + deviations[y[i]] * row[j];
  }
  return { ...(p.shuffle ? shuffleRows(random, X, y) : { X, y }), centers };
}

/** What {@link makeMoons} and {@link makeCircles} may be told. */
interface CurveOptions {
  nSamples?: number | readonly [number, number];
  shuffle?: boolean;
  noise?: number | null;
  randomState?: number | null;
}

/** Two curves in the plane: `outer(t)` and `inner(t)` for t from 0 to 1, class 0 and class 1. */
function twoCurves(
  owner: string,
  options: CurveOptions,
  curves: readonly ((t: number) => readonly [number, number])[],
  closed: boolean,
): Sample {
  const p = { nSamples: 100, shuffle: true, noise: null, randomState: null, ...options };
  checkParams<Required<CurveOptions>>(owner, p, {
    nSamples: either(int(1), pairOfCounts),
    shuffle: bool,
    noise: either(real(0), nothing),
    randomState: seed,
  });
  const random = new Random(resolveSeed(p.randomState));
  const n = p.nSamples;
  const sizes = typeof n === 'number' ? [Math.floor(n / 2), Math.ceil(n / 2)] : n;
  checkSize(owner, sizes[0] + sizes[1], 2);
  const points = sizes.flatMap((size, k) =>
    Array.from({ length: size }, (_, i) => curves[k](i / Math.max(1, closed ? size : size - 1))),
  );
  const X = new Matrix(Float64Array.from(points.flat()), points.length, 2);
  if (p.noise !== null) {
    for (let k = 0; k < X.data.length; k++) X.data[k] += p.noise * random.normal();
  }
  const y = Int32Array.from(points, (_, i) => (i < sizes[0] ? 0 : 1));
  return p.shuffle ? shuffleRows(random, X, y) : { X, y };
}

/**
 * Two half circles that reach into each other.
 *
 * @param options - `nSamples` (100, or a pair), `noise` (null: none; else its standard deviation), `shuffle` (true),
 *   `randomState` (null)
 * @throws {ERR_PARAMETER} when a parameter is out of range
 */
export function makeMoons(options: CurveOptions = {}): Sample {
  const outer = (t: number) => [Math.cos(Math.PI * t), Math.sin(Math.PI * t)] as const;
  const inner = (t: number) => [1 - Math.cos(Math.PI * t), 0.5 - Math.sin(Math.PI * t)] as const;
  return twoCurves('makeMoons', options, [outer, inner], false);
}

/**
 * A circle within a circle.
 *
 * @param options - as for {@link makeMoons}, and `factor` (0.8), the radius of the inner circle, from 0 to below 1
 * @throws {ERR_PARAMETER} when a parameter is out of range
 */
export function makeCircles(options: CurveOptions & { factor?: number } = {}): Sample {
  requireOptions(options);
  const { factor = 0.8, ...rest } = options;
  checkParams('makeCircles', { factor }, { factor: real(0, 1, 'max') });
  const circle = (radius: number) => (t: number) =>
    [radius * Math.cos(2 * Math.PI * t), radius * Math.sin(2 * Math.PI * t)] as const;
  return twoCurves('makeCircles', rest, [circle(1), circle(factor)], true);
}
