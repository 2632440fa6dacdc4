/** Golden values of trees whose splits lie between bins. */
import { expect, test } from 'vitest';
import {
  type FloatArray,
  type Label,
  RandomForestClassifier,
  RandomForestRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const MODELS = {
  RandomForestClassifier: RandomForestClassifier<Label>,
  RandomForestRegressor: RandomForestRegressor<FloatArray>,
};
interface Case {
  name: string;
  input: GoldenInput;
  estimator: keyof typeof MODELS;
  params: object;
  maxBins: number;
  weighted: boolean;
  leaves: number;
  importances: number[];
  predictions: number[];
}

test.each(readGolden<{ cases: Case[] }>('binned-trees').cases)('$name', async (one) => {
  const { X, y } = rowsOf(one.input);
  const model = new MODELS[one.estimator]({
    ...{ nEstimators: 1, bootstrap: false, maxFeatures: null, maxBins: one.maxBins },
    ...one.params,
  });
  const sampleWeight = one.weighted ? Array.from(y, (_, i) => (i % 5) / 2 + 0.5) : undefined;
  await model.fit(X, y, { sampleWeight });
  const [tree] = model.estimators;
  expect(tree.getNLeaves()).toBe(one.leaves);
  expectClose(model.featureImportances, one.importances, iterative(1e-6));
  expectClose(await model.predict(X), one.predictions, iterative(1e-9));
});
