/** 8-bit matrices: known values, options, errors, memory. Property tests compare with a plain reference. */
import { describe, expect, test } from 'vitest';
import {
  Matrix,
  matmulInt8,
  matmulInt8Async,
  PackedInt8,
  packInt8,
  QuantizedMatrix,
  quantize,
  quantizeAsync,
} from '../../lib/index.js';

const code = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no error';
};
const float32 = (rows: number[][]) => Matrix.from(rows, undefined, 'float32');
const codes = (data: number[], rows: number, cols: number, rest: object = {}) =>
  new QuantizedMatrix({ data: Uint8Array.from(data), rows, cols, scale: 1, ...rest });
const weights = (data: number[], rows: number, cols: number, rest: object = {}) =>
  new QuantizedMatrix({ data: Int8Array.from(data), rows, cols, scale: 1, ...rest });

describe('quantize', () => {
  // The example of ONNX's specification of DynamicQuantizeLinear.
  test('the default is DynamicQuantizeLinear', async () => {
    const x = float32([[0, 2, -3, -2.5, 1.34, 0.5]]);
    const q = quantize(x);
    expect(q.dtype).toBe('uint8');
    expect(q.scale[0]).toBeCloseTo(0.0196078438, 9);
    expect([...q.zeroPoint]).toEqual([153]);
    expect([...q.data]).toEqual([153, 255, 0, 26, 221, 179]);
    expect(await quantizeAsync(x)).toEqual(q);
    expect(x.quantize()).toEqual(q);
    expect(x.astype('float64').quantize()).toEqual(q);
  });

  test('symmetric int8, by column and by row', () => {
    const w = float32([[1, -4], [-2, 2]]); // biome-ignore format: a matrix
    const byColumn = quantize(w, { symmetric: true, axis: 1 });
    expect(byColumn.data).toEqual(Int8Array.of(64, -127, -127, 64)); // ties to even: 63.5 and 63.5
    expect([...byColumn.scale]).toEqual([Math.fround(2 / 127), Math.fround(4 / 127)]);
    expect([...byColumn.zeroPoint]).toEqual([0, 0]);
    const byRow = quantize(w, { dtype: 'int8', axis: 0 });
    expect(byRow.data).toEqual(Int8Array.of(32, -127, -127, 127));
    const shifted = quantize(w, { dtype: 'uint8', symmetric: true });
    expect([...shifted.zeroPoint]).toEqual([128]);
    expect([...shifted.data]).toEqual([160, 1, 64, 192]);
    const affine = quantize(w, { dtype: 'int8', symmetric: false });
    expect(
      affine
        .dequantize()
        .toArray()
        .flat()
        .every((v, i) => Math.abs(v - w.data[i]) <= affine.scale[0]),
    ).toBe(true);
  });

  test('given scales: nearest even, clamped', async () => {
    const x = float32([[0.5, 1.5, 2.5, -0.5, 1000, -1000]]);
    expect([...quantize(x, { scale: 1 }).data]).toEqual([0, 2, 2, 0, 255, 0]);
    expect([...quantize(x, { scale: 1, zeroPoint: 10 }).data]).toEqual([10, 12, 12, 10, 255, 0]);
    expect([...quantize(x, { scale: 1, dtype: 'int8' }).data]).toEqual([0, 2, 2, 0, 127, -128]);
    const perColumn = quantize(x, { axis: 1, scale: [1, 1, 0.5, 1, 1, 1], zeroPoint: [0, 1, 2, 3, 4, 5] });
    expect([...perColumn.data]).toEqual([0, 3, 7, 3, 255, 0]);
    expect(await quantizeAsync(x, { scale: 1, zeroPoint: 10 })).toEqual(
      quantize(x, { scale: 1, zeroPoint: 10 }),
    );
  });

  test('zeros and nothing', () => {
    expect(
      quantize(float32([[0, 0]]))
        .dequantize()
        .toArray(),
    ).toEqual([[0, 0]]);
    const none = quantize(new Matrix(new Float32Array(0), 0, 3), { axis: 1 });
    expect([none.rows, none.cols, none.scale.length]).toEqual([0, 3, 3]);
    expect(quantize(new Matrix(new Float32Array(0), 3, 0), { axis: 0 }).scale).toEqual(
      Float32Array.of(1, 1, 1),
    );
  });

  test('refuses what has no code, with its place', async () => {
    for (const options of [{}, { axis: 0 as const }, { axis: 1 as const }, { scale: 1 }]) {
      for (const [bad, expected] of [
        [NaN, 'ERR_INPUT_NAN'],
        [Infinity, 'ERR_INPUT_INFINITE'],
        [-Infinity, 'ERR_INPUT_INFINITE'],
      ] as const) {
        const x = float32([[1, 2], [3, bad]]); // biome-ignore format: a matrix
        expect(() => quantize(x, options)).toThrow(
          expect.objectContaining({ code: expected, row: 1, column: 1 }),
        );
        expect(await code(() => quantizeAsync(x, options))).toBe(expected);
      }
    }
  });

  test('refuses wrong options', async () => {
    const x = float32([[1, 2]]);
    const wrong: [object, string][] = [
      [{ axis: 2 }, 'ERR_PARAMETER'],
      [{ dtype: 'int4' }, 'ERR_PARAMETER'],
      [{ zeroPoint: 1 }, 'ERR_PARAMETER'],
      [{ scale: 0 }, 'ERR_PARAMETER'],
      [{ scale: -1 }, 'ERR_PARAMETER'],
      [{ scale: NaN }, 'ERR_PARAMETER'],
      [{ scale: 1e-60 }, 'ERR_PARAMETER'],
      [{ scale: 1, zeroPoint: 256 }, 'ERR_PARAMETER'],
      [{ scale: 1, zeroPoint: 0.5 }, 'ERR_PARAMETER'],
      [{ scale: [1, 1, 1], axis: 1 }, 'ERR_SHAPE'],
      [{ scale: 1, zeroPoint: [0, 0] }, 'ERR_SHAPE'],
    ];
    for (const [options, expected] of wrong) expect(await code(() => quantize(x, options))).toBe(expected);
    expect(await code(() => quantize([[1]] as never))).toBe('ERR_PARAMETER');
    const abort = AbortSignal.abort();
    expect(await code(() => quantizeAsync(x, { signal: abort }))).toBe('ERR_ABORTED');
  });
});

describe('QuantizedMatrix', () => {
  test('dequantize, now, into out and on the pool', async () => {
    const q = codes([0, 128, 255, 127], 2, 2, { scale: [0.5, 2], zeroPoint: [128, 127], axis: 0 });
    const expected = [[-64, 0], [256, 0]]; // biome-ignore format: a matrix
    expect(q.dequantize().toArray()).toEqual(expected);
    const out = float32([[9, 9], [9, 9]]); // biome-ignore format: a matrix
    expect(q.dequantize({ out })).toBe(out);
    expect(out.toArray()).toEqual(expected);
    expect((await q.dequantizeAsync()).toArray()).toEqual(expected);
    expect(weights([-128, 127], 1, 2, { scale: 0.5 }).dequantize().toArray()).toEqual([[-64, 63.5]]);
    expect(await code(() => q.dequantize({ out: float32([[1]]) }))).toBe('ERR_SHAPE');
    expect(await code(() => q.dequantize({ out: Matrix.from(expected) }))).toBe('ERR_DTYPE');
  });

  test('refuses parts that do not fit', async () => {
    expect(await code(() => codes([1, 2, 3], 2, 2))).toBe('ERR_SHAPE');
    expect(await code(() => codes([1], 1, -1))).toBe('ERR_SHAPE');
    expect(await code(() => codes([1, 2], 1, 2, { axis: 1, scale: [1] }))).toBe('ERR_SHAPE');
    expect(await code(() => weights([1], 1, 1, { zeroPoint: 128 }))).toBe('ERR_PARAMETER');
    expect(await code(() => new QuantizedMatrix({ data: [1] as never, rows: 1, cols: 1, scale: 1 }))).toBe(
      'ERR_DTYPE',
    );
  });
});

describe('matmulInt8', () => {
  // The example of ONNX's specification of MatMulInteger.
  const a = codes([11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0], 4, 3, { zeroPoint: 12 });
  const b = weights([1, 4, 2, 5, 3, 6], 3, 2);
  const sums = [-38, -83, -44, -98, -50, -113, -56, -128];

  test('exact sums, as MatMulInteger', async () => {
    expect(matmulInt8(a, b, { outputType: 'int32' })).toEqual({
      data: Int32Array.from(sums),
      rows: 4,
      cols: 2,
    });
    expect(await matmulInt8Async(a, b, { outputType: 'int32' })).toEqual({
      data: Int32Array.from(sums),
      rows: 4,
      cols: 2,
    });
    const transposed = weights([1, 2, 3, 4, 5, 6], 2, 3);
    expect([...a.matmul(transposed, { transposeB: true, outputType: 'int32' }).data]).toEqual(sums);
    expect([...a.matmul(packInt8(transposed, { transpose: true }), { outputType: 'int32' }).data]).toEqual(
      sums,
    );
    const signed = new QuantizedMatrix({
      data: Int8Array.from(a.data),
      rows: 4,
      cols: 3,
      scale: 1,
      zeroPoint: 12,
    });
    expect([...signed.matmul(b, { outputType: 'int32' }).data]).toEqual(sums);
  });

  test('scales, bias, activation', async () => {
    const x = codes([3, 5, 0, 2], 2, 2, { scale: [0.5, 2], zeroPoint: [1, 0], axis: 0 });
    const w = weights([10, -1, -7, 4], 2, 2, { scale: [0.25, 1], axis: 1 });
    const expected = [[-1, 7], [-7, 16]]; // biome-ignore format: a matrix
    expect(matmulInt8(x, w).toArray()).toEqual(expected);
    const options = { bias: Float64Array.of(3, -10), activation: 'relu' } as const;
    expect(matmulInt8(x, w, options).toArray()).toEqual([[2, 0], [0, 6]]); // biome-ignore format: a matrix
    expect((await x.matmulAsync(w, { ...options, bias: float32([[3, -10]]) })).toArray()).toEqual([[2, 0], [0, 6]]); // biome-ignore format: a matrix
    expect(matmulInt8(x, w, { activation: 'tanh' }).data[0]).toBeCloseTo(Math.tanh(-1), 6);
  });

  test('results of codes, as QLinearMatMul', () => {
    const y = matmulInt8(a, b, { outputType: 'uint8', outputScale: 2, outputZeroPoint: 100 });
    expect(y).toBeInstanceOf(QuantizedMatrix);
    expect([...y.data]).toEqual([81, 58, 78, 51, 75, 44, 72, 36]);
    expect(y.scale[0]).toBe(2);
    const clamped = matmulInt8(a, b, { outputType: 'int8', outputScale: 0.5 });
    expect([...clamped.data]).toEqual([-76, -128, -88, -128, -100, -128, -112, -128]);
  });

  test('a Matrix is quantized row by row on the way in', async () => {
    const x = float32([[1, -2, 0.5], [300, 0.25, 7]]); // biome-ignore format: a matrix
    const twoSteps = matmulInt8(quantize(x, { axis: 0 }), b);
    expect(matmulInt8(x, b)).toEqual(twoSteps);
    expect(matmulInt8(x.astype('float64'), b)).toEqual(twoSteps);
    expect(await matmulInt8Async(x, packInt8(b))).toEqual(twoSteps);
    expect(() => matmulInt8(float32([[1, NaN, 2]]), b)).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_NAN', row: 0, column: 1 }),
    );
    expect(await code(() => matmulInt8Async(float32([[1, Infinity, 2]]), b))).toBe('ERR_INPUT_INFINITE');
  });

  test('out, in ordinary and in shared memory', async () => {
    const expected = matmulInt8(a, b).toArray();
    const out = new Matrix(new Float32Array(8), 4, 2);
    expect(matmulInt8(a, b, { out })).toBe(out);
    expect(out.toArray()).toEqual(expected);
    for (const memory of [new ArrayBuffer(32), new SharedArrayBuffer(32)]) {
      const into = new Matrix(new Float32Array(memory), 4, 2);
      expect(await matmulInt8Async(a, b, { out: into })).toBe(into);
      expect(into.toArray()).toEqual(expected);
    }
    expect(await code(() => matmulInt8(a, b, { out: float32([[1]]) }))).toBe('ERR_SHAPE');
    expect(await code(() => matmulInt8(a, b, { out, outputType: 'int32' }))).toBe('ERR_PARAMETER');
    expect((await a.dequantizeAsync({ out: new Matrix(new Float32Array(12), 4, 3) })).toArray()).toEqual(
      a.dequantize().toArray(),
    );
    const same = new Float32Array(3);
    const bytes = new QuantizedMatrix({
      data: new Uint8Array(same.buffer, 0, 3),
      rows: 1,
      cols: 3,
      scale: 1,
    });
    const over = new Matrix(same.subarray(0, 1), 1, 1);
    for (const matmul of [matmulInt8, matmulInt8Async]) {
      expect(await code(() => matmul(bytes, weights([1, 2, 3], 3, 1), { out: over }))).toBe('ERR_PARAMETER');
    }
  });

  test('what a promise reads is what was there at the call', async () => {
    const x = codes([1, 2, 3], 1, 3);
    const w = weights([1, 1, 1], 3, 1);
    const later = matmulInt8Async(x, w, { outputType: 'int32' });
    x.data.fill(0);
    w.data.fill(0);
    expect([...(await later).data]).toEqual([6]);
  });

  test('packed weights do not change with their source', () => {
    const w = weights([1, 2, 3], 3, 1);
    const packed = packInt8(w);
    expect(packed).toBeInstanceOf(PackedInt8);
    w.data.fill(0);
    expect([...matmulInt8(codes([1, 1, 1], 1, 3), packed, { outputType: 'int32' }).data]).toEqual([6]);
  });

  test('empty shapes', () => {
    const none = (rows: number, cols: number) => codes([], rows, cols);
    expect(matmulInt8(none(0, 3), b).toArray()).toEqual([]);
    expect(matmulInt8(none(2, 0), weights([], 0, 2), { bias: Float32Array.of(1, 2) }).toArray()).toEqual([[1, 2], [1, 2]]); // biome-ignore format: a matrix
  });

  test('refuses operands and options that do not fit', async () => {
    const wrong: [() => unknown, string][] = [
      [() => matmulInt8(b as never, a as never), 'ERR_SHAPE'],
      [() => matmulInt8(a, weights([1, 2], 1, 2)), 'ERR_SHAPE'],
      [() => matmulInt8(a, codes([1, 2, 3], 3, 1)), 'ERR_PARAMETER'],
      [() => matmulInt8(a, weights([1, 2, 3], 3, 1, { zeroPoint: 1 })), 'ERR_PARAMETER'],
      [() => matmulInt8(a, weights([1, 2, 3], 3, 1, { axis: 0, scale: [1, 1, 1] })), 'ERR_PARAMETER'],
      [() => matmulInt8(codes([1, 2, 3], 1, 3, { axis: 1, scale: [1, 1, 1] }), b), 'ERR_PARAMETER'],
      [() => matmulInt8(a, [[1]] as never), 'ERR_PARAMETER'],
      [() => matmulInt8([[1]] as never, b), 'ERR_PARAMETER'],
      [() => matmulInt8(a, packInt8(b), { transposeB: true }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { bias: Float32Array.of(1) }), 'ERR_SHAPE'],
      [() => matmulInt8(a, b, { bias: 1 as never }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { bias: Float32Array.of(1, 2), outputType: 'int32' }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { activation: 'relu', outputType: 'int32' }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { activation: 'swish' as never }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { outputType: 'uint8' }), 'ERR_PARAMETER'],
      [() => matmulInt8(a, b, { outputType: 'int16' as never }), 'ERR_PARAMETER'],
      [() => matmulInt8(a.dequantize(), b, { outputType: 'int32' }), 'ERR_PARAMETER'],
      [() => packInt8(a), 'ERR_PARAMETER'],
      [() => packInt8(weights(new Array(65794).fill(-128), 65794, 1)), 'ERR_SHAPE'],
      [() => matmulInt8Async(a, b, { signal: AbortSignal.abort() }), 'ERR_ABORTED'],
    ];
    for (const [work, expected] of wrong)
      expect([work.toString(), await code(work)]).toEqual([work.toString(), expected]);
  });

  test('the largest sums are exact', () => {
    const k = 65793;
    const x = new QuantizedMatrix({ data: new Uint8Array(k).fill(255), rows: 1, cols: k, scale: 1 });
    const w = new QuantizedMatrix({ data: new Int8Array(k).fill(-128), rows: k, cols: 1, scale: 1 });
    expect(x.matmul(w, { outputType: 'int32' }).data[0]).toBe(-255 * 128 * k);
  });
});
