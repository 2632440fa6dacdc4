/** Golden values of linear models that choose their penalty by splitters and by lists of folds. */
import { expect, test } from 'vitest';
import type { Fold } from '../../lib/core/k-fold.js';
import {
  ElasticNetCV,
  GroupKFold,
  LarsCV,
  LassoCV,
  LassoLarsCV,
  Matrix,
  MultiTaskElasticNetCV,
  MultiTaskLassoCV,
  OrthogonalMatchingPursuitCV,
  RidgeClassifierCV,
  RidgeCV,
  TimeSeriesSplit,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const MODELS = {
  ...{ ElasticNetCV, LarsCV, LassoCV, LassoLarsCV, MultiTaskElasticNetCV, MultiTaskLassoCV },
  ...{ OrthogonalMatchingPursuitCV, RidgeClassifierCV, RidgeCV },
};
const SPLITTERS = { GroupKFold, TimeSeriesSplit };
interface Case {
  estimator: keyof typeof MODELS;
  params: object;
  input: DatasetRef;
  targets: number;
  rows?: number;
  cv: { splitter: keyof typeof SPLITTERS; options: { nSplits: number } } | Fold[];
  learned: Record<string, unknown>;
}
const { cases } = readGolden<{ cases: Case[] }>('linear-folds');
const title = ({ estimator, input, cv }: Case) =>
  `${estimator} of ${input.dataset} by ${Array.isArray(cv) ? 'a list' : cv.splitter}`;

test.each(cases.map((one) => [title(one), one] as const))('%s', async (_, one) => {
  const { X: all, y } = loadRef(one.input);
  const train = split(all.rows).train.slice(0, one.rows);
  const X = all.takeRows(train);
  const targets = train.map((i, k) => (one.targets === 1 ? y[i] : [y[i], 2 * y[i] + X.row(k)[0]]));
  const cv = Array.isArray(one.cv) ? one.cv : new SPLITTERS[one.cv.splitter](one.cv.options);
  const model = new MODELS[one.estimator]({ ...one.params, cv });
  await model.fit(X, targets, { groups: train.map((_, i) => i % 7) });
  const known = model as unknown as Record<string, unknown>;
  for (const [name, expected] of Object.entries(one.learned)) {
    const value = known[name];
    const plain =
      value instanceof Matrix
        ? Array.from(value.data)
        : ArrayBuffer.isView(value)
          ? [...(value as Float64Array)]
          : value;
    const flat = Array.isArray(expected) ? expected.flat(2) : expected;
    expectClose(
      Array.isArray(flat) ? plain : ((plain as number[])?.[0] ?? plain),
      flat,
      iterative(1e-7),
      name,
    );
  }
  expect(model.isFitted).toBe(true);
});
