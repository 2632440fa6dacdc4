/** Moments of the columns of a training set. */
import { type CancelHandle, type ColumnMoments, native } from '../native.js';
import type { Matrix } from './matrix.js';

const known = new WeakMap<Matrix, Promise<ColumnMoments>>();

/**
 * Count, mean, variance and range of each column, without the missing values. Computed once for each matrix, which must not
 * change afterwards: that of a fit does not, and most of the time of fitting a scaler is this one pass.
 */
export function momentsOf(x: Matrix, cancel: CancelHandle | null): Promise<ColumnMoments> {
  let moments = known.get(x);
  if (moments === undefined) {
    moments = native.columnMoments(x.data, x.rows, x.cols, null, cancel);
    known.set(x, moments);
    moments.catch(() => known.delete(x)); // aborted: whoever asks next has not been
  }
  return moments;
}

/** The same at once, for a matrix that is not private to the fit. */
export function momentsNow(x: Matrix): ColumnMoments {
  const moments = native.columnMomentsSync(x.data, x.rows, x.cols);
  known.set(x, Promise.resolve(moments));
  return moments;
}
