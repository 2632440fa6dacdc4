/** The folds of linear models that choose their penalty by cross-validation. */
import { custom, either, int, nothing, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Number of folds, which are stretches of rows as those of an unshuffled KFold; or the fold, 0, 1, ..., of each row. */
export type Folds = number | readonly number[];

const ofRows = custom(
  'a list of the fold of each row',
  (v) => Array.isArray(v) && v.every((f) => int(0).allows(f)),
);

/** The rule of a parameter `cv`. */
export const foldsRule: Rule = either(int(2), ofRows);
/** The same, where null means another way. */
export const optionalFoldsRule: Rule = either(nothing, foldsRule);

/** The fold of each row. @throws {ERR_PARAMETER} when there are more folds than rows, or the list does not fit */
export function foldOfRows(owner: object, cv: Folds, rows: number): { folds: Int32Array; count: number } {
  const fail = (why: string) => {
    return new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: cv ${why}`);
  };
  if (typeof cv !== 'number') {
    if (cv.length !== rows) throw fail(`names the folds of ${cv.length} rows; X has ${rows}.`);
    const count = cv.reduce((most, fold) => Math.max(most, fold + 1), 0);
    if (count < 2 || count > rows) throw fail('must name at least two folds, and no more than rows.');
    return { folds: Int32Array.from(cv), count };
  }
  if (cv > rows) throw fail(`asks for ${cv} folds of ${rows} rows.`);
  const folds = new Int32Array(rows);
  let row = 0;
  for (let fold = 0; fold < cv; fold++) {
    const size = Math.floor(rows / cv) + (fold < rows % cv ? 1 : 0);
    folds.fill(fold, row, row + size);
    row += size;
  }
  return { folds, count: cv };
}
