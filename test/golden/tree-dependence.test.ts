/** Golden values of partial dependence by recursion. */
import { expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  type Estimator,
  GradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  LinearRegression,
  loadIris,
  partialDependence,
  RandomForestClassifier,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const MODELS = {
  DecisionTreeRegressor,
  GradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
};
interface Case {
  name: string;
  input: GoldenInput;
  estimator: keyof typeof MODELS;
  params: object;
  features: number[];
  resolution: number;
  average: number[][];
}

test.each(readGolden<{ cases: Case[] }>('tree-dependence').cases)('$name', async (one) => {
  const { X, y } = rowsOf(one.input);
  const model: Estimator = new MODELS[one.estimator](one.params);
  await model.fit(X, y);
  const options = { method: 'recursion', gridResolution: one.resolution } as const;
  const { average } = await partialDependence(model, X, one.features, options);
  // Leaves of boosting are sums of float32 gradients there.
  const tolerance = iterative(one.estimator.startsWith('Hist') ? 1e-5 : 1e-6);
  expectClose(
    average?.map((each) => Array.from(each.data)),
    one.average.map((each) => each.flat(2)),
    tolerance,
  );
});

test('of a model of one feature recursion is what all rows say', async () => {
  const { data, target } = loadIris();
  const X = data.columns([2]);
  for (const model of [
    new DecisionTreeClassifier({ maxDepth: 3 }),
    new RandomForestClassifier({ nEstimators: 5, randomState: 0 }),
  ]) {
    await model.fit(X, target);
    const brute = await partialDependence(model, X, 0, { gridResolution: 9 });
    const fast = await partialDependence(model, X, 0, { gridResolution: 9, method: 'recursion' });
    expectClose(
      fast.average?.map((each) => each.toArray()),
      brute.average?.map((each) => each.toArray()),
      iterative(1e-12),
    );
    expect(fast.classes).toEqual(brute.classes);
  }
  const two = await new RandomForestClassifier({ nEstimators: 3, randomState: 0 }).fit(
    X,
    Array.from(target, (t) => (t > 1 ? 1 : 0)),
  );
  expect((await partialDependence(two, X, 0, { method: 'recursion' })).average?.length).toBe(1);
  const refused = (model: Estimator, options: object) =>
    expect(partialDependence(model, X, 0, { method: 'recursion', ...options })).rejects;
  await refused(await new LinearRegression().fit(X, target), {}).toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  await refused(two, { kind: 'both' }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused(two, { sampleWeight: target }).toMatchObject({ code: 'ERR_PARAMETER' });
  await refused(two, { responseMethod: 'decisionFunction' }).toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  await refused(two, { method: 'x' }).toMatchObject({ code: 'ERR_PARAMETER' });
});
