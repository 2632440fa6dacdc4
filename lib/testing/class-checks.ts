/** Classifiers: labels of every type, and probabilities that agree with them. */
import assert from 'node:assert/strict';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { assertSame, assertThrows, type Check } from './check.js';
import type { Subject } from './subject.js';

const isNoClassifier = ({ kind }: Subject) => (kind === 'classifier' ? undefined : 'it is no classifier');

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < values.length; c++) if (values[c] > values[best]) best = c;
  return best;
}

export const classChecks: readonly Check[] = [
  {
    name: 'probabilities lie in [0, 1], sum to 1 and agree with the labels',
    skip: ({ hasProba }) => (hasProba ? undefined : 'it has no probabilities'),
    async run(subject) {
      const model = await subject.fitted();
      for (const X of [subject.X, subject.X.astype('float32')]) {
        const proba = await model.predictProba!(X);
        const predicted = (await subject.apply(model, X)) as ArrayLike<unknown>;
        const classes = model.classes ?? Array.from({ length: proba.cols }, (_, k) => k);
        assert.deepStrictEqual([proba.rows, proba.cols], [X.rows, classes.length]);
        const bound = proba.cols * (proba.dtype === 'float32' ? 2 ** -22 : 2 ** -51);
        for (let i = 0; i < proba.rows; i++) {
          const row = Array.from(proba.row(i));
          assert.ok(
            row.every((p) => p >= 0 && p <= 1),
            `probabilities of row ${i}: ${row}`,
          );
          const sum = row.reduce((total, p) => total + p, 0);
          assert.ok(Math.abs(sum - 1) <= bound, `probabilities of row ${i} sum to ${sum}`);
          assert.equal(predicted[i], classes[argmax(row)], `label of row ${i}`);
        }
      }
    },
  },
  {
    name: 'decision values agree with the labels',
    skip: (subject) =>
      isNoClassifier(subject) ??
      (subject.make().outputs.includes('decision') ? undefined : 'it has no decision values'),
    async run(subject) {
      const twoClasses = subject.y.map((label) => (label > 0 ? 1 : 0));
      for (const y of [subject.y, twoClasses]) {
        const model = await subject.fitted(subject.X, y);
        const scores = await model.decisionFunction!(subject.X);
        const predicted = (await subject.apply(model, subject.X)) as ArrayLike<unknown>;
        const classes = model.classes!;
        assert.equal(scores.cols, classes.length === 2 ? 1 : classes.length);
        for (let i = 0; i < scores.rows; i++) {
          const row = scores.row(i);
          const best = row.length === 1 ? Number(row[0] > 0) : argmax(row);
          assert.equal(predicted[i], classes[best], `label of row ${i}`);
        }
      }
    },
  },
  {
    name: 'labels may be text, numbers or booleans',
    skip: isNoClassifier,
    async run(subject) {
      const names: Record<string, Label[]> = {
        text: ['a', 'b', 'c'],
        'text in the order of code units': ['B', 'a', 'é'],
        'numbers that are no indices': [-2, 10, 200],
        booleans: [false, true],
      };
      for (const [what, given] of Object.entries(names)) {
        const labels = given.slice(0, subject.tags.binary ? 2 : given.length);
        const codes = subject.y.map((code) => Math.min(code, labels.length - 1));
        const model = await subject.fitted(
          subject.X,
          codes.map((code) => labels[code]),
        );
        const coded = await subject.fitted(subject.X, codes);
        assert.deepStrictEqual(model.classes, labels, `classes of ${what}`);
        const expected = Array.from(
          (await subject.apply(coded, subject.X)) as ArrayLike<unknown>,
          (code) => labels[code as number],
        );
        assert.deepStrictEqual(await subject.apply(model, subject.X), expected, `predictions of ${what}`);
        assert.equal(await model.score!(subject.X, expected as never), 1);
      }
    },
  },
  {
    name: 'y may be a typed array',
    skip: ({ isSupervised }) => (isSupervised ? undefined : 'it does not read y'),
    async run(subject) {
      const expected = await subject.apply(await subject.fitted(), subject.X);
      const model = await subject.fitted(subject.X, Float64Array.from(subject.y));
      assertSame(await subject.apply(model, subject.X), expected, 'results');
    },
  },
  {
    name: 'score is the accuracy or R2 of the predictions',
    skip: ({ isSupervised }) => (isSupervised ? undefined : 'it has no score'),
    async run(subject) {
      const { X, y } = subject;
      const model = await subject.fitted();
      const predicted = (await subject.apply(model, X)) as ArrayLike<number>;
      const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
      const squares = (of: (i: number) => number) => y.reduce((sum, _, i) => sum + of(i) ** 2, 0);
      const expected =
        subject.kind === 'classifier'
          ? y.filter((label, i) => label === predicted[i]).length / y.length
          : 1 - squares((i) => y[i] - predicted[i]) / squares((i) => y[i] - mean);
      const score = await model.score!(X, y as never);
      assert.ok(Math.abs(score - expected) <= 1e-12, `score ${score}, expected ${expected}`);
      assert.ok(score > 0.5, `a score of ${score} on its own training rows`);
      const single = new Matrix(X.data.slice(0, X.cols), 1, X.cols);
      await assertThrows(() => model.score!(single, y as never), 'ERR_SHAPE', 'a y of another length');
    },
  },
];
