/** Layers of boreal/nn as Keras's configuration says them. */
import { StateError } from '../../errors.js';
import type { ActivationSpec } from '../../nn/activations.js';
import type { PlacedLayer } from '../../nn/architecture.js';
import type { Initializer } from '../../nn/initializers.js';
import type { LayerType, Shape } from '../../nn/layers.js';
import type { Regularizer } from '../../nn/regularizers.js';
import { classOf, snakeCase } from './names.js';

/** An object as Keras serialises it. */
export interface SerialisedObject {
  readonly module: string;
  readonly class_name: string;
  readonly config: object;
  readonly registered_name: null;
}

/** An object of Keras itself. */
export const serialise = (module: string, className: string, config: object): SerialisedObject => ({
  module: `keras.${module}`,
  class_name: className,
  config,
  registered_name: null,
});

const CLASSES: Readonly<Record<Exclude<LayerType, 'globalAvgPool' | 'input' | 'activation'>, string>> = {
  dense: 'Dense',
  conv2d: 'Conv2D',
  maxPool2d: 'MaxPooling2D',
  avgPool2d: 'AveragePooling2D',
  batchNorm: 'BatchNormalization',
  layerNorm: 'LayerNormalization',
  embedding: 'Embedding',
  dropout: 'Dropout',
  flatten: 'Flatten',
  reshape: 'Reshape',
};
/** Layers that know an order of axes. */
const IMAGES: readonly LayerType[] = ['conv2d', 'maxPool2d', 'avgPool2d', 'globalAvgPool', 'flatten'];
const DTYPE = 'float32';

/** The layer that says the shape of a sample. */
export function inputLayer(shape: Shape): SerialisedObject {
  return serialise('layers', 'InputLayer', {
    ...{ batch_shape: [null, ...shape], dtype: DTYPE, sparse: false, name: 'input_layer' },
  });
}

/** @param shape - of the layer's input. @throws {ERR_NOT_SUPPORTED} for what Keras has no layer for */
export function writeLayer({ layer, name }: PlacedLayer, shape: Shape): SerialisedObject {
  if (name.includes('/'))
    throw new StateError('ERR_NOT_SUPPORTED', `Keras has no layers with a slash in their names: '${name}'.`);
  const named = { name, trainable: true, dtype: DTYPE };
  if (layer.type === 'activation') {
    const { className, config } = activationLayer(layer.activation, name);
    return serialise('layers', className, { ...named, ...config });
  }
  const { type, name: _, ...options } = layer;
  const config: Record<string, unknown> = { ...named };
  for (const [option, value] of Object.entries(options))
    config[snakeCase(option)] = written(option, value, name);
  if (IMAGES.includes(type)) config.data_format = 'channels_last';
  return serialise('layers', type === 'globalAvgPool' ? globalPool(shape, name) : CLASSES[type], config);
}

function globalPool(shape: Shape, name: string): string {
  if (shape.length === 2 || shape.length === 3) return `GlobalAveragePooling${shape.length - 1}D`;
  const message = `Layer '${name}': Keras's global pooling is of one or two axes beside the channels.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

function written(option: string, value: unknown, name: string): unknown {
  if (option === 'activation') return activationOf(value as ActivationSpec, name);
  if (option.endsWith('Initializer')) {
    const { type, ...config } = value as Initializer;
    return serialise('initializers', classOf(type), config);
  }
  if (option.endsWith('Regularizer') && value !== null)
    return serialise('regularizers', 'L1L2', { ...(value as Regularizer) });
  return value;
}

/** Slopes of Keras's functions by these names; others are options of layers. */
const SLOPES: Readonly<Record<string, number>> = { leakyRelu: 0.2, elu: 1 };

function activationOf(spec: ActivationSpec, name: string): unknown {
  const { className, config } = activationLayer(spec, name);
  return className === 'Activation' ? config.activation : serialise('layers', className, config);
}

function activationLayer({ type, alpha }: ActivationSpec, name: string) {
  if (type === 'geluTanh')
    throw new StateError('ERR_NOT_SUPPORTED', `Layer '${name}': Keras's files have no name for geluTanh.`);
  if (alpha === undefined || alpha === SLOPES[type])
    return { className: 'Activation', config: { activation: snakeCase(type) } as const };
  return type === 'elu'
    ? { className: 'ELU', config: { alpha } }
    : { className: 'LeakyReLU', config: { negative_slope: alpha } };
}
