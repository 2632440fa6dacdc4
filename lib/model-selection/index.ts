export { type CrossValPredictOptions, crossValPredict } from './cross-val-predict.js';
export {
  type CrossValidateOptions,
  type CrossValidationModel,
  type CrossValidationResult,
  type CrossValScoreOptions,
  crossValidate,
  crossValScore,
  type NamedScoring,
  type Scoring,
  type SingleScoring,
} from './cross-validate.js';
export { type CrossValidator, type Fold, KFold, type KFoldOptions, StratifiedKFold } from './k-fold.js';
export { type TrainTestSplit, type TrainTestSplitOptions, trainTestSplit } from './train-test-split.js';
