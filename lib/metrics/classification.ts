/**
 * Metrics of predicted classes: everything that follows from the confusion matrix. Definitions, defaults and edge
 * cases are those of scikit-learn 1.9; where that warns, these return the documented value in silence.
 */
import type { Label } from '../core/labels.js';
import { isMatrixShaped, Matrix } from '../core/matrix.js';
import { requireOptions, show } from '../core/params.js';
import { areEqual } from '../core/score.js';
import { countTargets, rowsOfMatrix, targetRows } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import {
  type Average,
  checkChoice,
  checkLengths,
  encodePair,
  isMatrixInput,
  type LabelPair,
  type LabelRows,
  type Labels,
  listLabels,
  type MatrixInput,
  mean,
  positiveClass,
  requireArray,
  toGrid,
  toWeights,
} from './input.js';
import { multilabelConfusionMatrix } from './multilabel.js';

/** Options that every metric of this file has. */
export interface WeightOptions {
  /** One weight >= 0 per row; default all 1. */
  sampleWeight?: ArrayLike<number> | null;
}

/** Sums of weights over pairs of classes: entry (i, j) for rows of class i predicted as class j. */
function pairSums({ classes, yTrue, yPred }: LabelPair, weights: Float64Array | undefined): Float64Array {
  const k = classes.length;
  const sums = new Float64Array(k * k);
  for (let i = 0; i < yTrue.length; i++) {
    sums[yTrue[i] * k + yPred[i]] += weights === undefined ? 1 : weights[i];
  }
  return sums;
}

function rowSums(sums: Float64Array, k: number): number[] {
  return Array.from({ length: k }, (_, i) => sums.subarray(i * k, (i + 1) * k).reduce((a, b) => a + b, 0));
}

function columnSums(sums: Float64Array, k: number): number[] {
  return Array.from({ length: k }, (_, j) =>
    sums.reduce((total, value, at) => (at % k === j ? total + value : total), 0),
  );
}

/**
 * The share of rows whose class was predicted; of a row of several labels, all must be right.
 *
 * @param yTrue - true labels, one per row or several, [rows, targets]
 * @param yPred - predicted labels
 * @param options - `normalize` (default true; false: the weight of the right rows in place of their share),
 *   `sampleWeight`
 * @returns 0 to 1, 1 best
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} when labels are missing or of mixed types
 * @example
 * ```ts
 * import { accuracyScore } from 'boreal';
 * accuracyScore([0, 1, 2, 3], [0, 2, 1, 3]); // 0.5
 * accuracyScore([[0, 'a'], [1, 'b']], [[0, 'a'], [1, 'a']]); // 0.5
 * ```
 */
export function accuracyScore(
  yTrue: Labels | LabelRows,
  yPred: Labels | LabelRows,
  options: WeightOptions & { normalize?: boolean } = {},
): number {
  requireOptions(options);
  const [truth, said] = labelsToCompare(yTrue, yPred);
  const weights = toWeights(options.sampleWeight, truth.length);
  let right = 0;
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const weight = weights === undefined ? 1 : weights[i];
    total += weight;
    if (areEqual(truth[i], said[i])) right += weight;
  }
  return (options.normalize ?? true) ? right / total : right;
}

function rowsOfLabels(y: Labels | LabelRows, what: string): ArrayLike<unknown> {
  if (!isMatrixShaped(y)) return targetRows(y as ArrayLike<unknown>);
  const { data, rows, cols } = toGrid(y, what);
  return rowsOfMatrix(new Matrix(data, rows, cols));
}

/** Labels as codes, or rows of those of several targets. */
function labelsToCompare(
  yTrue: Labels | LabelRows,
  yPred: Labels | LabelRows,
): readonly [ArrayLike<unknown>, ArrayLike<unknown>] {
  if (!isMatrixInput(yTrue)) {
    const pair = encodePair(yTrue as Labels, yPred as Labels);
    return [pair.yTrue, pair.yPred];
  }
  const [truth, said] = [rowsOfLabels(yTrue, 'yTrue'), rowsOfLabels(yPred, 'yPred')];
  requireArray(said, 'yPred');
  checkLengths(truth, said.length, 'yPred');
  const [own, other] = [countTargets(truth), countTargets(said)];
  if (own === other) return [truth, said];
  throw new ValidationError('ERR_SHAPE', `yTrue has ${own} targets, but yPred has ${other}.`);
}

/**
 * Counts of rows by true class (down) and predicted class (across).
 *
 * @param options - `labels` (the classes to count, in order; default all, sorted), `normalize` ('true': shares of a row,
 *   'pred': of a column, 'all'; default null, none), `sampleWeight`
 * @returns one array per true class; `result[i][j]` counts rows of class i predicted as j
 * @throws {ERR_LABELS} when none of `labels` is in yTrue
 * @example
 * ```ts
 * import { confusionMatrix } from 'boreal';
 * confusionMatrix(['cat', 'dog', 'cat'], ['cat', 'cat', 'cat']); // [[2, 0], [1, 0]]
 * ```
 */
export function confusionMatrix(
  yTrue: Labels,
  yPred: Labels,
  options: WeightOptions & {
    labels?: Labels | null;
    normalize?: 'true' | 'pred' | 'all' | null;
  } = {},
): number[][] {
  requireOptions(options);
  const pair = encodePair(yTrue, yPred);
  const normalize = options.normalize ?? null;
  checkChoice('normalize', normalize, ['true', 'pred', 'all', null]);
  const k = pair.classes.length;
  const sums = pairSums(pair, toWeights(options.sampleWeight, yTrue.length));
  const labels: readonly Label[] = options.labels ? Array.from(options.labels) : pair.classes;
  const codes = labels.map((label) => pair.classes.indexOf(label));
  const present = new Set(pair.yTrue);
  if (!codes.some((code) => present.has(code))) {
    throw new ValidationError('ERR_LABELS', `None of the labels ${listLabels(labels)} is in yTrue.`);
  }
  const matrix = codes.map((i) => codes.map((j) => (i < 0 || j < 0 ? 0 : sums[i * k + j])));
  if (normalize === null) return matrix;
  const total = (cells: number[]) => cells.reduce((a, b) => a + b, 0);
  const divisor = {
    true: (i: number, _: number) => total(matrix[i]),
    pred: (_: number, j: number) => total(matrix.map((row) => row[j])),
    all: () => total(matrix.flat()),
  }[normalize];
  return matrix.map((row, i) => row.map((cell, j) => (cell === 0 ? 0 : cell / divisor(i, j))));
}

/**
 * The mean recall of the classes that occur in yTrue: accuracy in which every class counts the same.
 *
 * @param options - `adjusted` (default false; true: 0 for guessing, 1 for perfection), `sampleWeight`
 */
export function balancedAccuracy(
  yTrue: Labels,
  yPred: Labels,
  options: WeightOptions & { adjusted?: boolean } = {},
): number {
  requireOptions(options);
  const pair = encodePair(yTrue, yPred);
  const k = pair.classes.length;
  const sums = pairSums(pair, toWeights(options.sampleWeight, yTrue.length));
  const recalls = rowSums(sums, k)
    .map((total, i) => sums[i * k + i] / total)
    .filter((recall) => !Number.isNaN(recall));
  const score = mean(recalls);
  const chance = 1 / recalls.length;
  return options.adjusted ? (score - chance) / (1 - chance) : score;
}

/**
 * Matthews' correlation of true and predicted classes, for two classes and (Gorodkin, 2004) for more.
 *
 * @returns -1 to 1; 0 for guessing, and where it is not defined
 */
export function matthews(yTrue: Labels, yPred: Labels, options: WeightOptions = {}): number {
  requireOptions(options);
  const pair = encodePair(yTrue, yPred);
  const k = pair.classes.length;
  const sums = pairSums(pair, toWeights(options.sampleWeight, yTrue.length));
  const actual = rowSums(sums, k);
  const predicted = columnSums(sums, k);
  const dot = (a: number[], b: number[]) => a.reduce((total, value, i) => total + value * b[i], 0);
  const total = actual.reduce((a, b) => a + b, 0);
  const right = actual.reduce((a, _, i) => a + sums[i * k + i], 0);
  const variances = (total ** 2 - dot(predicted, predicted)) * (total ** 2 - dot(actual, actual));
  return variances === 0 ? 0 : (right * total - dot(actual, predicted)) / Math.sqrt(variances);
}

/** How precision, recall and F-score become one number. */
export type ScoreAverage = Average | 'samples';

/** Options of precision, recall and F-score. */
export interface ScoreOptions extends WeightOptions {
  /** The classes to score, in order; default all, sorted. */
  labels?: Labels | null;
  /** The class scored by the average 'binary'; default 1, or true. */
  posLabel?: Label;
  /**
   * 'binary': the positive class alone; 'micro': of the summed counts; 'macro': mean of the classes; 'weighted': mean
   * weighted by support; 'samples': of rows of several labels, mean of the rows; null: no average.
   */
  average?: ScoreAverage;
  /** The value of a score that divides by zero: 0 (default), 1 or NaN; an average leaves NaN out. */
  zeroDivision?: number;
}

/** Scores as one number each. */
export interface AverageScores {
  precision: number;
  recall: number;
  fscore: number;
  support: null;
}
/** Scores of each class, in the order of the labels. */
export interface ClassScores {
  precision: number[];
  recall: number[];
  fscore: number[];
  /** Rows (or their weight) of the class in yTrue. */
  support: number[];
}

type Averaged<O> = O & { average: Exclude<ScoreAverage, null> };
type PerClass<O> = O & { average: null };

/** True positives, predicted and actual weight of each class asked for (of 'samples' of each row), or of all taken together. */
function tally(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  average: ScoreAverage,
  options: ScoreOptions,
) {
  requireOptions(options);
  if (isMatrixInput(yTrue) || isMatrixInput(yPred)) return tallyOfSeveral(yTrue, yPred, average, options);
  if (average === 'samples')
    throw new ValidationError('ERR_PARAMETER', "average 'samples' is for rows of several labels.");
  const pair = encodePair(yTrue, yPred);
  const k = pair.classes.length;
  const sums = pairSums(pair, toWeights(options.sampleWeight, yTrue.length));
  let labels: readonly Label[] = options.labels ? Array.from(options.labels) : pair.classes;
  if (average === 'binary') labels = [binaryLabel(pair.classes, options.posLabel)];
  const codes = labels.map((label) => pair.classes.indexOf(label));
  const pick = (values: (code: number) => number) => {
    const picked = codes.map((code) => (code < 0 ? 0 : values(code)));
    return average === 'micro' ? [picked.reduce((a, b) => a + b, 0)] : picked;
  };
  const rows = rowSums(sums, k);
  const columns = columnSums(sums, k);
  return {
    hits: pick((code) => sums[code * k + code]),
    predicted: pick((code) => columns[code]),
    actual: pick((code) => rows[code]),
  };
}

/** The same of labels that a row has or has not. */
function tallyOfSeveral(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  average: ScoreAverage,
  { labels, sampleWeight }: ScoreOptions,
) {
  if (average === 'binary')
    throw new ValidationError('ERR_PARAMETER', "average 'binary' needs one label per row; choose another.");
  const samplewise = average === 'samples';
  const counts = multilabelConfusionMatrix(yTrue, yPred, {
    labels,
    samplewise,
    sampleWeight: samplewise ? null : sampleWeight,
  });
  const pick = (value: (one: number[][]) => number) => {
    const picked = counts.map(value);
    return average === 'micro' ? [picked.reduce((a, b) => a + b, 0)] : picked;
  };
  return {
    hits: pick(([, [, tp]]) => tp),
    predicted: pick(([[, fp], [, tp]]) => fp + tp),
    actual: pick(([, [fn, tp]]) => fn + tp),
  };
}

/** The positive class of average 'binary'. */
function binaryLabel(classes: readonly Label[], posLabel: Label = 1): Label {
  if (classes.length > 2) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `average 'binary' needs two classes, but there are ${classes.length}: ${listLabels(classes)}. ` +
        "Choose 'micro', 'macro', 'weighted' or null.",
    );
  }
  const label = positiveClass(classes, posLabel);
  if (classes.length === 2 && !classes.includes(label)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `posLabel ${show(label)} is not among ${listLabels(classes)}.`,
    );
  }
  return label;
}

/** The mean of those that are not NaN; weights that are all zero count as equal. */
function averageScores(scores: number[], weights: number[] | undefined): number {
  const kept = scores.map((_, i) => i).filter((i) => !Number.isNaN(scores[i]));
  const total = kept.reduce((sum, i) => sum + (weights?.[i] ?? 0), 0);
  return mean(
    kept.map((i) => scores[i]),
    weights !== undefined && total > 0 ? kept.map((i) => weights[i]) : undefined,
  );
}

/**
 * Precision (the share of rows predicted as a class that are of it), recall (the share of rows of a class that were
 * predicted as it), their F-score and the support of each class.
 *
 * @param yTrue - true labels, one per row; or 0 and 1 for each of several, [rows, labels]
 * @param yPred - the same of the prediction
 * @param options - see {@link ScoreOptions}; `average` is null by default; `beta` (default 1, up to Infinity) weighs
 *   recall against precision
 * @returns an array per score, or a number per score when there is an average
 * @throws {ERR_PARAMETER} when `average` is 'binary' and there are more than two classes, no positive one or several labels a row, or
 *   'samples' and there is one
 * @example
 * ```ts
 * import { precisionRecallFscoreSupport } from 'boreal';
 * const { recall, support } = precisionRecallFscoreSupport(['a', 'b', 'b'], ['a', 'a', 'b']);
 * recall; // [1, 0.5]
 * support; // [1, 2]
 * ```
 */
export function precisionRecallFscoreSupport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: Averaged<ScoreOptions & { beta?: number }>,
): AverageScores;
export function precisionRecallFscoreSupport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ScoreOptions & { average?: null; beta?: number },
): ClassScores;
export function precisionRecallFscoreSupport(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions & { beta?: number } = {},
): AverageScores | ClassScores {
  requireOptions(options);
  const { average = null, beta = 1, zeroDivision = 0 } = options;
  checkChoice('average', average, ['binary', 'micro', 'macro', 'weighted', 'samples', null]);
  checkChoice('zeroDivision', zeroDivision, [0, 1, Number.NaN]);
  if (!(beta >= 0))
    throw new ValidationError('ERR_PARAMETER', `'beta' must be a number >= 0; got ${show(beta)}.`);
  const { hits, predicted, actual } = tally(yTrue, yPred, average, options);
  const divide = (a: number, b: number) => (b === 0 ? zeroDivision : a / b);
  const precision = hits.map((hit, i) => divide(hit, predicted[i]));
  const recall = hits.map((hit, i) => divide(hit, actual[i]));
  const square = beta ** 2;
  const fscore =
    beta === Infinity
      ? recall
      : hits.map((hit, i) => divide((1 + square) * hit, square * actual[i] + predicted[i]));
  if (average === null) return { precision, recall, fscore, support: actual };
  const weights =
    average === 'weighted'
      ? actual
      : average === 'samples'
        ? Array.from(toWeights(options.sampleWeight, actual.length) ?? actual.map(() => 1))
        : undefined;
  return {
    precision: averageScores(precision, weights),
    recall: averageScores(recall, weights),
    fscore: averageScores(fscore, weights),
    support: null,
  };
}

function oneScore(
  name: 'precision' | 'recall' | 'fscore',
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions,
): number | number[] {
  requireOptions(options);
  const { average = 'binary' } = options;
  return average === null
    ? precisionRecallFscoreSupport(yTrue, yPred, { ...options, average })[name]
    : precisionRecallFscoreSupport(yTrue, yPred, { ...options, average })[name];
}

/**
 * Precision: the share of the rows predicted as a class that are of it.
 *
 * @param options - see {@link ScoreOptions}; `average` is 'binary' by default
 * @throws {ERR_PARAMETER} when `average` is 'binary' and there are more than two classes or no positive one
 */
export function precisionScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: PerClass<ScoreOptions>,
): number[];
export function precisionScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ScoreOptions,
): number;
export function precisionScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions = {},
): number | number[] {
  return oneScore('precision', yTrue, yPred, options);
}

/**
 * Recall: the share of the rows of a class that were predicted as it.
 *
 * @param options - see {@link ScoreOptions}; `average` is 'binary' by default
 * @throws {ERR_PARAMETER} when `average` is 'binary' and there are more than two classes or no positive one
 */
export function recallScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: PerClass<ScoreOptions>,
): number[];
export function recallScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ScoreOptions,
): number;
export function recallScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions = {},
): number | number[] {
  return oneScore('recall', yTrue, yPred, options);
}

/**
 * F1: the harmonic mean of precision and recall.
 *
 * @param options - see {@link ScoreOptions}; `average` is 'binary' by default
 * @throws {ERR_PARAMETER} when `average` is 'binary' and there are more than two classes or no positive one
 * @example
 * ```ts
 * import { f1Score } from 'boreal';
 * f1Score([0, 1, 1, 0], [0, 1, 0, 0]); // 0.6666666666666666
 * f1Score([0, 1, 2], [0, 1, 1], { average: 'macro' }); // 0.5555555555555555
 * ```
 */
export function f1Score(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: PerClass<ScoreOptions>,
): number[];
export function f1Score(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ScoreOptions,
): number;
export function f1Score(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions = {},
): number | number[] {
  return oneScore('fscore', yTrue, yPred, options);
}

/**
 * The F-score in which recall counts `beta` times as much as precision.
 *
 * @param options - see {@link ScoreOptions}; `beta` from 0 to Infinity, default 1; `average` is 'binary' by default
 * @throws {ERR_PARAMETER} when `beta` is below 0, or `average` is 'binary' and there are more than two classes
 * @example
 * ```ts
 * import { fbetaScore } from 'boreal';
 * fbetaScore([0, 1, 1, 1], [0, 1, 0, 0], { beta: 0.5 }); // 0.7142857142857143
 * ```
 */
export function fbetaScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: PerClass<ScoreOptions & { beta?: number }>,
): number[];
export function fbetaScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: ScoreOptions & { beta?: number },
): number;
export function fbetaScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: ScoreOptions & { beta?: number } = {},
): number | number[] {
  return oneScore('fscore', yTrue, yPred, options);
}
