/** K-means, by whole data and by mini-batches: what the common checks and the golden values do not show. */
import { describe, expect, test } from 'vitest';
import {
  adjustedRandScore,
  getScorer,
  KMeans,
  load,
  Matrix,
  MiniBatchKMeans,
  makeBlobs,
} from '../../lib/index.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const blobs = makeBlobs({ nSamples: 900, centers: 4, nFeatures: 3, clusterStd: 0.6, randomState: 3 });

describe('KMeans', () => {
  test('refuses starts that do not fit', async () => {
    await expect(new KMeans({ nClusters: 5 }).fit([[1], [2]])).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(new KMeans({ nClusters: 2, init: [[1]] }).fit([[1], [2]])).rejects.toEqual(
      code('ERR_SHAPE'),
    );
    const nan = new KMeans({ nClusters: 1, init: [[Number.NaN]] });
    await expect(nan.fit([[1], [2]])).rejects.toEqual(code('ERR_PARAMETER'));
    const weights = { sampleWeight: [1, 0, 0] };
    const random = new KMeans({ nClusters: 2, init: 'random' });
    await expect(random.fit([[1], [2], [3]], undefined, weights)).rejects.toEqual(code('ERR_PARAMETER'));
  });

  test('finds blobs from every start, the same by both algorithms', async () => {
    for (const init of ['kMeans++', 'random'] as const) {
      const [lloyd, elkan] = await Promise.all(
        (['lloyd', 'elkan'] as const).map((algorithm) =>
          new KMeans({ nClusters: 4, init, algorithm, nInit: 5, randomState: 1 }).fit(blobs.X),
        ),
      );
      expect(adjustedRandScore(blobs.y, lloyd.labels)).toBeGreaterThan(0.99);
      expect(elkan.labels).toEqual(lloyd.labels);
      expect(lloyd.labels).toEqual(await lloyd.predict(blobs.X));
    }
  });

  test('bounds give the labels of a last look at all rows, in float32 and far from 0', async () => {
    for (const offset of [0, 1e6]) {
      const X = new Matrix(
        Float32Array.from(blobs.X.data, (v) => v + offset),
        blobs.X.rows,
        blobs.X.cols,
      );
      const model = await new KMeans({ nClusters: 7, randomState: 5, tol: 0 }).fit(X);
      expect(model.labels).toEqual(await model.predict(X));
    }
  });

  test('rows that are all alike leave clusters that are alike', async () => {
    const model = await new KMeans({ nClusters: 3, randomState: 0 }).fit([[2], [2], [2], [2]]);
    expect(model.inertia).toBe(0);
    expect(model.clusterCenters.toArray()).toEqual([[2], [2], [2]]);
  });

  test('refuses values whose sums overflow', async () => {
    const X = Matrix.from(
      Float64Array.from({ length: 4096 }, (_, i) => (i < 2048 ? 1e308 : -1e308)),
      [4096, 1],
    );
    for (const algorithm of ['lloyd', 'elkan'] as const) {
      const model = new KMeans({ nClusters: 1, tol: 0, algorithm });
      await expect(model.fit(X)).rejects.toEqual(code('ERR_INPUT_INFINITE'));
    }
  });

  test('is a scorable model', async () => {
    const model = await new KMeans({ nClusters: 4, randomState: 0 }).fit(blobs.X);
    expect(await model.score(blobs.X)).toBeCloseTo(-model.inertia, 6);
    expect(await getScorer('adjustedRandScore')(model, blobs.X, Array.from(blobs.y))).toBeGreaterThan(0.9);
    await expect(model.score(blobs.X, null, { sampleWeight: [1] })).rejects.toEqual(code('ERR_SHAPE'));
  });

  // Lloyd's bounds are of rows in float32; Elkan's, of the rows themselves.
  test.each([
    ['one far row', (x: number, i: number) => (i === 0 ? 1e9 : x)],
    ['an offset', (x: number) => x + 1e9],
    ['huge values', (x: number) => x * 1e150],
    ['tiny values', (x: number) => x * 1e-150],
    ['groups that float32 takes for points', (x: number, i: number) => x * 1e-9 + (i % 2) * 1e3],
  ])('finds the same clusters where float32 knows little: %s', async (_, change) => {
    const { rows, cols } = blobs.X;
    const x = new Matrix(
      Float64Array.from(blobs.X.data, (v, p) => change(v, Math.floor(p / cols))),
      rows,
      cols,
    );
    const init = Array.from({ length: 8 }, (_, c) => Array.from(x.row(c)));
    const [lloyd, elkan] = await Promise.all(
      (['lloyd', 'elkan'] as const).map((algorithm) =>
        new KMeans({ nClusters: 8, init, algorithm, tol: 0 }).fit(x),
      ),
    );
    expect(lloyd.labels).toEqual(elkan.labels);
    expect(lloyd.nIter).toBe(elkan.nIter);
  });

  test('given centres may lie far beyond all rows', async () => {
    const init = [[1e12, 0, 0], [0, 0, 0], Array.from(blobs.X.row(0)), Array.from(blobs.X.row(1))];
    const [lloyd, elkan] = await Promise.all(
      (['lloyd', 'elkan'] as const).map((algorithm) =>
        new KMeans({ nClusters: 4, init, algorithm, tol: 0 }).fit(blobs.X),
      ),
    );
    expect(lloyd.labels).toEqual(elkan.labels);
  });
});

test('k-means++ finds rows that only float64 can tell apart', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => [i === 0 ? 1e6 : 1e-7 * (i % 4)]);
  for (const algorithm of ['lloyd', 'elkan'] as const) {
    const start = new KMeans({ nClusters: 5, algorithm, maxIter: 1, randomState: 2 });
    await start.fit(rows);
    const centres = Array.from(start.clusterCenters.data).sort((a, b) => a - b);
    expect(centres.map((c) => Math.round(c * 1e7))).toEqual([0, 1, 2, 3, 1e13]);
    expect(start.inertia).toBeLessThan(1e-20);
  }
});

describe('MiniBatchKMeans', () => {
  test('comes near to KMeans', async () => {
    const options = { nClusters: 4, randomState: 2 };
    const whole = await new KMeans({ ...options, nInit: 5 }).fit(blobs.X);
    const parts = await new MiniBatchKMeans({ ...options, nInit: 5, batchSize: 100 }).fit(blobs.X);
    expect(parts.inertia).toBeLessThan(1.1 * whole.inertia);
  });

  test('goes on from a model file, and keeps what it was when aborted', async () => {
    const model = new MiniBatchKMeans({ nClusters: 3, randomState: 2 });
    await model.partialFit(blobs.X.slice(0, 300));
    const copy = (await load(model.toBytes())) as MiniBatchKMeans;
    await model.partialFit(blobs.X.slice(300, 600));
    await copy.partialFit(blobs.X.slice(300, 600));
    expect(copy.clusterCenters.data).toEqual(model.clusterCenters.data);
    expect(model.counts.reduce((a, b) => a + b)).toBe(600);
    const aborted = copy.partialFit(blobs.X, undefined, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toEqual(code('ERR_ABORTED'));
    expect(copy.nSteps).toBe(2);
    await expect(copy.partialFit([[1, 2]])).rejects.toEqual(code('ERR_SHAPE'));
  });
});
