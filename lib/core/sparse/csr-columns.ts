/** Sparse rows side by side, and some of their columns. */
import { type CancelHandle, native } from '../../native.js';
import { newArray } from '../linalg/memory.js';
import { CsrMatrix, csrArguments } from './csr-matrix.js';

/** Sparse matrices of as many rows as one, in float64, the columns of each after those of the one before. Made on the pool. */
export async function sparseSideBySide(
  parts: readonly CsrMatrix[],
  cancel: CancelHandle | null,
): Promise<CsrMatrix> {
  const rows = await native.csrSideBySide(
    parts.flatMap((part) => [...csrArguments(part)]),
    cancel,
  );
  return CsrMatrix.ofNative(
    rows,
    parts.reduce((sum, { cols }) => sum + cols, 0),
  );
}

/** A copy of the given columns, in that order; repeats are allowed. Of all of them in order, x itself. */
export function takeSparseColumns(x: CsrMatrix, columns: readonly number[]): CsrMatrix {
  if (columns.length === x.cols && columns.every((column, j) => column === j)) return x;
  if (columns.every((column, j) => j === 0 || column > columns[j - 1])) return keepColumns(x, columns);
  const places = new Map<number, number[]>();
  for (const [j, column] of columns.entries()) {
    const known = places.get(column);
    if (known === undefined) places.set(column, [j]);
    else known.push(j);
  }
  const indptr = new Int32Array(x.rows + 1);
  const taken: Array<[column: number, value: number]> = [];
  for (let i = 0; i < x.rows; i++) {
    const row: Array<[column: number, value: number]> = [];
    for (let k = x.indptr[i]; k < x.indptr[i + 1]; k++)
      for (const j of places.get(x.indices[k]) ?? []) row.push([j, x.data[k]]);
    for (const value of row.sort(([a], [b]) => a - b)) taken.push(value);
    indptr[i + 1] = taken.length;
  }
  const data = newArray(x.dtype, taken.length);
  const indices = new Int32Array(taken.length);
  for (const [k, [column, value]] of taken.entries()) {
    indices[k] = column;
    data[k] = value;
  }
  return new CsrMatrix({ data, indices, indptr, cols: columns.length });
}

/** Columns that ascend, so that those of each row stay in order. */
function keepColumns(x: CsrMatrix, columns: readonly number[]): CsrMatrix {
  const place = new Int32Array(x.cols).fill(-1);
  for (const [j, column] of columns.entries()) place[column] = j;
  const indptr = new Int32Array(x.rows + 1);
  for (let i = 0; i < x.rows; i++) {
    let count = indptr[i];
    for (let k = x.indptr[i]; k < x.indptr[i + 1]; k++) if (place[x.indices[k]] >= 0) count++;
    indptr[i + 1] = count;
  }
  const data = newArray(x.dtype, indptr[x.rows]);
  const indices = new Int32Array(data.length);
  let at = 0;
  for (let k = 0; k < x.nnz; k++) {
    const column = place[x.indices[k]];
    if (column < 0) continue;
    data[at] = x.data[k];
    indices[at++] = column;
  }
  return new CsrMatrix({ data, indices, indptr, cols: columns.length });
}
