/** What reaches `fitState` of rows that are not dense: sparse ones, and X that the models of an estimator read as it is. */
import { StateError, ValidationError } from '../../errors.js';
import { besidesX, type FitInput, type FitOptions, noColumns, type SparseFitInput } from '../fit-input.js';
import { isSparse } from '../forms.js';
import { checkFiniteSparse } from '../input-checks.js';
import { isTypedArray, Matrix, type MatrixLike } from '../matrix.js';
import { encodeQueries } from '../queries.js';
import { countRows } from '../rows.js';
import { Schema } from '../schema.js';
import type { TargetsLike } from '../targets.js';
import { type CsrMatrix, requireCsr } from './csr-matrix.js';
import { ownRows } from './own-rows.js';

/**
 * Encodes sparse rows and checks what all estimators that read them need.
 *
 * @param reading - isInPlace: whether to leave the rows where they are: for a fit that has done with them, or has given them to the native
 *   core, before it first waits
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_PARAMETER} as {@link encodeFitInput}
 * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
 * @throws {ERR_NOT_SUPPORTED} with a validation set or queries
 */
export function encodeSparseInput(
  X: CsrMatrix,
  y: TargetsLike | undefined,
  options: FitOptions,
  { allowNan = false, isInPlace }: { readonly allowNan?: boolean; readonly isInPlace: boolean },
): { input: SparseFitInput; schema: Schema } {
  const x = isInPlace ? X : ownRows(X);
  if (x.rows === 0 || x.cols === 0) {
    const message = `fit needs at least one row and one column; X has shape [${x.rows}, ${x.cols}].`;
    throw new ValidationError('ERR_EMPTY', message);
  }
  if (options.validation || options.group || options.qid) {
    const message = 'A fit on sparse rows takes neither validation nor group or qid.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const schema = Schema.infer(x);
  checkFiniteSparse(x, allowNan);
  return { input: { ...besidesX(y, options, x.rows), x, columns: schema.columns }, schema };
}

/**
 * The sparse rows of a training set, for an estimator that reads them as they are.
 *
 * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite
 * @throws {ERR_NOT_SUPPORTED} with queries
 */
export function sparseInput(
  { validation: _, queries, ...input }: FitInput,
  x: CsrMatrix,
  allowNan = false,
): SparseFitInput {
  if (queries !== null) {
    throw new StateError('ERR_NOT_SUPPORTED', 'A fit on sparse rows takes neither group nor qid.');
  }
  checkFiniteSparse(x, allowNan);
  return { ...input, x, given: undefined };
}

/**
 * The training set of an estimator whose models read X as it is.
 *
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_PARAMETER} as {@link encodeFitInput}
 * @throws {ERR_NOT_SUPPORTED} with a validation set
 */
export function encodeGivenInput(X: MatrixLike, y: TargetsLike | undefined, options: FitOptions): FitInput {
  const rows = countRows(X, y);
  if (options.validation) {
    throw new StateError('ERR_NOT_SUPPORTED', 'A fit on documents or sparse rows takes no validation.');
  }
  return {
    ...besidesX(y, options, rows),
    x: noColumns(rows),
    given: isSparse(X) ? ownRows(requireCsr(X)) : copyDocuments(X),
    columns: isSparse(X) ? Schema.infer(X).columns : [],
    validation: null,
    queries: encodeQueries(options, rows, 'fit'),
  };
}

/** Documents are texts, columns of a table, or rows of named values, which may be pairs: lists of lists of lists. */
const DEEPEST = 3;

/**
 * A copy of what a vectorizer reads, which the caller may change while a fit works. Tables of other libraries do not change.
 */
function copyDocuments<X>(documents: X, depth: number = DEEPEST): X {
  if (typeof documents !== 'object' || documents === null || depth === 0) return documents;
  if (documents instanceof Matrix) return documents.copy() as X;
  if (isTypedArray(documents)) return documents.slice() as X;
  if (Array.isArray(documents)) return documents.map((item) => copyDocuments(item, depth - 1)) as X;
  const prototype = Object.getPrototypeOf(documents);
  if (prototype !== null && prototype !== Object.prototype) return documents;
  const members = Object.entries(documents).map(([name, value]) => [name, copyDocuments(value, depth - 1)]);
  return Object.fromEntries(members);
}
