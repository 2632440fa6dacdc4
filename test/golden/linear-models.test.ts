/** The linear models beyond least squares and L-BFGS against scikit-learn. */
import { describe, expect, test } from 'vitest';
import {
  ElasticNet,
  ElasticNetCV,
  HuberRegressor,
  Lasso,
  LassoCV,
  LogisticRegression,
  Matrix,
  Perceptron,
  RidgeClassifier,
  RidgeClassifierCV,
  RidgeCV,
  SGDClassifier,
  SGDRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = {
  ...{ ElasticNet, ElasticNetCV, HuberRegressor, Lasso, LassoCV, LogisticRegression, Perceptron },
  ...{ RidgeClassifier, RidgeClassifierCV, RidgeCV, SGDClassifier, SGDRegressor },
};
interface Case {
  estimator: keyof typeof CLASSES;
  params: Record<string, unknown>;
  input: GoldenInput & { dataset?: string };
  sampleWeight?: number[];
  coef: number[] | number[][];
  intercept: number[];
  learned: Record<string, number | number[]>;
  predictions: number[];
  decision?: number[] | number[][];
  proba?: number[][];
}

/** How long the solvers of convex problems run here; gradient descent takes scikit-learn's steps one by one. */
const EXACT: Partial<Record<keyof typeof CLASSES, object>> = {
  Lasso: { tol: 1e-13, maxIter: 200_000 },
  ElasticNet: { tol: 1e-13, maxIter: 200_000 },
  LassoCV: { tol: 1e-10, maxIter: 100_000 },
  ElasticNetCV: { tol: 1e-10, maxIter: 100_000 },
  HuberRegressor: { tol: 1e-10, maxIter: 100_000 },
  LogisticRegression: { tol: 1e-10, maxIter: 20_000, randomState: 1 },
};
/** Where duality gaps, gradients and changes of an epoch stop telling; direct solutions and steps are off by rounding. */
const TOLERANCE: Partial<Record<keyof typeof CLASSES, number>> = {
  ...{ Lasso: 1e-5, ElasticNet: 1e-5, LassoCV: 1e-4, ElasticNetCV: 1e-4 },
  ...{ HuberRegressor: 1e-4, LogisticRegression: 1e-5 },
};

const { cases } = readGolden<{ cases: Case[] }>('linear-models');
const named = cases.map((one) => {
  const { estimator, params, input, sampleWeight } = one;
  const weights = sampleWeight ? ', weighted' : '';
  return { ...one, name: `${estimator} ${JSON.stringify(params)}, ${input.dataset}${weights}` };
});
const numbers = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : value instanceof Matrix
      ? Array.from(value.data)
      : (Array.from(value as number[]).flat(3) as number[]);

describe.each(Object.keys(CLASSES))('%s', (estimator) => {
  test.each(named.filter((one) => one.estimator === estimator))('$name', async (golden) => {
    const { params, input, sampleWeight, learned, predictions } = golden;
    const tolerance = iterative(TOLERANCE[golden.estimator] ?? 1e-8);
    const { X, y, test: rows } = rowsOf(input);
    const Model = CLASSES[golden.estimator] as new (params: object) => InstanceType<typeof SGDClassifier>;
    const model = await new Model({ ...EXACT[golden.estimator], ...params }).fit(X, y, { sampleWeight });
    for (const [name, expected] of Object.entries(learned)) {
      const actual = (model as unknown as Record<string, unknown>)[name];
      expectClose(numbers(actual), numbers(expected), tolerance, name);
    }
    expectClose(numbers(model.coef), golden.coef.flat(), tolerance, 'coef');
    expectClose(numbers(model.intercept), golden.intercept, tolerance, 'intercept');
    const count = predictions.length;
    const head = (matrix: Matrix) => Array.from(matrix.slice(0, count).data);
    const predicted = (await model.predict(rows)).slice(0, count) as number[];
    if (golden.decision === undefined) expectClose(predicted, predictions, tolerance, 'predictions');
    else {
      expect(Array.from(predicted)).toEqual(predictions);
      expectClose(head(await model.decisionFunction(rows)), golden.decision.flat(), tolerance, 'decision');
    }
    if (golden.proba)
      expectClose(head(await model.predictProba(rows)), golden.proba.flat(), tolerance, 'proba');
  });
});
