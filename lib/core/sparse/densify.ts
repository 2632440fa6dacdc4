/** Sparse rows made dense, for whatever does not read them as they are. */
import { toBorealError, ValidationError } from '../../errors.js';
import { type FloatArray, native } from '../../native.js';
import { isSparse, type SparseRows } from '../forms.js';
import type { Dtype } from '../linalg/base.js';
import { newArray, sharedArray } from '../linalg/memory.js';

/** Values that a sparse matrix may have when it is made dense: 2 GiB of float64. */
const MOST_VALUES = 2 ** 28;

/** @throws {ERR_DENSE} above 2^28 values */
export function checkDenseSize(rows: number, cols: number): void {
  if (rows * cols <= MOST_VALUES) return;
  const message = `A sparse matrix of shape [${rows}, ${cols}] would take ${Math.round((rows * cols) / 2 ** 27)} GiB of float64 as a dense one; the limit is 2 GiB. Take fewer rows or columns, or an estimator that reads sparse rows.`;
  throw new ValidationError('ERR_DENSE', message);
}

/** By the values of sparse rows. */
const constants = new WeakMap<FloatArray, FloatArray>();

/**
 * Rows as plans hold them: sparse ones dense, in memory that is not shared, made once while they are kept.
 *
 * @throws {ERR_DENSE} above 2^28 values
 */
export function planRows<T extends FloatArray>(rows: T | SparseRows): T {
  if (!isSparse(rows)) return rows;
  let dense = constants.get(rows.data);
  if (dense === undefined) {
    dense = densify(rows, rows.data instanceof Float32Array ? 'float32' : 'float64').slice();
    constants.set(rows.data, dense);
  }
  return dense as T;
}

/**
 * Rows from `from` to `to` (exclusive) as dense values in memory that jobs read in place.
 *
 * @throws {ERR_DENSE} above 2^28 values
 * @throws {ERR_SHAPE} for arrays that are no sparse rows
 */
export function densify(x: SparseRows, dtype: Dtype, from = 0, to = x.rows): FloatArray {
  const { cols, indptr, indices, data } = x;
  const rows = to - from;
  checkDenseSize(rows, cols);
  try {
    native.csrCheck(indptr, indices, data, cols);
  } catch (error) {
    throw toBorealError(error);
  }
  // Shared: it may reach a caller, who cannot detach it while a job reads it.
  const dense = sharedArray(newArray(dtype, 0), rows * cols);
  for (let i = from; i < to; i++) {
    for (let k = indptr[i]; k < indptr[i + 1]; k++) dense[(i - from) * cols + indices[k]] = data[k];
  }
  return dense;
}
