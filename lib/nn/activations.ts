/** Activations by name, as layers take them; their formulas stand at the kernels of native/nn. */
import { real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { ActivationType } from './layer-spec.js';

/**
 * The activations. With x the input and s(x) = 1 / (1 + e^-x): linear x; relu max(x, 0); relu6 min(relu x, 6); leakyRelu x, or
 * alpha x below 0; elu x, or alpha (e^x - 1) below 0; selu elu with the constants of Klambauer et al. (2017); gelu x Phi(x);
 * geluTanh its approximation; silu x s(x); mish x tanh(softplus x); sigmoid s(x); hardSigmoid relu6(x + 3) / 6; hardSilu x
 * hardSigmoid(x); tanh; softplus log(1 + e^x); softsign x / (1 + |x|); exponential e^x; softmax e^x / sum e^x and logSoftmax
 * its logarithm, over the last axis.
 */
export type ActivationName = ActivationType;

/** An activation and its slope. */
export interface ActivationSpec {
  readonly type: ActivationName;
  /** Of leakyRelu (default 0.2) and elu (default 1); of no meaning for others. */
  readonly alpha?: number;
}
/** What layers take for an activation: Keras's name in camelCase, or an object with a slope. */
export type ActivationLike = ActivationName | ActivationSpec;

/** The names of all activations. */
export const activationNames: readonly ActivationName[] = [
  ...(['linear', 'relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'gelu', 'geluTanh', 'silu', 'mish'] as const),
  ...(['sigmoid', 'hardSigmoid', 'hardSilu', 'tanh', 'softplus', 'softsign', 'exponential'] as const),
  ...(['softmax', 'logSoftmax'] as const),
];
const DEFAULT_ALPHA: { readonly [N in ActivationName]?: number } = { leakyRelu: 0.2, elu: 1 };
const slope = real(0);

/**
 * An activation as an object, its slope filled in.
 *
 * @internal
 * @throws {ERR_PARAMETER} when there is no such activation
 */
export function resolveActivation(given: ActivationLike | null | undefined): ActivationSpec {
  if (given === null || given === undefined) return { type: 'linear' };
  const { type, alpha } = typeof given === 'object' ? given : { type: given, alpha: undefined };
  if (!activationNames.includes(type)) {
    const message = `activation is one of ${activationNames.join(', ')}; got ${show(type)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (alpha !== undefined && !slope.allows(alpha)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${type}: alpha must be ${slope.allowed}; got ${show(alpha)}.`,
    );
  }
  const fallback = DEFAULT_ALPHA[type];
  return fallback === undefined ? { type } : { type, alpha: alpha ?? fallback };
}
