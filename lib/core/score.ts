/** The two scores that every model can compute of itself; lib/metrics holds the rest. */
import { ValidationError } from '../errors.js';

function checkLengths(a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length !== b.length) {
    throw new ValidationError(
      'ERR_SHAPE',
      `There are ${b.length} predictions, but y has ${a.length} values.`,
    );
  }
}

/** The weighted share of equal entries. */
export function accuracy(
  y: ArrayLike<unknown>,
  predicted: ArrayLike<unknown>,
  weights?: ArrayLike<number>,
): number {
  checkLengths(y, predicted);
  let right = 0;
  let total = 0;
  for (let i = 0; i < y.length; i++) {
    const weight = weights?.[i] ?? 1;
    total += weight;
    if (y[i] === predicted[i]) right += weight;
  }
  return right / total;
}

/** R2 = 1 - sum w (y - p)^2 / sum w (y - mean)^2; for a constant y: 1 when predicted exactly, else 0. */
export function r2(y: ArrayLike<number>, predicted: ArrayLike<number>, weights?: ArrayLike<number>): number {
  checkLengths(y, predicted);
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
