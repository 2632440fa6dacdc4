/** Columns taken out of whatever estimators are fitted on. */
import { Matrix, type MatrixLike, type NumericMatrixLike } from './matrix.js';
import { isTable, tableToColumns } from './table.js';

/** The given columns, in that order: a table of a table, else a matrix. */
export function takeColumns(X: MatrixLike, columns: readonly number[]): MatrixLike {
  if (!isTable(X)) return Matrix.from(X as NumericMatrixLike).columns(columns);
  const table = tableToColumns(X);
  return Object.fromEntries(columns.map((j) => [table.names[j], table.columns[j]])) as MatrixLike;
}
