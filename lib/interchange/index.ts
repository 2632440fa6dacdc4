/** Models of other libraries. */
export { type ImportCatBoostOptions, importCatBoost } from './catboost.js';
export {
  ImportedClassifier,
  type ImportedClassifierState,
  type ImportedParams,
  ImportedRegressor,
} from './imported-forest.js';
export { ImportedLinearClassifier, ImportedLinearRegressor } from './imported-linear.js';
export { type ImportLightGBMOptions, importLightGBM } from './lightgbm.js';
export { type ImportedXGBoost, type ImportXGBoostOptions, importXGBoost } from './xgboost.js';
