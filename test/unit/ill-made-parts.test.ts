/** Estimators made of what is none are asked what they are before they are checked: by those around them, and by searches. */
import { expect, test } from 'vitest';
import {
  ColumnTransformer,
  type Estimator,
  FeatureUnion,
  FrozenEstimator,
  GridSearchCV,
  LogisticRegression,
  OneVsRestClassifier,
  Pipeline,
  StandardScaler,
  VotingClassifier,
} from '../../lib/index.js';
import { codeOfAsync } from '../support/codes.js';

const X = [[1, 2], [2, 3], [3, 1], [4, 4], [5, 1], [6, 2]]; // biome-ignore format: rows
const y = [0, 1, 0, 1, 0, 1];
const none = null as never;

const ill: Array<[string, () => Estimator]> = [null, 5, {}, [null], [[null]], [['a', null, null]]].flatMap(
  (parts): Array<[string, () => Estimator]> =>
    [Pipeline, ColumnTransformer, FeatureUnion].map((Made) => [
      `${Made.name}(${JSON.stringify(parts)})`,
      () => new Made(parts as never),
    ]),
);
ill.push(
  ['FrozenEstimator(null)', () => new FrozenEstimator(none)],
  ['GridSearchCV(null)', () => new GridSearchCV(none, {})],
);

const scaled = () =>
  new Pipeline([
    ['scale', new StandardScaler()],
    ['model', new LogisticRegression()],
  ]);

test.each(ill)('%s within others is ERR_PARAMETER', async (_, make) => {
  const around = (inner: Estimator): Estimator[] => [
    inner,
    new Pipeline([['first', inner], ['model', new LogisticRegression()]]), // biome-ignore format: a line
    new ColumnTransformer([['part', inner, [0]]]),
    new FeatureUnion([['part', inner]]),
    new VotingClassifier([['model', inner]]),
    new OneVsRestClassifier(inner),
    new GridSearchCV(inner, {}),
    new GridSearchCV(scaled(), { scale: [inner] }),
  ];
  for (const model of around(make())) expect(await codeOfAsync(() => model.fit(X, y))).toBe('ERR_PARAMETER');
  const search = new GridSearchCV(
    scaled(),
    { scale: [new StandardScaler(), make()] },
    { errorScore: 0, cv: 2 },
  );
  await search.fit(X, y);
  expect(search.bestIndex).toBe(0);
});
