/** The folds of linear models that choose their penalty by cross-validation. */
import { type FitInput, requireY } from '../core/fit-input.js';
import { cvRule, type FoldSource, resolveFolds } from '../core/fold-source.js';
import type { Fold } from '../core/k-fold.js';
import { either, int, listOf, nothing, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/**
 * Folds as in {@link crossValidate}: a number of them, which are stretches of rows as those of an unshuffled {@link KFold}, a splitter, which
 * gets the `groups` of `fit`, or a list of { train, test }; or the fold, 0, 1, ..., of each row. A model with a splitter among its parameters cannot be
 * saved; with any of the others it can.
 */
export type Folds = FoldSource | readonly number[];

const isOfRows = (cv: unknown): cv is readonly number[] => Array.isArray(cv) && typeof cv[0] === 'number';
const ofRows = listOf('the fold of each row', int(0).allows);

/** The rule of a parameter `cv`. */
export const foldsRule: Rule = {
  allowed: `${cvRule.allowed}, or ${ofRows.allowed}`,
  allows: (cv) => (isOfRows(cv) ? ofRows : cvRule).allows(cv),
};
/** The same, where null means another way. */
export const optionalFoldsRule: Rule = either(nothing, foldsRule);

/**
 * The folds of a training set.
 *
 * @param isStratified - whether a number of folds gives each the shares of classes of the whole
 * @throws {ERR_PARAMETER} when a fold has no rows to train on or to test, or the list does not fit
 * @throws {ERR_SHAPE} for a row that is not there
 */
export function dealFolds(
  owner: object,
  cv: Folds,
  input: Pick<FitInput, 'x' | 'y' | 'groups'>,
  isStratified = false,
): Fold[] {
  const { x, groups } = input;
  const folds = isOfRows(cv)
    ? foldsOfRows(owner, cv, x.rows)
    : resolveFolds(cv, isStratified, x, requireY(input), groups);
  return folds.map(({ train, test }, fold) => {
    if (train.length === 0 || test.length === 0)
      throw refuse(owner, `leaves fold ${fold} no rows to ${train.length === 0 ? 'train on' : 'test'}.`);
    return { train: checkedRows(train, x.rows), test: checkedRows(test, x.rows) };
  });
}

function foldsOfRows(owner: object, cv: readonly number[], rows: number): Fold[] {
  if (cv.length !== rows) throw refuse(owner, `names the folds of ${cv.length} rows; X has ${rows}.`);
  const count = cv.reduce((most, fold) => Math.max(most, fold + 1), 0);
  if (count < 2 || new Set(cv).size < count)
    throw refuse(owner, 'must name at least two folds, and none without rows.');
  return Array.from({ length: count }, (_, fold) => parted(rows, (i) => cv[i] === fold));
}

const refuse = (owner: object, why: string) =>
  new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: cv ${why}`);

function checkedRows(given: ArrayLike<number>, rows: number): Int32Array {
  return Int32Array.from(given, (row) => {
    if (Number.isInteger(row) && row >= 0 && row < rows) return row;
    throw new ValidationError('ERR_SHAPE', `Row ${row} is not among ${rows} rows.`);
  });
}

/** Whether each of so many rows is tested once, and all others train: then training rows are what tested ones leave. */
export function isPartition(folds: readonly Fold[], rows: number): boolean {
  const foldOf = new Int32Array(rows).fill(-1);
  for (const [fold, { test }] of folds.entries()) {
    for (const i of test) {
      if (foldOf[i] >= 0) return false;
      foldOf[i] = fold;
    }
  }
  if (foldOf.includes(-1)) return false;
  const seen = new Int32Array(rows).fill(-1);
  return folds.every(({ train, test }, fold) => {
    for (const i of train) {
      if (foldOf[i] === fold || seen[i] === fold) return false;
      seen[i] = fold;
    }
    return train.length === rows - test.length;
  });
}

/** Rows that are left out, and the others to train on; both ascending. */
export function parted(rows: number, isLeft: (i: number) => boolean): Fold {
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  return { train: all.filter((i) => !isLeft(i)), test: all.filter(isLeft) };
}

/** The weights of some rows; null without weights. */
export function weightsOf(weights: Float64Array | null, rows: ArrayLike<number>): Float64Array | null {
  return weights && Float64Array.from(rows, (i) => weights[i]);
}
