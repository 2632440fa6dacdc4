/** What becomes of a metric, and of the counts of hits and errors, at each threshold of a score. */
import type { Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import { curveSteps, isPositive } from './curves.js';
import { encodeClasses, type Labels, positiveClass, toNumbers } from './input.js';

/** Options of {@link confusionMatrixAtThresholds} and {@link metricAtThresholds}. */
export interface ThresholdOptions extends WeightOptions {
  /** The class that high scores speak for; default 1 of {0, 1} or {-1, 1}, or true. */
  posLabel?: Label | null;
}

/** Counts, or sums of weights, at each threshold. */
export interface CountsAtThresholds {
  /** Other rows below the threshold. */
  readonly trueNegatives: Float64Array;
  /** Other rows that reach it. */
  readonly falsePositives: Float64Array;
  /** Positive rows below it. */
  readonly falseNegatives: Float64Array;
  /** Positive rows that reach it. */
  readonly truePositives: Float64Array;
  /** The different scores, falling. */
  readonly thresholds: Float64Array;
}

/**
 * True and false positives and negatives, were all rows positive whose score reaches the threshold, for each score that there is.
 *
 * @param yTrue - true labels, two classes (or any with `posLabel`)
 * @param yScore - a probability or decision value per row, higher for the positive class
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} when there are more than two classes and no `posLabel`
 * @throws {ERR_PARAMETER} when the labels do not say which class is positive
 * @example
 * ```ts
 * import { confusionMatrixAtThresholds } from 'boreal';
 * const { falsePositives, thresholds } = confusionMatrixAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * thresholds; // [0.8, 0.4, 0.35, 0.1]
 * falsePositives; // [0, 1, 1, 2]
 * ```
 */
export function confusionMatrixAtThresholds(
  yTrue: Labels,
  yScore: ArrayLike<number>,
  options: ThresholdOptions = {},
): CountsAtThresholds {
  const { falsePositives, truePositives, thresholds } = curveSteps(yTrue, yScore, options);
  const rest = (counts: Float64Array) => counts.map((count) => counts[counts.length - 1] - count);
  return {
    ...{ trueNegatives: rest(falsePositives), falsePositives },
    ...{ falseNegatives: rest(truePositives), truePositives, thresholds },
  };
}

/**
 * A metric of labels, were all rows positive whose score reaches the threshold, for each score that there is: to choose a threshold by.
 *
 * @param yTrue - true labels of two classes
 * @param yScore - a probability or decision value per row, higher for the positive class
 * @param metric - such as {@link accuracyScore}; it gets `sampleWeight` where that is given
 * @returns `values` of the metric at the `thresholds`, which fall
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} unless there are two classes
 * @throws {ERR_PARAMETER} when the labels do not say which class is positive
 * @example
 * ```ts
 * import { accuracyScore, metricAtThresholds } from 'boreal';
 * const { values, thresholds } = metricAtThresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], accuracyScore);
 * thresholds; // [0.8, 0.4, 0.35, 0.1]
 * values; // [0.75, 0.5, 0.75, 0.5]
 * ```
 */
export function metricAtThresholds(
  yTrue: Labels,
  yScore: ArrayLike<number>,
  metric: (yTrue: Labels, yPred: Label[], options: WeightOptions) => number,
  options: ThresholdOptions = {},
): { values: Float64Array; thresholds: Float64Array } {
  requireOptions(options);
  if (typeof metric !== 'function')
    throw new ValidationError('ERR_PARAMETER', `metric must be a function; got ${show(metric)}.`);
  const { thresholds } = curveSteps(yTrue, yScore, options);
  const { classes, codes } = encodeClasses(yTrue);
  if (classes.length !== 2)
    throw new ValidationError(
      'ERR_LABELS',
      `metricAtThresholds needs two classes; yTrue has ${classes.length}.`,
    );
  const positive = positiveClass(classes, options.posLabel);
  const negative = classes[isPositive(codes, classes.indexOf(positive))[0] === 1 ? 1 - codes[0] : codes[0]];
  const scores = toNumbers(yScore, 'yScore');
  const { sampleWeight } = options;
  const given = sampleWeight === undefined || sampleWeight === null ? {} : { sampleWeight };
  const values = thresholds.map((threshold) => {
    const predicted = Array.from(scores, (score) => (score >= threshold ? positive : negative));
    return metric(yTrue, predicted, given);
  });
  return { values, thresholds };
}
