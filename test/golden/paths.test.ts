/** Golden values of linear models that take columns one after the other. */
import { expect, test } from 'vitest';
import {
  Lars,
  LarsCV,
  LassoLars,
  LassoLarsCV,
  LassoLarsIC,
  Matrix,
  OrthogonalMatchingPursuit,
  OrthogonalMatchingPursuitCV,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const MODELS = {
  ...{ Lars, LarsCV, LassoLars, LassoLarsCV, LassoLarsIC },
  ...{ OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCV },
};
interface Case {
  estimator: keyof typeof MODELS;
  params: Record<string, never>;
  input: DatasetRef;
  targets?: number;
  learned: Record<string, unknown>;
}
const { cases } = readGolden<{ cases: Case[] }>('paths');
const title = ({ estimator, params, input, targets }: Case) =>
  `${estimator} ${JSON.stringify(params)} of ${input.dataset}${targets === 2 ? ', two targets' : ''}`;

/** Matrices and arrays, also those in lists, as lists. */
function plain(value: unknown): unknown {
  if (value instanceof Matrix) return value.toArray();
  if (ArrayBuffer.isView(value)) return [...(value as Float64Array)];
  return Array.isArray(value) ? value.map(plain) : value;
}

test.each(cases.map((one) => [title(one), one] as const))('%s', async (_, one) => {
  const { X, y } = loadRef(one.input);
  const { train } = split(X.rows);
  const model = new MODELS[one.estimator](one.params);
  const targetOf = (i: number) => (one.targets === 2 ? [y[i], y[y.length - 1 - i]] : y[i]);
  await model.fit(X.takeRows(train), train.map(targetOf));
  const known = model as unknown as Record<string, unknown>;
  for (const [name, expected] of Object.entries(one.learned)) {
    const value = plain(known[name]);
    if (name === 'active' || name === 'nIter') expect(value, name).toEqual(expected);
    else expectClose(value, expected, iterative(1e-8), name);
  }
});
