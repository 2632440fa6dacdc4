/** How much each column alone tells of the target. */
import { withCancel } from '../core/cancellation.js';
import { fSurvival } from '../core/distributions/student.js';
import { chi2Survival } from '../core/distributions/survival.js';
import { toShared } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { checkFiniteSparse } from '../core/input-checks.js';
import { encodeGroups, encodeLabels, encodeTargets } from '../core/labels.js';
import { isTypedArray, Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { abortSignal, bool, checkParams, requireOptions, show } from '../core/params.js';
import { CsrMatrix, csrArguments, requireCsr } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** A statistic for each column, higher being better, and the probability of one as high by chance. */
export interface FeatureScores {
  /** [columns]; NaN for a column that says nothing, such as a constant one. */
  readonly scores: Float64Array;
  /** [columns]; null where the score has none. */
  readonly pValues: Float64Array | null;
}

/** Scores of a test, which have probabilities. */
export interface FeatureTest extends FeatureScores {
  readonly pValues: Float64Array;
}

/** Options of a {@link ScoreFunction}. */
export interface ScoreFunctionOptions {
  /** Stops the work. */
  readonly signal?: AbortSignal;
}

/** Options of {@link rRegression} and {@link fRegression}. */
export interface RegressionScoreOptions extends ScoreFunctionOptions {
  /** Take the means of the columns and of y away before. Default true. */
  readonly center?: boolean;
  /** Finite scores and probabilities, of constant columns 0 and 1, too; else NaN, or infinite for a column that tells all. Default true. */
  readonly forceFinite?: boolean;
}

/** Scores the columns of X, [rows, columns], for a target y. */
export type ScoreFunction<
  S extends FeatureScores = FeatureScores,
  O extends ScoreFunctionOptions = ScoreFunctionOptions,
> = (X: NumericMatrixLike, y: ArrayLike<unknown>, options?: O) => Promise<S>;

/**
 * The F statistic of a one-way analysis of variance: how far the means of classes are apart, against the spread within them.
 *
 * @param y - labels, or numbers of any kind: equal ones are a class
 * @throws {ERR_LABELS | ERR_SHAPE | ERR_PARAMETER | ERR_ABORTED}
 * @example
 * ```ts
 * import { fClassif } from 'boreal';
 * const { scores, pValues } = await fClassif([[1], [2], [3], [4]], ['a', 'a', 'b', 'b']);
 * scores[0]; // 8
 * pValues[0] > 0.1; // true
 * ```
 */
export const fClassif: ScoreFunction<FeatureTest> = async (X, y, options = {}) => {
  checkOptions('fClassif', options);
  const x = await numbersOf(X, options);
  const { codes, classes } = encodeGroups(y, x.rows);
  return varianceTest(x, codes, classes.length, options);
};

/**
 * The F statistic of a one-way analysis of variance for samples that come one by one: see {@link fClassif}.
 *
 * @param samples - two or more, each [rows, columns], or a list of numbers for one column
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_DTYPE | ERR_PARAMETER | ERR_ABORTED}
 * @example
 * ```ts
 * import { fOneway } from 'boreal';
 * const { scores } = await fOneway([[1, 2], [3, 4]]);
 * scores[0]; // 8
 * ```
 */
export async function fOneway(
  samples: ReadonlyArray<ArrayLike<number> | NumericMatrixLike>,
  options: ScoreFunctionOptions = {},
): Promise<FeatureTest> {
  checkOptions('fOneway', options);
  if (!Array.isArray(samples))
    throw new ValidationError('ERR_PARAMETER', `fOneway: samples must be an array; got ${show(samples)}.`);
  const parts = Array.from(samples, (sample) => {
    const isList = Array.isArray(sample) ? typeof sample[0] === 'number' : isTypedArray(sample);
    return isList
      ? new Matrix(
          encodeTargets(sample as ArrayLike<number>, (sample as ArrayLike<number>).length),
          (sample as ArrayLike<number>).length,
          1,
        )
      : Matrix.from(sample as NumericMatrixLike);
  });
  if (parts.length < 2 || parts.some((part) => part.rows === 0)) {
    throw new ValidationError('ERR_EMPTY', 'fOneway needs two or more samples, none of them empty.');
  }
  const { cols } = parts[0];
  const odd = parts.find((part) => part.cols !== cols);
  if (odd !== undefined) {
    throw new ValidationError('ERR_SHAPE', `fOneway: samples have ${cols} and ${odd.cols} columns.`);
  }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const x = new Matrix(new Float64Array(rows * cols), rows, cols);
  const codes = new Int32Array(rows);
  let first = 0;
  for (const [code, part] of parts.entries()) {
    x.data.set(part.data, first * cols);
    codes.fill(code, first, first + part.rows);
    first += part.rows;
  }
  return varianceTest(toShared(x), codes, parts.length, options);
}

/** The F statistic of each column, rows being of groups by their codes. */
async function varianceTest(
  x: Numbers,
  codes: Int32Array,
  groups: number,
  options: ScoreFunctionOptions,
): Promise<FeatureTest> {
  const { mean } = await momentsOf(x, options);
  const { weight, sum, variance } = await momentsByClass(x, codes, groups, options);
  const between = groups - 1;
  const within = x.rows - groups;
  const scores = mean.map((all, j) => {
    let explained = 0;
    let rest = 0;
    for (let c = 0; c < groups; c++) {
      const k = c * x.cols + j;
      explained += weight[c] * (sum[k] / weight[c] - all) ** 2;
      rest += weight[c] * variance[k];
    }
    return explained / between / (rest / within);
  });
  return { scores, pValues: scores.map((f) => fSurvival(f, between, within)) };
}

/**
 * Pearson's correlation of each column with a target. A constant column scores 0.
 *
 * @param y - numbers
 * @param options - {@link RegressionScoreOptions}: `center`, `forceFinite`, `signal`
 * @throws {ERR_DTYPE | ERR_INPUT_NAN | ERR_SHAPE | ERR_PARAMETER | ERR_ABORTED}
 * @example
 * ```ts
 * import { rRegression } from 'boreal';
 * const { scores } = await rRegression([[1, 2], [2, 1], [3, 0]], [2, 4, 6]);
 * Array.from(scores, Math.round); // [1, -1]
 * ```
 */
export const rRegression: ScoreFunction<FeatureScores, RegressionScoreOptions> = async (
  X,
  y,
  options = {},
) => {
  const { scores } = await correlations('rRegression', X, y, options);
  return { scores, pValues: null };
};

/**
 * The F statistic of a regression on each column alone: r^2 / (1 - r^2) (n - 2) for the correlation r, n - 1 without `center`. A
 * constant column scores 0.
 *
 * @param y - numbers
 * @param options - {@link RegressionScoreOptions}: `center`, `forceFinite`, `signal`
 * @throws {ERR_DTYPE | ERR_INPUT_NAN | ERR_SHAPE | ERR_PARAMETER | ERR_ABORTED}
 * @example
 * ```ts
 * import { fRegression } from 'boreal';
 * const { scores } = await fRegression([[1, 2], [2, 1], [3, 2]], [2, 4, 7]);
 * scores[0] > scores[1]; // true
 * ```
 */
export const fRegression: ScoreFunction<FeatureTest, RegressionScoreOptions> = async (X, y, options = {}) => {
  requireOptions(options);
  const { center = true, forceFinite = true } = options;
  const { scores: correlated, rows } = await correlations('fRegression', X, y, options);
  const within = rows - (center ? 2 : 1);
  const scores = correlated.map((r) => {
    const r2 = r * r;
    if (r2 >= 1) return forceFinite ? Number.MAX_VALUE : Infinity;
    return (r2 / (1 - r2)) * within;
  });
  return { scores, pValues: scores.map((f) => fSurvival(f, 1, within)) };
};

/**
 * The chi-squared statistic of counts by class, against those that the sizes of the classes let expect.
 *
 * @param X - counts, none below 0
 * @param y - labels
 * @throws {ERR_INPUT_NEGATIVE | ERR_LABELS | ERR_SHAPE | ERR_PARAMETER | ERR_ABORTED}
 * @example
 * ```ts
 * import { chi2 } from 'boreal';
 * const { scores } = await chi2([[4, 1], [0, 1]], ['a', 'b']);
 * Array.from(scores); // [4, 0]
 * ```
 */
export const chi2: ScoreFunction<FeatureTest> = async (X, y, options = {}) => {
  checkOptions('chi2', options);
  const x = await numbersOf(X, options);
  const { min } = await momentsOf(x, options);
  const negative = min.findIndex((value) => value < 0);
  if (negative >= 0)
    throw new ValidationError(
      'ERR_INPUT_NEGATIVE',
      `chi2 counts, but column ${negative} holds numbers below 0.`,
    );
  const { codes, classes } = encodeLabels(y, x.rows);
  const { weight, sum: observed } = await momentsByClass(x, codes, classes.length, options);
  const scores = Float64Array.from({ length: x.cols }, (_, j) => {
    const count = weight.reduce((sum, _total, c) => sum + observed[c * x.cols + j], 0);
    return weight.reduce((sum, total, c) => {
      const expected = (count * total) / x.rows;
      return sum + (observed[c * x.cols + j] - expected) ** 2 / expected;
    }, 0);
  });
  return { scores, pValues: scores.map((value) => chi2Survival(value, classes.length - 1)) };
};

/** The correlation of each column with y; where either is constant 0, or NaN without `forceFinite`. */
async function correlations(
  owner: string,
  X: NumericMatrixLike,
  y: ArrayLike<unknown>,
  given: RegressionScoreOptions,
): Promise<{ scores: Float64Array; rows: number }> {
  requireOptions(given);
  const { center = true, forceFinite = true, ...options } = given;
  const rules = { center: bool, forceFinite: bool, signal: abortSignal };
  checkParams(owner, { signal: undefined, ...options, center, forceFinite }, rules);
  const { x, squares } = await squaresOf(X, center, options);
  const targets = encodeTargets(y, x.rows);
  const mean = center ? targets.reduce((sum, value) => sum + value, 0) / x.rows : 0;
  const centred = targets.map((value) => value - mean);
  const products = await (x instanceof CsrMatrix
    ? (await x.transposeAsync(options)).matmulAsync(new Matrix(centred, x.rows, 1), options)
    : new Matrix(centred, x.rows, 1).matmulAsync(x, { transposeA: true, ...options }));
  const squareY = centred.reduce((sum, value) => sum + value * value, 0);
  const scores = squares.map((square, j) => {
    const scale = Math.sqrt(square) * Math.sqrt(squareY);
    if (scale === 0) return forceFinite ? 0 : Number.NaN;
    return Math.max(-1, Math.min(1, products.data[j] / scale));
  });
  return { scores, rows: x.rows };
}

/** In float64, dense rows minus the means if so wanted; and the sums of the squares by column, from the means if so. */
async function squaresOf(
  X: NumericMatrixLike,
  center: boolean,
  options: ScoreFunctionOptions,
): Promise<{ x: Numbers; squares: Float64Array }> {
  const given = await numbersOf(X, options);
  const { mean, variance } = await momentsOf(given, options);
  if (!center) return { x: given, squares: variance.map((v, j) => (v + mean[j] * mean[j]) * given.rows) };
  const x =
    given instanceof CsrMatrix ? given : await given.subAsync(new Matrix(mean, 1, mean.length), options);
  return { x, squares: variance.map((v) => v * given.rows) };
}

function checkOptions(owner: string, options: ScoreFunctionOptions): void {
  checkParams(owner, { signal: undefined, ...options }, { signal: abortSignal });
}

/** X in float64, in memory that the caller cannot take away meanwhile. */
export async function ownNumbers(
  X: NumericMatrixLike,
  options: ScoreFunctionOptions,
): Promise<Matrix<Float64Array>> {
  return toShared(Matrix.from(X)).astypeAsync('float64', options);
}

/** Rows of either kind. */
type Numbers = Matrix | CsrMatrix;

/** X in float64, sparse rows as they are. */
async function numbersOf(X: NumericMatrixLike, options: ScoreFunctionOptions): Promise<Numbers> {
  if (!isSparse(X)) return ownNumbers(X, options);
  const x = requireCsr(X).astype('float64');
  checkFiniteSparse(x);
  return x;
}

function momentsOf(x: Numbers, options: ScoreFunctionOptions) {
  requireOptions(options);
  const { signal } = options;
  const { data, rows, cols } = x;
  return withCancel(signal, (cancel) =>
    x instanceof CsrMatrix
      ? native.csrMoments(...csrArguments(x), null, cancel)
      : native.columnMoments(data, rows, cols, null, cancel),
  );
}

interface MomentsByClass {
  /** [classes] */
  readonly weight: Float64Array;
  /** [classes, columns] */
  readonly sum: Float64Array;
  readonly variance: Float64Array;
}

/** Class by class, each from its own rows. */
async function sparseMomentsByClass(
  x: CsrMatrix,
  codes: Int32Array,
  classes: number,
  options: ScoreFunctionOptions,
): Promise<MomentsByClass> {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const [i, code] of codes.entries()) members[code].push(i);
  const weight = Float64Array.from(members, ({ length }) => length);
  const sum = new Float64Array(classes * x.cols);
  const variance = new Float64Array(classes * x.cols);
  for (const [c, rows] of members.entries()) {
    const own = await momentsOf(x.takeRows(rows), options);
    variance.set(own.variance, c * x.cols);
    sum.set(
      own.mean.map((mean) => mean * rows.length),
      c * x.cols,
    );
  }
  return { weight, sum, variance };
}

async function momentsByClass(
  x: Numbers,
  codes: Int32Array,
  classes: number,
  options: ScoreFunctionOptions,
): Promise<MomentsByClass> {
  requireOptions(options);
  if (x instanceof CsrMatrix) return sparseMomentsByClass(x, codes, classes, options);
  const { data, rows, cols } = x;
  const { signal } = options;
  return withCancel(signal, (cancel) => native.groupMoments(data, rows, cols, codes, classes, null, cancel));
}
