/** Layers in their places: shapes, parameters, and the code by which the native core knows them. */
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

/** Values of a sample of that shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

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
      const kernelPenalty = spec.kernelPenalty ?? NO_PENALTY;
      const biasPenalty = spec.biasPenalty ?? NO_PENALTY;
      const parameters: ParameterSpec[] = [
        { name: `${name}/kernel`, shape: [width, units], trainable, initial: 'glorotUniform' },
      ];
      if (useBias) parameters.push({ name: `${name}/bias`, shape: [units], trainable, initial: 'zeros' });
      const penalties = [kernelPenalty.l1, kernelPenalty.l2, biasPenalty.l1, biasPenalty.l2];
      const code = [width, units, size / width, Number(useBias), Number(trainable), ...penalties];
      return {
        spec,
        inputShape,
        outputShape: [...inputShape.slice(0, -1), units],
        parameters,
        code: coded(0, code),
      };
    }
    case 'activation': {
      const kind = ACTIVATIONS.indexOf(spec.activation);
      const alpha = spec.alpha ?? (spec.activation === 'leakyRelu' ? 0.2 : 1);
      return { ...same(spec, inputShape), code: coded(1, [size, kind, alpha, width]) };
    }
    case 'dropout':
      return { ...same(spec, inputShape), code: coded(2, [size, spec.rate]) };
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
      const [height, cols, channels] = imageOf(inputShape, name);
      const windows = windowsOf([height, cols], spec.poolSize, spec.strides, [1, 1], spec.padding, name);
      const { poolSize, strides } = spec;
      const code = [Number(spec.type === 'avgPool2d'), height, cols, channels, ...poolSize, ...strides];
      return {
        ...same(spec, inputShape),
        outputShape: [...windows.counts, channels],
        code: coded(4, [...code, ...windows.padding]),
      };
    }
    case 'globalAvgPool':
      if (inputShape.length < 2) throw needs(name, 'two axes or more', inputShape);
      return { ...same(spec, inputShape), outputShape: [width], code: coded(5, [size / width, width]) };
    case 'batchNorm': {
      const { momentum, epsilon, scale, center, trainable = true, unbiased = false } = spec;
      const flags = [scale, center, trainable, unbiased].map(Number);
      return {
        ...same(spec, inputShape),
        parameters: [
          ...normalised(name, width, spec),
          { name: `${name}/movingMean`, shape: [width], trainable: false, initial: 'zeros' },
          { name: `${name}/movingVariance`, shape: [width], trainable: false, initial: 'ones' },
        ],
        code: coded(6, [size / width, width, momentum, epsilon, ...flags]),
      };
    }
    case 'layerNorm': {
      const { epsilon, scale, center, trainable = true } = spec;
      const flags = [scale, center, trainable].map(Number);
      return {
        ...same(spec, inputShape),
        parameters: normalised(name, width, spec),
        code: coded(7, [size / width, width, epsilon, ...flags]),
      };
    }
    case 'embedding': {
      const { inputDim, outputDim, trainable = true, penalty } = spec;
      const { l1, l2 } = penalty ?? NO_PENALTY;
      const shape = [inputDim, outputDim];
      return {
        spec,
        inputShape,
        outputShape: [...inputShape, outputDim],
        parameters: [{ name: `${name}/embeddings`, shape, trainable, initial: 'uniform' }],
        code: coded(8, [size, inputDim, outputDim, Number(trainable), l1, l2]),
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
  const [height, width, channels] = imageOf(inputShape, name);
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
  const kernelPenalty = spec.kernelPenalty ?? NO_PENALTY;
  const biasPenalty = spec.biasPenalty ?? NO_PENALTY;
  const parameters: ParameterSpec[] = [
    {
      name: `${name}/kernel`,
      shape: [...kernelSize, channels / groups, filters],
      trainable,
      initial: 'glorotUniform',
    },
  ];
  if (useBias) parameters.push({ name: `${name}/bias`, shape: [filters], trainable, initial: 'zeros' });
  const code = [
    ...[
      height,
      width,
      channels,
      filters,
      ...kernelSize,
      ...strides,
      ...windows.padding,
      ...dilationRate,
      groups,
    ],
    ...[
      Number(useBias),
      Number(trainable),
      kernelPenalty.l1,
      kernelPenalty.l2,
      biasPenalty.l1,
      biasPenalty.l2,
    ],
  ];
  return { spec, inputShape, outputShape: [...windows.counts, filters], parameters, code: coded(3, code) };
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
): { readonly counts: Pair; readonly padding: readonly number[] } {
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

function coded(kind: number, values: readonly number[]): number[] {
  return [kind, values.length, ...values];
}
