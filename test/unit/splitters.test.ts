/** Errors and properties of splitters; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  type CrossValidator,
  crossValScore,
  GridSearchCV,
  GroupKFold,
  GroupShuffleSplit,
  KFold,
  LeaveOneGroupOut,
  LeaveOneOut,
  LeavePGroupsOut,
  LeavePOut,
  LogisticRegression,
  loadIris,
  makePipeline,
  ParameterSampler,
  PredefinedSplit,
  RepeatedKFold,
  RepeatedStratifiedKFold,
  ShuffleSplit,
  StandardScaler,
  StratifiedGroupKFold,
  StratifiedKFold,
  StratifiedShuffleSplit,
  TimeSeriesSplit,
  uniform,
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
  ['all rows to leave out', () => [...new LeavePOut({ p: 12 }).split(rows)], 'ERR_PARAMETER'],
  ['no rows to leave out', () => new LeavePOut({ p: 0 }), 'ERR_PARAMETER'],
  [
    'all groups to leave out',
    () => folds(new LeavePGroupsOut({ nGroups: 2 }), [...Array(6).fill(1), ...Array(6).fill(2)]),
    'ERR_PARAMETER',
  ],
  ['no groups to draw', () => folds(new GroupShuffleSplit()), 'ERR_PARAMETER'],
  ['one group to draw', () => folds(new GroupShuffleSplit(), Array(12).fill(1)), 'ERR_PARAMETER'],
  [
    'groups and no labels',
    () => [...new StratifiedGroupKFold().split(rows, undefined, labels)],
    'ERR_PARAMETER',
  ],
  ['fewer groups than folds', () => folds(new StratifiedGroupKFold({ nSplits: 3 }), labels), 'ERR_PARAMETER'],
  ['a fold that is no number', () => new PredefinedSplit([0, 0.5]), 'ERR_PARAMETER'],
  ['no fold that tests', () => new PredefinedSplit([-1, -1]), 'ERR_PARAMETER'],
  ['folds of other rows', () => folds(new PredefinedSplit([0, 1])), 'ERR_SHAPE'],
  ['no sets of parameters', () => new ParameterSampler({ a: [1] }, 0), 'ERR_PARAMETER'],
  ['no distribution', () => new ParameterSampler({ a: 1 } as never, 1), 'ERR_PARAMETER'],
  ['no distributions', () => new ParameterSampler(null as never, 1), 'ERR_PARAMETER'],
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

  test('of groups part none, and repeat themselves by seed', () => {
    const groups = rows.map(([i]) => i % 5);
    const splitter = new GroupShuffleSplit({ nSplits: 6, testSize: 2, randomState: 2 });
    const made = folds(splitter, groups);
    for (const { train, test: tested } of made) {
      const [kept, left] = [train, tested].map((part) => new Set(Array.from(part, (i) => groups[i])));
      expect([left.size, kept.size, new Set([...kept, ...left]).size]).toEqual([2, 3, 5]);
      expect(train.length + tested.length).toBe(12);
    }
    expect(folds(splitter, groups)).toEqual(made);
    expect(new Set(made.map(({ test: tested }) => tested.join())).size).toBeGreaterThan(1);
    for (const Splitter of [GroupKFold, StratifiedGroupKFold]) {
      const of = (randomState: number) =>
        folds(new Splitter({ nSplits: 2, shuffle: true, randomState }), groups);
      for (const { train, test: tested } of of(1)) {
        const held = new Set(Array.from(tested, (i) => groups[i]));
        expect(Array.from(train).some((i) => held.has(groups[i]))).toBe(false);
      }
      expect(of(1)).toEqual(of(1));
      expect([1, 2, 3, 4].some((seed) => String(of(seed)[0].test) !== String(of(5)[0].test))).toBe(true);
    }
  });

  test('take no seed of a shuffle that there is none of', () => {
    for (const Splitter of [KFold, StratifiedKFold, GroupKFold, StratifiedGroupKFold])
      expect(() => new Splitter({ randomState: 1 })).toThrow(
        expect.objectContaining({ code: 'ERR_PARAMETER' }),
      );
  });

  test('of parameters give each combination once, or draws', () => {
    const lists = new ParameterSampler({ a: [1, 2], b: ['x', 'y'] }, 10, { randomState: 0 });
    expect([lists.length, new Set([...lists].map((set) => JSON.stringify(set))).size]).toEqual([4, 4]);
    const draws = new ParameterSampler([{ a: uniform(0, 1) }, { b: [3] }], 8, { randomState: 1 });
    expect([draws.length, [...draws].length]).toEqual([8, 8]);
    expect([...draws]).toEqual([...draws]);
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
  const search = new GridSearchCV(model, { C: [1, 10] }, { cv: new LeaveOneGroupOut() });
  await search.fit(data, target, { groups });
  expect(search.nSplits).toBe(4);
  await expect(search.fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  const last = await makePipeline(new StandardScaler(), search).fit(data, target, { groups });
  expect((last.namedSteps.gridsearchcv as GridSearchCV).nSplits).toBe(4);
  await expect(model.fit(data, target, { groups })).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});
