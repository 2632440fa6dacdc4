/** A training set as it was before it was encoded, for estimators that fit models of their own on parts of it. */
import type { FitInput } from './fit-input.js';
import type { Matrix, MatrixLike } from './matrix.js';
import type { Column } from './schema.js';
import type { Cell } from './table.js';

/** The rows of a fit: what was given where models read that themselves, the matrix itself where all columns are numbers without names of their own, else a table. */
export function trainingTable({ x, given, columns }: FitInput): MatrixLike {
  if (given !== undefined) return given;
  if (columns.every(({ name, kind }, j) => kind === 'number' && name === `x${j}`)) return x;
  return Object.fromEntries(columns.map((column, j) => [column.name, decodeColumn(x, column, j)]));
}

function decodeColumn(
  { data, rows, cols }: Matrix,
  { kind, categories }: Column,
  j: number,
): ArrayLike<Cell> {
  const values = Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]);
  if (kind === 'number') return values;
  return Array.from(values, (code) => {
    if (Number.isNaN(code)) return null;
    return kind === 'boolean' ? code === 1 : (categories?.[code] ?? null);
  });
}
