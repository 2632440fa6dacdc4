/** Batches of sparse rows move the centres as those of dense ones do. */
import { expect, test } from 'vitest';
import { CsrMatrix, load, MiniBatchKMeans } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

// Three kinds of rows, each with columns of its own.
const values = Array.from({ length: 240 }, (_, i) =>
  Array.from({ length: 12 }, (_, j) => (j % 3 === i % 3 && (i + j) % 5 > 0 ? 2 + Math.sin(i * j) : 0)),
);
const x = CsrMatrix.from(values);
const sampleWeight = values.map((_, i) => i % 4);

function expectSame(sparse: MiniBatchKMeans, dense: MiniBatchKMeans): void {
  expectClose(sparse.clusterCenters.data, dense.clusterCenters.data, iterative(1e-9));
  expectClose(sparse.counts, dense.counts, iterative(1e-12));
  expect(sparse.labels).toEqual(dense.labels);
  expectClose([sparse.inertia], [dense.inertia], iterative(1e-9));
  expect([sparse.nIter, sparse.nSteps]).toEqual([dense.nIter, dense.nSteps]);
}

test.each([
  { init: 'kMeans++' as const },
  { init: 'random' as const, tol: 1e-3, reassignmentRatio: 0.9 },
  { init: values.slice(0, 3), initSize: 60 },
])('fit and predict, %#', async (own) => {
  const params = { nClusters: 3, batchSize: 40, randomState: 5, ...own };
  const sparse = await new MiniBatchKMeans(params).fit(x, undefined, { sampleWeight });
  const dense = await new MiniBatchKMeans(params).fit(values, undefined, { sampleWeight });
  expectSame(sparse, dense);
  expect(await sparse.predict(x)).toEqual(sparse.labels);
  expect(new Set(sparse.labels).size).toBe(3);
});

test('partialFit goes on where dense rows would, of float32 too, and after a reload', async () => {
  const params = { nClusters: 3, randomState: 2 };
  const [sparse, dense] = [new MiniBatchKMeans(params), new MiniBatchKMeans(params)];
  for (const from of [0, 80]) {
    await sparse.partialFit(x.slice(from, from + 80));
    await dense.partialFit(values.slice(from, from + 80));
  }
  expectSame(sparse, dense);
  const copy = (await load(sparse.toBytes())) as MiniBatchKMeans;
  await copy.partialFit(x.slice(160).astype('float32'));
  await dense.partialFit(values.slice(160));
  expectClose(copy.clusterCenters.data, dense.clusterCenters.data, iterative(1e-6));
  await expect(copy.partialFit(CsrMatrix.from([[1, 2]]))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  const long = CsrMatrix.from([[1e160], [1], [0]]);
  await expect(new MiniBatchKMeans(params).fit(long)).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  await expect(new MiniBatchKMeans({ nClusters: 4 }).fit(long)).rejects.toMatchObject({
    code: 'ERR_PARAMETER',
  });
});
