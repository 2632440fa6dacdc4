/**
 * What the training data looked like, in a few kilobytes: quantiles of numbers, counts of categories, missing values. A
 * server compares live data with it. It comes from a sample of rows, one from each of equal stretches of the training
 * set, picked by a fixed sequence: the same data gives the same bits.
 */
import { type FloatArray, native } from '../native.js';
import type { Label } from './labels.js';
import { Matrix } from './matrix.js';
import type { Column, Schema } from './schema.js';

/** One column of the training data. */
export interface ColumnReference {
  /** Missing values among the sampled rows. */
  readonly missing: number;
  /** Of numbers: values at equal steps of the sorted sample, the middle of each step; all of a small sample. */
  readonly quantiles?: FloatArray;
  /** Of categories and booleans (false, true): rows of the sample by code. */
  readonly counts?: readonly number[];
}

/** What `fit` saw. */
export interface TrainingReference {
  /** Rows of the training set. */
  readonly rows: number;
  /** Rows that were looked at. */
  readonly sampled: number;
  /** In the order of the schema. */
  readonly columns: readonly ColumnReference[];
  /** Absent when the model has no target, or several. */
  readonly target?: ColumnReference;
}

/** Bounds of the work and of the size, whatever the width; 28 columns get 2048 rows and 256 quantiles. */
const MOST_SAMPLED_VALUES = 1 << 16;
const SAMPLED_ROWS = [256, 2048] as const;
const MOST_STORED_VALUES = 1 << 15;
const QUANTILES = [32, 256] as const;

const share = (total: number, cols: number, [least, most]: readonly [number, number]) =>
  Math.min(most, Math.max(least, Math.floor(total / cols)));

/** Some rows of a training set. */
export interface TrainingSample {
  /** Rows of the training set. */
  readonly of: number;
  readonly rows: number;
  /** [rows, columns] */
  readonly values: FloatArray;
  /** Absent when there is no target. */
  readonly y: readonly unknown[] | undefined;
}

/** Copies some rows of an encoded training set. Of several targets nothing is kept. */
export function takeSample(x: Matrix, targets: ArrayLike<unknown> | Matrix | undefined): TrainingSample {
  const rows = sampleRows(x.rows, share(MOST_SAMPLED_VALUES, x.cols, SAMPLED_ROWS));
  const values = native.takeRows(x.data, x.rows, x.cols, rows);
  const y = targets instanceof Matrix ? undefined : targets;
  return { of: x.rows, rows: rows.length, values, y: y && valuesAt(y, rows) };
}

/** By a loop that is all of a function, which stays optimised: a fit of neighbours does little else. */
function valuesAt(list: ArrayLike<unknown>, rows: Float64Array): unknown[] {
  const values = new Array<unknown>(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = list[rows[i]];
  return values;
}

/** Summarises the sample of a training set whose columns and target `schema` describes. */
export function summarise({ of, rows, values, y }: TrainingSample, schema: Schema): TrainingReference {
  const most = share(MOST_STORED_VALUES, schema.columns.length, QUANTILES);
  const width = schema.columns.length;
  const columns = schema.columns.map((column, j) => {
    const ofColumn = values.slice(0, rows);
    for (let i = 0; i < rows; i++) ofColumn[i] = values[i * width + j];
    return summariseColumn(ofColumn, codesOf(column), most);
  });
  const target = summariseTarget(y, schema, most);
  return { rows: of, sampled: rows, columns, ...(target && { target }) };
}

function summariseTarget(
  y: readonly unknown[] | undefined,
  { target }: Schema,
  most: number,
): ColumnReference | undefined {
  if (y === undefined || (target.kind !== 'class' && target.kind !== 'number')) return undefined;
  const classes = target.kind === 'class' ? target.classes : [];
  const codes = new Map(classes.map((label, code) => [label, code]));
  const values = Float64Array.from(y, (value) =>
    target.kind === 'class' ? codes.get(value as Label)! : (value as number),
  );
  return summariseColumn(values, target.kind === 'class' ? classes.length : undefined, most);
}

/** Number of codes of a column; undefined for numbers. */
export function codesOf({ kind, categories }: Column): number | undefined {
  if (kind === 'boolean') return 2;
  return categories?.length;
}

/** Summarises one column of numbers or of codes, with `most` quantiles. */
export function summariseColumn(
  values: FloatArray,
  codes: number | undefined,
  most: number,
): ColumnReference {
  if (codes !== undefined) {
    const counts = new Array<number>(codes).fill(0);
    let missing = 0;
    for (const code of values) {
      if (Number.isNaN(code)) missing += 1;
      else counts[code] += 1;
    }
    return { missing, counts };
  }
  // Typed arrays sort NaN to the end.
  const sorted = values.slice().sort();
  let present = sorted.length;
  while (present > 0 && Number.isNaN(sorted[present - 1])) present--;
  const missing = sorted.length - present;
  if (present <= most) return { missing, quantiles: sorted.slice(0, present) };
  const quantiles = sorted.slice(0, most);
  for (let k = 0; k < most; k++) quantiles[k] = sorted[Math.floor(((k + 0.5) * present) / most)];
  return { missing, quantiles };
}

/** All rows of a small set; else one of each of `most` equal stretches. */
function sampleRows(rows: number, most: number): Float64Array {
  const picked = new Float64Array(Math.min(rows, most));
  for (let i = 0; i < picked.length; i++) {
    // Fractions of multiples of the golden ratio do not keep step with any period in the data.
    const jitter = (i * 0.6180339887498949) % 1;
    picked[i] = rows <= most ? i : Math.floor(((i + jitter) * rows) / most);
  }
  return picked;
}

/**
 * Whether plain data from a model file is the reference of a model with that schema.
 */
export function isReference(value: unknown, schema: Schema): value is TrainingReference {
  const { rows, sampled, columns, target } = (value ?? {}) as Partial<TrainingReference>;
  if (!isCount(rows) || !isCount(sampled) || sampled < 1 || sampled > rows) return false;
  if (!Array.isArray(columns) || columns.length !== schema.columns.length) return false;
  if (!columns.every((column, j) => isColumnReference(column, codesOf(schema.columns[j]), sampled)))
    return false;
  if (target === undefined) return true;
  const { target: known } = schema;
  return isColumnReference(target, known.kind === 'class' ? known.classes.length : undefined, sampled);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isColumnReference(value: unknown, codes: number | undefined, sampled: number): boolean {
  const { missing, quantiles, counts } = (value ?? {}) as Partial<ColumnReference>;
  if (!isCount(missing) || missing > sampled) return false;
  if (codes === undefined) {
    if (!(quantiles instanceof Float32Array || quantiles instanceof Float64Array)) return false;
    if (quantiles.length > sampled - missing || (quantiles.length === 0) !== (missing === sampled))
      return false;
    return quantiles.every((q, k) => Number.isFinite(q) && (k === 0 || q >= quantiles[k - 1]));
  }
  if (!Array.isArray(counts) || counts.length !== codes || !counts.every(isCount)) return false;
  return counts.reduce((sum, count) => sum + count, missing) === sampled;
}
