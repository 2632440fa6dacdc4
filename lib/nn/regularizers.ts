/** Penalties on the weights of a layer, added to the loss: l1 * sum |w| + l2 * sum w^2, as in Keras. */
import { checkParams, oneOf, real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { Penalty } from './layer-spec.js';

/** A penalty on weights: l1 times the sum of their magnitudes plus l2 times that of their squares; both >= 0. */
export type Regularizer = Penalty;

const RULES = { l1: real(0), l2: real(0) };
const names = oneOf('l1', 'l2', 'l1l2');

/** @throws {ERR_PARAMETER} for a factor below 0 */
function checked(regularizer: Regularizer): Regularizer {
  checkParams('regularizer', regularizer, RULES);
  return regularizer;
}

/**
 * The sum of absolute values times a factor.
 *
 * @param factor - >= 0. Default 0.01
 * @throws {ERR_PARAMETER} for a factor below 0
 * @example
 * ```ts
 * import { dense, l1 } from 'boreal/nn';
 * dense(8, { kernelRegularizer: l1(0.001) }).kernelRegularizer; // { l1: 0.001, l2: 0 }
 * ```
 */
export function l1(factor = 0.01): Regularizer {
  return checked({ l1: factor, l2: 0 });
}

/**
 * The sum of squares times a factor.
 *
 * @param factor - >= 0. Default 0.01
 * @throws {ERR_PARAMETER} for a factor below 0
 * @example
 * ```ts
 * import { dense, l2 } from 'boreal/nn';
 * dense(8, { kernelRegularizer: l2(0.001) }).kernelRegularizer; // { l1: 0, l2: 0.001 }
 * ```
 */
export function l2(factor = 0.01): Regularizer {
  return checked({ l1: 0, l2: factor });
}

/**
 * Both penalties.
 *
 * @param options - the two factors, >= 0. Default 0.01 each
 * @throws {ERR_PARAMETER} for a factor below 0
 * @example
 * ```ts
 * import { l1l2 } from 'boreal/nn';
 * l1l2({ l1: 1e-5, l2: 1e-4 }); // { l1: 0.00001, l2: 0.0001 }
 * ```
 */
export function l1l2(options: Partial<Regularizer> = {}): Regularizer {
  return checked({ l1: 0.01, l2: 0.01, ...options });
}

/**
 * A regulariser by name, or as an object.
 *
 * @internal
 * @throws {ERR_PARAMETER} when it is neither
 */
export function resolveRegularizer(
  given: string | Partial<Regularizer> | null | undefined,
): Regularizer | null {
  if (given === null || given === undefined) return null;
  if (typeof given === 'object') return checked({ l1: 0, l2: 0, ...given });
  if (!names.allows(given)) {
    const message = `A regularizer is null, ${names.allowed} or { l1, l2 }; got ${show(given)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return given === 'l1' ? l1() : given === 'l2' ? l2() : l1l2();
}
