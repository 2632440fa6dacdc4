/** Categories that are rare, which encoders make one of. */
import { applyOps } from '../core/apply.js';
import type { FitInput } from '../core/fit-input.js';
import { custom, either, int, nothing, type Rule, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { Schema } from '../core/schema.js';

/** Which categories of a column become one. */
export interface InfrequentParams {
  /** Those that are in fewer rows: a whole number of rows >= 1, or a share of them in (0, 1). Default null: none. */
  minFrequency: number | null;
  /** The rarest, so that a column has no more categories, that one among them, than this, >= 1. Default null: any number. */
  maxCategories: number | null;
}

/** Neither is set. */
export const NO_LIMITS: InfrequentParams = { minFrequency: null, maxCategories: null };

export const infrequentRules: Rules<InfrequentParams> = {
  minFrequency: either(
    nothing,
    custom(
      'a whole number >= 1 or a share in (0, 1)',
      (v) => typeof v === 'number' && v > 0 && (v < 1 || Number.isSafeInteger(v)),
    ),
  ),
  maxCategories: either(nothing, int(1)),
};

/** Of members of a state that only encoders with limits have. */
export const groupsRule: Rule = custom('whole numbers', (v) => v === undefined || v instanceof Int32Array);

/** Whether any category may be infrequent. */
export const hasLimits = ({ minFrequency, maxCategories }: InfrequentParams): boolean =>
  minFrequency !== null || maxCategories !== null;

/** In how many rows each category is: of column j from offsets[j] to offsets[j + 1]. */
export async function countCategories(
  { x, columns, cancel }: FitInput,
  offsets: Int32Array,
  values: Float64Array,
): Promise<Float64Array> {
  const names = columns.map(({ name }) => name);
  const schema = Schema.named(columns);
  const lower = (plan: PlanBuilder, slot: Slot) => plan.category(slot, offsets, values, false, names);
  const codes = await applyOps(x, schema, lower, cancel);
  const counts = new Float64Array(values.length);
  for (let k = 0; k < codes.data.length; k++) {
    const code = codes.data[k];
    if (code >= 0) counts[offsets[k % x.cols] + code] += 1;
  }
  return counts;
}

/** Where the categories of a column go: the frequent ones keep their order, all others come together as the last. */
export interface Groups {
  /** By category. */
  readonly groups: readonly number[];
  /** The group of the infrequent ones; -1 where there are none. */
  readonly infrequent: number;
  /** How many there are. */
  readonly size: number;
}

/**
 * Groups the categories of a column.
 *
 * @param counts - by category, in their order
 * @param rows - of the training set
 */
export function groupsOf(counts: ArrayLike<number>, rows: number, params: InfrequentParams): Groups {
  const { minFrequency, maxCategories } = params;
  const least = minFrequency === null ? 0 : minFrequency < 1 ? minFrequency * rows : minFrequency;
  const isRare = Array.from(counts, (count) => count < least);
  const kept = isRare.filter((rare) => !rare).length;
  if (maxCategories !== null && maxCategories < kept + 1) {
    // Of those that are as frequent, the first are taken for rare.
    const order = isRare.map((_, k) => k).sort((a, b) => counts[a] - counts[b]);
    for (const k of order.slice(0, Math.max(0, order.length - (maxCategories - 1)))) isRare[k] = true;
  }
  const frequent = isRare.filter((rare) => !rare).length;
  const isThere = frequent < isRare.length;
  let next = 0;
  return {
    groups: isRare.map((rare) => (rare ? frequent : next++)),
    infrequent: isThere ? frequent : -1,
    size: frequent + (isThere ? 1 : 0),
  };
}
