/** Frozen models and eliminators, which answer by a model within, against scikit-learn's. */
import { describe, expect, test } from 'vitest';
import {
  CalibratedClassifierCV,
  crossValScore,
  FrozenEstimator,
  GaussianMixture,
  GridSearchCV,
  KMeans,
  LogisticRegression,
  type Matrix,
  PCA,
  Pipeline,
  RFE,
  StackingClassifier,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

type Input = GoldenInput & { dataset: string };
interface Frozen {
  input: Input;
  method: 'sigmoid' | 'isotonic';
  proba: number[][];
  stacked: number[][];
}
interface Eliminator {
  input: Input;
  selected: number[];
  predictions: number[];
  proba: number[][];
  scores: number[];
  searched: number[];
}
interface Unlabelled {
  input: Input;
  clusters: number[];
  searched: number[];
  best: number;
  score: number;
  samples: number[];
  mixtures: number[];
}
const golden = readGolden<{ frozen: Frozen[]; eliminators: Eliminator[]; unlabelled: Unlabelled[] }>(
  'delegates',
);
const logistic = () => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 });
const TOLERANCE = iterative(1e-6);

describe('FrozenEstimator', () => {
  test.each(golden.frozen)('$method of $input.dataset', async ({ input, method, proba, stacked }) => {
    const { X, y, test: rows } = rowsOf(input);
    const part = (first: number) => {
      const own = y.flatMap((_, i) => (i % 2 === first ? [i] : []));
      return [(X as Matrix).takeRows(own), own.map((i) => y[i])] as const;
    };
    const model = new FrozenEstimator(await logistic().fit(...part(0)));
    const calibrated = await new CalibratedClassifierCV(model, { method }).fit(...part(1));
    expectClose(head(await calibrated.predictProba(rows), proba).flat(), proba.flat(), TOLERANCE, 'proba');
    const stack = new StackingClassifier([['frozen', model]], { finalEstimator: logistic() });
    const said = await (await stack.fit(...part(1))).predictProba(rows);
    expectClose(head(said, stacked).flat(), stacked.flat(), TOLERANCE, 'stacked');
  });
});

describe('RFE', () => {
  test.each(golden.eliminators)('$input.dataset', async (one) => {
    const { X, y, test: rows } = rowsOf(one.input);
    const make = () => new RFE(logistic(), { nFeaturesToSelect: 3 });
    const model = await make().fit(X, y);
    expect(model.selected).toEqual(one.selected);
    expect((await model.predict(rows)).slice(0, one.predictions.length)).toEqual(one.predictions);
    const proba = head(await model.predictProba(rows), one.proba);
    expectClose(proba.flat(), one.proba.flat(), TOLERANCE, 'proba');
    expectClose(await crossValScore(make(), X, y, { cv: 3 }), one.scores, TOLERANCE, 'scores');
    const pipeline = new Pipeline([
      ['scale', new StandardScaler()],
      ['rfe', new RFE(logistic())],
    ]);
    const grid = { rfe__nFeaturesToSelect: [1, 2, 4] };
    const search = await new GridSearchCV(pipeline, grid, { cv: 3, scoring: 'negLogLoss' }).fit(X, y);
    expectClose(search.cvResults.meanTestScore as Float64Array, one.searched, TOLERANCE, 'searched');
  });
});

describe('without y', () => {
  test.each(golden.unlabelled)('$input.dataset', async (one) => {
    const { X, test: rows } = rowsOf(one.input);
    const init = (X as Matrix).takeRows([0, 20, 60]).toArray();
    const clusters = new KMeans({ nClusters: 3, init, nInit: 1 });
    expectClose(await crossValScore(clusters, X, null, { cv: 3 }), one.clusters, TOLERANCE, 'clusters');
    const pipeline = new Pipeline([
      ['scale', new StandardScaler()],
      ['axes', new PCA()],
    ]);
    const search = await new GridSearchCV(pipeline, { axes__nComponents: [1, 2, 3] }, { cv: 3 }).fit(X);
    expectClose(search.cvResults.meanTestScore as Float64Array, one.searched, TOLERANCE, 'searched');
    expect(search.bestIndex).toBe(one.best);
    const some = (rows as Matrix).slice(0, one.samples.length);
    expectClose(await search.score(some), one.score, TOLERANCE, 'score');
    expectClose(await search.scoreSamples(some), one.samples, TOLERANCE, 'samples');
    expect(await search.bestEstimator.score(some)).toBe(await search.score(some));
    const covariances = { regCovar: [1e-6, 0.1, 1] };
    const mixtures = await new GridSearchCV(new GaussianMixture(), covariances, { cv: 4 }).fit(X);
    expectClose(mixtures.cvResults.meanTestScore as Float64Array, one.mixtures, TOLERANCE, 'mixtures');
  });
});
