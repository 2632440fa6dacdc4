/** Models of other libraries. */
export { type ImportCatBoostOptions, importCatBoost } from './catboost.js';
export {
  type ImportAsyncOptions,
  importCatBoostAsync,
  importLightGBMAsync,
  importONNXAsync,
  importXGBoostAsync,
} from './import-async.js';
export {
  ImportedClassifier,
  type ImportedClassifierState,
  type ImportedParams,
  ImportedRegressor,
} from './imported-forest.js';
export {
  ImportedGraphClassifier,
  type ImportedGraphClassifierState,
  type ImportedGraphParams,
  ImportedGraphRegressor,
  type ImportedGraphRegressorState,
  ImportedGraphTransformer,
  type ImportedGraphTransformerState,
} from './imported-graph.js';
export { ImportedLinearClassifier, ImportedLinearRegressor } from './imported-linear.js';
export { ImportedMultiRegressor } from './imported-targets.js';
export { exportKeras } from './keras/export.js';
export { importKeras } from './keras/import.js';
export type { ImportKerasOptions } from './keras/read-model.js';
export { type ImportLightGBMOptions, importLightGBM } from './lightgbm.js';
export { type ExportONNXOptions, exportONNX } from './onnx/export.js';
export { type ImportONNXOptions, importONNX } from './onnx/import.js';
export {
  exportSafetensors,
  type FileTensor,
  importSafetensors,
  safetensorsMetadata,
  type TensorArray,
  type TensorToWrite,
  type TensorType,
} from './safetensors.js';
export { type ImportedXGBoost, type ImportXGBoostOptions, importXGBoost } from './xgboost.js';
