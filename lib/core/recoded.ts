/** Codes of categories as a model numbers them that was fitted on other categories than the rows of a plan have. */
import type { Label } from './labels.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import { type Column, UNKNOWN_CODE } from './schema.js';

/**
 * Rows in a model's own codes. A model that was fitted before, or on some rows of a table, may know fewer categories than the rows
 * that those around it get, or others: each of these becomes its code of the model, or {@link UNKNOWN_CODE}. Missing values stay so.
 *
 * @param columns - those that the model was fitted on
 */
export function recoded(plan: PlanBuilder, x: Slot, columns: readonly Column[]): Slot {
  const { categories: given } = x;
  if (given === undefined || x.width !== columns.length) return x;
  const others = columns.flatMap(({ categories }, j) => (isOther(given[j], categories) ? [j] : []));
  if (others.length === 0) return x;
  const lists = others.map((j) => codesOf(given[j] ?? [], columns[j].categories ?? []));
  const offsets = new Int32Array(lists.length + 1);
  for (const [k, { length }] of lists.entries()) offsets[k + 1] = offsets[k] + length;
  const codes = plan.gather(x, others);
  const unknown = new Float64Array(lists.length).fill(UNKNOWN_CODE);
  const found = plan.lookup(codes, offsets, Float64Array.from(lists.flat()), unknown);
  // No code is found for a missing value, which alone differs from itself.
  const own = plan.select([plan.binaryOf([codes, codes], 'equal'), found, codes]);
  const order = [...columns.keys()];
  for (const [k, j] of others.entries()) order[j] = x.width + k;
  const slot = plan.gather(plan.concat([x, own]), order);
  return { ...slot, categories: columns.map(({ categories }) => categories) };
}

/** Whether columns have the same codes as those that a model was fitted on. */
export function sharesCodes(given: readonly Column[], own: readonly Column[]): boolean {
  return given.every(({ categories }, j) => !isOther(categories, own[j]?.categories));
}

function isOther(given: readonly Label[] | undefined, own: readonly Label[] | undefined): boolean {
  if (given === undefined || own === undefined || given === own) return false;
  // Where the first ones are the same, so are their codes.
  return given.some((label, code) => label !== own[code]);
}

function codesOf(given: readonly Label[], own: readonly Label[]): number[] {
  const codes = new Map(own.map((label, code) => [label, code]));
  return given.map((label) => codes.get(label) ?? UNKNOWN_CODE);
}
