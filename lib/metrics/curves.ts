/**
 * Curves of scores that rank rows: ROC, precision and recall, detection errors, and the area under any. All walk the rows from
 * the highest score down (Fawcett, 2006, "An introduction to ROC analysis", algorithm 1); rows with equal scores
 * make one step, so ties count half. Definitions and defaults are those of scikit-learn 1.9.
 */
import type { Label } from '../core/labels.js';
import { requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { argsort } from './argsort.js';
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

/** Options of the curves. */
export interface CurveOptions extends WeightOptions {
  /** The class that high scores speak for; default 1 of {0, 1} or {-1, 1}, or true. */
  posLabel?: Label | null;
  /** Leave out points that do not change the drawn curve. */
  dropIntermediate?: boolean;
}

/** Weights of false and true positives at each distinct score, from the highest down. */
interface Steps {
  falsePositives: Float64Array;
  truePositives: Float64Array;
  thresholds: Float64Array;
}

/** Cumulative counts over the rows from the highest score down; rows of weight 0 are left out. */
export function stepsOf(positive: Uint8Array, scores: Float64Array, weights?: Float64Array): Steps {
  const order = argsort(scores);
  const steps: Steps = {
    falsePositives: new Float64Array(order.length),
    truePositives: new Float64Array(order.length),
    thresholds: new Float64Array(order.length),
  };
  let n = 0;
  let fp = 0;
  let tp = 0;
  for (let k = order.length - 1; k >= 0; k--) {
    const i = order[k];
    const weight = weights === undefined ? 1 : weights[i];
    if (weight === 0) continue;
    if (n === 0 || scores[i] !== steps.thresholds[n - 1]) n++;
    if (positive[i] === 1) tp += weight;
    else fp += weight;
    steps.falsePositives[n - 1] = fp;
    steps.truePositives[n - 1] = tp;
    steps.thresholds[n - 1] = scores[i];
  }
  return {
    falsePositives: steps.falsePositives.slice(0, n),
    truePositives: steps.truePositives.slice(0, n),
    thresholds: steps.thresholds.slice(0, n),
  };
}

function keepSteps(
  { falsePositives, truePositives, thresholds }: Steps,
  keep: (k: number) => boolean,
): Steps {
  return {
    falsePositives: falsePositives.filter((_, k) => keep(k)),
    truePositives: truePositives.filter((_, k) => keep(k)),
    thresholds: thresholds.filter((_, k) => keep(k)),
  };
}

/** Without the steps between two others of as many true positives. */
function withoutPlateaus(steps: Steps): Steps {
  const { truePositives: tp } = steps;
  const last = tp.length - 1;
  return keepSteps(steps, (k) => k === 0 || k === last || tp[k] !== tp[k - 1] || tp[k + 1] !== tp[k]);
}

/** 1 where the code is that of the positive class. */
export function isPositive(codes: Int32Array, code: number): Uint8Array {
  const positive = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) positive[i] = codes[i] === code ? 1 : 0;
  return positive;
}

/** The steps of a curve with one positive class. */
export function curveSteps(yTrue: Labels, yScore: ArrayLike<number>, options: CurveOptions): Steps {
  requireOptions(options);
  const scores = toNumbers(yScore, 'yScore');
  checkLengths(yTrue, scores.length, 'yScore');
  const { classes, codes } = encodeClasses(yTrue);
  if (classes.length > 2 && (options.posLabel === undefined || options.posLabel === null)) {
    throw new ValidationError(
      'ERR_LABELS',
      `A curve needs two classes, or posLabel to set one against the rest; yTrue holds ${listLabels(classes)}.`,
    );
  }
  const positive = isPositive(codes, classes.indexOf(positiveClass(classes, options.posLabel)));
  return stepsOf(positive, scores, toWeights(options.sampleWeight, scores.length));
}

/** Divides by the last value; NaN when that is zero. */
export function rates(counts: Float64Array): Float64Array {
  const total = counts[counts.length - 1];
  return counts.map((count) => (total > 0 ? count / total : Number.NaN));
}

export function withFirst(first: number, rest: Float64Array): Float64Array {
  const all = new Float64Array(rest.length + 1);
  all[0] = first;
  all.set(rest, 1);
  return all;
}

/**
 * The receiver operating characteristic: true positive rate against false positive rate at every threshold.
 *
 * @param yTrue - true labels, two classes (or any with `posLabel`)
 * @param yScore - a probability or decision value per row, higher for the positive class
 * @param options - `posLabel`, `sampleWeight`, `dropIntermediate` (default true)
 * @returns `fpr` and `tpr`, rising from 0 to 1, and the falling `thresholds`, the first Infinity; a rate is NaN when
 *   yTrue has no row to count
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} when there are more than two classes and no `posLabel`
 * @throws {ERR_PARAMETER} when the labels do not say which class is positive
 * @example
 * ```ts
 * import { rocCurve } from 'boreal';
 * const { fpr, tpr } = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * // fpr: 0, 0, 0.5, 0.5, 1    tpr: 0, 0.5, 0.5, 1, 1
 * ```
 */
export function rocCurve(
  yTrue: Labels,
  yScore: ArrayLike<number>,
  options: CurveOptions = {},
): { fpr: Float64Array; tpr: Float64Array; thresholds: Float64Array } {
  requireOptions(options);
  let steps = curveSteps(yTrue, yScore, options);
  if (options.dropIntermediate ?? true) {
    const { falsePositives: fp, truePositives: tp } = steps;
    const bends = (v: Float64Array, k: number) => v[k + 1] - v[k] - (v[k] - v[k - 1]) !== 0;
    steps = keepSteps(steps, (k) => k === 0 || k === fp.length - 1 || bends(fp, k) || bends(tp, k));
  }
  return {
    fpr: rates(withFirst(0, steps.falsePositives)),
    tpr: rates(withFirst(0, steps.truePositives)),
    thresholds: withFirst(Infinity, steps.thresholds),
  };
}

/** Precision and recall from the highest threshold down. Recall is 1 throughout when there is no positive row. */
export function precisionAndRecall({ falsePositives, truePositives }: Steps): {
  precision: Float64Array;
  recall: Float64Array;
} {
  const positives = truePositives[truePositives.length - 1];
  return {
    precision: truePositives.map((tp, k) => (tp === 0 ? 0 : tp / (tp + falsePositives[k]))),
    recall: truePositives.map((tp) => (positives === 0 ? 1 : tp / positives)),
  };
}

/**
 * Precision against recall at every threshold.
 *
 * @param options - `posLabel`, `sampleWeight`, `dropIntermediate` (default false)
 * @returns rising `thresholds` with their `precision` and `recall`, followed by the point (1, 0) that has no threshold
 * @throws {ERR_SHAPE} when lengths differ
 * @throws {ERR_LABELS} when there are more than two classes and no `posLabel`
 * @throws {ERR_PARAMETER} when the labels do not say which class is positive
 */
export function precisionRecallCurve(
  yTrue: Labels,
  yScore: ArrayLike<number>,
  options: CurveOptions = {},
): { precision: Float64Array; recall: Float64Array; thresholds: Float64Array } {
  requireOptions(options);
  let steps = curveSteps(yTrue, yScore, options);
  if (options.dropIntermediate) steps = withoutPlateaus(steps);
  const { precision, recall } = precisionAndRecall(steps);
  return {
    precision: withFirst(1, precision).reverse(),
    recall: withFirst(0, recall).reverse(),
    thresholds: steps.thresholds.reverse(),
  };
}

/**
 * The detection error trade-off: the share of positives missed against that of negatives taken for positive, at every threshold.
 *
 * @param yTrue - true labels, two classes
 * @param yScore - a probability or decision value per row, higher for the positive class
 * @param options - `posLabel`, `sampleWeight`, `dropIntermediate` (default false)
 * @returns falling `fpr`, rising `fnr` and rising `thresholds`
 * @throws {ERR_LABELS} unless there are two classes; {ERR_SHAPE} when lengths differ
 * @example
 * ```ts
 * import { detCurve } from 'boreal';
 * const { fpr, fnr } = detCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * // fpr: 0.5, 0.5, 0    fnr: 0, 0.5, 0.5
 * ```
 */
export function detCurve(
  yTrue: Labels,
  yScore: ArrayLike<number>,
  options: CurveOptions = {},
): { fpr: Float64Array; fnr: Float64Array; thresholds: Float64Array } {
  requireOptions(options);
  checkLengths(yTrue, yScore?.length, 'yScore');
  if (encodeClasses(yTrue).classes.length !== 2) {
    throw new ValidationError('ERR_LABELS', 'A detection error trade-off needs two classes in yTrue.');
  }
  const steps = curveSteps(yTrue, yScore, options);
  let all = {
    falsePositives: withFirst(0, steps.falsePositives),
    truePositives: withFirst(0, steps.truePositives),
    thresholds: withFirst(Infinity, steps.thresholds),
  };
  if (options.dropIntermediate) all = withoutPlateaus(all);
  const { falsePositives: fps, truePositives: tps, thresholds } = all;
  const positives = tps[tps.length - 1];
  const negatives = fps[fps.length - 1];
  const first = fps.lastIndexOf(fps[0]);
  const end = tps.indexOf(positives) + 1;
  const cut = (values: Float64Array) => values.slice(first, end).reverse();
  return {
    fpr: cut(fps).map((value) => value / negatives),
    fnr: cut(tps).map((value) => (positives - value) / positives),
    thresholds: cut(thresholds),
  };
}

/**
 * The area under a curve by the trapezoidal rule.
 *
 * @param x - positions, rising or falling
 * @param y - heights
 * @throws {ERR_SHAPE} when lengths differ or there are less than two points; {ERR_PARAMETER} when x goes up and down
 * @example
 * ```ts
 * import { auc } from 'boreal';
 * auc([0, 1, 2], [1, 1, 3]); // 3
 * ```
 */
export function auc(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const at = toNumbers(x, 'x');
  const height = toNumbers(y, 'y');
  if (at.length !== height.length || at.length < 2) {
    const message = `x and y need the same number of points, at least two; they have ${at.length} and ${height.length}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  let area = 0;
  let up = false;
  let down = false;
  for (let i = 1; i < at.length; i++) {
    const step = at[i] - at[i - 1];
    up ||= step > 0;
    down ||= step < 0;
    area += (step * (height[i] + height[i - 1])) / 2;
  }
  if (up && down) throw new ValidationError('ERR_PARAMETER', 'x must rise or fall, not both.');
  return down ? -area : area;
}
