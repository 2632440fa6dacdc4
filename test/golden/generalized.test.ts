/** Golden values of generalised linear models, positive coefficients, LogisticRegressionCV and classifiers made of binary ones. */
import { expect, test } from 'vitest';
import {
  GammaRegressor,
  GaussianNB,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  LogisticRegressionCV,
  Matrix,
  OneVsOneClassifier,
  OneVsRestClassifier,
  PoissonRegressor,
  QuantileRegressor,
  Ridge,
  TweedieRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = {
  ...{ GammaRegressor, LinearRegression, LogisticRegressionCV, PoissonRegressor, QuantileRegressor },
  ...{ Ridge, TweedieRegressor },
};
const WRAPPERS = { OneVsOneClassifier, OneVsRestClassifier };
const BASES = { GaussianNB, LinearSVC, LogisticRegression };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES | keyof typeof WRAPPERS;
  base?: keyof typeof BASES;
  params: Record<string, unknown>;
  input: GoldenInput;
  shift?: number;
  sampleWeight?: number[];
  learned: Record<string, number | number[] | number[][]>;
  values: number[];
  score: number;
  decision?: number[] | number[][];
  proba?: number[][];
}
const golden = readGolden<{ cases: Case[] }>('generalized');

const TOLERANCE = iterative(2e-5);

const flat = (value: unknown): number[] => {
  if (value instanceof Matrix) return Array.from(value.data);
  return typeof value === 'number' ? [value] : (Array.from(value as number[]).flat(2) as number[]);
};

function make({ estimator, base, params }: Case) {
  if (base !== undefined)
    return new WRAPPERS[estimator as keyof typeof WRAPPERS](new BASES[base](params as object));
  const Class = CLASSES[estimator as keyof typeof CLASSES] as unknown as new (
    params: object,
  ) => LogisticRegressionCV;
  return new Class(params);
}

test.each(golden.cases)('$name', async (one) => {
  const { input, shift = 0, sampleWeight, learned, values } = one;
  const { X, y, test: rows, yTest } = rowsOf(input);
  const model = make(one);
  await model.fit(
    X,
    y.map((value) => value + shift),
    { sampleWeight },
  );
  for (const [name, expected] of Object.entries(learned)) {
    const actual = (model as unknown as Record<string, unknown>)[name];
    const wanted = name === 'C' ? flat(expected).slice(0, 1) : flat(expected);
    expectClose(flat(actual), wanted, TOLERANCE, name);
  }
  const predicted = Array.from(await model.predict(rows)) as number[];
  expectClose(predicted.slice(0, values.length), values, TOLERANCE, 'values');
  if (one.estimator !== 'LogisticRegressionCV') {
    const score = await model.score(
      rows,
      yTest.map((value) => value + shift),
    );
    expectClose([score], [one.score], TOLERANCE, 'score');
  }
  if (one.decision !== undefined) {
    const decision = flat(await model.decisionFunction(rows));
    // Of two classes by probabilities above 0 is the second here, above 0.5 there.
    const border = one.base === 'GaussianNB' && decision.length === yTest.length ? 0.5 : 0;
    const expected = flat(one.decision).map((value) => value - border);
    expectClose(decision.slice(0, expected.length), expected, TOLERANCE, 'decision');
  }
  if (one.proba !== undefined) {
    const proba = flat(await model.predictProba(rows));
    expectClose(proba.slice(0, flat(one.proba).length), flat(one.proba), TOLERANCE, 'proba');
  }
  expect(model.nFeaturesIn).toBeGreaterThan(0);
});
