/** Golden values of naive Bayes. */
import { expect, test } from 'vitest';
import {
  BernoulliNB,
  CategoricalNB,
  ComplementNB,
  GaussianNB,
  Matrix,
  MultinomialNB,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, type GoldenRows, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = { BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  scale?: number;
  sampleWeight?: number[];
  learned: Record<string, unknown>;
  labels: number[];
  proba: number[][];
  joint: number[][];
  logProba: number[][];
}
// Sums and variances of hundreds of rows in another order; probabilities are exponentials of differences of such sums.
const SUMS = iterative(1e-11);
// Differences of such sums.
const LOGARITHMS = iterative(1e-8);
const PROBABILITIES = iterative(1e-9);

test.each(readGolden<{ cases: Case[] }>('naive-bayes').cases)('$name', async (one) => {
  const given = rowsOf(one.input);
  const { y } = given;
  const [X, rows] = one.scale === undefined ? [given.X, given.test] : categories(given, one.scale);
  const model = new CLASSES[one.estimator](one.params as object);
  await model.fit(X, y, { sampleWeight: one.sampleWeight });
  for (const [name, expected] of Object.entries(one.learned)) {
    expectClose(plain((model as unknown as Record<string, unknown>)[name]), expected, SUMS, name);
  }
  expect((await model.predict(rows)).slice(0, one.labels.length)).toEqual(one.labels);
  expectClose(head(await model.predictProba(rows), one.proba), one.proba, PROBABILITIES, 'proba');
  expectClose(head(await model.predictJointLogProba(rows), one.joint), one.joint, PROBABILITIES, 'joint');
  expectClose(head(await model.predictLogProba(rows), one.logProba), one.logProba, LOGARITHMS, 'logProba');
});

function plain(value: unknown): unknown {
  if (value instanceof Matrix) return value.toArray();
  return typeof value === 'number' ? value : Array.from(value as ArrayLike<unknown>, plain);
}

/** Training and test rows as whole numbers. */
function categories({ X, test: rows }: GoldenRows, scale: number): [Matrix, Matrix] {
  const [train, rest] = [X, rows].map((part) =>
    (part as Matrix).toArray().map((row) => row.map((v) => Math.floor(v * scale) + 1)),
  );
  const most = train[0].map((_, j) => Math.max(...train.map((row) => row[j])));
  return [
    Matrix.from(train),
    Matrix.from(rest.map((row) => row.map((value, j) => Math.min(value, most[j])))),
  ];
}
