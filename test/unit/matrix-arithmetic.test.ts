import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/index.js';

const m = (rows: number[][], dtype: 'float32' | 'float64' = 'float64') => Matrix.from(rows, undefined, dtype);
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no error';
};
const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const a = m([[1, 2, 3], [4, 5, 6]], dtype); // biome-ignore format: a matrix
  test('add repeats rows, columns and numbers', async () => {
    expect(a.add(a).toArray()).toEqual([[2, 4, 6], [8, 10, 12]]); // biome-ignore format: a matrix
    const column = m([[10], [20]], dtype);
    const row = m([[10, 20, 30]], dtype);
    const expected = [[11, 22, 33], [14, 25, 36]]; // biome-ignore format: a matrix
    expect(a.add(row).toArray()).toEqual(expected);
    expect(a.add(row.data).toArray()).toEqual(expected);
    expect(row.add(a).toArray()).toEqual(expected);
    expect(column.add(row).toArray()).toEqual([[20, 30, 40], [30, 40, 50]]); // biome-ignore format: a matrix
    expect((await a.addAsync(row)).toArray()).toEqual(expected);
    expect((await a.addAsync(1)).toArray()).toEqual([[2, 3, 4], [5, 6, 7]]); // biome-ignore format: a matrix
    expect(a.add(a).dtype).toBe(dtype);
  });

  test('matmul with transposes, bias and activation', async () => {
    const b = m([[1, 0, -1], [0, 1, 2]], dtype); // biome-ignore format: a matrix
    expect(a.matmul(b, { transposeB: true }).toArray()).toEqual([[-2, 8], [-2, 17]]); // biome-ignore format: a matrix
    expect(a.matmul(b, { transposeA: true }).toArray()).toEqual([[1, 4, 7], [2, 5, 8], [3, 6, 9]]); // biome-ignore format: a matrix
    const options = { transposeB: true, bias: m([[1, -20]], dtype).data, activation: 'relu' } as const;
    expect(a.matmul(b, options).toArray()).toEqual([[0, 0], [0, 0]]); // biome-ignore format: a matrix
    expect((await a.matmulAsync(b, { transposeB: true })).toArray()).toEqual([[-2, 8], [-2, 17]]); // biome-ignore format: a matrix
  });

  test('out is written and returned', async () => {
    const out = new Matrix(a.data.slice().fill(0), 2, 3);
    expect(a.add(1, { out })).toBe(out);
    expect(out.toArray()).toEqual([[2, 3, 4], [5, 6, 7]]); // biome-ignore format: a matrix
    expect(await out.addAsync(1, { out })).toBe(out);
    expect(out.toArray()).toEqual([[3, 4, 5], [6, 7, 8]]); // biome-ignore format: a matrix
  });
});

test('an asynchronous out in shared memory is written in place', async () => {
  const a = new Matrix(shared(4).fill(2), 2, 2);
  const out = new Matrix(shared(4), 2, 2);
  expect(await a.matmulAsync(a, { out })).toBe(out);
  expect(out.toArray()).toEqual([[8, 8], [8, 8]]); // biome-ignore format: a matrix
});

test('what overlaps is refused, but for the same matrix in arithmetic', async () => {
  const data = new Float64Array(8);
  const [a, b, odd] = [data.subarray(0, 4), data.subarray(4), data.subarray(1, 5)].map(
    (d) => new Matrix(d, 2, 2),
  );
  expect(code(() => a.matmul(b, { out: a }))).toBe('ERR_PARAMETER');
  expect(code(() => a.matmul(a, { out: b }))).toBe('no error');
  expect(code(() => a.add(b, { out: odd }))).toBe('ERR_PARAMETER');
  expect(code(() => a.add(b, { out: b }))).toBe('no error');
  await expect(a.matmulAsync(b, { out: a })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  await expect(a.addAsync(b, { out: odd })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('shapes and types that do not fit are named', async () => {
  const [a, b] = [new Matrix(new Float64Array(6), 2, 3), new Matrix(new Float64Array(8), 4, 2)];
  for (const work of [() => a.add(b), () => a.matmul(b)]) {
    expect(work).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringMatching(/\[2, 3\].*\[4, 2\]/) }),
    );
  }
  await expect(a.matmulAsync(b)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  expect(code(() => a.add(a.astype('float32')))).toBe('ERR_DTYPE');
  expect(code(() => a.add(1, { out: b }))).toBe('ERR_SHAPE');
  structuredClone(a.data.buffer, { transfer: [a.data.buffer as ArrayBuffer] });
  expect(code(() => a.add(1))).toBe('ERR_SHAPE');
});

test('a signal aborts', async () => {
  const a = new Matrix(new Float64Array(4), 2, 2);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(a.addAsync(a, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});
