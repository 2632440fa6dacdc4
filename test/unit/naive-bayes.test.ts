/** Errors and edge cases of naive Bayes; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from '../../lib/index.js';

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
