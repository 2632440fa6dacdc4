/** Values at the ends of what numbers hold, and lists that are not what they say: a code, never a fit without end. */
import { describe, expect, test } from 'vitest';
import {
  AdaBoostRegressor,
  BayesianRidge,
  ComplementNB,
  GaussianNB,
  Lars,
  LarsCV,
  LassoLarsCV,
  LogisticRegression,
  Matrix,
  MultinomialNB,
  NMF,
  OrthogonalMatchingPursuit,
  Perceptron,
  Ridge,
  SGDClassifier,
  SGDRegressor,
  UMAP,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const rows = 40;
const values = Float64Array.from({ length: rows * 3 }, (_, i) => Math.sin(i * i + 1));
const scaled = (by: number) =>
  new Matrix(
    values.map((value) => value * by),
    rows,
    3,
  );
const y = Array.from({ length: rows }, (_, i) => values[i * 3] - values[i * 3 + 2] / 2);

describe('squares that overflow are refused', () => {
  test.each([
    ['LarsCV', () => new LarsCV({ maxIter: 20 })],
    ['LassoLarsCV', () => new LassoLarsCV({ maxIter: 20, precompute: false })],
    ['Lars', () => new Lars()],
    ['OrthogonalMatchingPursuit', () => new OrthogonalMatchingPursuit({ precompute: false })],
  ])('%s', async (_, make) => {
    for (const by of [1e154, 1e160]) {
      const fit = make().fit(scaled(by), y, { signal: AbortSignal.timeout(20_000) });
      await expect(fit).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
    }
  });

  test('UMAP', async () => {
    const fit = new UMAP({ nEpochs: 5, randomState: 0 }).fit(scaled(1e160));
    await expect(fit).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });
});

test('targets that say that they are many more than the rows are refused before they are read', async () => {
  for (const length of [2 ** 32, 2 ** 40, Infinity]) {
    const fit = new Ridge().fit(scaled(1), { length } as never);
    await expect(fit).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  }
});

describe('results that are no numbers are refused', () => {
  const labels = y.map((value) => (value > 0 ? 'a' : 'b'));
  const counts = (by: number) =>
    new Matrix(
      values.map((value) => Math.abs(value) * by),
      rows,
      3,
    );
  const float = (x: Matrix) => x.astype('float32');
  const weighted = (weight: number) => ({ sampleWeight: new Float64Array(rows).fill(weight) });
  const sgd = { maxIter: 5, randomState: 0 };

  test.each([
    ['SGDClassifier', () => new SGDClassifier(sgd).fit(float(scaled(1e38)), labels)],
    ['SGDClassifier in float64', () => new SGDClassifier(sgd).fit(scaled(1e300), labels)],
    ['SGDRegressor', () => new SGDRegressor(sgd).fit(float(scaled(1e38)), y)],
    ['Perceptron', () => new Perceptron(sgd).fit(float(scaled(1e38)), labels)],
    ['GaussianNB', () => new GaussianNB().fit(scaled(1e300), labels)],
    ['GaussianNB in float32', () => new GaussianNB().fit(float(scaled(3.4e38)), labels)],
    ['GaussianNB of weights', () => new GaussianNB().fit(scaled(1e6), labels, weighted(1e305))],
    ['MultinomialNB', () => new MultinomialNB().fit(counts(1e6), labels, weighted(1e305))],
    ['ComplementNB', () => new ComplementNB().fit(counts(1e6), labels, weighted(1e305))],
    ['NMF', () => new NMF({ nComponents: 2, randomState: 0 }).fit(float(counts(1e38)))],
  ])('%s', async (_, fit) => {
    await expect(fit()).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });

  test('weights whose sum overflows, or that are nothing to a penalty', async () => {
    const refused = expect.objectContaining({ code: 'ERR_PARAMETER' });
    await expect(new AdaBoostRegressor().fit(scaled(1), y, weighted(1e308))).rejects.toEqual(refused);
    const saga = new LogisticRegression({ solver: 'saga', l1Ratio: 1 });
    await expect(saga.fit(scaled(1), labels, weighted(1e-310))).rejects.toEqual(refused);
  });

  test('but a single column has weights of 0 by the norm of ComplementNB', async () => {
    const model = await new ComplementNB({ norm: true }).fit([[1], [2]], [0, 1]);
    expect(Array.from((await model.predictProba([[3]])).data)).toEqual([0.5, 0.5]);
  });
});

test('BayesianRidge of many more columns than rows takes no square of columns', async () => {
  const cols = 50_000;
  const X = new Matrix(
    Float64Array.from({ length: 3 * cols }, (_, i) => Math.sin(i * i)),
    3,
    cols,
  );
  const model = await new BayesianRidge().fit(X, [1, 2, 4]);
  const predicted = Array.from(model.predictSync(X));
  expectClose(predicted, [1, 2, 4], iterative(1e-3));
});
