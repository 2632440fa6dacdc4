/** Splitters that test on what they leave out: rows, groups, or what the caller says. */

import type { CrossValidator, Fold } from '../core/k-fold.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkParams, int, show } from '../core/params.js';
import { countRows } from '../core/rows.js';
import { ValidationError } from '../errors.js';
import { membersOf } from './groups.js';

/**
 * As many folds as rows, each tested on one of them.
 *
 * @example
 * ```ts
 * import { LeaveOneOut } from 'boreal';
 * [...new LeaveOneOut().split([[1], [2], [3]])].length; // 3
 * ```
 */
export class LeaveOneOut implements CrossValidator {
  /** The folds, one after the other. @throws {ERR_PARAMETER} when there is only one row */
  *split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    if (rows < 2) throw new ValidationError('ERR_PARAMETER', 'LeaveOneOut: one row leaves none to train on.');
    for (let i = 0; i < rows; i++) yield parted(rows, (row) => row === i);
  }
}

/**
 * A fold for every choice of p rows, tested on these: of n rows n! / (p! (n - p)!) folds, in lexicographic order, each made when it
 * is asked for.
 *
 * @example
 * ```ts
 * import { LeavePOut } from 'boreal';
 * const folds = [...new LeavePOut({ p: 2 }).split([[1], [2], [3]])];
 * folds.map(({ test }) => test); // [[0, 1], [0, 2], [1, 2]]
 * ```
 */
export class LeavePOut implements CrossValidator {
  /** Test rows of each fold. */
  readonly p: number;

  /** @param options - p: test rows of each fold, >= 1. @throws {ERR_PARAMETER} */
  constructor(options: { readonly p: number }) {
    checkParams('LeavePOut', { ...options }, { p: int(1) });
    this.p = options.p;
  }

  /** The folds, one after the other. @throws {ERR_PARAMETER} when p rows leave none to train on */
  *split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    if (rows <= this.p)
      throw new ValidationError(
        'ERR_PARAMETER',
        `LeavePOut: p ${this.p} of ${rows} rows leaves none to train on.`,
      );
    for (const left of combinations(rows, this.p)) {
      const tested = new Set(left);
      yield parted(rows, (row) => tested.has(row));
    }
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

/**
 * A fold for every choice of p groups, tested on their rows; groups in sorted order, choices in lexicographic order.
 *
 * @example
 * ```ts
 * import { LeavePGroupsOut } from 'boreal';
 * const folds = [...new LeavePGroupsOut({ nGroups: 2 }).split([[1], [2], [3]], undefined, ['c', 'a', 'b'])];
 * folds.map(({ test }) => test); // [[1, 2], [0, 1], [0, 2]]
 * ```
 */
export class LeavePGroupsOut implements CrossValidator {
  /** Test groups of each fold. */
  readonly nGroups: number;

  /** @param options - nGroups: test groups of each fold, >= 1. @throws {ERR_PARAMETER} */
  constructor(options: { readonly nGroups: number }) {
    checkParams('LeavePGroupsOut', { ...options }, { nGroups: int(1) });
    this.nGroups = options.nGroups;
  }

  /**
   * The folds, one after the other.
   *
   * @param groups - the group of each row
   * @throws {ERR_PARAMETER} without groups, or when so many leave none to train on
   * @throws {ERR_SHAPE | ERR_LABELS} when groups has another length than X, or a row has none
   */
  *split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    const members = membersOf('LeavePGroupsOut', rows, groups);
    if (members.length <= this.nGroups) {
      const message = `LeavePGroupsOut: nGroups ${this.nGroups} of ${members.length} groups leaves none to train on.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    for (const left of combinations(members.length, this.nGroups)) {
      const tested = new Set(left.flatMap((group) => members[group]));
      yield parted(rows, (row) => tested.has(row));
    }
  }
}

/**
 * Folds that are given: for each row the number of the fold that tests it, or -1 where none does.
 *
 * @example
 * ```ts
 * import { PredefinedSplit } from 'boreal';
 * const folds = [...new PredefinedSplit([0, 1, -1, 1]).split([[1], [2], [3], [4]])];
 * folds.map(({ test }) => test); // [[0], [1, 3]]
 * ```
 */
export class PredefinedSplit implements CrossValidator {
  readonly #testFold: Int32Array;

  /** @param testFold - a whole number >= -1 for each row. @throws {ERR_PARAMETER} for anything else, or only -1 */
  constructor(testFold: ArrayLike<number>) {
    const folds = Array.from(testFold ?? []);
    const bad = folds.findIndex((fold) => !int(-1, 0x7fff_ffff).allows(fold));
    if (bad >= 0) {
      const message = `PredefinedSplit: row ${bad} has ${show(folds[bad])}; a fold is a whole number >= -1.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    if (folds.every((fold) => fold === -1))
      throw new ValidationError('ERR_PARAMETER', 'PredefinedSplit: testFold has no fold that tests a row.');
    this.#testFold = Int32Array.from(folds);
  }

  /** Number of folds. */
  get nSplits(): number {
    return this.#folds.length;
  }

  /** The numbers of the folds, from the least. */
  get #folds(): number[] {
    return [...new Set(this.#testFold)].filter((fold) => fold !== -1).sort((a, b) => a - b);
  }

  /** The folds, the least number first. @throws {ERR_SHAPE} when X has another number of rows */
  *split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    const testFold = this.#testFold;
    if (testFold.length !== rows) {
      const message = `X has ${rows} rows, but testFold has ${testFold.length} values.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    for (const fold of this.#folds) yield parted(rows, (row) => testFold[row] === fold);
  }
}

/** All choices of `size` numbers below `count`, in lexicographic order. */
function* combinations(count: number, size: number): Generator<number[], void, undefined> {
  const chosen = Array.from({ length: size }, (_, k) => k);
  for (;;) {
    yield chosen;
    const last = chosen.findLastIndex((value, k) => value < count - size + k);
    if (last < 0) return;
    chosen[last] += 1;
    for (let k = last + 1; k < size; k++) chosen[k] = chosen[k - 1] + 1;
  }
}

/** The rows from 0 on, by whether they are tested. */
function parted(rows: number, isTested: (row: number) => boolean): Fold {
  const indices = Int32Array.from({ length: rows }, (_, row) => row);
  return { train: indices.filter((row) => !isTested(row)), test: indices.filter(isTested) };
}
