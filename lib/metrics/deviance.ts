/** Further metrics of predicted numbers: logarithmic errors, quantile loss and deviances, as scikit-learn 1.9 defines them. */
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { mean, toWeights } from './input.js';
import {
  combine,
  meanErrors,
  quantile,
  type Raw,
  type RegressionMetricOptions,
  type TargetPair,
  type Targets,
  toPairs,
} from './regression.js';

/** Options of the deviances. */
export interface DevianceOptions {
  /** One weight >= 0 per row; default all 1. */
  sampleWeight?: ArrayLike<number> | null;
  /**
   * The variance grows with this power of the mean: 0 normal, 1 Poisson, 1 to 2 compound Poisson, 2 gamma, 3 inverse Gaussian; not
   * between 0 and 1. Default 0.
   */
  power?: number;
}

function squaredLogErrors(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions): number[] {
  return meanErrors(yTrue, yPred, options, (truth, predicted) => {
    if (truth <= -1 || predicted <= -1)
      throw new ValidationError('ERR_PARAMETER', 'Logarithmic errors need numbers above -1.');
    return (Math.log1p(truth) - Math.log1p(predicted)) ** 2;
  });
}

/**
 * The mean of (log(1 + truth) - log(1 + predicted))^2: for targets that grow exponentially.
 *
 * @param yTrue - true values above -1, `[rows]` or `[rows, targets]`
 * @param yPred - predicted values above -1
 * @param options - `sampleWeight`, `multioutput`
 * @throws {ERR_PARAMETER} for a value of -1 or less; {ERR_SHAPE} when shapes differ
 * @example
 * ```ts
 * import { meanSquaredLogError } from 'boreal';
 * meanSquaredLogError([3, 5, 2.5, 7], [2.5, 5, 4, 8]); // 0.03973012298459379
 * ```
 */
export function meanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function meanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function meanSquaredLogError(yTrue: Targets, yPred: Targets, options: RegressionMetricOptions = {}) {
  requireOptions(options);
  return combine(squaredLogErrors(yTrue, yPred, options), options.multioutput);
}

/** The root of {@link meanSquaredLogError}, of each target before they become one. */
export function rootMeanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function rootMeanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function rootMeanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions = {},
) {
  requireOptions(options);
  return combine(squaredLogErrors(yTrue, yPred, options).map(Math.sqrt), options.multioutput);
}

function checkedAlpha(options: { alpha?: number }): number {
  requireOptions(options);
  const { alpha = 0.5 } = options;
  if (typeof alpha === 'number' && alpha >= 0 && alpha <= 1) return alpha;
  throw new ValidationError('ERR_PARAMETER', `alpha must be a number from 0 to 1; got ${show(alpha)}.`);
}

const pinball = (alpha: number) => (truth: number, predicted: number) =>
  truth >= predicted ? alpha * (truth - predicted) : (1 - alpha) * (predicted - truth);

/**
 * The loss of which the alpha-quantile is the best constant prediction (Koenker and Bassett 1978).
 *
 * @param options - `alpha` (default 0.5: half the absolute error), `sampleWeight`, `multioutput`
 * @throws {ERR_PARAMETER} for an alpha outside [0, 1]; {ERR_SHAPE} when shapes differ
 * @example
 * ```ts
 * import { meanPinballLoss } from 'boreal';
 * meanPinballLoss([1, 2, 3], [0, 2, 3], { alpha: 0.9 }); // 0.3
 * ```
 */
export function meanPinballLoss(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions> & { alpha?: number },
): number[];
export function meanPinballLoss(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions & { alpha?: number },
): number;
export function meanPinballLoss(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions & { alpha?: number } = {},
) {
  return combine(meanErrors(yTrue, yPred, options, pinball(checkedAlpha(options))), options.multioutput);
}

/**
 * The share of the pinball loss of always predicting the alpha-quantile that the prediction takes away.
 *
 * @param options - `alpha` (default 0.5), `sampleWeight`, `multioutput`
 * @returns at most 1; NaN for less than two rows
 * @throws {ERR_PARAMETER} for an alpha outside [0, 1]; {ERR_SHAPE} when shapes differ
 */
export function d2PinballScore(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions> & { alpha?: number },
): number[];
export function d2PinballScore(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions & { alpha?: number },
): number;
export function d2PinballScore(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions & { alpha?: number } = {},
): number | number[] {
  const alpha = checkedAlpha(options);
  const pairs = toPairs(yTrue, yPred);
  const rows = pairs[0].yTrue.length;
  if (rows < 2) return Number.NaN;
  const weights = toWeights(options.sampleWeight, rows);
  const loss = pinball(alpha);
  const scores = pairs.map((pair) => {
    const constant = quantile(pair.yTrue, weights, alpha);
    const left = mean(
      pair.yTrue.map((truth, i) => loss(truth, pair.yPred[i])),
      weights,
    );
    const all = mean(
      pair.yTrue.map((truth) => loss(truth, constant)),
      weights,
    );
    return all === 0 ? Number(left === 0) : 1 - left / all;
  });
  return combine(scores, options.multioutput);
}

/** {@link d2PinballScore} of the median: 1 - mean absolute error / that of always predicting the median. */
export function d2AbsoluteErrorScore(
  yTrue: Targets,
  yPred: Targets,
  options: Raw<RegressionMetricOptions>,
): number[];
export function d2AbsoluteErrorScore(
  yTrue: Targets,
  yPred: Targets,
  options?: RegressionMetricOptions,
): number;
export function d2AbsoluteErrorScore(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionMetricOptions = {},
): number | number[] {
  return d2PinballScore(yTrue, yPred, { ...options, alpha: 0.5 });
}

/** The deviance of one row, for a power that fits. */
function deviance(power: number): (truth: number, predicted: number) => number {
  if (power === 0) return (y, p) => (y - p) ** 2;
  if (power === 1) return (y, p) => 2 * ((y === 0 ? 0 : y * Math.log(y / p)) - y + p);
  if (power === 2) return (y, p) => 2 * (Math.log(p / y) + y / p - 1);
  const [a, b] = [1 - power, 2 - power];
  return (y, p) => {
    const own = power < 0 ? Math.max(y, 0) : y;
    return 2 * (own ** b / (a * b) - (y * p ** a) / a + p ** b / b);
  };
}

/** One target of numbers that a deviance is defined for. */
function checkedPair(yTrue: Targets, yPred: Targets, power: number): TargetPair {
  if (!(Number.isFinite(power) && (power <= 0 || power >= 1))) {
    throw new ValidationError('ERR_PARAMETER', `power must be <= 0 or >= 1; got ${show(power)}.`);
  }
  const pairs = toPairs(yTrue, yPred);
  if (pairs.length > 1) throw new ValidationError('ERR_SHAPE', 'A deviance takes one target only.');
  const [pair] = pairs;
  const badTruth = power >= 2 ? (v: number) => v <= 0 : power >= 1 ? (v: number) => v < 0 : () => false;
  if (pair.yTrue.some(badTruth) || (power !== 0 && pair.yPred.some((v) => v <= 0))) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `The deviance of power ${power} needs ${power >= 2 ? 'yTrue > 0 and ' : power >= 1 ? 'yTrue >= 0 and ' : ''}yPred > 0.`,
    );
  }
  return pair;
}

/**
 * The mean deviance of a Tweedie distribution (Jorgensen 1987).
 *
 * @param yTrue - true values, [rows]; >= 0 for powers from 1, > 0 for powers from 2
 * @param yPred - predicted values, > 0 unless the power is 0
 * @throws {ERR_PARAMETER} for values the power does not allow; {ERR_SHAPE} when lengths differ or there are several targets
 * @example
 * ```ts
 * import { meanTweedieDeviance } from 'boreal';
 * meanTweedieDeviance([2, 0, 1, 4], [0.5, 0.5, 2, 2], { power: 1 }); // 1.4260...
 * ```
 */
export function meanTweedieDeviance(yTrue: Targets, yPred: Targets, options: DevianceOptions = {}): number {
  requireOptions(options);
  const { power = 0, sampleWeight } = options;
  const pair = checkedPair(yTrue, yPred, power);
  const of = deviance(power);
  const values = pair.yTrue.map((truth, i) => of(truth, pair.yPred[i]));
  return mean(values, toWeights(sampleWeight, values.length));
}

/** {@link meanTweedieDeviance} of power 1: for counts. */
export function meanPoissonDeviance(
  yTrue: Targets,
  yPred: Targets,
  options: Omit<DevianceOptions, 'power'> = {},
): number {
  return meanTweedieDeviance(yTrue, yPred, { ...options, power: 1 });
}

/** {@link meanTweedieDeviance} of power 2: for amounts above 0. */
export function meanGammaDeviance(
  yTrue: Targets,
  yPred: Targets,
  options: Omit<DevianceOptions, 'power'> = {},
): number {
  return meanTweedieDeviance(yTrue, yPred, { ...options, power: 2 });
}

/**
 * The share of the deviance of always predicting the mean that the prediction takes away; with power 0 it is R2. Parameters as
 * {@link meanTweedieDeviance}.
 *
 * @returns at most 1; NaN for less than two rows
 */
export function d2TweedieScore(yTrue: Targets, yPred: Targets, options: DevianceOptions = {}): number {
  requireOptions(options);
  const { power = 0, sampleWeight } = options;
  const pair = checkedPair(yTrue, yPred, power);
  if (pair.yTrue.length < 2) return Number.NaN;
  const weights = toWeights(sampleWeight, pair.yTrue.length);
  const average = mean(pair.yTrue, weights);
  const of = deviance(power);
  const all = mean(
    pair.yTrue.map((truth) => of(truth, average)),
    weights,
  );
  return 1 - meanTweedieDeviance(yTrue, yPred, options) / all;
}
