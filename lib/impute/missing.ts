/** What imputers share. */
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

/** 1 where a value is missing, else 0: nothing else differs from itself. */
export function isMissing(plan: PlanBuilder, x: Slot): Slot {
  return plan.binary(plan.binaryOf([x, x], 'equal'), 'equal', new Float64Array(x.width));
}
