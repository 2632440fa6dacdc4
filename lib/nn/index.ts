/** Neural networks: `boreal/nn`. */
import { registerEstimators } from '../core/registry.js';
import { MLPClassifier } from './mlp-classifier.js';
import { MLPRegressor } from './mlp-regressor.js';
import { QuantizedModel } from './quantized-model.js';
import { Sequential } from './sequential.js';

export {
  type ActivationLike,
  type ActivationName,
  type ActivationSpec,
  activationNames,
} from './activations.js';
export * from './autograd/index.js';
export * from './callbacks/index.js';
export type { NestedNumbers, Samples, TensorLike } from './data.js';
export { type DistillOptions, distill, type Teacher } from './distill.js';
export type { EvaluateOptions, SequentialFitOptions, TrainingParams, ValidationData } from './fit-options.js';
export { History, type Logs } from './history.js';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerName,
  initialValues,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  type SeedOptions,
  truncatedNormal,
  zeros,
} from './initializers.js';
export type { SequentialOptions, SequentialParams, SequentialState } from './layered-model.js';
export {
  activation,
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  globalAvgPool,
  input,
  type Layer,
  type LayerType,
  layerNorm,
  maxPool2d,
  type Padding,
  reshape,
  type Shape,
} from './layers.js';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  type Loss,
  type LossAlias,
  type LossName,
  sparseCategoricalCrossentropy,
} from './losses.js';
export type { MetricLike, MetricName, MetricSpec } from './metrics.js';
export type { MLPClassifierParams, MLPClassifierState } from './mlp-classifier.js';
export type { MLPParams, MLPState } from './mlp-params.js';
export type { MLPRegressorParams, MLPRegressorState } from './mlp-regressor.js';
export {
  type AdagradConfig,
  type AdamConfig,
  adagrad,
  adam,
  adamw,
  type CommonOptimizer,
  type OptimizerConfig,
  type OptimizerName,
  type RmsPropConfig,
  rmsprop,
  type SgdConfig,
  sgd,
} from './optimizers.js';
export type { Verbosity } from './progress-bar.js';
export { type Pruned, type PrunedLayer, type PruneOptions, prune } from './prune.js';
export {
  type QuantizeDynamicOptions,
  type QuantizeStaticOptions,
  quantizeDynamic,
  quantizeStatic,
} from './quantize.js';
export type { QuantizedModelParams, QuantizedModelState } from './quantized-model.js';
export { l1, l1l2, l2, type Regularizer } from './regularizers.js';
export {
  type CosineDecay,
  type CosineDecayRestarts,
  cosineDecay,
  cosineDecayRestarts,
  type ExponentialDecay,
  exponentialDecay,
  type InverseTimeDecay,
  inverseTimeDecay,
  learningRateAt,
  type PiecewiseConstant,
  type PolynomialDecay,
  piecewiseConstant,
  polynomialDecay,
  type Schedule,
} from './schedules.js';
export type { TrainingOptions } from './sequential.js';
export type { Targets } from './targets.js';
export type { TrainingWarning } from './training.js';
export { MLPClassifier, MLPRegressor, QuantizedModel, Sequential };

// As lib/estimators.ts does: boreal/nn can be imported alone.
registerEstimators(MLPClassifier, MLPRegressor, QuantizedModel, Sequential);
