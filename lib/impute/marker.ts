/** A value of the caller's own that stands for "missing". */
import { applyOps } from '../core/apply.js';
import type { FitInput } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { custom, either, type Rule } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';

/** NaN: what the schema takes for missing; else a number or a text that does. */
export type MissingValues = number | string;

/** The rule of a marker in columns of numbers. */
export const missingNumberRule: Rule = custom(
  'NaN or a finite number',
  (v) => typeof v === 'number' && Math.abs(v) !== Infinity,
);

/** The rule of a marker in columns of any kind. */
export const missingValuesRule: Rule = either(
  missingNumberRule,
  custom('a text', (v) => typeof v === 'string'),
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
