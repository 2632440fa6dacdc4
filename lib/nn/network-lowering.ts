/** Layers as ops of a plan. What training does with dropout and the like is not part of a prediction. */

import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { sizeOf } from '../core/shape.js';
import { join } from './join.js';
import type { ActivationLayerSpec, ActivationType, BatchNormSpec } from './layer-spec.js';
import type { PlacedLayer } from './network-layers.js';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** Adds a layer to a plan. `parameters` are those of the layer. */
export function lowerLayer(
  plan: PlanBuilder,
  x: Slot,
  layer: PlacedLayer,
  parameters: readonly Float32Array[],
): Slot {
  const { spec, inputShape } = layer;
  // Ops of a plan see rows; of several positions the last axis is but one.
  const isOnePosition = inputShape[inputShape.length - 1] === x.width;
  switch (spec.type) {
    case 'dense': {
      if (!isOnePosition) return trainedLayer(plan, x, layer, parameters);
      const bias = parameters[1] ?? new Float32Array(spec.units);
      return plan.dense(x, Float64Array.from(parameters[0]), Float64Array.from(bias));
    }
    case 'activation': {
      const byRow = spec.activation === 'softmax' || spec.activation === 'logSoftmax';
      if (byRow && !isOnePosition) return trainedLayer(plan, x, layer, parameters);
      return lowerActivation(plan, x, spec);
    }
    case 'dropout':
    case 'flatten':
    case 'reshape':
      return x;
    case 'batchNorm':
      return lowerBatchNorm(plan, x, spec, parameters);
    default:
      return trainedLayer(plan, x, layer, parameters);
  }
}

/** A layer that no other op of a plan computes. */
function trainedLayer(
  plan: PlanBuilder,
  x: Slot,
  { code, outputShape }: PlacedLayer,
  parameters: readonly Float32Array[],
): Slot {
  return plan.layer(x, code, join(parameters), sizeOf(outputShape));
}

function lowerBatchNorm(
  plan: PlanBuilder,
  x: Slot,
  { scale, center, epsilon }: BatchNormSpec,
  parameters: readonly Float32Array[],
): Slot {
  const [mean, variance] = parameters.slice(-2);
  const factor = Float64Array.from(
    variance,
    (v, c) => (scale ? parameters[0][c] : 1) / Math.sqrt(v + epsilon),
  );
  const shift = center ? parameters[scale ? 1 : 0] : null;
  return plan.scale(
    x,
    factor,
    factor.map((f, c) => (shift?.[c] ?? 0) - mean[c] * f),
  );
}

/** f(x) of each column, softmax over all of them. */
export function lowerActivation(
  plan: PlanBuilder,
  x: Slot,
  { activation, alpha }: ActivationLayerSpec,
): Slot {
  const times = (slot: Slot, factor: number) => plan.binary(slot, 'mul', fill(slot, factor));
  const plus = (slot: Slot, term: number) => plan.binary(slot, 'add', fill(slot, term));
  const relu6 = (slot: Slot) => plan.binary(plan.activation(slot, 'relu'), 'min', fill(slot, 6));
  const hardSigmoid = (slot: Slot) => plan.binary(relu6(plus(slot, 3)), 'div', fill(slot, 6));
  // x, or alpha (e^x - 1) below 0; one of the terms is 0.
  const elu = (slot: Slot, slope: number) => {
    const below = plan.activation(plan.binary(slot, 'min', fill(slot, 0)), 'expm1');
    return plan.binaryOf([plan.activation(slot, 'relu'), times(below, slope)], 'add');
  };
  switch (activation satisfies ActivationType) {
    case 'linear':
      return x;
    case 'relu':
    case 'sigmoid':
    case 'tanh':
    case 'softplus':
    case 'gelu':
    case 'silu':
      return plan.activation(x, activation as 'relu');
    case 'exponential':
      return plan.activation(x, 'exp');
    case 'relu6':
      return relu6(x);
    case 'leakyRelu': {
      const below = times(plan.activation(plan.activation(x, 'negate'), 'relu'), alpha ?? 0.2);
      return plan.binaryOf([plan.activation(x, 'relu'), below], 'sub');
    }
    case 'elu':
      return elu(x, alpha ?? 1);
    case 'selu':
      return times(elu(x, SELU_ALPHA), SELU_SCALE);
    case 'hardSigmoid':
      return hardSigmoid(x);
    case 'softsign':
      return plan.binaryOf([x, plus(plan.activation(x, 'abs'), 1)], 'div');
    case 'geluTanh': {
      const cube = plan.binaryOf([plan.activation(x, 'square'), x], 'mul');
      const inner = times(plan.binaryOf([x, times(cube, 0.044715)], 'add'), Math.sqrt(2 / Math.PI));
      return plan.binaryOf([times(x, 0.5), plus(plan.activation(inner, 'tanh'), 1)], 'mul');
    }
    case 'hardSilu':
      return plan.binaryOf([x, hardSigmoid(x)], 'mul');
    case 'mish':
      return plan.binaryOf([x, plan.activation(plan.activation(x, 'softplus'), 'tanh')], 'mul');
    case 'softmax':
      return plan.softmax(x);
    case 'logSoftmax': {
      const shifted = plan.binaryOf([x, plan.reduce(x, 'max')], 'sub');
      const total = plan.reduce(plan.activation(shifted, 'exp'), 'sum');
      return plan.binaryOf([shifted, plan.activation(total, 'log')], 'sub');
    }
  }
}

function fill(slot: Slot, value: number): Float64Array {
  return new Float64Array(slot.width).fill(value);
}
