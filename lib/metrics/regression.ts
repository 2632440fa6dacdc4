/**
 * Metrics of predicted numbers, for one target or several, as scikit-learn 1.9 defines them. Every metric gives one
 * error per target; `multioutput` says how these become one.
 */
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { argsort } from './argsort.js';
import { checkSameShape, columnOf, type MatrixInput, mean, toGrid, toNumbers, toWeights } from './input.js';

/** One number per row, or a matrix with a column per target. */
export type Targets = ArrayLike<number> | MatrixInput;

/** Options of the metrics of this file. */
export interface RegressionMetricOptions {
  /** One weight >= 0 per row; default all 1. */
  sampleWeight?: ArrayLike<number> | null;
  /** The mean over targets (default), each target by itself, or the mean with these weights. */
  multioutput?: 'uniformAverage' | 'rawValues' | ArrayLike<number>;
}
/** Options of R2 and explained variance. */
export interface VarianceOptions {
  /** One weight >= 0 per row; default all 1. */
  sampleWeight?: ArrayLike<number> | null;
  /** As for the other metrics, or 'varianceWeighted': the mean weighted by the variance of each target. */
  multioutput?: 'uniformAverage' | 'varianceWeighted' | 'rawValues' | ArrayLike<number>;
  /** Targets of no variance score 1 if predicted exactly, else 0 (default true); false: NaN and -Infinity. */
  forceFinite?: boolean;
}
export type Raw<O> = O & { multioutput: 'rawValues' };

/** True and predicted values of each target. */
export interface TargetPair {
  yTrue: Float64Array;
  yPred: Float64Array;
}

/** @throws {ERR_SHAPE} when rows or targets do not agree */
export function toPairs(yTrue: Targets, yPred: Targets): TargetPair[] {
  const truth = toGrid(yTrue, 'yTrue');
  const predicted = toGrid(yPred, 'yPred');
  checkSameShape(truth, predicted, 'yPred', 'targets');
  return Array.from({ length: truth.cols }, (_, j) => ({
    yTrue: columnOf(truth, j),
    yPred: columnOf(predicted, j),
  }));
}

export type Multioutput = RegressionMetricOptions['multioutput'] | VarianceOptions['multioutput'];

/** Joins the values of the targets. */
export function combine(values: number[], multioutput: Multioutput = 'uniformAverage'): number | number[] {
  if (multioutput === 'rawValues') return values;
  if (multioutput === 'uniformAverage') return mean(values);
  if (typeof multioutput === 'string') {
    throw new ValidationError(
      'ERR_PARAMETER',
      `'multioutput' must be 'uniformAverage', 'rawValues' or one weight per target; got ${show(multioutput)}.`,
    );
  }
  const weights = toNumbers(multioutput, 'multioutput');
  if (weights.length !== values.length) {
    throw new ValidationError(
      'ERR_SHAPE',
      `multioutput has ${weights.length} weights for ${values.length} targets.`,
    );
  }
  return mean(values, weights);
}

/** The weighted mean of an error per row, for each target. */
export function meanErrors(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions,
  error: (truth: number, predicted: number) => number,
): number[] {
  requireOptions(options);
  const pairs = toPairs(yTrue, yPred);
  const weights = toWeights(options.sampleWeight, pairs[0].yTrue.length);
  return pairs.map((pair) => {
    const errors = pair.yTrue.map((truth, i) => error(truth, pair.yPred[i]));
    return mean(errors, weights);
  });
}

const squaredError = (truth: number, predicted: number) => (truth - predicted) ** 2;
const absoluteError = (truth: number, predicted: number) => Math.abs(truth - predicted);

/**
 * The mean of the squared errors.
 *
 * @param yTrue - true values, `[rows]` or `[rows, targets]`
 * @param yPred - predicted values of the same shape
 * @param options - `sampleWeight`, `multioutput`
 * @throws {ERR_SHAPE} when shapes differ
 * @throws {ERR_DTYPE} when something is not a number; {ERR_INPUT_NAN}, {ERR_INPUT_INFINITE} when one is not finite
 * @example
 * ```ts
 * import { meanSquaredError } from 'boreal';
 * meanSquaredError([3, -0.5, 2, 7], [2.5, 0, 2, 8]); // 0.375
 * ```
 */
export function meanSquaredError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function meanSquaredError(yTrue: Targets, yPred: Targets, options?: RegressionMetricOptions): number;
export function meanSquaredError(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions = {}) {
  requireOptions(options);
  return combine(meanErrors(yTrue, yPred, options, squaredError), options.multioutput);
}

/** The root of the mean of the squared errors, in the unit of the target. Parameters as {@link meanSquaredError}. */
export function rootMeanSquaredError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function rootMeanSquaredError(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function rootMeanSquaredError(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions = {}) {
  requireOptions(options);
  return combine(meanErrors(yTrue, yPred, options, squaredError).map(Math.sqrt), options.multioutput);
}

/** The mean of the absolute errors. Parameters as {@link meanSquaredError}. */
export function meanAbsoluteError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function meanAbsoluteError(yTrue: Targets, yPred: Targets, options?: RegressionMetricOptions): number;
export function meanAbsoluteError(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions = {}) {
  requireOptions(options);
  return combine(meanErrors(yTrue, yPred, options, absoluteError), options.multioutput);
}

/**
 * The mean of the absolute errors as shares of the true values: 0.1 is 10 %. Where the true value is 0 the divisor is
 * 2^-52, so the result is very large. Parameters as {@link meanSquaredError}.
 */
export function meanAbsolutePercentageError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function meanAbsolutePercentageError(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function meanAbsolutePercentageError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions = {},
) {
  requireOptions(options);
  const share = (truth: number, predicted: number) =>
    absoluteError(truth, predicted) / Math.max(Math.abs(truth), Number.EPSILON);
  return combine(meanErrors(yTrue, yPred, options, share), options.multioutput);
}

/** The median of the absolute errors, which outliers do not move. Parameters as {@link meanSquaredError}. */
export function medianAbsoluteError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function medianAbsoluteError(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function medianAbsoluteError(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions = {}) {
  requireOptions(options);
  const pairs = toPairs(yTrue, yPred);
  const weights = toWeights(options.sampleWeight, pairs[0].yTrue.length);
  const medians = pairs.map((pair) =>
    quantile(
      pair.yTrue.map((truth, i) => absoluteError(truth, pair.yPred[i])),
      weights,
      0.5,
    ),
  );
  return combine(medians, options.multioutput);
}

/** The value with that share of the weight below it; the mean of two neighbours when the share falls between them. */
export function quantile(values: Float64Array, weights: Float64Array | undefined, share: number): number {
  const order = argsort(values).filter((i) => weights === undefined || weights[i] > 0);
  const weightOf = (k: number) => (weights === undefined ? 1 : weights[order[k]]);
  let total = 0;
  for (let k = 0; k < order.length; k++) total += weightOf(k);
  let k = 0;
  let below = weightOf(0);
  while (below < share * total && k + 1 < order.length) below += weightOf(++k);
  const value = values[order[k]];
  const between = below - share * total <= Number.EPSILON && k + 1 < order.length;
  return between ? (value + values[order[k + 1]]) / 2 : value;
}

/**
 * The largest absolute error; one target only.
 *
 * @throws {ERR_SHAPE} when shapes differ or there are several targets
 */
export function maxError(yTrue: Targets, yPred: Targets): number {
  const pairs = toPairs(yTrue, yPred);
  if (pairs.length > 1) throw new ValidationError('ERR_SHAPE', 'maxError takes one target only.');
  const [pair] = pairs;
  return pair.yTrue.reduce((worst, truth, i) => Math.max(worst, absoluteError(truth, pair.yPred[i])), 0);
}

/** One minus the share of the variance that is left, per target; `centred` ignores a constant error. */
function explained(
  yTrue: Targets,
  yPred: Targets,
  options: VarianceOptions,
  centred: boolean,
): number | number[] {
  requireOptions(options);
  const { sampleWeight, multioutput = 'uniformAverage', forceFinite = true } = options;
  const pairs = toPairs(yTrue, yPred);
  const rows = pairs[0].yTrue.length;
  const weights = toWeights(sampleWeight, rows);
  if (rows < 2 && !centred) return multioutput === 'rawValues' ? pairs.map(() => Number.NaN) : Number.NaN;
  const meanSquare = (values: Float64Array, center: number) =>
    mean(
      values.map((v) => (v - center) ** 2),
      weights,
    );
  // A constant target has variance 0, whatever its mean rounds to.
  const variances = pairs.map((pair) =>
    pair.yTrue.every((value) => value === pair.yTrue[0])
      ? 0
      : meanSquare(pair.yTrue, mean(pair.yTrue, weights)),
  );
  const scores = pairs.map((pair, j) => {
    const errors = pair.yTrue.map((truth, i) => truth - pair.yPred[i]);
    const left = meanSquare(errors, centred ? mean(errors, weights) : 0);
    if (forceFinite && variances[j] === 0) return left === 0 ? 1 : 0;
    return 1 - left / variances[j];
  });
  if (multioutput !== 'varianceWeighted') return combine(scores, multioutput);
  return variances.some((variance) => variance > 0) ? mean(scores, variances) : mean(scores);
}

/**
 * R2, the coefficient of determination: the share of the variance of yTrue that the prediction explains.
 *
 * @param options - `sampleWeight`, `multioutput`, `forceFinite`
 * @returns at most 1; 0 for always predicting the mean; NaN for less than two rows
 * @throws {ERR_SHAPE} when shapes differ
 * @throws {ERR_DTYPE} when something is not a number; {ERR_INPUT_NAN}, {ERR_INPUT_INFINITE} when one is not finite
 * @example
 * ```ts
 * import { r2Score } from 'boreal';
 * r2Score([1, 2, 3], [1, 2, 4]); // 0.5
 * ```
 */
export function r2Score(yTrue: Targets, yPred: Targets, options: Raw<VarianceOptions>): number[];
export function r2Score(yTrue: Targets, yPred: Targets, options?: VarianceOptions): number;
export function r2Score(yTrue: Targets, yPred: Targets, options: VarianceOptions = {}) {
  return explained(yTrue, yPred, options, false);
}

/** As {@link r2Score}, but an error that is the same in every row costs nothing. */
export function explainedVariance(yTrue: Targets, yPred: Targets, options: Raw<VarianceOptions>): number[];
export function explainedVariance(yTrue: Targets, yPred: Targets, options?: VarianceOptions): number;
export function explainedVariance(yTrue: Targets, yPred: Targets, options: VarianceOptions = {}) {
  return explained(yTrue, yPred, options, true);
}
