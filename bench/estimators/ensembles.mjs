// Ensembles of models of any kind. Quality: the score on the rows themselves.
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  DecisionTreeClassifier,
  GaussianNB,
  LogisticRegression,
  Matrix,
  StackingClassifier,
  VotingClassifier,
} from '../../dist/index.js';

/** The first rows. */
const few = ({ X, y }, rows) => {
  const count = Math.min(rows, X.rows);
  return { X: new Matrix(X.data.slice(0, count * X.cols), count, X.cols), y: y.slice(0, count) };
};
const fits = (make, rows) => (data) => {
  const { X, y } = few(data, rows);
  return { run: () => make().fit(X, y), quality: (model) => model.score(X, y) };
};
const uses =
  (make, use = 'predict') =>
  async (data) => {
    const { X, y } = few(data, 10_000);
    const model = await make().fit(X, y);
    return () => model[use](data.X);
  };
const tree = () => new DecisionTreeClassifier({ maxDepth: 8, randomState: 0 });
const models = () => [
  ['bayes', new GaussianNB()],
  ['line', new LogisticRegression()],
  ['tree', tree()],
];
const bagging = () => new BaggingClassifier({ estimator: tree(), nEstimators: 10, randomState: 0 });
const boosting = () => new AdaBoostClassifier({ nEstimators: 50, randomState: 0 });
const numbers = () => new AdaBoostRegressor({ nEstimators: 30, randomState: 0 });
const voting = () => new VotingClassifier(models(), { voting: 'soft' });

export const cases = {
  'VotingClassifier fit': { data: 'dense', make: fits(voting, 10_000) },
  'VotingClassifier predict': { data: 'dense', make: uses(voting) },
  'StackingClassifier fit': { data: 'dense', make: fits(() => new StackingClassifier(models()), 10_000) },
  'StackingClassifier predict': { data: 'dense', make: uses(() => new StackingClassifier(models())) },
  'BaggingClassifier fit': { data: 'dense', make: fits(bagging, 10_000) },
  'BaggingClassifier predict': { data: 'dense', make: uses(bagging) },
  'AdaBoostClassifier fit': { data: 'dense', make: fits(boosting, 10_000) },
  'AdaBoostClassifier predict': { data: 'dense', make: uses(boosting) },
  'AdaBoostRegressor fit': { data: 'regression', make: fits(numbers, 10_000) },
  'AdaBoostRegressor predict': { data: 'regression', make: uses(numbers) },
};
