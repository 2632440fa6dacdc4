/** Searches over parameters, and the parameters of estimators within estimators; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  crossValScore,
  DecisionTreeClassifier,
  FrozenEstimator,
  GaussianNB,
  GridSearchCV,
  HalvingGridSearchCV,
  IsolationForest,
  KFold,
  KMeans,
  LogisticRegression,
  learningCurve,
  load,
  loadDiabetes,
  loadIris,
  loguniform,
  MiniBatchKMeans,
  OneHotEncoder,
  ParameterGrid,
  Pipeline,
  permutationTestScore,
  RandomizedSearchCV,
  Ridge,
  randint,
  StandardScaler,
  uniform,
  validationCurve,
} from '../../lib/index.js';

const iris = loadIris();
const diabetes = loadDiabetes();
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('setParams', () => {
  test('reaches estimators within by name and two underscores, and replaces them by name', () => {
    const pipeline = new Pipeline([
      ['scale', new StandardScaler()],
      ['model', new Ridge()],
    ]);
    pipeline.setParams({ model__alpha: 7, scale: 'passthrough' } as object);
    expect(pipeline.params.steps[0][1]).toBe('passthrough');
    expect((pipeline.params.steps[1][1] as Ridge).params.alpha).toBe(7);
    const columns = new ColumnTransformer([['codes', new OneHotEncoder(), [0]]]);
    new GridSearchCV(columns, {}).setParams({ estimator__codes__drop: 'first' } as object);
    expect((columns.params.transformers[0][1] as OneHotEncoder).params.drop).toBe('first');
  });

  test('refuses names that are not there, and changes nothing then', () => {
    const pipeline = new Pipeline([['model', new Ridge()]]);
    for (const bad of [{ model__beta: 1 }, { other__alpha: 1 }, { alpha: 1 }, { model__alpha__x: 1 }])
      expect(() => pipeline.setParams(bad as object)).toThrow(code('ERR_PARAMETER'));
    expect((pipeline.params.steps[0][1] as Ridge).params.alpha).toBe(1);
  });
});

describe('parameters of a search', () => {
  const fit = (grid: object, options: object = {}, model = new Ridge() as never) =>
    new GridSearchCV(model, grid as never, options).fit(diabetes.data, diabetes.target);
  test.each([
    [{ nope: [1] }, {}],
    [{ alpha: 3 }, {}],
    [{ alpha: [] }, {}],
    [[], {}],
    [{ alpha: [1] }, { scoring: 'nope' }],
    [{ alpha: [1] }, { scoring: ['r2', 'negMeanSquaredError'] }],
    [{ alpha: [1] }, { scoring: ['r2'], refit: 'accuracy' }],
    [{ alpha: [1] }, { cv: 1 }],
    [{ alpha: [1] }, { errorScore: 'zero' }],
  ])('%j %j is refused', async (grid, options) => {
    await expect(fit(grid, options)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('a transformer cannot be searched', async () => {
    await expect(fit({}, {}, new StandardScaler() as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('a fit that fails ends the search, or scores errorScore', async () => {
    await expect(fit({ alpha: [1, -1] })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const search = await new GridSearchCV(
      new Ridge(),
      { alpha: [-1, 1] },
      { errorScore: Number.NaN, returnTrainScore: true },
    ).fit(diabetes.data, diabetes.target);
    expect(search.bestParams).toEqual({ alpha: 1 });
    expect(search.cvResults.rankTestScore).toEqual(Int32Array.of(2, 1));
    expect((search.cvResults.meanTestScore as Float64Array)[0]).toBeNaN();
    const allFail = fit({ alpha: [-1, -2] }, { errorScore: Number.NaN, refit: false });
    await expect(allFail).rejects.toMatchObject({ code: 'ERR_PARAMETER', message: /-1/ });
  });

  test('a scorer that fails takes no other with it', async () => {
    const bad = () => {
      throw new RangeError('no score');
    };
    const options = { scoring: { r2: 'r2', bad }, refit: 'r2', errorScore: -1 } as const;
    const { cvResults } = await fit({ alpha: [1] }, options);
    const alone = await fit({ alpha: [1] }, { scoring: 'r2' });
    expect(cvResults.meanTestR2).toEqual(alone.cvResults.meanTestScore);
    expect(cvResults.meanTestBad).toEqual(Float64Array.of(-1));
  });
});

test('without refit there is a table, and no model', async () => {
  const search = await new GridSearchCV(
    new Ridge(),
    { alpha: [1, 2] },
    { refit: false, scoring: ['r2', 'negMeanSquaredError'] },
  ).fit(diabetes.data, diabetes.target);
  expect(search.bestParams.alpha).toBe(1);
  expect(() => search.bestEstimator).toThrow(code('ERR_NOT_SUPPORTED'));
  await expect(search.predict(diabetes.data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});

test('tables with text are searched as they are', async () => {
  const table = {
    town: Array.from({ length: 60 }, (_, i) => ['oslo', 'rome', null][i % 3]),
    rooms: Array.from({ length: 60 }, (_, i) => i % 7),
    garden: Array.from({ length: 60 }, (_, i) => i % 2 === 0),
  };
  const y = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 'dear' : 'cheap'));
  const model = new Pipeline([
    ['columns', new ColumnTransformer([['town', new OneHotEncoder({ handleUnknown: 'ignore' }), ['town']]])],
    ['model', new LogisticRegression()],
  ]);
  const search = await new GridSearchCV(
    model,
    { columns__town__drop: [null, 'first'], model__C: [1, 100] },
    { cv: 3 },
  ).fit(table, y);
  expect(search.bestScore).toBe(1);
  expect(search.predictSync([{ town: 'oslo', rooms: 3, garden: true }])).toEqual(['dear']);
  const copy = (await load(search.toBytes())) as typeof search;
  expect(copy.bestParams).toEqual(search.bestParams);
  expect(copy.predictSync(table)).toEqual(search.predictSync(table));
  expect('meanFitTime' in search.cvResults).toBe(true);
  expect('meanFitTime' in copy.cvResults).toBe(false);
  expect([search.refitTime! >= 0, (copy as typeof search).refitTime]).toEqual([true, undefined]);
});

test('estimators may be among the values, and stay as they are', async () => {
  const tree = new DecisionTreeClassifier({ maxDepth: 2, randomState: 0 });
  const pipeline = new Pipeline([
    ['scale', new StandardScaler()],
    ['model', new LogisticRegression()],
  ]);
  const search = await new GridSearchCV(
    pipeline,
    { model: [tree, new LogisticRegression()], scale: ['passthrough', new StandardScaler()] },
    { cv: new KFold({ nSplits: 3, shuffle: true, randomState: 1 }), scoring: 'balancedAccuracy' },
  ).fit(iris.data, iris.target);
  expect(search.cvResults.params.length).toBe(4);
  expect(tree.isFitted).toBe(false);
  expect(await search.score(iris.data, iris.target)).toBeGreaterThan(0.9);
});

test('a search can be cross-validated within a search, reports progress and can be aborted', async () => {
  const inner = new GridSearchCV(new Ridge(), { alpha: [1, 10] }, { cv: 2 });
  const outer = new GridSearchCV(inner, { estimator__fitIntercept: [true, false] }, { cv: 2 });
  const seen: number[] = [];
  await outer.fit(diabetes.data, diabetes.target, { onProgress: ({ fraction }) => seen.push(fraction) });
  expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  expect(outer.bestParams).toEqual({ estimator__fitIntercept: true });
  const controller = new AbortController();
  const aborted = outer.fit(diabetes.data, diabetes.target, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(outer.bestParams).toEqual({ estimator__fitIntercept: true });
});

describe('RandomizedSearchCV', () => {
  const search = (distributions: object, nIter: number, randomState = 3) =>
    new RandomizedSearchCV(new Ridge(), distributions as never, { nIter, randomState, cv: 2 }).fit(
      diabetes.data,
      diabetes.target,
    );

  test('draws the same candidates for the same seed', async () => {
    const [one, same, other] = await Promise.all([
      search({ alpha: loguniform(0.01, 100) }, 4),
      search({ alpha: loguniform(0.01, 100) }, 4),
      search({ alpha: loguniform(0.01, 100) }, 4, 4),
    ]);
    expect(one.cvResults.params).toEqual(same.cvResults.params);
    expect(one.cvResults.params).not.toEqual(other.cvResults.params);
    expect(one.bestEstimator.params.alpha).toBe(one.bestParams.alpha);
  });

  test('draws lists without repeats, and no more than there are', async () => {
    const { cvResults } = await search({ alpha: [1, 2, 3], fitIntercept: [true, false] }, 100);
    expect(new Set(cvResults.params.map((p) => JSON.stringify(p))).size).toBe(6);
  });

  test('stays within the distributions', async () => {
    const bounds = [
      [randint(2, 4), 2, 3],
      [uniform(5, 2), 5, 7],
      [loguniform(1e-3, 1e-2), 1e-3, 1e-2],
    ] as const;
    for (const [alpha, low, high] of bounds) {
      const { cvResults } = await search({ alpha }, 12);
      const drawn = cvResults.param_alpha as number[];
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(high);
      expect(new Set(drawn).size).toBeGreaterThan(1);
    }
  });

  test('refuses what is no distribution', async () => {
    await expect(search({ alpha: 3 }, 2)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    expect(() => randint(3, 3)).toThrow(code('ERR_PARAMETER'));
    expect(() => randint(0.5, 3)).toThrow(code('ERR_PARAMETER'));
    expect(() => uniform(0, -1)).toThrow(code('ERR_PARAMETER'));
    expect(() => loguniform(0, 1)).toThrow(code('ERR_PARAMETER'));
  });
});

test('a large grid is not made to be counted', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i);
  const grid = new ParameterGrid({ a: values, b: values, c: values });
  expect(grid.length).toBe(1e9);
  expect(grid.at(1e9 - 1)).toEqual({ a: 999, b: 999, c: 999 });
  expect(() => grid.at(1e9)).toThrow(code('ERR_PARAMETER'));
  expect(() => grid.toArray()).toThrow(code('ERR_PARAMETER'));
});

test('what has no inverse is not undone', async () => {
  const { data, target } = iris;
  const search = await new GridSearchCV(new GaussianNB(), { varSmoothing: [1e-9] }, { cv: 2 }).fit(
    data,
    target,
  );
  await expect(search.inverseTransform(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});

test('models that learn without y are searched and validated without it', async () => {
  const X = iris.data;
  const halving = new HalvingGridSearchCV(
    new KMeans({ randomState: 0 }),
    { nClusters: [2, 4] },
    { cv: 2, randomState: 0 },
  );
  await halving.fit(X);
  expect(halving.bestParams).toEqual({ nClusters: 4 });
  expect((await halving.predict(X)).length).toBe(150);
  const pipeline = await new Pipeline([
    ['scale', new StandardScaler()],
    ['clusters', new KMeans({ nClusters: 3, randomState: 0 })],
  ]).fit(X);
  const scaled = await new StandardScaler().fitTransform(X);
  const sampleWeight = Array.from(iris.target, (_, i) => i % 3);
  const alone = pipeline.namedSteps.clusters as KMeans;
  for (const options of [{}, { sampleWeight }])
    expect(await pipeline.score(X, null, options)).toBe(await alone.score(scaled, null, options));
  expect(await new FrozenEstimator(pipeline).score(X)).toBe(await alone.score(scaled));
  await expect(pipeline.score(X, null, { sampleWeight: [1] })).rejects.toEqual(code('ERR_SHAPE'));
  const scaler = await new Pipeline([['scale', new StandardScaler()]]).fit(X);
  await expect(scaler.score(X)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
  await expect(crossValScore(new Ridge(), X)).rejects.toEqual(code('ERR_PARAMETER'));
  await expect(crossValScore(new StandardScaler() as never, X)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
  const { testScores } = await validationCurve(new KMeans({ randomState: 0 }), X, null, 'nClusters', [2, 4], {
    cv: 2,
  });
  expect(testScores.row(1)[0]).toBeGreaterThan(testScores.row(0)[0]);
  const batches = new MiniBatchKMeans({ nClusters: 3, randomState: 0 });
  const incremental = { trainSizes: [60, 100], cv: 3, exploitIncrementalLearning: true };
  expect((await learningCurve(batches, X, null, incremental)).testScores.rows).toBe(2);
  await expect(permutationTestScore(batches, X, null as never)).rejects.toEqual(code('ERR_PARAMETER'));
  const outliers = new IsolationForest({ nEstimators: 2 });
  await expect(crossValScore(outliers as never, X)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
});
