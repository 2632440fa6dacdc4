/** Errors and edge cases of stacking, bagging and AdaBoost; golden values are in test/golden. */
import { expect, test } from 'vitest';
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  BaggingRegressor,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  type Estimator,
  FrozenEstimator,
  GaussianNB,
  GridSearchCV,
  KFold,
  KNeighborsClassifier,
  Lars,
  LogisticRegression,
  load,
  loadDiabetes,
  loadIris,
  makePipeline,
  type NamedModel,
  NearestCentroid,
  OneHotEncoder,
  Ridge,
  RidgeClassifier,
  StackingClassifier,
  StackingRegressor,
  StandardScaler,
  TimeSeriesSplit,
  VotingClassifier,
  VotingRegressor,
} from '../../lib/index.js';
import { dot, expectClose } from '../support/tolerance.js';

const { data, target } = loadIris();
const refused = { code: 'ERR_PARAMETER' };
const bayes = ['bayes', new GaussianNB()] as const;
const line = ['line', new LogisticRegression()] as const;
const stump = () => new DecisionTreeClassifier({ maxDepth: 1, randomState: 0 });

test.each<[string, () => Estimator]>([
  ['stacking of no models', () => new StackingClassifier([])],
  ['stacking of a regressor', () => new StackingClassifier([bayes, ['ridge', new Ridge()]])],
  ['stacking of dropped models only', () => new StackingClassifier([['bayes', 'drop']])],
  [
    'a final estimator of another kind',
    () => new StackingClassifier([bayes], { finalEstimator: new Ridge() }),
  ],
  ['an unknown method', () => new StackingClassifier([bayes], { stackMethod: 'logits' as never })],
  ['a method that a model lacks', () => new StackingClassifier([bayes], { stackMethod: 'decisionFunction' })],
  ['models that should be fitted', () => new StackingClassifier([bayes], { cv: 'prefit' })],
  ['folds that do not test every row', () => new StackingClassifier([bayes], { cv: new TimeSeriesSplit() })],
  ['bagging of a regressor', () => new BaggingClassifier({ estimator: new Ridge() })],
  ['out-of-bag rows without bootstrap', () => new BaggingClassifier({ bootstrap: false, oobScore: true })],
  ['more rows than there are', () => new BaggingClassifier({ bootstrap: false, maxSamples: 151 })],
  ['more columns than there are', () => new BaggingClassifier({ maxFeatures: 5 })],
  ['a share of 0', () => new BaggingClassifier({ maxSamples: 0 })],
  ['boosting of a regressor', () => new AdaBoostClassifier({ estimator: new Ridge() })],
  ['a learning rate of 0', () => new AdaBoostClassifier({ learningRate: 0 })],
  ['an unknown loss', () => new AdaBoostRegressor({ loss: 'huber' as never })],
  ['a bad parameter within', () => new BaggingClassifier({ estimator: new LogisticRegression({ C: -1 }) })],
])('%s: refused', async (_, make) => {
  await expect(make().fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('stacking refuses folds whose training rows lack a class', async () => {
  const model = new StackingClassifier([bayes], { cv: new KFold({ nSplits: 3 }) });
  await expect(model.fit(data, target)).rejects.toMatchObject({ code: 'ERR_LABELS' });
});

test('parts of a stack go by name in searches, and survive a file', async () => {
  const search = await new GridSearchCV<StackingClassifier>(
    new StackingClassifier([bayes, line], { finalEstimator: new LogisticRegression(), cv: 2 }),
    { line__C: [0.1, 10], finalEstimator__C: [1, 100], bayes: ['drop', new GaussianNB()] },
    { cv: 2 },
  ).fit(data, target);
  expect(search.cvResults.params.length).toBe(8);
  const copy = (await load(search.bestEstimator.toBytes())) as StackingClassifier;
  expect(copy.predictProbaSync(data).toArray()).toEqual(search.predictProbaSync(data).toArray());
});

test('fitted models are stacked as they are', async () => {
  const models = [await new GaussianNB().fit(data, target), await stump().fit(data, target)];
  const stack = new StackingClassifier(
    models.map((model, k) => [`model${k}`, model] as const),
    { cv: 'prefit' },
  );
  await stack.fit(data, target);
  const score = await stack.score(data, target);
  expect(score).toBeGreaterThan(0.9);
  await models[0].fit([[1], [2]], ['a', 'b']);
  expect(await ((await load(stack.toBytes())) as StackingClassifier).score(data, target)).toBe(score);
});

test('the final estimator is given what the method says', async () => {
  const width = async (options: object, y: ArrayLike<unknown> = target) => {
    const stack = new StackingClassifier([bayes, ['ridge', new RidgeClassifier()]], options);
    return (await stack.fit(data, y)).final.featureNamesIn;
  };
  expect(await width({})).toEqual(['bayes_0', 'bayes_1', 'bayes_2', 'ridge_0', 'ridge_1', 'ridge_2']);
  expect(await width({ stackMethod: 'predict' })).toEqual(['bayes', 'ridge']);
  const isFirst = Array.from(target, (label) => label === 0);
  expect(await width({ passthrough: true }, isFirst)).toEqual(['bayes', 'ridge', 'x0', 'x1', 'x2', 'x3']);
});

test('tables with text go through every ensemble', async () => {
  const table = {
    colour: Array.from(target, (label, i) => ['red', 'green', 'blue'][(label + Number(i % 7 === 0)) % 3]),
  };
  const base = () => makePipeline(new OneHotEncoder(), new GaussianNB());
  for (const model of [
    new StackingClassifier([['bayes', base()]], { cv: 3 }),
    new BaggingClassifier({ estimator: base(), nEstimators: 3, randomState: 0 }),
    new AdaBoostClassifier({ estimator: base(), nEstimators: 3, randomState: 0 }),
  ]) {
    await model.fit(table, target);
    expect(await model.score(table, target)).toBeGreaterThan(0.8);
  }
});

test('bagged models read the columns they drew, with seeds of their own', async () => {
  const estimator = new DecisionTreeClassifier({ maxFeatures: 1, randomState: 7 });
  const model = new BaggingClassifier({ estimator, nEstimators: 6, maxFeatures: 2, randomState: 1 });
  await model.fit(data, target);
  for (const [k, features] of model.estimatorsFeatures.entries()) {
    expect(new Set(features).size).toBe(2);
    expect(model.estimators[k].featureNamesIn).toEqual(Array.from(features, (j) => `x${j}`));
  }
  const seeds = model.estimators.map(({ params }) => (params as { randomState: number }).randomState);
  expect(new Set(seeds).size).toBe(6);
  expect(estimator.params.randomState).toBe(7);
});

test('out-of-bag values leave out what every model drew', async () => {
  const { data: X, target: y } = loadDiabetes();
  const model = new BaggingRegressor({ nEstimators: 2, oobScore: true, randomState: 0 });
  await model.fit(X, y);
  const missing = model.oobPrediction.filter(Number.isNaN).length / y.length;
  expect(missing).toBeGreaterThan(0.3);
  expect(missing).toBeLessThan(0.5);
  expect(model.oobScore).toBeLessThan(0.5);
  expect(() => new BaggingRegressor().oobScore).toThrow(expect.objectContaining({ code: 'ERR_NOT_FITTED' }));
  const without = await new BaggingRegressor({ nEstimators: 2 }).fit(X, y);
  expect(() => without.oobScore).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
});

test('bagging gives every class its column, whatever the models drew', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => [i]);
  const y = rows.map(([i]) => (i === 0 ? 'rare' : i < 20 ? 'low' : 'top'));
  const model = new BaggingClassifier({ nEstimators: 5, maxSamples: 3, randomState: 2 });
  await model.fit(rows, y);
  const proba = await model.predictProba(rows);
  expect(proba.cols).toBe(3);
  for (let i = 0; i < rows.length; i++)
    expect(Array.from(proba.row(i)).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  const one = new BaggingClassifier({ nEstimators: 2, maxSamples: 1, randomState: 2 });
  await expect(one.fit(rows, y)).rejects.toMatchObject({ code: 'ERR_LABELS' });
});

test('a warm start adds the models that the seed would have drawn next', async () => {
  const { data, target } = loadIris();
  const params = { maxSamples: 0.5, maxFeatures: 2, randomState: 4 };
  const whole = await new BaggingClassifier({ ...params, nEstimators: 7 }).fit(data, target);
  const warm = new BaggingClassifier({ ...params, nEstimators: 3, warmStart: true });
  await warm.fit(data, target);
  const [first] = warm.estimators;
  await warm.setParams({ nEstimators: 7 }).fit(data, target);
  expect(warm.estimators[0]).toBe(first);
  expect(await warm.predictProba(data)).toEqual(await whole.predictProba(data));
  expect(warm.estimatorsSamples).toEqual(whole.estimatorsSamples);
  expect(warm.estimatorsSamples.map((rows) => rows.length)).toEqual(Array(7).fill(75));
  await expect(warm.setParams({ nEstimators: 2 }).fit(data, target)).rejects.toMatchObject(refused);
  await expect(warm.setParams({ nEstimators: 9 }).fit(data.columns([0, 1]), target)).rejects.toMatchObject(
    refused,
  );
  await expect(warm.setParams({ oobScore: true }).fit(data, target)).rejects.toMatchObject(refused);
  expect(warm.estimators.length).toBe(7);
  const loaded = (await load(warm.toBytes())) as BaggingClassifier;
  expect(() => loaded.estimatorsSamples).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
});

test('rows of weight 0 are not drawn', async () => {
  const sampleWeight = Float64Array.from(target, (label, i) => (label === 2 ? 0 : 1 + (i % 2)));
  const bag = new BaggingClassifier({ nEstimators: 5, randomState: 0 });
  await bag.fit(data, target, { sampleWeight });
  expect(new Set(bag.predictSync(data))).toEqual(new Set([0, 1]));
  const few = new BaggingClassifier({ bootstrap: false });
  await expect(few.fit(data, target, { sampleWeight })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('the last stage of boosting is the whole of it', async () => {
  const model = await new AdaBoostClassifier({ nEstimators: 7, randomState: 0 }).fit(data, target);
  const [decisions, stages] = [[], []] as [number[][][], unknown[]];
  for await (const decision of model.stagedDecisionFunction(data)) decisions.push(decision.toArray());
  for await (const labels of model.stagedPredict(data)) stages.push(labels);
  const scores = [];
  for await (const score of model.stagedScore(data, target)) scores.push(score);
  expect(scores.at(-1)).toBe(await model.score(data, target));
  expect(scores.length).toBe(stages.length);
  expect(stages.length).toBe(model.estimators.length);
  expect(stages.at(-1)).toEqual(model.predictSync(data));
  const whole = (await model.decisionFunction(data)).toArray();
  decisions
    .at(-1)!
    .flat()
    .forEach((value, k) => {
      expect(value).toBeCloseTo(whole.flat()[k], 12);
    });
  expect(model.featureImportances.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);

  const { data: X, target: y } = loadDiabetes();
  const numbers = await new AdaBoostRegressor({ nEstimators: 5, randomState: 0 }).fit(X, y);
  const values = [];
  for await (const value of numbers.stagedPredict(X)) values.push(value);
  let last = 0;
  for await (const score of numbers.stagedScore(X, y)) last = score;
  expect(last).toBe(await numbers.score(X, y));
  expect(values.at(-1)).toEqual(numbers.predictSync(X));
});

test('boosting ends at a model without errors, and refuses one that guesses', async () => {
  const perfect = new AdaBoostClassifier({ estimator: new DecisionTreeClassifier(), nEstimators: 9 });
  await perfect.fit([[0], [1], [2], [3]], ['a', 'a', 'b', 'b']);
  expect([perfect.estimators.length, perfect.estimatorErrors]).toEqual([1, Float64Array.of(0)]);
  const noise = new AdaBoostClassifier({ estimator: new GaussianNB({ priors: [0.5, 0.5] }) });
  const blind = noise.fit([[1], [1], [1], [1]], ['a', 'b', 'a', 'b']);
  await expect(blind).rejects.toMatchObject({ code: 'ERR_LABELS' });
  const exact = new AdaBoostRegressor({ estimator: new DecisionTreeRegressor(), randomState: 0 });
  await exact.fit([[0], [1]], [5, 5]);
  expect(exact.estimators.length).toBe(1);
  expect(Array.from(exact.predictSync([[7]]))).toEqual([5]);
});

test('stacked numbers, and progress by fit', async () => {
  const { data: X, target: y } = loadDiabetes();
  const counts: number[] = [];
  const stack = new StackingRegressor([['ridge', new Ridge()]], { cv: 3 });
  await stack.fit(X, y, { onProgress: ({ done }) => counts.push(done) });
  expect(counts).toEqual([1, 2, 3, 4]);
  expect(stack.final.constructor.name).toBe('RidgeCV');
  const signal = AbortSignal.abort();
  await expect(stack.fit(X, y, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});

test('bags of models with decisions give the mean of these', async () => {
  const estimator = new LogisticRegression();
  for (const y of [target, target.map((code) => Number(code === 1))]) {
    const model = new BaggingClassifier({ estimator, nEstimators: 3, randomState: 0 });
    await model.fit(data, y);
    const said = await model.decisionFunction(data);
    const models = model.estimators as LogisticRegression[];
    const each = await Promise.all(models.map((one) => one.decisionFunction(data)));
    expectClose(
      said.data,
      said.data.map((_, k) => each.reduce((sum, one) => sum + one.data[k], 0) / 3),
      dot(3, 20, 1),
    );
  }
  const trees = await new BaggingClassifier({ nEstimators: 2, randomState: 0 }).fit(data, target);
  await expect(trees.decisionFunction(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  const few = new BaggingClassifier({ estimator, nEstimators: 4, maxSamples: 3, randomState: 0 });
  await few.fit(data, target);
  expect(
    few.estimators.some(({ schema }) => schema.target.kind === 'class' && schema.target.classes.length < 3),
  ).toBe(true);
  await expect(few.decisionFunction(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});

test('weights of rows are not lost on models that have no use for them', async () => {
  const none = { code: 'ERR_NOT_SUPPORTED' };
  const near = new KNeighborsClassifier();
  const sampleWeight = Array.from(target, (_, i) => 1 + (i % 2));
  for (const estimator of [near, makePipeline(new StandardScaler(), near), new NearestCentroid()])
    await expect(new AdaBoostClassifier({ estimator }).fit(data, target)).rejects.toMatchObject(none);
  const voting = new VotingClassifier([['near', near], bayes]);
  await expect(voting.fit(data, target, { sampleWeight })).rejects.toMatchObject(none);
  expect((await voting.fit(data, target)).isFitted).toBe(true);
  const lines = new VotingRegressor([
    ['lars', new Lars()],
    ['ridge', new Ridge()],
  ]);
  await expect(lines.fit(data, target, { sampleWeight })).rejects.toMatchObject(none);
});

test('frozen models learn from no weights: they vote with them, but are not boosted', async () => {
  const sampleWeight = Array.from(target, (_, i) => 1 + (i % 2));
  for (const model of [new KNeighborsClassifier(), new GaussianNB()]) {
    const frozen = new FrozenEstimator(await model.fit(data, target));
    const voting = new VotingClassifier([['frozen', frozen], bayes], { weights: [1, 0] });
    await voting.fit(data, target, { sampleWeight });
    expect(voting.predictSync(data)).toEqual(model.predictSync(data));
    const boosted = new AdaBoostClassifier({ estimator: frozen });
    await expect(boosted.fit(data, target)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  }
});

test('a stack uses weights of rows when one of its models does, or its final estimator', async () => {
  const sampleWeight = Array.from(target, (_, i) => 1 + (i % 2));
  const near = new KNeighborsClassifier();
  const nearest: NamedModel = ['near', near];
  const fit = (estimators: NamedModel[], options: object) =>
    new VotingClassifier([['stack', new StackingClassifier(estimators, options)]]).fit(data, target, {
      sampleWeight,
    });
  expect((await fit([nearest], {})).isFitted).toBe(true);
  expect((await fit([nearest, bayes], { finalEstimator: near })).isFitted).toBe(true);
  const none = { code: 'ERR_NOT_SUPPORTED' };
  await expect(fit([nearest], { finalEstimator: near })).rejects.toMatchObject(none);
  const fitted: NamedModel = ['bayes', await new GaussianNB().fit(data, target)];
  const prefit = { finalEstimator: near, cv: 'prefit' };
  await expect(fit([fitted], prefit)).rejects.toMatchObject(none);
  const wrong = new StackingClassifier([bayes], { finalEstimator: 5, passthrough: true } as never);
  await expect(wrong.fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});
