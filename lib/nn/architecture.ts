/** From layers and the shape of a sample to the shapes of everything: outputs and weights of each layer, under unique names. */
import { StateError, ValidationError } from '../errors.js';
import type { ActivationSpec } from './activations.js';
import { constant, type Initializer } from './initializers.js';
import type { LayerSpec } from './layer-spec.js';
import type { Conv2dLayer, Layer, Pair, PoolLayer } from './layer-types.js';
import type { Shape } from './layers.js';

/** An array of weights of a layer. */
export interface WeightSpec {
  /** Such as 'dense/kernel'. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** Whether training changes it; the moving statistics of batch normalisation only follow. */
  readonly trainable: boolean;
}
/** A layer in its place. */
export interface PlacedLayer {
  readonly layer: Exclude<Layer, { type: 'input' }>;
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** In Keras's order. */
  readonly weights: readonly WeightSpec[];
}
/** All layers of a model in their places. */
export interface Architecture {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly PlacedLayer[];
}

/** Values of a sample of that shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** More weights than this do not fit into what a model file and an array can hold. */
const MOST_WEIGHTS = 2 ** 30;

/** The shape that an input layer at the start gives; null without one. */
export function declaredShape(layers: readonly Layer[]): Shape | null {
  const [first] = layers;
  return first?.type === 'input' ? first.shape : null;
}

/**
 * Places layers one after the other.
 *
 * @throws {ERR_SHAPE} when a layer cannot take what the one before gives
 * @throws {ERR_PARAMETER} for two layers of one name, an input layer that is not first, or no layer at all
 */
export function placeLayers(layers: readonly Layer[], inputShape: Shape): Architecture {
  const [first, ...others] = layers;
  const body = (first?.type === 'input' ? others : layers) as readonly Layer[];
  if (body.length === 0) throw new ValidationError('ERR_PARAMETER', 'A model needs at least one layer.');
  const namesOf = namer(body);
  let shape = inputShape;
  let total = 0;
  const placed = body.map((layer, i): PlacedLayer => {
    if (layer.type === 'input') {
      throw new ValidationError('ERR_PARAMETER', `Layer ${i}: only the first layer may be an input.`);
    }
    const name = namesOf[i];
    const outputShape = outputOf(layer, shape, name);
    const weights = weightsOf(layer, shape, name);
    total += weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
    const result = { layer, name, inputShape: shape, outputShape, weights };
    shape = outputShape;
    return result;
  });
  if (total > MOST_WEIGHTS || placed.some(({ outputShape }) => sizeOf(outputShape) > MOST_WEIGHTS)) {
    throw new ValidationError(
      'ERR_SHAPE',
      `The model has more than ${MOST_WEIGHTS} weights or values in a layer.`,
    );
  }
  return { inputShape, outputShape: shape, layers: placed };
}

/** 'dense', 'dense_1' and so on for layers without a name of their own. */
function namer(layers: readonly Layer[]): string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === null) continue;
    if (taken.has(name)) throw new ValidationError('ERR_PARAMETER', `Two layers are named '${name}'.`);
    taken.add(name);
  }
  return layers.map(({ name, type }) => {
    if (name !== null) return name;
    let k = 0;
    let own: string = type;
    while (taken.has(own)) own = `${type}_${++k}`;
    taken.add(own);
    return own;
  });
}

function outputOf(layer: Layer, shape: Shape, name: string): Shape {
  switch (layer.type) {
    case 'dense':
      return [...shape.slice(0, -1), layer.units];
    case 'conv2d': {
      const [rows, cols, channels] = image(shape, name);
      if (channels % layer.groups !== 0 || layer.filters % layer.groups !== 0) {
        const what = `${channels} channels and ${layer.filters} filters`;
        throw new ValidationError(
          'ERR_SHAPE',
          `Layer '${name}': ${what} are no multiples of ${layer.groups} groups.`,
        );
      }
      return [...windows([rows, cols], layer, layer.kernelSize, layer.dilationRate, name), layer.filters];
    }
    case 'maxPool2d':
    case 'avgPool2d': {
      const [rows, cols, channels] = image(shape, name);
      return [...windows([rows, cols], layer, layer.poolSize, [1, 1], name), channels];
    }
    case 'globalAvgPool':
      if (shape.length < 2) throw needs(name, 'two axes or more', shape);
      return shape.slice(-1);
    case 'embedding':
      return [...shape, layer.outputDim];
    case 'flatten':
      return [sizeOf(shape)];
    case 'reshape':
      return reshaped(layer.targetShape, shape, name);
    default:
      return shape;
  }
}

function needs(name: string, what: string, shape: Shape): ValidationError {
  return new ValidationError(
    'ERR_SHAPE',
    `Layer '${name}' needs a sample of ${what}; it gets [${shape.join(', ')}].`,
  );
}

function image(shape: Shape, name: string): readonly [number, number, number] {
  if (shape.length !== 3) throw needs(name, 'shape [height, width, channels]', shape);
  return shape as readonly [number, number, number];
}

/** How many windows fit along rows and columns. */
function windows(
  sizes: Pair,
  { strides, padding }: Conv2dLayer | PoolLayer,
  window: Pair,
  dilation: Pair,
  name: string,
): Pair {
  const count = (axis: 0 | 1) => {
    if (padding === 'same') return Math.ceil(sizes[axis] / strides[axis]);
    const reach = dilation[axis] * (window[axis] - 1) + 1;
    return Math.floor((sizes[axis] - reach) / strides[axis]) + 1;
  };
  const counts: Pair = [count(0), count(1)];
  if (counts[0] < 1 || counts[1] < 1) {
    const message = `Layer '${name}': a window of [${window.join(', ')}] does not fit into [${sizes.join(', ')}]; use padding 'same' or a smaller one.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return counts;
}

function reshaped(target: Shape, shape: Shape, name: string): Shape {
  const known = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const size = sizeOf(shape);
  const result = target.map((x) => (x === -1 ? size / known : x));
  if (result.every(Number.isInteger) && sizeOf(result) === size) return result;
  const message = `Layer '${name}': [${shape.join(', ')}] cannot become [${target.join(', ')}].`;
  throw new ValidationError('ERR_SHAPE', message);
}

/**
 * The layers in the terms of the engine, whose activations are layers of their own.
 *
 * @throws {ERR_NOT_SUPPORTED} for a layer that the engine does not have
 */
export function engineLayers({ layers }: Architecture): LayerSpec[] {
  return layers.flatMap(({ layer, name, inputShape }) => specsOf(layer, name, inputShape));
}

function specsOf(layer: PlacedLayer['layer'], name: string, shape: Shape): LayerSpec[] {
  const activated = (spec: LayerSpec, { type, alpha }: ActivationSpec): LayerSpec[] =>
    type === 'linear'
      ? [spec]
      : [
          spec,
          {
            type: 'activation',
            name: `${name}/activation`,
            activation: type,
            ...(alpha !== undefined && { alpha }),
          },
        ];
  switch (layer.type) {
    case 'dense': {
      const { units, useBias, trainable, kernelRegularizer, biasRegularizer } = layer;
      const penalties = { kernelPenalty: kernelRegularizer, biasPenalty: biasRegularizer };
      return activated({ type: 'dense', name, units, useBias, trainable, ...penalties }, layer.activation);
    }
    case 'activation': {
      const { type, alpha } = layer.activation;
      return [{ type: 'activation', name, activation: type, ...(alpha !== undefined && { alpha }) }];
    }
    case 'dropout':
      return [{ type: 'dropout', name, rate: layer.rate }];
    case 'flatten':
      return [{ type: 'flatten', name }];
    case 'reshape':
      return [{ type: 'reshape', name, shape: reshaped(layer.targetShape, shape, name) }];
    default:
      throw new StateError('ERR_NOT_SUPPORTED', `Layer '${name}': '${layer.type}' cannot be trained yet.`);
  }
}

function weightsOf(layer: Layer, shape: Shape, name: string): WeightSpec[] {
  const spec = (of: string, size: Shape, initializer: Initializer, trainable: boolean): WeightSpec => ({
    name: `${name}/${of}`,
    shape: size,
    initializer,
    trainable,
  });
  const width = shape[shape.length - 1];
  switch (layer.type) {
    case 'dense':
    case 'conv2d': {
      const [units, kernel] =
        layer.type === 'dense'
          ? [layer.units, [width, layer.units]]
          : [layer.filters, [...layer.kernelSize, width / layer.groups, layer.filters]];
      const specs = [spec('kernel', kernel, layer.kernelInitializer, layer.trainable)];
      if (layer.useBias) specs.push(spec('bias', [units], layer.biasInitializer, layer.trainable));
      return specs;
    }
    case 'embedding': {
      const table = [layer.inputDim, layer.outputDim];
      return [spec('embeddings', table, layer.embeddingsInitializer, layer.trainable)];
    }
    case 'batchNorm':
    case 'layerNorm': {
      const specs: WeightSpec[] = [];
      if (layer.scale) specs.push(spec('gamma', [width], layer.gammaInitializer, layer.trainable));
      if (layer.center) specs.push(spec('beta', [width], layer.betaInitializer, layer.trainable));
      if (layer.type === 'layerNorm') return specs;
      const moving = (of: string, value: number) => spec(of, [width], constant(value), false);
      return [...specs, moving('movingMean', 0), moving('movingVariance', 1)];
    }
    default:
      return [];
  }
}

/** Numbers of weights: all, and those that training changes. */
export function countWeights({ layers }: Architecture): { total: number; trainable: number } {
  let total = 0;
  let trainable = 0;
  for (const { weights } of layers) {
    for (const weight of weights) {
      total += sizeOf(weight.shape);
      if (weight.trainable) trainable += sizeOf(weight.shape);
    }
  }
  return { total, trainable };
}
