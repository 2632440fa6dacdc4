/** Columns of 0 and 1 that say where values were missing: what imputers append on wish. */
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';

/** The columns that flag `flagged`. */
export function flagColumns(columns: readonly Column[], flagged: readonly number[]): Column[] {
  return flagged.map((j) => ({ name: `missingindicator_${columns[j].name}`, kind: 'number' }));
}

/** `filled`, and beside it a flag for each of the columns `flagged` of x. */
export function appendFlags(
  plan: PlanBuilder,
  [x, filled]: readonly [Slot, Slot],
  columns: readonly Column[],
  flagged: readonly number[],
): Slot {
  if (flagged.length === 0) return filled;
  // "Is missing" is a one-hot code over the single category NaN.
  const n = flagged.length;
  const offsets = Int32Array.from({ length: n + 1 }, (_, j) => j);
  const nan = new Float64Array(n).fill(Number.NaN);
  const names = flagged.map((j) => columns[j].name);
  const codes = plan.category(plan.gather(x, flagged), offsets, nan, false, names);
  return plan.concat([filled, plan.oneHot(codes, new Int32Array(n).fill(1), new Int32Array(n).fill(-1))]);
}
