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
  learned: Record<string, unknown>;
}
const { cases } = readGolden<{ cases: Case[] }>('paths');
const title = ({ estimator, params, input }: Case) =>
  `${estimator} ${JSON.stringify(params)} of ${input.dataset}`;

test.each(cases.map((one) => [title(one), one] as const))('%s', async (_, one) => {
  const { X, y } = loadRef(one.input);
  const { train } = split(X.rows);
  const model = new MODELS[one.estimator](one.params);
  await model.fit(
    X.takeRows(train),
    train.map((i) => y[i]),
  );
  const known = model as unknown as Record<string, unknown>;
  for (const [name, expected] of Object.entries(one.learned)) {
    const value = known[name];
    const plain =
      value instanceof Matrix
        ? value.toArray()
        : ArrayBuffer.isView(value)
          ? [...(value as Float64Array)]
          : value;
    if (name === 'active' || name === 'nIter') expect(plain, name).toEqual(expected);
    else expectClose(plain, expected, iterative(1e-8), name);
  }
});
