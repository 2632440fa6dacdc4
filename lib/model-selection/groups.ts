/** Splitters that keep the rows of a group together: those of one patient, user or household. */
import { rowsByClass } from '../core/folds.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkParams, int } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { CrossValidator, Fold } from './k-fold.js';
import { countRows } from './rows.js';

/**
 * k folds of about equally many rows that part no group: the largest groups are dealt first, each to the smallest fold.
 *
 * @example
 * ```ts
 * import { GroupKFold } from 'boreal';
 * const folds = [...new GroupKFold({ nSplits: 2 }).split([[1], [2], [3], [4]], undefined, ['a', 'b', 'a', 'c'])];
 * folds.map(({ test }) => test); // [[0, 2], [1, 3]]
 * ```
 */
export class GroupKFold implements CrossValidator {
  /** Number of folds. */
  readonly nSplits: number;

  /** @param options - nSplits: number of folds, >= 2. Default 5. @throws {ERR_PARAMETER} */
  constructor({ nSplits = 5 }: { readonly nSplits?: number } = {}) {
    checkParams('GroupKFold', { nSplits }, { nSplits: int(2) });
    this.nSplits = nSplits;
  }

  /**
   * The folds, one after the other.
   *
   * @param groups - the group of each row
   * @throws {ERR_PARAMETER} without groups, or when there are fewer than folds
   * @throws {ERR_SHAPE | ERR_LABELS} when groups has another length than X, or a row has none
   */
  *split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    const members = membersOf('GroupKFold', rows, groups);
    if (this.nSplits > members.length) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `GroupKFold: nSplits ${this.nSplits} is more than the ${members.length} groups.`,
      );
    }
    // Of equally large groups the last comes first, as in scikit-learn.
    const largestFirst = members.toSorted((a, b) => a.length - b.length).reverse();
    const sizes = new Array<number>(this.nSplits).fill(0);
    const foldOf = new Int32Array(rows);
    for (const group of largestFirst) {
      const fold = sizes.indexOf(Math.min(...sizes));
      sizes[fold] += group.length;
      for (const row of group) foldOf[row] = fold;
    }
    for (let fold = 0; fold < this.nSplits; fold++) yield parted(rows, (row) => foldOf[row] === fold);
  }
}

/**
 * As many folds as there are groups, each tested on one of them, in sorted order.
 *
 * @example
 * ```ts
 * import { LeaveOneGroupOut } from 'boreal';
 * const folds = [...new LeaveOneGroupOut().split([[1], [2], [3]], undefined, ['b', 'a', 'b'])];
 * folds.map(({ test }) => test); // [[1], [0, 2]]
 * ```
 */
export class LeaveOneGroupOut implements CrossValidator {
  /**
   * The folds, one after the other.
   *
   * @param groups - the group of each row
   * @throws {ERR_PARAMETER} without groups, or when there is only one
   * @throws {ERR_SHAPE | ERR_LABELS} when groups has another length than X, or a row has none
   */
  *split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    const members = membersOf('LeaveOneGroupOut', rows, groups);
    if (members.length < 2)
      throw new ValidationError('ERR_PARAMETER', 'LeaveOneGroupOut: there is only one group.');
    for (const group of members) {
      const tested = new Set(group);
      yield parted(rows, (row) => tested.has(row));
    }
  }
}

/** The rows of each group, the groups in sorted order. */
function membersOf(owner: string, rows: number, groups: ArrayLike<unknown> | undefined): number[][] {
  if (groups === undefined || groups === null)
    throw new ValidationError('ERR_PARAMETER', `${owner} needs groups: the group of each row.`);
  if (groups.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but groups has ${groups.length} values.`);
  const nameOf = (members: readonly number[]) => groups[members[0]] as number;
  return rowsByClass(groups).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** The rows from 0 on, by whether they are tested. */
export function parted(rows: number, isTested: (row: number) => boolean): Fold {
  const indices = Int32Array.from({ length: rows }, (_, row) => row);
  return { train: indices.filter((row) => !isTested(row)), test: indices.filter(isTested) };
}
