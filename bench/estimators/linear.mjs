// Linear models.
import {
  ARDRegression,
  BayesianRidge,
  ElasticNet,
  ElasticNetCV,
  HuberRegressor,
  Lars,
  Lasso,
  LassoCV,
  LassoLarsCV,
  LinearRegression,
  LogisticRegression,
  OrthogonalMatchingPursuit,
  Perceptron,
  PoissonRegressor,
  Ridge,
  RidgeClassifier,
  RidgeCV,
  SGDClassifier,
  SGDRegressor,
} from '../../dist/index.js';
import { fits, labelled, score, uses } from './calls.mjs';

const fit = (data, make, bar) => ({
  data,
  bar,
  make: fits(make, { of: labelled, quality: score }),
});
const predict = (data, make, method = 'predict') => ({
  data,
  make: uses(make, method, { of: labelled }),
});

export const cases = {
  'LinearRegression fit': fit('regression', () => new LinearRegression()),
  'LinearRegression predict': predict('regression', () => new LinearRegression()),
  'Ridge fit': fit('regression', () => new Ridge()),
  'RidgeCV fit': fit('regression', () => new RidgeCV()),
  'RidgeClassifier fit': fit('fiveClasses', () => new RidgeClassifier()),
  'Lasso fit': fit('regression', () => new Lasso()),
  'ElasticNet fit': fit('regression', () => new ElasticNet()),
  'LassoCV fit': fit('regression', () => new LassoCV()),
  'ElasticNetCV fit': fit('regression', () => new ElasticNetCV({ l1Ratio: [0.3, 0.9] })),
  'Lars fit': fit('regression', () => new Lars()),
  'LassoLarsCV fit': fit('regression', () => new LassoLarsCV()),
  'OrthogonalMatchingPursuit fit': fit('regression', () => new OrthogonalMatchingPursuit()),
  'BayesianRidge fit': fit('regression', () => new BayesianRidge()),
  'ARDRegression fit': fit('regression', () => new ARDRegression()),
  'PoissonRegressor fit': fit('counts', () => new PoissonRegressor()),
  'HuberRegressor fit': fit('regression', () => new HuberRegressor()),
  'LogisticRegression fit': fit('dense', () => new LogisticRegression(), 3),
  'LogisticRegression fit, five classes': fit('fiveClasses', () => new LogisticRegression(), 3),
  'LogisticRegression fit, newton-cholesky': fit('dense', () =>
    new LogisticRegression({ solver: 'newton-cholesky' })),
  'LogisticRegression fit, newton-cholesky, five classes': fit('fiveClasses', () =>
    new LogisticRegression({ solver: 'newton-cholesky' })),
  'LogisticRegression fit, saga': fit('dense', () =>
    new LogisticRegression({ solver: 'saga', l1Ratio: 1, maxIter: 20, randomState: 0 })),
  'LogisticRegression predict': predict('fiveClasses', () => new LogisticRegression()),
  'LogisticRegression predictProba': predict('fiveClasses', () => new LogisticRegression(), 'predictProba'),
  'SGDClassifier fit': fit('dense', () => new SGDClassifier({ maxIter: 10, tol: null, randomState: 0 })),
  'SGDClassifier fit, logLoss, five classes': fit('fiveClasses', () =>
    new SGDClassifier({ loss: 'logLoss', maxIter: 5, tol: null, randomState: 0 })),
  'SGDRegressor fit': fit('regression', () => new SGDRegressor({ maxIter: 10, tol: null, randomState: 0 })),
  'Perceptron fit': fit('dense', () => new Perceptron({ maxIter: 10, tol: null, randomState: 0 })),
};
