/** Targets of several columns: the forms in which they come, the list of rows that a fit sees, and what models say of them. */
import { ValidationError } from '../errors.js';
import { isForeignTable } from './foreign-tables.js';
import { isMatrixShaped } from './forms.js';
import { encodeTargets } from './labels.js';
import { type FloatArray, Matrix, type NumericMatrixLike } from './matrix.js';
import { show } from './params.js';
import type { Target } from './schema.js';
import { r2 } from './score.js';
import { type Cell, isTable, type Table, tableToColumns } from './table.js';

/**
 * y of any fit: one label or number per row; of several targets a matrix, rows of values, or a table, [rows, targets]. One column is
 * what a list is.
 */
export type TargetsLike = ArrayLike<unknown> | NumericMatrixLike | Table;

/** What differs with the number of targets, for a model whose predictions are of type Y. */
export type ByTargets<Y, One, Several> = Y extends Matrix ? Several : One;

/** Whether an entry of y is that of several targets. */
export function isTargetRow(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** y as a list with one entry per row: of several targets the list of them. Only that of several targets is a copy. */
export function targetRows(y: TargetsLike): ArrayLike<unknown>;
export function targetRows(y: TargetsLike | null | undefined): ArrayLike<unknown> | undefined;
export function targetRows(y: TargetsLike | null | undefined): ArrayLike<unknown> | undefined {
  if (y === undefined || y === null) return undefined;
  if (isMatrixShaped(y)) return rowsOfMatrix(Matrix.from(y));
  if (isTableOfTargets(y)) {
    const { columns, rows } = tableToColumns(y);
    if (columns.length === 1) return columns[0];
    return Array.from({ length: rows }, (_, i) => columns.map((column): Cell => column[i]));
  }
  if (!Array.isArray(y) || !isTargetRow(y[0])) return y as ArrayLike<unknown>;
  const isColumn = y.every((row) => isTargetRow(row) && row.length === 1);
  return y.map((row) => (isColumn ? row[0] : isTargetRow(row) ? Array.from(row) : row));
}

/** As {@link targetRows}, but a matrix of several targets as it is: a fit of numbers needs no list of its rows. */
export function targetsOf(y: TargetsLike): ArrayLike<unknown> | Matrix;
export function targetsOf(y: TargetsLike | null | undefined): ArrayLike<unknown> | Matrix | undefined;
export function targetsOf(y: TargetsLike | null | undefined): ArrayLike<unknown> | Matrix | undefined {
  return isMatrixShaped(y) && y.cols > 1 ? Matrix.from(y) : targetRows(y);
}

/** How many entries y has. */
export function countTargetRows(y: TargetsLike): number {
  if (isMatrixShaped(y)) return y.rows;
  return isTableOfTargets(y) ? tableToColumns(y).rows : (y as ArrayLike<unknown>).length;
}

/** Tables have columns; other objects may be like arrays, or mistakes. */
export function isTableOfTargets(y: unknown): y is Table {
  if (!isTable(y)) return false;
  return Array.isArray(y) || isForeignTable(y) || Object.values(y).some(isTargetRow);
}

/** The rows of a matrix as a list of targets; of a column the numbers. */
export function rowsOfMatrix({ data, rows, cols }: Matrix): ArrayLike<unknown> {
  if (cols === 1) return data;
  const list = new Array<number[]>(rows);
  // Views of rows take ten times as long.
  for (let i = 0; i < rows; i++) {
    const row = new Array<number>(cols);
    for (let j = 0; j < cols; j++) row[j] = data[i * cols + j];
    list[i] = row;
  }
  return list;
}

/** How many targets a list of {@link targetRows} has. */
export function countTargets(y: ArrayLike<unknown>): number {
  return isTargetRow(y[0]) ? y[0].length : 1;
}

/**
 * The columns of a list of {@link targetRows}, each a target.
 *
 * @throws {ERR_EMPTY} without columns
 * @throws {ERR_SHAPE} when rows differ in length
 */
export function targetColumns(y: ArrayLike<unknown>): Array<ArrayLike<unknown>> {
  const count = countTargets(y);
  if (count === 0) throw new ValidationError('ERR_EMPTY', 'y has no columns.');
  if (!isTargetRow(y[0])) return [y];
  const columns = Array.from({ length: count }, () => new Array<unknown>(y.length));
  for (let i = 0; i < y.length; i++) {
    const row = y[i];
    if (!isTargetRow(row) || row.length !== count) {
      const found = isTargetRow(row) ? `${row.length} targets` : show(row);
      throw new ValidationError('ERR_SHAPE', `y: row ${i} has ${found}, but row 0 has ${count} targets.`);
    }
    for (let j = 0; j < count; j++) columns[j][i] = row[j];
  }
  return columns;
}

/**
 * What {@link targetsOf} gives as numbers, [rows, targets]; a matrix of float64 as it is.
 *
 * @throws {ERR_SHAPE | ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE} unless they are finite numbers of so many rows
 */
export function encodeTargetMatrix(y: ArrayLike<unknown> | Matrix, rows: number): Matrix<Float64Array> {
  if (y instanceof Matrix) {
    if (y.rows === rows && allFinite(y.data)) return y.astype('float64') as Matrix<Float64Array>;
    return encodeTargetMatrix(rowsOfMatrix(y), rows);
  }
  if (!isTargetRow(y?.[0])) return new Matrix(encodeTargets(y, rows), rows, 1);
  const cols = countTargets(y);
  const data = new Float64Array(rows * cols);
  if (cols === 0 || y.length !== rows || !fillRows(data, y, cols)) {
    // Column by column, which says what is wrong, and where.
    for (const [j, column] of targetColumns(y).entries()) encodeTargets(column, rows, `y: column ${j},`);
  }
  return new Matrix(data, rows, cols);
}

function allFinite(data: FloatArray): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/** Whether all rows hold so many finite numbers. */
function fillRows(data: Float64Array, y: ArrayLike<unknown>, cols: number): boolean {
  for (let i = 0; i < y.length; i++) {
    const row = y[i];
    if (!isTargetRow(row) || row.length !== cols) return false;
    for (let j = 0; j < cols; j++) {
      const value = row[j];
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      data[i * cols + j] = value;
    }
  }
  return true;
}

/** What a regressor of so many targets predicts. */
export function numberTarget(count: number): Target {
  return count === 1 ? { kind: 'number' } : { kind: 'numbers', count };
}

/** What a plan of numbers gives, as predictions: one number per row, or a matrix of several targets. */
export function decodeNumbers(result: Matrix): FloatArray | Matrix {
  return result.cols === 1 ? result.data : result;
}

/** R2 of what a regressor predicts; of several targets the mean over them. */
export function r2OfTargets(
  y: TargetsLike,
  predicted: FloatArray | Matrix,
  weights?: ArrayLike<number>,
): number {
  if (!(predicted instanceof Matrix))
    return r2(encodeTargets(targetRows(y), predicted.length), predicted, weights);
  const { rows, cols } = predicted;
  const { data, cols: count } = encodeTargetMatrix(targetsOf(y), rows);
  if (count !== cols) {
    throw new ValidationError('ERR_SHAPE', `The model predicts ${cols} targets, but y has ${count}.`);
  }
  const scores = Array.from({ length: cols }, (_, j) => {
    const [own, said] = [data, predicted.data].map((values) =>
      Float64Array.from({ length: rows }, (_, i) => values[i * cols + j]),
    );
    return r2(own, said, weights);
  });
  return scores.reduce((sum, score) => sum + score, 0) / cols;
}
