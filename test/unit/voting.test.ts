/** Errors and edge cases of ensembles that vote; golden values are in test/golden. */
import { expect, test } from 'vitest';
import {
  GaussianNB,
  GridSearchCV,
  IsolationForest,
  LogisticRegression,
  load,
  loadIris,
  Matrix,
  makePipeline,
  type NamedModel,
  Ridge,
  StandardScaler,
  VotingClassifier,
  VotingRegressor,
} from '../../lib/index.js';

const { data, target } = loadIris();
const bayes = ['bayes', new GaussianNB()] as const;
const line = ['line', new LogisticRegression()] as const;

test.each<[string, readonly NamedModel[], object]>([
  ['no models', [], {}],
  ['a model without a name', [['', new GaussianNB()]], {}],
  ['a name twice', [bayes, ['bayes', new LogisticRegression()]], {}],
  ['a regressor', [bayes, ['ridge', new Ridge()]], {}],
  ['an outlier detector', [['odd', new IsolationForest()]], {}],
  ['all dropped', [['bayes', 'drop']], {}],
  ['weights of another number', [bayes, line], { weights: [1] }],
  ['weights below 0', [bayes, line], { weights: [1, -1] }],
  ['weights of 0 for all that are left', [bayes, ['line', 'drop']], { weights: [0, 1] }],
  ['an unknown vote', [bayes], { voting: 'loud' }],
  ['a soft vote of hard voters', [['inner', new VotingClassifier([bayes])]], { voting: 'soft' }],
])('%s: refused', async (_, estimators, options) => {
  const model = new VotingClassifier(estimators, options as never);
  await expect(model.fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('classifiers do not vote on numbers', async () => {
  const model = new VotingRegressor([['line', new LogisticRegression()]]);
  await expect(model.fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

test('models go by name in searches, can be dropped there, and survive a file', async () => {
  const search = await new GridSearchCV<VotingClassifier>(
    new VotingClassifier([bayes, line], { voting: 'soft' }),
    { line__C: [0.1, 10], bayes: ['drop', new GaussianNB()] },
    { cv: 2 },
  ).fit(data, target);
  expect(search.cvResults.params.length).toBe(4);
  const copy = (await load(search.bestEstimator.toBytes())) as VotingClassifier;
  expect(copy.predictProbaSync(data).toArray()).toEqual(search.predictProbaSync(data).toArray());
});

test('a hard vote that is even goes to the first label', async () => {
  const prior = (priors: number[]) => new GaussianNB({ priors });
  const same = [[1], [1], [1], [1]];
  const even = await new VotingClassifier([
    ['b', prior([0.1, 0.9])],
    ['a', prior([0.9, 0.1])],
  ]).fit(same, ['a', 'b', 'a', 'b']);
  expect(even.models.map((model) => (model as GaussianNB).predictSync(same)[0])).toEqual(['b', 'a']);
  expect(even.predictSync(same)).toEqual(['a', 'a', 'a', 'a']);
});

test('what the models say can be columns for another model', async () => {
  const votes = new VotingClassifier([bayes, line], { voting: 'soft' });
  const columns = await votes.fitTransform(data, target);
  expect([columns.rows, columns.cols]).toEqual([150, 6]);
  const pipeline = makePipeline(new VotingClassifier([bayes, line]), new LogisticRegression());
  await pipeline.fit(data, target);
  expect(await pipeline.score(data, target)).toBeGreaterThan(0.9);
  const alone = makePipeline(new StandardScaler(), new VotingClassifier([bayes, line]));
  await alone.fit(data, target);
  expect(alone.predictSync(data).length).toBe(150);
  expect(alone.getFeatureNamesOut()).toEqual(['votingclassifier_bayes', 'votingclassifier_line']);
});

test('soft votes that are not flattened stand one model below the other', async () => {
  const options = { voting: 'soft' } as const;
  const flat = await new VotingClassifier([bayes, line], options).fit(data, target);
  const model = new VotingClassifier([bayes, line], { ...options, flattenTransform: false });
  const given = Matrix.from(data).slice(0, 7);
  await model.fit(data, target);
  const copy = (await load(model.toBytes())) as VotingClassifier;
  const said = await model.transform(given);
  const parts = flat.models.map((each) => (each as GaussianNB).predictProbaSync(given).toArray());
  expect(said.toArray()).toEqual(parts.flat());
  expect(copy.transformSync(given).toArray()).toEqual(parts.flat());
  expect(model.getFeatureNamesOut()).toEqual(flat.getFeatureNamesOut());
  // The next step of a pipeline gets a row for each row.
  const next = await makePipeline(model, new StandardScaler()).fit(data, target);
  expect((await next.transform(given)).rows).toBe(7);
  // Hard votes have one column a model.
  const hard = await new VotingClassifier([bayes, line], { flattenTransform: false }).fit(data, target);
  expect(hard.transformSync(given).cols).toBe(2);
});
