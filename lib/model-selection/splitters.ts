/** Further splitters: forward in time, at random, and again and again. */

import { type CrossValidator, type Fold, KFold, StratifiedKFold } from '../core/k-fold.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkParams, either, int, nothing, type Rules, real, resolveSeed, seed } from '../core/params.js';
import { Random } from '../core/random.js';
import { countRows } from '../core/rows.js';
import type { TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { membersOf } from './groups.js';
import { splitOf } from './train-test-split.js';

/** Options of {@link TimeSeriesSplit}. */
export interface TimeSeriesSplitOptions {
  /** Number of folds, >= 2. Default 5. */
  readonly nSplits?: number;
  /** At most so many training rows, the latest; null: all that came before. Default null. */
  readonly maxTrainSize?: number | null;
  /** Rows tested in each fold; null: rows / (nSplits + 1), rounded down. Default null. */
  readonly testSize?: number | null;
  /** Rows left out between training and test. Default 0. */
  readonly gap?: number;
}

/**
 * Folds of rows in the order of time: each is tested on the rows that follow its training rows, and trained on more than the one
 * before.
 *
 * @example
 * ```ts
 * import { TimeSeriesSplit } from 'boreal';
 * const folds = [...new TimeSeriesSplit({ nSplits: 2 }).split([[1], [2], [3]])];
 * folds.map(({ train, test }) => [train.length, test[0]]); // [[1, 1], [2, 2]]
 * ```
 */
export class TimeSeriesSplit implements CrossValidator {
  readonly #options: Required<TimeSeriesSplitOptions>;

  /** @throws {ERR_PARAMETER} for a bad option */
  constructor(options: TimeSeriesSplitOptions = {}) {
    this.#options = { nSplits: 5, maxTrainSize: null, testSize: null, gap: 0, ...options };
    checkParams('TimeSeriesSplit', this.#options, {
      nSplits: int(2),
      maxTrainSize: either(int(1), nothing),
      testSize: either(int(1), nothing),
      gap: int(0),
    });
  }

  /** Number of folds. */
  get nSplits(): number {
    return this.#options.nSplits;
  }

  /** The folds, one after the other. @throws {ERR_PARAMETER} when there are too few rows for them */
  *split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    const { nSplits, gap, maxTrainSize } = this.#options;
    const testSize = this.#options.testSize ?? Math.floor(rows / (nSplits + 1));
    const first = rows - nSplits * testSize;
    if (testSize === 0 || first - gap <= 0) {
      const what = `${nSplits} folds of ${Math.max(testSize, 1)} test rows and a gap of ${gap}`;
      throw new ValidationError('ERR_PARAMETER', `TimeSeriesSplit: ${rows} rows are too few for ${what}.`);
    }
    for (let start = first; start < rows; start += testSize) {
      const end = start - gap;
      const begin = maxTrainSize === null ? 0 : Math.max(0, end - maxTrainSize);
      yield { train: range(begin, end), test: range(start, start + testSize) };
    }
  }
}

/** Options of {@link ShuffleSplit}, {@link StratifiedShuffleSplit} and {@link GroupShuffleSplit}. */
export interface ShuffleSplitOptions {
  /** Number of folds, >= 1. Default 10, of groups 5. */
  readonly nSplits?: number;
  /**
   * Test rows, or groups: a count, or a share in (0, 1); null: those that are not trained on. Default 0.1, of groups 0.2,
   * or null with `trainSize`.
   */
  readonly testSize?: number | null;
  /** Training rows, likewise. Default null. */
  readonly trainSize?: number | null;
  /** Seed; null: other folds each time. Default null. */
  readonly randomState?: number | null;
}

const size = either(int(1), real(0, 1, 'both'), nothing);
const shuffleRules: Rules<Required<ShuffleSplitOptions>> = {
  nSplits: int(1),
  testSize: size,
  trainSize: size,
  randomState: seed,
};

abstract class Shuffles implements CrossValidator {
  readonly #options: Required<ShuffleSplitOptions>;

  constructor(options: ShuffleSplitOptions = {}) {
    this.#options = { nSplits: 10, testSize: null, trainSize: null, randomState: null, ...options };
    checkParams(this.constructor.name, this.#options, shuffleRules);
  }

  /** Number of folds. */
  get nSplits(): number {
    return this.#options.nSplits;
  }

  /** The folds, one after the other. @throws see {@link trainTestSplit} */
  abstract split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined>;

  /** Folds of so many rows or groups. @param share - how many are tested by default */
  protected *draw(
    count: number,
    share: number,
    stratify: TargetsLike | null,
    things = 'rows',
  ): Generator<Fold, void, undefined> {
    const { nSplits, testSize, trainSize, randomState } = this.#options;
    const random = new Random(resolveSeed(randomState));
    const sizes = { testSize: testSize === null && trainSize === null ? share : testSize, trainSize };
    for (let k = 0; k < nSplits; k++) {
      const settings = { ...sizes, shuffle: true, stratify, randomState: random.int(0x1_0000_0000) };
      yield splitOf(this.constructor.name, count, settings, things);
    }
  }
}

/**
 * Folds drawn at random, each by itself: rows may be tested several times, or never.
 *
 * @example
 * ```ts
 * import { ShuffleSplit } from 'boreal';
 * const [first] = new ShuffleSplit({ nSplits: 3, testSize: 0.5, randomState: 0 }).split([[1], [2], [3], [4]]);
 * first.test.length; // 2
 * ```
 */
export class ShuffleSplit extends Shuffles {
  split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    return this.draw(countRows(X, y), 0.1, null);
  }
}

/**
 * Folds drawn at random, each by itself, with about the shares of classes of the whole.
 *
 * @example
 * ```ts
 * import { StratifiedShuffleSplit } from 'boreal';
 * const splitter = new StratifiedShuffleSplit({ nSplits: 1, testSize: 2, randomState: 0 });
 * const y = ['a', 'b', 'a', 'b'];
 * const [{ test }] = splitter.split([[1], [2], [3], [4]], y);
 * Array.from(test, (i) => y[i]).sort(); // ['a', 'b']
 * ```
 */
export class StratifiedShuffleSplit extends Shuffles {
  split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const rows = countRows(X, y);
    if (y) return this.draw(rows, 0.1, y);
    throw new ValidationError(
      'ERR_PARAMETER',
      'StratifiedShuffleSplit: split needs y, the labels to stratify by.',
    );
  }
}

/**
 * Folds drawn at random, each by itself, that part no group: sizes are counts or shares of groups.
 *
 * Differs from scikit-learn: groups are drawn by a stream of our own.
 *
 * @example
 * ```ts
 * import { GroupShuffleSplit } from 'boreal';
 * const splitter = new GroupShuffleSplit({ nSplits: 1, testSize: 1, randomState: 0 });
 * const groups = ['a', 'b', 'a', 'b'];
 * const [{ test }] = splitter.split([[1], [2], [3], [4]], undefined, groups);
 * new Set(Array.from(test, (i) => groups[i])).size; // 1
 * ```
 */
export class GroupShuffleSplit extends Shuffles {
  constructor(options: ShuffleSplitOptions = {}) {
    super({ nSplits: 5, ...options });
  }

  *split(
    X: MatrixLike,
    y?: ArrayLike<unknown>,
    groups?: ArrayLike<unknown>,
  ): Generator<Fold, void, undefined> {
    const members = membersOf('GroupShuffleSplit', countRows(X, y), groups);
    const rowsOf = (drawn: Int32Array) =>
      Int32Array.from(Array.from(drawn).flatMap((g) => members[g])).sort();
    for (const { train, test } of this.draw(members.length, 0.2, null, 'groups'))
      yield { train: rowsOf(train), test: rowsOf(test) };
  }
}

/** Options of {@link RepeatedKFold} and {@link RepeatedStratifiedKFold}. */
export interface RepeatedKFoldOptions {
  /** Number of folds, >= 2. Default 5. */
  readonly nSplits?: number;
  /** How often all rows are dealt anew, >= 1. Default 10. */
  readonly nRepeats?: number;
  /** Seed; null: other folds each time. Default null. */
  readonly randomState?: number | null;
}

abstract class Repeated implements CrossValidator {
  readonly #options: Required<RepeatedKFoldOptions>;

  constructor(options: RepeatedKFoldOptions = {}) {
    this.#options = { nSplits: 5, nRepeats: 10, randomState: null, ...options };
    checkParams(this.constructor.name, this.#options, {
      nSplits: int(2),
      nRepeats: int(1),
      randomState: seed,
    });
  }

  /** Number of folds of all repeats. */
  get nSplits(): number {
    return this.#options.nSplits * this.#options.nRepeats;
  }

  protected abstract readonly splitter: typeof KFold | typeof StratifiedKFold;

  /** The folds, one after the other. @throws see {@link KFold} and {@link StratifiedKFold} */
  *split(X: MatrixLike, y?: ArrayLike<unknown>): Generator<Fold, void, undefined> {
    const { nSplits, nRepeats, randomState } = this.#options;
    const random = new Random(resolveSeed(randomState));
    for (let k = 0; k < nRepeats; k++) {
      const options = { nSplits, shuffle: true, randomState: random.int(0x1_0000_0000) };
      yield* new this.splitter(options).split(X, y);
    }
  }
}

/**
 * {@link KFold} with another shuffle each time.
 *
 * @example
 * ```ts
 * import { RepeatedKFold } from 'boreal';
 * [...new RepeatedKFold({ nSplits: 2, nRepeats: 3 }).split([[1], [2], [3]])].length; // 6
 * ```
 */
export class RepeatedKFold extends Repeated {
  protected readonly splitter = KFold;
}

/**
 * {@link StratifiedKFold} with another shuffle each time.
 *
 * @example
 * ```ts
 * import { RepeatedStratifiedKFold } from 'boreal';
 * const splitter = new RepeatedStratifiedKFold({ nSplits: 2, nRepeats: 2 });
 * [...splitter.split([[1], [2], [3], [4]], ['a', 'a', 'b', 'b'])].length; // 4
 * ```
 */
export class RepeatedStratifiedKFold extends Repeated {
  protected readonly splitter = StratifiedKFold;
}

/** start, start + 1 and so on, below end. */
function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}
