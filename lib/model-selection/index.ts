export { type CrossValidator, type Fold, KFold, type KFoldOptions, StratifiedKFold } from '../core/k-fold.js';
export type { BaseSearchParams, SearchOptions, SearchState } from './base-search.js';
export {
  CalibratedClassifierCV,
  type CalibratedClassifierCVOptions,
  type CalibratedClassifierCVParams,
  type CalibratedClassifierCVState,
} from './calibrated-classifier.js';
export type { CalibrationMethod, Calibrator } from './calibrators.js';
export {
  type CrossValMethod,
  type CrossValPredicted,
  type CrossValPredictOptions,
  crossValPredict,
  type JoinedProba,
} from './cross-val-predict.js';
export {
  type CrossValidateOptions,
  type CrossValidationResult,
  type CrossValScoreOptions,
  crossValidate,
  crossValScore,
} from './cross-validate.js';
export {
  type LearningCurve,
  type LearningCurveOptions,
  learningCurve,
  type PermutationTest,
  type PermutationTestOptions,
  permutationTestScore,
  type ValidationCurve,
  type ValidationCurveOptions,
  validationCurve,
} from './curves.js';
export { type Distribution, loguniform, randint, uniform } from './distributions.js';
export {
  FixedThresholdClassifier,
  type FixedThresholdClassifierOptions,
  type FixedThresholdClassifierParams,
} from './fixed-threshold.js';
export { GridSearchCV, type GridSearchCVParams } from './grid-search.js';
export { GroupKFold, StratifiedGroupKFold } from './groups.js';
export { HalvingGridSearchCV, type HalvingGridSearchCVParams } from './halving-grid-search.js';
export {
  HalvingRandomSearchCV,
  type HalvingRandomSearchCVParams,
  type HalvingRandomSearchOptions,
} from './halving-random-search.js';
export { LeaveOneGroupOut, LeaveOneOut, LeavePGroupsOut, LeavePOut, PredefinedSplit } from './leave-out.js';
export {
  LogisticRegressionCV,
  type LogisticRegressionCVParams,
  type LogisticRegressionCVState,
} from './logistic-regression-cv.js';
export { ParameterGrid, type ParamGrid, type ParamSet } from './parameter-grid.js';
export {
  type ParamDistributions,
  ParameterSampler,
  type ParameterSamplerOptions,
} from './parameter-sampler.js';
export {
  RandomizedSearchCV,
  type RandomizedSearchCVParams,
  type RandomizedSearchOptions,
} from './randomized-search.js';
export type { SearchWorkers } from './remote-trials.js';
export * from './rfecv.js';
export type { CrossValidationModel, NamedScoring, Scoring, SingleScoring } from './scoring.js';
export type { SearchResults } from './search-results.js';
export { type SearchWorker, type SearchWorkerOptions, searchWorker } from './search-worker.js';
export * from './sequential-feature-selector.js';
export {
  GroupShuffleSplit,
  RepeatedKFold,
  type RepeatedKFoldOptions,
  RepeatedStratifiedKFold,
  ShuffleSplit,
  type ShuffleSplitOptions,
  StratifiedShuffleSplit,
  TimeSeriesSplit,
  type TimeSeriesSplitOptions,
} from './splitters.js';
export {
  StackingClassifier,
  type StackingClassifierParams,
  type StackingParams,
  StackingRegressor,
  type StackingState,
  type StackMethod,
} from './stacking.js';
export type { BaseHalvingParams, HalvingOptions } from './successive-halving.js';
export type { ResponseMethod, ThresholdParams, ThresholdState } from './threshold-classifier.js';
export { type TrainTestSplit, type TrainTestSplitOptions, trainTestSplit } from './train-test-split.js';
export {
  TunedThresholdClassifierCV,
  type TunedThresholdClassifierCVOptions,
  type TunedThresholdClassifierCVParams,
  type TunedThresholdClassifierCVState,
} from './tuned-threshold.js';
