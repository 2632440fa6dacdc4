/**
 * Layers as plain data: what {@link Sequential} is made of and a model file holds. Each function of this module makes one,
 * with the parameters and defaults of the Keras layer of its name; shapes have no batch dimension, channels come last.
 */
import {
  bool,
  checkParams,
  custom,
  either,
  int,
  nothing,
  type Rule,
  type Rules,
  real,
  show,
} from '../core/params.js';
import { ValidationError } from '../errors.js';
import { type ActivationLike, type ActivationSpec, resolveActivation } from './activations.js';
import { type Initializer, type InitializerName, resolveInitializer } from './initializers.js';
import type { Shape } from './layer-spec.js';
import type {
  ActivationLayer,
  BatchNormLayer,
  Conv2dLayer,
  DenseLayer,
  DropoutLayer,
  EmbeddingLayer,
  FlattenLayer,
  GlobalPoolLayer,
  InputLayer,
  Layer,
  LayerNormLayer,
  LayerType,
  Padding,
  Pair,
  PoolLayer,
  ReshapeLayer,
} from './layer-types.js';
import { type Regularizer, resolveRegularizer } from './regularizers.js';

export type { Layer, LayerType, Padding, Pair, Shape };

type InitializerLike = InitializerName | Initializer;
type RegularizerLike = 'l1' | 'l2' | 'l1l2' | Partial<Regularizer> | null;
/** Options of a layer as its function takes them: names stand for objects, one number for a pair. */
type Options<L extends Layer, Required extends keyof L> = {
  readonly [K in Exclude<keyof L, 'type' | Required>]?: L[K] extends Initializer
    ? InitializerLike
    : L[K] extends Regularizer | null
      ? RegularizerLike
      : L[K] extends ActivationSpec
        ? ActivationLike
        : L[K] extends Pair
          ? number | Pair
          : L[K];
};

/** Sizes beyond this are a mistake, and their products overflow. @internal */
export const MAX_SIZE = 2 ** 28;
const size = int(1, MAX_SIZE);
const isPair = (v: unknown) => Array.isArray(v) && v.length === 2 && v.every((x) => size.allows(x));
const pair = custom('a whole number >= 1, or [rows, cols] of them', isPair);
const object = (allowed: string) => custom(allowed, (v) => typeof v === 'object' && v !== null);
const initializer = object('an initializer');
const regularizer = custom('null or a regularizer', (v) => typeof v === 'object');
const isShape = (v: unknown) =>
  Array.isArray(v) && v.length > 0 && v.length <= 8 && v.every((x) => size.allows(x));
const named = {
  type: custom('the type of a layer', (v) => typeof v === 'string'),
  name: either(
    nothing,
    custom('a name', (v) => typeof v === 'string' && v.length > 0),
  ),
};
const trainable = { ...named, trainable: bool };
const padding = custom("'valid' or 'same'", (v) => v === 'valid' || v === 'same');
const weighted = {
  ...trainable,
  activation: object('an activation'),
  useBias: bool,
  kernelInitializer: initializer,
  biasInitializer: initializer,
  kernelRegularizer: regularizer,
  biasRegularizer: regularizer,
};
const normalised = {
  ...trainable,
  epsilon: real(0, Infinity, 'min'),
  center: bool,
  scale: bool,
  betaInitializer: initializer,
  gammaInitializer: initializer,
};
const pool = { ...named, poolSize: pair, strides: pair, padding };

const RULES: { readonly [T in LayerType]: Readonly<Record<string, Rule>> } = {
  input: { ...named, shape: custom('a list of one to eight sizes >= 1', isShape) },
  dense: { ...weighted, units: size },
  conv2d: {
    ...weighted,
    filters: size,
    kernelSize: pair,
    strides: pair,
    padding,
    dilationRate: pair,
    groups: size,
  },
  maxPool2d: pool,
  avgPool2d: pool,
  globalAvgPool: named,
  batchNorm: { ...normalised, momentum: real(0, 1) },
  layerNorm: normalised,
  embedding: {
    ...trainable,
    inputDim: size,
    outputDim: size,
    embeddingsInitializer: initializer,
    embeddingsRegularizer: regularizer,
  },
  activation: { ...named, activation: object('an activation') },
  dropout: { ...named, rate: real(0, 1, 'max') },
  flatten: named,
  reshape: {
    ...named,
    targetShape: custom(
      'a list of sizes >= 1, one of which may be -1',
      (v) =>
        Array.isArray(v) &&
        v.length > 0 &&
        v.length <= 8 &&
        v.every((x) => x === -1 || size.allows(x)) &&
        v.filter((x) => x === -1).length <= 1,
    ),
  },
};

/** Where a layer holds things that have checks of their own. */
const INITIALIZERS = [
  'kernelInitializer',
  'biasInitializer',
  'betaInitializer',
  'gammaInitializer',
  'embeddingsInitializer',
];
const REGULARIZERS = ['kernelRegularizer', 'biasRegularizer', 'embeddingsRegularizer'];

/**
 * Checks a layer.
 *
 * @internal
 * @throws {ERR_PARAMETER} when it is none, or has a parameter out of range
 */
export function checkedLayer<L extends Layer>(layer: L): L {
  const type = (layer as Layer | null)?.type;
  if (typeof layer !== 'object' || type === undefined || !Object.hasOwn(RULES, type)) {
    const message = `A layer is made by one of ${Object.keys(RULES).join(', ')}; got ${show(type ?? layer)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  checkParams(type, layer, RULES[type] as Rules<L>);
  const members = layer as unknown as Record<string, never>;
  for (const name of INITIALIZERS) if (name in members) resolveInitializer(members[name]);
  for (const name of REGULARIZERS) if (name in members) resolveRegularizer(members[name]);
  if ('activation' in members) resolveActivation(members.activation);
  return layer;
}

/** Names turned into objects, numbers into pairs. */
function make<L extends Layer>(given: Record<string, unknown>): L {
  const layer: Record<string, unknown> = { name: null, ...given };
  for (const name of INITIALIZERS) if (name in layer) layer[name] = resolveInitializer(layer[name] as never);
  for (const name of REGULARIZERS) if (name in layer) layer[name] = resolveRegularizer(layer[name] as never);
  if ('activation' in layer) layer.activation = resolveActivation(layer.activation as never);
  for (const name of ['kernelSize', 'strides', 'dilationRate', 'poolSize']) {
    if (typeof layer[name] === 'number') layer[name] = [layer[name], layer[name]];
  }
  return checkedLayer(layer as unknown as L);
}

/**
 * The shape of one sample, as the first layer of a model: `keras.Input`.
 *
 * @param shape - without the batch, such as [784] or [28, 28, 1]
 * @throws {ERR_PARAMETER} for a bad shape
 * @example
 * ```ts
 * import { dense, input, Sequential } from 'boreal/nn';
 * new Sequential([input([4]), dense(3)]).countParams(); // 15
 * ```
 */
export function input(shape: Shape, options: Options<InputLayer, 'shape'> = {}): InputLayer {
  return make({ ...options, type: 'input', shape });
}

/**
 * activation(x W + b) over the last axis.
 *
 * @param units - outputs
 * @param options - `activation` 'linear', `useBias` true, `kernelInitializer` 'glorotUniform', `biasInitializer` 'zeros',
 *   `kernelRegularizer` and `biasRegularizer` null, `trainable` true, `name`
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dense, l2 } from 'boreal/nn';
 * dense(128, { activation: 'relu', kernelInitializer: 'heNormal', kernelRegularizer: l2(1e-4) }).units; // 128
 * ```
 */
export function dense(units: number, options: Options<DenseLayer, 'units'> = {}): DenseLayer {
  return make({ ...WEIGHTED, ...options, type: 'dense', units });
}

const WEIGHTED = {
  activation: 'linear',
  useBias: true,
  kernelInitializer: 'glorotUniform',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  biasRegularizer: null,
  trainable: true,
};

/**
 * A convolution over the two first axes of [height, width, channels].
 *
 * @param filters - channels that come out; a multiple of groups
 * @param kernelSize - one number, or [rows, cols]
 * @param options - `strides` 1, `padding` 'valid', `dilationRate` 1, `groups` 1, and those of {@link dense}
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { conv2d } from 'boreal/nn';
 * conv2d(32, 3, { activation: 'relu', padding: 'same' }).kernelSize; // [3, 3]
 * ```
 */
export function conv2d(
  filters: number,
  kernelSize: number | Pair,
  options: Options<Conv2dLayer, 'filters' | 'kernelSize'> = {},
): Conv2dLayer {
  const defaults = { ...WEIGHTED, strides: 1, padding: 'valid', dilationRate: 1, groups: 1 };
  return make({ ...defaults, ...options, type: 'conv2d', filters, kernelSize });
}

/**
 * The largest value of each window of [height, width, channels].
 *
 * @param poolSize - the window. Default 2
 * @param options - `strides` (default: the window), `padding` 'valid'
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { maxPool2d } from 'boreal/nn';
 * maxPool2d(3).strides; // [3, 3]
 * ```
 */
export function maxPool2d(
  poolSize: number | Pair = 2,
  options: Options<PoolLayer, 'poolSize'> = {},
): PoolLayer {
  return make({ strides: poolSize, padding: 'valid', ...options, type: 'maxPool2d', poolSize });
}

/**
 * The mean of each window of [height, width, channels]; what padding adds does not count.
 *
 * @param poolSize - the window. Default 2
 * @param options - `strides` (default: the window), `padding` 'valid'
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { avgPool2d } from 'boreal/nn';
 * avgPool2d(2, { padding: 'same' }).padding; // 'same'
 * ```
 */
export function avgPool2d(
  poolSize: number | Pair = 2,
  options: Options<PoolLayer, 'poolSize'> = {},
): PoolLayer {
  return make({ strides: poolSize, padding: 'valid', ...options, type: 'avgPool2d', poolSize });
}

/**
 * The mean over all axes but the last: of [height, width, channels] one number for each channel.
 *
 * @example
 * ```ts
 * import { conv2d, globalAvgPool, input, Sequential } from 'boreal/nn';
 * new Sequential([input([8, 8, 1]), conv2d(4, 3), globalAvgPool()]).outputShape; // [4]
 * ```
 */
export function globalAvgPool(options: Options<GlobalPoolLayer, never> = {}): GlobalPoolLayer {
  return make({ ...options, type: 'globalAvgPool' });
}

/**
 * Batch normalisation over the last axis (Ioffe & Szegedy, 2015): in training by mean and variance of the batch, else by
 * their running means.
 *
 * @param options - `momentum` 0.99, `epsilon` 0.001, `center` true, `scale` true, `betaInitializer` 'zeros',
 *   `gammaInitializer` 'ones', `trainable` true, `name`
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { batchNorm } from 'boreal/nn';
 * batchNorm({ momentum: 0.9 }).epsilon; // 0.001
 * ```
 */
export function batchNorm(options: Options<BatchNormLayer, never> = {}): BatchNormLayer {
  return make({ momentum: 0.99, ...NORMALISED, ...options, type: 'batchNorm' });
}

const NORMALISED = {
  epsilon: 0.001,
  center: true,
  scale: true,
  betaInitializer: 'zeros',
  gammaInitializer: 'ones',
  trainable: true,
};

/**
 * Layer normalisation over the last axis (Ba, Kiros & Hinton, 2016).
 *
 * @param options - `epsilon` 0.001, `center` true, `scale` true, `betaInitializer` 'zeros', `gammaInitializer` 'ones',
 *   `trainable` true, `name`
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { layerNorm } from 'boreal/nn';
 * layerNorm({ epsilon: 1e-5 }).scale; // true
 * ```
 */
export function layerNorm(options: Options<LayerNormLayer, never> = {}): LayerNormLayer {
  return make({ ...NORMALISED, ...options, type: 'layerNorm' });
}

/**
 * A vector for each whole number from 0 to inputDim - 1: [length] becomes [length, outputDim].
 *
 * @param inputDim - how many numbers there are
 * @param outputDim - length of a vector
 * @param options - `embeddingsInitializer` 'randomUniform', `embeddingsRegularizer` null, `trainable` true, `name`
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { dense, embedding, flatten, input, Sequential } from 'boreal/nn';
 * new Sequential([input([10]), embedding(1000, 16), flatten(), dense(1)]).countParams(); // 16161
 * ```
 */
export function embedding(
  inputDim: number,
  outputDim: number,
  options: Options<EmbeddingLayer, 'inputDim' | 'outputDim'> = {},
): EmbeddingLayer {
  const defaults = { embeddingsInitializer: 'randomUniform', embeddingsRegularizer: null, trainable: true };
  return make({ ...defaults, ...options, type: 'embedding', inputDim, outputDim });
}

/**
 * An activation of its own.
 *
 * @param name - see {@link ActivationName}; an object gives the slope of leakyRelu or elu
 * @throws {ERR_PARAMETER} when there is no such activation
 * @example
 * ```ts
 * import { activation } from 'boreal/nn';
 * activation({ type: 'leakyRelu', alpha: 0.1 }).activation.alpha; // 0.1
 * ```
 */
export function activation(
  name: ActivationLike,
  options: Options<ActivationLayer, 'activation'> = {},
): ActivationLayer {
  return make({ ...options, type: 'activation', activation: name });
}

/**
 * In training sets a random share of the values to 0 and divides the others by 1 - rate (Srivastava et al., 2014); else does
 * nothing.
 *
 * @param rate - the share, in [0, 1)
 * @param options - `name`; the random numbers follow from the seed of the model
 * @throws {ERR_PARAMETER} for a bad rate
 * @example
 * ```ts
 * import { dropout } from 'boreal/nn';
 * dropout(0.2).rate; // 0.2
 * ```
 */
export function dropout(rate: number, options: Options<DropoutLayer, 'rate'> = {}): DropoutLayer {
  return make({ ...options, type: 'dropout', rate });
}

/**
 * All axes as one.
 *
 * @example
 * ```ts
 * import { flatten, input, Sequential } from 'boreal/nn';
 * new Sequential([input([28, 28]), flatten()]).outputShape; // [784]
 * ```
 */
export function flatten(options: Options<FlattenLayer, never> = {}): FlattenLayer {
  return make({ ...options, type: 'flatten' });
}

/**
 * The same values in another shape.
 *
 * @param targetShape - one size may be -1: whatever is left
 * @throws {ERR_PARAMETER} for a bad shape
 * @example
 * ```ts
 * import { input, reshape, Sequential } from 'boreal/nn';
 * new Sequential([input([784]), reshape([28, -1, 1])]).outputShape; // [28, 28, 1]
 * ```
 */
export function reshape(
  targetShape: Shape,
  options: Options<ReshapeLayer, 'targetShape'> = {},
): ReshapeLayer {
  return make({ ...options, type: 'reshape', targetShape });
}
