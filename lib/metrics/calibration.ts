/**
 * Reliability curves (DeGroot and Fienberg, The comparison and evaluation of forecasters, 1983), with the bins of
 * scikit-learn 1.9.
 */
import type { Label } from '../core/labels.js';
import { checkNames, checkParams, int, oneOf, requireOptions, show } from '../core/params.js';
import { quantile } from '../core/quantiles.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import {
  checkLengths,
  encodeClasses,
  type Labels,
  listLabels,
  positiveClass,
  toNumbers,
  toWeights,
} from './input.js';

/** Options of {@link calibrationCurve}. */
export interface CalibrationCurveOptions extends WeightOptions {
  /** The class whose probability is given; default 1 of {0, 1} or {-1, 1}, or true. */
  readonly posLabel?: Label | null;
  /** Number of bins, >= 1; those without rows are left out. Default 5. */
  readonly nBins?: number;
  /** Bins of equal width ('uniform', the default) or with as many rows each ('quantile'). */
  readonly strategy?: 'uniform' | 'quantile';
}

const RULES = { nBins: int(1, 1_000_000), strategy: oneOf('uniform', 'quantile') };

/**
 * How often what was given a probability came to pass: by bins of the probability, its mean and the share of positive rows.
 *
 * Differs from scikit-learn: `sampleWeight`.
 *
 * @param yTrue - true labels of two classes
 * @param yProba - the probability of the positive class for each row, in [0, 1]
 * @returns `probTrue`, the share of positive rows, and `probPred`, the mean probability, for each bin that has rows
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} when there are more than two classes
 * @throws {ERR_PARAMETER} for a bad option, for a probability out of [0, 1], and when the labels do not say which class is
 *   positive
 * @example
 * ```ts
 * import { calibrationCurve } from 'boreal';
 * const { probTrue, probPred } = calibrationCurve([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.9], { nBins: 2 });
 * probTrue; // [0, 1]
 * probPred; // [0.2, 0.75]
 * ```
 */
export function calibrationCurve(
  yTrue: Labels,
  yProba: ArrayLike<number>,
  options: CalibrationCurveOptions = {},
): { probTrue: Float64Array; probPred: Float64Array } {
  requireOptions(options);
  const { nBins = 5, strategy = 'uniform', posLabel, sampleWeight } = options;
  checkNames('calibrationCurve', options, ['nBins', 'strategy', 'posLabel', 'sampleWeight']);
  checkParams('calibrationCurve', { nBins, strategy }, RULES);
  const proba = toNumbers(yProba, 'yProba');
  checkLengths(yTrue, proba.length, 'yProba');
  let odd = 0;
  while (odd < proba.length && proba[odd] >= 0 && proba[odd] <= 1) odd++;
  if (odd < proba.length)
    throw new ValidationError(
      'ERR_PARAMETER',
      `yProba must be probabilities; row ${odd} is ${show(proba[odd])}.`,
    );
  const { classes, codes } = encodeClasses(yTrue);
  if (classes.length > 2)
    throw new ValidationError(
      'ERR_LABELS',
      `calibrationCurve takes two classes; yTrue has ${listLabels(classes)}.`,
    );
  const positive = classes.indexOf(positiveClass(classes, posLabel));
  const weights = toWeights(sampleWeight, proba.length);
  const binOf = strategy === 'uniform' ? uniformBin : quantileBin;
  const edges = strategy === 'uniform' ? uniformEdges(nBins) : quantileEdges(proba, nBins);
  // By bin and class, so that no branch depends on what nobody can foretell.
  const byClass = new Float64Array(2 * nBins);
  const sums = new Float64Array(nBins);
  for (let i = 0; i < proba.length; i++) {
    const bin = binOf(edges, proba[i]);
    const weight = weights?.[i] ?? 1;
    byClass[2 * bin + codes[i]] += weight;
    sums[bin] += weight * proba[i];
  }
  const totals = sums.map((_, bin) => byClass[2 * bin] + byClass[2 * bin + 1]);
  const trues = sums.map((_, bin) => (positive < 0 ? 0 : byClass[2 * bin + positive]));
  const filled = Array.from(totals.keys()).filter((bin) => totals[bin] > 0);
  return {
    probTrue: Float64Array.from(filled, (bin) => trues[bin] / totals[bin]),
    probPred: Float64Array.from(filled, (bin) => sums[bin] / totals[bin]),
  };
}

/** The edges between bins, without the outer ones. */
function uniformEdges(nBins: number): Float64Array {
  return Float64Array.from({ length: nBins - 1 }, (_, k) => (k + 1) * (1 / nBins));
}

function quantileEdges(values: Float64Array, nBins: number): Float64Array {
  const sorted = values.slice().sort();
  return Float64Array.from({ length: nBins - 1 }, (_, k) => quantile(sorted, (k + 1) / nBins));
}

/** How many edges of equal bins lie below the value: as many as without rounding, or one more or less. */
function uniformBin(edges: Float64Array, value: number): number {
  let bin = Math.min(edges.length, Math.floor(value * (edges.length + 1)));
  while (bin > 0 && edges[bin - 1] >= value) bin--;
  while (bin < edges.length && edges[bin] < value) bin++;
  return bin;
}

/** How many edges lie below the value. */
function quantileBin(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
