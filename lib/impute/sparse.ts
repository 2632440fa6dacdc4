/** Missing values of sparse rows: those that are stored. What is not stored is 0, and never missing. */
import type { Column } from '../core/schema.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { replaceValues } from '../core/sparse/weigh.js';
import { StateError } from '../errors.js';
import { codeOf, type MissingValues } from './marker.js';

/** Whether the marker can be told from what is not stored. */
export function isNoZero(columns: readonly Column[], marker: MissingValues): boolean {
  return columns.every((column) => codeOf(column, marker) !== 0);
}

/**
 * Sparse rows with NaN where the marker stands.
 *
 * @throws {ERR_NOT_SUPPORTED} where the marker is 0: most of the rows would be missing
 */
export function markSparse(
  owner: object,
  x: CsrMatrix,
  columns: readonly Column[],
  marker: MissingValues,
): CsrMatrix {
  if (Number.isNaN(marker)) return x;
  if (!isNoZero(columns, marker)) {
    const message = `${owner.constructor.name}: with missingValues ${JSON.stringify(marker)}, which is 0 in X, what sparse rows leave out would be missing; give dense rows.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const codes = columns.map((column) => codeOf(column, marker));
  return replaceValues(x, (value, column) => (value === codes[column] ? Number.NaN : value));
}

/** A 1 for each value that is missing. */
export function missingOf(x: CsrMatrix): CsrMatrix {
  const places = [...x.data.keys()].filter((k) => Number.isNaN(x.data[k]));
  const indptr = new Int32Array(x.rows + 1);
  for (let i = 0, at = 0; i < x.rows; i++) {
    while (at < places.length && places[at] < x.indptr[i + 1]) at++;
    indptr[i + 1] = at;
  }
  const indices = Int32Array.from(places, (k) => x.indices[k]);
  return new CsrMatrix({ data: new Float64Array(places.length).fill(1), indices, indptr, cols: x.cols });
}
