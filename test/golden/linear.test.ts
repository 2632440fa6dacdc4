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
interface LogisticCase extends Omit<Case, 'coef' | 'intercept' | 'predictions'> {
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
// Both sides stop at a gradient of 1e-9 or so, which leaves coefficients of flat directions this far apart.
const OPTIMUM = iterative(1e-5);

describe('least squares and ridge', () => {
  test.each(golden.regression)('$name', async ({ estimator, params, input, sampleWeight, ...expected }) => {
    const { X, y, test: rows } = rowsOf(input);
    const model = await new CLASSES[estimator](params).fit(X, y, { sampleWeight });
    expectClose(model.coef, expected.coef, DIRECT, 'coef');
    expectClose(model.intercept, expected.intercept, DIRECT, 'intercept');
    const predicted = (await model.predict(rows)).slice(0, expected.predictions.length);
    expectClose(predicted, expected.predictions, DIRECT, 'predictions');
  });
});

describe('logistic regression', () => {
  test.each(golden.logistic)('$name', async ({ params, input, sampleWeight, labels, ...expected }) => {
    const { X, y, test: rows } = rowsOf(input);
    const targets = labels ? y.map((code) => labels[code]) : y;
    const model = new LogisticRegression({ ...params, tol: 1e-10, maxIter: 10_000 });
    await model.fit(X, targets, { sampleWeight });
    expectClose(model.coef.toArray(), expected.coef, OPTIMUM, 'coef');
    expectClose(model.intercept, expected.intercept, OPTIMUM, 'intercept');
    expect((await model.predict(rows)).slice(0, expected.predictions.length)).toEqual(expected.predictions);
    expectClose(head(await model.predictProba(rows), expected.proba), expected.proba, OPTIMUM, 'proba');
    const decision = head(await model.decisionFunction(rows), expected.decision);
    expectClose(decision.flat(), expected.decision.flat(), OPTIMUM, 'decision');
  });
});
