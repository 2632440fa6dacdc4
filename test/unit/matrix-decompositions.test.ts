import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/index.js';
import { expectClose, norm } from '../support/tolerance.js';

const m = (rows: number[][], dtype: 'float32' | 'float64' = 'float64') => Matrix.from(rows, undefined, dtype);
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no error';
};
const fill = (rows: number, cols: number, value: (i: number, j: number) => number) =>
  new Matrix(
    Float64Array.from({ length: rows * cols }, (_, k) => value(Math.floor(k / cols), k % cols)),
    rows,
    cols,
  );
const diagonal = (d: ArrayLike<number>) => fill(d.length, d.length, (i, j) => (i === j ? d[i] : 0));
const identity = (n: number) => fill(n, n, (i, j) => (i === j ? 1 : 0));
const length = (x: Matrix) => Math.hypot(...x.data);

/** Any matrix of up to 9 x 9, with rows and columns that repeat or vanish now and then. */
const matrix = (square: boolean) =>
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([rows, cols]) => {
    const width = square ? rows : cols;
    const cell = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }));
    const row = fc.array(cell, { minLength: width, maxLength: width });
    return fc.array(row, { minLength: rows, maxLength: rows }).map((values) => m(values));
  });

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const bound = (a: Matrix) => norm(Math.max(a.rows, a.cols), Math.max(1, length(a)), dtype);

  test('q and r, and u, s and vt, multiply to the matrix', () => {
    fc.assert(
      fc.property(matrix(false), fc.boolean(), (x, full) => {
        const a = x.astype(dtype);
        const { q, r } = a.qr({ mode: full ? 'full' : 'reduced' });
        expectClose(q.matmul(r).data, a.data, bound(a));
        expectClose(q.matmul(q, { transposeA: true }).data, identity(q.cols).data, norm(a.rows, 1, dtype));
        const { u, s, vt } = a.svd({ fullMatrices: full });
        const scaled = fill(u.rows, vt.rows, (i, j) => (j < s.length ? u.data[i * u.cols + j] * s[j] : 0));
        expectClose(scaled.astype(dtype).matmul(vt).data, a.data, bound(a));
        expectClose(u.matmul(u, { transposeA: true }).data, identity(u.cols).data, norm(a.rows, 1, dtype));
        expectClose(vt.matmul(vt, { transposeB: true }).data, identity(vt.rows).data, norm(a.cols, 1, dtype));
      }),
    );
  });

  test('eigenvectors diagonalise, and a Cholesky factor squares to the matrix', () => {
    fc.assert(
      fc.property(matrix(true), (x) => {
        const a = x.matmul(x, { transposeB: true }).add(identity(x.rows)).astype(dtype);
        const { values, vectors } = a.eigh();
        expectClose(a.matmul(vectors).data, vectors.matmul(diagonal(values).astype(dtype)).data, bound(a));
        const l = a.cholesky();
        expectClose(l.matmul(l, { transposeB: true }).data, a.data, bound(a));
      }),
    );
  });

  test('a solution solves, or the matrix is singular', () => {
    fc.assert(
      fc.property(matrix(true), (x) => {
        const a = x.astype(dtype);
        const b = fill(a.rows, 2, (i, j) => i - j).astype(dtype);
        try {
          const solution = a.solve(b);
          const size = length(a) * length(solution);
          expectClose(a.matmul(solution).data, b.data, norm(a.rows, size, dtype));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SINGULAR' });
        }
      }),
    );
  });

  test('results have the type of the matrix', async () => {
    const a = m([[2, 1], [1, 3]], dtype); // biome-ignore format: a matrix
    const { q, r } = a.qr();
    const { u, s, vt } = a.svd();
    const { values, vectors } = a.eigh();
    const { x, singularValues } = a.lstsq(a);
    for (const matrix of [a.solve(a), x, a.inverse(), a.pinv(), a.cholesky(), q, r, u, vt, vectors]) {
      expect(matrix).toBeInstanceOf(Matrix);
      expect(matrix.dtype).toBe(dtype);
    }
    for (const array of [s, values, singularValues]) expect(array.constructor).toBe(a.data.constructor);
  });

  test('the twins on the pool give the same', async () => {
    const a = m([[2, 1, 0], [1, 3, 1], [0, 1, 4]], dtype); // biome-ignore format: a matrix
    expect(await a.solveAsync(a)).toEqual(a.solve(a));
    expect(await a.lstsqAsync(a)).toEqual(a.lstsq(a));
    expect(await a.inverseAsync()).toEqual(a.inverse());
    expect(await a.pinvAsync()).toEqual(a.pinv());
    expect(await a.choleskyAsync()).toEqual(a.cholesky());
    expect(await a.qrAsync({ mode: 'full' })).toEqual(a.qr());
    expect(await a.svdAsync()).toEqual(a.svd());
    expect(await a.eighAsync()).toEqual(a.eigh());
    expect(await a.determinantAsync()).toBe(a.determinant());
    expect(await a.logDeterminantAsync()).toEqual(a.logDeterminant());
    expect(await a.rankAsync()).toBe(3);
  });

  test('what is zero for the rank depends on the precision', () => {
    const a = m([[1, 0], [0, 1e-9]], dtype); // biome-ignore format: a matrix
    expect(a.rank()).toBe(dtype === 'float32' ? 1 : 2);
    expect(a.rank({ tolerance: 0 })).toBe(2);
    expect(a.rank({ tolerance: 1 })).toBe(0);
    expect(a.pinv({ rcond: 1e-6 }).toArray()).toEqual([[1, 0], [0, 0]]); // biome-ignore format: a matrix
  });
});

test('empty matrices', () => {
  const none = new Matrix(new Float64Array(0), 0, 0);
  expect(none.determinant()).toBe(1);
  expect(none.rank()).toBe(0);
  expect(none.inverse().rows).toBe(0);
  const wide = new Matrix(new Float64Array(0), 0, 3);
  expect(wide.svd({ fullMatrices: true }).vt).toEqual(identity(3));
  expect(wide.pinv().rows).toBe(3);
  const huge = new Matrix(new Float64Array(0), 0, Number.MAX_SAFE_INTEGER);
  expect(huge.rank()).toBe(0);
});

test('what is refused', async () => {
  const wide = m([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
  const square = m([[1, 2], [2, 4]]); // biome-ignore format: a matrix
  for (const work of [
    () => wide.inverse(),
    () => wide.cholesky(),
    () => wide.eigh(),
    () => wide.determinant(),
  ]) {
    expect(code(work)).toBe('ERR_SHAPE');
  }
  expect(code(() => square.solve(m([[1]])))).toBe('ERR_SHAPE');
  expect(code(() => square.solve(square.astype('float32')))).toBe('ERR_DTYPE');
  expect(code(() => square.solve(1 as never))).toBe('ERR_PARAMETER');
  expect(code(() => square.pinv({ rcond: -1 }))).toBe('ERR_PARAMETER');
  expect(code(() => square.rank({ tolerance: Number.NaN }))).toBe('ERR_PARAMETER');
  expect(code(() => square.qr({ mode: 'complete' as never }))).toBe('ERR_PARAMETER');
  expect(code(() => square.svd({ fullMatrices: 1 as never }))).toBe('ERR_PARAMETER');
  expect(code(() => square.solve(square))).toBe('ERR_SINGULAR');
  expect(() => m([[1, 0], [0, -1]]).cholesky()).toThrow(expect.objectContaining({ code: 'ERR_NOT_POSITIVE_DEFINITE', row: 1 })); // biome-ignore format: a matrix
  for (const [value, expected] of [
    [Number.NaN, 'ERR_INPUT_NAN'],
    [Number.NEGATIVE_INFINITY, 'ERR_INPUT_INFINITE'],
  ] as const) {
    // biome-ignore format: pairs
    expect(() => m([[1, 0], [value, 1]]).svd()).toThrow(expect.objectContaining({ code: expected, row: 1, column: 0 })); // biome-ignore format: a matrix
  }
  await expect(wide.inverseAsync()).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(square.inverseAsync()).rejects.toMatchObject({ code: 'ERR_SINGULAR' });
  const signal = AbortSignal.abort();
  await expect(wide.svdAsync({ signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});
