/** Linear models against scikit-learn: direct solutions, and the optimum of logistic regression. */
import { describe, expect, test } from 'vitest';
import { LinearRegression, LogisticRegression, Ridge } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  estimator: 'LinearRegression' | 'Ridge';
  params: Record<string, never>;
  input: GoldenInput;
  sampleWeight?: number[];
  coef: number[];
  intercept: number;
  predictions: number[];
}
interface LogisticCase extends Omit<Case, 'params' | 'coef' | 'intercept' | 'predictions'> {
  params: { C?: number };
  labels?: string[];
  coef: number[][];
  intercept: number[];
  predictions: Array<number | string>;
  proba: number[][];
  decision: number[] | number[][];
}

const golden = readGolden<{ regression: Case[]; logistic: LogisticCase[] }>('linear');
const CLASSES = { LinearRegression, Ridge };
// Both solve directly; badly conditioned columns magnify rounding by the condition number, here up to some 1e6.
const DIRECT = iterative(1e-8);
// L-BFGS ends when the mean loss falls by less than 64 eps: with a weak penalty (large C) coefficients are this far off.
const optimum = (C: number) => iterative(C > 1 ? 1e-3 : 1e-5);
// scikit-learn 1.9 drops directions below 1e-6 of the largest; we keep what rounding can tell apart, and fit better.
const TRUNCATED = "far from zero, LinearRegression {'fit_intercept': False}";

describe('least squares and ridge', () => {
  test.each(golden.regression)(
    '$name',
    async ({ name, estimator, params, input, sampleWeight, ...expected }) => {
      const { X, y, test: rows } = rowsOf(input);
      const model = await new CLASSES[estimator](params).fit(X, y, { sampleWeight });
      if (name === TRUNCATED) {
        const error = (coef: ArrayLike<number>) =>
          (X as number[][]).reduce(
            (sum, row, i) => sum + (row.reduce((dot, x, j) => dot + x * coef[j], 0) - y[i]) ** 2,
            0,
          );
        expect(error(model.coef)).toBeLessThan(error(expected.coef));
        return;
      }
      expectClose(model.coef, expected.coef, DIRECT, 'coef');
      expectClose(model.intercept, expected.intercept, DIRECT, 'intercept');
      const predicted = (await model.predict(rows)).slice(0, expected.predictions.length);
      expectClose(predicted, expected.predictions, DIRECT, 'predictions');
    },
  );
});

describe('logistic regression', () => {
  test.each(golden.logistic)('$name', async ({ params, input, sampleWeight, labels, ...expected }) => {
    const OPTIMUM = optimum(params.C ?? 1);
    const { X, y, test: rows } = rowsOf(input);
    const targets = labels ? y.map((code) => labels[code]) : y;
    const model = new LogisticRegression({ ...params, tol: 1e-10, maxIter: 10_000 });
    await model.fit(X, targets, { sampleWeight });
    expectClose(model.coef.toArray(), expected.coef, OPTIMUM, 'coef');
    expectClose(model.intercept, expected.intercept, OPTIMUM, 'intercept');
    // Rows on the border between two classes may go either way.
    const clear = expected.proba.map((row) => Math.max(...row) - row.toSorted((a, b) => b - a)[1] > 1e-6);
    const predicted = (await model.predict(rows)).slice(0, expected.predictions.length);
    expect(predicted.filter((_, i) => clear[i])).toEqual(expected.predictions.filter((_, i) => clear[i]));
    expectClose(head(await model.predictProba(rows), expected.proba), expected.proba, OPTIMUM, 'proba');
    const decision = head(await model.decisionFunction(rows), expected.decision);
    expectClose(decision.flat(), expected.decision.flat(), OPTIMUM, 'decision');
  });
});
