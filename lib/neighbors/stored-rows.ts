/** Training rows as estimators by neighbours keep them: sparse ones where their distances are made of sparse rows. */
import { type FitInput, type SparseFitInput, toShared } from '../core/fit-input.js';
import type { FloatArray } from '../core/matrix.js';
import {
  checkPoints,
  floats,
  metricOf,
  type SearchParams,
  searchSpec,
  sparseMetricOf,
  storedRows,
} from '../core/neighbor-search.js';
import { checkLength, type Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, type CsrParts } from '../core/sparse/csr-matrix.js';
import { checkCsr, csrRule, storedCsr } from '../core/sparse/stored-csr.js';
import { ValidationError } from '../errors.js';
import type { SparseMetric } from '../native/sparse.js';

/** Learned by estimators by neighbours: the training rows. */
export interface StoredRows {
  /** [rows, columns] row-major; empty where they are sparse. */
  readonly points: FloatArray;
  /** Of a fit on sparse rows. */
  readonly sparse?: CsrParts;
}

/** Rules of {@link StoredRows}. */
export const storedRowsRules: Rules<StoredRows> = { points: floats, sparse: csrRule };

/** The number of stored rows. @throws {ERR_PARAMETER} unless the rows are finite and have these columns */
export function checkStoredRows(
  owner: { readonly params: SearchParams },
  { points, sparse }: StoredRows,
  columns: readonly Column[],
): number {
  if (sparse === undefined) return checkPoints(owner, points, columns);
  checkLength(owner, 'points', points, 0);
  const rows = checkCsr(owner, 'sparse', sparse, columns);
  if (rows > 0 && sparseMetric(owner.params) !== null) return rows;
  const message = `${owner.constructor.name} state: 'sparse' must hold rows, and takes a distance of sparse rows.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** The rows of a training set, for good. */
export function storeRows(params: SearchParams, { x }: FitInput | SparseFitInput): StoredRows {
  if (!(x instanceof CsrMatrix)) return { points: storedRows(x) };
  if (sparseMetric(params) === null) return { points: storedRows(toShared(x.toDense())) };
  return { points: new Float64Array(0), sparse: storedCsr(x) };
}

/** The rows as a plan takes them. */
export function pointsOf({ points, sparse }: StoredRows): FloatArray | CsrMatrix {
  return sparse === undefined ? points : new CsrMatrix(sparse);
}

/** The distance that is made of sparse rows, if it is. */
export function sparseMetric(params: SearchParams): SparseMetric | null {
  return sparseMetricOf(metricOf(searchSpec(params)));
}
