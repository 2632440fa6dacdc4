/** Histogram boosting against scikit-learn: the same trees on small data, the same accuracy on larger. */
import { describe, expect, test } from 'vitest';
import { selectTableRows } from '../../lib/core/table.js';
import {
  dropColumns,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  loadCaliforniaHousing,
  logLoss,
  r2Score,
} from '../../lib/index.js';
import { exact, expectClose, iterative, train } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden, split } from './read.js';

interface Case {
  name: string;
  estimator: 'HistGradientBoostingClassifier' | 'HistGradientBoostingRegressor';
  params: Record<string, never>;
  input: GoldenInput;
  sampleWeight?: number[];
  leaves: number;
  predictions: number[];
  raw: number[][];
}
interface MetricCase {
  name: string;
  params: Record<string, never>;
  input: GoldenInput | 'california';
  metric: 'r2Score' | 'logLoss';
  score: number;
}

const golden = readGolden<{ cases: Case[]; metrics: MetricCase[] }>('hist-boosting');
// Gradients are float32 there and here, their sums float64; rounds multiply the difference.
const SUMS = iterative(1e-6);

// Where a node has no missing values both sides are equally good for them: in scikit-learn rounding decides, here they
// go right.
const TIED = [
  "breastCancer, missing, {'max_iter': 10, 'early_stopping': False}",
  "wine, missing, {'max_iter': 10, 'early_stopping': False, 'max_leaf_nodes': 6, 'min_samples_leaf': 5}",
];
// A weighted median that falls between two rows is their mean here, the lower one there.
const MEDIANS = [
  "diabetes, {'max_iter': 10, 'early_stopping': False, 'max_leaf_nodes': 6, 'min_samples_leaf': 5, 'loss': 'absolute_error'}, weights",
  "diabetes, missing, {'max_iter': 10, 'early_stopping': False, 'max_leaf_nodes': 6, 'min_samples_leaf': 5, 'loss': 'absolute_error'}, weights",
];

/** Leaves of all trees: at most scikit-learn's, which also splits where rounding alone gains. */
function leavesOf(model: HistGradientBoostingClassifier | HistGradientBoostingRegressor): number {
  const state = model.snapshot().fitted!.state;
  return state.feature.reduce((sum: number, column: number) => sum + (column < 0 ? 1 : 0), 0);
}

describe('the same trees', () => {
  test.each(golden.cases)('$name', async ({ name, estimator, params, input, sampleWeight, ...expected }) => {
    const { X, y, test: rows } = rowsOf(input);
    if (estimator === 'HistGradientBoostingClassifier') {
      const model = await new HistGradientBoostingClassifier(params).fit(X, y, { sampleWeight });
      expect(leavesOf(model)).toBeLessThanOrEqual(expected.leaves);
      if (TIED.includes(name)) return;
      expectClose((await model.decisionFunction(rows)).toArray(), expected.raw, SUMS, 'scores');
      expectClose(await model.predict(rows), expected.predictions, exact, 'predictions');
    } else {
      const model = await new HistGradientBoostingRegressor(params).fit(X, y, { sampleWeight });
      expect(leavesOf(model)).toBeLessThanOrEqual(expected.leaves);
      if (MEDIANS.includes(name)) return;
      expectClose(await model.predict(rows), expected.predictions, SUMS, 'predictions');
    }
  });
});

describe('the same accuracy', () => {
  test.each(golden.metrics)('$name', async ({ params, input, metric, score }) => {
    if (input === 'california') {
      const { table } = loadCaliforniaHousing();
      const target = Array.from(table.median_house_value, (value) => value / 1e5);
      const X = dropColumns(table, ['median_house_value', 'ocean_proximity']);
      const rows = split(target.length);
      const pick = (which: number[]) => which.map((i) => target[i]);
      const model = await new HistGradientBoostingRegressor(params).fit(
        selectTableRows(X, rows.train),
        pick(rows.train),
      );
      const ours = r2Score(pick(rows.test), await model.predict(selectTableRows(X, rows.test)));
      expectClose(Math.max(ours, score), score, train(0.01), metric);
      expectClose(Math.min(ours, score), score, train(0.005), metric);
      return;
    }
    const { X, y, test: rows, yTest } = rowsOf(input);
    const model = await new HistGradientBoostingClassifier(params).fit(X, y);
    const ours = logLoss(yTest, await model.predictProba(rows));
    expectClose(Math.max(ours, score), score, train(0.02), metric);
    expectClose(ours, score, train(0.1), metric);
  });
});
