export { RFE, type RFEParams } from './rfe.js';
export { chi2, type FeatureScores, fClassif, fRegression, type ScoreFunction } from './score-functions.js';
export { SelectFromModel, type SelectFromModelParams } from './select-from-model.js';
export { SelectKBest, type SelectKBestParams } from './select-k-best.js';
export { SelectPercentile, type SelectPercentileParams } from './select-percentile.js';
export { FeatureSelector } from './selector.js';
export { VarianceThreshold, type VarianceThresholdParams } from './variance-threshold.js';
