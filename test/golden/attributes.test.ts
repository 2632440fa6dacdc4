/** Golden values of what a few fitted models say of themselves, and of what imputers and searches undo. */
import { expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  GradientBoostingRegressor,
  GridSearchCV,
  IncrementalPCA,
  load,
  Matrix,
  MinMaxScaler,
  Perceptron,
  RFE,
  Ridge,
  SGDClassifier,
  SGDRegressor,
  SimpleImputer,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { rowsOf } from './inputs.js';
import type { DatasetRef } from './read.js';
import { readGolden } from './read.js';

const CLASSES = {
  DecisionTreeClassifier,
  GradientBoostingRegressor,
  IncrementalPCA,
  MinMaxScaler,
  Perceptron,
  SGDClassifier,
  SGDRegressor,
  SimpleImputer,
};
interface Case {
  name: string;
  estimator: keyof typeof CLASSES | 'GridSearchCV';
  params: Record<string, never>;
  input: DatasetRef;
  learned: Record<string, unknown>;
  inverse: { X: number[][]; output: number[][] } | null;
}

const plain = (value: unknown) => (value instanceof Matrix ? value.toArray() : value);

test.each(readGolden<{ cases: Case[] }>('attributes').cases)('$name', async (one) => {
  const model =
    one.estimator === 'GridSearchCV'
      ? new GridSearchCV(new RFE(new Ridge()), { nFeaturesToSelect: [2, 3] }, { cv: 3 })
      : new CLASSES[one.estimator](one.params);
  const { X, y } = rowsOf(one.input);
  await model.fit(X, y);
  for (const known of [model, await load(model.toBytes())]) {
    const values = known as unknown as Record<string, unknown>;
    for (const [name, expected] of Object.entries(one.learned)) {
      const value = values[name];
      const actual = typeof value === 'function' ? value.call(known) : value;
      expectClose(plain(actual), expected, iterative(1e-9), name);
    }
    if (one.inverse === null) continue;
    const { inverseTransform } = known as unknown as { inverseTransform(X: number[][]): Promise<Matrix> };
    const back = await inverseTransform.call(known, one.inverse.X);
    expect(back.toArray()).toEqual(one.inverse.output);
  }
});
