/** Golden values of estimators and folds that are given distances or kernels of rows. */
import { expect, test } from 'vitest';
import {
  crossValScore,
  DBSCAN,
  type FloatArray,
  GridSearchCV,
  HDBSCAN,
  KNeighborsClassifier,
  KNeighborsRegressor,
  type Label,
  LocalOutlierFactor,
  type Matrix,
  NuSVC,
  NuSVR,
  OneClassSVM,
  Pipeline,
  pairwiseDistances,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  SVC,
  SVR,
  silhouetteScore,
  trustworthiness,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const CLASSIFIERS = {
  ...{ NuSVC, SVC, KNeighborsClassifier: KNeighborsClassifier<Label> },
  RadiusNeighborsClassifier: RadiusNeighborsClassifier<Label>,
};
const CLASSES = {
  ...{ ...CLASSIFIERS, DBSCAN, HDBSCAN, LocalOutlierFactor, NuSVR, OneClassSVM, SVR },
  KNeighborsRegressor: KNeighborsRegressor<FloatArray>,
  RadiusNeighborsRegressor: RadiusNeighborsRegressor<FloatArray>,
};

interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: object;
  between: keyof typeof BETWEEN;
  input: DatasetRef;
}
interface Golden {
  cases: (Case & { outputs: Record<string, unknown>; learned: Record<string, unknown> })[];
  folds: (Case & { estimator: keyof typeof CLASSIFIERS; scores: number[]; searched: number[] })[];
  cuts: (Pick<Case, 'name' | 'params' | 'input'> & {
    cuts: { at: number; least: number; labels: number[] }[];
    centroids: number[][];
    medoids: number[][];
  })[];
  layouts: {
    name: string;
    input: DatasetRef;
    classes: number[];
    trustworthiness: number;
    silhouette: number;
  }[];
}
const golden = readGolden<Golden>('precomputed');
const BETWEEN = {
  distances: pairwiseDistances,
  kernel: (a: Matrix, b: Matrix) =>
    a
      .matmul(b, { transposeB: true })
      .add(1)
      .pow(2)
      .mul(1 / a.cols),
};
// Distances differ in their last bits, and solvers stop at 1e-7.
const CLOSE = iterative(1e-5);

test.each(golden.cases)('$name', async ({ estimator, params, between, input, outputs, learned }) => {
  const { X, y } = loadRef(input);
  const { train, test } = split(X.rows);
  const rows = X.takeRows(train);
  const at = BETWEEN[between];
  const model = await new CLASSES[estimator](params).fit(
    at(rows, rows),
    Array.from(train, (i) => y[i]),
  );
  const known = model as unknown as Record<string, unknown>;
  const others = at(X.takeRows(test.slice(0, 8)), rows);
  for (const [name, expected] of Object.entries(learned)) {
    if (name === 'labels' || name === 'coreSampleIndices')
      expect(Array.from(known[name] as Int32Array), name).toEqual(expected);
    else expectClose(plain(known[name]), expected, CLOSE, name);
  }
  for (const [name, expected] of Object.entries(outputs)) {
    const method = known[name] as (X: Matrix) => Promise<unknown>;
    const flat = (value: unknown) => (plain(value) as number[][]).flat();
    expectClose(flat(await method.call(model, others)), flat(expected), CLOSE, name);
  }
});

test.each(golden.folds)('folds of $name', async ({ estimator, params, between, input, scores, searched }) => {
  const { X, y } = loadRef(input);
  const matrix = BETWEEN[between](X, X);
  const model = new CLASSIFIERS[estimator](params);
  const pipeline = new Pipeline([['model', model]]);
  expectClose(await crossValScore(pipeline, matrix, y, { cv: 4 }), scores, CLOSE, 'scores');
  const grid: Record<string, readonly unknown[]> =
    between === 'kernel' ? { C: [0.01, 1] } : { nNeighbors: [1, 5] };
  const search = await new GridSearchCV(model, grid, { cv: 3 }).fit(matrix.toArray(), y);
  expectClose(search.cvResults.meanTestScore, searched, CLOSE, 'searched');
  expect((await search.predict(matrix)).length).toBe(X.rows);
});

test.each(golden.cuts)('centres and cuts of $name', async ({ params, input, cuts, centroids, medoids }) => {
  const { X } = loadRef(input);
  const model = await new HDBSCAN(params).fit(X.takeRows(split(X.rows).train));
  for (const { at, least, labels } of cuts) {
    const found = model.dbscanClustering(at, { minClusterSize: least });
    expect(Array.from(found), `cut at ${at}`).toEqual(labels);
  }
  expectClose(model.centroids.toArray(), centroids, CLOSE, 'centroids');
  expectClose(model.medoids.toArray(), medoids, CLOSE, 'medoids');
});

test.each(golden.layouts)('metrics of the distances of $name', async ({ input, classes, ...expected }) => {
  const { X } = loadRef(input);
  const distances = pairwiseDistances(X);
  const options = { nNeighbors: 7, metric: 'precomputed' } as const;
  const trusted = await trustworthiness(
    distances,
    X.columns(Array.from({ length: Math.ceil(X.cols / 2) }, (_, k) => 2 * k)),
    options,
  );
  expect(trusted).toBeCloseTo(expected.trustworthiness, 12);
  const silhouette = await silhouetteScore(distances, classes, { metric: 'precomputed' });
  expect(silhouette).toBeCloseTo(expected.silhouette, 12);
});

function plain(value: unknown): unknown {
  if (typeof value === 'number') return value;
  return typeof (value as Matrix).toArray === 'function'
    ? (value as Matrix).toArray()
    : Array.from(value as Float64Array);
}
