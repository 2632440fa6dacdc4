/** The two scores that every model can compute of itself; lib/metrics holds the rest. */
import { StateError, ValidationError } from '../errors.js';
import type { FloatArray, MatrixLike } from './matrix.js';
import { show } from './params.js';

/** A model whose `score` needs no y: it adds up what its plan's output 'score' says of rows. */
export interface SumsScores {
  /** @throws {ERR_SHAPE} when there is not a weight for each row */
  scoreOf(scores: ArrayLike<number>, sampleWeight?: ArrayLike<number>): number;
}

/** Whether a model is one of these. */
export function sumsScores(model: unknown): model is SumsScores {
  return typeof (model as Partial<SumsScores> | null)?.scoreOf === 'function';
}

/** A model that has scores of rows. */
interface ScoresRows {
  scoreSamples(X: MatrixLike): Promise<FloatArray>;
  /** What that makes of its plan's output 'score', where it gives something else. */
  rowScores?(scores: FloatArray): FloatArray;
}

/** Whether a model is one of these. */
export function scoresRows(model: unknown): model is ScoresRows {
  return typeof (model as Partial<ScoresRows> | null)?.scoreSamples === 'function';
}

/** The sum of the scores of rows, times their weights. @throws {ERR_SHAPE} when there is not a weight for each row */
export function sumOfScores(scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
  if (weights && weights.length !== scores.length) {
    const message = `X has ${scores.length} rows, but sampleWeight has ${show(weights.length)} values.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += (weights?.[i] ?? 1) * scores[i];
  return sum;
}

/** The weighted mean of the scores of rows. @throws {ERR_SHAPE} when there is not a weight for each row */
export function meanScore(scores: ArrayLike<number>, weights?: ArrayLike<number>): number {
  const sum = sumOfScores(scores, weights);
  if (!weights) return sum / scores.length;
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  return sum / total;
}

/** A model that has a score. */
export interface Scored {
  score(X: unknown, y: unknown, options: unknown): Promise<number>;
}

/** Whether a model is one of these. */
export function isScored(model: unknown): model is Scored {
  return typeof (model as Partial<Scored> | null)?.score === 'function';
}

/** Of a model that is none of these. */
export function noScore(model: unknown): StateError {
  const name = (model as object | null)?.constructor.name;
  const message = `${name} has no score of its own: scoring must say what it is scored by.`;
  return new StateError('ERR_NOT_SUPPORTED', message);
}

function checkLengths(y: ArrayLike<unknown>, predicted: ArrayLike<unknown>, weights: unknown): void {
  if (typeof y?.length !== 'number') {
    throw new ValidationError(
      'ERR_PARAMETER',
      `score needs y, an array with one value per row; got ${show(y)}.`,
    );
  }
  if (y.length !== predicted.length) {
    throw new ValidationError(
      'ERR_SHAPE',
      `There are ${predicted.length} predictions, but y has ${y.length} values.`,
    );
  }
  if (weights === undefined || weights === null) return;
  const { length } = weights as ArrayLike<number>;
  if (length !== y.length) {
    const message = `y has ${y.length} values, but sampleWeight has ${show(length)}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
}

/** Whether two labels are the same, or of several targets all of them. */
export function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return (
    Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((label, k) => label === b[k])
  );
}

/** The weighted share of equal entries. */
export function accuracy(
  y: ArrayLike<unknown>,
  predicted: ArrayLike<unknown>,
  weights?: ArrayLike<number>,
): number {
  checkLengths(y, predicted, weights);
  let right = 0;
  let total = 0;
  for (let i = 0; i < y.length; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    if (areEqual(y[i], predicted[i])) right += weight;
  }
  return right / total;
}

/** R2 = 1 - sum w (y - p)^2 / sum w (y - mean)^2; for a constant y: 1 when predicted exactly, else 0. NaN for less than two rows. */
export function r2(y: ArrayLike<number>, predicted: ArrayLike<number>, weights?: ArrayLike<number>): number {
  checkLengths(y, predicted, weights);
  if (y.length < 2) return Number.NaN;
  let total = 0;
  let mean = 0;
  for (let i = 0; i < y.length; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    mean += weight * y[i];
  }
  mean /= total;
  let residual = 0;
  let spread = 0;
  for (let i = 0; i < y.length; i++) {
    const weight = weights?.[i] ?? 1;
    residual += weight * (y[i] - predicted[i]) ** 2;
    spread += weight * (y[i] - mean) ** 2;
  }
  if (spread === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / spread;
}
