/** Errors and edge cases of the selection of columns; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import { fSurvival } from '../../lib/core/distributions/student.js';
import {
  chi2,
  DecisionTreeClassifier,
  ElasticNetCV,
  type Estimator,
  fClassif,
  fOneway,
  fRegression,
  GenericUnivariateSelect,
  IsolationForest,
  LogisticRegression,
  LogisticRegressionCV,
  load,
  loadBreastCancer,
  loadIris,
  Matrix,
  mutualInfoClassif,
  mutualInfoRegression,
  Pipeline,
  type Progress,
  RandomForestClassifier,
  RFE,
  Ridge,
  type ScoreFunction,
  SelectFdr,
  SelectFpr,
  SelectFromModel,
  SelectFwe,
  SelectKBest,
  SelectPercentile,
  SGDClassifier,
  SGDRegressor,
  StandardScaler,
  VarianceThreshold,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const { data, target } = loadBreastCancer();
const rows = [
  [1, 5, 0],
  [2, 5, 1],
  [3, 5, 0],
  [5, 5, 1],
];
const y = [1, 2, 3, 5];

test('SelectFromModel leaves the choice to maxFeatures by a threshold of -Infinity', async () => {
  const { data, target } = loadIris();
  const options = { maxFeatures: 3, threshold: -Infinity };
  const selector = new SelectFromModel(new DecisionTreeClassifier({ maxDepth: 1 }), options);
  await selector.fit(data, target);
  // One split leaves all other columns without importance.
  expect(selector.getSupport().filter(Boolean)).toHaveLength(3);
});

describe('bad parameters', () => {
  test.each([
    [new SelectKBest({ k: 0 }), 'ERR_PARAMETER'],
    [new SelectKBest({ k: 4, scoreFunc: fRegression }), null],
    [new SelectKBest({ scoreFunc: 'nope' as never }), 'ERR_PARAMETER'],
    [new SelectPercentile({ percentile: 0 }), 'ERR_PARAMETER'],
    [new SelectFpr({ alpha: 1.5 }), 'ERR_PARAMETER'],
    [new SelectFpr({ alpha: 0, scoreFunc: fRegression }), 'ERR_EMPTY'],
    [new SelectFdr({ alpha: 0, scoreFunc: 'fRegression' }), 'ERR_EMPTY'],
    [new SelectFwe({ scoreFunc: 'rRegression' }), 'ERR_PARAMETER'],
    [new GenericUnivariateSelect({ mode: 'best' as never }), 'ERR_PARAMETER'],
    [new GenericUnivariateSelect({ mode: 'kBest', param: 1.5 }), 'ERR_PARAMETER'],
    [new GenericUnivariateSelect({ mode: 'fpr', param: 2 }), 'ERR_PARAMETER'],
    [new GenericUnivariateSelect({ mode: 'percentile', param: 'all' }), 'ERR_PARAMETER'],
    [new GenericUnivariateSelect({ mode: 'kBest', param: 'all', scoreFunc: 'mutualInfoRegression' }), null],
    [new SelectKBest({ k: 1, scoreFunc: 'mutualInfoClassif' }), null],
    [new VarianceThreshold({ threshold: 100 }), 'ERR_EMPTY'],
    [new SelectFromModel(new Ridge(), { threshold: 'most' }), 'ERR_PARAMETER'],
    [new SelectFromModel(new Ridge(), { threshold: 1e9 }), 'ERR_EMPTY'],
    [new SelectFromModel(new Ridge({ alpha: -1 })), 'ERR_PARAMETER'],
    [new SelectFromModel(new IsolationForest({ nEstimators: 2 })), 'ERR_NOT_SUPPORTED'],
    [new RFE(new Ridge(), { nFeaturesToSelect: 4 }), 'ERR_PARAMETER'],
    [new RFE(new Ridge(), { step: 0 }), 'ERR_PARAMETER'],
  ])('%# are refused', async (selector, code) => {
    const fit = selector.fit(rows, y);
    if (code === null) await expect(fit).resolves.toBe(selector);
    else await expect(fit).rejects.toMatchObject({ code });
  });

  test('selectors by score need a target, and chi2 counts', async () => {
    await expect(new SelectKBest({ k: 1 }).fit(rows)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(chi2([[1], [-1]], ['a', 'b'])).rejects.toMatchObject({ code: 'ERR_INPUT_NEGATIVE' });
    await expect(fClassif([[1], [2]], ['a', 'a'])).rejects.toMatchObject({ code: 'ERR_LABELS' });
    await expect(fClassif([[1], [2]], [0.5, Infinity])).rejects.toMatchObject({ code: 'ERR_LABELS' });
    await expect(chi2([[1], [2]], [0.5, 1.5])).rejects.toMatchObject({ code: 'ERR_LABELS' });
    await expect(fRegression([[1], [2]], [1])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

describe('mutual information', () => {
  const x = Array.from({ length: 50 }, (_, i) => [i % 5, (i * 37) % 50, 3]);

  test('of a column with itself is its entropy; a constant tells nothing', async () => {
    const { scores } = await mutualInfoClassif(
      x,
      x.map(([label]) => label),
      { discreteFeatures: true },
    );
    expect(scores[0]).toBeCloseTo(Math.log(5), 12);
    expect(scores[2]).toBe(0);
    const measured = await mutualInfoRegression(
      x,
      x.map(([, value]) => value),
    );
    expect(measured.scores[1]).toBeGreaterThan(1);
    expect(measured.scores[2]).toBeLessThan(0.2);
  });

  test('is the same each time, and another for another seed where values are equal', async () => {
    const y = x.map(([label]) => label);
    const first = await mutualInfoRegression(x, y);
    expect(await mutualInfoRegression(Matrix.from(x), y)).toEqual(first);
    expect(await mutualInfoRegression(x, y, { randomState: 9 })).not.toEqual(first);
  });

  test('labels that each occur once tell nothing', async () => {
    const { scores } = await mutualInfoClassif([[1], [2], [3], [4]], ['a', 'b', 'c', 'd'], { nNeighbors: 1 });
    expect(scores[0]).toBe(0);
  });

  test.each([
    [{ nNeighbors: 0 }, 'ERR_PARAMETER'],
    [{ nNeighbors: 50 }, 'ERR_PARAMETER'],
    [{ discreteFeatures: [3] }, 'ERR_PARAMETER'],
    [{ discreteFeatures: [true] }, 'ERR_PARAMETER'],
    [{ discreteFeatures: 'auto' as never }, 'ERR_PARAMETER'],
    [{ randomState: -1 }, 'ERR_PARAMETER'],
    [{ signal: AbortSignal.abort() }, 'ERR_ABORTED'],
  ])('refuses %o', async (options, code) => {
    const y = x.map(([, value]) => value);
    await expect(mutualInfoRegression(x, y, options)).rejects.toMatchObject({ code });
  });

  test('refuses values that are missing', async () => {
    await expect(mutualInfoRegression([[1], [Number.NaN], [2]], [1, 2, 3])).rejects.toMatchObject({
      code: 'ERR_INPUT_NAN',
    });
  });
});

test('fOneway takes lists and matrices, and refuses what has no groups', async () => {
  const lists = await fOneway([[1, 2, 4], Float64Array.of(3, 7)]);
  const matrices = await fOneway([[[1], [2], [4]], Matrix.from([[3], [7]])]);
  expect(lists).toEqual(matrices);
  expect(lists.scores).toEqual((await fClassif([[1], [2], [4], [3], [7]], [0, 0, 0, 1, 1])).scores);
  await expect(fOneway([[1, 2]])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  await expect(fOneway([[1, 2], []])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  await expect(fOneway([[[1, 2]], [[1]]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
});

test('a constant column scores nothing and goes first', async () => {
  const selector = await new SelectKBest({ scoreFunc: fRegression, k: 2 }).fit(rows, y);
  expect(selector.selected).toEqual([0, 2]);
  expect(selector.scores[1]).toBe(0);
  expect(selector.pValues?.[1]).toBe(1);
  // The column that is the target itself.
  expect(selector.scores[0]).toBe(Number.MAX_VALUE);
  expect(selector.pValues?.[0]).toBeLessThan(1e-300);
  expect(selector.getSupport()).toEqual([true, false, true]);
  expect(selector.inverseTransform([[7, 8]]).toArray()).toEqual([[7, 0, 8]]);
  expect(() => selector.inverseTransform([[7]])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
});

test('names of columns stay with them, also in a pipeline and a file', async () => {
  const table = { a: [1, 2, 3, 5], b: [5, 5, 5, 5], c: [0, 1, 0, 1] };
  const pipeline = await new Pipeline([
    ['varies', new VarianceThreshold()],
    ['best', new SelectKBest({ scoreFunc: fRegression, k: 1 })],
    ['scale', new StandardScaler()],
  ]).fit(table, y);
  expect(pipeline.getFeatureNamesOut()).toEqual(['a']);
  const copy = (await load(pipeline.toBytes())) as typeof pipeline;
  expect((await copy.transform(table)).toArray()).toEqual((await pipeline.transform(table)).toArray());
});

test('a score function of your own chooses, but cannot be saved', async () => {
  const last: ScoreFunction = async (X) => {
    const { length } = (X as { columns: ArrayLike<number> } & number[][])[0] ?? { length: 3 };
    return { scores: Float64Array.from({ length }, (_, j) => j), pValues: new Float64Array(length) };
  };
  const selector = await new SelectKBest({ scoreFunc: last, k: 1 }).fit(rows, y);
  expect(selector.selected).toEqual([2]);
  expect(() => selector.toBytes()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
});

test('models choose by coefficients or importances', async () => {
  const forest = new SelectFromModel(new RandomForestClassifier({ nEstimators: 10, randomState: 1 }), {
    maxFeatures: 5,
  });
  await forest.fit(data, target);
  expect(forest.selected.length).toBe(5);
  expect(forest.estimator.isFitted).toBe(true);
  const least = Math.min(...forest.selected.map((j) => forest.importances[j]));
  expect(least).toBeGreaterThanOrEqual(forest.threshold);
  const copy = (await load(forest.toBytes())) as SelectFromModel;
  expect(copy.selected).toEqual(forest.selected);
});

test('recursive elimination ranks columns by when they went, and can be aborted', async () => {
  const X = (await new StandardScaler().fit(data)).transformSync(data);
  const rfe = new RFE(new LogisticRegression(), { nFeaturesToSelect: 28 });
  await rfe.fit(X, target);
  expect([...rfe.ranking].sort().reverse().slice(0, 3)).toEqual([3, 2, 1]);
  expect(rfe.estimator.nFeaturesIn).toBe(28);
  const controller = new AbortController();
  const aborted = rfe
    .clone()
    .setParams({ nFeaturesToSelect: 1 })
    .fit(X, target, { signal: controller.signal });
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});

test('the survival function of the F distribution, as SciPy has it', () => {
  const known = [
    [1, 2, 10, 0.4018775720164609],
    [0.5, 1, 100000, 0.47950176990114224],
    [119.26450218450468, 2, 147, 1.6696691907693826e-31],
    [1e-9, 3, 5, 0.9999999999999502],
    [1e6, 1, 3, 2.205307642576592e-9],
  ];
  // Gamma functions of half the degrees of freedom cancel.
  for (const [f, between, within, p] of known)
    expectClose(fSurvival(f, between, within), p, iterative(1e-10), `F ${f}`);
  expect(fSurvival(0, 1, 1)).toBe(1);
  expect(fSurvival(Infinity, 1, 1)).toBe(0);
  expect(fSurvival(Number.NaN, 1, 1)).toBeNaN();
});

test('importances come from wherever they are asked for', async () => {
  const X = (await new StandardScaler().fit(data)).transformSync(data);
  const model = () => new Pipeline([['model', new LogisticRegression()]]);
  const byPath = new SelectFromModel(model(), { maxFeatures: 3, importanceGetter: 'namedSteps.model.coef' });
  const plain = await new SelectFromModel(new LogisticRegression(), { maxFeatures: 3 }).fit(X, target);
  expect((await byPath.fit(X, target)).selected).toEqual(plain.selected);
  const last = await new RFE(new Ridge(), {
    nFeaturesToSelect: 2,
    importanceGetter: ({ nFeaturesIn }: Ridge) => Float64Array.from({ length: nFeaturesIn }, (_, j) => j),
  }).fit(X, target);
  expect(last.selected).toEqual([28, 29]);
  const refuse = (importanceGetter: never) =>
    new SelectFromModel(new Ridge(), { importanceGetter }).fit(X, target);
  await expect(refuse('nothing.here' as never)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  await expect(refuse((() => [1]) as never)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(refuse((() => new Float64Array(30).fill(Number.NaN)) as never)).rejects.toMatchObject({
    code: 'ERR_INPUT_NAN',
  });
  await expect(refuse('' as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('the own threshold follows the penalty that was chosen', async () => {
  const threshold = async (model: Estimator) => {
    const selector = await new SelectFromModel(model).fit(data, target);
    const mean = selector.importances.reduce((sum, value) => sum + value, 0) / 30;
    return selector.threshold === 1e-5 ? 'least' : selector.threshold === mean && 'mean';
  };
  expect(await threshold(new ElasticNetCV({ l1Ratio: [1], cv: 3 }))).toBe('least');
  expect(await threshold(new ElasticNetCV({ l1Ratio: [0.1], cv: 3 }))).toBe('mean');
  const saga = { Cs: [0.1], cv: 3, solver: 'saga', maxIter: 200 } as const;
  expect(await threshold(new LogisticRegressionCV({ ...saga, l1Ratios: [1] }))).toBe('least');
  expect(await threshold(new LogisticRegressionCV({ ...saga, l1Ratios: [0] }))).toBe('mean');
  expect(await threshold(new LogisticRegression({ solver: 'saga', l1Ratio: 1, C: 0.1, maxIter: 200 }))).toBe(
    'least',
  );
  const sgd = { l1Ratio: 1, randomState: 0 };
  expect(await threshold(new SGDClassifier({ ...sgd, penalty: 'elasticnet' }))).toBe('mean');
  expect(await threshold(new SGDClassifier({ ...sgd, penalty: 'l1' }))).toBe('least');
});

test('a fitted model selects as it is', async () => {
  const model = new LogisticRegression({ maxIter: 3000 });
  const selector = new SelectFromModel(model, { prefit: true });
  await expect(selector.fit(data, target)).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
  await model.fit(data, target);
  await selector.fit(data, target);
  expect((selector.estimator as LogisticRegression).coef).toEqual(model.coef);
  expect((await selector.clone().fit(data, target)).selected).toEqual(selector.selected);
  // The selector keeps what the model knew.
  const { importances } = selector;
  const others = Array.from(target, (label) => 1 - label);
  await model.fit(data, others, { sampleWeight: others.map((label) => 1 + 5 * label) });
  const loaded = (await load(selector.toBytes())) as SelectFromModel;
  expect((loaded.estimator as LogisticRegression).coef).not.toEqual(model.coef);
  expect(selector.importances).toEqual(importances);
  await expect(selector.fit([[1], [2]], [0, 1])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
});

test('a model learns part by part, and columns are chosen anew', async () => {
  const scaled = (await new StandardScaler().fit(data)).transformSync(data);
  const sgd = () => new SGDClassifier({ randomState: 0 });
  const selector = new SelectFromModel(sgd(), { maxFeatures: 5 });
  const alone = sgd();
  for (const from of [0, 200, 400]) {
    const part = [
      scaled.slice(from, from + 169),
      target.slice(from, from + 169),
      { classes: [0, 1] },
    ] as const;
    await selector.partialFit(...part);
    await alone.partialFit(...part);
  }
  expect((selector.estimator as SGDClassifier).coef).toEqual(alone.coef);
  expect(selector.selected.length).toBe(5);
  const { importances } = selector;
  const nothing = new SelectFromModel(sgd(), { threshold: 1e9 }).partialFit(scaled, target);
  await expect(nothing).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  await expect(selector.partialFit(scaled, target.slice(1))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  expect(selector.importances).toEqual(importances);
  const ready = await new SelectFromModel(alone, { prefit: true }).partialFit(scaled);
  expect(ready.importances).toEqual(importances);
  const none = new SelectFromModel(new Ridge()).partialFit(scaled, target);
  await expect(none).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});

test('a model that learns part by part tells its own progress; classes are for classifiers', async () => {
  const heard: string[] = [];
  const onProgress = ({ estimator }: Progress) => heard.push(estimator);
  await new SelectFromModel(new SGDClassifier({ randomState: 0 })).fit(data, target, { onProgress });
  const byFit = new Set(heard.splice(0));
  await new SelectFromModel(new SGDClassifier({ randomState: 0 })).partialFit(data, target, { onProgress });
  expect(new Set(heard)).toEqual(byFit);
  const numbers = new SelectFromModel(new SGDRegressor()).partialFit(data, target, { classes: [0, 1] });
  await expect(numbers).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('eliminators predict by the model of the columns that stay', async () => {
  const rfe = await new RFE(new LogisticRegression({ maxIter: 3000 }), { nFeaturesToSelect: 3, step: 9 }).fit(
    data,
    target,
  );
  const rows = rfe.transformSync(data);
  expect(await rfe.predict(data)).toEqual(await (rfe.estimator as LogisticRegression).predict(rows));
  expect((await rfe.predictProba(data)).cols).toBe(2);
  expect((await rfe.decisionFunction(data)).cols).toBe(1);
  const ridge = await new RFE(new Ridge(), { nFeaturesToSelect: 3, step: 9 }).fit(data, target);
  await expect(ridge.predictProba(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  expect([rfe.kind, ridge.kind, rfe.classes]).toEqual(['classifier', 'regressor', [0, 1]]);
  const loaded = (await load(rfe.toBytes())) as RFE;
  expect(loaded.compile().runSync(data)).toEqual(rfe.compile().runSync(data));
  expect(loaded.compile({ output: 'transform' }).runSync(data)).toEqual(rows);
  // Before other steps it gives columns, at the end predictions.
  const before = new Pipeline([
    ['select', new RFE(new Ridge(), { nFeaturesToSelect: 3, step: 9 })],
    ['model', new Ridge()],
  ]);
  const end = new Pipeline([['select', new RFE(new Ridge(), { nFeaturesToSelect: 3, step: 9 })]]);
  await before.fit(data, target);
  await end.fit(data, target);
  for (const pipeline of [before, end])
    expect(await pipeline.predict(data)).toEqual(await ridge.predict(data));
  expect(await end.transform(data)).toEqual(await ridge.transform(data));
});

test('fClassif compares groups, whatever numbers they go by', async () => {
  const X = Matrix.from([
    [1, 2],
    [2, 1],
    [3, 3],
    [4, 7],
    [5, 1],
  ]);
  const { scores } = await fClassif(X, [0.5, 0.5, 1.5, 1.5, 0.5]);
  // As scikit-learn's.
  expect([...scores].map((f) => f.toFixed(8))).toEqual(['0.27272727', '5.58461538']);
  const best = await new SelectKBest({ k: 1 }).fit(X, [0.5, 0.5, 1.5, 1.5, 0.5]);
  expect([...best.scores]).toEqual([...scores]);
});
