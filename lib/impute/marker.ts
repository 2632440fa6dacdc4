/** A value of the caller's own that stands for "missing". */
import { applyOps } from '../core/apply.js';
import type { FitInput } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { custom, type Rule } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';

/** NaN: what the schema takes for missing; else a number or a text that does. */
export type MissingValues = number | string;

/** The rule of a parameter that is one. */
export const missingValuesRule: Rule = custom(
  'NaN, a finite number or a text',
  (v) => typeof v === 'string' || (typeof v === 'number' && Math.abs(v) !== Infinity),
);

/** x with NaN where the marker stands. */
export function lowerMarked(
  plan: PlanBuilder,
  x: Slot,
  columns: readonly Column[],
  marker: MissingValues,
): Slot {
  if (Number.isNaN(marker)) return x;
  const codes = Float64Array.from(columns, (column) => codeOf(column, marker));
  const missing = plan.constant(x, new Float64Array(x.width).fill(Number.NaN));
  return plan.select([plan.binary(x, 'equal', codes), missing, x]);
}

/** The rows of a fit with NaN where the marker stands. */
export async function markMissing({ x, columns, cancel }: FitInput, marker: MissingValues): Promise<Matrix> {
  if (Number.isNaN(marker)) return x;
  const schema = Schema.named(columns);
  return applyOps(x, schema, (plan, slot) => lowerMarked(plan, slot, columns, marker), cancel);
}

/** The marker as the plan reads it; NaN, which nothing equals, where the column cannot hold it. */
export function codeOf({ kind, categories }: Column, marker: MissingValues): number {
  if (kind !== 'category') return typeof marker === 'number' ? marker : Number.NaN;
  const code = categories?.indexOf(marker) ?? -1;
  return code < 0 ? Number.NaN : code;
}
