/** Training rows and their classes, as classifiers by neighbours keep them, and the plan of their vote. */
import {
  areCodes,
  areSeveral,
  classLists,
  countClasses,
  type EncodedClasses,
  fitClasses,
  indicators,
  labelsOrLists,
} from '../core/class-lists.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { SearchParams } from '../core/neighbor-search.js';
import { checkLength, int32s, type Rules } from '../core/params.js';
import type { NeighborsConstants } from '../core/plan-types.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { checkStoredRows, type StoredRows, storedRowsRules, storeRows } from './stored-rows.js';

/** Learned by classifiers by neighbours: the training set. */
export interface StoredClasses extends EncodedClasses, StoredRows {}

/** Rules of {@link StoredClasses}. */
export const storedClassesRules: Rules<StoredClasses> = {
  ...storedRowsRules,
  codes: int32s(),
  classes: labelsOrLists,
};

/** @throws {ERR_PARAMETER} unless each row has a class of each target */
export function checkStoredClasses(
  owner: { readonly params: SearchParams },
  state: StoredClasses,
  columns: readonly Column[],
): void {
  const { codes, classes } = state;
  checkLength(owner, 'codes', codes, checkStoredRows(owner, state, columns) * classLists(classes).length);
  if (areCodes(codes, classes)) return;
  throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name} state: 'codes' names no class.`);
}

/** The training set, for good. */
export function storeClasses(params: SearchParams, input: FitInput | SparseFitInput): StoredClasses {
  return { ...fitClasses(input), ...storeRows(params, input) };
}

/** The shares of the classes among neighbours; of several targets side by side, as means of what each row has. */
export function voteOf({ codes, classes }: EncodedClasses): NeighborsConstants['vote'] {
  return areSeveral(classes)
    ? { kind: 'mean', targets: indicators(codes, classes), outputs: countClasses(classes) }
    : { kind: 'classes', codes, classes: classes.length };
}
