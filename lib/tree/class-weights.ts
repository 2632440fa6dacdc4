/** Weights of classes of trees, whose y may have several columns. */
import { classLists, codesOfTarget, type EncodedClasses } from '../core/class-lists.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import { classWeight, custom, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Weights of classes: those of one target, or of several a list of those of each. */
export type ClassWeights = ClassWeight | readonly ClassWeight[];

/** Rule of {@link ClassWeights}. */
export const classWeightOrList: Rule = custom(`${classWeight.allowed}, or a list of these`, (v) =>
  Array.isArray(v) ? v.length > 0 && v.every(classWeight.allows) : classWeight.allows(v),
);

/**
 * The weight of each row: its own times that of its class of each target, 'balanced' by rows.
 *
 * @throws {ERR_PARAMETER} for a label that is not in y, a list of another length, and of several targets weights by label without one
 */
export function weightsOfTargets(
  weights: ClassWeights,
  { codes, classes }: EncodedClasses,
  sampleWeight: Float64Array | null,
): Float64Array | null {
  const lists = classLists(classes);
  const isByLabel = weights !== null && typeof weights !== 'string' && !isList(weights);
  if ((isList(weights) && weights.length !== lists.length) || (isByLabel && lists.length > 1)) {
    const message = `classWeight by label is a list of one for each of the ${lists.length} targets.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return lists.reduce((before: Float64Array | null, own, t) => {
    const encoded = { codes: codesOfTarget(codes, lists.length, t), classes: own };
    return classWeights(isList(weights) ? weights[t] : weights, encoded, before, 'rows');
  }, sampleWeight);
}

function isList(weights: ClassWeights): weights is readonly ClassWeight[] {
  return Array.isArray(weights);
}
