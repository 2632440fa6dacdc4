/** Class labels: the sorted set of distinct labels of y, and y as indices into it. */
import { type ErrorCode, StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
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
    if (isMissing(value)) continue;
    seen.add(requireLabel(value, type, `${what}: row ${i}`, code));
    type ??= typeof value;
  }
  return [...seen].sort(compareLabels);
}

/** Whether a value of a table is missing. */
export const isMissing = (value: unknown): boolean =>
  value === null || value === undefined || Number.isNaN(value);

/** @param type - that of the labels before it, if there are any */
function requireLabel(value: unknown, type: string | undefined, where: string, code: ErrorCode): Label {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new ValidationError(code, `${where} holds ${typeof value}; use text, numbers or booleans.`);
  }
  if (type !== undefined && typeof value !== type) {
    throw new ValidationError(
      code,
      `${where} holds ${show(value)} among values of type ${type}; one column holds one type.`,
    );
  }
  return value;
}

/** A label that is no measured number: a classifier that got those of a regression would learn a class of each. */
function requireClass(value: unknown, type: string | undefined, where: string): Label {
  const label = requireLabel(value, type, where, 'ERR_LABELS');
  if (typeof label !== 'number' || Number.isInteger(label)) return label;
  throw new ValidationError(
    'ERR_LABELS',
    `${where} is ${label}. Class labels are whole numbers, text or booleans; other numbers are for a regressor.`,
  );
}

function requireGroup(value: unknown, type: string | undefined, where: string): Label {
  const label = requireLabel(value, type, where, 'ERR_LABELS');
  if (typeof label !== 'number' || Number.isFinite(label)) return label;
  throw new ValidationError('ERR_LABELS', `${where} is ${label}, which tells no group.`);
}

/** Whole numbers from -SMALL to SMALL - 1 are looked up in a table, which takes a fraction of the time of a hash. */
const SMALL = 256;

/** Writes a 0 at the place of each label; false when one is no such number. A loop that is all of a function stays optimised. */
function markSmall(y: ArrayLike<unknown>, place: Int32Array): boolean {
  for (let i = 0; i < y.length; i++) {
    const label = y[i];
    if (typeof label !== 'number') return false;
    const whole = label | 0;
    if (whole !== label || whole < -SMALL || whole >= SMALL) return false;
    place[whole + SMALL] = 0;
  }
  return true;
}

function placesOf(y: ArrayLike<number>, place: Int32Array): Int32Array {
  const codes = new Int32Array(y.length);
  for (let i = 0; i < codes.length; i++) codes[i] = place[y[i] + SMALL];
  return codes;
}

/** Encodes labels that are all such numbers; null when another is among them. */
function encodeSmall(y: ArrayLike<unknown>): EncodedLabels | null {
  if (y instanceof Float64Array) {
    const codes = new Int32Array(y.length);
    const classes = native.encodeSmallLabels(y, codes);
    return classes && { codes, classes: [...classes] };
  }
  const place = new Int32Array(2 * SMALL).fill(-1);
  if (!markSmall(y, place)) return null;
  const classes: number[] = [];
  for (let k = 0; k < place.length; k++) {
    if (place[k] === 0) place[k] = classes.push(k - SMALL) - 1;
  }
  return { codes: placesOf(y as ArrayLike<number>, place), classes };
}

/** Encodes labels of any one type. */
function encodeAny(
  y: ArrayLike<unknown>,
  rows: number,
  what: string,
  require: typeof requireClass,
): EncodedLabels {
  const codes = new Int32Array(rows);
  // First in the order in which labels appear.
  const numbers = new Map<Label, number>();
  let type: string | undefined;
  for (let i = 0; i < rows; i++) {
    const label = y[i];
    let code = numbers.get(label as Label);
    if (code === undefined) {
      if (isMissing(label)) throw new ValidationError('ERR_LABELS', `${what} row ${i} has no label.`);
      const several = severalTargets(label, 'Classifier');
      if (several !== undefined) throw several;
      code = numbers.size;
      numbers.set(require(label, type, `${what} row ${i}`), code);
      type ??= typeof label;
    }
    codes[i] = code;
  }
  const classes = [...numbers.keys()].sort(compareLabels);
  const place = new Int32Array(classes.length);
  for (let code = 0; code < classes.length; code++) place[numbers.get(classes[code]) as number] = code;
  for (let i = 0; i < rows; i++) codes[i] = place[codes[i]];
  return { codes, classes };
}

/**
 * Encodes y for a classifier.
 *
 * @param y - one label per row
 * @param rows - the number of rows of X
 * @param what - begins an error about a value
 * @param least - classes, at least
 * @throws {ERR_SHAPE} when the lengths differ
 * @throws {ERR_NOT_SUPPORTED} for several targets
 * @throws {ERR_LABELS} when a label is missing or a number that is not whole, types are mixed or there are fewer classes
 */
export function encodeLabels(y: ArrayLike<unknown>, rows: number, what = 'y:', least = 2): EncodedLabels {
  return encodeBy(requireClass, y, rows, what, least);
}

/**
 * As {@link encodeLabels}, of what tells groups of rows apart, and is learned by no classifier: numbers need not be whole.
 *
 * @throws as that, and {ERR_LABELS} for a number that is not finite
 */
export function encodeGroups(y: ArrayLike<unknown>, rows: number): EncodedLabels {
  return encodeBy(requireGroup, y, rows, 'y:', 2);
}

function encodeBy(
  require: typeof requireClass,
  y: ArrayLike<unknown>,
  rows: number,
  what: string,
  least: number,
): EncodedLabels {
  checkLength(y, rows);
  const encoded = encodeSmall(y) ?? encodeAny(y, rows, what, require);
  if (encoded.classes.length < least) {
    throw new ValidationError(
      'ERR_LABELS',
      `A classifier needs at least two classes; ${what.slice(0, -1)} has only ${show(encoded.classes[0])}.`,
    );
  }
  return encoded;
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
 * The classes of one more part of the data.
 *
 * @param known - those of the parts before it
 * @param given - by the caller, in any order; null or undefined: none
 * @throws {ERR_LABELS} when they differ, or one is a number that is not whole
 */
export function classesOfPart(
  known: readonly Label[] | undefined,
  given: readonly Label[] | null | undefined,
): readonly Label[] | undefined {
  const listed = given ? distinctLabels(given, 'classes', 'ERR_LABELS') : undefined;
  for (const label of listed ?? []) requireClass(label, undefined, 'classes: one');
  if (known === undefined || listed === undefined) return known ?? listed;
  if (listed.length !== known.length || listed.some((label, c) => label !== known[c]))
    throw new ValidationError('ERR_LABELS', 'classes: they are not those of the parts before.');
  return known;
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

/** A list of several targets where one label or number belongs. */
const severalTargets = (value: unknown, kind: string): StateError | undefined =>
  Array.isArray(value) || ArrayBuffer.isView(value)
    ? new StateError(
        'ERR_NOT_SUPPORTED',
        `y has several columns, and this model learns one target: MultiOutput${kind} fits one for each.`,
      )
    : undefined;

/**
 * Checks y for a regressor.
 *
 * @param what - begins an error about a value
 * @throws {ERR_NOT_SUPPORTED} for several targets
 * @throws {ERR_DTYPE} when a value is not a number
 * @throws {ERR_INPUT_NAN} or {ERR_INPUT_INFINITE} when a value is not finite
 */
export function encodeTargets(y: ArrayLike<unknown>, rows: number, what = 'y:'): Float64Array {
  checkLength(y, rows);
  const targets = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const value = y[i];
    if (typeof value !== 'number') {
      const message = `${what} row ${i} holds ${show(value)}; a regressor needs numbers.`;
      throw severalTargets(value, 'Regressor') ?? new ValidationError('ERR_DTYPE', message);
    }
    if (!Number.isFinite(value)) {
      throw new ValidationError(
        Number.isNaN(value) ? 'ERR_INPUT_NAN' : 'ERR_INPUT_INFINITE',
        `${what} row ${i} is ${value}; targets must be finite.`,
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
