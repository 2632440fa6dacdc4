/** Golden values of ensembles that vote. */
import { expect, test } from 'vitest';
import {
  GaussianNB,
  LinearRegression,
  LogisticRegression,
  MultinomialNB,
  type NamedModel,
  Ridge,
  VotingClassifier,
  VotingRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface Case {
  name: string;
  estimator: 'VotingClassifier' | 'VotingRegressor';
  params: object;
  input: DatasetRef;
  names: string[];
  transform: number[][];
  labels?: number[];
  proba?: number[][];
  values?: number[];
}
// Both logistic regressions stop near the same optimum.
const OPTIMUM = iterative(1e-4);

test.each(readGolden<{ cases: Case[] }>('voting').cases)('$name', async (one) => {
  const { X, y } = loadRef(one.input);
  const { train, test: tested } = split(X.rows);
  const [rows, targets] = [X.takeRows(train), train.map((i) => y[i])];
  const given = X.takeRows(tested.slice(0, 30));
  if (one.estimator === 'VotingRegressor') {
    const models: NamedModel[] = [
      ['ridge', new Ridge()],
      ['ols', new LinearRegression()],
    ];
    const model = await new VotingRegressor(models, one.params).fit(rows, targets);
    expectClose(Array.from(await model.predict(given)), one.values, iterative(1e-9), 'values');
    expect(model.getFeatureNamesOut()).toEqual(one.names);
    expectClose(
      model.transformSync(given.slice(0, 3)).toArray(),
      one.transform,
      iterative(1e-9),
      'transform',
    );
    return;
  }
  const line = new LogisticRegression({ tol: 1e-12, maxIter: 100_000 });
  const models: NamedModel[] = [
    ['bayes', new GaussianNB()],
    ['line', one.input.dataset === 'digits' ? 'drop' : line],
    ['counts', new MultinomialNB()],
  ];
  const model = await new VotingClassifier(models, one.params).fit(rows, targets);
  expect(await model.predict(given)).toEqual(one.labels);
  expect(model.getFeatureNamesOut()).toEqual(one.names);
  expectClose((await model.transform(given.slice(0, 3))).toArray(), one.transform, OPTIMUM, 'transform');
  if (one.proba !== undefined)
    expectClose((await model.predictProba(given)).toArray(), one.proba, OPTIMUM, 'proba');
});
