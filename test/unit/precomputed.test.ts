/** Estimators that are given distances or kernels of rows; values are compared with scikit-learn's in test/golden. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import {
  AdaBoostRegressor,
  AgglomerativeClustering,
  BaggingClassifier,
  BaggingRegressor,
  CalibratedClassifierCV,
  CsrMatrix,
  crossValPredict,
  crossValScore,
  DBSCAN,
  HDBSCAN,
  KNeighborsClassifier,
  KNeighborsRegressor,
  LocalOutlierFactor,
  learningCurve,
  load,
  type Matrix,
  makeBlobs,
  NearestNeighbors,
  OneVsOneClassifier,
  OneVsRestClassifier,
  pairwiseDistances,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  StackingClassifier,
  SVC,
  TSNE,
  trustworthiness,
  UMAP,
  VotingClassifier,
} from '../../lib/index.js';

const blobs = makeBlobs({ nSamples: 90, nFeatures: 3, centers: 3, clusterStd: 2, randomState: 5 });
const GIVEN = { metric: 'precomputed' } as const;
const MANHATTAN = { metric: 'manhattan' } as const;
const code = (name: string) => expect.objectContaining({ code: name });

describe.each(['float32', 'float64'] as const)('distances of %s', (dtype) => {
  const X = blobs.X.astype(dtype);
  const { y } = blobs;
  const distances = pairwiseDistances(X, null, MANHATTAN);
  const [train, test] = [X.slice(0, 60), X.slice(60, 90)];
  const own = pairwiseDistances(train, null, MANHATTAN);
  const others = pairwiseDistances(test, train, MANHATTAN);

  it('give the predictions of rows', async () => {
    const [labels, targets] = [y.slice(0, 60), y.slice(0, 60).map((label) => label * 2.5)];
    const plain = { ...MANHATTAN, algorithm: 'brute', weights: 'distance' } as const;
    const given = { ...plain, ...GIVEN } as const;
    for (const [a, b] of [
      [new KNeighborsClassifier(given), new KNeighborsClassifier(plain)],
      [
        new RadiusNeighborsClassifier({ ...given, radius: 3 }),
        new RadiusNeighborsClassifier({ ...plain, radius: 3 }),
      ],
    ] as const) {
      await Promise.all([a.fit(own, labels), b.fit(train, labels)]);
      expect((await a.predictProba(others)).data).toEqual((await b.predictProba(test)).data);
    }
    for (const [a, b] of [
      [new KNeighborsRegressor(given), new KNeighborsRegressor(plain)],
      [
        new RadiusNeighborsRegressor({ ...given, radius: 9 }),
        new RadiusNeighborsRegressor({ ...plain, radius: 9 }),
      ],
    ] as const) {
      await Promise.all([a.fit(own, targets), b.fit(train, targets)]);
      expect(a.predictSync(others)).toEqual(b.predictSync(test));
    }
  });

  it('give the neighbours of rows', async () => {
    const [a, b] = await Promise.all([
      new NearestNeighbors(GIVEN).fit(own),
      new NearestNeighbors(MANHATTAN).fit(train),
    ]);
    expect(await a.kneighbors()).toEqual(await b.kneighbors());
    expect(await a.kneighbors(others, { nNeighbors: 60 })).toEqual(
      await b.kneighbors(test, { nNeighbors: 60 }),
    );
    expect(await a.radiusNeighbors(null, { radius: 3 })).toEqual(
      await b.radiusNeighbors(null, { radius: 3 }),
    );
    expect((await a.transform(others)).data).toEqual((await b.transform(test)).data);
  });

  it('give the clusters and outliers of rows', async () => {
    const weights = Float64Array.from(y, (_, i) => i % 3);
    for (const params of [{}, { eps: 2 }, { eps: 3, minSamples: 2 }]) {
      const [a, b] = [new DBSCAN({ ...params, ...GIVEN }), new DBSCAN({ ...params, ...MANHATTAN })];
      expect(await a.fitPredict(distances)).toEqual(await b.fitPredict(X));
      expect(a.coreSampleIndices).toEqual(b.coreSampleIndices);
      const fit = { sampleWeight: weights };
      expect(await a.fitPredict(distances, undefined, fit)).toEqual(await b.fitPredict(X, undefined, fit));
    }
    const [a, b] = [new HDBSCAN(GIVEN), new HDBSCAN(MANHATTAN)];
    expect(await a.fitPredict(distances)).toEqual(await b.fitPredict(X));
    expect(a.probabilities).toEqual(b.probabilities);
    expect(a.dbscanClustering(2)).toEqual(b.dbscanClustering(2));
    const [given, plain] = [
      { ...GIVEN, novelty: true },
      { ...MANHATTAN, novelty: true },
    ];
    const [c, d] = await Promise.all([
      new LocalOutlierFactor(given).fit(own),
      new LocalOutlierFactor(plain).fit(train),
    ]);
    expect(c.negativeOutlierFactor).toEqual(d.negativeOutlierFactor);
    expect(await c.scoreSamples(others)).toEqual(await d.scoreSamples(test));
  });

  it('give the layouts of rows', async () => {
    const tsne = { init: 'random', randomState: 1, maxIter: 60, perplexity: 10 } as const;
    for (const method of ['exact', 'barnesHut'] as const) {
      const a = await new TSNE({ ...tsne, ...GIVEN, method }).fitTransform(distances);
      expect(a.data).toEqual((await new TSNE({ ...tsne, ...MANHATTAN, method }).fitTransform(X)).data);
    }
    const umap = { randomState: 1, nEpochs: 30 };
    const [a, b] = [new UMAP({ ...umap, ...GIVEN }), new UMAP({ ...umap, ...MANHATTAN })];
    const layout = await a.fitTransform(own);
    expect(layout.data).toEqual((await b.fitTransform(train)).data);
    expect((await a.transform(others)).data).toEqual((await b.transform(test)).data);
    expect(await trustworthiness(own, layout, GIVEN)).toBe(await trustworthiness(train, layout, MANHATTAN));
  });
});

describe('what is between rows', () => {
  const { X, y } = blobs;
  const distances = pairwiseDistances(X);
  const kernel = X.matmul(X, { transposeB: true });
  const negative = distances.copy();
  negative.data[5] = negative.data[90 * 5] = -1;

  it.each([
    () => new KNeighborsClassifier(GIVEN),
    () => new KNeighborsRegressor(GIVEN),
    () => new RadiusNeighborsClassifier(GIVEN),
    () => new NearestNeighbors(GIVEN),
    () => new LocalOutlierFactor(GIVEN),
    () => new DBSCAN(GIVEN),
    () => new HDBSCAN(GIVEN),
    () => new TSNE({ ...GIVEN, init: 'random' }),
    () => new UMAP(GIVEN),
  ])('is square and holds no distance below 0: %s', async (make) => {
    await expect(make().fit(distances.slice(0, 80), y.slice(0, 80))).rejects.toEqual(code('ERR_SHAPE'));
    await expect(make().fit(negative, y)).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_INPUT_NEGATIVE', row: 0, column: 5 }),
    );
    const missing = distances.copy();
    missing.data[7] = Number.NaN;
    await expect(make().fit(missing, y)).rejects.toEqual(code('ERR_INPUT_NAN'));
  });

  it('is square for kernels and trees of clusters, too', async () => {
    for (const model of [
      new SVC({ kernel: 'precomputed' }),
      new AgglomerativeClustering({ metric: 'precomputed', linkage: 'average' }),
    ]) {
      await expect(model.fit(X, y)).rejects.toEqual(code('ERR_SHAPE'));
    }
    // Kernels may be negative.
    expect((await new SVC({ kernel: 'precomputed' }).fit(kernel.mul(-1), y)).support.length).toBeGreaterThan(
      0,
    );
  });

  it('is checked where it is predicted from', async () => {
    const model = await new KNeighborsClassifier(GIVEN).fit(distances, y);
    const bad = expect.objectContaining({ code: 'ERR_INPUT_NEGATIVE', row: 5, column: 0 });
    await expect(model.predict(negative.slice(0, 90).mul(1).takeRows([1, 2, 3, 4, 6, 5]))).rejects.toEqual(
      bad,
    );
    await expect(model.kneighbors(negative)).rejects.toEqual(code('ERR_INPUT_NEGATIVE'));
    await expect(model.predict(distances.slice(0, 2).columns([0, 1]))).rejects.toEqual(code('ERR_SHAPE'));
    expect(await model.predict(distances.toArray())).toHaveLength(90);
  });

  it('has no trees, no principal components and no centres', async () => {
    for (const algorithm of ['kdTree', 'ballTree'] as const) {
      await expect(new KNeighborsClassifier({ ...GIVEN, algorithm }).fit(distances, y)).rejects.toEqual(
        code('ERR_PARAMETER'),
      );
    }
    await expect(new TSNE(GIVEN).fit(distances)).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(new UMAP({ ...GIVEN, init: 'pca' }).fit(distances)).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(new HDBSCAN({ ...GIVEN, storeCenters: 'both' }).fit(distances)).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    await expect(new HDBSCAN(GIVEN).fit(distances.mul(X.columns([0])).pow(2))).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
  });

  it('may lack symmetry for DBSCAN: a row reaches those that are near in its own row', async () => {
    const one = [
      [0, 1, 9],
      [1, 0, 9],
      [1, 9, 0],
    ];
    expect(Array.from(await new DBSCAN({ ...GIVEN, eps: 1, minSamples: 2 }).fitPredict(one))).toEqual([
      0, 0, 1,
    ]);
    // A row that is far from itself does not count for itself.
    expect(Array.from(await new DBSCAN({ ...GIVEN, eps: 1, minSamples: 1 }).fitPredict([[5]]))).toEqual([-1]);
  });

  it('is saved and loaded', async () => {
    const model = await new KNeighborsClassifier(GIVEN).fit(distances, y);
    const again = (await load(model.toBytes())) as KNeighborsClassifier;
    expect(await again.predict(distances)).toEqual(await model.predict(distances));
    expect((await again.kneighbors()).indices).toEqual((await model.kneighbors()).indices);
  });
});

describe('folds', () => {
  const { X, y } = blobs;
  const distances = pairwiseDistances(X);
  const given = new KNeighborsClassifier(GIVEN);
  const plain = new KNeighborsClassifier({ algorithm: 'brute' });
  let scores: Float64Array;
  beforeAll(async () => {
    scores = await crossValScore(plain, X, y);
  });

  it('take rows and columns of any form of X', async () => {
    const table = Object.fromEntries(
      Array.from(y, (_, j) => [`to ${j}`, Array.from(distances.columns([j]).data)]),
    );
    const sparse = CsrMatrix.from(distances);
    for (const form of [distances, distances.toArray(), table, sparse])
      expect(await crossValScore(given, form, y)).toEqual(scores);
    await expect(crossValScore(given, X, y)).rejects.toEqual(code('ERR_SHAPE'));
  });

  it('take rows and columns wherever a model is scored', async () => {
    expect(await crossValPredict(given, distances, y)).toEqual(await crossValPredict(plain, X, y));
    const [a, b] = await Promise.all([learningCurve(given, distances, y), learningCurve(plain, X, y)]);
    expect(a.testScores.data).toEqual(b.testScores.data);
    expect(a.trainScores.data).toEqual(b.trainScores.data);
    expect(await crossValScore(new VotingClassifier([['near', given]]), distances, y)).toEqual(scores);
    expect(await crossValScore(new OneVsRestClassifier(given), distances, y)).toEqual(
      await crossValScore(new OneVsRestClassifier(plain), X, y),
    );
  });
});

test('ensembles that draw rows take nothing that is between rows', async () => {
  const distances = pairwiseDistances(blobs.X);
  const kernel = blobs.X.matmul(blobs.X, { transposeB: true });
  for (const [model, X] of [
    [new BaggingClassifier({ estimator: new SVC({ kernel: 'precomputed' }) }), kernel],
    [new BaggingRegressor({ estimator: new KNeighborsRegressor(GIVEN) }), distances],
    [new AdaBoostRegressor({ estimator: new KNeighborsRegressor(GIVEN) }), distances],
  ] as const)
    await expect(model.fit(X, blobs.y)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
});

describe('models within models', () => {
  const { X, y } = blobs;
  const distances = pairwiseDistances(X);
  const near = new KNeighborsClassifier(GIVEN);
  const plain = new KNeighborsClassifier({ algorithm: 'brute' });

  it('take rows and columns of folds', async () => {
    const stack = (model: KNeighborsClassifier) => new StackingClassifier([['near', model]], { cv: 3 });
    const calibrated = (model: KNeighborsClassifier, options: object) =>
      new CalibratedClassifierCV(model, { cv: 3, ...options });
    for (const [a, b] of [
      [stack(near), stack(plain)],
      [calibrated(near, {}), calibrated(plain, { ensemble: false })],
      [calibrated(near, { ensemble: false }), calibrated(plain, { ensemble: false })],
    ] as const) {
      await Promise.all([a.fit(distances, y), b.fit(X, y)]);
      expect((await a.predictProba(distances)).data).toEqual((await b.predictProba(X)).data);
      await expect(a.fit(X, y)).rejects.toEqual(code('ERR_SHAPE'));
      await a.fit(CsrMatrix.from(distances), y);
      expect((await a.predictProba(distances)).data).toEqual((await b.predictProba(X)).data);
    }
  });

  it('are refused where each has other rows', async () => {
    const model = new CalibratedClassifierCV(near, { ensemble: true });
    await expect(model.fit(distances, y)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
  });

  it('belong to the rows of two classes where one model tells them apart', async () => {
    const [pairs, expected] = [new OneVsOneClassifier(near), new OneVsOneClassifier(plain)];
    await expected.fit(X, y);
    const known = (await expected.decisionFunction(X)).data;
    for (const given of [distances, CsrMatrix.from(distances)]) {
      await pairs.fit(given, y);
      expect((await pairs.decisionFunction(distances)).data).toEqual(known);
    }
    const loaded = (await load(pairs.toBytes())) as OneVsOneClassifier;
    expect(await loaded.predict(distances)).toEqual(await expected.predict(X));
    const [scores, others] = await Promise.all([
      crossValScore(pairs, distances, y, { cv: 3 }),
      crossValScore(expected, X, y, { cv: 3 }),
    ]);
    expect(scores).toEqual(others);
    await expect(pairs.fit(X, y)).rejects.toEqual(code('ERR_SHAPE'));
    const { fitted } = pairs.snapshot();
    const { columns = [] } = fitted!.state;
    for (const wrong of [columns.slice(1), columns.map((own) => own.map((j) => j + 1000)), [[0], [1], [2]]])
      expect(() =>
        pairs.restore({ ...fitted!, state: { ...fitted!.state, columns: wrong as never } }),
      ).toThrow(code('ERR_PARAMETER'));
  });
});

describe('HDBSCAN', () => {
  const { X } = blobs;
  test('centres and cuts are saved with the model, and checked', async () => {
    const model = await new HDBSCAN({ storeCenters: 'both' }).fit(X);
    const again = (await load(model.toBytes())) as HDBSCAN;
    expect(again.medoids).toEqual(model.medoids);
    expect(again.centroids).toEqual(model.centroids);
    expect(again.dbscanClustering(1.5)).toEqual(model.dbscanClustering(1.5));
    const { fitted } = model.snapshot();
    const children = fitted!.state.children.slice();
    children[3] = children.length;
    expect(() => model.restore({ ...fitted!, state: { ...fitted!.state, children } })).toThrow(
      code('ERR_PARAMETER'),
    );
  });

  test.each(['euclidean', 'chebyshev', 'cosine'] as const)('medoids by %s are rows', async (metric) => {
    const model = await new HDBSCAN({ metric, storeCenters: 'medoid' }).fit(X);
    const rows = new Set(X.toArray().map(String));
    for (const row of model.medoids.toArray()) expect(rows).toContain(String(row));
    expect(() => model.centroids).toThrow(code('ERR_NOT_SUPPORTED'));
  });

  test('cuts take any distance', async () => {
    const model = await new HDBSCAN({ minClusterSize: 2, minSamples: 1 }).fit([[0], [1], [5], [6], [20]]);
    expect(Array.from(model.dbscanClustering(0))).toEqual([-1, -1, -1, -1, -1]);
    expect(Array.from(model.dbscanClustering(2, { minClusterSize: 2 }))).toEqual([0, 0, 1, 1, -1]);
    expect(Array.from(model.dbscanClustering(Number.POSITIVE_INFINITY))).toEqual([0, 0, 0, 0, 0]);
    expect(() => model.dbscanClustering(-1)).toThrow(code('ERR_PARAMETER'));
    expect(() => model.dbscanClustering(1, { minClusterSize: 0 })).toThrow(code('ERR_PARAMETER'));
  });
});

test('the core rows of DBSCAN', async () => {
  const model = await new DBSCAN({ eps: 1.5, minSamples: 3 }).fit([[0], [1], [2], [9]]);
  const components: Matrix = model.components;
  expect(components.toArray()).toEqual([[1]]);
  expect(((await load(model.toBytes())) as DBSCAN).components.toArray()).toEqual([[1]]);
  expect((await new DBSCAN({ minSamples: 3 }).fit([[0], [9]])).components.rows).toBe(0);
});
