export * from './ard-regression.js';
export type { BayesianParams, BayesianState, UncertainPrediction } from './bayesian-regressor.js';
export {
  BayesianRidge,
  type BayesianRidgeParams,
  type BayesianRidgeState,
} from './bayesian-ridge.js';
export { ElasticNet, type ElasticNetParams, Lasso, type LassoParams } from './elastic-net.js';
export { ElasticNetCV, type ElasticNetCVParams, LassoCV, type LassoCVParams } from './elastic-net-cv.js';
export {
  GammaRegressor,
  type GeneralizedLinearParams,
  PoissonRegressor,
  TweedieRegressor,
  type TweedieRegressorParams,
} from './generalized-linear.js';
export * from './huber-regressor.js';
export * from './isotonic-regression.js';
export type { IterativeLinearState } from './iterative-regressor.js';
export {
  Lars,
  type LarsBaseParams,
  type LarsParams,
  type LarsState,
  LassoLars,
  type LassoLarsParams,
} from './lars.js';
export {
  LarsCV,
  type LarsCVParams,
  type LarsCVState,
  LassoLarsCV,
  type LassoLarsCVParams,
} from './lars-cv.js';
export * from './lasso-lars-ic.js';
export * from './linear-regression.js';
export * from './logistic-regression.js';
export {
  MultiTaskElasticNet,
  type MultiTaskElasticNetParams,
  MultiTaskLasso,
  type MultiTaskLassoParams,
} from './multi-task.js';
export {
  MultiTaskElasticNetCV,
  type MultiTaskElasticNetCVParams,
  MultiTaskLassoCV,
  type MultiTaskLassoCVParams,
} from './multi-task-cv.js';
export * from './orthogonal-matching-pursuit.js';
export type { PathChoiceParams } from './path-choice.js';
export * from './perceptron.js';
export {
  QuantileRegressor,
  type QuantileRegressorParams,
} from './quantile-regressor.js';
export { Ridge, type RidgeParams, type RidgeSettings } from './ridge.js';
export { RidgeClassifier, type RidgeClassifierParams } from './ridge-classifier.js';
export {
  type RidgeChoiceParams,
  RidgeClassifierCV,
  type RidgeClassifierCVParams,
  RidgeCV,
  type RidgeCVParams,
} from './ridge-cv.js';
export { SGDClassifier, type SGDClassifierParams } from './sgd-classifier.js';
export { SGDRegressor, type SGDRegressorParams } from './sgd-regressor.js';
