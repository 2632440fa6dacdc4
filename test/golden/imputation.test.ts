/** Bayesian ridge regression, and iterative imputation, against scikit-learn. */
import { describe, expect, test } from 'vitest';
import {
  ARDRegression,
  BayesianRidge,
  DecisionTreeRegressor,
  IterativeImputer,
  KNeighborsRegressor,
  LinearRegression,
  Matrix,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Bayesian {
  params: object;
  input: GoldenInput;
  sampleWeight?: number[];
  learned: Record<string, number | number[]>;
  sigma: number[];
  mean: number[];
  std: number[];
}
interface Imputation {
  params: object;
  estimator?: keyof typeof ESTIMATORS;
  own?: object;
  input: GoldenInput;
  rounds: number;
  names: string[];
  train: number[][];
  test: number[][];
}

const ESTIMATORS = { DecisionTreeRegressor, KNeighborsRegressor, LinearRegression };
const golden = readGolden<{ bayesian: Bayesian[]; relevance: Bayesian[]; iterative: Imputation[] }>(
  'imputation',
);
const nameOf = (input: object) => ('dataset' in input ? input.dataset : 'a small matrix');
/** What rounding makes of sums in another order, through the iterations. */
const tolerance = iterative(1e-7);

describe.each([
  [BayesianRidge, golden.bayesian],
  [ARDRegression, golden.relevance],
] as const)('%o', (Kind, cases) => {
  test.each(
    cases.map((one, k) => ({
      ...one,
      name: `${k}: ${JSON.stringify(one.params)} of ${nameOf(one.input)}`,
    })),
  )('$name', async ({ params, input, sampleWeight, learned, sigma, mean, std }) => {
    const { X, y, test: rows } = rowsOf(input);
    const model = await new Kind(params).fit(X, y, { sampleWeight });
    for (const [name, expected] of Object.entries(learned)) {
      const value = (model as unknown as Record<string, number | Float64Array>)[name];
      const actual = typeof value === 'number' ? [value] : Array.from(value);
      if (name === 'scores' && Kind === BayesianRidge) actual.pop();
      expectClose(actual, [expected].flat(), tolerance, name);
    }
    const variances = model.sigma;
    expectClose(
      sigma.map((_, j) => variances.data[j * (variances.cols + 1)]),
      sigma,
      tolerance,
      'sigma',
    );
    const predicted = await model.predictWithStd(rows);
    expectClose(Array.from(predicted.mean.slice(0, mean.length)), mean, tolerance, 'mean');
    expectClose(Array.from(predicted.std.slice(0, std.length)), std, tolerance, 'std');
    expect(Array.from(await model.predict(rows))).toEqual(Array.from(predicted.mean));
  });
});

describe('IterativeImputer', () => {
  test.each(
    golden.iterative.map((one, k) => ({
      ...one,
      name: `${k}: ${one.estimator ?? 'BayesianRidge'} ${JSON.stringify(one.params)} of ${nameOf(one.input)}`,
    })),
  )('$name', async ({ params, estimator, own, input, rounds, names, train, test: filled }) => {
    const { X, test: rows } = rowsOf(input);
    const inner = estimator && new ESTIMATORS[estimator](own);
    const imputer = await new IterativeImputer({ ...params, ...(inner && { estimator: inner }) }).fit(X);
    expect(imputer.nIter).toBe(rounds);
    expect(imputer.getFeatureNamesOut()).toEqual(names);
    const x = Matrix.from(X as number[][]);
    const holes = [...Array(x.rows).keys()].filter((i) => x.row(i).some(Number.isNaN)).slice(0, train.length);
    expectClose(
      (await imputer.transform(x.takeRows(holes))).toArray().flat(),
      train.flat(),
      tolerance,
      'train',
    );
    expectClose(head(await imputer.transform(rows), filled).flat(), filled.flat(), tolerance, 'test');
  });
});
