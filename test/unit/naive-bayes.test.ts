/** Errors and edge cases of naive Bayes; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from '../../lib/index.js';
import { expectClose, ulp } from '../support/tolerance.js';

const X = [
  [1, 0],
  [2, 0],
  [0, 1],
  [0, 3],
];
const y = ['a', 'a', 'b', 'b'];

describe('priors', () => {
  test.each([
    [new GaussianNB({ priors: [0.5, 0.6] }), 'ERR_PARAMETER'],
    [new GaussianNB({ priors: [0.2, 0.3, 0.5] }), 'ERR_SHAPE'],
    [new GaussianNB({ varSmoothing: -1 }), 'ERR_PARAMETER'],
    [new MultinomialNB({ classPrior: [1] }), 'ERR_SHAPE'],
    [new MultinomialNB({ alpha: [1, 1, 1] }), 'ERR_SHAPE'],
    [new MultinomialNB({ alpha: -1 }), 'ERR_PARAMETER'],
    [new BernoulliNB({ binarize: Number.NaN }), 'ERR_PARAMETER'],
  ])('%# that do not fit are refused', async (model, code) => {
    await expect(model.fit(X, y)).rejects.toMatchObject({ code });
  });
});

test('counts below 0 are refused by name of their column', async () => {
  for (const model of [new MultinomialNB(), new ComplementNB(), new BernoulliNB({ binarize: null })]) {
    await expect(model.fit({ a: [1, 2], b: [0, -1] }, y.slice(1, 3))).rejects.toMatchObject({
      code: 'ERR_INPUT_NEGATIVE',
      message: expect.stringContaining("'b'"),
    });
  }
});

test('no smoothing leaves probabilities that are numbers', async () => {
  const model = await new MultinomialNB({ alpha: 0 }).fit(X, y);
  expect(model.predictSync(X)).toEqual(y);
  expect(model.predictProbaSync(X).data.every(Number.isFinite)).toBe(true);
});

test('alpha may differ by column', async () => {
  const alike = await new MultinomialNB({ alpha: [2, 2] }).fit(X, y);
  const one = await new MultinomialNB({ alpha: 2 }).fit(X, y);
  expect(alike.featureLogProb.toArray()).toEqual(one.featureLogProb.toArray());
});

test('columns that do not vary say nothing', async () => {
  const model = await new GaussianNB().fit([[3], [3], [3]], ['a', 'a', 'b']);
  expect(Array.from(model.predictProbaSync([[3]]).data)).toEqual([
    expect.closeTo(2 / 3, 12),
    expect.closeTo(1 / 3, 12),
  ]);
});

test('a class whose rows weigh nothing is never predicted', async () => {
  for (const model of [new GaussianNB(), new MultinomialNB()]) {
    await model.fit(X, y, { sampleWeight: [1, 1, 0, 0] });
    expect(model.predictSync(X)).toEqual(['a', 'a', 'a', 'a']);
  }
});

describe('partialFit', () => {
  test('refuses what does not go with the parts before, and stays as it was', async () => {
    const model = new GaussianNB();
    await model.partialFit(
      [
        [1, 2],
        [3, 5],
      ],
      ['a', 'b'],
      { classes: ['a', 'b', 'c'] },
    );
    const before = model.toBytes();
    const codes = [
      model.partialFit([[1, 2]], ['d']),
      model.partialFit([[1]], ['a']),
      model.partialFit([[1, Number.NaN]], ['a']),
      model.partialFit([[1, 2]], ['a'], { signal: AbortSignal.abort() }),
      new MultinomialNB().partialFit([[-1]], [1], { classes: [1, 2] }),
    ].map((work) =>
      work.then(
        () => 'none',
        (error) => error.code,
      ),
    );
    expect(await Promise.all(codes)).toEqual([
      ...['ERR_LABELS', 'ERR_SHAPE', 'ERR_INPUT_NAN', 'ERR_ABORTED', 'ERR_INPUT_NEGATIVE'],
    ]);
    expect(model.toBytes()).toEqual(before);
  });

  test('a class that has not come is impossible, until it comes', async () => {
    const rows = [
      [0, 3],
      [1, 2],
      [4, 0],
      [5, 1],
    ];
    for (const Model of [GaussianNB, MultinomialNB, BernoulliNB, ComplementNB]) {
      const model = new Model();
      await model.partialFit(rows, [0, 0, 1, 1], { classes: [0, 1, 2] });
      expect(model.classes).toEqual([0, 1, 2]);
      if (Model !== ComplementNB)
        expect((await model.predictProba(rows)).toArray().every((row) => row[2] === 0)).toBe(true);
      await model.partialFit(
        [
          [50, 50],
          [52, 49],
        ],
        [2, 2],
      );
      expect([...model.classCount]).toEqual([2, 2, 2]);
    }
  });

  test('smoothing is that of the last part', async () => {
    const model = new GaussianNB({ varSmoothing: 0.5 });
    await model.partialFit([[0], [10]], [0, 1]);
    expect(model.epsilon).toBe(12.5);
    await model.partialFit([[2], [12]], [0, 1]);
    expect(model.epsilon).toBe(12.5);
    await model.partialFit([[4], [6]], [0, 1]);
    expect(model.epsilon).toBe(0.5);
    const all = await new GaussianNB({ varSmoothing: 0 }).fit(
      [[0], [10], [2], [12], [4], [6]],
      [0, 1, 0, 1, 0, 1],
    );
    expectClose(
      Array.from(model.var.data, (value) => value - 0.5),
      [...all.var.data],
      ulp(16),
    );
  });
});
