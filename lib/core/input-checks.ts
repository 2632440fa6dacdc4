/** What training sets are refused for: values, kinds of columns, and what an estimator does not look at. */
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import type { Estimator } from './estimator.js';
import type { FitInput } from './fit-input.js';
import { isSparse } from './forms.js';
import type { Matrix } from './matrix.js';
import { isKnownFinite } from './moments.js';
import { describeValueError } from './plan.js';
import type { Column } from './schema.js';
import { type CsrMatrix, requireCsr } from './sparse/csr-matrix.js';

type Tagged = Pick<Estimator, 'tags'>;

/**
 * What every fit checks of its training set.
 *
 * @throws {ERR_NOT_SUPPORTED} for queries and validation sets that the estimator does not look at
 * @throws {ERR_DTYPE} for text where it takes numbers
 * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for values that it does not take
 * @throws {ERR_SHAPE | ERR_INPUT_NEGATIVE} for distances or kernels of rows that are not square, and distances below 0
 */
export function checkInput(owner: Tagged, input: FitInput): void {
  const { name } = owner.constructor;
  const { tags } = owner;
  const { allowNan = false, ranks = false, watchesValidation = false } = tags;
  if (input.queries !== null && !ranks) {
    const message = `${name} does not rank, and takes neither group nor qid.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  if (input.validation !== null && !watchesValidation) {
    const message = `${name} does not train in rounds and cannot watch a validation set.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  checkKinds(owner, input.columns);
  if (tags.pairwise) checkPairs(name, input.x, tags.positive ?? false);
  checkFinite(input.x, input.columns, allowNan);
  if (input.validation !== null) checkFinite(input.validation.x, input.columns, allowNan);
}

/** What a fit on sparse rows checks as well: their values may be codes of categories. @throws {ERR_DTYPE} for text where it takes numbers */
export function checkKinds(owner: Tagged, columns: readonly Column[]): void {
  const text = owner.tags.allowCategories ? undefined : columns.find((c) => c.kind === 'category');
  if (text === undefined) return;
  throw new ValidationError(
    'ERR_DTYPE',
    `${owner.constructor.name} needs numbers, but column '${text.name}' holds text. Encode it first, for example with OneHotEncoder in a ColumnTransformer.`,
  );
}

/**
 * Checks a matrix of what is between rows.
 *
 * @param positive - whether it holds distances
 * @throws {ERR_SHAPE | ERR_INPUT_NEGATIVE} unless it is square, and for distances below 0
 */
export function checkPairs(name: string, { data, rows, cols }: Matrix, positive: boolean): void {
  if (rows !== cols) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${name}: X holds what is between rows, so that it is square; it has shape [${rows}, ${cols}].`,
    );
  }
  const at = positive ? native.findNegative(data, rows, cols) : -1;
  if (at < 0) return;
  const [row, column] = [Math.floor(at / cols), at % cols];
  const error = new ValidationError(
    'ERR_INPUT_NEGATIVE',
    `${name}: row ${row}, column ${column}: the value is below 0, which is no distance.`,
  );
  error.row = row;
  error.column = column;
  throw error;
}

/** What a model checks of its rows, before they are dealt to folds or drawn: so that an error names the row of X. */
export function checkFiniteFor({ tags }: Tagged, { x, given, columns }: FitInput): void {
  if (tags.delegates) return;
  if (given === undefined) checkFinite(x, columns, tags.allowNan ?? false);
  else if (isSparse(given) && !tags.allowNan) checkFiniteSparse(requireCsr(given));
}

/** @throws {ERR_NOT_SUPPORTED} for a model of given distances or kernels, which has no columns of rows that it is not fitted on */
export function refusePairs(owner: object, model: Tagged): void {
  if (!model.tags.pairwise) return;
  const [own, given] = [owner.constructor.name, model.constructor.name];
  const message = `${own} fits models on some of the rows: it takes no ${given} that is given what is between rows.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/** @throws {ERR_NOT_SUPPORTED} for a model that weights of rows, which are to reach it, would not change */
export function refuseUnweighted(owner: object, model: Tagged, ignores = model.tags.ignoresWeights): void {
  if (!ignores) return;
  const [own, given] = [owner.constructor.name, model.constructor.name];
  const message = `${own} hands weights of rows on to its models: ${given} has no use for them.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/**
 * @throws {ERR_INPUT_NAN} for a missing value unless allowed
 * @throws {ERR_INPUT_INFINITE} for an infinite one
 */
export function checkFinite(x: Matrix, columns: readonly Column[], allowNan: boolean): void {
  if (isKnownFinite(x, allowNan)) return;
  const position = native.findInvalid(x.data, x.rows, x.cols, allowNan);
  if (position < 0) return;
  const [row, column] = [Math.floor(position / x.cols), position % x.cols];
  throw notFinite(x.data[position], row, column, columns[column].name);
}

/** The same of sparse rows. */
export function checkFiniteSparse({ data, indices, indptr }: CsrMatrix, allowNan = false): void {
  const position = native.findInvalid(data, 1, data.length, allowNan);
  if (position < 0) return;
  const row = indptr.findLastIndex((start) => start <= position);
  throw notFinite(data[position], row, indices[position], `x${indices[position]}`);
}

function notFinite(value: number, row: number, column: number, name: string): ValidationError {
  const code = Number.isNaN(value) ? 'ERR_INPUT_NAN' : 'ERR_INPUT_INFINITE';
  const error = new ValidationError(code, `Row ${row}, column '${name}': ${describeValueError(code)}`);
  error.row = row;
  error.column = column;
  return error;
}
