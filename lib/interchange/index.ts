/** Models of other libraries. */
export {
  ImportedClassifier,
  type ImportedClassifierState,
  type ImportedParams,
  ImportedRegressor,
} from './imported-forest.js';
export { type ImportLightGBMOptions, importLightGBM } from './lightgbm.js';
export { type ImportXGBoostOptions, importXGBoost } from './xgboost.js';
