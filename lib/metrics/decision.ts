/** Further metrics of scores: hinge loss, top-k accuracy, detection error trade-off, area under a curve, as scikit-learn 1.9 has them. */
import { compareLabels, type Label } from '../core/labels.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import {
  checkLengths,
  encodeClasses,
  type Labels,
  listLabels,
  type MatrixInput,
  mean,
  type NumberGrid,
  toGrid,
  toNumbers,
  toWeights,
} from './input.js';
import { type CurveOptions, curveSteps, keepSteps, withFirst } from './ranking.js';

/** The classes, sorted, and the position of each row's own among them. */
function encodeAmong(
  yTrue: Labels,
  labels: Labels | null | undefined,
): { known: Label[]; codes: Int32Array } {
  const { classes, codes } = encodeClasses(yTrue);
  if (!labels) return { known: classes, codes };
  const known = Array.from(labels).sort(compareLabels);
  const positions = classes.map((label) => known.indexOf(label));
  if (positions.includes(-1)) {
    const missing = show(classes[positions.indexOf(-1)]);
    throw new ValidationError('ERR_LABELS', `yTrue holds ${missing}, which is not in labels.`);
  }
  return { known, codes: codes.map((code) => positions[code]) };
}

function checkColumns({ cols }: NumberGrid, known: readonly Label[], what: string): void {
  if (cols === (known.length <= 2 ? 1 : known.length)) return;
  throw new ValidationError(
    'ERR_SHAPE',
    `${what} has ${cols} columns for ${known.length} classes, ${listLabels(known)}. If a class is absent from yTrue, name them all with labels.`,
  );
}

/**
 * The mean of max(0, 1 - margin): the loss of support vector machines (Crammer and Singer 2001 for several classes).
 *
 * @param yTrue - true labels
 * @param predDecision - decision values: one per row, high for the larger of two classes; or a column per class, sorted
 * @param options - `labels` (all classes, when yTrue lacks some), `sampleWeight`
 * @returns 0 or more, 0 best
 * @throws {ERR_SHAPE} when lengths differ or columns do not match the classes
 * @example
 * ```ts
 * import { hingeLoss } from 'boreal';
 * hingeLoss([-1, 1, 1], [-2.2, 2, 0.5]); // 0.16666666666666666
 * ```
 */
export function hingeLoss(
  yTrue: Labels,
  predDecision: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { labels?: Labels | null } = {},
): number {
  const grid = toGrid(predDecision, 'predDecision');
  checkLengths(yTrue, grid.rows, 'predDecision');
  const { known, codes } = encodeAmong(yTrue, options.labels);
  checkColumns(grid, known, 'predDecision');
  const losses = Float64Array.from(codes, (code, i) => {
    if (grid.cols === 1) return Math.max(0, 1 - (code === 1 ? grid.data[i] : -grid.data[i]));
    let other = -Infinity;
    for (let j = 0; j < grid.cols; j++) {
      if (j !== code) other = Math.max(other, grid.data[i * grid.cols + j]);
    }
    return Math.max(0, 1 - grid.data[i * grid.cols + code] + other);
  });
  return mean(losses, toWeights(options.sampleWeight, grid.rows));
}

/**
 * The share of rows whose class is among the k of the highest scores; of equal scores the later class counts as higher.
 *
 * @param yTrue - true labels
 * @param yScore - scores: one per row for two classes, else a column per class, sorted
 * @param options - `k` (default 2), `normalize` (default true; false: the weight of the rows), `labels` (all classes, when yTrue
 *   lacks some), `sampleWeight`
 * @returns 0 to 1, 1 best
 * @throws {ERR_SHAPE} when lengths differ or columns do not match the classes; {ERR_PARAMETER} for a k below 1
 * @example
 * ```ts
 * import { topKAccuracyScore } from 'boreal';
 * topKAccuracyScore([0, 1, 2], [[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.7, 0.2, 0.1]]); // 0.6666666666666666
 * ```
 */
export function topKAccuracyScore(
  yTrue: Labels,
  yScore: ArrayLike<number> | MatrixInput,
  options: WeightOptions & { k?: number; normalize?: boolean; labels?: Labels | null } = {},
): number {
  const { k = 2, normalize = true } = options;
  if (!(Number.isInteger(k) && k >= 1))
    throw new ValidationError('ERR_PARAMETER', `k must be a whole number of at least 1; got ${show(k)}.`);
  const grid = toGrid(yScore, 'yScore');
  checkLengths(yTrue, grid.rows, 'yScore');
  const { known, codes } = encodeAmong(yTrue, options.labels);
  checkColumns(grid, known, 'yScore');
  const weights = toWeights(options.sampleWeight, grid.rows);
  // Probabilities or decision values.
  const limit = grid.data.every((score) => score >= 0 && score <= 1) ? 0.5 : 0;
  const hits = Float64Array.from(codes, (code, i) => {
    if (grid.cols === 1) return Number(k > 1 || code === Number(grid.data[i] > limit));
    const row = grid.data.subarray(i * grid.cols, (i + 1) * grid.cols);
    const above = row.reduce(
      (n, score, j) => n + Number(score > row[code] || (score === row[code] && j > code)),
      0,
    );
    return Number(above < k);
  });
  if (normalize) return mean(hits, weights);
  return hits.reduce((sum, hit, i) => sum + hit * (weights?.[i] ?? 1), 0);
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
  if (encodeClasses(yTrue).classes.length !== 2) {
    throw new ValidationError('ERR_LABELS', 'A detection error trade-off needs two classes in yTrue.');
  }
  const steps = curveSteps(yTrue, yScore, options);
  let all = {
    falsePositives: withFirst(0, steps.falsePositives),
    truePositives: withFirst(0, steps.truePositives),
    thresholds: withFirst(Infinity, steps.thresholds),
  };
  if (options.dropIntermediate && all.thresholds.length > 2) {
    const { truePositives: tps } = all;
    const last = tps.length - 1;
    all = keepSteps(all, (k) => k === 0 || k === last || tps[k] !== tps[k - 1] || tps[k + 1] !== tps[k]);
  }
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
