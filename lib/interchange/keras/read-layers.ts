/** Layers of Keras's configuration as those of boreal/nn; what they cannot do is refused by its name. */
import { show } from '../../core/params.js';
import type { ActivationSpec } from '../../nn/activations.js';
import type { Initializer } from '../../nn/initializers.js';
import {
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
  layerNorm,
  maxPool2d,
  reshape,
  type Shape,
} from '../../nn/layers.js';
import { camelCase } from '../../nn/losses.js';
import type { Regularizer } from '../../nn/regularizers.js';
import { nameOf } from './names.js';
import { ANY, type OptionReader, type OptionRules, type Serialised } from './read-options.js';

/** A layer of the file: its class decides where its weights lie. */
export interface KerasLayer {
  readonly className: string;
  readonly layer: Layer;
}

// biome-ignore lint/suspicious/noExplicitAny: the functions of layers check what they are given
type Options = any;
interface LayerRules extends OptionRules {
  readonly make: (options: Options, reader: OptionReader) => Layer;
}

/** Options of every layer. Seeds are of random numbers that are not Keras's here; compute types differ in rounding. */
const COMMON = { name: ANY, trainable: ANY, dtype: ANY, seed: ANY };
const LAST = { data_format: ['channels_last'] };
const KERNEL = [
  ...['name', 'trainable', 'activation', 'use_bias', 'kernel_initializer', 'bias_initializer'],
  ...['kernel_regularizer', 'bias_regularizer'],
];
const CONSTRAINTS = ['activity_regularizer', 'kernel_constraint', 'bias_constraint'];
const NORMALISED = [
  ...['name', 'trainable', 'epsilon', 'center', 'scale', 'beta_initializer', 'gamma_initializer'],
];
const NORM_TRAINING = ['beta_regularizer', 'gamma_regularizer', 'beta_constraint', 'gamma_constraint'];
/** What is drawn anew by no training, or left out of it. */
const MOVING = {
  ...{ moving_mean_initializer: ANY, moving_variance_initializer: ANY },
  ...{ synchronized: ANY, renorm_momentum: ANY },
};
const pool = { options: ['name', 'pool_size', 'strides', 'padding'], neutral: LAST };

const LAYERS: Readonly<Record<string, LayerRules>> = {
  InputLayer: {
    options: ['name', 'batch_shape'],
    neutral: { optional: ANY },
    make: ({ batchShape, ...options }, reader) => input(sampleShape(batchShape, reader), options),
  },
  Dense: {
    options: [...KERNEL, 'units'],
    training: CONSTRAINTS,
    make: ({ units, ...options }) => dense(units, options),
  },
  Conv2D: {
    options: [...KERNEL, 'filters', 'kernel_size', 'strides', 'padding', 'dilation_rate', 'groups'],
    neutral: LAST,
    training: CONSTRAINTS,
    make: ({ filters, kernelSize, ...options }) => conv2d(filters, kernelSize, options),
  },
  MaxPooling2D: { ...pool, make: ({ poolSize, ...options }) => maxPool2d(poolSize, options) },
  AveragePooling2D: { ...pool, make: ({ poolSize, ...options }) => avgPool2d(poolSize, options) },
  GlobalAveragePooling1D: { options: ['name'], neutral: LAST, make: globalAvgPool },
  GlobalAveragePooling2D: { options: ['name'], neutral: LAST, make: globalAvgPool },
  BatchNormalization: {
    options: [...NORMALISED, 'momentum'],
    neutral: { axis: [-1], ...MOVING },
    training: NORM_TRAINING,
    make: batchNorm,
  },
  LayerNormalization: {
    options: NORMALISED,
    neutral: { axis: [-1] },
    training: NORM_TRAINING,
    make: layerNorm,
  },
  Embedding: {
    options: [
      ...['name', 'trainable', 'input_dim', 'output_dim'],
      ...['embeddings_initializer', 'embeddings_regularizer'],
    ],
    training: ['activity_regularizer', 'embeddings_constraint'],
    make: ({ inputDim, outputDim, ...options }) => embedding(inputDim, outputDim, options),
  },
  Activation: {
    options: ['name', 'activation'],
    make: ({ activation: own, ...options }) => activation(own, options),
  },
  Dropout: {
    options: ['name', 'rate'],
    training: ['noise_shape'],
    make: ({ rate, ...options }) => dropout(rate, options),
  },
  Flatten: { options: ['name'], neutral: LAST, make: flatten },
  Reshape: {
    options: ['name', 'target_shape'],
    make: ({ targetShape, ...options }) => reshape(targetShape, options),
  },
};

/** Layers that are an activation. */
const ACTIVATIONS: Readonly<Record<string, OptionRules & { read: (o: Options) => ActivationSpec | null }>> = {
  ReLU: { options: ['max_value', 'negative_slope', 'threshold'], read: reluOf },
  LeakyReLU: {
    options: ['negative_slope'],
    read: ({ negativeSlope }) => ({ type: 'leakyRelu', alpha: negativeSlope }),
  },
  ELU: { options: ['alpha'], read: ({ alpha }) => ({ type: 'elu', alpha }) },
  Softmax: { options: [], neutral: { axis: [-1] }, read: () => ({ type: 'softmax' }) },
};

/** The types of weights and arithmetic whose results float32 holds. */
const TYPES = ['float32', 'float64', 'mixed_float16', 'mixed_bfloat16'];

/** @throws {ERR_IMPORT} for a layer that boreal/nn has not, or options that its layer has not */
export function readLayer(given: object, readAll: OptionReader): KerasLayer {
  const { className, config } = readAll.serialised(given, 'a layer');
  const name = readAll.find(config, ['name']);
  const reader = readAll.within(`layer ${show(name)} (${className})`);
  checkType(config, reader);
  const rank = rankOf(given, reader);
  if (Object.hasOwn(ACTIVATIONS, className)) {
    const own = { ...(typeof name === 'string' && { name }) };
    return { className, layer: activation(activationOf({ className, config }, reader, rank), own) };
  }
  if (!Object.hasOwn(LAYERS, className)) throw reader.fail('layers of this class are not supported');
  const rules = LAYERS[className];
  const own = reader.options(config, withCommon(rules, rank));
  for (const key of Object.keys(own)) {
    if (key.endsWith('Initializer')) own[key] = initializerOf(own[key], reader);
    if (key.endsWith('Regularizer')) own[key] = regularizerOf(own[key], reader);
    if (key === 'activation') own[key] = readActivation(own[key], reader);
    if (own[key] === undefined) delete own[key];
  }
  return { className, layer: rules.make(own, reader) };
}

/** What goes without saying of a layer whose input has so many axes, the batch among them. */
function withCommon(rules: OptionRules, rank: number): OptionRules {
  const { axis, ...neutral } = rules.neutral ?? {};
  const last = axis && { axis: [...axis, rank - 1] };
  return { ...rules, neutral: { ...COMMON, ...neutral, ...last } };
}

/** The number of axes of what a layer was built for; NaN where the file does not say. */
function rankOf(given: object, reader: OptionReader): number {
  const shape = reader.find(given, ['build_config', 'input_shape']);
  return Array.isArray(shape) ? shape.length : Number.NaN;
}

function checkType(config: object, reader: OptionReader): void {
  const policy = reader.find(config, ['dtype']);
  const isInput = reader.find(config, ['batch_shape']) !== undefined;
  const name =
    typeof policy === 'object' && policy !== null ? reader.find(policy, ['config', 'name']) : policy;
  // What goes into an embedding are whole numbers, which rows of ours hold as well.
  const isNumber = isInput && /^(u?int|float|bool)/.test(String(name));
  if (name !== undefined && name !== null && !isNumber && !TYPES.includes(String(name)))
    throw reader.fail(`its type ${show(name)} is not supported`);
}

/** The shape of a sample, of that of a batch. */
export function sampleShape(batch: unknown, reader: OptionReader): Shape {
  const shape = Array.isArray(batch) ? batch.slice(1) : [];
  if (shape.length > 0 && shape.every((size) => Number.isSafeInteger(size))) return shape;
  throw reader.fail('the shape of a sample is not all known');
}

/** @throws {ERR_IMPORT} for an activation that boreal/nn has not */
function readActivation(given: unknown, reader: OptionReader): ActivationSpec {
  if (typeof given === 'string') return namedActivation(given, reader);
  const serialised = reader.serialised(given, 'its activation');
  if (Object.hasOwn(ACTIVATIONS, serialised.className)) return activationOf(serialised, reader, Number.NaN);
  if (serialised.className === 'Activation') return readActivation(serialised.config.activation, reader);
  return namedActivation(serialised.className, reader);
}

/** Other names that Keras has for an activation. */
const SYNONYMS: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hardSilu' };

function namedActivation(given: string, reader: OptionReader): ActivationSpec {
  const name = Object.hasOwn(SYNONYMS, given) ? SYNONYMS[given] : camelCase(given);
  try {
    return activation(name as ActivationSpec['type']).activation;
  } catch {
    throw reader.fail(`the activation ${show(given)} is not supported`);
  }
}

function activationOf({ className, config }: Serialised, reader: OptionReader, rank: number): ActivationSpec {
  const rules = ACTIVATIONS[className];
  const spec = rules.read(reader.options(config, withCommon(rules, rank)));
  if (spec === null) throw reader.fail('a ReLU with these options is not supported');
  return activation(spec).activation;
}

function reluOf({ maxValue, negativeSlope = 0, threshold = 0 }: Options): ActivationSpec | null {
  if (threshold !== 0) return null;
  if (maxValue === undefined)
    return negativeSlope === 0 ? { type: 'relu' } : { type: 'leakyRelu', alpha: negativeSlope };
  return maxValue === 6 && negativeSlope === 0 ? { type: 'relu6' } : null;
}

const INITIALIZERS = ['seed', 'mean', 'stddev', 'minval', 'maxval', 'gain', 'value'];

/** undefined: the default of the layer, where nothing is trained. */
function initializerOf(given: unknown, reader: OptionReader): Initializer | string | undefined {
  if (!reader.trains) return undefined;
  if (typeof given === 'string') return camelCase(given === 'uniform' ? 'random_uniform' : given);
  const { className, config } = reader.serialised(given, 'an initializer');
  const { seed, ...own } = reader.options(config, { options: INITIALIZERS });
  const name = nameOf(className === 'OrthogonalInitializer' ? 'Orthogonal' : className);
  const isPlain = ['zeros', 'ones', 'constant'].includes(name);
  // The same seed gives other numbers here; one that is an object goes on counting.
  const seeded = isPlain ? {} : { seed: typeof seed === 'number' && seed < 2 ** 32 ? seed : null };
  return { type: name, ...own, ...seeded } as unknown as Initializer;
}

function regularizerOf(given: unknown, reader: OptionReader): Regularizer | undefined {
  if (!reader.trains) return undefined;
  const { className, config } = reader.serialised(given, 'a regularizer');
  if (!['L1', 'L2', 'L1L2'].includes(className))
    throw reader.failTraining(`the regularizer ${className} is not supported`);
  return { l1: 0, l2: 0, ...reader.options(config, { options: ['l1', 'l2'] }) } as Regularizer;
}
