/** What layers are as plain data; {@link dense} and the other functions of layers.ts make them. */
import type { ActivationSpec } from './activations.js';
import type { Initializer } from './initializers.js';
import type { Shape } from './layer-spec.js';
import type { Regularizer } from './regularizers.js';

/** A window or stride: rows and columns. */
export type Pair = readonly [rows: number, cols: number];
/** 'valid' keeps windows inside the input, 'same' pads it so that a stride of 1 keeps its size. */
export type Padding = 'valid' | 'same';

interface Named {
  /** Default null: the type, and a number where it occurs again. */
  readonly name: string | null;
}
interface Trainable extends Named {
  /** Whether training changes the weights. Default true. */
  readonly trainable: boolean;
}
/** The shape of a sample, said once at the start. */
export interface InputLayer extends Named {
  readonly type: 'input';
  readonly shape: Shape;
}
/** {@link dense}. */
export interface DenseLayer extends Trainable {
  readonly type: 'dense';
  readonly units: number;
  readonly activation: ActivationSpec;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
}
/** {@link conv2d}. */
export interface Conv2dLayer extends Trainable {
  readonly type: 'conv2d';
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilationRate: Pair;
  readonly groups: number;
  readonly activation: ActivationSpec;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
}
/** {@link maxPool2d} and {@link avgPool2d}. */
export interface PoolLayer extends Named {
  readonly type: 'maxPool2d' | 'avgPool2d';
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}
/** {@link globalAvgPool}. */
export interface GlobalPoolLayer extends Named {
  readonly type: 'globalAvgPool';
}
/** {@link batchNorm}. */
export interface BatchNormLayer extends Trainable {
  readonly type: 'batchNorm';
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly betaInitializer: Initializer;
  readonly gammaInitializer: Initializer;
}
/** {@link layerNorm}. */
export interface LayerNormLayer extends Trainable {
  readonly type: 'layerNorm';
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly betaInitializer: Initializer;
  readonly gammaInitializer: Initializer;
}
/** {@link embedding}. */
export interface EmbeddingLayer extends Trainable {
  readonly type: 'embedding';
  readonly inputDim: number;
  readonly outputDim: number;
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer: Regularizer | null;
}
/** {@link activation}. */
export interface ActivationLayer extends Named {
  readonly type: 'activation';
  readonly activation: ActivationSpec;
}
/** {@link dropout}. */
export interface DropoutLayer extends Named {
  readonly type: 'dropout';
  readonly rate: number;
}
/** {@link flatten}. */
export interface FlattenLayer extends Named {
  readonly type: 'flatten';
}
/** {@link reshape}. */
export interface ReshapeLayer extends Named {
  readonly type: 'reshape';
  readonly targetShape: Shape;
}
/** Any layer. */
export type Layer =
  | InputLayer
  | DenseLayer
  | Conv2dLayer
  | PoolLayer
  | GlobalPoolLayer
  | BatchNormLayer
  | LayerNormLayer
  | EmbeddingLayer
  | ActivationLayer
  | DropoutLayer
  | FlattenLayer
  | ReshapeLayer;
/** The name of a kind of layer. */
export type LayerType = Layer['type'];
