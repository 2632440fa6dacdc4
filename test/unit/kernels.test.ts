/** What kernels, special distances, metrics at thresholds and scorers of one's own refuse; golden values are in test/golden. */
import { expect, test } from 'vitest';
import {
  accuracyScore,
  additiveChi2Kernel,
  brierScore,
  confusionMatrixAtThresholds,
  cosineSimilarity,
  crossValScore,
  fbetaScore,
  GaussianNB,
  haversineDistances,
  LinearSVC,
  loadBreastCancer,
  Matrix,
  makeScorer,
  meanAbsoluteError,
  metricAtThresholds,
  nanEuclideanDistances,
  pairedDistances,
  pairwiseDistancesArgminMin,
  pairwiseKernels,
  Ridge,
  rbfKernel,
  rocAucScore,
} from '../../lib/index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const { data, target } = loadBreastCancer();

test.each<[string, () => unknown, string]>([
  ['other columns', () => pairwiseKernels([[1]], [[1, 2]]), 'ERR_SHAPE'],
  ['an unknown kernel', () => pairwiseKernels([[1]], null, { metric: 'x' as never }), 'ERR_PARAMETER'],
  ['an unknown option', () => rbfKernel([[1]], null, { sigma: 1 } as never), 'ERR_PARAMETER'],
  ['a bad gamma', () => rbfKernel([[1]], null, { gamma: -1 }), 'ERR_PARAMETER'],
  ['histograms below 0', () => additiveChi2Kernel([[1]], [[-1]]), 'ERR_INPUT_NEGATIVE'],
  ['three coordinates', () => haversineDistances([[1, 2, 3]]), 'ERR_SHAPE'],
  ['pairs of other shapes', () => pairedDistances([[1]], [[1], [2]]), 'ERR_SHAPE'],
  [
    'no rows to be near',
    () => pairwiseDistancesArgminMin([[1]], { data: new Float64Array(0), rows: 0, cols: 1 }),
    'ERR_EMPTY',
  ],
  [
    'three classes at thresholds',
    () => metricAtThresholds([0, 1, 2], [1, 2, 3], accuracyScore, { posLabel: 1 }),
    'ERR_LABELS',
  ],
  [
    'thresholds without a positive class',
    () => confusionMatrixAtThresholds(['a', 'b'], [1, 2]),
    'ERR_PARAMETER',
  ],
  ['a metric that is none', () => makeScorer(1 as never), 'ERR_PARAMETER'],
  ['an unknown response', () => makeScorer(accuracyScore, { responseMethod: 'x' as never }), 'ERR_PARAMETER'],
])('%s: refused', (_, run, expected) => {
  expect(run).toThrow(code(expected));
});

test('float32 rows stay float32, and nothing in common is no distance', () => {
  const rows = { data: new Float32Array([1, 2, 0, 0]), rows: 2, cols: 2 };
  expect(cosineSimilarity(rows).dtype).toBe('float32');
  expect(
    nanEuclideanDistances(
      [[Number.NaN, 1]],
      [
        [1, Number.NaN],
        [4, 3],
      ],
    ).toArray()[0],
  ).toEqual([Number.NaN, Math.sqrt(8)]);
});

test('labels of any kind have metrics at thresholds', () => {
  const options = { posLabel: 'yes' };
  const { values } = metricAtThresholds(['no', 'yes', 'yes'], [1, 2, 2], accuracyScore, options);
  expect([...values]).toEqual([1, 2 / 3]);
});

test('scorers of metrics ask for what the metric reads', async () => {
  const model = new GaussianNB();
  const cv = 3;
  const scores = (scoring: ReturnType<typeof makeScorer>) =>
    crossValScore(model, data, target, { cv, scoring });
  expect([...(await scores(makeScorer(accuracyScore)))]).toEqual([
    ...(await crossValScore(model, data, target, { cv })),
  ]);
  const brier = await scores(
    makeScorer(brierScore, { responseMethod: 'predictProba', greaterIsBetter: false }),
  );
  expect(brier.every((score) => score < 0)).toBe(true);
  const [two, one] = await Promise.all([2, 1].map((beta) => scores(makeScorer(fbetaScore, {}, { beta }))));
  expect([...two]).not.toEqual([...one]);
  const auc = makeScorer(rocAucScore, { responseMethod: 'decisionFunction' });
  expect(
    (await crossValScore(new LinearSVC(), data, target, { cv, scoring: auc })).every((s) => s > 0.9),
  ).toBe(true);
  await expect(crossValScore(new Ridge(), data, target, { cv, scoring: auc })).rejects.toThrow(
    code('ERR_NOT_SUPPORTED'),
  );
  const errors = makeScorer(meanAbsoluteError, { greaterIsBetter: false });
  expect((await crossValScore(new Ridge(), data, target, { cv, scoring: errors })).every((s) => s < 0)).toBe(
    true,
  );
});

test('a number that stands for missing', () => {
  const X = Matrix.from([[3, -1]], undefined, 'float32');
  expect(nanEuclideanDistances(X, [[1, 4]], { missingValues: -1, squared: true }).toArray()).toEqual([[8]]);
  const refuses = (run: () => unknown, code: string) =>
    expect(run).toThrow(expect.objectContaining({ code }));
  refuses(() => nanEuclideanDistances([[Number.NaN]], null, { missingValues: -1 }), 'ERR_INPUT_NAN');
  refuses(() => nanEuclideanDistances([[1]], null, { missingValues: Infinity }), 'ERR_PARAMETER');
  refuses(() => pairwiseDistancesArgminMin([[1]], [[1]], { axis: 2 as never }), 'ERR_PARAMETER');
});
