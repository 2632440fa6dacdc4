/** Cross-validation, importances, selection and scores of models that learn without y, or have a score of their own. */
import { expect, test } from 'vitest';
import {
  crossValPredict,
  crossValScore,
  DBSCAN,
  EllipticEnvelope,
  FrozenEstimator,
  GaussianMixture,
  GridSearchCV,
  IsolationForest,
  KMeans,
  LinearRegression,
  LogisticRegression,
  loadDiabetes,
  loadIris,
  Matrix,
  makePipeline,
  PCA,
  PoissonRegressor,
  permutationImportance,
  RFE,
  SequentialFeatureSelector,
  StandardScaler,
} from '../../lib/index.js';

const { data, target } = loadIris();
const part = data.takeRows(Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 150));
const kmeans = () => new KMeans({ nClusters: 2, randomState: 0, nInit: 1 });
const code = (name: string) => expect.objectContaining({ code: name });
const unsupported = code('ERR_NOT_SUPPORTED');

test('crossValPredict of what learns without y', async () => {
  const cv = [
    {
      train: Int32Array.from({ length: 30 }, (_, i) => i),
      test: Int32Array.from({ length: 30 }, (_, i) => i + 30),
    },
    {
      train: Int32Array.from({ length: 30 }, (_, i) => i + 30),
      test: Int32Array.from({ length: 30 }, (_, i) => i),
    },
  ];
  const clusters = await crossValPredict(kmeans(), part, undefined, { cv });
  const second = part.takeRows(cv[0].test);
  const model = await kmeans().fit(part.takeRows(cv[0].train));
  expect(clusters).toBeInstanceOf(Int32Array);
  expect(clusters.subarray(30)).toEqual(await model.predict(second));
  expect(await crossValPredict(kmeans(), part, target.slice(0, 60), { cv })).toEqual(clusters);
  const mixture = new GaussianMixture({ nComponents: 2, randomState: 0 });
  for (const own of [mixture, makePipeline(new StandardScaler(), mixture)]) {
    const shares = await crossValPredict(own, part, null, { cv, method: 'predictProba' });
    expect(shares).toMatchObject({ rows: 60, cols: 2 });
  }
  const detector = new IsolationForest({ nEstimators: 3, randomState: 0 });
  expect(await crossValPredict(detector, part, null, { cv })).toHaveLength(60);
  await expect(crossValPredict(new LogisticRegression(), part)).rejects.toEqual(code('ERR_PARAMETER'));
  for (const without of [new PCA(), new DBSCAN()])
    await expect(crossValPredict(without as never, part)).rejects.toEqual(unsupported);
});

test('permutationImportance and SequentialFeatureSelector of what learns without y', async () => {
  const X = Matrix.from(part.toArray().map(([a, , c]) => [100 * c, a / 100]));
  const model = await kmeans().fit(X);
  for (const y of [undefined, null]) {
    const { importancesMean } = await permutationImportance(model, X, y, {
      randomState: 0,
      nRepeats: 2,
    });
    expect(importancesMean[0]).toBeGreaterThan(importancesMean[1]);
  }
  const some = await permutationImportance(model, X, null, { maxSamples: 50, nRepeats: 1 });
  expect(some.importancesMean).toHaveLength(2);
  // By minus the squared distances, the column that hardly varies is best.
  expect((await new SequentialFeatureSelector(kmeans(), { cv: 2 }).fit(X)).getSupport()).toEqual([
    false,
    true,
  ]);
  const outliers = new SequentialFeatureSelector(new IsolationForest({ nEstimators: 2 }), { cv: 2 });
  await expect(outliers.fit(X)).rejects.toEqual(unsupported);
  const classes = new SequentialFeatureSelector(new LogisticRegression(), { cv: 2 });
  await expect(classes.fit(X)).rejects.toEqual(code('ERR_PARAMETER'));
});

test('a pipeline has the score of a search at its end', async () => {
  const search = new GridSearchCV(kmeans(), { nClusters: [2, 3] }, { cv: 2 });
  const pipeline = await makePipeline(new StandardScaler(), search).fit(part);
  const { rows, best } = await scaledBy(pipeline);
  expect(await pipeline.score(part)).toBe(await best.score(rows));
  expect(await new FrozenEstimator(pipeline).score(part)).toBe(await best.score(rows));
  const losses = new GridSearchCV(new LogisticRegression(), { C: [1] }, { cv: 2, scoring: 'negLogLoss' });
  const classifier = await makePipeline(new StandardScaler(), losses).fit(data, target);
  expect(await classifier.score(data, target)).toBeLessThan(0);
});

async function scaledBy(pipeline: { readonly namedSteps: object }) {
  const { standardscaler, gridsearchcv } = pipeline.namedSteps as Record<string, never>;
  return {
    rows: await (standardscaler as StandardScaler).transform(part),
    best: gridsearchcv as GridSearchCV,
  };
}

test('a pipeline has the score of a generalised linear model at its end, not R2', async () => {
  const diabetes = loadDiabetes();
  const scaled = await new StandardScaler().fitTransform(diabetes.data);
  const alone = await new PoissonRegressor().fit(scaled, diabetes.target);
  const wanted = await alone.score(scaled, diabetes.target);
  for (const last of [new PoissonRegressor(), new RFE(new PoissonRegressor(), { nFeaturesToSelect: 10 })]) {
    const pipeline = await makePipeline(new StandardScaler(), last).fit(diabetes.data, diabetes.target);
    expect(await pipeline.score(diabetes.data, diabetes.target)).toBeCloseTo(wanted, 12);
  }
  const plain = await makePipeline(new StandardScaler(), new LinearRegression()).fit(
    diabetes.data,
    diabetes.target,
  );
  expect(plain.tags.ownScore).toBeUndefined();
});

test('weights count in the score of pipelines that end in a mixture or in PCA, and have one number a row', async () => {
  const weights = Float64Array.from({ length: part.rows }, (_, i) => i % 3);
  for (const last of [new GaussianMixture({ randomState: 0 }), new PCA({ nComponents: 2 })]) {
    const pipeline = await makePipeline(new StandardScaler(), last).fit(part);
    const scores = await pipeline.scoreSamples(part);
    const sum = Array.from(scores).reduce((all, score, i) => all + weights[i] * score, 0);
    const weighted = await pipeline.score(part, null, { sampleWeight: weights });
    expect(weighted).toBeCloseTo(sum / weights.reduce((all, weight) => all + weight, 0), 10);
    await expect(pipeline.score(part, null, { sampleWeight: [1] })).rejects.toEqual(code('ERR_SHAPE'));
    const alone = await last.clone().fit(part);
    await expect(alone.score(part, null, { sampleWeight: [1] })).rejects.toEqual(code('ERR_SHAPE'));
    expect(await alone.score(part, null, { sampleWeight: weights })).not.toBe(await alone.score(part));
  }
});

test('a pipeline has no score where the outlier detector at its end has none', async () => {
  const forest = () =>
    makePipeline(new StandardScaler(), new IsolationForest({ nEstimators: 2, randomState: 0 }));
  const y = new Array(part.rows).fill(1);
  await expect(crossValScore(forest(), part)).rejects.toEqual(unsupported);
  await expect((await forest().fit(part)).score(part, y)).rejects.toEqual(unsupported);
  const envelope = await makePipeline(new StandardScaler(), new EllipticEnvelope({ randomState: 0 })).fit(
    part,
  );
  expect(await envelope.score(part, y)).toBeGreaterThan(0.8);
});
