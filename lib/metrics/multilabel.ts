/** Metrics of several labels at once, for rows that have any number of labels, as scikit-learn 1.9 defines them. */
import type { Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import {
  checkChoice,
  checkSameShape,
  encodePair,
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
} from './input.js';

/** Indicators of true and predicted labels: those given, or one column per class. */
function indicatorPair(yTrue: Labels | MatrixInput, yPred: Labels | MatrixInput, labels?: Labels | null) {
  if (isMatrixInput(yTrue) && isMatrixInput(yPred)) {
    const truth = toIndicators(yTrue, 'yTrue');
    const predicted = toIndicators(yPred, 'yPred');
    checkSameShape(truth, predicted, 'yPred', 'labels');
    const classes: readonly Label[] = Array.from({ length: truth.cols }, (_, j) => j);
    return pick(classes, truth, predicted, labels);
  }
  const { classes, yTrue: t, yPred: p } = encodePair(yTrue as Labels, yPred as Labels);
  const [truth, predicted] = [t, p].map((codes) => indicatorsOf(codes, classes.length));
  return pick(classes, truth, predicted, labels);
}

function pick(classes: readonly Label[], truth: NumberGrid, predicted: NumberGrid, labels?: Labels | null) {
  const wanted: readonly Label[] = labels ? Array.from(labels) : classes;
  const columns = wanted.map((label) => classes.indexOf(label));
  return { classes, wanted, columns, truth, predicted };
}

/**
 * For each label the counts `[[true negatives, false positives], [false negatives, true positives]]`.
 *
 * @param yTrue - true labels, one per row; or 0 and 1 for each of several, [rows, labels]
 * @param yPred - the same of the prediction
 * @param options - `labels` (those to count, in order; positions of columns for a matrix), `samplewise` (for a matrix: counts of
 *   each row in place of each label; default false), `sampleWeight`
 * @throws {ERR_SHAPE} when shapes differ; {ERR_LABELS} for a matrix that holds anything but 0 and 1
 * @example
 * ```ts
 * import { multilabelConfusionMatrix } from 'boreal';
 * multilabelConfusionMatrix([[1, 0], [0, 1]], [[1, 0], [1, 1]]); // [[[0, 1], [0, 1]], [[1, 0], [0, 1]]]
 * ```
 */
export function multilabelConfusionMatrix(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: WeightOptions & { labels?: Labels | null; samplewise?: boolean } = {},
): number[][][] {
  requireOptions(options);
  const { labels, samplewise = false, sampleWeight } = options;
  if (samplewise && !isMatrixInput(yTrue)) {
    const message = 'samplewise counts need a matrix of labels, [rows, labels].';
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const { columns, truth, predicted } = indicatorPair(yTrue, yPred, labels);
  const weights = toWeights(sampleWeight, truth.rows);
  const counts = Array.from({ length: samplewise ? truth.rows : columns.length }, () => [
    [0, 0],
    [0, 0],
  ]);
  for (let i = 0; i < truth.rows; i++) {
    const weight = weights?.[i] ?? 1;
    columns.forEach((column, j) => {
      const at = i * truth.cols + column;
      const [t, p] = column < 0 ? [0, 0] : [truth.data[at], predicted.data[at]];
      counts[samplewise ? i : j][t][p] += weight;
    });
  }
  return counts;
}

/** Options of {@link jaccardScore}. */
export interface JaccardOptions extends WeightOptions {
  /** The labels to score, in order; default all. */
  labels?: Labels | null;
  /** The class scored by the average 'binary'; default 1, or true. */
  posLabel?: Label;
  /** 'binary' (default), 'micro', 'macro', 'weighted', 'samples' (mean over the rows of a matrix), or null: of each label. */
  average?: 'binary' | 'micro' | 'macro' | 'weighted' | 'samples' | null;
  /** The value of a score that divides by zero, 0 or 1. Default 0. */
  zeroDivision?: number;
}

/**
 * The Jaccard index: rows that have a label and are given it, over rows that have it or are given it.
 *
 * @param yTrue - true labels, one per row; or 0 and 1 for each of several, [rows, labels]
 * @param yPred - the same of the prediction
 * @returns 0 to 1; an array of them for `average: null`
 * @throws {ERR_SHAPE} when shapes differ; {ERR_PARAMETER} for the average 'binary' of several labels, or 'samples' of one
 * @example
 * ```ts
 * import { jaccardScore } from 'boreal';
 * jaccardScore([0, 1, 1, 1], [0, 1, 0, 1]); // 0.6666666666666666
 * ```
 */
export function jaccardScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: JaccardOptions & { average: null },
): number[];
export function jaccardScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options?: JaccardOptions,
): number;
export function jaccardScore(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: JaccardOptions = {},
): number | number[] {
  requireOptions(options);
  const { average = 'binary', zeroDivision = 0, sampleWeight } = options;
  checkChoice('average', average, ['binary', 'micro', 'macro', 'weighted', 'samples', null]);
  checkChoice('zeroDivision', zeroDivision, [0, 1]);
  let { labels } = options;
  if (average === 'binary') labels = [binaryLabel(yTrue, yPred, options.posLabel)];
  if (average === 'samples') {
    const rows = multilabelConfusionMatrix(yTrue, yPred, { labels, samplewise: true });
    return mean(
      rows.map((counts) => jaccard(counts, zeroDivision)),
      toWeights(sampleWeight, rows.length),
    );
  }
  const counts = multilabelConfusionMatrix(yTrue, yPred, { labels, sampleWeight });
  const scores = counts.map((one) => jaccard(one, zeroDivision));
  if (average === null) return scores;
  if (average === 'micro') {
    const sum = (t: number, p: number) => counts.reduce((total, one) => total + one[t][p], 0);
    const all = [
      [sum(0, 0), sum(0, 1)],
      [sum(1, 0), sum(1, 1)],
    ];
    return jaccard(all, zeroDivision);
  }
  const support = counts.map(([, [fn, tp]]) => fn + tp);
  const weighted = average === 'weighted' && support.some((weight) => weight > 0);
  return mean(scores, weighted ? support : undefined);
}

function jaccard([[, fp], [fn, tp]]: number[][], zeroDivision: number): number {
  return tp + fp + fn === 0 ? zeroDivision : tp / (tp + fp + fn);
}

function binaryLabel(yTrue: unknown, yPred: unknown, posLabel: Label = 1): Label {
  if (isMatrixInput(yTrue) || isMatrixInput(yPred)) {
    throw new ValidationError('ERR_PARAMETER', "average 'binary' needs one label per row; choose another.");
  }
  const { classes } = encodePair(yTrue as Labels, yPred as Labels);
  const label = positiveClass(classes, posLabel);
  if (classes.length > 2 || (classes.length === 2 && !classes.includes(label))) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `average 'binary' needs two classes with posLabel ${show(label)} among them; there are ${listLabels(classes)}.`,
    );
  }
  return label;
}

/** Scores of each label beside the labels, row by row. */
function overRows(
  yTrue: MatrixInput,
  yScore: MatrixInput,
  options: WeightOptions,
  of: (truth: Float64Array, scores: Float64Array) => number,
): number {
  requireOptions(options);
  const truth = toIndicators(yTrue, 'yTrue');
  const scores = toGrid(yScore, 'yScore');
  checkSameShape(truth, scores, 'yScore', 'labels');
  const { rows, cols } = truth;
  const row = (grid: NumberGrid, i: number) => grid.data.subarray(i * cols, (i + 1) * cols);
  const values = Float64Array.from({ length: rows }, (_, i) => of(row(truth, i), row(scores, i)));
  return mean(values, toWeights(options.sampleWeight, rows));
}

/**
 * For each label of a row, the share of the labels ranked at least as high that are the row's own; the mean over all.
 *
 * @param yTrue - 0 and 1 for each label, [rows, labels]
 * @param yScore - scores of the labels, [rows, labels]
 * @returns above 0, 1 best
 * @throws {ERR_SHAPE} when shapes differ; {ERR_LABELS} when yTrue holds anything but 0 and 1
 */
export function labelRankingAveragePrecisionScore(
  yTrue: MatrixInput,
  yScore: MatrixInput,
  options: WeightOptions = {},
): number {
  return overRows(yTrue, yScore, options, (truth, scores) => {
    const own = Array.from(truth.keys()).filter((j) => truth[j] === 1);
    if (own.length === 0 || own.length === truth.length) return 1;
    const shares = own.map((j) => {
      const rank = scores.reduce((count, score) => count + Number(score >= scores[j]), 0);
      return own.reduce((count, other) => count + Number(scores[other] >= scores[j]), 0) / rank;
    });
    return mean(shares);
  });
}

/**
 * How far down the ranking one has to go to cover all labels of a row; the mean over the rows. Parameters as
 * {@link labelRankingAveragePrecisionScore}.
 */
export function coverageError(yTrue: MatrixInput, yScore: MatrixInput, options: WeightOptions = {}): number {
  return overRows(yTrue, yScore, options, (truth, scores) => {
    const least = truth.reduce((low, t, j) => (t === 1 ? Math.min(low, scores[j]) : low), Infinity);
    return scores.reduce((count, score) => count + Number(score >= least), 0);
  });
}

/**
 * The share of pairs of a label that a row has and one it has not that are ranked the wrong way round, ties included; the mean over
 * the rows. Parameters as {@link labelRankingAveragePrecisionScore}.
 */
export function labelRankingLoss(
  yTrue: MatrixInput,
  yScore: MatrixInput,
  options: WeightOptions = {},
): number {
  return overRows(yTrue, yScore, options, (truth, scores) => {
    const own = Array.from(truth.keys()).filter((j) => truth[j] === 1);
    const others = Array.from(truth.keys()).filter((j) => truth[j] === 0);
    if (own.length === 0 || others.length === 0) return 0;
    const wrong = own.reduce(
      (count, j) => count + others.filter((other) => scores[other] >= scores[j]).length,
      0,
    );
    return wrong / (own.length * others.length);
  });
}
