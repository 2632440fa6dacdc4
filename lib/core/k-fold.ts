/** Cross-validation splitters: every row is tested once. The allocation of rows to folds is scikit-learn's. */

import { StateError, ValidationError } from '../errors.js';
import { consecutiveFolds, rowsByClass, stratifiedFolds } from './folds.js';
import type { MatrixLike } from './matrix.js';
import { bool, checkParams, int, type Rules, resolveSeed, seed } from './params.js';
import { Random } from './random.js';
import { countRows } from './rows.js';
import { countTargets, targetRows } from './targets.js';

/** The rows of one fold. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Anything that makes folds, such as {@link KFold}, {@link GroupKFold} or {@link TimeSeriesSplit}, or one of your own. */
export interface CrossValidator {
  /** @param groups - for those that keep rows of a group together: the group of each row */
  split(X: MatrixLike, y?: ArrayLike<unknown>, groups?: ArrayLike<unknown>): Iterable<Fold>;
}

/** Options of {@link KFold}, {@link StratifiedKFold}, {@link GroupKFold} and {@link StratifiedGroupKFold}. */
export interface KFoldOptions {
  /** Number of folds, >= 2. Default 5. */
  readonly nSplits?: number;
  /** Shuffle rows, or groups, before they are dealt out. Default false. */
  readonly shuffle?: boolean;
  /** Seed of the shuffle, without which there is none; null takes a new one each time. Default null. */
  readonly randomState?: number | null;
}

const rules: Rules<Required<KFoldOptions>> = { nSplits: int(2), shuffle: bool, randomState: seed };

/** Base of splitters that test every row once. */
export abstract class Folds implements CrossValidator {
  readonly #options: Required<KFoldOptions>;

  constructor(options: KFoldOptions = {}) {
    this.#options = { nSplits: 5, shuffle: false, randomState: null, ...options };
    checkParams(this.constructor.name, this.#options, rules);
    if (this.#options.randomState !== null && !this.#options.shuffle)
      throw this.refuse('randomState says nothing without shuffle: true');
  }

  /** Number of folds. */
  get nSplits(): number {
    return this.#options.nSplits;
  }

  /**
   * The folds, one after the other.
   *
   * @param X - only its number of rows matters
   * @param y - labels, which those that stratify need
   * @param groups - the group of each row, which those that part no group need
   * @throws {ERR_PARAMETER} without what is needed, or when there are more folds than rows, than rows of every class, or than groups
   * @throws {ERR_EMPTY | ERR_SHAPE | ERR_LABELS} when X, y or groups cannot be split
   * @throws {ERR_NOT_SUPPORTED} of those that stratify, for several targets
   */
  *split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    if (this.nSplits > rows) throw this.refuse(`nSplits ${this.nSplits} is more than the ${rows} rows`);
    const random = this.#options.shuffle ? new Random(resolveSeed(this.#options.randomState)) : null;
    const foldOf = this.assign(rows, y, random, groups);
    for (let fold = 0; fold < this.nSplits; fold++) yield rowsOfFold(foldOf, fold);
  }

  /** The fold that tests each row. */
  protected abstract assign(
    rows: number,
    y: ArrayLike<unknown> | undefined,
    random: Random | null,
    groups: ArrayLike<unknown> | undefined,
  ): Int32Array;

  /** The rows of each class to stratify by. */
  protected classesOf(y: ArrayLike<unknown> | undefined): number[][] {
    if (!y) throw this.refuse('split needs y, the labels to stratify by');
    const labels = targetRows(y);
    if (countTargets(labels) > 1) {
      const message = `${this.constructor.name} spreads the classes of one target over all folds; y has several: use KFold.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const classes = rowsByClass(labels);
    if (classes.every((members) => members.length < this.nSplits)) {
      throw this.refuse(`nSplits ${this.nSplits} is more than the rows of every class`);
    }
    return classes;
  }

  protected refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `${this.constructor.name}: ${why}.`);
  }
}

function rowsOfFold(foldOf: Int32Array, fold: number): Fold {
  let tested = 0;
  for (let i = 0; i < foldOf.length; i++) if (foldOf[i] === fold) tested += 1;
  const test = new Int32Array(tested);
  const train = new Int32Array(foldOf.length - tested);
  for (let i = 0, tests = 0, trains = 0; i < foldOf.length; i++) {
    if (foldOf[i] === fold) test[tests++] = i;
    else train[trains++] = i;
  }
  return { train, test };
}

/**
 * k folds of consecutive rows (or random ones, with `shuffle`); the first rows % k folds have one row more.
 *
 * @example
 * ```ts
 * import { KFold } from 'boreal';
 * const [first] = new KFold({ nSplits: 2 }).split([[1], [2], [3], [4]]);
 * first.test; // Int32Array [0, 1]
 * ```
 */
export class KFold extends Folds {
  protected assign(rows: number, _y: ArrayLike<unknown> | undefined, random: Random | null): Int32Array {
    return consecutiveFolds(rows, this.nSplits, random);
  }
}

/**
 * k folds with about the shares of classes of the whole.
 *
 * Differs from scikit-learn: no warning when a class has fewer rows than there are folds (some folds then lack it).
 *
 * @example
 * ```ts
 * import { StratifiedKFold } from 'boreal';
 * const folds = [...new StratifiedKFold({ nSplits: 2 }).split([[1], [2], [3], [4]], ['a', 'a', 'b', 'b'])];
 * folds.map(({ test }) => test); // [[0, 2], [1, 3]]
 * ```
 */
export class StratifiedKFold extends Folds {
  protected assign(rows: number, y: ArrayLike<unknown> | undefined, random: Random | null): Int32Array {
    return stratifiedFolds(this.classesOf(y), rows, this.nSplits, random);
  }
}
