/** Golden values of learning and validation curves, permutation tests and successive halving. */
import { expect, test } from 'vitest';
import {
  AdaBoostClassifier,
  GaussianNB,
  HalvingGridSearchCV,
  LogisticRegression,
  learningCurve,
  MultinomialNB,
  makePipeline,
  Pipeline,
  permutationTestScore,
  Ridge,
  StandardScaler,
  validationCurve,
} from '../../lib/index.js';
import { expectClose, iterative, train as metric } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

const MODELS = {
  logistic: () =>
    new Pipeline([
      ['scale', new StandardScaler()],
      ['model', new LogisticRegression({ tol: 1e-10, maxIter: 10_000 })],
    ]),
  ridge: () =>
    new Pipeline([
      ['scale', new StandardScaler()],
      ['model', new Ridge()],
    ]),
  bayes: () => makePipeline(new GaussianNB()),
  counts: () => new MultinomialNB(),
};
interface Case {
  name: string;
  input: DatasetRef;
  model: keyof typeof MODELS;
}
interface Curve extends Case {
  trainScores: number[][];
  testScores: number[][];
}
interface Halving {
  name: string;
  input: DatasetRef;
  params: object;
  nResources: number[];
}
const golden = readGolden<{
  learning: Array<Curve & { params: object; trainSizes: number[] }>;
  validation: Array<Curve & { paramName: string; paramRange: number[]; cv: number; scoring: string | null }>;
  permutation: Array<Case & { score: number; permutationScore: number; pValue: number }>;
  halving: Array<Halving & { candidates: number; nCandidates: number[] }>;
  exactHalving: Array<Halving & { grid: Record<string, number[]>; iter: number[]; firstScores: number[] }>;
}>('curves');
const SCORES = iterative(1e-7);

test.each(golden.learning)('learning curve: $name', async (one) => {
  const { X, y } = loadRef(one.input);
  const curve = await learningCurve(MODELS[one.model](), X, y, one.params);
  expect(Array.from(curve.trainSizes)).toEqual(one.trainSizes);
  expectClose(curve.trainScores.toArray(), one.trainScores, SCORES, 'train');
  expectClose(curve.testScores.toArray(), one.testScores, SCORES, 'test');
});

test.each(golden.validation)('validation curve: $name', async (one) => {
  const { X, y } = loadRef(one.input);
  const options = { cv: one.cv, scoring: (one.scoring ?? undefined) as never };
  const name = one.model === 'bayes' ? `gaussiannb__${one.paramName}` : one.paramName;
  const curve = await validationCurve(MODELS[one.model](), X, y, name, one.paramRange, options);
  expectClose(curve.trainScores.toArray(), one.trainScores, SCORES, 'train');
  expectClose(curve.testScores.toArray(), one.testScores, SCORES, 'test');
});

// Shuffles are others than there.
test.each(golden.permutation)('permutation test: $name', async (one) => {
  const { X, y } = loadRef(one.input);
  const options = { nPermutations: 60, randomState: 0 };
  const found = await permutationTestScore(MODELS[one.model](), X, y, options);
  expectClose(found.score, one.score, SCORES, 'score');
  expect(found.pValue).toBe(one.pValue);
  const mean = found.permutationScores.reduce((sum, value) => sum + value, 0) / 60;
  expectClose(mean, one.permutationScore, metric(0.15), 'mean of the shuffles');
});

test.each(golden.halving)('rounds of halving: $name', async (one) => {
  const { X, y } = loadRef(one.input);
  const varSmoothing = Array.from({ length: one.candidates }, (_, k) => 10 ** (-9 + k / one.candidates));
  const search = new HalvingGridSearchCV(
    new GaussianNB(),
    { varSmoothing },
    { randomState: 0, ...one.params },
  );
  await search.fit(X, y);
  expect(search.nResources).toEqual(one.nResources);
  expect(search.nCandidates).toEqual(one.nCandidates);
});

test.each(golden.exactHalving)('a parameter as the resource: $name', async (one) => {
  const { X, y } = loadRef(one.input);
  const boosted = new AdaBoostClassifier({ estimator: new GaussianNB(), randomState: 0 });
  const search = new HalvingGridSearchCV(boosted, one.grid, { randomState: 0, ...one.params });
  await search.fit(X, y);
  const { cvResults } = search;
  expect(Array.from(cvResults.iter)).toEqual(one.iter);
  expect(Array.from(cvResults.nResources)).toEqual(one.nResources);
  const ours = Array.from(cvResults.meanTestScore as Float64Array).slice(0, 12);
  expectClose(ours, one.firstScores, SCORES, 'scores of the first round');
  expect(search.bestIndex).toBeGreaterThanOrEqual(one.iter.lastIndexOf(Math.max(...one.iter) - 1) + 1);
});
