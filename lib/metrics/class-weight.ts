/** Weights of classes as arrays: for losses, and for what takes `sampleWeight` and no `classWeight`. */
import { type ClassWeight, weightsByClass } from '../core/kinds.js';
import { codesOfLabels, distinctLabels, type Label } from '../core/labels.js';
import { checkNames, classWeight as rule, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { type Labels, toWeights } from './input.js';

/** Options of {@link computeClassWeight}. */
export interface ClassWeightOptions {
  /** What each row counts for 'balanced', one weight >= 0 per row. Default null: 1. */
  readonly sampleWeight?: ArrayLike<number> | null;
}

/**
 * The weight of each class.
 *
 * @param classWeight - 'balanced': rows / (classes * rows of the class), so that all classes weigh the same together; an object from label
 *   to weight, where labels not named weigh 1; or null: 1
 * @param classes - the labels, each once, in the order of the result
 * @param y - one label per row
 * @returns [classes]
 * @throws {ERR_LABELS} when `classes` has a label twice, y one that `classes` lacks, or no row has one of `classes` and the weights are balanced
 * @throws {ERR_PARAMETER} for other weights, a weight of a label that `classes` lacks, or another option
 * @throws {ERR_SHAPE | ERR_EMPTY} when there is not one sample weight a row, or no label
 * @example
 * ```ts
 * import { computeClassWeight } from 'boreal';
 * const [no, yes] = computeClassWeight('balanced', ['no', 'yes'], ['no', 'no', 'no', 'yes']);
 * yes / no; // 3
 * ```
 */
export function computeClassWeight(
  classWeight: ClassWeight,
  classes: Labels,
  y: Labels,
  options: ClassWeightOptions | null = {},
): Float64Array {
  checkNames('computeClassWeight', options ?? {}, ['sampleWeight']);
  if (!rule.allows(classWeight)) {
    const message = `classWeight must be ${rule.allowed}; got ${show(classWeight)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  checkList(y, 'y');
  checkList(classes, 'classes');
  const listed: Label[] = Array.from(classes);
  if (distinctLabels(listed, 'classes', 'ERR_LABELS').length !== listed.length)
    throw new ValidationError('ERR_LABELS', 'classes: each label must stand there once.');
  const codes = codesOfLabels(y, listed, 'y');
  const present = new Set(codes);
  const absent = listed.find((_, code) => !present.has(code));
  if (classWeight === 'balanced' && absent !== undefined)
    throw new ValidationError(
      'ERR_LABELS',
      `classes: y has no ${show(absent)}, whose weight would be infinite.`,
    );
  const counts = toWeights(options?.sampleWeight, codes.length) ?? null;
  return (
    weightsByClass(classWeight, { codes, classes: listed }, counts) ?? new Float64Array(listed.length).fill(1)
  );
}

/**
 * The weight of each row by that of its class: `sampleWeight` for what has no `classWeight`, such as gradient boosting.
 *
 * Differs from scikit-learn: y is one target, and no `indices` of rows that were drawn.
 *
 * @param classWeight - see {@link computeClassWeight}
 * @param y - one label per row
 * @returns [rows]
 * @throws {ERR_LABELS | ERR_PARAMETER | ERR_EMPTY} see {@link computeClassWeight}
 * @example
 * ```ts
 * import { computeSampleWeight } from 'boreal';
 * computeSampleWeight('balanced', [0, 0, 0, 1]); // [2/3, 2/3, 2/3, 2]
 * ```
 */
export function computeSampleWeight(classWeight: ClassWeight, y: Labels): Float64Array {
  checkList(y, 'y');
  const classes = distinctLabels(y, 'y', 'ERR_LABELS');
  const weights = computeClassWeight(classWeight, classes, y);
  return Float64Array.from(codesOfLabels(y, classes, 'y'), (code) => weights[code]);
}

function checkList(values: Labels, what: string): void {
  if (typeof values?.length !== 'number' || typeof values === 'string')
    throw new ValidationError('ERR_PARAMETER', `${what} must be an array of labels; got ${show(values)}.`);
  if (values.length === 0) throw new ValidationError('ERR_EMPTY', `${what} has no labels.`);
}
