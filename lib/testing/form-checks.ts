/** The forms of X: equal numbers give equal models and equal results, however they are stored. */
import assert from 'node:assert/strict';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { ValidationError } from '../errors.js';
import { assertRounded, assertSame, type Check, describe } from './check.js';
import { toTable } from './subject.js';

/** The same float64 numbers in memory of other kinds. */
function forms({ data, rows, cols }: Matrix): Record<string, MatrixLike> {
  const larger = new Float64Array(data.length + 5).fill(Number.NaN);
  larger.set(data, 3);
  const shared = new Float64Array(new SharedArrayBuffer(data.byteLength + 16), 8, data.length);
  shared.set(data);
  const matrix = new Matrix(data as Float64Array, rows, cols);
  return {
    'rows of numbers': matrix.toArray(),
    'rows of typed arrays': Array.from({ length: rows }, (_, i) => matrix.row(i)),
    'a view at an offset': new Matrix(larger.subarray(3, 3 + data.length), rows, cols),
    'a view of shared memory': new Matrix(shared, rows, cols),
    'data with a shape': { data: data as Float64Array, rows, cols },
  };
}

export const formChecks: readonly Check[] = [
  {
    name: 'all forms of float64 give the same bits',
    async run(subject) {
      const model = await subject.fitted();
      const expected = await subject.apply(model, subject.X);
      for (const [what, X] of Object.entries(forms(subject.X))) {
        assert.deepStrictEqual(describe(await subject.fitted(X)), describe(model), `fitted on ${what}`);
        assertSame(await subject.apply(model, X), expected, `results for ${what}`);
        assertSame(subject.applySync(model, X), expected, `synchronous results for ${what}`);
      }
    },
  },
  {
    name: 'a table gives the bits of the matrix, whatever the order of its columns',
    async run(subject) {
      const table = toTable(subject.X);
      const model = await subject.fitted(table);
      const expected = await subject.apply(await subject.fitted(), subject.X);
      const backwards = Object.fromEntries(Object.entries(table).reverse());
      const rows = subject.X.toArray().map((row) =>
        Object.fromEntries(row.map((value, j) => [`x${j}`, value])),
      );
      assertSame(await subject.apply(model, table), expected, 'a table of columns');
      assertSame(
        await subject.apply(model, { ...backwards, extra: subject.y }),
        expected,
        'columns in another order',
      );
      assertSame(await subject.apply(model, rows), expected, 'a table of rows');
      assertSame(await subject.apply(model, subject.X), expected, 'a matrix, to a model fitted on a table');
    },
  },
  {
    name: 'float32 gives the results of float64 up to rounding',
    async run(subject) {
      const { X } = subject;
      const narrow = X.astype('float32');
      const expected = await subject.apply(await subject.fitted(), X);
      const model = await subject.fitted(narrow);
      if (subject.hasPlan) assert.equal(model.compile().precision, 'float32');
      const result = await subject.apply(model, narrow);
      if (result instanceof Matrix) assert.equal(result.dtype, 'float32');
      assertRounded(result, expected, 'float32', 'fitted and applied in float32');
      assertRounded(
        await subject.apply(model, X),
        expected,
        'float32',
        'fitted in float32, applied in float64',
      );
    },
  },
  {
    name: 'one column is enough',
    async run(subject) {
      const X = subject.grid(subject.X.rows, 1, 5);
      const model = await subject.make().fit(X, subject.targets(X, 6));
      const result = subject.values(model, X);
      assert.equal(result.rows, X.rows);
      assert.ok(result.data.every(Number.isFinite));
    },
  },
  {
    name: 'one row is enough, or refused in words',
    async run(subject) {
      const X = subject.X.slice(0, 1);
      const model = subject.make();
      try {
        await model.fit(X, subject.y.slice(0, 1));
      } catch (error) {
        assert.ok(error instanceof ValidationError, `one row must not end in ${String(error)}`);
        return;
      }
      assert.ok(subject.values(model, X).data.every(Number.isFinite));
    },
  },
];
