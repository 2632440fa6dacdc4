/** Sparse rows that a fitted model keeps. */
import { ValidationError } from '../../errors.js';
import { custom, type Rule } from '../params.js';
import type { Column } from '../schema.js';
import { CsrMatrix, type CsrParts } from './csr-matrix.js';

/** The rule of sparse rows in a state, which may be absent. */
export const csrRule: Rule = custom(
  'sparse rows',
  (v) => v === undefined || new CsrMatrix(v as CsrParts).rows >= 0,
);

/** A copy of sparse rows, for good. */
export function storedCsr({ data, indices, indptr, cols }: CsrMatrix): CsrParts {
  return { data: data.slice(), indices: indices.slice(), indptr: indptr.slice(), cols };
}

/** The number of stored rows. @throws {ERR_PARAMETER} unless they are finite and have these columns */
export function checkCsr(
  owner: object,
  name: string,
  { data, indptr, cols }: CsrParts,
  columns: readonly Column[],
): number {
  if (cols === columns.length && data.every(Number.isFinite)) return indptr.length - 1;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name} state: '${name}' must hold finite rows of ${columns.length} columns.`,
  );
}
