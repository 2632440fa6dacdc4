// Ensembles of models of any kind. Quality: the score on the rows themselves.
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  DecisionTreeClassifier,
  GaussianNB,
  LogisticRegression,
  StackingClassifier,
  VotingClassifier,
} from '../../dist/index.js';
import { fits, score, uses } from './calls.mjs';

/** The first rows. */
const few = ({ X, y }) => {
  const count = Math.min(10_000, X.rows);
  return [X.slice(0, count), y.slice(0, count)];
};
const fitted = (make) => fits(make, { of: few, quality: score });
const predicts = (make) => uses(make, 'predict', { of: few });
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
  'VotingClassifier fit': { data: 'dense', make: fitted(voting) },
  'VotingClassifier predict': { data: 'dense', make: predicts(voting) },
  'StackingClassifier fit': { data: 'dense', make: fitted(() => new StackingClassifier(models())) },
  'StackingClassifier predict': { data: 'dense', make: predicts(() => new StackingClassifier(models())) },
  'BaggingClassifier fit': { data: 'dense', make: fitted(bagging) },
  'BaggingClassifier predict': { data: 'dense', make: predicts(bagging) },
  'AdaBoostClassifier fit': { data: 'dense', make: fitted(boosting) },
  'AdaBoostClassifier predict': { data: 'dense', make: predicts(boosting) },
  'AdaBoostRegressor fit': { data: 'regression', make: fitted(numbers) },
  'AdaBoostRegressor predict': { data: 'regression', make: predicts(numbers) },
};
