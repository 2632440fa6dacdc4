/** Neighbours: edge cases, options and errors; values are compared with scikit-learn's in test/golden. */
import { describe, expect, it, test } from 'vitest';
import {
  DBSCAN,
  HDBSCAN,
  KNeighborsClassifier,
  KNeighborsRegressor,
  KNNImputer,
  LocalOutlierFactor,
  load,
  Matrix,
  makeBlobs,
  NearestCentroid,
  NearestNeighbors,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
} from '../../lib/index.js';

const ALGORITHMS = ['auto', 'brute', 'kdTree', 'ballTree'] as const;
const LINE = [[0], [1], [2], [10], [11]];

describe('k nearest neighbours', () => {
  it.each(ALGORITHMS)('%s: of rows at equal distances the first is nearer', async (algorithm) => {
    const X = [[1], [1], [0], [2], [1]];
    const search = await new NearestNeighbors({ algorithm, leafSize: 1, nNeighbors: 3 }).fit(X);
    expect(Array.from((await search.kneighbors([[1]])).indices)).toEqual([0, 1, 4]);
    const own = await search.kneighbors(null, { nNeighbors: 2 });
    expect(Array.from(own.indices).slice(0, 4)).toEqual([1, 4, 0, 4]);
    expect((await search.kneighbors([[1]], { nNeighbors: 5 })).distances.toArray()).toEqual([
      [0, 0, 0, 1, 1],
    ]);
  });

  it.each(ALGORITHMS)('%s: differences whose squares underflow are distances of 0', async (algorithm) => {
    const X = Array.from({ length: 40 }, (_, i) => [1e-165 * Math.sin(i), 1e-165 * i]);
    const search = await new NearestNeighbors({ algorithm, nNeighbors: 3 }).fit(X);
    const { distances, indices } = await search.kneighbors(X);
    expect(new Set(distances.data)).toEqual(new Set([0]));
    expect(Array.from(indices).slice(-3)).toEqual([0, 1, 2]);
  });

  it('of equal votes the first class wins', async () => {
    const model = await new KNeighborsClassifier({ nNeighbors: 2 }).fit([[0], [1]], ['b', 'a']);
    expect(model.predictSync([[0.1]])).toEqual(['a']);
  });

  it('weights by distance leave the vote to exact rows', async () => {
    const model = new KNeighborsRegressor({ nNeighbors: 3, weights: 'distance' });
    await model.fit(LINE, [5, 7, 9, 1, 1]);
    expect(model.predictSync([[1]])[0]).toBe(7);
    expect(model.predictSync([[0.5]])[0]).toBeCloseTo((5 * 2 + 7 * 2 + 9 / 1.5) / (4 + 1 / 1.5), 12);
  });

  it.each(ALGORITHMS)('%s gives the bits of brute force in both precisions', async (algorithm) => {
    const { X } = makeBlobs({ nSamples: 900, nFeatures: 5, centers: 4, randomState: 2 });
    for (const dtype of ['float32', 'float64'] as const) {
      const rows = Matrix.from(X, undefined, dtype);
      for (const metric of ['euclidean', 'manhattan', 'chebyshev', 'minkowski', 'cosine'] as const) {
        const make = (how: (typeof ALGORITHMS)[number]) =>
          new NearestNeighbors({ algorithm: how, metric, p: 2.5, leafSize: 8, nNeighbors: 40 }).fit(rows);
        const [a, b] = await Promise.all([make('brute'), make(algorithm)]);
        const queries = rows.slice(0, 50);
        const [expected, found] = await Promise.all([a.kneighbors(queries), b.kneighbors(queries)]);
        expect(found.indices).toEqual(expected.indices);
        expect(found.distances.data).toEqual(expected.distances.data);
        expect((await b.transform(queries)).data).toEqual(expected.distances.data);
      }
    }
  });

  it('a row without direction is at cosine distance 1 from all', async () => {
    const search = await new NearestNeighbors({ metric: 'cosine', nNeighbors: 2 }).fit([
      [0, 0],
      [1, 1],
      [-1, -1],
    ]);
    for (const distance of (await search.kneighbors([[0, 0]])).distances.data)
      expect(distance).toBeCloseTo(1, 12);
    const { distances, indices } = await search.kneighbors([[2, 2]]);
    expect(Array.from(indices)).toEqual([1, 0]);
    expect(distances.toArray()[0][0]).toBeCloseTo(0, 12);
  });

  it('minkowski with p 1, 2 and Infinity are the other metrics', async () => {
    const rows = [
      [0, 0],
      [3, 4],
    ];
    for (const [p, expected] of [
      [1, 7],
      [2, 5],
      [Infinity, 4],
    ]) {
      const search = await new NearestNeighbors({ p, nNeighbors: 1 }).fit(rows);
      expect((await search.kneighbors()).distances.toArray()).toEqual([[expected], [expected]]);
    }
  });

  it('graphs hold the same neighbours', async () => {
    const search = await new NearestNeighbors({ nNeighbors: 2 }).fit(LINE);
    const graph = await search.kneighborsGraph([[0], [10.4]], { mode: 'distance' });
    expect([...graph.indptr]).toEqual([0, 2, 4]);
    expect([...graph.indices]).toEqual([0, 1, 3, 4]);
    expect(graph.shape).toEqual([2, 5]);
    expect(graph.data[3]).toBeCloseTo(0.6, 12);
    const near = await search.radiusNeighborsGraph(null, { radius: 1 });
    expect([...near.indptr]).toEqual([0, 1, 3, 4, 5, 6]);
    expect([...near.data]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('neighbours of a saved model are those of the first', async () => {
    const model = await new KNeighborsClassifier({ nNeighbors: 1 }).fit(LINE, ['a', 'a', 'a', 'b', 'b']);
    const loaded = (await load(model.toBytes())) as KNeighborsClassifier;
    expect((await loaded.kneighbors([[9]])).indices).toEqual(Int32Array.of(3));
    expect(loaded.predictSync([[9]])).toEqual(['b']);
  });

  it('what makes no sense is refused', async () => {
    const code = (value: string) => expect.objectContaining({ code: value });
    await expect(new KNeighborsClassifier({ nNeighbors: 6 }).fit(LINE, [0, 0, 1, 1, 1])).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    await expect(new KNeighborsRegressor({ p: 0.5 }).fit(LINE, [1, 2, 3, 4, 5])).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    const search = await new NearestNeighbors().fit(LINE);
    await expect(search.kneighbors()).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(search.kneighbors([[1]], { nNeighbors: 0 })).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(search.kneighbors([[1, 2]])).rejects.toEqual(code('ERR_SHAPE'));
    await expect(search.kneighbors([[Number.NaN]])).rejects.toEqual(code('ERR_INPUT_NAN'));
    await expect(search.radiusNeighbors([[1]], { radius: -1 })).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(search.kneighbors([[1]], { signal: AbortSignal.abort() })).rejects.toEqual(
      code('ERR_ABORTED'),
    );
    const far = await new KNeighborsRegressor({ nNeighbors: 1 }).fit([[1e300], [0]], [1, 2]);
    expect(() => far.compile({ precision: 'float32' })).toThrow(code('ERR_INPUT_INFINITE'));
  });
});

describe('neighbours within a radius', () => {
  it('rows without one are of the outlier label', async () => {
    const y = ['a', 'b', 'b', 'a', 'c'];
    const queries = [[0.2], [50]];
    const model = await new RadiusNeighborsClassifier({ radius: 0.5 }).fit(LINE, y);
    expect(model.predictSync(queries)).toEqual(['a', 'a']);
    const named = await new RadiusNeighborsClassifier({ radius: 0.5, outlierLabel: 'c' }).fit(LINE, y);
    expect(named.predictSync(queries)).toEqual(['a', 'c']);
    expect(named.predictProbaSync(queries).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const unknown = new RadiusNeighborsClassifier({ outlierLabel: 'd' }).fit(LINE, y);
    await expect(unknown).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  it('a mean of none is NaN', async () => {
    const model = await new RadiusNeighborsRegressor({ radius: 1 }).fit(LINE, [1, 2, 3, 4, 5]);
    expect([...model.predictSync([[1], [50]])]).toEqual([2, Number.NaN]);
  });
});

describe('DBSCAN', () => {
  it('a row at the border of two clusters belongs to the first', async () => {
    const X = [[0], [0.4], [0.8], [1.8], [2.8], [3.2], [3.6]];
    const model = await new DBSCAN({ eps: 1, minSamples: 4 }).fit(X);
    expect(Array.from(model.labels)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(Array.from(model.coreSampleIndices)).toEqual([2, 4]);
  });

  it('weights count as rows', async () => {
    const sampleWeight = [3, 1, 1, 1, 1];
    const model = await new DBSCAN({ eps: 0.5, minSamples: 3 }).fit(LINE, undefined, { sampleWeight });
    expect(Array.from(model.labels)).toEqual([0, -1, -1, -1, -1]);
  });

  it.each(ALGORITHMS)('%s: many rows, the same clusters', async (algorithm) => {
    const { X, y } = makeBlobs({ nSamples: 1500, nFeatures: 3, centers: 3, clusterStd: 0.4, randomState: 5 });
    const labels = await new DBSCAN({ eps: 1, algorithm, leafSize: 10 }).fitPredict(X);
    const byCluster = new Map<number, Set<unknown>>();
    for (const [i, label] of labels.entries()) {
      byCluster.set(label, (byCluster.get(label) ?? new Set()).add(y[i]));
    }
    byCluster.delete(-1);
    expect([...byCluster.values()].map((set) => set.size)).toEqual([1, 1, 1]);
  });
});

describe('HDBSCAN', () => {
  const rows = [0, 1, 2, 3, 7, 8, 9, 10, 40, 41, 42, 43].map((v) => [v + v * v * 1e-3]);

  it('clusters that part below epsilon stay together', async () => {
    const fit = (params: object) => new HDBSCAN({ minClusterSize: 3, ...params }).fit(rows);
    const labels = async (params: object) => Array.from((await fit(params)).labels);
    const three = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
    expect(new Set(await labels({ clusterSelectionMethod: 'leaf' })).size).toBe(3);
    expect(new Set(await labels({ clusterSelectionMethod: 'leaf', clusterSelectionEpsilon: 6 })).size).toBe(
      2,
    );
    expect((await labels({ clusterSelectionMethod: 'leaf' })).map((l) => l >= 0)).toEqual(
      three.map(() => true),
    );
  });

  it('one cluster only where it is allowed', async () => {
    const even = Array.from({ length: 12 }, (_, i) => [i]);
    const none = await new HDBSCAN({ minClusterSize: 7 }).fit(even);
    expect(new Set(none.labels)).toEqual(new Set([-1]));
    const one = await new HDBSCAN({ minClusterSize: 7, allowSingleCluster: true }).fit(even);
    // Rows at either end are in sparser surroundings, and leave early.
    expect(new Set(one.labels)).toEqual(new Set([-1, 0]));
    expect(one.labels[5]).toBe(0);
    expect(one.probabilities[5]).toBe(1);
  });

  it('equal rows, a row alone, and too many samples', async () => {
    const same = await new HDBSCAN({ minClusterSize: 2 }).fit([[1], [1], [1], [5], [5], [5]]);
    expect(new Set(Array.from(same.labels).slice(0, 3)).size).toBe(1);
    await expect(new HDBSCAN({ minSamples: 3 }).fit([[1], [2]])).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    const alone = await new HDBSCAN({ minSamples: 1 }).fit([[1]]);
    expect(Array.from(alone.labels)).toEqual([-1]);
  });

  it('stops when it is told to', async () => {
    const { X } = makeBlobs({ nSamples: 6000, nFeatures: 8, randomState: 1 });
    const controller = new AbortController();
    const fit = new HDBSCAN().fit(X, undefined, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

test('outliers among training rows are not predicted', async () => {
  const model = await new LocalOutlierFactor({ nNeighbors: 2 }).fit(LINE);
  expect(() => model.predictSync(LINE)).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_SUPPORTED', message: expect.stringContaining('novelty: true') }),
  );
  expect(model.nNeighbors).toBe(2);
  const loaded = (await load(model.toBytes())) as LocalOutlierFactor;
  expect(loaded.negativeOutlierFactor).toEqual(model.negativeOutlierFactor);
  await expect(new LocalOutlierFactor().fit([[1]])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
});

describe('KNNImputer', () => {
  const { NaN: none } = Number;
  it('drops or keeps columns without a value', async () => {
    const X = [
      [1, none],
      [3, none],
      [none, none],
    ];
    const dropped = await new KNNImputer({ nNeighbors: 1 }).fit(X);
    expect(dropped.transformSync(X).toArray()).toEqual([[1], [3], [2]]);
    expect(dropped.getFeatureNamesOut()).toEqual(['x0']);
    const kept = await new KNNImputer({ nNeighbors: 1, keepEmptyFeatures: true }).fit(X);
    expect(kept.transformSync([[5, none]]).toArray()).toEqual([[5, 0]]);
    await expect(new KNNImputer().fit([[none]])).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  });

  it('rows that share no column with any other get the mean', async () => {
    const imputer = await new KNNImputer({ nNeighbors: 1 }).fit([
      [1, none],
      [none, 4],
      [none, 8],
    ]);
    expect(imputer.transformSync([[1, none]]).toArray()).toEqual([[1, 6]]);
  });

  it('flags what was missing', async () => {
    const imputer = await new KNNImputer({ nNeighbors: 1, addIndicator: true }).fit([
      [1, 2],
      [none, 3],
    ]);
    expect(imputer.getFeatureNamesOut()).toEqual(['x0', 'x1', 'missingindicator_x0']);
    expect(imputer.transformSync([[none, 2]]).toArray()).toEqual([[1, 2, 1]]);
  });
});

describe('NearestCentroid', () => {
  const rows = [[1], [2], [8], [9], [30], [31]];
  const y = ['a', 'a', 'b', 'b', 'c', 'c'];

  test.each([
    { metric: 'cosine' },
    { shrinkThreshold: 0 },
    { priors: [0.5, 0.5] },
    { priors: [0, 0, 0] },
    { priors: [1, -1, 1] },
    { priors: 'even' },
  ])('refuses %o', async (params) => {
    const fit = new NearestCentroid(params as object).fit(rows, y);
    await expect(fit).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test("a class that has the prior 0 is nobody's, and medians give no probabilities", async () => {
    const model = await new NearestCentroid({ priors: [1, 0, 1] }).fit(rows, y);
    expect(model.predictSync([[8.5]])).toEqual(['a']);
    expect(Array.from(model.classPrior)).toEqual([0.5, 0, 0.5]);
    const medians = await new NearestCentroid({ metric: 'manhattan' }).fit(rows, y);
    await expect(medians.predictProba(rows)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  test('columns that do not vary, and as many classes as rows, are fine', async () => {
    const flat = await new NearestCentroid({ shrinkThreshold: 1 }).fit(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      ['a', 'b', 'b'],
    );
    expect(flat.predictSync([[1, 1]])).toEqual(['a']);
    const alone = await new NearestCentroid({ priors: 'empirical' }).fit([[1], [5]], ['a', 'b']);
    expect(alone.predictSync([[4]])).toEqual(['b']);
  });
});
