/** The folds of linear models that choose their penalty by cross-validation. */
import { consecutiveFolds } from '../core/folds.js';
import { either, int, listOf, nothing, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** The fold, 0, 1, ..., of each row, and how many folds there are. */
export interface FoldsOfRows {
  readonly folds: Int32Array;
  readonly count: number;
}

/** Number of folds, which are stretches of rows as those of an unshuffled KFold; or the fold, 0, 1, ..., of each row. */
export type Folds = number | readonly number[];

const ofRows = listOf('a list of the fold of each row', int(0).allows);

/** The rule of a parameter `cv`. */
export const foldsRule: Rule = either(int(2), ofRows);
/** The same, where null means another way. */
export const optionalFoldsRule: Rule = either(nothing, foldsRule);

/**
 * The fold of each row.
 *
 * @param deal - deals the rows to so many folds; default stretches of consecutive rows
 * @throws {ERR_PARAMETER} when a fold has no rows, or the list does not fit
 */
export function foldOfRows(
  owner: object,
  cv: Folds,
  rows: number,
  deal = (count: number) => consecutiveFolds(rows, count, null),
): FoldsOfRows {
  const fail = (why: string) => {
    return new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: cv ${why}`);
  };
  if (typeof cv === 'number') {
    if (cv > rows) throw fail(`asks for ${cv} folds of ${rows} rows.`);
    return { folds: deal(cv), count: cv };
  }
  if (cv.length !== rows) throw fail(`names the folds of ${cv.length} rows; X has ${rows}.`);
  const count = cv.reduce((most, fold) => Math.max(most, fold + 1), 0);
  if (count < 2 || new Set(cv).size < count)
    throw fail('must name at least two folds, and none without rows.');
  return { folds: Int32Array.from(cv), count };
}

/** Rows that are left out, and the others to train on; both ascending. */
export function parted(
  rows: number,
  isLeft: (i: number) => boolean,
): { readonly train: number[]; readonly test: number[] } {
  const [train, test]: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) (isLeft(i) ? test : train).push(i);
  return { train, test };
}

/** The weights of some rows; null without weights. */
export function weightsOf(weights: Float64Array | null, rows: readonly number[]): Float64Array | null {
  return weights && Float64Array.from(rows, (i) => weights[i]);
}
