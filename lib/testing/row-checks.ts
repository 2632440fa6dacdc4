/** Rows are independent: their bits depend on nothing but the model and the row. */
import assert from 'node:assert/strict';
import { Matrix } from '../core/matrix.js';
import { Random } from '../core/random.js';
import { assertSame, type Check, describe, rowOf } from './check.js';
import { needsPlan } from './plan-checks.js';
import { toTable } from './subject.js';

/** Enough rows for several tiles on several threads. */
const MANY = 5000;
const CALLS = 20;

export const rowChecks: readonly Check[] = [
  {
    name: 'a row alone, in another order or in a large batch has the same bits',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted();
      for (const X of [subject.X, subject.X.astype('float32')]) {
        const expected = await subject.apply(model, X);
        for (let i = 0; i < X.rows; i++) {
          assertSame(
            rowOf(await subject.apply(model, X.slice(i, i + 1)), 0),
            rowOf(expected, i),
            `row ${i} alone`,
          );
        }
        const random = new Random(11);
        const order = Int32Array.from({ length: MANY }, () => random.int(X.rows));
        const many = await subject.apply(model, X.takeRows(order));
        for (const [k, i] of order.entries())
          assertSame(rowOf(many, k), rowOf(expected, i), `row ${i} among ${MANY}`);
      }
    },
  },
  {
    name: 'synchronous and asynchronous calls agree',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted();
      assertSame(subject.applySync(model, subject.X), await subject.apply(model, subject.X), 'results');
      if (!subject.hasProba) return;
      assertSame(model.predictProbaSync!(subject.X), await model.predictProba!(subject.X), 'probabilities');
    },
  },
  {
    name: 'many calls at once give what one call gives',
    skip: needsPlan,
    async run(subject) {
      const X = subject.X.takeRows(Int32Array.from({ length: MANY }, (_, i) => i % subject.X.rows));
      const expected = await subject.apply(await subject.fitted(), X);
      const model = await subject.fitted();
      const results = await Promise.all(Array.from({ length: CALLS }, () => subject.apply(model, X)));
      for (const result of results) assertSame(result, expected, `one of ${CALLS} calls`);
    },
  },
  {
    name: 'a call has read X when it returns its promise',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted();
      const X = subject.X.takeRows(Int32Array.from({ length: MANY }, (_, i) => i % subject.X.rows));
      const expected = await subject.apply(model, X);
      const pending = subject.apply(model, X);
      X.data.fill(0);
      assertSame(await pending, expected, 'results');
    },
  },
  {
    name: 'calls change neither X nor the model',
    async run(subject) {
      const model = await subject.fitted();
      const before = describe(model);
      const data = subject.X.data.slice();
      await subject.apply(model, subject.X);
      subject.applySync(model, subject.X);
      assert.deepStrictEqual(subject.X.data, data);
      assert.deepStrictEqual(describe(model), before);
    },
  },
  {
    name: 'a row of named fields has the bits of a row of a matrix',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted(toTable(subject.X));
      const plan = model.compile();
      const { schema } = model;
      const slab = new Float64Array(schema.columns.length + 2);
      const expected = plan.runSync(subject.X);
      for (let i = 0; i < subject.X.rows; i++) {
        const row = subject.X.row(i);
        const fields = Object.fromEntries(Array.from(row, (value, j) => [`x${j}`, value]));
        const json = JSON.parse(JSON.stringify(fields));
        assertSame(plan.runRow(json), expected.row(i), `fields of row ${i}`);
        assertSame(plan.runRow(row), expected.row(i), `values of row ${i}`);
        schema.encodeRow(json, slab, 1);
        assertSame(
          plan.runSync(new Matrix(slab.slice(1, -1), 1, row.length)).row(0),
          expected.row(i),
          'encodeRow',
        );
      }
    },
  },
];
