export type { ImportanceGetter } from '../core/importances.js';
export { Eliminator, type EliminatorParams, type EliminatorState } from './eliminator.js';
export { GenericUnivariateSelect, type GenericUnivariateSelectParams } from './generic-univariate-select.js';
export {
  type MutualInfoOptions,
  mutualInfo,
  mutualInfoClassif,
  mutualInfoRegression,
} from './mutual-information.js';
export { RFE, type RFEParams, type RFEState } from './rfe.js';
export {
  chi2,
  type FeatureScores,
  type FeatureTest,
  fClassif,
  fOneway,
  fRegression,
  type RegressionScoreOptions,
  rRegression,
  type ScoreFunction,
  type ScoreFunctionOptions,
} from './score-functions.js';
export { type SelectByProbabilityParams, SelectFdr, SelectFpr, SelectFwe } from './select-by-probability.js';
export { SelectFromModel, type SelectFromModelParams } from './select-from-model.js';
export { SelectKBest, type SelectKBestParams } from './select-k-best.js';
export { SelectPercentile, type SelectPercentileParams } from './select-percentile.js';
export { FeatureSelector } from './selector.js';
export { VarianceThreshold, type VarianceThresholdParams } from './variance-threshold.js';
