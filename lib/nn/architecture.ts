/** From Keras's layers and the shape of a sample to the layers of the engine, and the weights of each, under unique names. */
import { sizeOf } from '../core/shape.js';
import { ValidationError } from '../errors.js';
import type { ActivationSpec } from './activations.js';
import { constant, type Initializer } from './initializers.js';
import type { LayerSpec } from './layer-spec.js';
import type { Layer } from './layer-types.js';
import type { Shape } from './layers.js';
import { placeLayers as placeSpecs } from './network-layers.js';

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
  readonly outputShape: Shape;
  /** In Keras's order. */
  readonly weights: readonly WeightSpec[];
  /** What the engine makes of it: its activation is a layer of its own. */
  readonly specs: readonly LayerSpec[];
}
/** All layers of a model in their places. */
export interface Architecture {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly PlacedLayer[];
}

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
    const specs = specsOf(layer, name, shape);
    const parts = placeSpecs(specs, shape);
    const outputShape = parts.at(-1)?.outputShape ?? shape;
    const weights = parts.flatMap(({ parameters }) =>
      parameters.map(
        (parameter): WeightSpec => ({
          ...{ name: parameter.name, shape: parameter.shape, trainable: parameter.trainable },
          initializer: initializerOf(layer, parameter.name),
        }),
      ),
    );
    total += weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
    const result = { layer, name, outputShape, weights, specs };
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

function reshaped(target: Shape, shape: Shape, name: string): Shape {
  const known = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const size = sizeOf(shape);
  const result = target.map((x) => (x === -1 ? size / known : x));
  if (result.every(Number.isInteger) && sizeOf(result) === size) return result;
  const message = `Layer '${name}': [${shape.join(', ')}] cannot become [${target.join(', ')}].`;
  throw new ValidationError('ERR_SHAPE', message);
}

function specsOf(layer: PlacedLayer['layer'], name: string, shape: Shape): LayerSpec[] {
  switch (layer.type) {
    case 'dense':
    case 'conv2d': {
      const { name: _, activation, kernelInitializer, biasInitializer, ...own } = layer;
      const { kernelRegularizer: kernelPenalty, biasRegularizer: biasPenalty, ...spec } = own;
      const main: LayerSpec = { ...spec, name, kernelPenalty, biasPenalty };
      return activation.type === 'linear' ? [main] : [main, activationSpec(activation, `${name}/activation`)];
    }
    case 'activation':
      return [activationSpec(layer.activation, name)];
    case 'embedding': {
      const { inputDim, outputDim, trainable, embeddingsRegularizer: penalty } = layer;
      return [{ type: 'embedding', name, inputDim, outputDim, trainable, penalty }];
    }
    case 'batchNorm':
    case 'layerNorm': {
      const { betaInitializer, gammaInitializer, ...spec } = layer;
      return [{ ...spec, name }];
    }
    case 'reshape':
      return [{ type: 'reshape', name, shape: reshaped(layer.targetShape, shape, name) }];
    case 'dropout':
      return [{ type: 'dropout', name, rate: layer.rate }];
    default:
      return [{ ...layer, name }];
  }
}

function activationSpec({ type, alpha }: ActivationSpec, name: string): LayerSpec {
  return { type: 'activation', name, activation: type, ...(alpha !== undefined && { alpha }) };
}

/** What an array of weights of a layer begins with; those that only follow have no initialiser to choose. */
function initializerOf(layer: Layer, weight: string): Initializer {
  const kind = weight.slice(weight.lastIndexOf('/') + 1);
  if (kind === 'movingMean') return constant(0);
  if (kind === 'movingVariance') return constant(1);
  return (layer as unknown as Record<string, Initializer>)[`${kind}Initializer`];
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
