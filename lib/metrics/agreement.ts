/** Further metrics of predicted classes: losses, agreement of two raters, likelihood ratios, as scikit-learn 1.9 has them. */
import { checkParams, custom, requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { accuracyScore, confusionMatrix, type WeightOptions } from './classification.js';
import {
  checkChoice,
  checkSameShape,
  encodePair,
  isMatrixInput,
  type Labels,
  listLabels,
  type MatrixInput,
  toGrid,
  toWeights,
} from './input.js';

/**
 * The share of rows predicted wrong; of a row of several labels, all must be right.
 *
 * @param yTrue - true labels, or 0 and 1 for each of several, [rows, labels]
 * @param options - `normalize` (default true; false: their weight), `sampleWeight`
 * @returns 0 to 1, 0 best
 * @throws {ERR_SHAPE} when shapes differ
 * @example
 * ```ts
 * import { zeroOneLoss } from 'boreal';
 * zeroOneLoss([1, 2, 3, 4], [2, 2, 3, 4]); // 0.25
 * ```
 */
export function zeroOneLoss(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: WeightOptions & { normalize?: boolean } = {},
): number {
  requireOptions(options);
  const { normalize = true, sampleWeight } = options;
  if (!isMatrixInput(yTrue) || !isMatrixInput(yPred)) {
    const total = normalize ? 1 : weightOfRows(yTrue as Labels, sampleWeight);
    return total - accuracyScore(yTrue as Labels, yPred as Labels, options);
  }
  const { wrong, weights, rows, cols } = differences(yTrue, yPred, sampleWeight);
  let loss = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    if (wrong.subarray(i * cols, (i + 1) * cols).includes(1)) loss += weight;
  }
  return normalize ? loss / total : loss;
}

function weightOfRows(yTrue: Labels, sampleWeight: WeightOptions['sampleWeight']): number {
  const weights = toWeights(sampleWeight, yTrue.length);
  return weights?.reduce((a, b) => a + b, 0) ?? yTrue.length;
}

/** 1 where two matrices differ. */
function differences(
  yTrue: MatrixInput,
  yPred: MatrixInput,
  sampleWeight: WeightOptions['sampleWeight'],
): { wrong: Uint8Array; weights: Float64Array | undefined; rows: number; cols: number } {
  const truth = toGrid(yTrue, 'yTrue');
  const predicted = toGrid(yPred, 'yPred');
  checkSameShape(truth, predicted, 'yPred', 'labels');
  const wrong = Uint8Array.from(truth.data, (value, at) => (value === predicted.data[at] ? 0 : 1));
  return { wrong, weights: toWeights(sampleWeight, truth.rows), rows: truth.rows, cols: truth.cols };
}

/**
 * The share of labels predicted wrong: for one label per row as {@link zeroOneLoss}, else over all labels of all rows.
 *
 * @param yTrue - true labels, or 0 and 1 for each of several, [rows, labels]
 * @returns 0 to 1, 0 best
 * @throws {ERR_SHAPE} when shapes differ
 * @example
 * ```ts
 * import { hammingLoss } from 'boreal';
 * hammingLoss([[0, 1], [1, 1]], [[0, 0], [1, 1]]); // 0.25
 * ```
 */
export function hammingLoss(
  yTrue: Labels | MatrixInput,
  yPred: Labels | MatrixInput,
  options: WeightOptions = {},
): number {
  requireOptions(options);
  if (!isMatrixInput(yTrue) || !isMatrixInput(yPred)) return zeroOneLoss(yTrue, yPred, options);
  const { wrong, weights, rows, cols } = differences(yTrue, yPred, options.sampleWeight);
  let loss = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight * cols;
    for (let j = 0; j < cols; j++) loss += weight * wrong[i * cols + j];
  }
  return loss / total;
}

/**
 * The agreement of two raters beyond chance (Cohen 1960).
 *
 * @param y1 - labels of the first rater
 * @param y2 - labels of the second
 * @param options - `labels` (default: all), `weights` ('linear' or 'quadratic' make a miss by more steps worse; default null),
 *   `sampleWeight`, `replaceUndefinedBy` (default NaN: where both know one label only)
 * @returns -1 to 1; 0 for chance
 * @throws {ERR_SHAPE} when lengths differ; {ERR_LABELS} when none of `labels` is in y1
 * @example
 * ```ts
 * import { cohenKappaScore } from 'boreal';
 * cohenKappaScore([0, 0, 1, 1], [0, 1, 1, 1]); // 0.5
 * ```
 */
export function cohenKappaScore(
  y1: Labels,
  y2: Labels,
  options: WeightOptions & {
    labels?: Labels | null;
    weights?: 'linear' | 'quadratic' | null;
    replaceUndefinedBy?: number;
  } = {},
): number {
  requireOptions(options);
  const { labels, weights = null, sampleWeight, replaceUndefinedBy = Number.NaN } = options;
  checkChoice('weights', weights, ['linear', 'quadratic', null]);
  const counts = confusionMatrix(y1, y2, { labels, sampleWeight });
  const first = counts.map((row) => row.reduce((a, b) => a + b, 0));
  const second = counts.map((_, j) => counts.reduce((sum, row) => sum + row[j], 0));
  const total = first.reduce((a, b) => a + b, 0);
  if (total === 0) return replaceUndefinedBy;
  let seen = 0;
  let expected = 0;
  counts.forEach((row, i) => {
    row.forEach((count, j) => {
      const steps = Math.abs(i - j);
      const cost = weights === null ? Number(i !== j) : weights === 'linear' ? steps : steps ** 2;
      seen += cost * count;
      expected += (cost * first[i] * second[j]) / total;
    });
  });
  return expected === 0 ? replaceUndefinedBy : 1 - seen / expected;
}

/** A value in place of a ratio that is undefined, or none. */
const isRatio = (value: unknown, low: number, high: number): boolean =>
  value === undefined || Number.isNaN(value) || (typeof value === 'number' && value >= low && value <= high);

const undefinedRule = custom(
  '1, or an object of positive (1 or more) and negative (0 to 1), each of which may be NaN or left out',
  (v) => {
    if (v === 1) return true;
    if (typeof v !== 'object' || v === null) return false;
    const { positive, negative, ...others } = v as Partial<LikelihoodRatios>;
    return isRatio(positive, 1, Infinity) && isRatio(negative, 0, 1) && Object.keys(others).length === 0;
  },
);

/** What a positive and a negative prediction do to the odds of the positive class. */
export interface LikelihoodRatios {
  /** Sensitivity / (1 - specificity): 1 or more, the higher the better; NaN where no row is predicted positive wrongly. */
  readonly positive: number;
  /** (1 - sensitivity) / specificity: 0 to 1, the lower the better; NaN where no row is predicted negative rightly. */
  readonly negative: number;
}

/**
 * Likelihood ratios of two classes: by what a prediction multiplies the odds of the class, whatever its share.
 *
 * @param options - `labels` (the negative class, then the positive one; default sorted), `sampleWeight`, `replaceUndefinedBy`
 *   (values in place of NaN, or 1: the worst of each)
 * @throws {ERR_LABELS} unless there are two classes
 * @throws {ERR_PARAMETER} for values in place of NaN that are no ratios of the kind
 * @example
 * ```ts
 * import { classLikelihoodRatios } from 'boreal';
 * classLikelihoodRatios([0, 1, 0, 1, 0], [1, 1, 0, 0, 0]); // { positive: 1.5, negative: 0.75 }
 * ```
 */
export function classLikelihoodRatios(
  yTrue: Labels,
  yPred: Labels,
  options: WeightOptions & {
    labels?: Labels | null;
    replaceUndefinedBy?: Partial<LikelihoodRatios> | 1;
  } = {},
): LikelihoodRatios {
  requireOptions(options);
  const { labels, sampleWeight, replaceUndefinedBy = {} } = options;
  checkParams('classLikelihoodRatios', { replaceUndefinedBy }, { replaceUndefinedBy: undefinedRule });
  const { classes } = encodePair(yTrue, yPred);
  const counts = confusionMatrix(yTrue, yPred, { labels, sampleWeight });
  if (classes.length > 2 || counts.length !== 2) {
    throw new ValidationError(
      'ERR_LABELS',
      `Likelihood ratios need two classes; there are ${show(classes.length)}: ${listLabels(classes)}.`,
    );
  }
  const [[tn, fp], [fn, tp]] = counts;
  const instead = replaceUndefinedBy === 1 ? { positive: 1, negative: 1 } : replaceUndefinedBy;
  const { positive = Number.NaN, negative = Number.NaN } = instead;
  return {
    positive: fp === 0 ? positive : (tp * (tn + fp)) / (fp * (tp + fn)),
    negative: tn === 0 ? negative : (fn * (tn + fp)) / (tn * (tp + fn)),
  };
}
