/** The values of sparse rows changed, zeros staying zeros. */
import { type CancelHandle, native } from '../../native.js';
import { checkFiniteSparse } from '../input-checks.js';
import type { Norm } from '../plan-types.js';
import type { Schema } from '../schema.js';
import { CsrMatrix, csrArguments, requireCsr } from './csr-matrix.js';

const NORMS = { l1: 1, l2: 2, max: 3 } as const;

/** How values are weighed, in this order. */
export interface Weighing {
  /** 1 + log of each value first. */
  readonly sublinear?: boolean;
  /** A factor for each column; null: none. */
  readonly weight?: Float64Array | null;
  /** Divide each row by its norm; null: do not. Rows of zeros stay. */
  readonly norm?: Norm | null;
}

/** Sparse rows weighed, on the pool. */
export async function weigh(
  x: CsrMatrix,
  { sublinear = false, weight = null, norm = null }: Weighing,
  cancel: CancelHandle | null = null,
): Promise<CsrMatrix> {
  const code = norm === null ? 0 : NORMS[norm];
  const data = await native.csrWeigh(...csrArguments(x), sublinear, weight, code, cancel);
  const { indices, indptr, cols } = x;
  return new CsrMatrix({ data, indices, indptr, cols });
}

/** Sparse rows with other values at the same places. */
export function replaceValues(x: CsrMatrix, value: (value: number, column: number) => number): CsrMatrix {
  const { data, indices, indptr, cols } = x;
  return new CsrMatrix({ data: data.map((own, k) => value(own, indices[k])), indices, indptr, cols });
}

/**
 * Rows for a model of so many columns.
 *
 * @param allowNan - whether NaN is fine
 * @throws {ERR_SHAPE} for another number of columns
 * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
 */
export function checkedRows(schema: Schema, X: CsrMatrix, allowNan = false): CsrMatrix {
  const x = requireCsr(X);
  schema.checkWidth(x.cols);
  checkFiniteSparse(x, allowNan);
  return x;
}

/** A transformer that can turn sparse rows into sparse rows. */
export interface KeepsSparse {
  /** Whether it does so as it is now: a scaler that subtracts means does not. */
  readonly keepsSparse: boolean;
  /** The transformed rows, sparse. */
  transformSparse(X: CsrMatrix): Promise<CsrMatrix>;
}

/** Whether a step of a pipeline turns sparse rows into sparse rows. */
export function keepsSparse(step: unknown): step is KeepsSparse {
  return typeof step === 'object' && step !== null && (step as Partial<KeepsSparse>).keepsSparse === true;
}
