import { describe, expect, test } from 'vitest';
import { isMatrixShaped } from '../../lib/core/matrix.js';
import { Matrix, type MatrixLike } from '../../lib/index.js';

const shape = { code: 'ERR_SHAPE' };
const dtype = { code: 'ERR_DTYPE' };
const error = (work: () => unknown) => {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it did not throw');
};

describe('Matrix.from', () => {
  test('rows of numbers become float64', () => {
    const m = Matrix.from([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect([m.rows, m.cols, m.dtype]).toEqual([3, 2, 'float64']);
    expect(m.data).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
    expect(Matrix.from([Float32Array.of(1, 2)], undefined, 'float32').data).toEqual(Float32Array.of(1, 2));
  });

  test('float arrays are wrapped, not copied', () => {
    for (const data of [Float32Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4)]) {
      expect(Matrix.from(data, [2, 2]).data).toBe(data);
      expect(Matrix.from({ data, rows: 1, cols: 4 }).data).toBe(data);
      expect(Matrix.from(data.subarray(2), [1, 2]).data.buffer).toBe(data.buffer);
      const m = new Matrix(data, 4, 1);
      expect(Matrix.from(m)).toBe(m);
      expect(Matrix.from(m, undefined, m.dtype)).toBe(m);
    }
    expect(Matrix.from(Float32Array.of(1), [1, 1], 'float64').data).toEqual(Float64Array.of(1));
  });

  test('integers become float64', () => {
    for (const Type of [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
    ]) {
      expect(Matrix.from(Type.of(1, 2), [1, 2]).data).toEqual(Float64Array.of(1, 2));
      expect(Matrix.from({ data: Type.of(1, 2), rows: 2, cols: 1 }, undefined, 'float32').dtype).toBe(
        'float32',
      );
    }
  });

  test('shapes that do not fit are refused', () => {
    expect(error(() => Matrix.from([[1, 2], [3]]))).toMatchObject({
      ...shape,
      message: expect.stringContaining('Row 1'),
    });
    expect(error(() => Matrix.from(Float64Array.of(1, 2, 3), [2, 2]))).toMatchObject(shape);
    expect(error(() => Matrix.from(Float64Array.of(1, 2, 3)))).toMatchObject(shape);
    expect(error(() => Matrix.from([1, 2, 3] as unknown as number[][]))).toMatchObject(shape);
    expect(error(() => new Matrix(new Float64Array(4), 2, 3))).toMatchObject(shape);
    for (const [rows, cols] of [
      [-2, -2],
      [0.5, 8],
      [Number.NaN, 4],
      [Infinity, 0],
      [2 ** 53, 0],
    ]) {
      expect(error(() => new Matrix(new Float64Array(4), rows, cols))).toMatchObject(shape);
    }
  });

  test('what is no number is refused, with its place', () => {
    for (const value of ['1', null, undefined, true, {}, 1n]) {
      const rows = [
        [0, 1],
        [2, value],
      ] as unknown as number[][];
      expect(error(() => Matrix.from(rows))).toMatchObject({
        ...dtype,
        message: expect.stringContaining('Row 1, column 1'),
      });
    }
    for (const source of [
      null,
      undefined,
      7,
      'x',
      {},
      new DataView(new ArrayBuffer(8)),
      BigInt64Array.of(1n),
    ]) {
      expect(error(() => Matrix.from(source as unknown as number[][]))).toMatchObject(dtype);
    }
  });
});

describe('parts of a matrix', () => {
  const m = Matrix.from([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
    [10, 11, 12],
  ]);

  test('rows and slices share memory', () => {
    const copy = new Matrix(m.data.slice(), 4, 3);
    copy.row(1)[0] = 40;
    copy.slice(2).row(0)[2] = 90;
    expect(copy.toArray()).toEqual([
      [1, 2, 3],
      [40, 5, 6],
      [7, 8, 90],
      [10, 11, 12],
    ]);
  });

  test.each([
    [
      [1, 3],
      [4, 7],
    ],
    [[0, 1], [1]],
    [[2], [7, 10]],
    [[-1], [10]],
    [
      [0, -2],
      [1, 4],
    ],
    [
      [-99, 99],
      [1, 4, 7, 10],
    ],
    [[3, 1], []],
    [
      [1.7, 3.9],
      [4, 7],
    ],
  ] as Array<[[number, number?], number[]]>)('slice(%o)', ([start, end], first) => {
    expect(
      m
        .slice(start, end)
        .toArray()
        .map(([value]) => value),
    ).toEqual(first);
  });

  test('columns and rows are taken in the order given', () => {
    expect(m.columns([2, 0, 2]).slice(0, 2).toArray()).toEqual([
      [3, 1, 3],
      [6, 4, 6],
    ]);
    expect(m.takeRows([3, 0, 3]).toArray()).toEqual([
      [10, 11, 12],
      [1, 2, 3],
      [10, 11, 12],
    ]);
    expect(m.columns([]).cols).toBe(0);
    expect(m.astype('float32').takeRows(Int32Array.of(1)).data).toEqual(Float32Array.of(4, 5, 6));
  });

  test('what is not there is refused', () => {
    for (const i of [-1, 4, 0.5, Number.NaN]) {
      expect(error(() => m.row(i))).toMatchObject(shape);
      expect(error(() => m.takeRows([i]))).toMatchObject(shape);
    }
    for (const j of [-1, 3, 0.5]) expect(error(() => m.columns([j]))).toMatchObject(shape);
  });

  test('astype converts once', () => {
    expect(m.astype('float64')).toBe(m);
    expect(m.astype('float32').dtype).toBe('float32');
    expect(m.astype('float32').toArray()).toEqual(m.toArray());
  });
});

test('isMatrixShaped tells matrices from tables', () => {
  const yes: MatrixLike[] = [Matrix.from([[1]]), { data: Float32Array.of(1), rows: 1, cols: 1 }];
  const no = [
    null,
    1,
    [[1]],
    { data: [1], rows: 1, cols: 1 },
    { data: Float64Array.of(1) },
    { rows: 1, cols: 1 },
  ];
  expect(yes.map(isMatrixShaped)).toEqual([true, true]);
  expect(no.map(isMatrixShaped)).toEqual(no.map(() => false));
});

describe('what Matrix refuses, and what it takes', () => {
  const m = Matrix.from([
    [1, 2],
    [3, 4],
  ]);
  const parameter = { code: 'ERR_PARAMETER' };

  test('flat arrays with a shape, and tables of numbers', () => {
    expect(Matrix.from([1, 2, 3, 4], [2, 2]).equals(m)).toBe(true);
    expect(Matrix.from({ a: [1, 3], b: [2, 4] }).equals(m)).toBe(true);
    expect(Matrix.from([{ a: 1, b: true }, { a: null }], undefined, 'float32').data).toEqual(
      Float32Array.of(1, 1, Number.NaN, Number.NaN),
    );
    expect(error(() => Matrix.from({ a: ['x'] }))).toMatchObject({
      ...dtype,
      message: expect.stringContaining("Column 'a', row 0"),
    });
    expect(error(() => Matrix.from([1, 'x', 3, 4] as never, [2, 2]))).toMatchObject(dtype);
  });

  test('a shape that differs from that of the values', () => {
    expect(error(() => Matrix.from(m, [1, 4]))).toMatchObject(shape);
    expect(error(() => Matrix.from([[1, 2]], [2, 1]))).toMatchObject(shape);
    for (const odd of [null, [2, 2, 1], '22', {}]) {
      expect(error(() => Matrix.from(m.data, odd as never))).toMatchObject(shape);
    }
  });

  test('what is no float array, dtype, number, position or matrix', () => {
    for (const odd of [null, [1, 2], Int32Array.of(1, 2)]) {
      expect(error(() => new Matrix(odd as never, 1, 2))).toMatchObject(dtype);
    }
    expect(error(() => Matrix.from([[1]], undefined, 'float16' as never))).toMatchObject(parameter);
    expect(error(() => Matrix.full(1, 1, 'x' as never))).toMatchObject(parameter);
    expect(error(() => Matrix.diagonal(null as never))).toMatchObject(dtype);
    expect(error(() => Matrix.diagonal(['a'] as never))).toMatchObject(dtype);
    expect(error(() => m.slice('a' as never))).toMatchObject(shape);
    for (const odd of [null, undefined, 5]) {
      expect(error(() => m.columns(odd as never))).toMatchObject(shape);
      expect(error(() => m.takeRows(odd as never))).toMatchObject(shape);
      expect(error(() => m.equals(odd as never))).toMatchObject(parameter);
    }
    expect(error(() => m.row(Symbol('x') as never))).toMatchObject(shape);
    expect(error(() => m.allClose(m, { relative: 'x' as never }))).toMatchObject(parameter);
  });

  test('null in place of options', () => {
    const none = null as never;
    expect(m.matmul(m, none).toArray()).toEqual([
      [7, 10],
      [15, 22],
    ]);
    expect(m.topK(1, none).values.toArray()).toEqual([[2], [4]]);
    expect(m.pack(none).rows).toBe(2);
    expect(m.allClose(m, none)).toBe(true);
    expect(m.quantize(none).rows).toBe(2);
  });

  test('results larger than an array can be', () => {
    const column = Matrix.zeros(200_000, 1);
    expect(error(() => column.matmul(column, { transposeB: true }))).toMatchObject(shape);
    expect(error(() => column.add(column.transpose()))).toMatchObject(shape);
    expect(error(() => column.qr({ mode: 'full' }))).toMatchObject(shape);
  });

  test('a matrix whose buffer was transferred has no values', () => {
    const gone = Matrix.ones(2, 2);
    structuredClone(gone.data.buffer, { transfer: [gone.data.buffer as ArrayBuffer] });
    const calls = [
      () => gone.row(0),
      () => gone.slice(0, 1),
      () => gone.columns([0]),
      () => gone.takeRows([0]),
      () => gone.copy(),
      () => gone.toArray(),
      () => gone.equals(gone),
      () => gone.quantize(),
      () => gone.sum(),
    ];
    for (const call of calls) expect(error(call)).toMatchObject(shape);
  });

  test('a signal that is none', async () => {
    for (const odd of [5, 'x', {}, Number.NaN]) {
      await expect(m.sumAsync(0, { signal: odd as never })).rejects.toMatchObject(parameter);
    }
  });
});
