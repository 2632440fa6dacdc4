import { describe, expect, test } from 'vitest';
import {
  cosineDistances,
  cosineDistancesAsync,
  distanceMetrics,
  euclideanDistances,
  euclideanDistancesAsync,
  Matrix,
  manhattanDistances,
  manhattanDistancesAsync,
  pairwiseDistances,
  pairwiseDistancesAsync,
  pairwiseDistancesChunked,
} from '../../lib/index.js';

const code = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no error';
};
const dtypes = ['float32', 'float64'] as const;
const matrix = (rows: number[][], dtype: (typeof dtypes)[number]) => Matrix.from(rows, undefined, dtype);

describe.each(dtypes)('distances in %s', (dtype) => {
  const X = matrix([[0, 0], [3, 4]], dtype); // biome-ignore format: a matrix
  const Y = matrix([[3, 0], [0, -4], [6, 8]], dtype); // biome-ignore format: a matrix

  test('each metric, now and on the pool', async () => {
    const euclidean = [[3, 4, 10], [4, Math.fround(Math.sqrt(73)), 5]]; // biome-ignore format: a matrix
    if (dtype === 'float64') euclidean[1][1] = Math.sqrt(73);
    const squared = [[9, 16, 100], [16, 73, 25]]; // biome-ignore format: a matrix
    const manhattan = [[3, 4, 14], [4, 11, 7]]; // biome-ignore format: a matrix
    expect(euclideanDistances(X, Y).toArray()).toEqual(euclidean);
    expect(euclideanDistances(X, Y, { squared: true }).toArray()).toEqual(squared);
    expect(manhattanDistances(X, Y).toArray()).toEqual(manhattan);
    expect(pairwiseDistances(X, Y).toArray()).toEqual(euclidean);
    expect(pairwiseDistances(X, Y, { metric: 'sqeuclidean' }).toArray()).toEqual(squared);
    expect((await euclideanDistancesAsync(X, Y)).toArray()).toEqual(euclidean);
    expect((await euclideanDistancesAsync(X, Y, { squared: true })).toArray()).toEqual(squared);
    expect((await manhattanDistancesAsync(X, Y)).toArray()).toEqual(manhattan);
    expect((await pairwiseDistancesAsync(X, Y, { metric: 'manhattan' })).toArray()).toEqual(manhattan);
    const cosine = cosineDistances(X, Y);
    expect([...cosine.row(0)]).toEqual([1, 1, 1]);
    expect((await cosineDistancesAsync(X, Y)).toArray()).toEqual(cosine.toArray());
    expect(cosine.dtype).toBe(dtype);
  });

  test('of X with itself: zeros on the diagonal, symmetric', async () => {
    for (const metric of ['euclidean', 'sqeuclidean', 'manhattan', 'cosine'] as const) {
      const itself = pairwiseDistances(X, null, { metric });
      expect([itself.data[0], itself.data[3]]).toEqual([0, 0]);
      expect(itself.data[1]).toBe(itself.data[2]);
      expect((await pairwiseDistancesAsync(X, undefined, { metric })).toArray()).toEqual(itself.toArray());
    }
    expect(cosineDistances(X).data[1]).toBe(1);
  });

  test('out is written and returned', async () => {
    const out = matrix([[7, 7, 7], [7, 7, 7]], dtype); // biome-ignore format: a matrix
    expect(manhattanDistances(X, Y, { out })).toBe(out);
    expect(out.data[2]).toBe(14);
    expect(await euclideanDistancesAsync(X, Y, { out })).toBe(out);
    expect(out.data[2]).toBe(10);
  });

  test('plain rows take the element type of X', () => {
    expect(euclideanDistances(X, [[0, 1]]).dtype).toBe(dtype);
    expect(euclideanDistances(X, [[0, 0]]).toArray()).toEqual([[0], [5]]);
  });
});

test('NaN makes the distances of its row NaN, and nothing else', () => {
  const distances = manhattanDistances([[1, Number.NaN], [1, 2]]); // biome-ignore format: a matrix
  expect([...distances.data]).toEqual([Number.NaN, Number.NaN, Number.NaN, 0]);
});

test('distances of no rows, of no columns', () => {
  const none = new Matrix(new Float64Array(0), 0, 2);
  expect(pairwiseDistances(none, [[1, 2]]).data.length).toBe(0);
  expect(pairwiseDistances([[1, 2]], none)).toMatchObject({ rows: 1, cols: 0 });
  expect(euclideanDistances(new Matrix(new Float64Array(0), 2, 0)).toArray()).toEqual([[0, 0], [0, 0]]); // biome-ignore format: a matrix
});

test('what does not fit is refused, and an aborted call rejects', async () => {
  const X = matrix([[1, 2]], 'float64');
  const small = matrix([[1, 2]], 'float32');
  expect(await code(() => pairwiseDistances(X, [[1, 2, 3]]))).toBe('ERR_SHAPE');
  expect(await code(() => pairwiseDistances(X, small))).toBe('ERR_DTYPE');
  expect(await code(() => pairwiseDistances(X, X, { out: small }))).toBe('ERR_SHAPE');
  expect(await code(() => pairwiseDistances(X, X, { out: matrix([[1]], 'float32') }))).toBe('ERR_DTYPE');
  expect(await code(() => pairwiseDistances(X, X, { metric: 'haversine' as 'cosine' }))).toBe(
    'ERR_PARAMETER',
  );
  expect(await code(() => pairwiseDistances(X, X, { metric: 'toString' as 'cosine' }))).toBe('ERR_PARAMETER');
  const out = new Matrix(X.data.subarray(1), 1, 1);
  expect(await code(() => pairwiseDistances(X, X, { out }))).toBe('ERR_PARAMETER');
  expect(await code(() => pairwiseDistancesAsync(X, X, { out }))).toBe('ERR_PARAMETER');
  expect(await code(() => pairwiseDistancesAsync(X, [[1]]))).toBe('ERR_SHAPE');
  expect(await code(() => pairwiseDistancesAsync(X, X, { signal: AbortSignal.abort() }))).toBe('ERR_ABORTED');
});

describe('chunks of distances', () => {
  const rows = Array.from({ length: 7 }, (_, i) => [i * i, 3 - i, (i % 3) / 7]);

  test.each(['euclidean', 'sqeuclidean', 'manhattan', 'cosine'] as const)(
    '%s: joined they are the whole',
    (metric) => {
      const whole = pairwiseDistances(rows, null, { metric }).toArray();
      expect(distanceMetrics()[metric](rows).toArray()).toEqual(whole);
      for (const workingMemory of [0, (2.5 * 7 * 8) / 2 ** 20, 1]) {
        const chunks = [...pairwiseDistancesChunked(rows, null, { metric, workingMemory })];
        expect(chunks.map((chunk) => chunk.rows)[0]).toBe(
          workingMemory === 0 ? 1 : workingMemory === 1 ? 7 : 2,
        );
        expect(chunks.flatMap((chunk) => chunk.toArray())).toEqual(whole);
      }
      const [others] = pairwiseDistancesChunked(rows, [[1, 2, 3]], { metric });
      expect(others).toEqual(pairwiseDistances(rows, [[1, 2, 3]], { metric }));
    },
  );

  test('what is made of them, by the row they begin with', () => {
    const reduceFunc = (distances: Matrix, start: number) => [start, distances.rows, distances.cols];
    const made = [
      ...pairwiseDistancesChunked(rows, null, { reduceFunc, workingMemory: (3 * 7 * 8) / 2 ** 20 }),
    ];
    expect(made).toEqual([[0, 3, 7], [3, 3, 7], [6, 1, 7]]); // biome-ignore format: a matrix
  });

  test('bad options, before the first chunk', async () => {
    for (const options of [{ metric: 'l3' }, { workingMemory: -1 }, { reduceFunc: 1 }, { chunk: 1 }])
      expect(await code(() => pairwiseDistancesChunked(rows, null, options as never))).toBe('ERR_PARAMETER');
    const wider = [...rows, [1, 2, 3]].map((row) => [...row, 1]);
    expect(await code(() => [...pairwiseDistancesChunked(rows, wider)])).toBe('ERR_SHAPE');
  });
});

describe.each(dtypes)('topK in %s', (dtype) => {
  const x = matrix([[3, 1, 2, 3], [Number.NaN, 5, 0, 7]], dtype); // biome-ignore format: a matrix

  test('largest and smallest of rows, NaN last, ties by position', async () => {
    const largest = x.topK(3);
    expect(largest.values.toArray()).toEqual([[3, 3, 2], [7, 5, 0]]); // biome-ignore format: a matrix
    expect(largest.indices).toEqual(Int32Array.of(0, 3, 2, 3, 1, 2));
    const smallest = await x.topKAsync(4, { largest: false });
    expect(smallest.values.toArray()).toEqual([[1, 2, 3, 3], [0, 5, 7, Number.NaN]]); // biome-ignore format: a matrix
    expect(smallest.indices).toEqual(Int32Array.of(1, 2, 0, 3, 2, 1, 3, 0));
    expect(smallest.values.dtype).toBe(dtype);
  });

  test('of columns', async () => {
    const top = x.topK(1, { axis: 0 });
    expect(top.values.toArray()).toEqual([[3, 5, 2, 7]]);
    expect(top.indices).toEqual(Int32Array.of(0, 1, 0, 1));
    expect((await x.topKAsync(2, { axis: 0 })).indices).toEqual(Int32Array.of(0, 1, 0, 1, 1, 0, 1, 0));
  });

  test('k of zero and k out of range', async () => {
    expect(x.topK(0)).toMatchObject({ values: { rows: 2, cols: 0 }, indices: new Int32Array(0) });
    for (const k of [-1, 5, 1.5, Number.NaN]) expect(await code(() => x.topK(k))).toBe('ERR_PARAMETER');
    expect(await code(() => x.topK(3, { axis: 0 }))).toBe('ERR_PARAMETER');
    expect(await code(() => x.topK(1, { axis: 2 as 1 }))).toBe('ERR_PARAMETER');
    expect(await code(() => x.topKAsync(5))).toBe('ERR_PARAMETER');
    expect(await code(() => x.topKAsync(1, { signal: AbortSignal.abort() }))).toBe('ERR_ABORTED');
  });
});
