/** Recursive elimination of columns, whatever fits the models. */
import type { Estimator } from '../core/estimator.js';
import { type ImportanceGetter, importancesBy } from '../core/importances.js';

/** How many columns stay, and go at a time. */
export interface EliminationPlan {
  readonly columns: number;
  readonly wanted: number;
  readonly step: number;
  readonly importanceGetter: ImportanceGetter;
}

/** What is left of the columns. */
export interface Elimination {
  readonly left: readonly number[];
  /** Fitted on them. */
  readonly model: Estimator;
  /** 1 for columns that stay, 2 for those that went last, and so on. */
  readonly ranking: Int32Array;
}

/** A whole number of columns that go at a time; a share is one of all. */
export function stepOf(step: number, columns: number): number {
  return step >= 1 ? step : Math.max(1, Math.floor(step * columns));
}

/**
 * Takes the least important columns away until as many are left as are wanted.
 *
 * @param fit - a model fitted on the given columns
 * @param onStage - sees each of them
 */
export async function eliminate<M extends Estimator>(
  { columns, wanted, step, importanceGetter }: EliminationPlan,
  fit: (columns: readonly number[]) => Promise<M>,
  onStage?: (model: M, columns: readonly number[]) => Promise<void>,
): Promise<Elimination> {
  const ranking = new Int32Array(columns).fill(1);
  let left = Array.from({ length: columns }, (_, j) => j);
  for (;;) {
    const model = await fit(left);
    await onStage?.(model, left);
    if (left.length <= wanted) return { left, model, ranking };
    const importances = importancesBy(model, importanceGetter, 'squares', left.length);
    const ascending = [...left.keys()].sort((a, b) => importances[a] - importances[b]);
    const out = new Set(ascending.slice(0, Math.min(step, left.length - wanted)).map((k) => left[k]));
    left = left.filter((j) => !out.has(j));
    // Who went earlier ranks behind.
    const stays = new Set(left);
    for (let j = 0; j < columns; j++) if (!stays.has(j)) ranking[j] += 1;
  }
}
