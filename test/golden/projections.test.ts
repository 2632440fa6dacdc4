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

test.each(readGolden<{ cases: Case[] }>('projections').cases)('$name', async (one) => {
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
