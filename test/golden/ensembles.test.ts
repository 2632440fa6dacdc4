/** Golden values of stacking, bagging and boosting. */
import { expect, test } from 'vitest';
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  BaggingRegressor,
  type Classifier,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  type Estimator,
  GaussianNB,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  MultinomialNB,
  type NamedModel,
  Ridge,
  StackingClassifier,
  StackingRegressor,
} from '../../lib/index.js';
import { expectClose, iterative, train as metric } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const MODELS = {
  bayes: () => new GaussianNB(),
  line: () => new LogisticRegression({ tol: 1e-12, maxIter: 100_000 }),
  strong: () => new LogisticRegression({ C: 0.01, tol: 1e-12, maxIter: 100_000 }),
  counts: () => new MultinomialNB(),
  ridge: () => new Ridge(),
  shrunk: () => new Ridge({ alpha: 100 }),
  ols: () => new LinearRegression(),
  svc: () => new LinearSVC({ tol: 1e-10, maxIter: 1_000_000, dual: false }),
  stump: () => new DecisionTreeClassifier({ maxDepth: 1 }),
  tree: () => new DecisionTreeClassifier({ maxDepth: 3 }),
  numbers: () => new DecisionTreeRegressor({ maxDepth: 3 }),
} satisfies Record<string, () => Estimator>;
type ModelName = keyof typeof MODELS;
const ENSEMBLES = { AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor };
const STACKS = { StackingClassifier, StackingRegressor };

interface Exact {
  name: string;
  estimator: keyof typeof ENSEMBLES | keyof typeof STACKS;
  models: ModelName[];
  final: ModelName | null;
  params: object;
  input: DatasetRef;
  labels?: number[];
  values?: number[];
  proba?: number[][];
  decision?: number[] | number[][];
  names?: string[];
  transform?: number[][];
  weights?: number[];
  errors?: number[];
  /** Probabilities of three rows after the first rounds. */
  staged?: number[][][];
}
interface Drawn {
  name: string;
  estimator: keyof typeof ENSEMBLES;
  model: ModelName;
  params: object;
  input: DatasetRef;
  score: number;
}
const golden = readGolden<{ exact: Exact[]; drawn: Drawn[] }>('ensembles');
// Inner models stop near the same optimum, and the final one learns from what they say there.
const OPTIMUM = iterative(1e-3);

function make(one: Exact): Estimator {
  if (one.estimator in STACKS) {
    const models = one.models.map((name): NamedModel => [name, MODELS[name]()]);
    const finalEstimator = one.final === null ? null : MODELS[one.final]();
    return new STACKS[one.estimator as keyof typeof STACKS](models, { finalEstimator, ...one.params });
  }
  const Ensemble = ENSEMBLES[one.estimator as keyof typeof ENSEMBLES];
  return new Ensemble({ estimator: MODELS[one.models[0]](), ...one.params });
}

test.each(golden.exact)('$name', async (one) => {
  const { X, y } = loadRef(one.input);
  const { train, test: tested } = split(X.rows);
  const model = make(one) as Classifier<object, never>;
  await model.fit(
    X.takeRows(train),
    train.map((i) => y[i]),
  );
  const rows = X.takeRows(tested.slice(0, 25));
  if (one.transform !== undefined) {
    const stack = model as never as StackingClassifier;
    expect(stack.getFeatureNamesOut()).toEqual(one.names);
    const columns = await stack.transform(rows.slice(0, 3));
    const scale = Math.max(1, ...one.transform.flat().map(Math.abs));
    expectClose(columns.toArray(), one.transform, iterative(1e-3 * scale), 'transform');
  }
  if (one.values !== undefined) {
    expectClose(Array.from((await model.predict(rows)) as never), one.values, iterative(1e-9), 'values');
    return;
  }
  if (one.weights !== undefined) {
    const boosted = model as never as AdaBoostClassifier;
    expectClose(boosted.estimatorWeights, one.weights, OPTIMUM, 'weights');
    expectClose(boosted.estimatorErrors, one.errors, OPTIMUM, 'errors');
    const staged = [];
    if (one.staged !== undefined)
      for await (const proba of boosted.stagedPredictProba(rows.slice(0, 3))) staged.push(proba.toArray());
    expectClose(staged.slice(0, one.staged?.length), one.staged ?? [], OPTIMUM, 'staged');
  }
  expect(await model.predict(rows)).toEqual(one.labels);
  if (one.proba !== undefined)
    expectClose((await model.predictProba(rows)).toArray(), one.proba, OPTIMUM, 'proba');
  if (one.decision !== undefined) {
    const decision = await model.decisionFunction(rows);
    const expected = one.decision.map((row) => (typeof row === 'number' ? [row] : row));
    const scale = Math.max(1, ...expected.flat().map(Math.abs));
    expectClose(decision.toArray(), expected, iterative(1e-3 * scale), 'decision');
  }
});

// Rows are drawn by other streams: the mean score of five seeds is about that of the peer.
test.each(golden.drawn)('$name', async (one) => {
  const { X, y } = loadRef(one.input);
  const { train, test: tested } = split(X.rows);
  const take = (rows: Int32Array | number[]) => [X.takeRows(rows), Array.from(rows, (i) => y[i])] as const;
  let sum = 0;
  for (let randomState = 0; randomState < 5; randomState++) {
    const estimator = MODELS[one.model]();
    const model = new ENSEMBLES[one.estimator]({ estimator, ...one.params, randomState });
    await model.fit(...take(train));
    sum += await model.score(...take(tested));
  }
  expectClose(sum / 5, one.score, metric(one.estimator.endsWith('Regressor') ? 0.08 : 0.03), 'score');
});
