/** Layers in their places: shapes, parameters, and the code by which the native core knows them. */
import { ValidationError } from '../errors.js';
import type { ActivationType, LayerSpec, Penalty, Shape } from './layer-spec.js';

/** Parameters that are one thing to the user. */
export interface ParameterSpec {
  /** Such as 'dense/kernel'. */
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean;
  /** What a new network begins with. */
  readonly initial: 'glorotUniform' | 'zeros' | 'ones';
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
    default:
      throw new ValidationError(
        'ERR_PARAMETER',
        `There is no layer '${String((spec as { type: unknown }).type)}'.`,
      );
  }
}

function same(spec: LayerSpec, shape: Shape): PlacedLayer {
  return { spec, inputShape: shape, outputShape: shape, parameters: [], code: [] };
}

function coded(kind: number, values: readonly number[]): number[] {
  return [kind, values.length, ...values];
}
