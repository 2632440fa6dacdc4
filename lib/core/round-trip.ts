/** Whether what transforms values can undo it. */

import { applyOps } from './apply.js';
import type { FitInput } from './fit-input.js';
import { toShared } from './fit-input.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { Schema } from './schema.js';
import { warn } from './warn.js';

/** How many rows are looked at, how near values must come, and who asks. */
interface RoundTrip {
  readonly owner: string;
  readonly rows: number;
  readonly relative: number;
  readonly absolute: number;
}

/**
 * Warns when some rows, equally far from each other, are not what comes back from a function and its inverse, in float64. A missing
 * value may come back as one.
 */
export async function warnOfNoInverse(
  roundTrip: (plan: PlanBuilder, x: Slot) => Slot,
  { x, cancel }: Pick<FitInput, 'x' | 'cancel'>,
  { owner, rows, relative, absolute }: RoundTrip,
): Promise<void> {
  const step = Math.max(1, Math.floor(x.rows / rows));
  const some = Array.from({ length: Math.ceil(x.rows / step) }, (_, k) => k * step);
  const given = toShared(x.takeRows(some).astype('float64'));
  const schema = Schema.unnamed(given.cols);
  const { data } = await applyOps(given, schema, roundTrip, cancel);
  const isNear = (value: number, at: number) =>
    Object.is(value, given.data[at]) ||
    Math.abs(value - given.data[at]) <= absolute + relative * Math.abs(given.data[at]);
  if (data.every(isNear)) return;
  warn(
    `${owner}: the inverse does not undo the function for all rows. If that is meant, set checkInverse to false.`,
  );
}
