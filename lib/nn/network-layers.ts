/** Layers in their places: shapes, parameters, and the code by which the native core knows them. */
import {
  activationCode,
  batchNormCode,
  conv2dCode,
  denseCode,
  dropoutCode,
  type Edges,
  embeddingCode,
  globalAvgPoolCode,
  layerNormCode,
  pool2dCode,
  type TrainedCode,
} from '../core/layer-code.js';
import { sizeOf } from '../core/shape.js';
import { ValidationError } from '../errors.js';
import type {
  ActivationType,
  BatchNormSpec,
  Conv2dSpec,
  LayerNormSpec,
  LayerSpec,
  PaddingSpec,
  Pair,
  Penalty,
  Shape,
} from './layer-spec.js';

/** Parameters that are one thing to the user. */
export interface ParameterSpec {
  /** Such as 'dense/kernel'. */
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean;
  /** What a new network begins with. */
  readonly initial: 'glorotUniform' | 'uniform' | 'zeros' | 'ones';
}
/** A layer that knows its input. */
export interface PlacedLayer {
  readonly spec: LayerSpec;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** In Keras's order. */
  readonly parameters: readonly ParameterSpec[];
  /** What native/binding/network_binding.cc decodes; empty for layers that move nothing. */
  readonly code: readonly number[];
}

const ACTIVATIONS: readonly ActivationType[] = [
  ...(['linear', 'relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'tanh'] as const),
  ...(['softplus', 'softsign', 'exponential', 'gelu', 'geluTanh', 'silu', 'hardSilu', 'mish'] as const),
  ...(['softmax', 'logSoftmax'] as const),
];
const NO_PENALTY: Penalty = { l1: 0, l2: 0 };

/**
 * Places layers one after the other.
 *
 * @throws {ERR_PARAMETER | ERR_SHAPE} for a layer that is none, or does not fit the one before
 */
export function placeLayers(specs: readonly LayerSpec[], inputShape: Shape): PlacedLayer[] {
  if (!(inputShape.length > 0 && inputShape.every((size) => Number.isSafeInteger(size) && size >= 1))) {
    throw new ValidationError('ERR_SHAPE', `The shape of a sample has sizes >= 1; got [${inputShape}].`);
  }
  let shape = inputShape;
  return specs.map((spec, i) => {
    const layer = place(spec, shape, spec.name ?? `${spec.type}_${i}`);
    shape = layer.outputShape;
    return layer;
  });
}

function place(spec: LayerSpec, inputShape: Shape, name: string): PlacedLayer {
  const size = sizeOf(inputShape);
  const width = inputShape[inputShape.length - 1];
  switch (spec.type) {
    case 'dense': {
      const { units, useBias, trainable = true } = spec;
      const parameters: ParameterSpec[] = [
        { name: `${name}/kernel`, shape: [width, units], trainable, initial: 'glorotUniform' },
      ];
      if (useBias) parameters.push({ name: `${name}/bias`, shape: [units], trainable, initial: 'zeros' });
      return {
        spec,
        inputShape,
        outputShape: [...inputShape.slice(0, -1), units],
        parameters,
        code: denseCode({ width, units, positions: size / width, useBias }, trained(spec)),
      };
    }
    case 'activation': {
      const kind = ACTIVATIONS.indexOf(spec.activation);
      const alpha = spec.alpha ?? (spec.activation === 'leakyRelu' ? 0.2 : 1);
      return { ...same(spec, inputShape), code: activationCode(size, kind, alpha, width) };
    }
    case 'dropout':
      return { ...same(spec, inputShape), code: dropoutCode(size, spec.rate) };
    case 'flatten':
      return { ...same(spec, inputShape), outputShape: [size] };
    case 'reshape':
      if (sizeOf(spec.shape) !== size) {
        const message = `Layer '${name}': [${inputShape.join(', ')}] cannot become [${spec.shape.join(', ')}].`;
        throw new ValidationError('ERR_SHAPE', message);
      }
      return { ...same(spec, inputShape), outputShape: spec.shape };
    case 'conv2d':
      return placeConv2d(spec, inputShape, name);
    case 'maxPool2d':
    case 'avgPool2d': {
      const image = imageOf(inputShape, name);
      const [height, cols, channels] = image;
      const windows = windowsOf([height, cols], spec.poolSize, spec.strides, [1, 1], spec.padding, name);
      const { padding } = windows;
      const average = spec.type === 'avgPool2d';
      return {
        ...same(spec, inputShape),
        outputShape: [...windows.counts, channels],
        code: pool2dCode({ average, image, kernel: spec.poolSize, strides: spec.strides, padding }),
      };
    }
    case 'globalAvgPool':
      if (inputShape.length < 2) throw needs(name, 'two axes or more', inputShape);
      return {
        ...same(spec, inputShape),
        outputShape: [width],
        code: globalAvgPoolCode(size / width, width),
      };
    case 'batchNorm': {
      const { momentum, epsilon, scale, center, trainable = true, unbiased = false } = spec;
      const flags = [scale, center, trainable, unbiased];
      return {
        ...same(spec, inputShape),
        parameters: [
          ...normalised(name, width, spec),
          { name: `${name}/movingMean`, shape: [width], trainable: false, initial: 'zeros' },
          { name: `${name}/movingVariance`, shape: [width], trainable: false, initial: 'ones' },
        ],
        code: batchNormCode([size / width, width], [momentum, epsilon], flags),
      };
    }
    case 'layerNorm': {
      const { epsilon, scale, center } = spec;
      return {
        ...same(spec, inputShape),
        parameters: normalised(name, width, spec),
        code: layerNormCode({ positions: size / width, width, epsilon, scale, center }, trained(spec)),
      };
    }
    case 'embedding': {
      const { inputDim, outputDim, trainable = true, penalty } = spec;
      const { l1, l2 } = penalty ?? NO_PENALTY;
      const rows = { positions: size, entries: inputDim, width: outputDim };
      const shape = [inputDim, outputDim];
      return {
        spec,
        inputShape,
        outputShape: [...inputShape, outputDim],
        parameters: [{ name: `${name}/embeddings`, shape, trainable, initial: 'uniform' }],
        code: embeddingCode(rows, { trainable, kernelPenalty: [l1, l2] }),
      };
    }
    default:
      throw new ValidationError(
        'ERR_PARAMETER',
        `There is no layer '${String((spec as { type: unknown }).type)}'.`,
      );
  }
}

function placeConv2d(spec: Conv2dSpec, inputShape: Shape, name: string): PlacedLayer {
  const image = imageOf(inputShape, name);
  const [height, width, channels] = image;
  const {
    filters,
    kernelSize,
    strides,
    padding,
    dilationRate = [1, 1],
    groups = 1,
    useBias,
    trainable = true,
  } = spec;
  if (channels % groups !== 0 || filters % groups !== 0) {
    const message = `Layer '${name}': ${channels} channels and ${filters} filters are no multiples of ${groups} groups.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const windows = windowsOf([height, width], kernelSize, strides, dilationRate, padding, name);
  const parameters: ParameterSpec[] = [
    {
      name: `${name}/kernel`,
      shape: [...kernelSize, channels / groups, filters],
      trainable,
      initial: 'glorotUniform',
    },
  ];
  if (useBias) parameters.push({ name: `${name}/bias`, shape: [filters], trainable, initial: 'zeros' });
  const code = conv2dCode(
    {
      ...{ image, filters, kernel: kernelSize, strides, padding: windows.padding },
      ...{ dilation: dilationRate, groups, useBias },
    },
    trained(spec),
  );
  return { spec, inputShape, outputShape: [...windows.counts, filters], parameters, code };
}

function normalised(
  name: string,
  width: number,
  { scale, center, trainable = true }: BatchNormSpec | LayerNormSpec,
): ParameterSpec[] {
  const parameters: ParameterSpec[] = [];
  if (scale) parameters.push({ name: `${name}/gamma`, shape: [width], trainable, initial: 'ones' });
  if (center) parameters.push({ name: `${name}/beta`, shape: [width], trainable, initial: 'zeros' });
  return parameters;
}

function needs(name: string, what: string, shape: Shape): ValidationError {
  const message = `Layer '${name}' needs a sample of ${what}; it gets [${shape.join(', ')}].`;
  return new ValidationError('ERR_SHAPE', message);
}

function imageOf(shape: Shape, name: string): readonly [number, number, number] {
  if (shape.length !== 3) throw needs(name, 'shape [height, width, channels]', shape);
  return shape as readonly [number, number, number];
}

/** How many windows fit along rows and columns, and the zeros they take at top, bottom, left and right. */
function windowsOf(
  sizes: Pair,
  window: Pair,
  strides: Pair,
  dilation: Pair,
  padding: PaddingSpec,
  name: string,
): { readonly counts: Pair; readonly padding: Edges } {
  const axis = (k: 0 | 1): [count: number, before: number, after: number] => {
    const reach = dilation[k] * (window[k] - 1) + 1;
    if (padding === 'same') {
      const count = Math.ceil(sizes[k] / strides[k]);
      const total = Math.max(0, (count - 1) * strides[k] + reach - sizes[k]);
      return [count, Math.floor(total / 2), Math.ceil(total / 2)];
    }
    const none = { top: 0, bottom: 0, left: 0, right: 0 };
    const { top, bottom, left, right } = padding === 'valid' ? none : padding;
    const [before, after] = k === 0 ? [top, bottom] : [left, right];
    return [Math.floor((sizes[k] + before + after - reach) / strides[k]) + 1, before, after];
  };
  const [rows, cols] = [axis(0), axis(1)];
  if (!(rows[0] >= 1 && cols[0] >= 1)) {
    const message = `Layer '${name}': a window of [${window.join(', ')}] does not fit into [${sizes.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return { counts: [rows[0], cols[0]], padding: [rows[1], rows[2], cols[1], cols[2]] };
}

function same(spec: LayerSpec, shape: Shape): PlacedLayer {
  return { spec, inputShape: shape, outputShape: shape, parameters: [], code: [] };
}

/** What training is told of the parameters of a layer. */
function trained({
  trainable = true,
  ...penalties
}: {
  readonly trainable?: boolean;
  readonly kernelPenalty?: Penalty | null;
  readonly biasPenalty?: Penalty | null;
}): TrainedCode {
  const pair = ({ l1, l2 } = NO_PENALTY): [number, number] => [l1, l2];
  return {
    trainable,
    kernelPenalty: pair(penalties.kernelPenalty ?? undefined),
    biasPenalty: pair(penalties.biasPenalty ?? undefined),
  };
}
