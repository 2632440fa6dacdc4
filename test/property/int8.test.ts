/** 8-bit matrices against a plain reference, bit for bit, on any shape. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Matrix, matmulInt8, matmulInt8Async, packInt8, QuantizedMatrix, quantize } from '../../lib/index.js';

const settings = { numRuns: 150, seed: 2027 };
const f = Math.fround;

/** Half to even. */
function nearest(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

interface Format {
  readonly dtype: 'int8' | 'uint8';
  readonly symmetric: boolean;
}

/** ONNX's formulas, each operation rounded to float32. */
function parametersOf(
  values: readonly number[],
  { dtype, symmetric }: Format,
): [scale: number, zero: number] {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const least = dtype === 'int8' ? -128 : 0;
  if (symmetric) return [f(Math.max(-low, high) / 127) || 1, dtype === 'int8' ? 0 : 128];
  const scale = f(f(high - low) / 255) || 1;
  return [scale, nearest(Math.min(least + 255, Math.max(least, f(least - f(low / scale)))))];
}

function codeOf(x: number, scale: number, zero: number, { dtype, symmetric }: Format): number {
  const highest = dtype === 'int8' ? 127 : 255;
  const lowest = symmetric ? (dtype === 'int8' ? -127 : 1) : dtype === 'int8' ? -128 : 0;
  return Math.min(highest, Math.max(lowest, nearest(f(x / scale)) + zero));
}

const size = fc.integer({ min: 1, max: 40 });
const value = fc.oneof(
  fc.float({ min: -100, max: 100, noNaN: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: f(-1e30), max: f(1e30) }),
  fc.constant(0),
);

test('quantize: parameters and codes are those of the formulas', () => {
  const input = fc.tuple(size, size).chain(([rows, cols]) =>
    fc.record({
      x: fc.array(value, { minLength: rows * cols, maxLength: rows * cols }),
      shape: fc.constant([rows, cols]),
      dtype: fc.constantFrom('int8' as const, 'uint8' as const),
      symmetric: fc.boolean(),
      axis: fc.constantFrom(null, 0 as const, 1 as const),
    }),
  );
  fc.assert(
    fc.property(input, ({ x, shape: [rows, cols], dtype, symmetric, axis }) => {
      const data = Float32Array.from(x);
      const q = quantize(new Matrix(data, rows, cols), { dtype, symmetric, axis });
      const group = (i: number) => (axis === null ? 0 : axis === 0 ? Math.floor(i / cols) : i % cols);
      const groups: number[][] = Array.from(q.scale, () => []);
      data.forEach((v, i) => {
        groups[group(i)].push(v);
      });
      const parameters = groups.map((values) => parametersOf(values, { dtype, symmetric }));
      expect([...q.scale]).toEqual(parameters.map(([scale]) => scale));
      expect([...q.zeroPoint]).toEqual(parameters.map(([, zero]) => zero));
      const expected = Array.from(data, (v, i) => codeOf(v, ...parameters[group(i)], { dtype, symmetric }));
      expect([...q.data]).toEqual(expected);
      const back = q.dequantize().data;
      expect([...back]).toEqual(
        expected.map((c, i) => f((c - parameters[group(i)][1]) * parameters[group(i)][0])),
      );
    }),
    settings,
  );
});

test('matmulInt8: sums are exact, results follow the written operations, now and on the pool', async () => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255, 128));
  const scales = (count: number) =>
    fc.array(fc.float({ min: f(1e-3), max: 10, noNaN: true }), { minLength: count, maxLength: count });
  const input = fc.tuple(size, fc.integer({ min: 0, max: 70 }), size).chain(([m, k, n]) =>
    fc.record({
      shape: fc.constant([m, k, n]),
      x: fc.array(byte, { minLength: m * k, maxLength: m * k }),
      w: fc.array(byte, { minLength: k * n, maxLength: k * n }),
      signed: fc.boolean(),
      perRow: fc.boolean(),
      perColumn: fc.boolean(),
      transposeB: fc.boolean(),
      relu: fc.boolean(),
      xScale: scales(m),
      xZero: fc.array(byte, { minLength: m, maxLength: m }),
      wScale: scales(n),
      bias: fc.option(scales(n)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(input, async (c) => {
      const [m, k, n] = c.shape;
      const offset = c.signed ? 128 : 0;
      const data = c.x.map((v) => v - offset);
      const zero = (c.perRow ? c.xZero : c.xZero.slice(0, 1)).map((v) => v - offset);
      const a = new QuantizedMatrix({
        data: c.signed ? Int8Array.from(data) : Uint8Array.from(data),
        rows: m,
        cols: k,
        scale: c.perRow ? c.xScale : c.xScale[0],
        zeroPoint: c.perRow ? zero : zero[0],
        axis: c.perRow ? 0 : null,
      });
      const at = (p: number, j: number) => c.w[p * n + j] - 128;
      const [rows, cols] = c.transposeB ? [n, k] : [k, n];
      const b = new QuantizedMatrix({
        data: Int8Array.from({ length: k * n }, (_, i) =>
          c.transposeB ? at(i % k, Math.floor(i / k)) : at(Math.floor(i / n), i % n),
        ),
        rows,
        cols,
        scale: c.perColumn ? c.wScale : c.wScale[0],
        axis: c.perColumn ? (c.transposeB ? 0 : 1) : null,
      });
      const sums = new Int32Array(m * n);
      const real = new Float32Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) sum += (data[i * k + p] - (zero[i] ?? zero[0])) * at(p, j);
          sums[i * n + j] = sum;
          const scale = f(f(a.scale[i] ?? a.scale[0]) * f(b.scale[c.perColumn ? j : 0]));
          let y = f(f(sum) * scale);
          if (c.bias !== null) y = f(y + c.bias[j]);
          real[i * n + j] = c.relu && y < 0 ? 0 : y;
        }
      }
      const options = {
        transposeB: c.transposeB,
        bias: c.bias === null ? undefined : Float32Array.from(c.bias),
        activation: c.relu ? ('relu' as const) : ('identity' as const),
      };
      const packed = packInt8(b, { transpose: c.transposeB });
      const { transposeB } = options;
      expect(matmulInt8(a, b, { transposeB, outputType: 'int32' }).data).toEqual(sums);
      expect((await matmulInt8Async(a, packed, { outputType: 'int32' })).data).toEqual(sums);
      // Equal as numbers: the sign of a zero is left open.
      expect([...matmulInt8(a, b, options).data].map((v) => v + 0)).toEqual([...real].map((v) => v + 0));
      const later = await matmulInt8Async(a, b, options);
      expect(later).toEqual(matmulInt8(a, packed, { ...options, transposeB: false }));
    }),
    { ...settings, numRuns: 80 },
  );
});

test('a row of a product depends on that row only', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), size, size, fc.integer(), (m, k, n, seed) => {
      const noise = (count: number, salt: number) =>
        Float32Array.from(
          { length: count },
          (_, i) => Math.sin((i + 1) * 12.9898 + salt + (seed % 1000)) * 3,
        );
      const x = new Matrix(noise(m * k, 0), m, k);
      const w = packInt8(quantize(new Matrix(noise(k * n, 7), k, n), { symmetric: true, axis: 1 }));
      const whole = matmulInt8(x, w);
      for (let i = 0; i < m; i++) expect(matmulInt8(x.slice(i, i + 1), w).data).toEqual(whole.row(i));
    }),
    { ...settings, numRuns: 40 },
  );
});
