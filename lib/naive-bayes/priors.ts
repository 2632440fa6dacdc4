/** What all naive Bayes models of counts take: probabilities of classes before anything is known of a row, and smoothing. */
import { either, nothing, type Rule, shares } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Probabilities that a caller sets: null, or numbers >= 0 that sum to 1. */
export const probabilities: Rule = either(nothing, shares);

/**
 * Logarithms of the prior probabilities.
 *
 * @param given - set by the caller, one for each class; null: the shares of `weights`
 * @param weights - the weight of the rows of each class
 * @throws {ERR_SHAPE} when `given` has another number of classes
 */
export function logPriors(
  owner: object,
  given: readonly number[] | null,
  weights: Float64Array,
): Float64Array {
  if (given !== null && given.length !== weights.length) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${owner.constructor.name}: there are ${given.length} priors, but y has ${weights.length} classes.`,
    );
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, c) => Math.log(given === null ? weight / total : given[c]));
}

/** The weight of the rows of each class. */
export function classTotals(
  codes: Int32Array,
  classes: number,
  sampleWeight: Float64Array | null,
): Float64Array {
  const totals = new Float64Array(classes);
  for (let i = 0; i < codes.length; i++) totals[codes[i]] += sampleWeight?.[i] ?? 1;
  return totals;
}

// A loop: a call for each of classes * columns values takes as long as the rest of a fit on text.
function isWithin(values: Float64Array, most: number): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]) <= most)) return false;
  }
  return true;
}

/** @throws {ERR_INPUT_INFINITE} unless what a fit has learned are numbers of a magnitude of at most `most` */
export function requireWithin(owner: object, most: number, ...learned: Float64Array[]): void {
  if (learned.every((values) => isWithin(values, most))) return;
  const message = `${owner.constructor.name}: what it learns of X overflows; scale X, or the sample weights.`;
  throw new ValidationError('ERR_INPUT_INFINITE', message);
}

/** The least smoothing: less would give logarithms of 0, or, where that is not `forced`, results that depend on rounding. */
export function leastAlpha(forced: boolean): number {
  return forced ? 1e-300 : 1e-10;
}
