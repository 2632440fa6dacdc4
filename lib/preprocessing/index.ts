export * from './binarizer.js';
export * from './cyclical-encoder.js';
export {
  type FunctionStep,
  type FunctionSteps,
  FunctionTransformer,
  type FunctionTransformerParams,
  type FunctionTransformerState,
} from './function-transformer.js';
export * from './k-bins-discretizer.js';
export { LabelBinarizer, type LabelBinarizerOptions, MultiLabelBinarizer } from './label-binarizer.js';
export * from './label-encoder.js';
export * from './max-abs-scaler.js';
export * from './min-max-scaler.js';
export * from './normalizer.js';
export * from './one-hot-encoder.js';
export * from './ordinal-encoder.js';
export * from './polynomial-features.js';
export * from './power-transformer.js';
export * from './quantile-transformer.js';
export * from './robust-scaler.js';
export * from './spline-transformer.js';
export * from './standard-scaler.js';
export * from './target-encoder.js';
