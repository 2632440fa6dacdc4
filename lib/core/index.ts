export { CentreClusterer, Clusterer, PredictingClusterer } from './clusterer.js';
export type { CompileOptions, Device, Output, Precision } from './compile-options.js';
export { type CpuDevice, type CudaDevice, type Devices, devices, type PlanDevice } from './devices.js';
export { Estimator, type EstimatorKind } from './estimator.js';
export type { EstimatorTags } from './estimator-tags.js';
export type { FitOptions, PartialFitOptions, Progress, ValidationSet } from './fit-input.js';
export type { ArqueroTable, ArrowTable, ForeignTable, PolarsFrame } from './foreign-tables.js';
export { type ImageCrop, type ImageInput, withImageInput } from './image-input.js';
export { Classifier, type ClassWeight, Regressor, Transformer } from './kinds.js';
export type { Label } from './labels.js';
export type { Operand } from './linalg/arithmetic.js';
export { type Bfloat16MatmulOptions, Bfloat16Matrix } from './linalg/bfloat16.js';
export type { AsyncOptions, OutOptions, SignalOptions } from './linalg/call.js';
export type {
  CutoffOptions,
  Eigh,
  LeastSquares,
  LogDeterminant,
  Qr,
  QrOptions,
  RankOptions,
  Svd,
  SvdOptions,
} from './linalg/decompositions.js';
export type { Activation } from './linalg/functions.js';
export { PackedMatrix, type PackedPrecision, type PackOptions } from './linalg/packed.js';
export {
  type Int8OutputType,
  type Int8Result,
  type Int32Matrix,
  type MatmulInt8Options,
  matmulInt8,
  matmulInt8Async,
  PackedInt8,
  packInt8,
} from './linalg/product-int8.js';
export type { MatmulOptions } from './linalg/products.js';
export {
  type CodeArray,
  type CodeType,
  QuantizedMatrix,
  type QuantizedParts,
  type QuantizeOptions,
  quantize,
  quantizeAsync,
} from './linalg/quantized.js';
export type { Axis } from './linalg/reduce.js';
export type {
  MatrixNorm,
  NormOptions,
  Positions,
  Reduced,
  SpreadOptions,
  VectorNorm,
} from './linalg/reductions.js';
export type { TopK, TopKOptions } from './linalg/selection.js';
export {
  type Documents,
  type Dtype,
  type FloatArray,
  Matrix,
  type MatrixLike,
  type TypedArray,
} from './matrix.js';
export { type AnyEstimator, type LoadedModel, load, loadWithMetadata, type Metadata } from './model-file.js';
export { OutlierDetector } from './outlier-detector.js';
export { Plan } from './plan.js';
export type {
  QuantizationOptions,
  QuantizationReport,
  QuantizedLayer,
  RangeMethod,
} from './quantization/types.js';
export type { QueryOptions } from './queries.js';
export { readImages } from './read-images.js';
export { type Column, type Row, Schema, type Target } from './schema.js';
export { CsrMatrix, type CsrParts, type Triplet } from './sparse/csr-matrix.js';
export { type Cell, dropColumns, getColumn, selectColumns, type Table } from './table.js';
export type { ColumnReference, TrainingReference } from './training-reference.js';
