/** Training rows and their targets, as regressors by neighbours keep them. */
import { type FitInput, fitTargetMatrix } from '../core/fit-input.js';
import type { FloatArray } from '../core/matrix.js';
import { checkPoints, floats, storedRows } from '../core/neighbor-search.js';
import { checkLength, custom, float64s, type Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';

/** Learned by regressors by neighbours: the training set. */
export interface StoredTargets {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
  /** [rows, outputs] */
  readonly targets: Float64Array;
  /** How many targets there are; absent of one. */
  readonly outputs?: number;
}

/** Rules of {@link StoredTargets}. */
export const storedTargetsRules: Rules<StoredTargets> = {
  points: floats,
  targets: float64s(),
  outputs: custom(
    'a whole number > 1',
    (v) => v === undefined || (Number.isSafeInteger(v) && (v as number) > 1),
  ),
};

/** @throws {ERR_PARAMETER} unless there are as many targets as rows */
export function checkStoredTargets(owner: object, state: StoredTargets, columns: readonly Column[]): void {
  const rows = checkPoints(owner, state.points, columns);
  checkLength(owner, 'targets', state.targets, rows * (state.outputs ?? 1));
}

/** The training set, for good. */
export function storeTargets(input: FitInput): StoredTargets {
  const { data, cols } = fitTargetMatrix(input);
  return { points: storedRows(input.x), targets: data, ...(cols > 1 && { outputs: cols }) };
}
