/** Golden values of what rests on neighbours: predictions, searches, outliers, clusters, imputed values. */
import { expect, test } from 'vitest';
import {
  DBSCAN,
  HDBSCAN,
  KNeighborsClassifier,
  KNeighborsRegressor,
  KNNImputer,
  LocalOutlierFactor,
  NearestCentroid,
  NearestNeighbors,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  params: Record<string, never>;
  input: GoldenInput;
}
interface Golden {
  predictions: (Case & { estimator: string; labels?: number[]; proba?: number[][]; values?: number[] })[];
  searches: (Case & {
    distances: number[][];
    indices: number[][];
    own: number[][];
    within: { radius: number; offsets: number[]; indices: number[] };
  })[];
  outliers: (Case & { factor: number[]; offset: number; labels: number[]; scores: number[] })[];
  clusters: (Case & {
    estimator: string;
    labels: number[];
    sampleWeight?: number[];
    core?: number[];
    probabilities?: number[];
  })[];
  centroids: (Case & {
    centroids: number[];
    deviations: number[];
    labels: number[];
    proba?: number[][];
    decision?: (number | number[])[];
  })[];
  imputed: (Case & { rows: number[][] })[];
}
const CLASSIFIERS: Record<string, typeof KNeighborsClassifier | typeof RadiusNeighborsClassifier> = {
  KNeighborsClassifier,
  RadiusNeighborsClassifier,
};
const REGRESSORS: Record<string, typeof KNeighborsRegressor | typeof RadiusNeighborsRegressor> = {
  KNeighborsRegressor,
  RadiusNeighborsRegressor,
};
const golden = readGolden<Golden>('neighbors');
// Distances of rows are the same up to rounding, and so is what follows from them.
const ROUNDED = iterative(1e-11);
// scikit-learn's squares of distances cancel where rows are near: |x|^2 + |y|^2 - 2xy.
const CANCELLED = iterative(1e-7);

test.each(golden.centroids)('$name', async ({ params, input, labels, proba, decision, ...expected }) => {
  const { X, y, test: rows } = rowsOf(input);
  const model = await new NearestCentroid(params as object).fit(X, y);
  expectClose(Array.from(model.centroids.row(0)), expected.centroids, ROUNDED, 'centroids');
  expectClose(Array.from(model.deviations.row(0)), expected.deviations, iterative(1e-9), 'deviations');
  expect((await model.predict(rows)).slice(0, labels.length)).toEqual(labels);
  if (proba === undefined || decision === undefined) return;
  expectClose(head(await model.predictProba(rows), proba), proba, CANCELLED, 'proba');
  const decided = decision.map((row) => [row].flat());
  expectClose(head(await model.decisionFunction(rows), decided), decided, CANCELLED, 'decision');
});

test.each(golden.predictions)('$name', async ({ estimator, params, input, labels, proba, values }) => {
  const { X, y, test: rows } = rowsOf(input);
  if (labels !== undefined) {
    const model = await new CLASSIFIERS[estimator](params as object).fit(X, y);
    expect((await model.predict(rows)).slice(0, labels.length)).toEqual(labels);
    expectClose(head(await model.predictProba(rows), proba!), proba!, CANCELLED, 'proba');
  } else {
    const model = await new REGRESSORS[estimator](params as object).fit(X, y);
    const predicted = Array.from(await model.predict(rows)).slice(0, values!.length);
    expectClose(predicted, values!, CANCELLED, 'values');
  }
});

test.each(golden.searches)('$name', async ({ params, input, distances, indices, own, within }) => {
  const { X, test: rows } = rowsOf(input);
  const search = await new NearestNeighbors(params as object).fit(X);
  const found = await search.kneighbors(rows);
  expectClose(head(found.distances, distances), distances, CANCELLED, 'distances');
  expect(Array.from(found.indices).slice(0, 4 * indices.length)).toEqual(indices.flat());
  const others = await search.kneighbors();
  expect(Array.from(others.indices).slice(0, 4 * own.length)).toEqual(own.flat());
  const near = await search.radiusNeighbors(rows, { radius: within.radius, sortResults: true });
  expect(Array.from(near.offsets).slice(0, within.offsets.length)).toEqual(within.offsets);
  expect(Array.from(near.indices).slice(0, within.indices.length)).toEqual(within.indices);
});

test.each(golden.outliers)('$name', async ({ params, input, factor, offset, labels, scores }) => {
  const { X, test: rows } = rowsOf(input);
  const model = new LocalOutlierFactor(params as object);
  expect(await model.fitPredict(X)).toEqual(labels);
  expectClose(model.negativeOutlierFactor.slice(0, factor.length), factor, CANCELLED, 'factors');
  expectClose([model.offset], [offset], CANCELLED, 'offset');
  const novelty = await new LocalOutlierFactor({ ...(params as object), novelty: true }).fit(X);
  expectClose((await novelty.scoreSamples(rows)).slice(0, scores.length), scores, CANCELLED, 'scores');
});

test.each(golden.clusters)('$name', async ({ estimator, params, input, sampleWeight, ...expected }) => {
  const { X } = rowsOf(input);
  if (estimator === 'DBSCAN') {
    const model = await new DBSCAN(params as object).fit(X, undefined, { sampleWeight });
    expect(Array.from(model.labels)).toEqual(expected.labels);
    expect(Array.from(model.coreSampleIndices)).toEqual(expected.core);
  } else {
    const model = await new HDBSCAN(params as object).fit(X);
    expect(Array.from(model.labels)).toEqual(expected.labels);
    const { probabilities } = expected;
    expectClose(
      model.probabilities.slice(0, probabilities!.length),
      probabilities!,
      ROUNDED,
      'probabilities',
    );
  }
});

test.each(golden.imputed)('$name', async ({ params, input, rows }) => {
  const { X, test: missing } = rowsOf(input);
  const imputer = await new KNNImputer(params as object).fit(X);
  expectClose(head(await imputer.transform(missing), rows), rows, CANCELLED, 'rows');
});
