/** Tensors with automatic gradients, modules and optimizers: PyTorch's face of boreal/nn. */
export {
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  TensorDataset,
} from './data-loader.js';
export type { AvgPoolOptions, BatchNormOptions, Conv2dOptions, Pair, PoolOptions } from './functional.js';
export * as F from './functional.js';
export * from './losses.js';
export type { ModuleCompileOptions } from './lowering.js';
export { type LoadableState, Module, Parameter, type StateDict, type StateEntry } from './module.js';
export * from './modules.js';
export {
  Adagrad,
  type AdagradOptions,
  Adam,
  type AdamOptions,
  AdamW,
  type CommonOptions,
  clipGradNorm,
  clipGradValue,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from './optim.js';
export * from './schedulers.js';
export { type GradientTape, gradientTape } from './tape.js';
export {
  manualSeed,
  Tensor,
  type TensorData,
  type TensorDataOptions,
  type TensorOptions,
  tensor,
} from './tensor.js';
export type { Axes } from './tensor-arithmetic.js';
export {
  type BackwardOptions,
  enableGrad,
  type GradientOptions,
  isGradEnabled,
  noGrad,
} from './tensor-base.js';
export type { Index } from './tensor-shapes.js';
