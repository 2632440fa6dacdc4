/** Gradient boosting against scikit-learn, model for model; isolation forests by their scores. */
import { describe, expect, test } from 'vitest';
import {
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  IsolationForest,
  rocAucScore,
} from '../../lib/index.js';
import { exact, expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Data {
  X: number[][];
  test: number[][];
  number: number[];
  binary: number[];
  classes: number[];
  weights: number[];
}
interface Case {
  name: string;
  estimator: 'GradientBoostingClassifier' | 'GradientBoostingRegressor';
  params: Record<string, never>;
  target: 'number' | 'binary' | 'classes';
  weighted: boolean;
  predictions: number[];
  staged: number[][];
  trainScore: number[];
  importances: number[];
  proba?: number[][];
  decision?: number[][];
}

interface Outliers {
  X: number[][];
  y: number[];
  cases: Array<{ params: Record<string, never>; auc: number[]; meanScore: number[]; offset: number[] }>;
}

const { data, models, outliers } = readGolden<{ data: Data; models: Case[]; outliers: Outliers }>('boosting');
// Sums over rows in another order, and exponentials, through fifteen rounds.
const ROUNDS = iterative(1e-10);

async function every<T>(stages: AsyncIterable<T>, step: number): Promise<T[]> {
  const kept: T[] = [];
  let count = 0;
  for await (const stage of stages) if (++count % step === 0) kept.push(stage);
  return kept;
}

describe('gradient boosting', () => {
  test.each(models.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const { estimator, params, target, weighted, ...expected } = each;
    const sampleWeight = weighted ? data.weights : undefined;
    if (estimator === 'GradientBoostingRegressor') {
      const model = new GradientBoostingRegressor({ ...params, randomState: 0 });
      await model.fit(data.X, data[target], { sampleWeight });
      expectClose(model.trainScore, expected.trainScore, ROUNDS, 'scores');
      expectClose(await model.predict(data.test), expected.predictions, ROUNDS, 'predictions');
      expectClose(await every(model.stagedPredict(data.test), 5), expected.staged, ROUNDS, 'stages');
      expectClose(model.featureImportances, expected.importances, ROUNDS, 'importances');
      return;
    }
    const model = new GradientBoostingClassifier({ ...params, randomState: 0 });
    await model.fit(data.X, data[target], { sampleWeight });
    expectClose(model.trainScore, expected.trainScore, ROUNDS, 'scores');
    expectClose((await model.decisionFunction(data.test)).toArray(), expected.decision, ROUNDS, 'decision');
    expectClose((await model.predictProba(data.test)).toArray(), expected.proba, ROUNDS, 'proba');
    expectClose(await model.predict(data.test), expected.predictions, exact, 'predictions');
    expectClose(await every(model.stagedPredict(data.test), 5), expected.staged, exact, 'stages');
    expectClose(model.featureImportances, expected.importances, ROUNDS, 'importances');
    const probas = await every(model.stagedPredictProba(data.test), 15);
    expectClose(probas[0].toArray(), expected.proba, ROUNDS, 'staged proba');
  });

  test('covers every loss', () => {
    const losses = new Set(models.map(({ params, target }) => `${target} ${params.loss ?? ''}`));
    expect([...losses].sort()).toEqual([
      'binary ',
      'binary exponential',
      'classes ',
      'number ',
      'number absoluteError',
      'number huber',
      'number quantile',
    ]);
  });
});

describe('isolation forests score like the peer', () => {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

  test.each(outliers.cases)('$params', async ({ params, auc, meanScore, offset }) => {
    const { X, y } = outliers;
    const ours: Array<[auc: number, meanScore: number, offset: number]> = [];
    for (const randomState of [0, 1, 2]) {
      const forest = await new IsolationForest({ ...params, randomState }).fit(X);
      const scores = await forest.scoreSamples(X);
      ours.push([rocAucScore(y, scores), mean(scores), forest.offset]);
      const predicted = await forest.predict(X);
      expect(predicted.filter((label) => label === -1)).toHaveLength(30);
      const decision = await forest.decisionFunction(X);
      expect(predicted).toEqual(Array.from(decision, (value) => (value < 0 ? -1 : 1)));
    }
    // Forests of another generator are other draws: their means of three differ by a few standard errors.
    expect(Math.abs(mean(ours.map(([a]) => a)) - mean(auc))).toBeLessThan(0.015);
    expect(Math.abs(mean(ours.map(([, m]) => m)) - mean(meanScore))).toBeLessThan(0.012);
    expect(Math.abs(mean(ours.map(([, , o]) => o)) - mean(offset))).toBeLessThan(0.02);
  });
});
