/** What imputers share. */
import type { PlanBuilder, Slot } from '../core/plan-builder.js';

/** 1 where a value is missing, else 0: nothing else differs from itself. */
export function isMissing(plan: PlanBuilder, x: Slot): Slot {
  const isThere = plan.binaryOf([x, x], 'equal');
  return plan.binary(plan.binary(isThere, 'sub', new Float64Array(x.width).fill(1)), 'mul', new Float64Array(x.width).fill(-1));
}
