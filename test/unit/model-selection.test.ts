import { describe, expect, test } from 'vitest';
import { KFold, loadIris, Matrix, StratifiedKFold, trainTestSplit } from '../../lib/index.js';

const column = (n: number) => Array.from({ length: n }, (_, i) => [i]);
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const counts = (values: readonly unknown[]) => {
  const found = new Map<unknown, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return Object.fromEntries([...found].sort());
};
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

describe('trainTestSplit', () => {
  // The numbers of rows that scikit-learn 1.9 gives.
  test.each([
    [10, {}, 7, 3],
    [10, { testSize: 0.33 }, 6, 4],
    [10, { trainSize: 0.33 }, 3, 7],
    [10, { testSize: 0.25, trainSize: 0.5 }, 5, 3],
    [7, { testSize: 3 }, 4, 3],
    [7, { trainSize: 3 }, 3, 4],
    [150, { testSize: 0.2 }, 120, 30],
  ])('%i rows with %o', (rows, options, train, test) => {
    const split = trainTestSplit(column(rows), column(rows).flat(), { ...options, randomState: 1 });
    expect([split.XTrain.length, split.XTest.length]).toEqual([train, test]);
    const used = [...split.trainIndices, ...split.testIndices];
    expect(new Set(used).size).toBe(used.length);
    expect(split.XTrain.map(([i]) => i)).toEqual([...split.trainIndices]);
    expect(split.yTrain).toEqual([...split.trainIndices]);
    expect(split.yTest).toEqual([...split.testIndices]);
  });

  test('gives back the form it was given', () => {
    const matrix = new Matrix(
      Float32Array.from({ length: 12 }, (_, k) => k),
      6,
      2,
    );
    const options = { testSize: 2, shuffle: false } as const;
    const ofMatrix = trainTestSplit(matrix, Int32Array.of(0, 1, 2, 3, 4, 5), options);
    expect(ofMatrix.XTest).toEqual(new Matrix(Float32Array.of(8, 9, 10, 11), 2, 2));
    expect(ofMatrix.yTest).toEqual(Int32Array.of(4, 5));
    const shaped = { data: Int32Array.of(1, 2, 3, 4, 5, 6), rows: 6, cols: 1 };
    expect(trainTestSplit(shaped, undefined, options).XTest.toArray()).toEqual([[5], [6]]);
    const columns = { a: Float64Array.of(1, 2, 3, 4, 5, 6), b: ['u', 'v', 'w', 'x', 'y', 'z'] };
    const ofColumns = trainTestSplit(columns, columns.b, options);
    expect(ofColumns.XTest).toEqual({ a: Float64Array.of(5, 6), b: ['y', 'z'] });
    expect(ofColumns.yTest).toEqual(['y', 'z']);
    const rows = columns.b.map((b, a) => ({ a, b }));
    expect(trainTestSplit(rows, undefined, options).XTest).toEqual([
      { a: 4, b: 'y' },
      { a: 5, b: 'z' },
    ]);
    expect(trainTestSplit(rows, undefined, options).yTest).toBeUndefined();
  });

  test('a seed decides the rows', () => {
    const of = (randomState: number | null) => [
      ...trainTestSplit(column(200), undefined, { randomState }).testIndices,
    ];
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(of(null)).not.toEqual(of(null));
    expect(of(1)).not.toEqual(sorted(of(1)));
  });

  test('stratify keeps the shares of classes', () => {
    const y = [2, 2, 0, 1, 2, 0, 0, 1, 2, 2, 1, 2, 0];
    const { yTrain, yTest } = trainTestSplit(column(13), y, { testSize: 4, stratify: y, randomState: 0 });
    // As scikit-learn: 4, 3 and 6 rows, in shares of 9/13 and 4/13, the largest remainders first.
    expect(counts(yTrain)).toEqual({ 0: 3, 1: 2, 2: 4 });
    expect(counts(yTest)).toEqual({ 0: 1, 1: 1, 2: 2 });
    const { target, data } = loadIris();
    const iris = trainTestSplit(data, target, { testSize: 0.2, stratify: target, randomState: 3 });
    expect(counts([...iris.yTest])).toEqual({ 0: 10, 1: 10, 2: 10 });
    expect([...iris.yTest]).not.toEqual(sorted(iris.yTest));
  });

  test('splits half a million rows, stratified', () => {
    const y = Array.from({ length: 500_000 }, (_, i) => i % 3);
    const X = new Matrix(Float32Array.from(y), y.length, 1);
    const { yTest } = trainTestSplit(X, y, { stratify: y, randomState: 0 });
    expect(yTest.length).toBe(125_000);
  });

  test('refuses what cannot be split', () => {
    const split = (options: object, y?: unknown[]) => code(() => trainTestSplit(column(10), y, options));
    expect(split({ testSize: 0 })).toBe('ERR_PARAMETER');
    expect(split({ testSize: 1.5 })).toBe('ERR_PARAMETER');
    expect(split({ testSize: 10 })).toBe('ERR_PARAMETER');
    expect(split({ testSize: 6, trainSize: 5 })).toBe('ERR_PARAMETER');
    expect(split({ trainSize: 0.01 })).toBe('ERR_PARAMETER');
    expect(split({ shufle: true })).toBe('ERR_PARAMETER');
    expect(split({ randomState: -1 })).toBe('ERR_PARAMETER');
    expect(split({ stratify: [1, 2] })).toBe('ERR_SHAPE');
    expect(split({}, [1, 2])).toBe('ERR_SHAPE');
    const twice = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    expect(split({ stratify: twice, shuffle: false })).toBe('ERR_PARAMETER');
    expect(split({ stratify: twice, testSize: 1 })).toBe('ERR_PARAMETER');
    expect(split({ stratify: [...twice.slice(1), 2] })).toBe('ERR_PARAMETER');
    expect(split({ stratify: [...twice.slice(1), null] })).toBe('ERR_LABELS');
    expect(code(() => trainTestSplit([]))).toBe('ERR_EMPTY');
    expect(code(() => trainTestSplit(column(1)))).toBe('ERR_PARAMETER');
  });
});

describe('splitters', () => {
  const tests = (splitter: KFold | StratifiedKFold, n: number, y?: unknown[]) =>
    [...splitter.split(column(n), y)].map((fold) => [...fold.test]);

  // Folds that scikit-learn 1.9 gives.
  test('KFold', () => {
    expect(tests(new KFold({ nSplits: 4 }), 13)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [10, 11, 12],
    ]);
  });

  test('StratifiedKFold', () => {
    const y = [2, 2, 0, 1, 2, 0, 0, 1, 2, 2, 1, 2, 0];
    expect(tests(new StratifiedKFold({ nSplits: 3 }), 13, y)).toEqual([
      [0, 1, 2, 3, 5],
      [4, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
    expect(tests(new StratifiedKFold({ nSplits: 4 }), 13, y)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 8],
      [6, 7, 9],
      [10, 11, 12],
    ]);
    const text = [...'abababbbbaaab'];
    expect(tests(new StratifiedKFold(), 13, text)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 9],
      [8, 10],
      [11, 12],
    ]);
  });

  test.each([KFold, StratifiedKFold])('%o with a seed', (Splitter) => {
    const y = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 'a' : 'b'));
    const of = (randomState: number) =>
      tests(new Splitter({ nSplits: 3, shuffle: true, randomState }), 30, y);
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(sorted(of(1).flat())).toEqual(column(30).flat());
    for (const rows of of(1)) {
      expect(rows.length).toBe(10);
      if (Splitter === StratifiedKFold)
        expect(Math.abs(rows.filter((i) => y[i] === 'a').length - 10 / 3)).toBeLessThan(1);
    }
    for (const fold of new Splitter({ nSplits: 3 }).split(column(30), y)) {
      expect(sorted([...fold.train, ...fold.test])).toEqual(column(30).flat());
    }
  });

  test('refuse what they cannot do', () => {
    expect(code(() => new KFold({ nSplits: 1 }))).toBe('ERR_PARAMETER');
    expect(code(() => new KFold({ splits: 3 } as object))).toBe('ERR_PARAMETER');
    expect(code(() => tests(new KFold(), 4))).toBe('ERR_PARAMETER');
    expect(code(() => tests(new StratifiedKFold(), 10))).toBe('ERR_PARAMETER');
    expect(code(() => tests(new StratifiedKFold(), 6, [0, 0, 0, 1, 1, 1]))).toBe('ERR_PARAMETER');
    expect(code(() => tests(new StratifiedKFold(), 6, [0, 1]))).toBe('ERR_SHAPE');
    expect(code(() => tests(new StratifiedKFold(), 6, [0, 0, 0, 0, 0, Number.NaN]))).toBe('ERR_LABELS');
  });
});
