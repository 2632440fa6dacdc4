/** Moments of the columns of a training set. */
import { type CancelHandle, type ColumnMoments, native } from '../native.js';
import { requireValues } from './linalg/base.js';
import { privateArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';

const known = new WeakMap<Matrix, ColumnMoments | Promise<ColumnMoments>>();

/**
 * Count, mean, variance and range of each column, without the missing values. Computed once for each matrix, which must not
 * change afterwards: that of a fit does not, and most of the time of fitting a scaler is this one pass.
 */
export function momentsOf(x: Matrix, cancel: CancelHandle | null): ColumnMoments | Promise<ColumnMoments> {
  return known.get(x) ?? compute(x, cancel);
}

async function compute(x: Matrix, cancel: CancelHandle | null): Promise<ColumnMoments> {
  const moments = native.columnMoments(x.data, x.rows, x.cols, null, cancel);
  known.set(x, moments);
  try {
    const values = await moments;
    known.set(x, values);
    return values;
  } catch (error) {
    known.delete(x); // aborted: whoever asks next has not been
    throw error;
  }
}

/** What is known of the columns of some rows. */
export type JoinedMoments = Pick<ColumnMoments, 'count' | 'mean' | 'variance'>;

/** Moments of the rows of both (Chan, Golub & LeVeque, 1979); a column of which one side has no value is as the other's. */
export function joinMoments(before: JoinedMoments, own: JoinedMoments): JoinedMoments {
  const count = before.count.map((n, j) => n + own.count[j]);
  const shift = (j: number) => own.mean[j] - before.mean[j];
  const isOneSided = (j: number) => before.count[j] === 0 || own.count[j] === 0;
  const side = (j: number) => (own.count[j] === 0 ? before : own);
  return {
    count,
    mean: before.mean.map((mean, j) =>
      isOneSided(j) ? side(j).mean[j] : mean + (shift(j) * own.count[j]) / count[j],
    ),
    variance: before.variance.map((variance, j) => {
      if (isOneSided(j)) return side(j).variance[j];
      const [seen, rows] = [before.count[j], own.count[j]];
      return (seen * variance + rows * own.variance[j] + (shift(j) ** 2 * seen * rows) / count[j]) / count[j];
    }),
  };
}

/**
 * The same at once, for a matrix that is not private to the fit.
 *
 * @param variance - else variances are NaN, which saves a pass
 */
export function momentsNow(x: Matrix, variance: boolean): ColumnMoments {
  const moments = native.columnMomentsSync(x.data, x.rows, x.cols, null, variance);
  known.set(x, moments);
  return moments;
}

/** A copy of x in memory that native jobs read in place, whose moments are known: the copy passes over all values anyway. */
export function measuredCopy(x: Matrix): Matrix {
  requireValues(x);
  const data = privateArray(x.data, x.data.length);
  const copy = new Matrix(data, x.rows, x.cols);
  known.set(copy, native.columnMomentsSync(x.data, x.rows, x.cols, data, true));
  return copy;
}

/** Whether the moments of x, where they are known already, tell that all its values are finite (or missing, where allowed). */
export function isKnownFinite(x: Matrix, allowNan: boolean): boolean {
  const moments = known.get(x);
  if (moments === undefined || moments instanceof Promise) return false;
  const { count, min, max } = moments;
  const isFine = (_: number, j: number) =>
    Number.isFinite(min[j]) && Number.isFinite(max[j]) && (allowNan || count[j] === x.rows);
  return count.every(isFine);
}
