/** Models of several targets that learn part by part. */
import type { Estimator } from '../core/estimator.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { learnPart } from '../core/parts.js';
import { ValidationError } from '../errors.js';

/**
 * A model for each target that has learned one more part.
 *
 * @param before - those that have learned the parts before it; null: none
 * @throws {ERR_NOT_SUPPORTED} for an estimator without `partialFit`
 * @throws {ERR_SHAPE} for other targets than before, or classes of other targets
 */
export function learnTargets(
  owner: Estimator,
  estimator: Estimator,
  input: FitInput | SparseFitInput,
  before: readonly Estimator[] | null,
  targets: ReadonlyArray<ArrayLike<unknown>>,
  classes?: ReadonlyArray<readonly Label[]>,
): Promise<Estimator[]> {
  for (const [what, known] of [
    ['the parts before it had', before],
    ['classes are of', classes],
  ] as const) {
    if (!known || known.length === targets.length) continue;
    const message = `${owner.constructor.name}: this part has ${targets.length} targets, but ${what} ${known.length}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const problems = targets.map((y, t) => ({ rows: null, y, classes: classes?.[t] }));
  return learnPart(owner, estimator, input, before, problems);
}
