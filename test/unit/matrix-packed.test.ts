/** Packed matrices give the bits of unpacked ones; bfloat16 is rounded float32. */
import { describe, expect, test } from 'vitest';
import { Bfloat16Matrix, type Dtype, Matrix, PackedMatrix } from '../../lib/index.js';
import { codeOf } from '../support/codes.js';

const random = (rows: number, cols: number, dtype: Dtype = 'float32', seed = 1) => {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const m = Matrix.zeros(rows, cols, dtype);
  for (let i = 0; i < m.data.length; i++) m.data[i] = next();
  return m;
};
/** The nearest bfloat16, ties to even. */
const rounded = (x: number) => {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
  return new Float32Array(Uint32Array.of((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000).buffer)[0];
};

describe.each(['float32', 'float64'] as const)('packed %s', (dtype) => {
  test.each([
    [1, 784, 128],
    [8, 33, 1],
    [3, 5, 2],
    [70, 129, 67],
    [0, 3, 2],
    [2, 0, 3],
    [2, 3, 0],
  ])('%d x %d x %d has the bits of the unpacked product', async (m, k, n) => {
    const [a, b, bias] = [random(m, k, dtype), random(k, n, dtype, 2), random(1, n, dtype, 3)];
    const options = { bias, activation: 'relu' } as const;
    const want = a.matmul(b, options);
    for (const packed of [b.pack(), await b.packAsync(), b.transpose().pack({ transpose: true })]) {
      expect([packed.rows, packed.cols, packed.precision]).toEqual([k, n, dtype]);
      expect(a.matmul(packed, options)).toEqual(want);
      expect(await a.matmulAsync(packed, options)).toEqual(want);
      const out = Matrix.full(m, n, 9, dtype);
      expect(a.matmul(packed, { ...options, out })).toBe(out);
      expect(out).toEqual(want);
    }
  });
});

test('a packed matrix is a copy', () => {
  const b = random(4, 4);
  const want = b.matmul(b);
  const packed = b.pack();
  const a = b.copy();
  b.data.fill(0);
  expect(a.matmul(packed)).toEqual(want);
});

test('bfloat16 is float32 rounded to nearest even', async () => {
  const m = random(33, 65).scale(1e3);
  m.data.set([0, -0, 1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, Infinity, -Infinity, 3.4e38, 1e-42]);
  const small = m.toBfloat16();
  expect(small.data).toBeInstanceOf(Uint16Array);
  const want = Float32Array.from(m.data, rounded);
  expect(small.toMatrix().data).toEqual(want);
  expect((await m.toBfloat16Async()).data).toEqual(small.data);
  expect(await small.toMatrixAsync()).toEqual(small.toMatrix());
  expect(Matrix.full(1, 1, NaN, 'float32').toBfloat16().toArray()).toEqual([[NaN]]);
  expect(small.toMatrix().toBfloat16()).toEqual(small);
});

test('products of bfloat16 are those of the rounded numbers, summed in float32', async () => {
  const [a, b] = [random(9, 100), random(100, 31, 'float32', 2)];
  const [a16, b16] = [a.toBfloat16(), b.toBfloat16()];
  const packed = b.pack({ precision: 'bfloat16' });
  const exactly = a16.toMatrix().astype('float64').matmul(b16.toMatrix().astype('float64'));
  // Products of bfloat16 numbers are exact in float32; 100 of them below 1 are summed.
  const close = { absolute: 100 * 100 * 2 ** -24, relative: 0 };
  for (const product of [a16.matmul(packed), a16.matmul(b16), await a16.matmulAsync(b16)]) {
    expect(product.dtype).toBe('float32');
    expect(product.astype('float64').allClose(exactly, close)).toBe(true);
  }
  expect(b16.pack({ transpose: true }).rows).toBe(31);
  const mixed = a.astype('float64').matmul(b16.toMatrix().astype('float64'));
  expect(a.matmul(packed).astype('float64').allClose(mixed, close)).toBe(true);
  expect(await a.matmulAsync(packed)).toEqual(a.matmul(packed));
});

test('what does not fit is refused', async () => {
  const [a, b] = [random(2, 3), random(3, 2)];
  const packed = b.pack();
  const b16 = b.toBfloat16();
  const cases: [string, () => unknown][] = [
    ['ERR_SHAPE', () => b.matmul(packed)],
    ['ERR_SHAPE', () => a.matmul(packed, { out: Matrix.zeros(2, 3, 'float32') })],
    ['ERR_SHAPE', () => a.matmul(packed, { bias: new Float32Array(3) })],
    ['ERR_SHAPE', () => b16.matmul(b16)],
    ['ERR_SHAPE', () => new Bfloat16Matrix(new Uint16Array(3), 2, 2)],
    ['ERR_DTYPE', () => new Bfloat16Matrix(new Float32Array(4) as unknown as Uint16Array, 2, 2)],
    ['ERR_DTYPE', () => a.astype('float64').matmul(packed)],
    ['ERR_DTYPE', () => a.toBfloat16().matmul(packed)],
    ['ERR_DTYPE', () => a.matmul(packed, { out: Matrix.zeros(2, 2) })],
    ['ERR_DTYPE', () => a.matmul(packed, { bias: new Float64Array(2) })],
    ['ERR_DTYPE', () => a.astype('float64').pack({ precision: 'bfloat16' })],
    ['ERR_DTYPE', () => a.pack({ precision: 'float64' })],
    ['ERR_DTYPE', () => a.astype('float64').toBfloat16()],
    ['ERR_PARAMETER', () => a.pack({ precision: 'int8' as Dtype })],
    ['ERR_PARAMETER', () => a.matmul(packed, { transposeB: true })],
    ['ERR_PARAMETER', () => a.matmul(packed, { activation: 'none' as 'relu' })],
    ['ERR_PARAMETER', () => a.toBfloat16().matmul(b as unknown as PackedMatrix)],
    ['ERR_PARAMETER', () => a.matmul(new PackedMatrix({} as PackedMatrix['handle'], 3, 2, 'float32'))],
  ];
  for (const [code, work] of cases) expect([codeOf(work), String(work)]).toEqual([code, String(work)]);
  const square = random(3, 3);
  expect(codeOf(() => square.matmul(square.pack(), { out: square }))).toBe('ERR_PARAMETER');
  await expect(square.matmulAsync(square.pack(), { out: square })).rejects.toMatchObject({
    code: 'ERR_PARAMETER',
  });
  await expect(a.packAsync({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});
