/** Metrics of a score for each class, row by row: hinge loss and top-k accuracy, as scikit-learn 1.9 has them. */
import { compareLabels, type Label } from '../core/labels.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { WeightOptions } from './classification.js';
import {
  checkLengths,
  codesAmong,
  encodeClasses,
  type Labels,
  listLabels,
  type MatrixInput,
  mean,
  type NumberGrid,
  toGrid,
  toWeights,
} from './input.js';

/** The classes, sorted, and the position of each row's own among them. */
function encodeAmong(
  yTrue: Labels,
  labels: Labels | null | undefined,
): { known: Label[]; codes: Int32Array } {
  const { classes, codes } = encodeClasses(yTrue);
  if (!labels) return { known: classes, codes };
  const known = Array.from(labels).sort(compareLabels);
  return { known, codes: codesAmong(known, classes, codes) };
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
  requireOptions(options);
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
  requireOptions(options);
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
