/** Golden values of classifiers with another threshold than their own. */
import { describe, expect, test } from 'vitest';
import {
  accuracyScore,
  confusionMatrixAtThresholds,
  FixedThresholdClassifier,
  GaussianNB,
  LogisticRegression,
  metricAtThresholds,
  RidgeClassifier,
  TunedThresholdClassifierCV,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

const MODELS = { LogisticRegression, RidgeClassifier, GaussianNB };
interface Case {
  name: string;
  input: GoldenInput;
  above: number;
  estimator: keyof typeof MODELS;
  params: object;
  predicted: number[];
}
interface Tuned extends Case {
  threshold: number;
  score: number;
  thresholds: number[];
  scores: number[];
}
interface Counts extends Pick<Case, 'name' | 'above'> {
  input: DatasetRef;
  weighed: boolean;
  counts: number[][];
  accuracy: number[];
}
const golden = readGolden<{ tuned: Tuned[]; fixed: Case[]; counts: Counts[] }>('thresholds');

function rows({ input, above }: Case) {
  const { X, y, test: tested } = rowsOf(input);
  return { X, y: y.map((value) => (value > above ? 1 : 0)), tested };
}

describe('TunedThresholdClassifierCV', () => {
  test.each(golden.tuned)('$name', async (given) => {
    const { X, y, tested } = rows(given);
    const model = await new TunedThresholdClassifierCV(new MODELS[given.estimator](), given.params).fit(X, y);
    const { thresholds, scores } = model.cvResults;
    expectClose(Array.from(thresholds), given.thresholds, iterative(1e-4), 'thresholds');
    expectClose(Array.from(scores), given.scores, iterative(1e-4), 'scores');
    expectClose(
      [model.bestThreshold, model.bestScore],
      [given.threshold, given.score],
      iterative(1e-4),
      'best',
    );
    expect(await model.predict(tested)).toEqual(given.predicted);
  });
});

describe('FixedThresholdClassifier', () => {
  test.each(golden.fixed)('$name', async (given) => {
    const { X, y, tested } = rows(given);
    const model = await new FixedThresholdClassifier(new MODELS[given.estimator](), given.params).fit(X, y);
    expect(await model.predict(tested)).toEqual(given.predicted);
  });
});

test.each(golden.counts)('counts at thresholds: $name', ({ input, above, weighed, counts, accuracy }) => {
  const { X, y } = loadRef(input);
  const truth = y.map((value) => (value > above ? 1 : 0));
  // Halves go to the even tenth, as NumPy rounds.
  const tenths = X.columns([0]).scale(10).round().div(10).data;
  const options = weighed ? { sampleWeight: truth.map((_, i) => i % 3) } : {};
  const found = confusionMatrixAtThresholds(truth, tenths, options);
  const { trueNegatives, falsePositives, falseNegatives, truePositives, thresholds } = found;
  const all = [trueNegatives, falsePositives, falseNegatives, truePositives, thresholds];
  expectClose(
    all.map((one) => [...one]),
    counts,
    iterative(1e-12),
    'counts',
  );
  const { values } = metricAtThresholds(truth, tenths, accuracyScore, options);
  expectClose([...values], accuracy, iterative(1e-12), 'accuracy');
});
