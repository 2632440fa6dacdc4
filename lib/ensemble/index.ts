export type { CustomLoss, GradientContext, GradientFunction, LossContext } from './custom-loss.js';
export * from './extra-trees.js';
export type { ForestClassifierParams, ForestRegressorParams, Interval } from './forest.js';
export * from './gradient-boosting.js';
export type { BoostingState, GradientBoostingParams } from './gradient-boosting-state.js';
export * from './hist-gradient-boosting.js';
export * from './hist-gradient-boosting-ranker.js';
export * from './isolation-forest.js';
export * from './random-forest.js';
export {
  type NamedModel,
  VotingClassifier,
  type VotingClassifierParams,
  type VotingParams,
  VotingRegressor,
} from './voting.js';
