/** Models of several targets that learn part by part. */
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import type { FitInput, PartialFitOptions, SparseFitInput } from '../core/fit-input.js';
import { fittedCopy } from '../core/inner-models.js';
import type { Label } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { runAll } from '../core/run-all.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { StateError, ValidationError } from '../errors.js';
import { trainingTable } from '../model-selection/training-table.js';

interface LearnsParts {
  partialFit(X: MatrixLike, y: ArrayLike<unknown>, options?: PartialFitOptions): Promise<unknown>;
}

/**
 * A model for each target that has learned one more part.
 *
 * @param before - those that have learned the parts before it; null: none
 * @throws {ERR_NOT_SUPPORTED} for an estimator without `partialFit`
 * @throws {ERR_SHAPE} for other targets than before, or classes of other targets
 */
export async function learnPart(
  owner: Estimator,
  estimator: Estimator,
  input: FitInput | SparseFitInput,
  before: readonly Estimator[] | null,
  targets: ReadonlyArray<ArrayLike<unknown>>,
  classes?: ReadonlyArray<readonly Label[]>,
): Promise<Estimator[]> {
  const name = owner.constructor.name;
  if (!learnsParts(estimator)) {
    const message = `${name}: ${estimator.constructor.name} has no partialFit.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  for (const [what, known] of [
    ['the parts before it had', before],
    ['classes are of', classes],
  ] as const) {
    if (!known || known.length === targets.length) continue;
    const message = `${name}: this part has ${targets.length} targets, but ${what} ${known.length}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const X = input.x instanceof CsrMatrix ? input.x : trainingTable(input as FitInput);
  const { signal, sampleWeight } = input;
  return withCancel(signal, () =>
    runAll([...targets.keys()], signal, async (t, stop) => {
      const model = (before === null ? estimator.clone() : fittedCopy(before[t])) as Estimator & LearnsParts;
      const options = { sampleWeight: sampleWeight ?? undefined, classes: classes?.[t], signal: stop };
      await model.partialFit(X, targets[t], options);
      return model;
    }),
  );
}

function learnsParts(estimator: Estimator): boolean {
  return typeof (estimator as object as Partial<LearnsParts>).partialFit === 'function';
}
