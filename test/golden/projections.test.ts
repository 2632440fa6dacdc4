/** Golden values of projections onto principal axes. */
import { expect, test } from 'vitest';
import { PCA, TruncatedSVD } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = { PCA, TruncatedSVD };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  learned: Record<string, unknown>;
  output: number[][];
  inverse: number[][];
}
// Vectors turn by the rounding of the matrix over the gap between singular values, squared where the covariance is decomposed.
const VECTORS = iterative(1e-8);

interface Density {
  name: string;
  params: Record<string, never>;
  input: GoldenInput;
  components: number;
  covariance: number[];
  precision: number[];
  scores: number[];
}
const golden = readGolden<{ cases: Case[]; densities: Density[] }>('projections');

test.each(golden.densities)('density: $name', async ({ params, input, components, ...expected }) => {
  const { X, test: rows } = rowsOf(input);
  const model = await new PCA(params).fit(X);
  expect(model.nComponents).toBe(components);
  expectClose(
    Array.from(model.getCovariance().row(0).slice(0, expected.covariance.length)),
    expected.covariance,
    VECTORS,
    'covariance',
  );
  // The least variances are known to 1e-16 of the largest only, and their inverses are what a row's density is made of.
  const inverse = iterative(1e-6);
  expectClose(
    Array.from(model.getPrecision().row(0).slice(0, expected.precision.length)),
    expected.precision,
    inverse,
    'precision',
  );
  const scores = await model.scoreSamples(rows);
  expectClose(Array.from(scores.slice(0, expected.scores.length)), expected.scores, inverse, 'scores');
  const all = Array.from(scores, Number);
  expect(await model.score(rows)).toBeCloseTo(all.reduce((sum, score) => sum + score, 0) / all.length, 9);
});

test.each(golden.cases)('$name', async (one) => {
  const { X, test: rows } = rowsOf(one.input);
  const model = new CLASSES[one.estimator](one.params);
  await model.fit(X);
  for (const [name, expected] of Object.entries(one.learned)) {
    const actual = (model as unknown as Record<string, { toArray?(): number[][] }>)[name];
    const plain = actual.toArray?.() ?? (typeof actual === 'number' ? actual : Array.from(actual as never));
    expectClose(plain, expected, VECTORS, name);
  }
  expect(model.nComponents).toBe(one.output[0].length);
  expectClose(head(await model.transform(rows), one.output), one.output, VECTORS, 'output');
  expectClose((await model.inverseTransform(one.output)).toArray(), one.inverse, VECTORS, 'inverse');
});
