/** Targets of several columns: learned by those that say so, refused by all others. */
import assert from 'node:assert/strict';
import { Matrix } from '../core/matrix.js';
import { load } from '../core/model-file.js';
import { findEstimator } from '../core/registry.js';
import { assertSame, assertThrows, type Check, type Result, rowOf } from './check.js';
import type { Subject } from './subject.js';

/** The targets of the subject, and others that X tells, too. */
function severalTargets(subject: Subject): Array<[number, number]> {
  const others = subject.targets(subject.X.columns([1, 2, 3, 0]), 5);
  const as = (value: number) => (subject.tags.binaryTargets ? Number(value > 0) : value);
  return subject.y.map((value, i) => [as(value), as(others[i])]);
}

const needsSeveral = ({ tags }: Subject) => (tags.multiOutput ? undefined : 'it learns one target');

/** What is predicted, as plain rows. */
const rowsOf = (result: Result): unknown[] =>
  Array.from({ length: result instanceof Matrix ? result.rows : result.length }, (_, i) =>
    result instanceof Matrix ? Array.from(result.row(i)) : result[i],
  );

export const targetChecks: readonly Check[] = [
  {
    name: 'several targets may be rows, a matrix or a table',
    skip: needsSeveral,
    async run(subject) {
      const { X } = subject;
      const Y = severalTargets(subject);
      const expected = await subject.apply(await subject.fitted(X, Y), X);
      const rows = rowsOf(expected) as unknown[][];
      assert.deepStrictEqual([rows.length, rows[0].length], [X.rows, 2]);
      const columns = [0, 1].map((t) => Y.map((row) => row[t]));
      const forms = { matrix: Matrix.from(Y), table: { a: columns[0], b: columns[1] } };
      for (const [form, y] of Object.entries(forms))
        assertSame(await subject.apply(await subject.fitted(X, y), X), expected, `y as a ${form}`);
      const alone = await subject.apply(await subject.fitted(), X);
      const column = await subject.fitted(
        X,
        subject.y.map((value) => [value]),
      );
      assertSame(await subject.apply(column, X), alone, 'y of one column');
    },
  },
  {
    name: 'a model of several targets predicts rows alone, compiled and loaded alike',
    skip: needsSeveral,
    async run(subject) {
      const { X } = subject;
      const model = await subject.fitted(X, severalTargets(subject));
      const expected = await subject.apply(model, X);
      assertSame(subject.applySync(model, X), expected, 'the synchronous call');
      for (const i of [0, 17])
        assertSame(
          rowOf(await subject.apply(model, X.slice(i, i + 1)), 0),
          rowOf(expected, i),
          `row ${i} alone`,
        );
      const plan = model.compile();
      assert.equal(plan.outputWidth, 2);
      if (expected instanceof Matrix) assertSame(plan.runSync(X), expected, 'the plan');
      if (findEstimator(subject.name))
        assertSame(await subject.apply(await load(model.toBytes()), X), expected, 'loaded');
      assert.ok(Number.isFinite(await model.score!(X, severalTargets(subject) as never)));
      assert.equal(model.trainingReference?.target, undefined);
    },
  },
  {
    name: 'targets that cannot be learned are refused',
    skip: needsSeveral,
    async run(subject) {
      const ragged = severalTargets(subject).map((row, i) => (i === 9 ? row.slice(0, 1) : row));
      await assertThrows(() => subject.fitted(subject.X, ragged), 'ERR_SHAPE', 'rows of other lengths');
      const short = severalTargets(subject).slice(1);
      await assertThrows(() => subject.fitted(subject.X, short), 'ERR_SHAPE', 'fewer rows');
      const missing = severalTargets(subject).map((row, i) => (i === 9 ? [row[0], Number.NaN] : row));
      const codes = ['ERR_INPUT_NAN', 'ERR_LABELS'] as const;
      await assertThrows(() => subject.fitted(subject.X, missing), [...codes], 'a missing target');
    },
  },
  {
    name: 'several targets throw ERR_NOT_SUPPORTED',
    skip: ({ isSupervised, tags }) =>
      tags.multiOutput ? 'it learns several' : isSupervised ? undefined : 'it does not read y',
    async run(subject) {
      const fit = () => subject.fitted(subject.X, severalTargets(subject));
      const error = await assertThrows(fit, 'ERR_NOT_SUPPORTED', 'a fit on several targets');
      assert.match(error.message, /MultiOutput/);
    },
  },
];
