/** Classes of several targets: y as codes into those of each, and what plans say of them. */
import { ValidationError } from '../errors.js';
import { requireY, type Targets } from './fit-input.js';
import { classesOfPart, encodeLabels, encodePart, type Label } from './labels.js';
import { custom, labels, type Rule } from './params.js';
import type { PlanBuilder, Slot } from './plan-builder.js';
import type { Target } from './schema.js';
import { isTargetRow, targetColumns } from './targets.js';

/** The sorted labels of one target, or those of each of several. */
export type Classes = readonly Label[] | ReadonlyArray<readonly Label[]>;

/** Whether these are the classes of several targets. */
export function areSeveral(classes: Classes): classes is ReadonlyArray<readonly Label[]> {
  return isTargetRow(classes[0]);
}

/** The classes of each target. */
export function classLists(classes: Classes): ReadonlyArray<readonly Label[]> {
  return areSeveral(classes) ? classes : [classes];
}

/** Classes of all targets together: columns of probabilities that stand side by side. */
export function countClasses(classes: Classes): number {
  return classLists(classes).reduce((sum, { length }) => sum + length, 0);
}

/** What a classifier of these classes predicts. */
export function classTarget(classes: Classes): Target {
  return areSeveral(classes) ? { kind: 'classes', classes } : { kind: 'class', classes };
}

/** y as codes. */
export interface EncodedClasses {
  /** [rows, targets] */
  readonly codes: Int32Array;
  readonly classes: Classes;
}

/**
 * y as class codes, of several targets for estimators with the tag `multiOutput`. One of several may have a single class.
 *
 * @throws as {@link encodeLabels}
 * @throws {ERR_SHAPE} when rows of y differ in length
 */
export function fitClasses(input: Targets): EncodedClasses {
  const columns = targetColumns(requireY(input));
  const { rows } = input.x;
  if (columns.length === 1) return encodeLabels(columns[0], rows);
  const codes = new Int32Array(rows * columns.length);
  const classes = columns.map((column, t) => {
    const own = encodeLabels(column, rows, `y: column ${t},`, 1);
    for (let i = 0; i < rows; i++) codes[i * columns.length + t] = own.codes[i];
    return own.classes;
  });
  return { codes, classes };
}

/**
 * y of a part of the data as class codes.
 *
 * @param known - the classes of the parts before it
 * @param given - all classes that will ever come, by the caller; those of y when there are neither
 * @throws {ERR_SHAPE} for another number of targets than there are classes for
 * @throws {ERR_LABELS} for a label that is none of them, fewer than two of them, and classes that are not those before
 */
export function partClasses(
  input: Targets,
  known: Classes | undefined,
  given: Classes | null | undefined,
): EncodedClasses {
  if (known === undefined && !given) return fitClasses(input);
  const columns = targetColumns(requireY(input));
  const [before, now] = [known, given].map((each) => (each ? classLists(each) : undefined));
  const targets = Math.max(before?.length ?? 0, now?.length ?? 0);
  const lists = Array.from(
    { length: targets },
    (_, t) => classesOfPart(before && (before[t] ?? []), now && (now[t] ?? [])) as readonly Label[],
  );
  if (columns.length !== lists.length) {
    const message = `y has ${columns.length} columns, but there are classes of ${lists.length} targets.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const each = columns.map((column, t) => encodePart(column, input.x.rows, lists[t]).codes);
  if (lists.length === 1) return { codes: each[0], classes: lists[0] };
  const codes = Int32Array.from(
    { length: input.x.rows * lists.length },
    (_, k) => each[k % lists.length][Math.floor(k / lists.length)],
  );
  return { codes, classes: lists };
}

/** The codes of one of so many targets, from {@link EncodedClasses.codes}. */
export function codesOfTarget(codes: Int32Array, targets: number, t: number): Int32Array {
  return Int32Array.from({ length: codes.length / targets }, (_, i) => codes[i * targets + t]);
}

/** Class labels of a model whose y may have several columns. */
export const labelsOrLists: Rule = custom(
  `${labels.allowed}, or several lists of labels`,
  (v) => labels.allows(v) || (Array.isArray(v) && v.length >= 2 && v.every(isListOfLabels)),
);

function isListOfLabels(v: unknown): boolean {
  return (
    Array.isArray(v) && v.length > 0 && v.every((l) => ['string', 'number', 'boolean'].includes(typeof l))
  );
}

/** Whether codes, [rows, targets], name classes. */
export function areCodes(codes: Int32Array, classes: Classes): boolean {
  const lists = classLists(classes);
  return codes.every((code, k) => code >= 0 && code < lists[k % lists.length].length);
}

/** Of a value for each class of each target, side by side, those of each target. */
export function partsOf(values: Float64Array, classes: Classes): Float64Array[] {
  let first = 0;
  return classLists(classes).map(({ length }) => {
    first += length;
    return values.subarray(first - length, first);
  });
}

/** For each target the weight of the rows of each class; null: all weigh 1. */
export function weightsByTarget(
  { codes, classes }: EncodedClasses,
  weights: Float64Array | null,
): Float64Array[] {
  const lists = classLists(classes);
  return lists.map(({ length }, t) => {
    const sums = new Float64Array(length);
    for (let i = 0; i * lists.length < codes.length; i++)
      sums[codes[i * lists.length + t]] += weights?.[i] ?? 1;
    return sums;
  });
}

/** Codes, [rows, targets], as a column for each class of each target that is 1 where the row has it. */
export function indicators(codes: Int32Array, classes: Classes): Float64Array {
  const lists = classLists(classes);
  const width = countClasses(classes);
  const rows = codes.length / lists.length;
  const out = new Float64Array(rows * width);
  let first = 0;
  for (const [t, { length }] of lists.entries()) {
    for (let i = 0; i < rows; i++) out[i * width + first + codes[i * lists.length + t]] = 1;
    first += length;
  }
  return out;
}

/** The index of the most probable class, of several targets, whose probabilities stand side by side, one for each. */
export function mostProbable(plan: PlanBuilder, proba: Slot, classes: Classes): Slot {
  if (!areSeveral(classes)) return plan.argmax(proba);
  let first = 0;
  return plan.concat(
    classes.map(({ length }) => {
      const own = Array.from({ length }, (_, c) => first + c);
      first += length;
      return plan.argmax(plan.gather(proba, own));
    }),
  );
}
