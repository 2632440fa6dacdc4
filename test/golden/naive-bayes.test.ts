/** Golden values of naive Bayes. */
import { expect, test } from 'vitest';
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  sampleWeight?: number[];
  learned: Record<string, unknown>;
  labels: number[];
  proba: number[][];
}
// Sums and variances of hundreds of rows in another order; probabilities are exponentials of differences of such sums.
const SUMS = iterative(1e-11);
const PROBABILITIES = iterative(1e-9);

test.each(readGolden<{ cases: Case[] }>('naive-bayes').cases)('$name', async (one) => {
  const { X, y, test: rows } = rowsOf(one.input);
  const model = new CLASSES[one.estimator](one.params as object);
  await model.fit(X, y, { sampleWeight: one.sampleWeight });
  for (const [name, expected] of Object.entries(one.learned)) {
    const actual = (model as unknown as Record<string, { toArray?(): number[][] }>)[name];
    const plain = actual.toArray?.() ?? (typeof actual === 'number' ? actual : Array.from(actual as never));
    expectClose(plain, expected, SUMS, name);
  }
  expect((await model.predict(rows)).slice(0, one.labels.length)).toEqual(one.labels);
  expectClose(head(await model.predictProba(rows), one.proba), one.proba, PROBABILITIES, 'proba');
});
