/** Errors and properties of splitters; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  type CrossValidator,
  crossValScore,
  GridSearchCV,
  GroupKFold,
  LeaveOneGroupOut,
  LeaveOneOut,
  LogisticRegression,
  loadIris,
  RepeatedKFold,
  RepeatedStratifiedKFold,
  ShuffleSplit,
  StratifiedShuffleSplit,
  TimeSeriesSplit,
} from '../../lib/index.js';

const { data, target } = loadIris();
const rows = Array.from({ length: 12 }, (_, i) => [i]);
const labels = rows.map(([i]) => (i % 3 === 0 ? 'a' : 'b'));
const folds = (splitter: CrossValidator, groups?: ArrayLike<unknown>) => [
  ...splitter.split(rows, labels, groups),
];
const code = (expected: string) => expect.objectContaining({ code: expected });

test.each<[string, () => unknown, string]>([
  [
    'too many folds of groups',
    () => folds(new GroupKFold({ nSplits: 3 }), Array(12).fill('a')),
    'ERR_PARAMETER',
  ],
  ['no groups', () => folds(new GroupKFold()), 'ERR_PARAMETER'],
  ['groups of another length', () => folds(new GroupKFold(), ['a']), 'ERR_SHAPE'],
  [
    'a row without a group',
    () => folds(new LeaveOneGroupOut(), [null, ...Array(11).fill('a')]),
    'ERR_LABELS',
  ],
  ['one group to leave out', () => folds(new LeaveOneGroupOut(), Array(12).fill(1)), 'ERR_PARAMETER'],
  ['one row to leave out', () => [...new LeaveOneOut().split([[1]])], 'ERR_PARAMETER'],
  [
    'no rows before the first test',
    () => folds(new TimeSeriesSplit({ nSplits: 4, testSize: 3 })),
    'ERR_PARAMETER',
  ],
  ['a gap too wide', () => folds(new TimeSeriesSplit({ nSplits: 2, gap: 4 })), 'ERR_PARAMETER'],
  ['more folds than rows in time', () => folds(new TimeSeriesSplit({ nSplits: 20 })), 'ERR_PARAMETER'],
  ['a bad option', () => new TimeSeriesSplit({ gap: -1 }), 'ERR_PARAMETER'],
  ['no folds', () => new ShuffleSplit({ nSplits: 0 }), 'ERR_PARAMETER'],
  ['more rows than there are', () => folds(new ShuffleSplit({ testSize: 20 })), 'ERR_PARAMETER'],
  ['no labels to stratify by', () => [...new StratifiedShuffleSplit().split(rows)], 'ERR_PARAMETER'],
  ['no repeats', () => new RepeatedKFold({ nRepeats: 0 }), 'ERR_PARAMETER'],
])('%s: refused', (_, run, expected) => {
  expect(run).toThrow(code(expected));
});

describe('splits at random', () => {
  test('have the sizes asked for, no row in both parts, and repeat themselves by seed', () => {
    const splitter = new ShuffleSplit({ nSplits: 4, testSize: 3, trainSize: 6, randomState: 5 });
    const made = folds(splitter);
    expect(made.length).toBe(4);
    for (const { train, test: tested } of made) {
      expect([train.length, tested.length, new Set([...train, ...tested]).size]).toEqual([6, 3, 9]);
    }
    expect(folds(splitter)).toEqual(made);
    expect(made[0].test).not.toEqual(made[1].test);
    expect(folds(new ShuffleSplit())[0].test.length).toBe(2);
    expect(folds(new ShuffleSplit({ trainSize: 0.5 }))[0].test.length).toBe(6);
  });

  test('stratified ones keep the shares of the classes', () => {
    for (const { test: tested } of folds(new StratifiedShuffleSplit({ nSplits: 3, testSize: 6 }))) {
      expect(Array.from(tested, (i) => labels[i]).filter((label) => label === 'a').length).toBe(2);
    }
  });

  test('repeated ones test every row once per repeat, another way each time', () => {
    for (const splitter of [
      new RepeatedKFold({ nSplits: 3, nRepeats: 2, randomState: 1 }),
      new RepeatedStratifiedKFold({ nSplits: 3, nRepeats: 2, randomState: 1 }),
    ]) {
      const made = folds(splitter);
      expect(made.length).toBe(splitter.nSplits);
      const tested = (part: typeof made) => part.flatMap(({ test: one }) => [...one]);
      expect(tested(made.slice(0, 3)).sort((a, b) => a - b)).toEqual(rows.map(([i]) => i));
      expect(tested(made.slice(0, 3))).not.toEqual(tested(made.slice(3)));
    }
  });
});

test('cross-validation and searches take groups', async () => {
  const groups = Array.from(target, (_, i) => i % 4);
  const model = new LogisticRegression({ maxIter: 500 });
  const scores = await crossValScore(model, data, target, { cv: new LeaveOneGroupOut(), groups });
  expect(scores.length).toBe(4);
  await expect(crossValScore(model, data, target, { cv: new GroupKFold() })).rejects.toMatchObject({
    code: 'ERR_PARAMETER',
  });
  const search = await new GridSearchCV(
    model,
    { C: [1, 10] },
    { cv: [...new LeaveOneGroupOut().split(data, target, groups)] },
  ).fit(data, target);
  expect(search.nSplits).toBe(4);
});
