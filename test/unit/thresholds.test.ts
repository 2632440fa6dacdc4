/** Errors and properties of classifiers with another threshold; golden values are in test/golden. */
import { expect, test } from 'vitest';
import {
  FixedThresholdClassifier,
  f1Score,
  GaussianNB,
  GroupKFold,
  KFold,
  LinearSVC,
  LogisticRegression,
  learningCurve,
  load,
  loadBreastCancer,
  loadIris,
  RandomForestClassifier,
  Ridge,
  StratifiedShuffleSplit,
  SVC,
  TunedThresholdClassifierCV,
} from '../../lib/index.js';

const { data, target } = loadBreastCancer();
const names = Array.from(target, (code) => (code === 1 ? 'yes' : 'no'));
const code = (expected: string) => expect.objectContaining({ code: expected });

test.each<[string, () => Promise<unknown>, string]>([
  ['three classes', () => fit(new FixedThresholdClassifier(new GaussianNB()), loadIris()), 'ERR_LABELS'],
  [
    'a label that y lacks',
    () => fit(new FixedThresholdClassifier(new GaussianNB(), { posLabel: 'x' })),
    'ERR_PARAMETER',
  ],
  ['a regressor', () => fit(new FixedThresholdClassifier(new Ridge() as never)), 'ERR_PARAMETER'],
  [
    'probabilities that are not there',
    () => fit(new FixedThresholdClassifier(new LinearSVC(), { responseMethod: 'predictProba' })),
    'ERR_PARAMETER',
  ],
  [
    'no threshold',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { thresholds: [] })),
    'ERR_PARAMETER',
  ],
  [
    'one threshold alone',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { thresholds: 1 })),
    'ERR_PARAMETER',
  ],
  [
    'an unknown scorer',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { scoring: 'x' as never })),
    'ERR_PARAMETER',
  ],
  [
    'a scorer of probabilities',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { scoring: 'rocAuc' })),
    'ERR_NOT_SUPPORTED',
  ],
  [
    'folds without refit',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { refit: false })),
    'ERR_PARAMETER',
  ],
  [
    'prefit with refit',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { cv: 'prefit' })),
    'ERR_PARAMETER',
  ],
  [
    'prefit, not fitted',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { cv: 'prefit', refit: false })),
    'ERR_NOT_FITTED',
  ],
  [
    'a model that says the same of all rows',
    () =>
      fit(
        new TunedThresholdClassifierCV(
          new RandomForestClassifier({ maxDepth: 1, minSamplesLeaf: 500, bootstrap: false }),
        ),
      ),
    'ERR_PARAMETER',
  ],
  [
    'groups that are needed',
    () => fit(new TunedThresholdClassifierCV(new GaussianNB(), { cv: new GroupKFold() })),
    'ERR_PARAMETER',
  ],
  [
    'curves of parts without partialFit',
    () => learningCurve(new LogisticRegression(), data, target, { exploitIncrementalLearning: true }),
    'ERR_NOT_SUPPORTED',
  ],
])('%s: refused', async (_, run, expected) => {
  await expect(run()).rejects.toThrow(code(expected));
});

async function fit(model: FixedThresholdClassifier | TunedThresholdClassifierCV, from = { data, target }) {
  return model.fit(from.data, from.target);
}

test('the threshold compares the response that is asked for, of either class', async () => {
  const proba = await new FixedThresholdClassifier(new GaussianNB(), { threshold: 0.9, posLabel: 'no' }).fit(
    data,
    names,
  );
  const [p, predicted] = [await proba.predictProba(data), await proba.predict(data)];
  expect(proba.positiveClass).toBe('no');
  expect(predicted).toEqual(names.map((_, i) => (p.row(i)[0] >= 0.9 ? 'no' : 'yes')));
  const svm = await new FixedThresholdClassifier(new SVC(), { threshold: -0.3, posLabel: 'no' }).fit(
    data,
    names,
  );
  const decisions = await svm.decisionFunction(data);
  expect(await svm.predict(data)).toEqual(names.map((_, i) => (-decisions.row(i)[0] >= -0.3 ? 'no' : 'yes')));
});

test('a share of rows, a splitter and a scorer of its own find a threshold', async () => {
  const scoring = async (model: { predict(X: unknown): Promise<unknown> }, X: unknown, y: unknown) =>
    f1Score(y as string[], (await model.predict(X)) as string[], { posLabel: 'no' });
  const options = { cv: 0.3, refit: false, randomState: 1, scoring: scoring as never };
  const one = await new TunedThresholdClassifierCV(new GaussianNB(), options).fit(data, names);
  const again = await one.clone().fit(data, names);
  expect(again.bestThreshold).toBe(one.bestThreshold);
  const splitter = new StratifiedShuffleSplit({ nSplits: 1, testSize: 0.3, randomState: 1 });
  const [{ train, test: rest }] = [...splitter.split(data, names)];
  const of = (rows: Int32Array) => Array.from(rows, (row) => names[row]);
  const bayes = await new GaussianNB().fit(data.takeRows(train), of(train));
  const proba = (await bayes.predictProba(data.takeRows(rest))).toArray();
  const { thresholds, scores } = one.cvResults;
  const expected = Array.from(thresholds, (threshold) =>
    f1Score(
      of(rest),
      proba.map((row) => (row[1] >= threshold ? 'yes' : 'no')),
      { posLabel: 'no' },
    ),
  );
  for (const [k, score] of scores.entries()) expect(score).toBeCloseTo(expected[k], 12);
  expect([thresholds.length, one.bestScore]).toEqual([100, Math.max(...scores)]);
  const folds = await new TunedThresholdClassifierCV(new GaussianNB(), {
    cv: new KFold({ nSplits: 3, shuffle: true, randomState: 0 }),
    scoring: scoring as never,
  }).fit(data, names);
  expect(folds.bestScore).toBeGreaterThan(0.85);
  const groups = names.map((_, i) => i % 3);
  const grouped = await new TunedThresholdClassifierCV(new GaussianNB(), {
    cv: new GroupKFold({ nSplits: 3 }),
  });
  expect((await grouped.fit(data, names, { groups })).bestScore).toBeGreaterThan(0.85);
});

test('a fitted model is tuned as it is, and saved with its threshold', async () => {
  const fitted = await new LogisticRegression({ maxIter: 3000 }).fit(data, target);
  const tuned = new TunedThresholdClassifierCV(fitted, { cv: 'prefit', refit: false, scoring: 'recall' });
  await tuned.fit(data, target);
  const labels = await tuned.predict(data);
  // The caller's model may learn something else meanwhile.
  await fitted.fit(
    data.columns([0]),
    Array.from(target, (label) => 1 - label),
  );
  expect((await tuned.predictProba(data)).rows).toBe(data.rows);
  const loaded = await load(tuned.toBytes());
  expect(await loaded.predict(data)).toEqual(labels);
});
