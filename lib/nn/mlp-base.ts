/** What both MLP estimators say of what they learned. */
import { Matrix } from '../core/matrix.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import type { ActivationType } from './layer-spec.js';
import { countParameters, type MLPParams, type MLPState, splitParameters } from './mlp-params.js';
import { mlpLayers } from './mlp-training.js';
import { lowerNetwork } from './network.js';
import { placeLayers } from './network-layers.js';

/** @throws {ERR_PARAMETER} for a restored state whose parts do not agree */
export function checkMLPState(
  owner: object,
  state: MLPState,
  outputs: number,
  columns: readonly Column[],
): void {
  const { layerSizes } = state;
  if (layerSizes[0] !== columns.length || layerSizes.at(-1) !== outputs) {
    const message = `${owner.constructor.name} state: layerSizes [${layerSizes.join(', ')}] must go from ${columns.length} to ${outputs}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  checkLength(owner, 'parameters', state.parameters, countParameters(layerSizes));
}

/** Weights of each layer, [inputs, outputs]. */
export function coefsOf(state: MLPState): Matrix[] {
  const parts = splitParameters(state);
  return state.layerSizes
    .slice(1)
    .map((units, i) => new Matrix(parts[2 * i].slice(), state.layerSizes[i], units));
}

/** Constant terms of each layer. */
export function interceptsOf(state: MLPState): Float32Array[] {
  return splitParameters(state)
    .filter((_, i) => i % 2 === 1)
    .map((bias) => bias.slice());
}

/** All layers, the last activation replaced by `output`. */
export function lowerMLP(
  plan: PlanBuilder,
  x: Slot,
  state: MLPState,
  activation: MLPParams['activation'],
  output: ActivationType,
): Slot {
  const layers = placeLayers(mlpLayers(state.layerSizes, activation, output, 0), [state.layerSizes[0]]);
  return lowerNetwork(layers, splitParameters(state), plan, x);
}
