/** Models within models that learn part by part. */
import { StateError } from '../errors.js';
import { withCancel } from './cancellation.js';
import { CodedRows } from './coded-rows.js';
import type { Estimator } from './estimator.js';
import {
  type FitInput,
  type PartialFitOptions,
  reportProgress,
  type SparseFitInput,
  takeSharedRows,
} from './fit-input.js';
import { fittedCopy } from './inner-models.js';
import type { Label } from './labels.js';
import type { MatrixLike } from './matrix.js';
import { takeRows, takeValues } from './rows.js';
import { runAll } from './run-all.js';
import { Schema } from './schema.js';
import { CsrMatrix } from './sparse/csr-matrix.js';

interface LearnsParts {
  partialFit(X: MatrixLike, y: unknown, options?: PartialFitOptions): Promise<unknown>;
}

/** What one of the models learns from a part: which of its rows (null: all), the targets of these, and all classes that will ever come. */
export interface PartProblem {
  /** Hears how far the model is; of the models that are done hears the listener of the whole part. */
  readonly onProgress?: FitInput['onProgress'];
  readonly rows: Int32Array | null;
  readonly y: FitInput['y'];
  readonly classes?: readonly Label[] | null;
}

/**
 * A model for each problem that has learned one more part; a problem without rows, or whose rows all weigh 0, leaves its model
 * as it was.
 *
 * @param before - those that have learned the parts before it; null: none
 * @throws {ERR_NOT_SUPPORTED} for an estimator without `partialFit`
 * @throws {ERR_PARAMETER} where the rows of a problem of the first part all weigh 0
 */
export function learnPart(
  owner: Estimator,
  estimator: Estimator,
  input: FitInput | SparseFitInput,
  before: readonly Estimator[] | null,
  problems: readonly PartProblem[],
): Promise<Estimator[]> {
  if (!learnsParts(estimator)) {
    const message = `${owner.constructor.name}: ${estimator.constructor.name} has no partialFit.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const { signal, sampleWeight, device } = input;
  const progress = reportProgress(input, owner);
  let done = 0;
  return withCancel(signal, () =>
    runAll([...problems.keys()], signal, async (k, stop) => {
      const { rows, y, classes, onProgress } = problems[k];
      const model = (before === null ? estimator.clone() : fittedCopy(before[k])) as Estimator & LearnsParts;
      const weights = rows && sampleWeight ? takeValues(sampleWeight, rows) : sampleWeight;
      const isOfAny = rows?.length !== 0 && (before === null || !weights?.every((weight) => weight === 0));
      if (isOfAny) {
        const options = { sampleWeight: weights ?? undefined, classes, signal: stop, onProgress, device };
        await model.partialFit(rowsOf(input, rows), y, options);
      }
      progress?.(++done, problems.length);
      return model;
    }),
  );
}

/** In the codes of all rows, which the plan of the owner reads: a model's own part of them may lack some of the categories. */
function rowsOf({ x, columns }: FitInput | SparseFitInput, rows: Int32Array | null): MatrixLike {
  if (x instanceof CsrMatrix) return rows === null ? x : takeRows(x, rows);
  const own = rows === null ? x : takeSharedRows(x, rows);
  return new CodedRows(own.data, own.rows, Schema.named(columns));
}

function learnsParts(estimator: Estimator): boolean {
  return typeof (estimator as object as Partial<LearnsParts>).partialFit === 'function';
}
