/** Values of the operations of Matrix where a property test says too little: corners, messages and codes. */
import { describe, expect, test } from 'vitest';
import { type Dtype, Matrix } from '../../lib/index.js';
import { codeOf } from '../support/codes.js';

const of = (text: string, dtype: Dtype = 'float64') =>
  Matrix.from(
    text.split(';').map((row) => row.trim().split(' ').map(Number)),
    undefined,
    dtype,
  );
const empty = (rows: number, cols: number) => new Matrix(new Float64Array(0), rows, cols);

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const a = of('1 2 3; 4 5 6', dtype);

  test('arithmetic repeats rows, columns and numbers', async () => {
    const column = of('10; 20', dtype);
    const row = of('10 20 30', dtype);
    expect(a.add(row)).toEqual(of('11 22 33; 14 25 36', dtype));
    expect(a.add(row.data)).toEqual(a.add(row));
    expect(row.add(a)).toEqual(a.add(row));
    expect(column.sub(row)).toEqual(of('0 -10 -20; 10 0 -10', dtype));
    expect(row.sub(column)).toEqual(of('0 10 20; -10 0 10', dtype));
    expect(of('2', dtype).pow(a)).toEqual(of('2 4 8; 16 32 64', dtype));
    expect(await a.addAsync(1)).toEqual(of('2 3 4; 5 6 7', dtype));
    expect(await a.scaleAsync(2)).toEqual(a.scale(2));
    expect(a.minimum(NaN)).toEqual(Matrix.full(2, 3, NaN, dtype));
  });

  test('matmul transposes, adds a bias and applies a function', async () => {
    const b = of('1 0 -1; 0 1 2', dtype);
    expect(a.matmul(b, { transposeB: true })).toEqual(of('-2 8; -2 17', dtype));
    expect(a.matmul(b, { transposeA: true })).toEqual(of('1 4 7; 2 5 8; 3 6 9', dtype));
    expect(a.matmul(b.transpose())).toEqual(of('-2 8; -2 17', dtype));
    const options = { transposeB: true, bias: of('1 -10', dtype).data, activation: 'relu' } as const;
    expect(a.matmul(b, options)).toEqual(of('0 0; 0 7', dtype));
    expect(await a.matmulAsync(b, options)).toEqual(a.matmul(b, options));
  });

  test('reductions of special values', () => {
    const x = of('1 NaN; 3 -Infinity', dtype);
    expect([x.sum(), x.min(), x.max(), x.argmax(), x.argmin()]).toEqual([NaN, NaN, NaN, 1, 1]);
    expect(x.max(0)).toEqual(of('3 NaN', dtype));
    expect(x.argmax(1)).toEqual(Int32Array.of(1, 0));
    expect(of('0 -1000', dtype).softmax()).toEqual(of('1 0', dtype));
    expect(of('1 NaN; 0 0', dtype).softmax()).toEqual(of('NaN NaN; 0.5 0.5', dtype));
    const large = dtype === 'float32' ? 1e30 : 1e200;
    expect(Matrix.full(2, 2, large, dtype).norm()).toBe(2 * Matrix.full(1, 1, large, dtype).data[0]);
  });
});

test('reductions of nothing', () => {
  const none = empty(0, 3);
  expect([none.sum(), none.product(), none.mean(), none.norm(), none.norm(1), none.norm(Infinity)]).toEqual([
    0,
    1,
    NaN,
    0,
    0,
    0,
  ]);
  expect(none.sum(0)).toEqual(Matrix.zeros(1, 3));
  expect(none.sum(1)).toEqual(empty(0, 1));
  for (const work of [() => none.min(), () => none.max(0), () => none.argmax(), () => none.argmin(0)]) {
    expect(codeOf(work)).toBe('ERR_EMPTY');
  }
});

test('shapes without values work everywhere', () => {
  const none = empty(0, 3);
  expect(none.add(none)).toEqual(none);
  expect(none.add(of('1 2 3'))).toEqual(none);
  expect(none.exp()).toEqual(none);
  expect(none.softmax()).toEqual(none);
  expect(none.transpose()).toEqual(empty(3, 0));
  expect(none.transpose().matmul(none)).toEqual(Matrix.zeros(3, 3));
  expect(none.matmul(of('1; 2; 3'))).toEqual(empty(0, 1));
  expect(empty(2, 0).matmul(empty(0, 2), { bias: of('1 -2'), activation: 'relu' })).toEqual(of('1 0; 1 0'));
});

test('norms', async () => {
  const m = of('3 -4; 0 5');
  expect([m.norm(), m.norm('fro'), m.norm(1), m.norm(Infinity), m.norm('max')]).toEqual([
    Math.hypot(3, 4, 5),
    Math.hypot(3, 4, 5),
    9,
    7,
    5,
  ]);
  expect(m.norm(1, { axis: 0 })).toEqual(of('3 9'));
  expect(m.norm(Infinity, { axis: 1 })).toEqual(of('4; 5'));
  expect(m.norm(undefined, { axis: 1 })).toEqual(of('5; 5'));
  expect(await m.normAsync(1)).toBe(9);
  expect(await m.normAsync(2, { axis: 1 })).toEqual(of('5; 5'));
  for (const kind of ['nuc', 2, -1, 0, null]) expect(codeOf(() => m.norm(kind as 1))).toBe('ERR_PARAMETER');
  expect(codeOf(() => m.norm('fro' as unknown as 1, { axis: 0 }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => m.norm(1, { axis: 2 as 1 }))).toBe('ERR_PARAMETER');
});

test('variance and standard deviation', async () => {
  const m = of('1 2; 3 5');
  expect(m.variance()).toBe(2.1875);
  expect(m.variance(undefined, { ddof: 1 })).toBeCloseTo(8.75 / 3, 14);
  expect(m.variance(0, { ddof: 1 })).toEqual(of('2 4.5'));
  expect(m.variance(0, { ddof: 2 })).toEqual(of('Infinity Infinity'));
  expect(m.std(0)).toEqual(of('1 1.5'));
  expect(m.std()).toBe(Math.sqrt(2.1875));
  expect(await m.stdAsync()).toBe(m.std());
  const out = Matrix.zeros(1, 2);
  expect(await m.stdAsync(0, { out })).toBe(out);
  expect(out).toEqual(m.std(0));
  expect(codeOf(() => m.variance(0, { ddof: '1' as unknown as number }))).toBe('ERR_PARAMETER');
});

test('matrices to begin with', () => {
  expect(Matrix.zeros(2, 1)).toEqual(of('0; 0'));
  expect(Matrix.ones(1, 2, 'float32')).toEqual(of('1 1', 'float32'));
  expect(Matrix.identity(2)).toEqual(of('1 0; 0 1'));
  expect(Matrix.diagonal([3, 4], 'float32')).toEqual(of('3 0; 0 4', 'float32'));
  for (const [rows, cols] of [
    [-1, 2],
    [0.5, 1],
    [2 ** 30, 2 ** 30],
    [Number.NaN, 1],
  ]) {
    expect(codeOf(() => Matrix.zeros(rows, cols))).toBe('ERR_SHAPE');
  }
  expect(codeOf(() => Matrix.ones(1, 1, 'float16' as Dtype))).toBe('ERR_PARAMETER');
  expect(codeOf(() => Matrix.ones(1, 1).astype('int8' as Dtype))).toBe('ERR_PARAMETER');
});

test('equality, exact and near', () => {
  const m = of('1 Infinity');
  expect(m.equals(of('1 Infinity', 'float32'))).toBe(true);
  expect(m.equals(of('1; Infinity'))).toBe(false);
  expect(m.allClose(of('1.000001 Infinity'))).toBe(true);
  expect(m.allClose(of('1 -Infinity'))).toBe(false);
  expect(m.allClose(of('Infinity Infinity'))).toBe(false);
  expect(of('1 NaN').allClose(of('1 NaN'))).toBe(false);
  expect(of('1 NaN').allClose(of('1 NaN'), { equalNan: true })).toBe(true);
  expect(of('1 2').allClose(of('1 2.5'), { absolute: 0.5, relative: 0 })).toBe(true);
});

test('what does not fit is named', async () => {
  const [a, b] = [Matrix.zeros(2, 3), Matrix.zeros(4, 2)];
  for (const work of [() => a.add(b), () => a.matmul(b)]) {
    expect(work).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringMatching(/\[2, 3\].*\[4, 2\]/) }),
    );
  }
  await expect(a.matmulAsync(b)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(a.addAsync(b)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  expect(() => a.add(a.astype('float32'))).toThrow(/astype/);
  const wrong = 1 as unknown as Matrix;
  const cases: [string, () => unknown][] = [
    ['ERR_DTYPE', () => a.add(a.astype('float32'))],
    ['ERR_DTYPE', () => a.matmul(b.astype('float32'), { transposeA: true, transposeB: true })],
    ['ERR_DTYPE', () => a.exp({ out: a.astype('float32') })],
    ['ERR_DTYPE', () => a.add(new Float32Array(3))],
    ['ERR_SHAPE', () => a.add(1, { out: b })],
    ['ERR_SHAPE', () => a.add(new Float64Array(2))],
    ['ERR_SHAPE', () => a.sum(0, { out: b })],
    ['ERR_SHAPE', () => a.transpose({ out: a.copy() })],
    ['ERR_SHAPE', () => a.matmul(a, { transposeB: true, bias: new Float64Array(3) })],
    ['ERR_PARAMETER', () => a.add('1' as unknown as number)],
    ['ERR_PARAMETER', () => a.add([1, 2, 3] as unknown as number)],
    ['ERR_PARAMETER', () => a.add(undefined as unknown as number)],
    ['ERR_PARAMETER', () => a.scale('2' as unknown as number)],
    ['ERR_PARAMETER', () => a.matmul(2 as unknown as Matrix)],
    ['ERR_PARAMETER', () => a.matmul(a, { transposeB: true, bias: 1 as unknown as Float64Array })],
    ['ERR_PARAMETER', () => a.matmul(a, { transposeB: true, activation: 'sqrd' as 'relu' })],
    ['ERR_PARAMETER', () => a.matmul(a, { transposeB: true, activation: 'toString' as 'relu' })],
    ['ERR_PARAMETER', () => a.exp({ out: wrong })],
    ['ERR_PARAMETER', () => a.exp({ out: new Float64Array(6) as unknown as Matrix })],
    ['ERR_PARAMETER', () => a.sum(2 as 0)],
    ['ERR_PARAMETER', () => a.argmax(-1 as 0)],
    ['ERR_PARAMETER', () => a.softmax(2 as 0)],
    ['ERR_PARAMETER', () => a.sum(undefined, { out: a })],
  ];
  for (const [code, work] of cases) expect([codeOf(work), String(work)]).toEqual([code, String(work)]);
});
