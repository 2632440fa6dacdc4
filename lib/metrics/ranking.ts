/**
 * Scores of how well rows are ranked: areas under ROC and precision-recall curves, as scikit-learn 1.9 defines them.
 */
import { compareLabels, type Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import { isPositive, precisionAndRecall, rates, stepsOf, withFirst } from './curves.js';
import {
  type Average,
  checkChoice,
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

type BinaryScore = (positive: Uint8Array, scores: Float64Array, weights?: Float64Array) => number;

/** The area under the ROC curve; NaN when one class is absent. */
function binaryAuc(positive: Uint8Array, scores: Float64Array, weights?: Float64Array): number {
  const { falsePositives: fp, truePositives: tp } = stepsOf(positive, scores, weights);
  const last = fp.length - 1;
  let area = (fp[0] * tp[0]) / 2;
  for (let k = 1; k <= last; k++) area += ((fp[k] - fp[k - 1]) * (tp[k] + tp[k - 1])) / 2;
  return fp[last] > 0 && tp[last] > 0 ? area / (fp[last] * tp[last]) : Number.NaN;
}

/** The area up to a false positive rate, scaled so that guessing gives 0.5 (McClish, 1989). */
function partialAuc(maxFpr: number): BinaryScore {
  return (positive, scores, weights) => {
    const steps = stepsOf(positive, scores, weights);
    const fpr = rates(withFirst(0, steps.falsePositives));
    const tpr = rates(withFirst(0, steps.truePositives));
    let area = 0;
    for (let k = 1; k < fpr.length && fpr[k - 1] < maxFpr; k++) {
      const end = Math.min(fpr[k], maxFpr);
      const width = fpr[k] - fpr[k - 1];
      const height = width === 0 ? tpr[k] : tpr[k - 1] + ((tpr[k] - tpr[k - 1]) * (end - fpr[k - 1])) / width;
      area += ((end - fpr[k - 1]) * (tpr[k - 1] + height)) / 2;
    }
    const least = maxFpr ** 2 / 2;
    return Number.isNaN(fpr[0] + tpr[0]) ? Number.NaN : 0.5 * (1 + (area - least) / (maxFpr - least));
  };
}

function binaryAveragePrecision(positive: Uint8Array, scores: Float64Array, weights?: Float64Array): number {
  const { precision, recall } = precisionAndRecall(stepsOf(positive, scores, weights));
  let sum = 0;
  for (let k = 0; k < recall.length; k++) sum += (recall[k] - (k === 0 ? 0 : recall[k - 1])) * precision[k];
  return sum;
}

/** How scores of several classes or labels become one: 'samples' is the mean over rows, of which each ranks its labels. */
export type RankingAverage = Exclude<Average, 'binary'> | 'samples';

/** The score of each label, averaged. `truth` says which rows have it, `grid` how it is scored, [rows, labels]. */
function averaged(
  score: BinaryScore,
  truth: NumberGrid,
  grid: NumberGrid,
  average: RankingAverage,
  weights: Float64Array | undefined,
): number | number[] {
  const { rows, cols, data } = grid;
  if (average === 'micro') {
    const each = weights && Float64Array.from(data, (_, k) => weights[Math.floor(k / cols)]);
    return score(Uint8Array.from(truth.data), data, each);
  }
  if (average === 'samples') {
    const scores = Array.from({ length: rows }, (_, i) => {
      const own = [i * cols, (i + 1) * cols] as const;
      return score(Uint8Array.from(truth.data.subarray(...own)), data.subarray(...own));
    });
    return weightedMean(scores, weights);
  }
  const scores = Array.from({ length: cols }, (_, j) =>
    score(Uint8Array.from(columnOf(truth, j)), columnOf(grid, j), weights),
  );
  if (average === null) return scores;
  if (average === 'macro') return mean(scores);
  const prevalence = new Array<number>(cols).fill(0);
  for (let k = 0; k < data.length; k++)
    prevalence[k % cols] += truth.data[k] * (weights?.[Math.floor(k / cols)] ?? 1);
  return prevalence.every((rows) => rows === 0) ? 0 : weightedMean(scores, prevalence);
}

/** What weighs nothing need not be a number. */
function weightedMean(scores: number[], weights: ArrayLike<number> | undefined): number {
  return mean(
    scores.map((value, k) => (weights?.[k] === 0 ? 0 : value)),
    weights,
  );
}

/** The averages that there are. */
function averages(yTrue: Labels | MatrixInput): RankingAverage[] {
  return ['micro', 'macro', 'weighted', null, ...(isMatrixInput(yTrue) ? (['samples'] as const) : [])];
}

/** The score of several labels. */
function ofLabels(
  score: BinaryScore,
  yTrue: MatrixInput,
  yScore: ArrayLike<number> | MatrixInput,
  average: RankingAverage,
  sampleWeight: WeightOptions['sampleWeight'],
): number | number[] {
  const truth = toIndicators(yTrue, 'yTrue');
  const grid = toGrid(yScore, 'yScore');
  checkSameShape(truth, grid, 'yScore', 'labels');
  return averaged(score, truth, grid, average, toWeights(sampleWeight, grid.rows));
}

/** The mean over pairs of classes (Hand & Till, 2001), each class of a pair once as the positive one. */
function oneVersusOne(codes: Int32Array, grid: NumberGrid, average: RankingAverage): number {
  const present = [...new Set(codes)].sort((a, b) => a - b);
  const scores: number[] = [];
  const prevalence: number[] = [];
  for (const a of present) {
    for (const b of present.filter((code) => code > a)) {
      const rows = Array.from(codes.keys()).filter((i) => codes[i] === a || codes[i] === b);
      const against = (code: number) =>
        binaryAuc(
          Uint8Array.from(rows, (i) => (codes[i] === code ? 1 : 0)),
          Float64Array.from(rows, (i) => grid.data[i * grid.cols + code]),
        );
      scores.push((against(a) + against(b)) / 2);
      prevalence.push(rows.length);
    }
  }
  return mean(scores, average === 'weighted' ? prevalence : undefined);
}

/** Codes of yTrue into the classes that the columns of a grid stand for. */
function encodeAgainst(yTrue: Labels, labels: Labels | null | undefined, grid: NumberGrid): Int32Array {
  const { classes, codes } = encodeClasses(yTrue);
  const columns = labels ? Array.from(labels) : classes;
  if (columns.some((label, j) => j > 0 && compareLabels(columns[j - 1], label) >= 0)) {
    throw new ValidationError(
      'ERR_LABELS',
      `'labels' must be sorted and distinct; got ${listLabels(columns)}.`,
    );
  }
  if (columns.length !== grid.cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `yScore has ${grid.cols} columns, but there are ${columns.length} classes: ${listLabels(columns)}. ` +
        'If a class is absent from yTrue, name them all with labels.',
    );
  }
  return codesAmong(columns, classes, codes);
}

/** Options of {@link rocAucScore}. */
export interface RocAucOptions extends WeightOptions {
  /**
   * For several classes or labels: 'macro' (default), 'weighted', 'micro' (only one versus rest), or null for each of them; for several
   * labels 'samples', too: the mean over rows.
   */
  average?: RankingAverage;
  /** How several classes become pairs: 'ovr', one against the rest, or 'ovo', one against one. No default. */
  multiClass?: 'raise' | 'ovr' | 'ovo';
  /** The classes that the columns of yScore stand for, sorted; default those of yTrue. */
  labels?: Labels | null;
  /** Only up to this false positive rate, above 0 to 1; of two classes, or of each of several labels. */
  maxFpr?: number | null;
}

/**
 * The area under the ROC curve: the chance that a positive row outranks a negative one.
 *
 * @param yTrue - true labels; of two classes the larger is the positive one; or 0 and 1 for each of several labels, [rows, labels]
 * @param yScore - one score per row, or for several classes a matrix with a probability per class, for several labels with a score per
 *   label. Differs from
 *   scikit-learn: for two classes a matrix of two columns is taken too, its second column being the score.
 * @returns 0 to 1; NaN when yTrue holds one class only, or a label that no row or every row has; an array of them when `average` is null
 * @throws {ERR_PARAMETER} when `multiClass` is needed and missing, or options do not go together
 * @throws {ERR_SHAPE} when lengths or columns do not agree
 * @throws {ERR_LABELS} when labels cannot be used
 * @example
 * ```ts
 * import { rocAucScore } from 'boreal';
 * rocAucScore([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.75
 * rocAucScore([[0, 1], [1, 1], [1, 0]], [[0.2, 0.9], [0.7, 0.4], [0.1, 0.6]], { average: null }); // [0.5, 0.5]
 * ```
 */
export function rocAucScore(
  yTrue: Labels,
  yScore: MatrixInput,
  options: RocAucOptions & { average: null; multiClass: 'ovr' },
): number[];
export function rocAucScore(
  yTrue: MatrixInput,
  yScore: MatrixInput,
  options: RocAucOptions & { average: null },
): number[];
export function rocAucScore(
  yTrue: Labels | MatrixInput,
  yScore: ArrayLike<number> | MatrixInput,
  options?: RocAucOptions,
): number;
export function rocAucScore(
  yTrue: Labels | MatrixInput,
  yScore: ArrayLike<number> | MatrixInput,
  options: RocAucOptions = {},
): number | number[] {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const { average = 'macro', multiClass = 'raise', maxFpr = null } = options;
  checkChoice('average', average, averages(labelled));
  checkChoice('multiClass', multiClass, ['raise', 'ovr', 'ovo']);
  if (maxFpr !== null && !(maxFpr > 0 && maxFpr <= 1)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `'maxFpr' must be above 0 and at most 1; got ${show(maxFpr)}.`,
    );
  }
  const score = maxFpr === null || maxFpr === 1 ? binaryAuc : partialAuc(maxFpr);
  if (isMatrixInput(labelled)) return ofLabels(score, labelled, yScore, average, options.sampleWeight);
  const grid = toGrid(yScore, 'yScore');
  checkLengths(labelled, grid.rows, 'yScore');
  const weights = toWeights(options.sampleWeight, grid.rows);
  const { classes, codes } = encodeClasses(labelled);
  if (classes.length <= 2 && grid.cols <= 2) {
    const positive = isPositive(codes, classes.length - 1);
    return classes.length < 2 ? Number.NaN : score(positive, columnOf(grid, grid.cols - 1), weights);
  }
  checkMulticlass(options, grid);
  const columns = encodeAgainst(labelled, options.labels, grid);
  if (multiClass === 'ovo') return oneVersusOne(columns, grid, average);
  return averaged(binaryAuc, indicatorsOf(columns, grid.cols), grid, average, weights);
}

/** @throws {ERR_PARAMETER} or {ERR_SHAPE} when options or scores do not suit several classes */
function checkMulticlass(
  { average, multiClass, maxFpr, sampleWeight }: RocAucOptions,
  grid: NumberGrid,
): void {
  const refuse = (message: string) => {
    throw new ValidationError('ERR_PARAMETER', message);
  };
  if (grid.cols === 1) {
    throw new ValidationError(
      'ERR_SHAPE',
      'For more than two classes yScore is a matrix with one column per class.',
    );
  }
  if (multiClass !== 'ovr' && multiClass !== 'ovo') {
    refuse("For more than two classes set multiClass to 'ovr' or 'ovo'.");
  }
  if (typeof maxFpr === 'number' && maxFpr !== 1) refuse("'maxFpr' works for two classes only.");
  if (multiClass === 'ovo' && (average === null || average === 'micro')) {
    refuse("multiClass 'ovo' goes with the averages 'macro' and 'weighted' only.");
  }
  if (multiClass === 'ovo' && sampleWeight) refuse("multiClass 'ovo' takes no sampleWeight.");
  for (let i = 0; i < grid.rows; i++) {
    const sum = grid.data.subarray(i * grid.cols, (i + 1) * grid.cols).reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > 1e-5) {
      refuse(`For more than two classes yScore holds probabilities; row ${i} adds up to ${sum}, not 1.`);
    }
  }
}

/** @throws {ERR_PARAMETER} for another than the default, of several classes or labels */
function refusePosLabel(posLabel: Label): void {
  if (posLabel !== 1) throw new ValidationError('ERR_PARAMETER', "'posLabel' is for two classes only.");
}

/**
 * Average precision: the mean of the precisions at each threshold, weighted by the rise in recall.
 *
 * @param yTrue - true labels, or 0 and 1 for each of several labels, [rows, labels]
 * @param yScore - one score per row, or for several classes or labels a matrix with a column for each
 * @param options - `posLabel` (default 1, or true; two classes only), `average` (for several classes or labels: 'macro' by
 *   default, 'micro', 'weighted', or null for each; for several labels 'samples', too: the mean over rows), `sampleWeight`
 * @throws {ERR_PARAMETER} when `posLabel` is not a class, or given for several classes or labels
 * @throws {ERR_SHAPE} when lengths or columns do not agree
 * @throws {ERR_LABELS} for several labels that are not 0 and 1
 */
export function averagePrecision(
  yTrue: Labels | MatrixInput,
  yScore: MatrixInput,
  options: WeightOptions & { average: null },
): number[];
export function averagePrecision(
  yTrue: Labels | MatrixInput,
  yScore: ArrayLike<number> | MatrixInput,
  options?: WeightOptions & { posLabel?: Label; average?: RankingAverage },
): number;
export function averagePrecision(
  yTrue: Labels | MatrixInput,
  yScore: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { posLabel?: Label; average?: RankingAverage } = {},
): number | number[] {
  requireOptions(options);
  const labelled = truthAsGiven(yTrue);
  const { average = 'macro', posLabel = 1 } = options;
  checkChoice('average', average, averages(labelled));
  if (isMatrixInput(labelled)) {
    refusePosLabel(posLabel);
    return ofLabels(binaryAveragePrecision, labelled, yScore, average, options.sampleWeight);
  }
  const grid = toGrid(yScore, 'yScore');
  checkLengths(labelled, grid.rows, 'yScore');
  const weights = toWeights(options.sampleWeight, grid.rows);
  const { classes, codes } = encodeClasses(labelled);
  if (classes.length > 2) {
    refusePosLabel(posLabel);
    const truth = indicatorsOf(encodeAgainst(labelled, null, grid), grid.cols);
    return averaged(binaryAveragePrecision, truth, grid, average, weights);
  }
  if (grid.cols > 1) {
    throw new ValidationError(
      'ERR_SHAPE',
      `For two classes yScore is one score per row; got ${grid.cols} columns.`,
    );
  }
  const label = positiveClass(classes, posLabel);
  if (classes.length === 2 && !classes.includes(label)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `posLabel ${show(label)} is not among ${listLabels(classes)}.`,
    );
  }
  return binaryAveragePrecision(isPositive(codes, classes.indexOf(label)), grid.data, weights);
}
