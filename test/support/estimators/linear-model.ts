import {
  ARDRegression,
  BayesianRidge,
  ElasticNet,
  ElasticNetCV,
  GammaRegressor,
  HuberRegressor,
  IsotonicRegression,
  Lars,
  LarsCV,
  Lasso,
  LassoCV,
  LassoLars,
  LassoLarsCV,
  LassoLarsIC,
  LinearRegression,
  LogisticRegression,
  MultiTaskElasticNet,
  MultiTaskElasticNetCV,
  MultiTaskLasso,
  MultiTaskLassoCV,
  OrthogonalMatchingPursuit,
  OrthogonalMatchingPursuitCV,
  Perceptron,
  PoissonRegressor,
  QuantileRegressor,
  Ridge,
  RidgeClassifier,
  RidgeClassifierCV,
  RidgeCV,
  SGDClassifier,
  SGDRegressor,
  TweedieRegressor,
} from '../../../lib/index.js';
import { AXES, type Example, FOLDS, WEIGHTS } from './example.js';

const DEVIANCE = {
  'score is the accuracy or R2 of the predictions': 'it is D2, the share of the deviance that is explained',
};
const LEFT_OUT = { [WEIGHTS]: 'a row of weight 2 is left out as one, two rows one after the other' };
const STEPS = { [WEIGHTS]: 'a row of weight 2 is one step of twice the size, two rows are two steps' };
const PASSED = {
  ...STEPS,
  'equal weights change nothing': 'weights scale the steps, and the stopping rule with them',
};

export const EXAMPLES: readonly Example[] = [
  {
    name: 'ARDRegression',
    make: () => new ARDRegression({ computeScore: true }),
    exceptions: AXES,
  },
  { name: 'BayesianRidge', make: () => new BayesianRidge({ computeScore: true }) },
  { name: 'ElasticNet', make: () => new ElasticNet({ alpha: 0.01 }) },
  {
    name: 'ElasticNet, coordinates at random',
    make: () => new ElasticNet({ alpha: 0.001, selection: 'random', randomState: 1, tol: 1e-8 }),
  },
  {
    name: 'ElasticNetCV',
    make: () => new ElasticNetCV({ l1Ratio: [0.2, 0.9], alphas: 10, cv: 3 }),
    exceptions: FOLDS,
  },
  { name: 'HuberRegressor', make: () => new HuberRegressor({ tol: 1e-9, maxIter: 1000 }) },
  {
    name: 'IsotonicRegression',
    make: () => new IsotonicRegression({ column: 0, outOfBounds: 'clip' }),
  },
  { name: 'Lasso', make: () => new Lasso({ alpha: 0.001, tol: 1e-8 }) },
  { name: 'Lasso of positive coefficients', make: () => new Lasso({ alpha: 0.001, positive: true }) },
  { name: 'LassoCV', make: () => new LassoCV({ alphas: [0.001, 0.1], cv: 3 }), exceptions: FOLDS },
  { name: 'MultiTaskLasso', make: () => new MultiTaskLasso({ alpha: 0.001, tol: 1e-8 }) },
  {
    name: 'MultiTaskElasticNet, columns at random',
    make: () =>
      new MultiTaskElasticNet({
        alpha: 0.001,
        selection: 'random',
        randomState: 1,
        tol: 1e-8,
        maxIter: 9999,
      }),
  },
  {
    name: 'MultiTaskLassoCV',
    make: () => new MultiTaskLassoCV({ alphas: [0.001, 0.1], cv: 3, tol: 1e-8 }),
    exceptions: FOLDS,
  },
  {
    name: 'MultiTaskElasticNetCV',
    make: () => new MultiTaskElasticNetCV({ l1Ratio: [0.3, 0.9], alphas: 4, cv: 2, tol: 1e-8 }),
    exceptions: FOLDS,
  },
  { name: 'LinearRegression', make: () => new LinearRegression() },
  { name: 'LinearRegression without intercept', make: () => new LinearRegression({ fitIntercept: false }) },
  { name: 'LogisticRegression', make: () => new LogisticRegression() },
  {
    name: 'LogisticRegression, balanced',
    make: () => new LogisticRegression({ classWeight: 'balanced', C: 10 }),
  },
  {
    name: 'LogisticRegression by newton-cholesky',
    make: () => new LogisticRegression({ solver: 'newton-cholesky', C: 10 }),
  },
  {
    name: 'LogisticRegression by saga, L1',
    make: () =>
      new LogisticRegression({
        solver: 'saga',
        l1Ratio: 1,
        C: 1,
        maxIter: 20_000,
        tol: 1e-9,
        randomState: 1,
      }),
  },
  {
    name: 'LogisticRegression by liblinear',
    make: () => new LogisticRegression({ solver: 'liblinear', tol: 1e-10 }),
  },
  {
    name: 'LogisticRegression by liblinear, L1',
    make: () => new LogisticRegression({ solver: 'liblinear', l1Ratio: 1, tol: 1e-10, interceptScaling: 10 }),
  },
  {
    name: 'LogisticRegression by liblinear, dual',
    make: () => new LogisticRegression({ solver: 'liblinear', dual: true, tol: 1e-9, maxIter: 10_000 }),
  },
  { name: 'Lars', make: () => new Lars({ nNonzeroCoefs: 3 }), exceptions: AXES },
  { name: 'LarsCV', make: () => new LarsCV({ cv: 3 }), exceptions: AXES },
  { name: 'LassoLars', make: () => new LassoLars({ alpha: 0.05 }), exceptions: AXES },
  { name: 'LassoLarsCV', make: () => new LassoLarsCV({ cv: 3, positive: true }), exceptions: AXES },
  { name: 'LassoLarsIC', make: () => new LassoLarsIC(), exceptions: AXES },
  {
    name: 'OrthogonalMatchingPursuit',
    make: () => new OrthogonalMatchingPursuit({ nNonzeroCoefs: 1 }),
    exceptions: AXES,
  },
  { name: 'OrthogonalMatchingPursuitCV', make: () => new OrthogonalMatchingPursuitCV(), exceptions: AXES },
  { name: 'Perceptron', make: () => new Perceptron({ randomState: 1 }), exceptions: PASSED },
  { name: 'Ridge', make: () => new Ridge() },
  { name: 'RidgeClassifier', make: () => new RidgeClassifier({ alpha: 0.1 }) },
  {
    name: 'RidgeClassifierCV',
    make: () => new RidgeClassifierCV({ alphas: [0.01, 1], storeCvResults: true }),
    exceptions: LEFT_OUT,
  },
  { name: 'RidgeCV', make: () => new RidgeCV({ alphas: [0.01, 1] }), exceptions: LEFT_OUT },
  { name: 'RidgeCV of folds', make: () => new RidgeCV({ cv: 3 }), exceptions: FOLDS },
  { name: 'SGDClassifier', make: () => new SGDClassifier({ randomState: 1 }), exceptions: PASSED },
  {
    name: 'SGDClassifier, logLoss, averaged, early stopping',
    make: () =>
      new SGDClassifier({
        ...{ loss: 'logLoss', penalty: 'elasticnet', average: 10, earlyStopping: true, randomState: 1 },
        ...{ learningRate: 'adaptive', eta0: 0.1, classWeight: 'balanced' },
      }),
    exceptions: PASSED,
  },
  {
    name: 'SGDClassifier, modifiedHuber',
    make: () => new SGDClassifier({ loss: 'modifiedHuber', penalty: 'l1', randomState: 1 }),
    exceptions: {
      ...PASSED,
      'probabilities lie in [0, 1], sum to 1 and agree with the labels':
        'scores beyond 1 are all certain, so that two classes may have the same probability',
    },
  },
  {
    name: 'SGDRegressor',
    make: () => new SGDRegressor({ randomState: 1, learningRate: 'constant', tol: null, maxIter: 100 }),
    exceptions: PASSED,
  },
  {
    name: 'GammaRegressor',
    make: () => new GammaRegressor({ alpha: 0.1, tol: 1e-9 }),
    exceptions: DEVIANCE,
  },
  { name: 'QuantileRegressor', make: () => new QuantileRegressor({ alpha: 0.01, quantile: 0.4 }) },
  {
    name: 'PoissonRegressor',
    make: () => new PoissonRegressor({ alpha: 0.1, tol: 1e-9 }),
    exceptions: DEVIANCE,
  },
  { name: 'TweedieRegressor', make: () => new TweedieRegressor({ alpha: 0.1, tol: 1e-9 }) },
  {
    name: 'LinearRegression with positive coefficients',
    make: () => new LinearRegression({ positive: true }),
  },
  { name: 'Ridge with positive coefficients', make: () => new Ridge({ positive: true }) },
  { name: 'RidgeClassifier with positive coefficients', make: () => new RidgeClassifier({ positive: true }) },
];
