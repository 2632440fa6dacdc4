/** fit: its result, what it must not change, and that it depends on its arguments and on nothing else. */
import assert from 'node:assert/strict';
import { type Progress, toShared } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { assertRounded, assertSame, type Check, describe } from './check.js';

/** Two equal problems posed differently: a solver that stops at a tolerance of its own ends a little apart. */
const SOLVED = 'float32';

const ones = (length: number) => new Float64Array(length).fill(1);

export const fitChecks: readonly Check[] = [
  {
    name: 'fit returns the estimator, fitted',
    async run(subject) {
      const estimator = subject.make();
      assert.equal(estimator.isFitted, false);
      assert.equal(await estimator.fit(subject.X, subject.y), estimator);
      assert.equal(estimator.isFitted, true);
      assert.equal(estimator.nFeaturesIn, subject.X.cols);
      assert.deepStrictEqual(estimator.featureNamesIn, ['x0', 'x1', 'x2', 'x3']);
    },
  },
  {
    name: 'fit leaves X, y and weights as they are',
    async run(subject) {
      const { X, y } = subject;
      const data = X.data.slice();
      const targets = y.slice();
      const sampleWeight = ones(X.rows);
      await subject.make().fit(X, y, { sampleWeight });
      assert.deepStrictEqual(X.data, data);
      assert.deepStrictEqual(y, targets);
      assert.deepStrictEqual(sampleWeight, ones(X.rows));
    },
  },
  {
    name: 'fit has read its arguments when it returns its promise',
    async run(subject) {
      const expected = await subject.make().fit(subject.X, subject.y, { sampleWeight: ones(subject.X.rows) });
      const X = new Matrix(subject.X.data.slice(), subject.X.rows, subject.X.cols);
      const y = subject.y.slice();
      const sampleWeight = ones(X.rows);
      const model = subject.make();
      const fitting = model.fit(X, y, { sampleWeight });
      X.data.fill(0);
      y.fill(0);
      sampleWeight.fill(0);
      await fitting;
      assert.deepStrictEqual(describe(model), describe(expected));
    },
  },
  {
    name: 'fit keeps nothing of the last fit',
    async run(subject) {
      const other = subject.grid(40, subject.X.cols + 2, 3);
      const targets = subject.targets(other, 4);
      const model = await subject.fitted();
      await subject.apply(model, subject.X);
      await model.fit(other, targets);
      const fresh = await subject.fitted(other, targets);
      assert.deepStrictEqual(describe(model), describe(fresh));
      assertSame(await subject.apply(model, other), await subject.apply(fresh, other), 'results');
    },
  },
  {
    name: 'what forgets rows has no use for their memory after a fit',
    skip: (subject) => (subject.make().forgetsRows ? undefined : 'it may keep rows'),
    async run(subject) {
      const expected = await subject.fitted();
      const X = toShared(subject.X);
      const model = await subject.fitted(X);
      X.data.fill(2);
      assert.deepStrictEqual(describe(model), describe(expected));
      assertSame(await subject.apply(model, subject.X), await subject.apply(expected, subject.X), 'results');
    },
  },
  {
    name: 'the same seed gives the same model',
    async run(subject) {
      assert.deepStrictEqual(describe(await subject.fitted()), describe(await subject.fitted()));
    },
  },
  {
    name: 'several fits at once do not disturb each other',
    async run(subject) {
      const expected = describe(await subject.fitted());
      const models = await Promise.all(Array.from({ length: 6 }, () => subject.fitted()));
      for (const model of models) assert.deepStrictEqual(describe(model), expected);
    },
  },
  {
    name: 'a weight of n counts as n rows',
    async run(subject) {
      const { X, y } = subject;
      const sampleWeight = Float64Array.from({ length: X.rows }, (_, i) => i % 4);
      const repeated = [...sampleWeight].flatMap((times, i) => new Array<number>(times).fill(i));
      const weighted = await subject.make().fit(X, y, { sampleWeight });
      const long = await subject.fitted(
        X.takeRows(repeated),
        repeated.map((i) => y[i]),
      );
      const output = subject.hasProba ? 'proba' : 'value';
      const [a, e] = [weighted, long].map((model) => subject.values(model, X, output));
      assertRounded(a, e, SOLVED, 'weighted against repeated rows');
    },
  },
  {
    name: 'equal weights change nothing',
    async run(subject) {
      const { X, y } = subject;
      const weighted = await subject.make().fit(X, y, { sampleWeight: ones(X.rows) });
      const plain = await subject.fitted();
      const [a, e] = [weighted, plain].map((model) => subject.values(model, X));
      assertRounded(a, e, SOLVED, 'weighted against plain rows');
    },
  },
  {
    name: 'progress runs from 0 to 1 and ends with the fit',
    async run(subject) {
      const events: Progress[] = [];
      await subject.make().fit(subject.X, subject.y, { onProgress: (event) => events.push(event) });
      const seen = events.length;
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(events.length, seen, 'no event comes after the fit');
      const last = new Map<string, number>();
      for (const { estimator, done, total, fraction } of events) {
        assert.ok(estimator.length > 0 && done >= 0 && done <= total && fraction === done / total);
        assert.ok(fraction >= (last.get(estimator) ?? 0), 'fractions do not fall');
        last.set(estimator, fraction);
      }
    },
  },
];
