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
import type { FitInput } from '../core/fit-input.js';
import type { FloatArray } from '../core/matrix.js';
import { checkPoints, floats, storedRows } from '../core/neighbor-search.js';
import { checkLength, int32s, type Rules } from '../core/params.js';
import type { NeighborsConstants } from '../core/plan-types.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Learned by classifiers by neighbours: the training set. */
export interface StoredClasses extends EncodedClasses {
  /** [rows, columns] row-major. */
  readonly points: FloatArray;
}

/** Rules of {@link StoredClasses}. */
export const storedClassesRules: Rules<StoredClasses> = {
  points: floats,
  codes: int32s(),
  classes: labelsOrLists,
};

/** @throws {ERR_PARAMETER} unless each row has a class of each target */
export function checkStoredClasses(owner: object, state: StoredClasses, columns: readonly Column[]): void {
  const { codes, classes } = state;
  checkLength(owner, 'codes', codes, checkPoints(owner, state.points, columns) * classLists(classes).length);
  if (areCodes(codes, classes)) return;
  throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name} state: 'codes' names no class.`);
}

/** The training set, for good. */
export function storeClasses(input: FitInput): StoredClasses {
  return { ...fitClasses(input), points: storedRows(input.x) };
}

/** The shares of the classes among neighbours; of several targets side by side, as means of what each row has. */
export function voteOf({ codes, classes }: EncodedClasses): NeighborsConstants['vote'] {
  return areSeveral(classes)
    ? { kind: 'mean', targets: indicators(codes, classes), outputs: countClasses(classes) }
    : { kind: 'classes', codes, classes: classes.length };
}
