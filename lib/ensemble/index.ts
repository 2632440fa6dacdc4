export {
  AdaBoostClassifier,
  type AdaBoostClassifierParams,
  AdaBoostRegressor,
  type AdaBoostRegressorParams,
  type AdaBoostState,
} from './adaboost.js';
export type { RegressionLoss } from './adaboost-fit.js';
export { BaggingClassifier, type BaggingParams, BaggingRegressor, type BaggingState } from './bagging.js';
export type { CustomLoss, GradientContext, GradientFunction, LossContext } from './custom-loss.js';
export * from './extra-trees.js';
export type { ForestClassifierParams, ForestRegressorParams, Interval } from './forest.js';
export * from './gradient-boosting.js';
export type { BoostingState, GradientBoostingParams } from './gradient-boosting-state.js';
export * from './hist-gradient-boosting.js';
export * from './hist-gradient-boosting-ranker.js';
export * from './isolation-forest.js';
export type { NamedModel } from './named-models.js';
export * from './random-forest.js';
export {
  VotingClassifier,
  type VotingClassifierParams,
  type VotingParams,
  VotingRegressor,
} from './voting.js';
