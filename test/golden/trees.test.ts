/** Trees against scikit-learn, node for node; forests by their accuracy, since their random streams differ. */
import { describe, expect, test } from 'vitest';
import {
  accuracyScore,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  logLoss,
  RandomForestClassifier,
  RandomForestRegressor,
  r2Score,
  rocAucScore,
  rootMeanSquaredError,
} from '../../lib/index.js';
import { exact, expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface TreeCase {
  name: string;
  estimator: 'DecisionTreeClassifier' | 'DecisionTreeRegressor';
  params: Record<string, never>;
  input: GoldenInput;
  sampleWeight?: number[];
  nodes: number;
  leaves: number;
  depth: number;
  predictions: number[];
  proba?: number[][];
  importances: number[];
}
interface ForestCase {
  name: string;
  estimator: 'RandomForestClassifier' | 'RandomForestRegressor';
  params: Record<string, never>;
  input: GoldenInput;
  metric: 'rocAucScore' | 'logLoss' | 'accuracyScore' | 'rootMeanSquaredError' | 'r2Score';
  scores: number[];
  mean: number;
}

const golden = readGolden<{ trees: TreeCase[]; forests: ForestCase[] }>('trees');
// Means and impurities of some hundred rows, summed in another order; importances subtract them.
const SUMS = iterative(1e-12);
// Two columns part a node equally well: in scikit-learn rounding decides, here the seed.
const TIED = [
  "wine, {'class_weight': 'balanced', 'max_depth': 3}",
  "iris, petal width, {'max_depth': 3}, weights",
];

describe('decision trees', () => {
  test.each(golden.trees)('$name', async ({ name, estimator, params, input, sampleWeight, ...expected }) => {
    const { X, y, test: rows } = rowsOf(input);
    const settings = { ...params, randomState: 0 };
    if (estimator === 'DecisionTreeClassifier') {
      const tree = await new DecisionTreeClassifier(settings).fit(X, y, { sampleWeight });
      expect([tree.getNLeaves(), tree.getDepth()]).toEqual([expected.leaves, expected.depth]);
      if (TIED.includes(name)) return;
      expectClose(await tree.predict(rows), expected.predictions, exact, 'predictions');
      expectClose(head(await tree.predictProba(rows), expected.proba!), expected.proba, SUMS, 'proba');
      expectClose(tree.featureImportances, expected.importances, SUMS, 'importances');
    } else {
      const tree = await new DecisionTreeRegressor(settings).fit(X, y, { sampleWeight });
      expect([tree.getNLeaves(), tree.getDepth()]).toEqual([expected.leaves, expected.depth]);
      if (TIED.includes(name)) return;
      expectClose(await tree.predict(rows), expected.predictions, SUMS, 'predictions');
      expectClose(tree.featureImportances, expected.importances, SUMS, 'importances');
    }
  });
});

describe('forests are as accurate as the peer', () => {
  test.each(golden.forests)('$name', async ({ estimator, params, input, metric, scores, mean }) => {
    const { X, y, test: rows, yTest } = rowsOf(input);
    const ours: number[] = [];
    for (const randomState of scores.keys()) {
      if (estimator === 'RandomForestClassifier') {
        const forest = await new RandomForestClassifier({ ...params, randomState }).fit(X, y);
        const proba = await forest.predictProba(rows);
        if (metric === 'accuracyScore') ours.push(accuracyScore(yTest, await forest.predict(rows)));
        else if (metric === 'logLoss') ours.push(logLoss(yTest, proba));
        else ours.push(rocAucScore(yTest, proba.columns([1]).data));
      } else {
        const forest = await new RandomForestRegressor({ ...params, randomState }).fit(X, y);
        const predicted = await forest.predict(rows);
        ours.push(metric === 'r2Score' ? r2Score(yTest, predicted) : rootMeanSquaredError(yTest, predicted));
      }
    }
    const [average, variance] = moments(ours);
    // Two means of five draws each: three standard errors of their difference, and half a percent for good measure.
    const chance = 3 * Math.sqrt((variance + moments(scores)[1]) / scores.length);
    expect(Math.abs(average - mean)).toBeLessThanOrEqual(chance + 0.005 * Math.abs(mean));
  });
});

function moments(values: number[]): [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)];
}
