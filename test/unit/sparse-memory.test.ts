/** What a caller changes once a fit has begun does not reach it: sparse rows, and the classes of a part. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  type Estimator,
  GaussianNB,
  KMeans,
  Lasso,
  MaxAbsScaler,
  MultinomialNB,
  NMF,
  OneVsOneClassifier,
  OneVsRestClassifier,
  SelectKBest,
  SGDClassifier,
  StandardScaler,
  SVC,
  VotingClassifier,
} from '../../lib/index.js';
import { EXAMPLES } from '../support/estimators.js';

const ROWS = 30;
const values = Array.from({ length: ROWS }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => ((i * 7 + j * 11) % 4 === 0 ? 0 : 1 + ((i * 5 + j * 3) % 7))),
);
const labels = Array.from({ length: ROWS }, (_, i) => (i * i + (i >> 2)) % 3);

type Method = 'fit' | 'partialFit';
type Learner = Estimator & { partialFit?(X: CsrMatrix, y: unknown, options?: object): Promise<unknown> };

/** What a model learned of sparse rows that `change` came to while it learned. */
async function learned(make: () => Estimator, method: Method, change: (X: CsrMatrix) => void) {
  const model = make() as Learner;
  const X = CsrMatrix.from(values);
  const y = model.kind === 'regressor' ? labels.map((label, i) => label + i / ROWS) : labels;
  const learning = method === 'fit' ? model.fit(X, y) : model.partialFit?.(X, y);
  change(X);
  await learning;
  const { state } = model.snapshot().fitted as { state: object };
  return JSON.stringify(state, (_, v) => (typeof v === 'object' && v?.snapshot ? v.snapshot() : v));
}

const example = (name: string): [Method, string, () => Estimator] => {
  const found = EXAMPLES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no example ${name}.`);
  return ['fit', name, found.make];
};

describe('fits on sparse rows do not see what the caller writes to them later', () => {
  test.each<[Method, string, () => Estimator]>([
    example('BaggingClassifier'),
    example('GridSearchCV of a classifier'),
    example('Pipeline of a classifier'),
    example('StackingClassifier'),
    ['fit', 'KMeans', () => new KMeans({ nClusters: 3, randomState: 1 })],
    ['fit', 'NMF', () => new NMF({ nComponents: 2, randomState: 1 })],
    ['fit', 'Lasso', () => new Lasso({ alpha: 0.01 })],
    ['fit', 'MaxAbsScaler', () => new MaxAbsScaler()],
    ['fit', 'MultinomialNB', () => new MultinomialNB()],
    ['fit', 'OneVsOneClassifier', () => new OneVsOneClassifier(new MultinomialNB())],
    ['fit', 'SelectKBest', () => new SelectKBest({ k: 2 })],
    ['fit', 'StandardScaler', () => new StandardScaler({ withMean: false })],
    ['fit', 'SVC', () => new SVC()],
    ['fit', 'VotingClassifier', () => new VotingClassifier([['nb', new MultinomialNB()]])],
    ['partialFit', 'MaxAbsScaler', () => new MaxAbsScaler()],
    ['partialFit', 'MultinomialNB', () => new MultinomialNB()],
    ['partialFit', 'OneVsOneClassifier', () => new OneVsOneClassifier(new MultinomialNB())],
    ['partialFit', 'OneVsRestClassifier', () => new OneVsRestClassifier(new MultinomialNB())],
    ['partialFit', 'SGDClassifier', () => new SGDClassifier({ randomState: 1 })],
    ['partialFit', 'StandardScaler', () => new StandardScaler({ withMean: false })],
  ])('%s of %s', async (method, _, make) => {
    const plain = await learned(make, method, () => {});
    const changed = await learned(make, method, ({ data, indices }) => {
      data.fill(7);
      indices.fill(0);
    });
    expect(changed).toBe(plain);
  });
});

test.each([
  ['GaussianNB', () => new GaussianNB()],
  ['MultinomialNB', () => new MultinomialNB()],
  ['OneVsOneClassifier', () => new OneVsOneClassifier(new SGDClassifier({ randomState: 1 }))],
  ['SGDClassifier', () => new SGDClassifier({ randomState: 1 })],
])('the classes of a part are those at the time of the call: %s', async (_, make) => {
  const model = make();
  const classes = [0, 1, 2];
  const learning = model.partialFit(values, labels, { classes });
  classes[2] = 9;
  await learning;
  expect(model.classes).toEqual([0, 1, 2]);
});
