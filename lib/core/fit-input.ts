/** What reaches an estimator's `fitState`: encoded, checked and private to this fit. */
import { StateError, ValidationError } from '../errors.js';
import type { CancelHandle, FloatArray, NativeProgress } from '../native.js';
import type { Device } from './compile-options.js';
import { copyRows } from './copy-rows.js';
import type { Estimator } from './estimator.js';
import { isSparse } from './forms.js';
import {
  classesOfPart,
  type EncodedLabels,
  encodeLabels,
  encodePart,
  encodeTargets,
  type Label,
} from './labels.js';
import { requireValues } from './linalg/base.js';
import { isReadInPlace, privateArray } from './linalg/memory.js';
import { checkListener } from './listener.js';
import { type Dtype, isTypedArray, Matrix, type MatrixLike } from './matrix.js';
import { measuredCopy } from './moments.js';
import type { NamedCategories } from './named-categories.js';
import { ownCopy } from './own-copy.js';
import { show } from './params.js';
import { encodeQueries, type QueryOptions } from './queries.js';
import { takeRows } from './rows.js';
import { type Column, Schema } from './schema.js';
import { takeSparseColumns } from './sparse/csr-columns.js';
import { type CsrMatrix, requireCsr } from './sparse/csr-matrix.js';
import { encodeTargetMatrix, rowsOfMatrix, type TargetsLike, targetRows, targetsOf } from './targets.js';
import { resolveTrainingDevice, type TrainingDevice } from './training-device.js';

/** A step of a long operation. */
export interface Progress {
  /** The estimator that is working, for example 'RandomForestRegressor'. */
  readonly estimator: string;
  readonly done: number;
  readonly total: number;
  /** done / total, in [0, 1]. */
  readonly fraction: number;
  /** Of training in rounds: the mean loss of the training rows. */
  readonly trainLoss?: number;
  /** Of training in rounds with a validation set: its mean loss. */
  readonly validationLoss?: number;
  /** Of training in rounds where a score is watched: that of the training rows, greater being better. */
  readonly trainScore?: number;
  /** The same of the validation set. */
  readonly validationScore?: number;
}

/** Rows beside the training set: X, y, and perhaps one weight >= 0 per row. */
export type ValidationSet = readonly [
  X: MatrixLike,
  y: ArrayLike<unknown>,
  sampleWeight?: ArrayLike<number> | null,
];

/** Options of every `fit`. Those of queries are for rankers: see {@link HistGradientBoostingRanker}. */
export interface FitOptions extends QueryOptions {
  /** One weight >= 0 per row. Default: all rows count alike. */
  readonly sampleWeight?: ArrayLike<number>;
  /** The group of each row, for estimators whose `cv` is a splitter that keeps groups together: see {@link GroupKFold}. */
  readonly groups?: ArrayLike<unknown>;
  /**
   * Rows that the model does not learn from, which it is watched on while it trains in rounds: see
   * {@link HistGradientBoostingClassifier}. A pipeline hands them through its steps.
   */
  readonly validation?: ValidationSet;
  /** As `group`, of the validation set. */
  readonly validationGroup?: ArrayLike<number> | null;
  /** As `qid`, of the validation set. */
  readonly validationQid?: ArrayLike<number | string> | null;
  /** Aborts the fit; the estimator keeps its previous state. */
  readonly signal?: AbortSignal;
  /**
   * Called now and then while the fit works, and never after it settled. Where training goes in rounds (boosting) it is
   * called after each, and ends the fit, which keeps its rounds, by returning false. What it throws, or the promise that it returns rejects
   * with, rejects the fit.
   */
  readonly onProgress?: (event: Progress) => unknown;
  /**
   * Where to train. Default 'cpu'. A GPU is an error (ERR_NOT_SUPPORTED) for estimators that it cannot train; 'auto' takes the
   * first GPU where that should be faster, else the CPU.
   */
  readonly device?: Device;
}

/** One for each option, which the compiler compares with them. */
const FIT_OPTIONS: Readonly<Record<keyof FitOptions, true>> = {
  ...{
    sampleWeight: true,
    groups: true,
    group: true,
    qid: true,
    signal: true,
    onProgress: true,
    device: true,
  },
  ...{ validation: true, validationGroup: true, validationQid: true },
};

/**
 * What `fit` was given for its options.
 *
 * @param method - who was given them, for errors
 * @param options - those that there are
 * @throws {ERR_PARAMETER} when that cannot be used, or has one that there is not
 */
export function checkedFitOptions<O extends FitOptions>(
  given: O | null | undefined,
  method = 'fit',
  options: object = FIT_OPTIONS,
): O {
  if (given === undefined || given === null) return {} as O;
  if (typeof given !== 'object') {
    throw new ValidationError('ERR_PARAMETER', `${method}: options must be an object; got ${show(given)}.`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(options, name)) continue;
    const known = Object.keys(options).join(', ');
    throw new ValidationError('ERR_PARAMETER', `${method} has no option '${name}'; it has ${known}.`);
  }
  checkListener(given.onProgress);
  return given;
}

const PART_OPTIONS: Readonly<Record<keyof PartialFitOptions, true>> = { ...FIT_OPTIONS, classes: true };

/** Options of `partialFit` of classifiers. */
export interface PartialFitOptions extends FitOptions {
  /** All classes that will ever come, for the first part; default, and null: those of its y. */
  readonly classes?: readonly Label[] | null;
}

/**
 * The options of a `partialFit`, and a copy of its classes, which the caller may change while it works.
 *
 * @throws {ERR_PARAMETER} as {@link checkedFitOptions}
 */
export function partOptions<C>(
  given: (FitOptions & { readonly classes?: C }) | null | undefined,
): [classes: C | undefined, others: FitOptions] {
  const { classes, ...others } = checkedFitOptions(given, 'partialFit', PART_OPTIONS);
  return [ownCopy(classes), others];
}

/** A validation set as estimators see it: as private, and in the columns and element type of the training set. */
export interface ValidationInput {
  readonly x: Matrix;
  readonly y: ArrayLike<unknown>;
  readonly sampleWeight: Float64Array | null;
  readonly queries: Int32Array | null;
}

/** The training set as estimators see it. */
export interface FitInput {
  /**
   * Private to this fit and never changed: native jobs read it in place. Estimators that
   * learn in place may get the caller's own memory, and read nothing else.
   */
  readonly x: Matrix;
  /**
   * X as the caller gave it, of estimators whose models read documents or sparse rows themselves; x then has rows, but no columns.
   * {@link Estimator.fitInput} fits these models on it.
   */
  readonly given?: MatrixLike;
  /**
   * Of documents, which have no columns before somebody tells them from texts: what the pipeline that it is a step of names of the columns of X.
   * Undefined: what the estimator itself names.
   */
  readonly namer?: (columns: readonly Column[]) => NamedCategories;
  /** Those of x, or of the sparse rows given; of documents none. */
  readonly columns: readonly Column[];
  /**
   * A copy of what the caller passed, as {@link targetsOf} gives it. {@link requireY} lists the rows of a matrix; {@link fitLabels},
   * {@link fitTargets} and {@link fitTargetMatrix} check it.
   */
  readonly y: ArrayLike<unknown> | Matrix | undefined;
  readonly sampleWeight: Float64Array | null;
  /** The group of each row, as the caller passed them, for splitters. */
  readonly groups?: ArrayLike<unknown>;
  readonly validation: ValidationInput | null;
  /** Where queries begin, and the number of rows; null when none were given. */
  readonly queries: Int32Array | null;
  readonly signal: AbortSignal | undefined;
  readonly cancel: CancelHandle | null;
  readonly onProgress: ((event: Progress) => unknown) | undefined;
  /** Where to train what a GPU can train. */
  readonly device: TrainingDevice;
}

/** The part of a training set that is not X, and how many rows that has. */
export interface Targets extends Pick<FitInput, 'y' | 'sampleWeight'> {
  readonly x: { readonly rows: number };
}

/** A training set of sparse rows: {@link FitInput} for estimators that read them as they are. */
export interface SparseFitInput extends Omit<FitInput, 'x' | 'validation' | 'queries'> {
  readonly x: CsrMatrix;
}

/** y as class codes. */
export function fitLabels(input: Targets): EncodedLabels {
  return encodeLabels(requireY(input), input.x.rows);
}

/**
 * y of a part of the data as class codes.
 *
 * @param known - the classes of the parts before it
 * @param given - all classes that will ever come, by the caller; those of y when there is neither
 * @throws {ERR_LABELS} for a label that is no class, and for classes that are not those before
 */
export function partLabels(
  input: Targets,
  known: readonly Label[] | undefined,
  given: readonly Label[] | null | undefined,
): EncodedLabels {
  const classes = classesOfPart(known, given);
  return classes === undefined ? fitLabels(input) : encodePart(requireY(input), input.x.rows, classes);
}

/** y as finite numbers, of several targets [rows, targets]: for estimators with the tag `multiOutput`. */
export function fitTargetMatrix(input: Targets): Matrix<Float64Array> {
  return encodeTargetMatrix(givenY(input), input.x.rows);
}

/** y as finite numbers, of one target. */
export function fitTargets(input: Targets): Float64Array {
  return encodeTargets(requireY(input), input.x.rows);
}

/** Progress, such as the native core's, as events of `estimator`; null when nobody listens. */
export function reportProgress(
  input: Pick<FitOptions, 'onProgress'>,
  estimator: object,
): NativeProgress | null {
  const { onProgress } = input;
  if (onProgress === undefined) return null;
  const name = estimator.constructor.name;
  return (done, total) => onProgress({ estimator: name, done, total, fraction: done / total });
}

/** y as a list with one entry per row. @throws {ERR_PARAMETER} when it was not passed */
export function requireY(input: Pick<FitInput, 'y'>): ArrayLike<unknown> {
  const y = givenY(input);
  return y instanceof Matrix ? rowsOfMatrix(y) : y;
}

function givenY(input: Pick<FitInput, 'y'>): NonNullable<FitInput['y']> {
  if (input.y === undefined || input.y === null) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'fit needs y: an array with one label or target per row of X.',
    );
  }
  return input.y;
}

/**
 * Some rows of a training set, in that order and perhaps repeatedly, for a model of an ensemble.
 *
 * @param own - the columns that the model gets, of dense or sparse rows; null: all
 */
export function partOfInput(input: FitInput, rows: Int32Array, own: Int32Array | null = null): FitInput {
  const { x, given, y, columns, sampleWeight, groups } = input;
  return {
    ...input,
    ...(given === undefined
      ? { x: own === null ? takeSharedRows(x, rows) : toShared(x.takeRows(rows).columns(own)) }
      : { x: noColumns(rows.length), given: partOfGiven(given, rows, own) }),
    columns: own === null ? columns : Array.from(own, (j) => columns[j]),
    y: y instanceof Matrix ? y.takeRows(rows) : y && Array.from(rows, (row) => y[row]),
    sampleWeight: sampleWeight && Float64Array.from(rows, (row) => sampleWeight[row]),
    groups: groups && Array.from(rows, (row) => groups[row]),
    validation: null,
    queries: null,
    onProgress: undefined,
  };
}

function partOfGiven(given: MatrixLike, rows: Int32Array, own: Int32Array | null): MatrixLike {
  const part = takeRows(given, rows);
  return own === null ? part : takeSparseColumns(requireCsr(part), Array.from(own));
}

/**
 * @returns whether the rows of a training set are sparse, for an estimator that reads their columns
 * @throws {ERR_NOT_SUPPORTED} for documents, which have none
 */
export function hasSparseColumns(owner: Estimator, { given }: FitInput): boolean {
  if (given === undefined) return false;
  if (isSparse(given) && !owner.tags.vectorizes) return true;
  const message = `${owner.constructor.name} needs the columns of X, which documents do not have.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/**
 * The rows of a training set in memory that native jobs read in place, sparse rows being made dense.
 *
 * @throws {ERR_NOT_SUPPORTED} for documents
 * @throws {ERR_DENSE} above 2^28 values
 */
export function denseRows(owner: Estimator, input: FitInput): Matrix {
  return hasSparseColumns(owner, input) ? toShared(requireCsr(input.given).toDense()) : input.x;
}

/**
 * A copy of rows in memory that native jobs read in place, which a fit then takes as it is.
 *
 * @param block - where to copy them to, as of {@link privateArray}: of at least their length, and read by nobody. Default: new memory
 */
export function takeSharedRows(x: Matrix, rows: ArrayLike<number>, block?: FloatArray): Matrix {
  requireValues(x);
  const length = rows.length * x.cols;
  const data = block?.subarray(0, length) ?? privateArray(x.data, length);
  copyRows(x, rows, data);
  return new Matrix(data, rows.length, x.cols);
}

/** A matrix that native jobs read in place: X itself when it is one already, else a copy. */
export function toShared(x: Matrix): Matrix {
  if (isReadInPlace(x.data)) return x;
  requireValues(x);
  const data = privateArray(x.data, x.data.length);
  data.set(x.data);
  return new Matrix(data, x.rows, x.cols);
}

/**
 * Encodes X and checks what all estimators need.
 *
 * @param reading - isInPlace: whether to leave X where it is: for a fit that has done with it before it first waits; variance: whether
 *   it will ask for variances; known: the columns and element type to take X in: those of an earlier part of the same data;
 *   owner: whose categories columns have, too
 * @throws {ERR_EMPTY} without rows or columns
 * @throws {ERR_SHAPE} when sampleWeight or groups has the wrong length
 * @throws {ERR_PARAMETER} when a weight is negative or not finite, or all are 0
 */
export function encodeFitInput(
  X: MatrixLike,
  y: TargetsLike | undefined,
  options: FitOptions,
  {
    isInPlace,
    variance,
    known,
    owner,
  }: {
    readonly isInPlace: (x: Matrix) => boolean;
    readonly variance: boolean;
    readonly known?: { readonly schema: Schema; readonly dtype: Dtype };
    readonly owner?: Estimator;
  },
): { input: FitInput; schema: Schema; inPlace: boolean; isCopy: boolean } {
  const schema = known?.schema ?? Schema.infer(X, (columns) => owner?.namedCategories(columns) ?? []);
  const encoded = schema.encode(X, known?.dtype);
  const { data, rows, cols } = encoded;
  if (rows === 0 || cols === 0) {
    throw new ValidationError(
      'ERR_EMPTY',
      `fit needs at least one row and one column; X has shape [${rows}, ${cols}].`,
    );
  }
  const inPlace = isInPlace(encoded);
  // A matrix of its own, also around the caller's memory: what is known of it ends with this fit.
  const isCopy = !inPlace && !isReadInPlace(data);
  const x = isCopy ? measuredCopy(encoded, variance) : new Matrix(data, rows, cols);
  const input: FitInput = {
    ...besidesX(y, options, x.rows),
    x,
    columns: schema.columns,
    validation: options.validation ? encodeValidation(options.validation, options, schema, x.dtype) : null,
    queries: encodeQueries(options, x.rows, 'fit'),
  };
  return { input, schema, inPlace, isCopy };
}

/** A copy of what a fit gets beside X, and of its options. */
export function besidesX(y: TargetsLike | undefined, options: FitOptions, rows: number) {
  return {
    y: copyTargets(y, rows),
    sampleWeight: options.sampleWeight ? encodeWeights(options.sampleWeight, rows) : null,
    groups: encodeGroups(options.groups, rows),
    signal: options.signal,
    cancel: null,
    onProgress: options.onProgress ?? undefined,
    device: resolveTrainingDevice(options.device),
  };
}

/** Beside rows that are given. */
export const noColumns = (rows: number): Matrix => new Matrix(new Float64Array(0), rows, 0);

function encodeValidation(
  set: ValidationSet,
  { validationGroup: group, validationQid: qid }: FitOptions,
  schema: Schema,
  dtype: Dtype,
): ValidationInput {
  if (!Array.isArray(set) || set.length < 2 || set.length > 3) {
    throw new ValidationError('ERR_PARAMETER', 'validation must be [X, y] or [X, y, sampleWeight].');
  }
  const [X, y, sampleWeight] = set as ValidationSet;
  const x = toShared(schema.encode(X, dtype));
  if (x.rows === 0) throw new ValidationError('ERR_EMPTY', 'validation needs at least one row.');
  const targets = copyList(targetRows(y), x.rows);
  if (targets?.length !== x.rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `validation: X has ${x.rows} rows, but y has ${targets?.length ?? 'no'} values.`,
    );
  }
  return {
    x,
    y: targets,
    sampleWeight: sampleWeight ? encodeWeights(sampleWeight, x.rows) : null,
    queries: encodeQueries({ group, qid }, x.rows, 'validation'),
  };
}

/** y in the form of a fit, as a copy, which the caller may change while the fit works. */
function copyTargets(given: TargetsLike | null | undefined, rows: number): FitInput['y'] {
  const y = targetsOf(given);
  return y instanceof Matrix ? new Matrix(new Float64Array(y.data), y.rows, y.cols) : copyList(y, rows);
}

/**
 * Arrays are copied by the engine, which takes a hundredth of the time.
 *
 * @throws {ERR_SHAPE} for an object that only says that it has more values than there are rows
 */
function copyList(list: ArrayLike<unknown> | null | undefined, rows: number): ArrayLike<unknown> | undefined {
  if (list === null || typeof list?.length !== 'number') return list ?? undefined;
  if (Array.isArray(list)) return list.slice();
  if (isTypedArray(list)) return new Float64Array(list);
  if (list.length <= rows) return Array.from(list);
  throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${list.length} values.`);
}

/** @throws {ERR_SHAPE | ERR_PARAMETER} unless there is a weight >= 0 for each row, and a sum of them above 0 */
export function encodeWeights(weights: ArrayLike<number>, rows: number): Float64Array {
  if (weights.length !== rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `X has ${rows} rows, but sampleWeight has ${weights.length} values.`,
    );
  }
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i];
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `sampleWeight: row ${i} is ${show(weight)}; weights are finite and >= 0.`,
      );
    }
    sum += weight;
  }
  if (!(sum > 0))
    throw new ValidationError('ERR_PARAMETER', 'sampleWeight: at least one weight must be above 0.');
  if (sum === Infinity)
    throw new ValidationError('ERR_PARAMETER', 'sampleWeight: the sum of the weights overflows; scale them.');
  return Float64Array.from(weights);
}

/** A copy. @throws {ERR_SHAPE} unless there is a group for each row */
function encodeGroups(groups: FitOptions['groups'], rows: number): FitInput['groups'] {
  checkGroups(groups, rows);
  return copyList(groups, rows);
}

/** @throws {ERR_SHAPE} unless there is a group for each row, or none at all */
export function checkGroups(groups: FitOptions['groups'] | null, rows: number): void {
  if (groups === undefined || groups === null || groups.length === rows) return;
  throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but groups has ${groups.length} values.`);
}
