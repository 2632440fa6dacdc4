/** Properties and errors of FrozenEstimator; golden values are in test/golden/delegates.test.ts. */
import { describe, expect, test } from 'vitest';
import {
  CalibratedClassifierCV,
  CountVectorizer,
  crossValScore,
  FixedThresholdClassifier,
  FrozenEstimator,
  GaussianNB,
  KMeans,
  LogisticRegression,
  load,
  loadBreastCancer,
  loadIris,
  Matrix,
  MultinomialNB,
  MultiOutputClassifier,
  Pipeline,
  Ridge,
  SelectFromModel,
  StandardScaler,
  TransformedTargetRegressor,
  VotingClassifier,
} from '../../lib/index.js';

const { data, target } = loadIris();
const model = await new LogisticRegression().fit(data, target);
const frozen = new FrozenEstimator(model);
const code = (expected: string) => expect.objectContaining({ code: expected });
const others = Array.from(target, (label) => 2 - label);

test('it is fitted at once, and stays as it is', async () => {
  const own = await new LogisticRegression().fit(data, target);
  const kept = new FrozenEstimator(own);
  const before = kept.predictProbaSync(data);
  await own.fit(data, others);
  await kept.fit(data, others);
  await kept.fit();
  await kept.fit(data, null);
  expect(kept.predictProbaSync(data)).toEqual(before);
  expect(kept.clone().predictProbaSync(data)).toEqual(before);
  expect(kept.estimator.coef).toEqual(model.coef);
  expect(kept.compile().runSync(data)).toEqual(model.compile().runSync(data));
  const loaded = (await load(kept.toBytes())) as FrozenEstimator;
  expect(loaded.predictProbaSync(data)).toEqual(before);
  expect(loaded.clone().isFitted).toBe(true);
});

describe('within other estimators', () => {
  test('a pipeline, as a step and as its end', async () => {
    const scaler = await new StandardScaler().fit(data);
    const scaled = await scaler.transform(data);
    const inner = await new LogisticRegression().fit(scaled, target);
    const pipeline = new Pipeline([
      ['scale', new FrozenEstimator(scaler)],
      ['model', new FrozenEstimator(inner)],
    ]);
    await pipeline.fit(data.slice(0, 120), Array.from(target).slice(0, 120));
    expect(await pipeline.predict(data)).toEqual(await inner.predict(scaled));
    expect((await load(pipeline.toBytes())).compile().runSync(data)).toEqual(
      pipeline.compile().runSync(data),
    );
    expect(new FrozenEstimator(scaler).getFeatureNamesOut()).toEqual(scaler.getFeatureNamesOut());
  });

  test('votes, selections, thresholds, targets and cross-validation', async () => {
    const voting = await new VotingClassifier([['one', frozen]]).fit(data, target);
    expect(await voting.predict(data)).toEqual(await model.predict(data));
    const selector = await new SelectFromModel(frozen).fit(data, target);
    expect(selector.selected).toEqual(
      (await new SelectFromModel(model, { prefit: true }).fit(data)).selected,
    );
    const ridge = new FrozenEstimator(await new Ridge().fit(data, target));
    const bent = new TransformedTargetRegressor(ridge, { func: 'expm1', inverseFunc: 'log1p' });
    await bent.fit(data, target);
    expect(bent.predictSync(data)[0]).toBeCloseTo(Math.log1p(ridge.estimator.predictSync(data)[0]), 12);
    const scores = await crossValScore(frozen, data, target, { cv: 3 });
    const mean = scores.reduce((sum, score) => sum + score, 0) / 3;
    expect(mean).toBeCloseTo(await model.score(data, target), 12);
    const cancer = loadBreastCancer();
    const two = await new LogisticRegression({ maxIter: 5000 }).fit(cancer.data, cancer.target);
    const sure = new FixedThresholdClassifier(new FrozenEstimator(two), { threshold: 0.5 });
    await sure.fit(cancer.data, cancer.target);
    expect(await sure.predict(cancer.data)).toEqual(await two.predict(cancer.data));
  });

  test('calibration on documents', async () => {
    const texts = ['good', 'very good', 'fine', 'bad', 'very bad', 'poor', 'good fine', 'bad poor'];
    const labels = ['+', '+', '+', '-', '-', '-', '+', '-'];
    const steps = [
      ['words', new CountVectorizer()],
      ['bayes', new MultinomialNB()],
    ] as const;
    const words = new FrozenEstimator(await new Pipeline(steps).fit(texts as never, labels));
    const calibrated = await new CalibratedClassifierCV(words, { cv: 2 }).fit(texts as never, labels);
    expect(calibrated.models).toHaveLength(1);
    expect(await calibrated.predict(['good', 'poor'] as never)).toEqual(['+', '-']);
  });

  test('clusters', async () => {
    const clusters = await new KMeans({ nClusters: 3, randomState: 0 }).fit(data);
    expect(await new FrozenEstimator(clusters).predict(data)).toEqual(await clusters.predict(data));
  });
});

test('labels may be a column, or several', async () => {
  const column = Matrix.from(Array.from(target, (label) => [label]));
  await expect(frozen.fit(data, column)).resolves.toBe(frozen);
  const pairs = Array.from(target, (label) => [label, label === 1 ? 'yes' : 'no']);
  const several = new FrozenEstimator(await new MultiOutputClassifier(new GaussianNB()).fit(data, pairs));
  await expect(several.fit(data, pairs)).resolves.toBe(several);
  expect(await several.predict(data)).toEqual(await several.estimator.predict(data));
  const wrong = pairs.map(([label]) => [label, 'no']);
  await expect(several.fit(data, wrong)).rejects.toThrow(code('ERR_LABELS'));
});

test.each<[string, () => unknown, string]>([
  ['a model that is not fitted', () => new FrozenEstimator(new Ridge()).fit(), 'ERR_NOT_FITTED'],
  ['its predictions', () => new FrozenEstimator(new Ridge()).predict(data), 'ERR_NOT_FITTED'],
  ['no estimator', () => new FrozenEstimator({} as never).fit(), 'ERR_PARAMETER'],
  [
    'labels that it does not know',
    () =>
      frozen.fit(
        data,
        others.map(() => 7),
      ),
    'ERR_LABELS',
  ],
  [
    'fewer labels than it knows',
    () => new VotingClassifier([['one', frozen]]).fit(data.slice(0, 100), Array.from(target).slice(0, 100)),
    'ERR_LABELS',
  ],
  ['rows of labels that are none', () => several([[0, 1], null]), 'ERR_SHAPE'],
  [
    'too many columns of labels',
    () => several(Array.from(target, (label) => [label, label, 0])),
    'ERR_SHAPE',
  ],
  ['one column of labels', () => several(target), 'ERR_SHAPE'],
  ['other columns', () => new Pipeline([['model', frozen]]).fit(data.columns([0, 1]), target), 'ERR_SHAPE'],
  ['probabilities of a regressor', () => notProbable(), 'ERR_NOT_SUPPORTED'],
])('it refuses %s', async (_, run, expected) => {
  await expect(Promise.resolve().then(run)).rejects.toThrow(code(expected));
});

test('it refuses parameters of the model, and takes another model', async () => {
  const copy = new FrozenEstimator(model);
  expect(() => copy.setParams({ estimator__C: 2 })).toThrow(code('ERR_PARAMETER'));
  const other = await new LogisticRegression({ C: 0.01 }).fit(data, target);
  expect(copy.setParams({ estimator: other }).predictProbaSync(data)).toEqual(other.predictProbaSync(data));
});

async function several(y: unknown) {
  const pairs = Array.from(target, (label) => [label, label]);
  const both = await new MultiOutputClassifier(new GaussianNB()).fit(data, pairs);
  return new FrozenEstimator(both).fit(data, y as never);
}

async function notProbable() {
  return new FrozenEstimator(await new Ridge().fit(data, target)).predictProba(data);
}
