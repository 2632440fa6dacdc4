/** Operations of Matrix against loops over plain numbers, on shapes of every kind, now and on the pool. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dtype, Matrix } from '../../lib/index.js';
import { dot, exact, expectClose, type Tolerance, ulp } from '../support/tolerance.js';

const settings = { numRuns: 150, seed: 2026 };
const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(31, 32, 33, 64, 65));
const dtype = fc.constantFrom<Dtype>('float32', 'float64');
const special = fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, Number.NaN);

/** A matrix at an odd place in its buffer, which is shared or not. */
const place = (
  values: number[],
  rows: number,
  cols: number,
  type: Dtype,
  shared: boolean,
  offset: number,
) => {
  const Type = type === 'float32' ? Float32Array : Float64Array;
  const Memory = (shared ? SharedArrayBuffer : ArrayBuffer) as ArrayBufferConstructor;
  const bytes = Type.BYTES_PER_ELEMENT;
  const data = new Type(new Memory((values.length + offset) * bytes), offset * bytes, values.length);
  data.set(values);
  return new Matrix(data, rows, cols);
};
const matrixOf = (rows: number, cols: number, type: Dtype, value: fc.Arbitrary<number> = number) =>
  fc
    .tuple(fc.array(value, { minLength: rows * cols, maxLength: rows * cols }), fc.boolean(), fc.nat(3))
    .map(([values, shared, offset]) => place(values, rows, cols, type, shared, offset));
/** Nothing so small that products underflow: the tolerances know no smallest number. */
const number = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => (Math.abs(x) < 1e-6 ? 0 : x));
const anyNumber = fc.oneof({ weight: 9, arbitrary: number }, { weight: 1, arbitrary: special });
const round = (type: Dtype) => (type === 'float32' ? Math.fround : (x: number) => x);

const same = (a: Matrix, b: Matrix) => {
  expect([a.rows, a.cols, a.dtype]).toEqual([b.rows, b.cols, b.dtype]);
  expect(a.data.every((value, i) => Object.is(value, b.data[i]))).toBe(true);
};

describe('arithmetic', () => {
  const operations = {
    add: (a: number, b: number) => a + b,
    sub: (a: number, b: number) => a - b,
    mul: (a: number, b: number) => a * b,
    div: (a: number, b: number) => a / b,
    minimum: Math.min,
    maximum: Math.max,
  };
  const pair = fc.tuple(size, size, dtype).chain(([rows, cols, type]) => {
    const side = fc
      .tuple(fc.constantFrom(rows, 1), fc.constantFrom(cols, 1))
      .chain(([r, c]) => matrixOf(r, c, type, anyNumber));
    return fc.tuple(side, side);
  });

  test.each(Object.entries(operations))('%s is that of numbers, whatever is repeated', async (name, f) => {
    const key = name as keyof typeof operations;
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        const rows = a.rows === 1 ? b.rows : a.rows;
        const cols = a.cols === 1 ? b.cols : a.cols;
        const got = a[key](b);
        expect([got.rows, got.cols, got.dtype]).toEqual([rows, cols, a.dtype]);
        const at = (m: Matrix, i: number, j: number) =>
          m.data[(m.rows === 1 ? 0 : i) * m.cols + (m.cols === 1 ? 0 : j)];
        const want = Array.from({ length: rows * cols }, (_, k) => {
          const [i, j] = [Math.floor(k / cols), k % cols];
          return round(a.dtype)(f(at(a, i, j), at(b, i, j)));
        });
        expectClose(got.data, want, exact, name);
        same(await a[`${key}Async`](b), got);
      }),
      settings,
    );
  });

  test('a number, a row and in place agree with matrices', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(size, size, dtype)
          .chain(([r, c, t]) => fc.tuple(matrixOf(r, c, t), matrixOf(1, c, t), number)),
        ([a, row, x]) => {
          same(a.mul(x), a.mul(Matrix.full(1, 1, x, a.dtype)));
          same(a.scale(x), a.mul(x));
          same(a.sub(row.data), a.sub(row));
          const want = a.div(a);
          const copy = a.copy();
          same(copy.div(copy, { out: copy }), want);
        },
      ),
      settings,
    );
  });
});

describe('functions', () => {
  const round2 = (x: number) => {
    const r = Math.round(x);
    return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
  };
  // Within 2 ulp of the exact value by contract; the reference itself may be 1 ulp away, then is rounded.
  const near = (type: Dtype) => ulp(3, type);
  const none = () => exact;
  const functions: [string, (x: number) => number, (type: Dtype) => Tolerance][] = [
    ['exp', Math.exp, near],
    ['expm1', Math.expm1, near],
    ['log', Math.log, near],
    ['log1p', Math.log1p, near],
    ['tanh', Math.tanh, near],
    ['sigmoid', (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))), near],
    ['silu', (x) => (x >= 0 ? x / (1 + Math.exp(-x)) : (x * Math.exp(x)) / (1 + Math.exp(x))), near],
    ['softplus', (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), near],
    ['sqrt', Math.sqrt, none],
    ['square', (x) => x * x, none],
    ['reciprocal', (x) => 1 / x, none],
    ['abs', Math.abs, none],
    ['negate', (x) => -x, none],
    ['sign', Math.sign, none],
    ['floor', Math.floor, none],
    ['ceil', Math.ceil, none],
    ['round', round2, none],
    ['relu', (x) => Math.max(x, 0), none],
  ];
  test.each(functions)('%s', async (name, f, tolerance) => {
    const key = name as 'exp';
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, dtype).chain(([rows, cols, type]) => matrixOf(rows, cols, type, number)),
        async (x) => {
          const got = x[key]();
          const want = Array.from(x.data, (value) => round(x.dtype)(f(value)));
          expectClose(got.data, want, tolerance(x.dtype), name);
          same(await x[`${key}Async`](), got);
          same(x.copy()[key]({ out: x.copy() }), got);
        },
      ),
      settings,
    );
  });
});

describe('products', () => {
  const operands = fc
    .tuple(size, size, size, dtype, fc.boolean(), fc.boolean(), fc.boolean())
    .chain(([m, k, n, type, transposeA, transposeB, withBias]) =>
      fc.record({
        a: transposeA ? matrixOf(k, m, type) : matrixOf(m, k, type),
        b: transposeB ? matrixOf(n, k, type) : matrixOf(k, n, type),
        bias: withBias ? matrixOf(1, n, type) : fc.constant(undefined),
        transposeA: fc.constant(transposeA),
        transposeB: fc.constant(transposeB),
        activation: fc.constantFrom(undefined, 'relu' as const, 'negate' as const),
      }),
    );

  test('are sums of products, whatever is transposed', async () => {
    await fc.assert(
      fc.asyncProperty(operands, async ({ a, b, ...options }) => {
        const A = options.transposeA ? a.transpose() : a;
        const B = options.transposeB ? b.transpose() : b;
        const got = a.matmul(b, options);
        expect([got.rows, got.cols]).toEqual([A.rows, B.cols]);
        for (let i = 0; i < A.rows; i++) {
          for (let j = 0; j < B.cols; j++) {
            const start = options.bias ? options.bias.data[j] : 0;
            let want = start;
            for (let p = 0; p < A.cols; p++) want += A.data[i * A.cols + p] * B.data[p * B.cols + j];
            if (options.activation === 'relu') want = Math.max(0, want);
            if (options.activation === 'negate') want = -want;
            const normA = Math.hypot(...A.row(i), start);
            const normB = Math.hypot(...Array.from({ length: A.cols }, (_, p) => B.data[p * B.cols + j]), 1);
            expectClose(
              got.data[i * B.cols + j],
              want,
              dot(A.cols + 2, normA, normB, a.dtype),
              `[${i}, ${j}]`,
            );
          }
        }
        same(await a.matmulAsync(b, options), got);
      }),
      settings,
    );
  });

  test('have rows that depend on nothing else', () => {
    fc.assert(
      fc.property(operands, fc.nat(), ({ a, b, bias, transposeB }, seed) => {
        fc.pre(a.rows > 0);
        const right = transposeB ? b.transpose() : b;
        const left = a.cols === right.rows ? a : a.transpose();
        fc.pre(left.rows > 0);
        const i = seed % left.rows;
        const all = left.matmul(right, { bias });
        same(left.slice(i, i + 1).matmul(right, { bias }), all.slice(i, i + 1));
      }),
      settings,
    );
  });
});

describe('reductions', () => {
  /** The values that each result is made from. */
  const groups = (x: Matrix, axis: 0 | 1 | undefined): number[][] => {
    if (axis === undefined) return [Array.from(x.data)];
    if (axis === 1) return x.toArray();
    return Array.from({ length: x.cols }, (_, j) =>
      Array.from({ length: x.rows }, (_, i) => x.data[i * x.cols + j]),
    );
  };
  const values = (result: Matrix | number | Int32Array) =>
    typeof result === 'number' ? [result] : Array.from(result instanceof Matrix ? result.data : result);
  const sum = (v: number[]) => v.reduce((s, x) => s + x, 0);
  const norm = (v: number[]) => Math.hypot(...v);
  const rounding = (v: number[], type: Dtype) => dot(v.length + 2, norm(v), Math.sqrt(v.length) + 1, type);
  const reductions: [string, (v: number[]) => number, (v: number[], type: Dtype) => Tolerance][] = [
    ['sum', sum, rounding],
    ['mean', (v) => sum(v) / v.length, rounding],
    ['min', (v) => Math.min(...v), () => exact],
    ['max', (v) => Math.max(...v), () => exact],
    ['argmin', (v) => v.indexOf(Math.min(...v)), () => exact],
    ['argmax', (v) => v.indexOf(Math.max(...v)), () => exact],
    [
      'variance',
      (v) => sum(v.map((x) => (x - sum(v) / v.length) ** 2)) / v.length,
      (v, type) => dot(v.length + 4, norm(v), norm(v) + 1, type),
    ],
  ];
  const input = fc.tuple(size, size, dtype).chain(([rows, cols, type]) => matrixOf(rows, cols, type));

  test.each(reductions)('%s, by axis and of all', async (name, f, tolerance) => {
    const key = name as 'sum';
    await fc.assert(
      fc.asyncProperty(input, fc.constantFrom(0, 1, undefined), async (x, axis) => {
        fc.pre(x.rows > 0 && x.cols > 0);
        const got = x[key](axis);
        for (const [i, group] of groups(x, axis).entries()) {
          expectClose(values(got)[i], f(group), tolerance(group, x.dtype), `${name} ${i}`);
        }
        expect(values(await x[`${key}Async`](axis))).toEqual(values(got));
        if (got instanceof Matrix)
          expect([got.rows, got.cols]).toEqual(axis === 0 ? [1, x.cols] : [x.rows, 1]);
      }),
      settings,
    );
  });

  test('softmax makes shares of one', () => {
    fc.assert(
      fc.property(input, fc.constantFrom(0, 1), (x, axis) => {
        fc.pre(x.rows > 0 && x.cols > 0);
        const shares = x.softmax(axis);
        for (const group of groups(shares, axis)) {
          expectClose(sum(group), 1, dot(group.length + 4, 1, 1, x.dtype), 'sum');
        }
        const best = values(x.argmax(axis));
        for (const [i, group] of groups(shares, axis).entries())
          expect(group[best[i]]).toBe(Math.max(...group));
        expectClose(x.logSoftmax(axis).exp().data, shares.data, dot(300, 1, 1, x.dtype), 'exp(logSoftmax)');
      }),
      settings,
    );
  });

  test('transposing twice and converting to float64 and back change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (x) => {
        const t = x.transpose();
        expect(groups(t, 1)).toEqual(groups(x, 0).slice(0, t.rows));
        same(await t.transposeAsync(), x);
        const single = x.astype('float32');
        expect(Array.from(single.data)).toEqual(Array.from(x.data, Math.fround));
        same(single.astype('float64').astype('float32'), single);
        same(await single.astypeAsync('float64'), single.astype('float64'));
      }),
      settings,
    );
  });
});
