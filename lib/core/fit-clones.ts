/** Clones of one model, fitted on training sets that share their rows. */
import { withCancel } from './cancellation.js';
import type { Estimator } from './estimator.js';
import { type FitInput, partOfInput, reportProgress } from './fit-input.js';
import { checkFiniteFor } from './input-checks.js';
import { runAll } from './run-all.js';
import { Schema } from './schema.js';

/** What one of the clones learns: which rows (null: all), and their targets. */
export interface CloneProblem {
  readonly rows: Int32Array | null;
  readonly y: ArrayLike<unknown>;
}

/** Fits a clone of `model` on each problem, as many at a time as there are threads; `owner` reports progress. */
export function fitClones(
  owner: Estimator,
  model: Estimator,
  input: FitInput,
  problems: readonly CloneProblem[],
): Promise<Estimator[]> {
  checkFiniteFor(model, input);
  const progress = reportProgress(input, owner);
  let done = 0;
  return withCancel(input.signal, () =>
    runAll(problems, input.signal, async ({ rows, y }, stop) => {
      const clone = model.clone();
      const part =
        rows === null
          ? { ...input, validation: null, queries: null }
          : // Where X is between rows, a part of them has fewer columns, too.
            partOfInput(input, rows, model.tags.pairwise ? rows : null);
      const schema = Schema.named(part.columns);
      await clone.fitInput({ ...part, y, onProgress: undefined, signal: stop }, schema);
      progress?.(++done, problems.length);
      return clone;
    }),
  );
}
