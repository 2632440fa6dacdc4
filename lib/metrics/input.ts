/** What every metric does first: checks lengths, labels, numbers and weights, and puts them into typed arrays. */
import { compareLabels, type Label } from '../core/labels.js';
import { isMatrixShaped, Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import { targetRows } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Class labels, one per row: numbers, text or booleans, all of one type. */
export type Labels = ArrayLike<Label>;
/** A matrix in any plain form: `{ data, rows, cols }` (such as a Matrix) or rows of numbers. */
export type MatrixInput =
  | { readonly data: ArrayLike<number>; readonly rows: number; readonly cols: number }
  | ReadonlyArray<ArrayLike<number>>;
/** How the scores of several classes become one. null gives the score of each class. */
export type Average = 'binary' | 'micro' | 'macro' | 'weighted' | null;

/** A matrix of finite numbers, row after row. */
export interface NumberGrid {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
  /** Half the distance between 1 and its neighbours in the type that held the numbers: 2^-23 or 2^-52. */
  readonly epsilon: number;
}

/** Labels of several targets: a matrix, or a list of labels for each row. */
export type LabelRows = MatrixInput | ReadonlyArray<ArrayLike<Label>>;

/** The two label columns of a classification metric as indices into their common, sorted classes. */
export interface LabelPair {
  readonly classes: readonly Label[];
  readonly yTrue: Int32Array;
  readonly yPred: Int32Array;
}

/** @throws {ERR_PARAMETER} unless it is an array, or like one */
export function requireArray(values: ArrayLike<unknown>, what: string): void {
  if (typeof values === 'object' && typeof values?.length === 'number') return;
  const message = `${what} must be an array with one value per row; got ${show(values)}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** @throws {ERR_SHAPE} when the lengths differ; {ERR_EMPTY} when there is nothing */
export function checkLengths(yTrue: ArrayLike<unknown>, rows: number, what: string): void {
  requireArray(yTrue, 'yTrue');
  if (yTrue.length !== rows) {
    throw new ValidationError('ERR_SHAPE', `yTrue has ${yTrue.length} values, but ${what} has ${rows}.`);
  }
  if (rows === 0) throw new ValidationError('ERR_EMPTY', 'A metric needs at least one row.');
}

/** The values as finite float64, always a copy. */
export function toNumbers(values: ArrayLike<number>, what: string): Float64Array {
  if (typeof values?.length !== 'number' || typeof values === 'string') {
    throw new ValidationError('ERR_PARAMETER', `${what} must be an array of numbers; got ${show(values)}.`);
  }
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== 'number') {
      throw new ValidationError('ERR_DTYPE', `${what} must hold numbers; row ${i} holds ${show(value)}.`);
    }
    if (!Number.isFinite(value)) {
      throw new ValidationError(
        Number.isNaN(value) ? 'ERR_INPUT_NAN' : 'ERR_INPUT_INFINITE',
        `${what} must be finite; row ${i} is ${value}.`,
      );
    }
    numbers[i] = value;
  }
  return numbers;
}

/** Whether a value is a matrix, not a list of labels or numbers. */
export function isMatrixInput(value: unknown): value is MatrixInput {
  return isMatrixShaped(value) || (Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null);
}

/** True labels: a column is one target, the list of its values; several labels of a row are left as they are. */
export function truthAsGiven(yTrue: Labels | MatrixInput): Labels | MatrixInput {
  if (!isMatrixInput(yTrue)) return yTrue;
  if ('data' in yTrue) return yTrue.cols === 1 ? yTrue.data : yTrue;
  return targetRows(yTrue) as Labels | MatrixInput;
}

/** @throws {ERR_SHAPE} unless both have the same rows, and columns of what `columns` calls them */
export function checkSameShape(truth: NumberGrid, other: NumberGrid, what: string, columns: string): void {
  checkLengths({ length: truth.rows }, other.rows, what);
  if (truth.cols !== other.cols) {
    const message = `yTrue has ${truth.cols} ${columns}, but ${what} has ${other.cols}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
}

/** 0 or 1 for each of several labels, [rows, labels]. @throws {ERR_LABELS} for anything else */
export function toIndicators(values: MatrixInput, what: string): NumberGrid {
  const grid = toGrid(values, what);
  const odd = grid.data.find((value) => value !== 0 && value !== 1);
  if (odd !== undefined)
    throw new ValidationError('ERR_LABELS', `${what} must hold 0 and 1; it holds ${show(odd)}.`);
  return grid;
}

/** The same of one label for each row: a column for each class. */
export function indicatorsOf(codes: Int32Array, classes: number): NumberGrid {
  const data = new Float64Array(codes.length * classes);
  for (let i = 0; i < codes.length; i++) data[i * classes + codes[i]] = 1;
  return { data, rows: codes.length, cols: classes, epsilon: 2 ** -52 };
}

/** One column from a flat array, or the columns of a matrix. */
export function toGrid(values: ArrayLike<number> | MatrixInput, what: string): NumberGrid {
  const epsilon = (source: unknown) => (source instanceof Float32Array ? 2 ** -23 : 2 ** -52);
  if (isMatrixShaped(values)) {
    const { data, rows, cols } = values;
    if (data.length !== rows * cols) {
      throw new ValidationError('ERR_SHAPE', `${what}: ${data.length} values do not make ${rows} x ${cols}.`);
    }
    return { data: toNumbers(data, what), rows, cols, epsilon: epsilon(data) };
  }
  if (isMatrixInput(values)) {
    const rows = values as ReadonlyArray<ArrayLike<number>>;
    const cols = rows[0].length;
    if (cols === 0) throw new ValidationError('ERR_EMPTY', `${what} has no columns.`);
    const data = new Float64Array(rows.length * cols);
    rows.forEach((row, i) => {
      if (row?.length !== cols) {
        throw new ValidationError('ERR_SHAPE', `${what}: row ${i} has not the ${cols} values of row 0.`);
      }
      data.set(toNumbers(row, what), i * cols);
    });
    return { data, rows: rows.length, cols, epsilon: epsilon(rows[0]) };
  }
  const data = toNumbers(values as ArrayLike<number>, what);
  return { data, rows: data.length, cols: 1, epsilon: epsilon(values) };
}

/** @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite */
export function toFiniteMatrix(rows: NumericMatrixLike, what: string): Matrix {
  const matrix = Matrix.from(rows);
  const bad = native.findInvalid(matrix.data, matrix.rows, matrix.cols, false);
  if (bad < 0) return matrix;
  const value = matrix.data[bad];
  const code = Number.isNaN(value) ? 'ERR_INPUT_NAN' : 'ERR_INPUT_INFINITE';
  throw new ValidationError(code, `Row ${Math.floor(bad / matrix.cols)} of ${what} holds ${value}.`);
}

/** Column j of a grid. */
export function columnOf({ data, rows, cols }: NumberGrid, j: number): Float64Array {
  if (cols === 1) return data;
  const column = new Float64Array(rows);
  for (let i = 0; i < rows; i++) column[i] = data[i * cols + j];
  return column;
}

/**
 * Checks the weights of the rows.
 *
 * @throws {ERR_SHAPE} when there is not one per row; {ERR_PARAMETER} when one is negative or all are zero
 */
export function toWeights(
  weights: ArrayLike<number> | null | undefined,
  rows: number,
): Float64Array | undefined {
  if (weights === undefined || weights === null) return undefined;
  const numbers = toNumbers(weights, 'sampleWeight');
  if (numbers.length !== rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `sampleWeight has ${numbers.length} values, but there are ${rows} rows.`,
    );
  }
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    if (numbers[i] < 0) {
      throw new ValidationError('ERR_PARAMETER', `sampleWeight must be >= 0; row ${i} has ${numbers[i]}.`);
    }
    sum += numbers[i];
  }
  if (sum === 0) throw new ValidationError('ERR_PARAMETER', 'sampleWeight is zero for every row.');
  return numbers;
}

/** The mean, weighted if there are weights. */
export function mean(values: ArrayLike<number>, weights?: ArrayLike<number>): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights === undefined ? 1 : weights[i];
    sum += weight * values[i];
    total += weight;
  }
  return sum / total;
}

const SMALL = 1024;

/** Codes of labels that are all whole numbers below 1024, the usual case, without hashing. */
function encodeSmall(columns: readonly Labels[]): { classes: number[]; codes: Int32Array[] } | undefined {
  const codeOf = new Int32Array(SMALL).fill(-1);
  for (const labels of columns) {
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      if (typeof label !== 'number' || label !== (label & (SMALL - 1))) return undefined;
      codeOf[label] = 0;
    }
  }
  const classes: number[] = [];
  for (let label = 0; label < SMALL; label++) {
    if (codeOf[label] === 0) codeOf[label] = classes.push(label) - 1;
  }
  const codes = columns.map((labels) => {
    const column = new Int32Array(labels.length);
    for (let i = 0; i < column.length; i++) column[i] = codeOf[labels[i] as number];
    return column;
  });
  return { classes, codes };
}

function checkLabel(label: unknown, type: string, what: string, i: number): asserts label is Label {
  if (label === null || label === undefined || Number.isNaN(label)) {
    throw new ValidationError('ERR_LABELS', `${what}: row ${i} has no label.`);
  }
  if (typeof label !== type) {
    throw new ValidationError(
      'ERR_LABELS',
      `Labels must have one type; ${what} holds ${show(label)} among ${type}s.`,
    );
  }
  if (typeof label === 'number' && !Number.isInteger(label)) {
    throw new ValidationError(
      'ERR_LABELS',
      `${what}: row ${i} is ${label}. Class labels are whole numbers, text or booleans; scores and targets of a ` +
        'regression need another metric.',
    );
  }
}

function encodeAny(
  columns: readonly Labels[],
  names: readonly string[],
): { classes: Label[]; codes: Int32Array[] } {
  const type = typeof columns[0][0];
  if (type !== 'string' && type !== 'number' && type !== 'boolean')
    checkLabel(columns[0][0], 'string', names[0], 0);
  const index = new Map<Label, number>();
  const codes = columns.map((labels, k) => {
    const column = new Int32Array(labels.length);
    for (let i = 0; i < labels.length; i++) {
      let code = index.get(labels[i]);
      if (code === undefined) {
        checkLabel(labels[i], type, names[k], i);
        code = index.size;
        index.set(labels[i], code);
      }
      column[i] = code;
    }
    return column;
  });
  const found = [...index.keys()];
  const classes = [...found].sort(compareLabels);
  const rank = new Map(classes.map((label, code) => [label, code]));
  const sorted = Int32Array.from(found, (label) => rank.get(label) as number);
  return { classes, codes: codes.map((column) => column.map((code) => sorted[code])) };
}

/**
 * Labels as codes into their sorted classes.
 *
 * @throws {ERR_LABELS} when a label is missing, not a label, or of another type than the first
 */
export function encodeClasses(labels: Labels, what = 'yTrue'): { classes: Label[]; codes: Int32Array } {
  requireArray(labels, what);
  const { classes, codes } = encodeSmall([labels]) ?? encodeAny([labels], [what]);
  return { classes, codes: codes[0] };
}

/**
 * Codes into `known` in place of `classes`.
 *
 * @throws {ERR_LABELS} when a class is not known
 */
export function codesAmong(
  known: readonly Label[],
  classes: readonly Label[],
  codes: Int32Array,
): Int32Array {
  const positions = classes.map((label) => known.indexOf(label));
  const missing = positions.indexOf(-1);
  if (missing < 0) return codes.map((code) => positions[code]);
  throw new ValidationError('ERR_LABELS', `yTrue holds ${show(classes[missing])}, which is not in labels.`);
}

/** True and predicted labels as codes into the sorted classes of both. */
export function encodePair(yTrue: Labels, yPred: Labels): LabelPair {
  requireArray(yPred, 'yPred');
  checkLengths(yTrue, yPred.length, 'yPred');
  const { classes, codes } = encodeSmall([yTrue, yPred]) ?? encodeAny([yTrue, yPred], ['yTrue', 'yPred']);
  return { classes, yTrue: codes[0], yPred: codes[1] };
}

/**
 * The class that counts as positive when the caller named none: 1 of {0, 1} or {-1, 1}, and true.
 *
 * @throws {ERR_PARAMETER} when the classes do not say which is positive
 */
export function positiveClass(classes: readonly Label[], given: Label | null | undefined): Label {
  if (given !== null && given !== undefined)
    return given === 1 && typeof classes[0] === 'boolean' ? true : given;
  if (classes.every((label) => typeof label === 'boolean')) return true;
  if (classes.every((label) => label === 0 || label === 1)) return 1;
  if (classes.every((label) => label === -1 || label === 1)) return 1;
  throw new ValidationError(
    'ERR_PARAMETER',
    `yTrue holds ${listLabels(classes)}; say which class is the positive one with posLabel.`,
  );
}

/** A few labels for an error message. */
export function listLabels(labels: readonly Label[]): string {
  return labels.length > 8 ? `${labels.slice(0, 8).map(show).join(', ')}, ...` : labels.map(show).join(', ');
}

/** @throws {ERR_PARAMETER} when a value is not among those allowed */
export function checkChoice<T>(name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `'${name}' must be one of ${allowed.map(show).join(', ')}; got ${show(value)}.`,
    );
  }
}
