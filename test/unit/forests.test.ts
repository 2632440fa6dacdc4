/** Forests beyond their predictions: trees of their own, out-of-bag scores, growing on, balanced samples. */
import { describe, expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GradientBoostingClassifier,
  IsolationForest,
  load,
  loadBreastCancer,
  loadDiabetes,
  loadIris,
  Matrix,
  RandomForestClassifier,
  RandomForestRegressor,
} from '../../lib/index.js';

const iris = loadIris();
const diabetes = loadDiabetes();

describe('estimators', () => {
  test('the forest is the mean of its trees', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 7, randomState: 1 }).fit(
      iris.data,
      iris.target,
    );
    const probas = await Promise.all(forest.estimators.map((tree) => tree.predictProba(iris.data)));
    const mean = probas[0].data.map((_, k) => probas.reduce((sum, proba) => sum + proba.data[k], 0) / 7);
    expect((await forest.predictProba(iris.data)).data).toEqual(mean);
    const leaves = await forest.apply(iris.data);
    expect([leaves.rows, leaves.cols]).toEqual([150, 7]);
    const third = await forest.estimators[2].apply(iris.data);
    expect(third.data).toEqual(leaves.columns([2]).data);
    const { nodeOffsets, indptr, indices } = await forest.decisionPath(iris.data.slice(0, 2));
    expect(indices.slice(0, indptr[1]).filter((node) => nodeOffsets.includes(node))).toHaveLength(7);
    const importances = forest.estimators.map((tree) => tree.featureImportances);
    const average = importances[0].map((_, j) => importances.reduce((sum, each) => sum + each[j], 0) / 7);
    average.forEach((value, j) => {
      expect(forest.featureImportances[j]).toBeCloseTo(value, 5);
    });
  });

  test('of numbers too', async () => {
    const forest = await new ExtraTreesRegressor({ nEstimators: 3, randomState: 1 }).fit(
      diabetes.data,
      diabetes.target,
    );
    const trees = await Promise.all(forest.estimators.map((tree) => tree.predict(diabetes.data)));
    const predicted = await forest.predict(diabetes.data);
    expect(predicted).toEqual(trees[0].map((v, i) => (v + trees[1][i] + trees[2][i]) / 3));
    expect(forest.estimators[0].params.splitter).toBe('random');
  });
});

describe('out of bag', () => {
  test('scores are those of rows that no tree has seen', async () => {
    const params = { nEstimators: 60, randomState: 3, oobScore: true };
    const { data, target } = loadBreastCancer();
    const forest = await new RandomForestClassifier(params).fit(data, target);
    expect(forest.oobScore).toBeGreaterThan(0.94);
    expect(forest.oobScore).toBeLessThan(0.99);
    const votes = forest.oobDecisionFunction;
    expect([votes.rows, votes.cols]).toEqual([data.rows, 2]);
    const right = target.filter((label, i) => label === (votes.data[2 * i + 1] > votes.data[2 * i] ? 1 : 0));
    expect(right.length / data.rows).toBe(forest.oobScore);
    const regressor = await new RandomForestRegressor(params).fit(diabetes.data, diabetes.target);
    expect(regressor.oobScore).toBeGreaterThan(0.38);
    expect(regressor.oobScore).toBeLessThan(0.48);
    expect(regressor.oobPrediction).toHaveLength(442);
    const restored = (await load(regressor.toBytes())) as RandomForestRegressor;
    expect(restored.oobScore).toBe(regressor.oobScore);
  });

  test('are missing where no row was left out', async () => {
    const forest = new RandomForestRegressor({ nEstimators: 1, oobScore: true });
    await forest.fit([[1]], [[2, 3]]);
    expect([forest.oobScore, forest.estimators[0].predictSync([[1]])]).toEqual([NaN, Matrix.from([[2, 3]])]);
    expect(forest.outputs).not.toContain('interval');
    expect((await forest.fit([[1]], [2])).oobScore).toBeNaN();
    expect(forest.outputs).toContain('interval');
  });

  test('are missing where every tree drew the row, or without the parameter', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 1, randomState: 3, oobScore: true }).fit(
      iris.data,
      iris.target,
    );
    const nan = Array.from(forest.oobDecisionFunction.data).filter(Number.isNaN).length / 3;
    expect(nan).toBeGreaterThan(70);
    expect(nan).toBeLessThan(120);
    expect(forest.oobScore).toBeGreaterThan(0.8);
    const plain = await new RandomForestClassifier({ nEstimators: 1 }).fit(iris.data, iris.target);
    expect(() => plain.oobScore).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
    const unbagged = new ExtraTreesClassifier({ oobScore: true });
    await expect(unbagged.fit(iris.data, iris.target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});

describe('warm start', () => {
  test('a forest that grows on is the forest grown at once', async () => {
    const params = { randomState: 5, oobScore: true };
    const whole = await new RandomForestRegressor({ ...params, nEstimators: 12 }).fit(
      diabetes.data,
      diabetes.target,
    );
    const grown = new RandomForestRegressor({ ...params, nEstimators: 4, warmStart: true });
    await grown.fit(diabetes.data, diabetes.target);
    const first = await grown.predict(diabetes.data);
    await grown.setParams({ nEstimators: 12 }).fit(diabetes.data, diabetes.target);
    expect(await grown.predict(diabetes.data)).toEqual(await whole.predict(diabetes.data));
    expect(await grown.predict(diabetes.data)).not.toEqual(first);
    expect(grown.oobScore).toBeCloseTo(whole.oobScore, 12);
    const before = await grown.predict(diabetes.data);
    await grown.fit(diabetes.data, diabetes.target);
    expect(await grown.predict(diabetes.data)).toEqual(before);
  });

  test('refuses fewer trees, other columns and other classes', async () => {
    const forest = new ExtraTreesClassifier({ nEstimators: 4, warmStart: true, randomState: 1 });
    await forest.fit(iris.data, iris.target);
    const refused = (params: object, X: Matrix, y: ArrayLike<unknown>) =>
      expect(forest.setParams(params).fit(X, y)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await refused({ nEstimators: 3 }, iris.data, iris.target);
    await refused({ nEstimators: 6 }, iris.data.columns([0, 1]), iris.target);
    await refused(
      { nEstimators: 6 },
      iris.data,
      Array.from(iris.target, (label) => Math.min(label, 1)),
    );
    expect(forest.estimators).toHaveLength(4);
  });

  test('isolation forests grow on, and find their limit anew', async () => {
    const { data } = diabetes;
    const params = { contamination: 0.1, randomState: 4 };
    const whole = await new IsolationForest({ ...params, nEstimators: 12 }).fit(data);
    const grown = await new IsolationForest({ ...params, nEstimators: 5, warmStart: true }).fit(data);
    await grown.setParams({ nEstimators: 12 }).fit(data);
    expect(await grown.scoreSamples(data)).toEqual(await whole.scoreSamples(data));
    expect(grown.offset).toBe(whole.offset);
    await grown.setParams({ contamination: 'auto' }).fit(data);
    expect(grown.offset).toBe(-0.5);
    const refused = { code: 'ERR_PARAMETER' };
    await expect(grown.fit(data.columns([0, 1]))).rejects.toMatchObject(refused);
    await expect(grown.setParams({ nEstimators: 3 }).fit(data)).rejects.toMatchObject(refused);
  });

  test('isolation of a single row finds no outlier', async () => {
    for (const forest of [new IsolationForest(), new IsolationForest({ maxSamples: 1 })]) {
      await forest
        .setParams({ nEstimators: 3 })
        .fit([[4], [5]].slice(0, forest.params.maxSamples === 1 ? 2 : 1));
      expect(await forest.scoreSamples([[4], [99]])).toEqual(Float64Array.of(-0.5, -0.5));
      expect(Array.from(await forest.predict([[4], [99]]))).toEqual([1, 1]);
    }
  });

  test('a missing value goes with most rows where training had none', async () => {
    const rows = [[0], [1], [2], [3], [4]];
    for (const [y, expected] of [
      [[0, 0, 0, 1, 1], 0],
      [[0, 0, 1, 1, 1], 1],
    ] as const) {
      const models = [
        new DecisionTreeClassifier(),
        new RandomForestClassifier({ nEstimators: 3, bootstrap: false }),
        new RandomForestClassifier({ nEstimators: 3, bootstrap: false, maxBins: 8 }),
        new GradientBoostingClassifier({ nEstimators: 3 }),
      ];
      for (const model of models) {
        await model.fit(rows, y);
        expect(await model.predict([[Number.NaN]])).toEqual([expected]);
        expect(await (await load(model.toBytes())).predict([[Number.NaN]])).toEqual([expected]);
      }
    }
  });

  test('a tree without missing values joins those with', async () => {
    const X = new Matrix(Float64Array.from(iris.data.data), 150, 4);
    const forest = new RandomForestClassifier({ nEstimators: 2, warmStart: true, randomState: 1 });
    await forest.fit(X, iris.target);
    X.data.fill(Number.NaN, 0, 40);
    await forest.setParams({ nEstimators: 4 }).fit(X, iris.target);
    const probas = await Promise.all(forest.estimators.map((tree) => tree.predictProba(X)));
    const mean = probas[0].data.map((_, k) => probas.reduce((sum, proba) => sum + proba.data[k], 0) / 4);
    expect((await forest.predictProba(X)).data).toEqual(mean);
  });
});

test('balanced subsamples weigh classes alike in every tree', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => [i < 190 ? i % 7 : 3 + (i % 3)]);
  const y = rows.map((_, i) => (i < 190 ? 0 : 1));
  const params = { nEstimators: 40, maxDepth: 1, randomState: 2 } as const;
  const share = async (classWeight: 'balancedSubsample' | 'balanced' | null, more = {}) => {
    const forest = new RandomForestClassifier({ ...params, classWeight, ...more });
    return (await (await forest.fit(rows, y)).predictProba([[4]])).data[1];
  };
  expect(await share(null)).toBeLessThan(0.2);
  expect(await share('balancedSubsample')).toBeGreaterThan(0.5);
  const unbagged = { bootstrap: false };
  expect(await share('balancedSubsample', unbagged)).toBe(await share('balanced', unbagged));
});

describe('maxBins', () => {
  const make = (params = {}) =>
    new RandomForestClassifier({ nEstimators: 20, maxBins: 16, randomState: 3, ...params });

  test('predicts about as well, and gives the same bits at any number of threads', async () => {
    const { data, target } = loadBreastCancer();
    const forest = await make({ oobScore: true, nJobs: 1 }).fit(data, target);
    expect(forest.oobScore).toBeGreaterThan(0.93);
    const again = await make({ oobScore: true }).fit(data, target);
    expect((await again.predictProba(data)).data).toEqual((await forest.predictProba(data)).data);
    const numbers = await new RandomForestRegressor({
      ...{ nEstimators: 30, maxBins: 64, oobScore: true, minSamplesLeaf: 3, randomState: 0 },
    }).fit(diabetes.data, diabetes.target);
    expect(numbers.oobScore).toBeGreaterThan(0.35);
    expect((await numbers.predictInterval(diabetes.data.slice(0, 2))).lower).toHaveLength(2);
  });

  test('works with all else that forests have', async () => {
    const X = new Matrix(
      iris.data.data.map((value, k) => (k % 7 === 0 ? Number.NaN : value)),
      150,
      4,
    );
    for (const params of [
      { classWeight: 'balancedSubsample' },
      { classWeight: { 0: 1, 1: 2, 2: 0.3 }, bootstrap: false },
      { criterion: 'entropy', maxLeafNodes: 8, maxSamples: 0.5 },
      { ccpAlpha: 0.01, maxFeatures: 1, minImpurityDecrease: 0.001 },
    ] as const) {
      const forest = await make(params).fit(X, iris.target);
      expect(await forest.score(X, iris.target)).toBeGreaterThan(0.85);
      expect(forest.estimators).toHaveLength(20);
    }
  });

  test('grows on, and as at once', async () => {
    const forest = await make({ nEstimators: 5, warmStart: true }).fit(iris.data, iris.target);
    await forest.setParams({ nEstimators: 20 }).fit(iris.data, iris.target);
    const whole = await make().fit(iris.data, iris.target);
    expect((await forest.predictProba(iris.data)).data).toEqual((await whole.predictProba(iris.data)).data);
  });

  test('is refused where splits must be exact', async () => {
    for (const criterion of ['absoluteError', 'poisson'] as const) {
      const forest = new RandomForestRegressor({ criterion, maxBins: 10 });
      await expect(forest.fit(diabetes.data, diabetes.target)).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
      });
    }
    for (const maxBins of [1, 256, 2.5]) {
      await expect(make({ maxBins }).fit(iris.data, iris.target)).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
      });
    }
  });
});

describe('rows that trees drew', () => {
  const { data, target } = loadDiabetes();
  const sampleWeight = target.map((_, i) => i % 4);
  const params = { nEstimators: 6, maxDepth: 4, oobScore: true, randomState: 3 };
  test.each([
    ['as many as there are', {}, undefined],
    ['fewer', { maxSamples: 0.4 }, undefined],
    ['by weights', { maxSamples: 100 }, sampleWeight],
    ['of bins, on a seed of the moment', { maxBins: 20, randomState: null }, undefined],
  ])('%s: the mean of the other trees is what is out of the bag', async (_, more, weights) => {
    const forest = new RandomForestRegressor({ ...params, ...more, nEstimators: 3, warmStart: true });
    await forest.fit(data, target, { sampleWeight: weights });
    // Trees that come later have other rows.
    forest.setParams({ nEstimators: 6 });
    await forest.fit(data, target, { sampleWeight: weights });
    const samples = forest.estimatorsSamples;
    const draws = 'maxSamples' in more ? (more.maxSamples === 100 ? 100 : 176) : 442;
    expect(samples.map(({ length }) => length)).toEqual(new Array(6).fill(draws));
    const left = samples.map((rows) => new Set(rows));
    const said = await Promise.all(forest.estimators.map((tree) => tree.predict(data)));
    for (const [i, value] of forest.oobPrediction.entries()) {
      const own = said.flatMap((values, t) => (left[t].has(i) ? [] : [values[i]]));
      if (own.length === 0) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(own.reduce((sum, one) => sum + one, 0) / own.length, 8);
    }
    const loaded = (await load(forest.toBytes())) as RandomForestRegressor;
    expect(() => loaded.estimatorsSamples).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
  });

  test('all of them without bootstrap', async () => {
    const forest = await new ExtraTreesClassifier({ nEstimators: 2 }).fit([[1], [2], [3]], ['a', 'b', 'a']);
    expect(forest.estimatorsSamples).toEqual([Int32Array.of(0, 1, 2), Int32Array.of(0, 1, 2)]);
  });
});
