/** Categories that the caller names. */
import type { Label } from '../core/labels.js';
import { custom, either, oneOf, type Rule } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** 'auto', or for each column a list of its categories (null: missing), or 'auto'. */
export type GivenCategories = 'auto' | ReadonlyArray<'auto' | ReadonlyArray<Label | null>>;

const isList = (v: unknown) => v === 'auto' || (Array.isArray(v) && v.length > 0);

/** The rule of a parameter that is one. */
export const givenCategories: Rule = either(
  oneOf('auto'),
  custom("a list with 'auto' or a list of categories for each column", (v) => {
    return Array.isArray(v) && v.every(isList);
  }),
);

/** @throws {ERR_SHAPE} unless there is an entry for each column */
export function checkGivenCategories(owner: object, categories: GivenCategories, columns: number): void {
  if (categories === 'auto' || categories.length === columns) return;
  throw new ValidationError(
    'ERR_SHAPE',
    `${owner.constructor.name}: categories has ${categories.length} lists, but X has ${columns} columns.`,
  );
}
