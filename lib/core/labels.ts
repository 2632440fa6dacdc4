/** Class labels: the sorted set of distinct labels of y, and y as indices into it. */
import { type ErrorCode, ValidationError } from '../errors.js';
import { show } from './params.js';

/** What a class may be called. All labels of one target have the same type. */
export type Label = string | number | boolean;

/** y as codes: `classes[codes[i]]` is the label of row i. */
export interface EncodedLabels {
  readonly codes: Int32Array;
  readonly classes: readonly Label[];
}

/** Sorts as scikit-learn does: numbers by value, text by code unit, false before true. */
export function compareLabels(a: Label, b: Label): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The distinct values of a column of labels or categories, sorted; missing values are left out.
 *
 * @throws `code` when a value cannot be a label, or types are mixed
 */
export function distinctLabels(
  values: ArrayLike<unknown>,
  what: string,
  code: ErrorCode = 'ERR_DTYPE',
): Label[] {
  const seen = new Set<Label>();
  let type: string | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined || Number.isNaN(value)) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new ValidationError(
        code,
        `${what}: row ${i} holds ${typeof value}; use text, numbers or booleans.`,
      );
    }
    type ??= typeof value;
    if (typeof value !== type) {
      throw new ValidationError(
        code,
        `${what}: row ${i} holds ${show(value)} among values of type ${type}; one column holds one type.`,
      );
    }
    seen.add(value);
  }
  return [...seen].sort(compareLabels);
}

/**
 * Encodes y for a classifier.
 *
 * @param y - one label per row
 * @param rows - the number of rows of X
 * @throws {ERR_SHAPE} when the lengths differ
 * @throws {ERR_LABELS} when a label is missing, types are mixed or there are fewer than two classes
 */
export function encodeLabels(y: ArrayLike<unknown>, rows: number): EncodedLabels {
  checkLength(y, rows);
  const classes = distinctLabels(y, 'y', 'ERR_LABELS');
  const index = new Map(classes.map((label, code) => [label, code]));
  const codes = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const code = index.get(y[i] as Label);
    if (code === undefined) throw new ValidationError('ERR_LABELS', `y: row ${i} has no label.`);
    codes[i] = code;
  }
  if (classes.length < 2) {
    throw new ValidationError(
      'ERR_LABELS',
      `A classifier needs at least two classes; y has only ${show(classes[0])}.`,
    );
  }
  return { codes, classes };
}

/**
 * Encodes labels by classes that are known.
 *
 * @throws {ERR_LABELS} for a label that is none of them
 */
export function codesOfLabels(y: ArrayLike<unknown>, classes: readonly Label[], what: string): Int32Array {
  const index = new Map<unknown, number>(classes.map((label, code) => [label, code]));
  return Int32Array.from(y, (label, row) => {
    const code = index.get(label);
    if (code !== undefined) return code;
    throw new ValidationError('ERR_LABELS', `${what}: row ${row} is ${show(label)}, which is no class of y.`);
  });
}

/**
 * Encodes the labels of one part of the data by the classes that all parts have.
 *
 * @throws {ERR_SHAPE} when the lengths differ
 * @throws {ERR_LABELS} for a label that is none of them, or fewer than two of them
 */
export function encodePart(y: ArrayLike<unknown>, rows: number, classes: readonly Label[]): EncodedLabels {
  checkLength(y, rows);
  if (classes.length < 2) throw new ValidationError('ERR_LABELS', 'classes: at least two are needed.');
  return { codes: codesOfLabels(y, classes, 'y'), classes };
}

/**
 * Checks y for a regressor.
 *
 * @throws {ERR_DTYPE} when a value is not a number
 * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is not finite
 */
export function encodeTargets(y: ArrayLike<unknown>, rows: number): Float64Array {
  checkLength(y, rows);
  const targets = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const value = y[i];
    if (typeof value !== 'number') {
      throw new ValidationError('ERR_DTYPE', `y: row ${i} holds ${show(value)}; a regressor needs numbers.`);
    }
    if (!Number.isFinite(value)) {
      throw new ValidationError(
        Number.isNaN(value) ? 'ERR_INPUT_NAN' : 'ERR_INPUT_INFINITE',
        `y: row ${i} is ${value}; targets must be finite.`,
      );
    }
    targets[i] = value;
  }
  return targets;
}

function checkLength(y: ArrayLike<unknown>, rows: number): void {
  if (y === undefined || y === null || typeof y.length !== 'number') {
    throw new ValidationError(
      'ERR_PARAMETER',
      'fit needs y: an array with one label or target per row of X.',
    );
  }
  if (y.length !== rows) {
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${y.length} values.`);
  }
}
