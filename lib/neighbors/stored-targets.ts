/** Training rows and their targets, as regressors by neighbours keep them. */
import { type FitInput, fitTargetMatrix, type SparseFitInput } from '../core/fit-input.js';
import type { SearchParams } from '../core/neighbor-search.js';
import { checkLength, custom, float64s, type Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { checkStoredRows, type StoredRows, storedRowsRules, storeRows } from './stored-rows.js';

/** Learned by regressors by neighbours: the training set. */
export interface StoredTargets extends StoredRows {
  /** [rows, outputs] */
  readonly targets: Float64Array;
  /** How many targets there are; absent of one. */
  readonly outputs?: number;
}

/** Rules of {@link StoredTargets}. */
export const storedTargetsRules: Rules<StoredTargets> = {
  ...storedRowsRules,
  targets: float64s(),
  outputs: custom(
    'a whole number > 1',
    (v) => v === undefined || (Number.isSafeInteger(v) && (v as number) > 1),
  ),
};

/** @throws {ERR_PARAMETER} unless there are as many targets as rows */
export function checkStoredTargets(
  owner: { readonly params: SearchParams },
  state: StoredTargets,
  columns: readonly Column[],
): void {
  const rows = checkStoredRows(owner, state, columns);
  checkLength(owner, 'targets', state.targets, rows * (state.outputs ?? 1));
}

/** The training set, for good. */
export function storeTargets(params: SearchParams, input: FitInput | SparseFitInput): StoredTargets {
  const { data, cols } = fitTargetMatrix(input);
  return { ...storeRows(params, input), targets: data, ...(cols > 1 && { outputs: cols }) };
}
