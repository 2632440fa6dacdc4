/**
 * Metrics of predicted probabilities: log loss (Good, 1952) and the Brier score (Brier, 1950), for two and more
 * classes, as scikit-learn 1.9 defines them.
 */
import { compareLabels, type Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import {
  checkLengths,
  checkSameShape,
  codesAmong,
  columnOf,
  encodeClasses,
  indicatorsOf,
  isMatrixInput,
  type Labels,
  listLabels,
  type MatrixInput,
  mean,
  type NumberGrid,
  positiveClass,
  toGrid,
  toIndicators,
  toWeights,
  truthAsGiven,
} from './input.js';

/** Probabilities in [0, 1] with one row per label. */
function toProbabilities(yTrue: Labels | MatrixInput, yProba: ArrayLike<number> | MatrixInput): NumberGrid {
  const grid = toGrid(yProba, 'yProba');
  if (!isMatrixInput(yTrue)) checkLengths(yTrue, grid.rows, 'yProba');
  const odd = grid.data.findIndex((p) => p < 0 || p > 1);
  if (odd >= 0) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `yProba must hold probabilities from 0 to 1; row ${Math.floor(odd / grid.cols)} has ${grid.data[odd]}.`,
    );
  }
  return grid;
}

/** The column of each row's true class. One column of probabilities stands for the larger of two classes. */
function trueColumns(yTrue: Labels, labels: Labels | null | undefined, { cols }: NumberGrid): Int32Array {
  const { classes, codes } = encodeClasses(yTrue);
  const known = labels ? Array.from(labels).sort(compareLabels) : classes;
  if (known.length < 2) {
    throw new ValidationError(
      'ERR_LABELS',
      `Only one class, ${listLabels(known)}; name all of them with labels.`,
    );
  }
  if (known.length !== Math.max(2, cols)) {
    throw new ValidationError(
      'ERR_SHAPE',
      `yProba has probabilities of ${Math.max(2, cols)} classes, but there are ${known.length}: ${listLabels(known)}. ` +
        'If a class is absent from yTrue, name them all with labels.',
    );
  }
  return codesAmong(known, classes, codes);
}

/** A column for each class: one alone stands for the larger of two. */
function ofBoth(grid: NumberGrid): NumberGrid {
  if (grid.cols > 1) return grid;
  const data = Float64Array.from({ length: 2 * grid.rows }, (_, k) => {
    const p = grid.data[k >> 1];
    return k % 2 === 0 ? 1 - p : p;
  });
  return { ...grid, data, cols: 2 };
}

/** 1 where a row has a class, or one of several labels, else 0: [rows, columns of grid]. */
function truthOf(
  yTrue: Labels | MatrixInput,
  labels: Labels | null | undefined,
  grid: NumberGrid,
): NumberGrid {
  if (!isMatrixInput(yTrue)) return indicatorsOf(trueColumns(yTrue, labels, grid), grid.cols);
  const truth = toIndicators(yTrue, 'yTrue');
  checkSameShape(truth, grid, 'yProba', 'labels');
  return truth;
}

function logLosses(truth: NumberGrid, { data, rows, cols, epsilon }: NumberGrid): Float64Array {
  const losses = new Float64Array(rows);
  for (let k = 0; k < data.length; k++)
    if (truth.data[k] === 1)
      losses[Math.floor(k / cols)] -= Math.log(Math.min(1 - epsilon, Math.max(epsilon, data[k])));
  return losses;
}

/**
 * Log loss (cross-entropy): the mean of -log of the probability given to the true class.
 *
 * @param yTrue - true labels; or 0 and 1 for each of several labels, [rows, labels], of which those that a row has add up, as in scikit-learn
 * @param yProba - the probability of the larger class per row, or a matrix with a column per class, sorted, or per label
 * @param options - `normalize` (default true; false: the sum), `labels` (all classes, when yTrue lacks some),
 *   `sampleWeight`
 * @returns 0 or more, 0 best; probabilities are kept the epsilon of their type away from 0 and 1, so it is finite
 * @throws {ERR_PARAMETER} when a probability is out of [0, 1]
 * @throws {ERR_LABELS} when there is one class only, a label is not in `labels`, or several labels are not 0 and 1
 * @throws {ERR_SHAPE} when the columns do not match the classes
 * @example
 * ```ts
 * import { logLoss } from 'boreal';
 * logLoss(['ham', 'spam'], [[0.9, 0.1], [0.2, 0.8]]); // 0.164252033486018
 * ```
 */
export function logLoss(
  yTrue: Labels | MatrixInput,
  yProba: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { normalize?: boolean; labels?: Labels | null } = {},
): number {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const given = toProbabilities(labelled, yProba);
  const grid = isMatrixInput(labelled) ? given : ofBoth(given);
  const weights = toWeights(options.sampleWeight, grid.rows);
  const losses = logLosses(truthOf(labelled, options.labels, grid), grid);
  if (options.normalize ?? true) return mean(losses, weights);
  return losses.reduce((sum, loss, i) => sum + loss * (weights === undefined ? 1 : weights[i]), 0);
}

/**
 * The Brier score: the mean squared difference between probabilities and what happened.
 *
 * @param yTrue - true labels; or 0 and 1 for each of several labels, [rows, labels], of which all add up
 * @param yProba - the probability of the positive class per row, or a matrix with a column per class, sorted, or per label
 * @param options - `posLabel` (for one column; default 1 or true, or the larger of two numbers), `labels` (for a
 *   matrix: all classes), `scaleByHalf` ('auto': halve the sum over two classes, so that the score is in [0, 1]),
 *   `sampleWeight`
 * @returns 0 or more, 0 best
 * @throws {ERR_PARAMETER} when a probability is out of [0, 1] or the positive class is not known
 * @throws {ERR_LABELS} when the labels do not fit
 * @throws {ERR_SHAPE} when the columns do not match the classes
 */
export function brierScore(
  yTrue: Labels | MatrixInput,
  yProba: ArrayLike<number> | MatrixInput,
  options: WeightOptions & {
    posLabel?: Label | null;
    labels?: Labels | null;
    scaleByHalf?: boolean | 'auto';
  } = {},
): number {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const grid = toProbabilities(labelled, yProba);
  const weights = toWeights(options.sampleWeight, grid.rows);
  const { scaleByHalf = 'auto' } = options;
  const factor = scaleByHalf === true || (scaleByHalf === 'auto' && grid.cols < 3) ? 0.5 : 1;
  const errors =
    grid.cols === 1 && !isMatrixInput(labelled)
      ? binaryErrors(labelled, grid, options.posLabel)
      : squaredErrors(truthOf(labelled, options.labels, grid), grid);
  return factor * mean(errors, weights);
}

/** Squared errors of both classes when the probability of one is given. */
function binaryErrors(yTrue: Labels, grid: NumberGrid, posLabel: Label | null | undefined): Float64Array {
  const { classes, codes } = encodeClasses(yTrue);
  if (classes.length > 2) {
    throw new ValidationError(
      'ERR_LABELS',
      `yTrue holds ${classes.length} classes, ${listLabels(classes)}; give yProba a column for each.`,
    );
  }
  const numeric = typeof classes[0] === 'number';
  const conventional = classes.every((label) => label === 0 || label === 1 || label === -1);
  const positive =
    numeric && !conventional && (posLabel ?? null) === null
      ? classes[classes.length - 1]
      : positiveClass(classes, posLabel);
  if (classes.length === 2 && !classes.includes(positive)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `posLabel ${show(positive)} is not among ${listLabels(classes)}.`,
    );
  }
  const code = classes.indexOf(positive);
  return grid.data.map((p, i) => 2 * ((codes[i] === code ? 1 : 0) - p) ** 2);
}

function squaredErrors(truth: NumberGrid, { data, rows, cols }: NumberGrid): Float64Array {
  const errors = new Float64Array(rows);
  for (let k = 0; k < data.length; k++) errors[Math.floor(k / cols)] += (truth.data[k] - data[k]) ** 2;
  return errors;
}

/** What a model that knows nothing else gives each row: the share of each class or label. */
function sharesOf(truth: NumberGrid, weights?: Float64Array): NumberGrid {
  const known = Array.from({ length: truth.cols }, (_, j) => mean(columnOf(truth, j), weights));
  return { ...truth, data: truth.data.map((_, k) => known[k % truth.cols]) };
}

/**
 * The share of the log loss of always giving the shares of the classes that a model takes away.
 *
 * @param yTrue - true labels
 * @param yProba - see {@link logLoss}
 * @param options - `labels`, `sampleWeight`
 * @returns at most 1; 0 for giving the shares; NaN for less than two rows
 * @throws as {@link logLoss}
 */
export function d2LogLossScore(
  yTrue: Labels | MatrixInput,
  yProba: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { labels?: Labels | null } = {},
): number {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const given = toProbabilities(labelled, yProba);
  const grid = isMatrixInput(labelled) ? given : ofBoth(given);
  if (grid.rows < 2) return Number.NaN;
  const truth = truthOf(labelled, options.labels, grid);
  const weights = toWeights(options.sampleWeight, grid.rows);
  const { epsilon } = grid;
  const none = logLosses(truth, { ...sharesOf(truth, weights), epsilon });
  return 1 - mean(logLosses(truth, grid), weights) / mean(none, weights);
}

/**
 * The share of the Brier score of always giving the shares of the classes that a model takes away.
 *
 * @param yTrue - true labels
 * @param yProba - see {@link brierScore}
 * @param options - `posLabel`, `labels`, `sampleWeight`
 * @returns at most 1; 0 for giving the shares; NaN for less than two rows
 * @throws as {@link brierScore}
 */
export function d2BrierScore(
  yTrue: Labels | MatrixInput,
  yProba: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { posLabel?: Label | null; labels?: Labels | null } = {},
): number {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const grid = toProbabilities(labelled, yProba);
  if (grid.rows < 2) return Number.NaN;
  const weights = toWeights(options.sampleWeight, grid.rows);
  const left = brierScore(labelled, yProba, { ...options, scaleByHalf: false });
  if (grid.cols > 1 || isMatrixInput(labelled)) {
    const truth = truthOf(labelled, options.labels, grid);
    return 1 - left / mean(squaredErrors(truth, sharesOf(truth, weights)), weights);
  }
  // Twice the positive share times the other.
  const happened = binaryErrors(labelled, { ...grid, data: new Float64Array(grid.rows) }, options.posLabel);
  const share = mean(happened, weights) / 2;
  return 1 - left / (2 * share * (1 - share));
}
