/** Moments of the columns of a training set. */
import {
  type CancelHandle,
  type ColumnMoments,
  type FloatArray,
  type MeasuredScatter,
  native,
} from '../native.js';
import { requireValues } from './linalg/base.js';
import { privateArray } from './linalg/memory.js';
import { Matrix } from './matrix.js';

/** Moments without variances, which take a pass of their own. */
export type ColumnRanges = Omit<ColumnMoments, 'variance'>;

type Known = ColumnRanges & Partial<ColumnMoments>;

/** Of matrices which must not change: that of a fit does not. */
const known = new WeakMap<Matrix, Known | Promise<ColumnMoments>>();
const scatters = new WeakMap<Matrix, MeasuredScatter>();

/** Count, mean and range of each column, without the missing values. Computed once for each matrix. */
export function rangesOf(x: Matrix, cancel: CancelHandle | null): ColumnRanges | Promise<ColumnRanges> {
  return known.get(x) ?? compute(x, cancel);
}

/**
 * The same with variances. Most of the time of fitting a scaler is this one pass; a fit that {@link Estimator.learnsVariance} has
 * made it with its copy of X.
 */
export function momentsOf(x: Matrix, cancel: CancelHandle | null): ColumnMoments | Promise<ColumnMoments> {
  const moments = known.get(x);
  return moments instanceof Promise || hasVariance(moments) ? moments : compute(x, cancel);
}

const hasVariance = (moments: Known | undefined): moments is ColumnMoments => moments?.variance !== undefined;

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

/** {@link rangesOf} at once, for a matrix that is not private to the fit. @param variance - whether {@link momentsOf} will be asked */
export function rangesNow(x: Matrix, variance: boolean): ColumnRanges {
  return measure(x, x, null, variance);
}

/**
 * A copy of x in memory that native jobs read in place, whose ranges are known: the copy passes over all values anyway.
 *
 * @param variance - whether {@link momentsOf} will be asked
 */
export function measuredCopy(x: Matrix, variance: boolean): Matrix {
  requireValues(x);
  const data = privateArray(x.data, x.data.length);
  const copy = new Matrix(data, x.rows, x.cols);
  measure(x, copy, data, variance);
  return copy;
}

/** Moments of x, which are then known of the matrix `owner`. @param out - receives a copy of x */
function measure(x: Matrix, owner: Matrix, out: FloatArray | null, variance: boolean): ColumnRanges {
  const { variance: measured, ...ranges } = native.columnMomentsSync(x.data, x.rows, x.cols, out, variance);
  known.set(owner, variance ? { ...ranges, variance: measured } : ranges);
  return ranges;
}

/** {@link scatterOf} at once, for a matrix that is not private to the fit. */
export function scatterNow(x: Matrix): ColumnMoments {
  const measured = native.measuredScatterSync(x.data, x.rows, x.cols);
  known.set(x, measured.moments);
  scatters.set(x, measured);
  return measured.moments;
}

/**
 * The Gram matrix of the rows less their means, [columns, columns], and the moments that belong to it, whose means may differ from those of
 * {@link momentsOf} in the last digits. It has the same bits for private rows and others.
 */
export async function scatterOf(x: Matrix, cancel: CancelHandle | null): Promise<MeasuredScatter> {
  return scatters.get(x) ?? native.measuredScatter(x.data, x.rows, x.cols, cancel);
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
