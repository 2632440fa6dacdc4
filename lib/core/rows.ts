/** Rows taken out of whatever an estimator accepts: the one way in which splits, folds and bags are made. */

import { ValidationError } from '../errors.js';
import { takeColumns } from './columns.js';
import { isSparse } from './forms.js';
import {
  type FloatArray,
  isMatrixShaped,
  Matrix,
  type MatrixLike,
  type NumericMatrixLike,
} from './matrix.js';
import { type CsrMatrix, requireCsr } from './sparse/csr-matrix.js';
import { isTable, selectTableRows, tableToColumns } from './table.js';
import { countTargetRows, isTableOfTargets, type TargetsLike } from './targets.js';

/** What taking rows of X gives: the same kind of thing, but a {@link Matrix} for data with a shape. */
export type TakenRows<X> = X extends CsrMatrix
  ? X
  : X extends Matrix<infer T>
    ? Matrix<T>
    : X extends { readonly data: infer T; readonly rows: number }
      ? MatrixOf<T>
      : X;
type MatrixOf<T> = T extends FloatArray ? Matrix<T> : Matrix<Float64Array>;

/**
 * A copy of the given rows, in that order.
 *
 * @param indices - zero-based rows; repeats are allowed
 * @throws {ERR_SHAPE} when an index is out of range
 */
export function takeRows<X extends MatrixLike>(X: X, indices: ArrayLike<number>): TakenRows<X> {
  if (isSparse(X)) return requireCsr(X).takeRows(indices) as unknown as TakenRows<X>;
  if (isTable(X)) return selectTableRows(X, indices) as TakenRows<X>;
  if (!Array.isArray(X)) return Matrix.from(X as NumericMatrixLike).takeRows(indices) as TakenRows<X>;
  return takeValues(X as ArrayLike<unknown>, indices) as TakenRows<X>;
}

/**
 * The entries in some rows and columns of X, which has one for each pair of rows.
 *
 * @throws {ERR_SHAPE} unless X is square, or when an index is out of range
 */
export function takePairs(X: MatrixLike, rows: ArrayLike<number>, columns: ArrayLike<number>): MatrixLike {
  const all = isSparse(X) ? requireCsr(X).toDense() : X;
  const count = countRows(all);
  const width = isTable(all) ? tableToColumns(all).names.length : Matrix.from(all as NumericMatrixLike).cols;
  if (width !== count) {
    const message = `X holds what is between rows, so that it is square; it has shape [${count}, ${width}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return takeColumns(takeRows(all, rows), Array.from(columns));
}

/**
 * The values of a list at the given places, in that order. A typed array stays one.
 *
 * @throws {ERR_SHAPE} when an index is out of range
 */
export function takeValues<V extends ArrayLike<unknown>>(values: V, indices: ArrayLike<number>): V {
  const Type = ArrayBuffer.isView(values) ? (values.constructor as Float64ArrayConstructor) : Array;
  const taken = new (Type as ArrayConstructor)(indices.length);
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k];
    if (!Number.isInteger(i) || i < 0 || i >= values.length) {
      throw new ValidationError('ERR_SHAPE', `Row ${i} is not among ${values.length} rows.`);
    }
    taken[k] = values[i];
  }
  return taken as unknown as V;
}

/** As {@link takeValues} of any y: of several targets a matrix gives a matrix, and a table a table. */
export function takeTargets(y: TargetsLike, indices: ArrayLike<number>): TargetsLike {
  return isMatrixShaped(y) || isTableOfTargets(y)
    ? (takeRows(y, indices) as TargetsLike)
    : takeValues(y as ArrayLike<unknown>, indices);
}

/**
 * The number of rows of X, checked against that of y where there is one.
 *
 * @throws {ERR_EMPTY} when there are no rows
 * @throws {ERR_SHAPE} when the lengths differ
 */
export function countRows(X: MatrixLike, y?: TargetsLike | null): number {
  let rows: number;
  if (Array.isArray(X) || isSparse(X)) rows = Array.isArray(X) ? X.length : X.rows;
  else rows = isTable(X) ? tableToColumns(X).rows : Matrix.from(X as NumericMatrixLike).rows;
  if (rows === 0) throw new ValidationError('ERR_EMPTY', 'X has no rows.');
  const values = y && countTargetRows(y);
  if (y && values !== rows) {
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${values} values.`);
  }
  return rows;
}
