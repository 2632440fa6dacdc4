/** One split into training and test rows, plain or with the share of each class kept. */
import { jointLabels, rowsByClass } from '../core/folds.js';
import type { Fold } from '../core/k-fold.js';
import { isMatrixShaped, type MatrixLike } from '../core/matrix.js';
import { bool, checkParams, custom, either, int, nothing, real, resolveSeed, seed } from '../core/params.js';
import { Random } from '../core/random.js';
import { countRows, type TakenRows, takeRows, takeTargets } from '../core/rows.js';
import { isTableOfTargets, type TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';

/** Options of {@link trainTestSplit}. */
export interface TrainTestSplitOptions {
  /** Test rows: a share in (0, 1) or a count. Default: what `trainSize` leaves; 0.25 without either. */
  readonly testSize?: number | null;
  /** Training rows: a share in (0, 1) or a count. Default: what `testSize` leaves. */
  readonly trainSize?: number | null;
  /** Shuffle before splitting; otherwise the first rows train. Default true. */
  readonly shuffle?: boolean;
  /** Labels, one per row or several, [rows, targets], whose shares (of several those of all together) both parts keep. Default null. */
  readonly stratify?: TargetsLike | null;
  /** Seed of the shuffle; null takes a new one each time. Default null. */
  readonly randomState?: number | null;
}

/** What {@link trainTestSplit} returns. */
export interface TrainTestSplit<X, Y> {
  readonly XTrain: TakenRows<X>;
  readonly XTest: TakenRows<X>;
  readonly yTrain: Y;
  readonly yTest: Y;
  /** The rows of X that became XTrain, in that order. */
  readonly trainIndices: Int32Array;
  /** The rows of X that became XTest, in that order. */
  readonly testIndices: Int32Array;
}

const size = either(int(1), real(0, 1, 'both'), nothing);
const rules = {
  testSize: size,
  trainSize: size,
  shuffle: bool,
  stratify: either(
    custom(
      'a list of labels, or of several targets a matrix or table',
      (v) =>
        typeof (v as ArrayLike<unknown> | null)?.length === 'number' ||
        isMatrixShaped(v) ||
        isTableOfTargets(v),
    ),
    nothing,
  ),
  randomState: seed,
};

/**
 * Splits rows at random into a training and a test part. Sizes and stratification follow scikit-learn's
 * `train_test_split`; the shuffle is our own, so that equal seeds give other rows than there.
 *
 * @param X - a matrix, rows of numbers or a table; each part comes back in the same form
 * @param y - one label or target per row, or several, [rows, targets]; leave it out when there is none
 * @throws {ERR_PARAMETER} for a bad option, or sizes that leave a part empty or do not fit
 * @throws {ERR_EMPTY | ERR_SHAPE} when X has no rows, or y or stratify another length
 * @throws {ERR_LABELS} when `stratify` has a missing label
 * @example
 * ```ts
 * import { loadIris, trainTestSplit } from 'boreal';
 * const { data, target } = loadIris();
 * const split = trainTestSplit(data, target, { testSize: 0.2, stratify: target, randomState: 0 });
 * split.XTrain.rows; // 120
 * split.yTest.length; // 30
 * ```
 */
export function trainTestSplit<X extends MatrixLike, Y extends TargetsLike | undefined = undefined>(
  X: X,
  y?: Y,
  options: TrainTestSplitOptions = {},
): TrainTestSplit<X, Y> {
  const settings = {
    testSize: null,
    trainSize: null,
    shuffle: true,
    stratify: null,
    randomState: null,
    ...options,
  };
  checkParams('trainTestSplit', settings, rules);
  const { train: trainIndices, test: testIndices } = splitOf('trainTestSplit', countRows(X, y), settings);
  return {
    XTrain: takeRows(X, trainIndices),
    XTest: takeRows(X, testIndices),
    yTrain: (y && takeTargets(y, trainIndices)) as Y,
    yTest: (y && takeTargets(y, testIndices)) as Y,
    trainIndices,
    testIndices,
  };
}

/**
 * The places of one split of so many rows, or groups.
 *
 * @param owner - who splits, for errors
 * @param settings - checked by the owner
 */
export function splitOf(
  owner: string,
  rows: number,
  { testSize, trainSize, shuffle, stratify, randomState }: Required<TrainTestSplitOptions>,
  things = 'rows',
): Fold {
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `${owner}: ${why}.`);
  const counts = splitSizes(rows, testSize, trainSize);
  const { train, test } = counts;
  if (train < 1 || test < 1 || train + test > rows) {
    throw refuse(
      `${train} training ${things} and ${test} test ${things} cannot be taken from ${rows}; each needs at least one`,
    );
  }
  const random = new Random(resolveSeed(randomState));
  let order = Int32Array.from({ length: rows }, (_, i) => i);
  if (stratify !== null) {
    if (!shuffle) throw refuse('stratify needs shuffle: true');
    const labels = jointLabels(stratify);
    if (labels.length !== rows) {
      throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but stratify has ${labels.length} values.`);
    }
    order = stratifiedOrder(rowsByClass(labels), counts, random, refuse);
  } else if (shuffle) {
    random.shuffle(order);
  }
  return { train: order.slice(0, train), test: order.slice(train, train + test) };
}

interface Sizes {
  readonly train: number;
  readonly test: number;
}

/** scikit-learn's rounding: a share of test rows is rounded up, a share of training rows down. */
function splitSizes(rows: number, testSize: number | null, trainSize: number | null): Sizes {
  const share = testSize === null && trainSize === null ? 0.25 : testSize;
  const countOf = (value: number | null, round: (x: number) => number) =>
    value === null ? null : value < 1 ? round(value * rows) : value;
  const wantedTest = countOf(share, Math.ceil);
  const wantedTrain = countOf(trainSize, Math.floor);
  const test = wantedTest ?? rows - wantedTrain!;
  const train = wantedTrain ?? rows - test;
  return { train, test };
}

/** Training rows first, then test rows, each with the classes in their shares, then rows of neither. */
function stratifiedOrder(
  classes: number[][],
  { train, test }: Sizes,
  random: Random,
  refuse: (why: string) => ValidationError,
): Int32Array<ArrayBuffer> {
  const smallest = Math.min(...classes.map((rows) => rows.length));
  if (smallest < 2) throw refuse('stratify has a class of one row; each class needs at least two');
  if (Math.min(train, test) < classes.length) {
    throw refuse(
      `stratify has ${classes.length} classes, more than the ${Math.min(train, test)} rows of a part`,
    );
  }
  const trainCounts = proportionalCounts(
    classes.map((rows) => rows.length),
    train,
    random,
  );
  const testCounts = proportionalCounts(
    classes.map((rows, c) => rows.length - trainCounts[c]),
    test,
    random,
  );
  for (const rows of classes) random.shuffle(rows);
  const trainRows = classes.flatMap((rows, c) => rows.slice(0, trainCounts[c]));
  const testRows = classes.flatMap((rows, c) => rows.slice(trainCounts[c], trainCounts[c] + testCounts[c]));
  return Int32Array.from([...random.shuffle(trainRows), ...random.shuffle(testRows)]);
}

/**
 * How many of `draws` fall to each class: its share rounded down, and one more for the classes with the largest
 * remainders, ties at random (the method of the largest remainder, the mode of the multivariate hypergeometric
 * distribution up to ties).
 */
function proportionalCounts(sizes: number[], draws: number, random: Random): number[] {
  const total = sizes.reduce((sum, n) => sum + n, 0);
  const shares = sizes.map((n) => (n * draws) / total);
  const counts = shares.map(Math.floor);
  const missing = draws - counts.reduce((sum, n) => sum + n, 0);
  // The sort is stable, so shuffling first breaks ties at random.
  const byRemainder = [...random.permutation(sizes.length)].sort(
    (a, b) => shares[b] - counts[b] - (shares[a] - counts[a]),
  );
  for (const c of byRemainder.slice(0, missing)) counts[c] += 1;
  return counts;
}
