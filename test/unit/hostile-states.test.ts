/** States of damaged or hostile model files that hang together by type and length of each member, but not with one another. */
import { describe, expect, test } from 'vitest';
import type { Estimator, State } from '../../lib/core/estimator.js';
import {
  CategoricalNB,
  DummyClassifier,
  FixedThresholdClassifier,
  GaussianMixture,
  type GaussianNB,
  KMeans,
  LinearSVC,
  LogisticRegression,
  loadIris,
  NMF,
  OneVsOneClassifier,
  RFE,
  SelectFromModel,
  SplineTransformer,
  TunedThresholdClassifierCV,
} from '../../lib/index.js';

const X = Array.from({ length: 12 }, (_, i) => [i, (i * i) % 5, i % 3]);
const y = X.map((_, i) => (i < 6 ? 'a' : 'b'));

/** What is wrong, the model, and what is changed of the state and the parameters of the fit. */
type Case = [what: string, model: Estimator, change: (state: State) => State, params?: object];

const other = async (model: Estimator, rows = X, labels: string[] = y) => {
  await (model as GaussianNB).fit(rows, labels);
  return model;
};
const narrow = await other(
  new LogisticRegression(),
  X.map(([a]) => [a]),
);
const renamed = await other(
  new LogisticRegression(),
  X,
  y.map((label) => `${label}!`),
);
const decides = await other(new LinearSVC());

const tuned = () => new TunedThresholdClassifierCV(new LogisticRegression(), { cv: 2 });
const fixed = () => new FixedThresholdClassifier(new LogisticRegression());
const floats = (...values: number[]) => Float64Array.from(values);

const cases: Case[] = [
  [
    'a constant that is no class',
    new DummyClassifier({ strategy: 'constant', constant: 'a' }),
    () => ({}),
    { constant: 'z' },
  ],
  [
    'a centre that is nowhere',
    new KMeans({ nClusters: 1 }),
    () => ({ clusterCenters: floats(1, Number.NaN, 3) }),
  ],
  ['a share that is NaN', new DummyClassifier(), () => ({ classPrior: floats(Number.NaN, 1) })],
  ['a share below 0', new DummyClassifier(), () => ({ classPrior: floats(-1, 2) })],
  ['shares of more than the whole', new DummyClassifier(), () => ({ classPrior: floats(1, 1) })],
  ['a model of other classes', fixed(), () => ({ model: renamed })],
  ['a model without probabilities', fixed(), () => ({ model: decides })],
  ['a best threshold that was not tried', tuned(), () => ({ best: 100 })],
  ['another threshold than the best', tuned(), ({ threshold }) => ({ threshold: threshold + 1 })],
  ['too few scores', tuned(), ({ scores }) => ({ scores: scores.slice(1) })],
  [
    'too few ranks',
    new RFE(new LogisticRegression(), { nFeaturesToSelect: 2 }),
    () => ({ ranking: Int32Array.of(1) }),
  ],
  [
    'a model of fewer columns than stay',
    new RFE(new LogisticRegression(), { nFeaturesToSelect: 2 }),
    () => ({ model: narrow }),
  ],
  ['too few importances', new SelectFromModel(new LogisticRegression()), () => ({ importances: floats(1) })],
  ['a model of fewer columns', new SelectFromModel(new LogisticRegression()), () => ({ model: narrow })],
  [
    'too few periodic knots',
    new SplineTransformer({ extrapolation: 'periodic' }),
    () => ({ knots: floats(0, 1, 0, 1, 0, 1) }),
  ],
  [
    'too many splines',
    new SplineTransformer(),
    () => ({ knots: Float64Array.from({ length: 1_200_000 }, (_, k) => k % 400_000) }),
  ],
  ['a count that is NaN', new CategoricalNB(), ({ counts }) => ({ counts: counts.map(() => Number.NaN) })],
  ['a count below 0', new CategoricalNB(), ({ counts }) => ({ counts: counts.map(() => -1) })],
  ['classes of less than no rows', new CategoricalNB(), () => ({ classCount: floats(-1, 1) })],
  ['a prior that is NaN', new CategoricalNB(), () => ({ logPrior: floats(Number.NaN, 0) })],
  [
    'a part below 0',
    new NMF({ nComponents: 2 }),
    ({ components }) => ({ components: components.map(() => -1) }),
  ],
  ['a penalty below 0', new NMF({ nComponents: 2 }), () => ({ penalty: floats(-1, 0) })],
];

test.each([
  ['lowerBounds', new GaussianMixture({ nComponents: 2, randomState: 0 })],
  ['columns', new OneVsOneClassifier(new LogisticRegression())],
])('a state of an older file, without %s, is taken', async (member, model) => {
  const { data, target } = loadIris();
  await model.fit(data, target as never);
  const { params, fitted } = model.snapshot();
  const { [member]: _, ...state } = fitted!.state as unknown as Record<string, unknown>;
  const same = (model.constructor as typeof Estimator).fromParams(params) as unknown as typeof model;
  same.restore({ ...fitted!, state: state as never });
  expect(same.compile().runSync(data)).toEqual(model.compile().runSync(data));
  if (same instanceof GaussianMixture) expect(same.lowerBounds).toHaveLength(0);
});

describe('a restored state is refused with', () => {
  test.each(cases)('%s', async (_, given, change, params = {}) => {
    const model = await other(given);
    const { params: own, fitted } = model.snapshot();
    const { state } = fitted!;
    const copy = () => (model.constructor as typeof Estimator).fromParams({ ...own, ...params });
    expect(() => copy().restore({ ...fitted!, state: { ...state, ...change(state) } })).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
    const same = (model.constructor as typeof Estimator).fromParams(own);
    same.restore(fitted!);
    expect(same.isFitted).toBe(true);
  });
});
