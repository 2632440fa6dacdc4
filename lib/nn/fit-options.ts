/** Options of training and evaluation: their checks, and what they become for the loop over epochs. */

import type { Device } from '../core/compile-options.js';
import type { FitInput, Progress } from '../core/fit-input.js';
import { toShared } from '../core/fit-input.js';
import { checkFinite } from '../core/input-checks.js';
import { type ClassWeight, weightsByClass } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { Matrix } from '../core/matrix.js';
import {
  bool,
  checkNames,
  checkParams,
  classWeight,
  custom,
  int,
  type Rules,
  real,
  show,
} from '../core/params.js';
import type { Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import type { Callback } from './callbacks/callback.js';
import { rowsOf, type Samples } from './data.js';
import type { EngineRows } from './engine.js';
import type { Loss } from './losses.js';
import type { Verbosity } from './progress-bar.js';
import { type EncodedTargets, encodeY, type Targets, targetsSlice } from './targets.js';
import type { TrainingWarning } from './training.js';

/** Rows beside the training set: X, y, and perhaps one weight >= 0 per row. */
export type ValidationData = readonly [X: Samples, y: Targets, sampleWeight?: ArrayLike<number> | null];

/** The options of a training that are parameters of the model, too. */
export interface TrainingParams {
  /** Passes over the training rows; the last epoch to train, counted from the very first. Default 1. */
  readonly epochs: number;
  /** Rows of a step. Default 32. */
  readonly batchSize: number;
  /** The share of the rows, the last ones, that are held out for validation, in [0, 1). Default 0. */
  readonly validationSplit: number;
  /** Shuffle the rows before each epoch. Default true. */
  readonly shuffle: boolean;
  /** Weights of classes by label, 'balanced', or null. Default null. */
  readonly classWeight: ClassWeight;
}

/** Options of {@link Sequential.fit}; those of {@link TrainingParams} override the model's. */
export interface SequentialFitOptions extends Partial<TrainingParams> {
  /** Rows to validate on after each epoch; they override `validationSplit`. */
  readonly validationData?: ValidationData;
  /** The same under the name that other estimators have for it. */
  readonly validation?: ValidationData;
  /** Rows of a step of validation. Default: batchSize. */
  readonly validationBatchSize?: number;
  /** Validate after every so many epochs. Default 1. */
  readonly validationFreq?: number;
  /** One weight >= 0 per row. Default: all rows count alike. */
  readonly sampleWeight?: ArrayLike<number>;
  /** The epoch to begin with, to go on with a training. Default 0. */
  readonly initialEpoch?: number;
  readonly callbacks?: readonly Callback[];
  /** See {@link Verbosity}. Default 'auto'. */
  readonly verbose?: Verbosity;
  /**
   * Where to train. Default 'cpu'. 'cuda', 'cuda:1': a GPU, of networks of dense layers, activations and dropout; 'auto': the first
   * GPU where that should be faster. Validation and callbacks' evaluations stay on the CPU.
   */
  readonly device?: Device;
  /** Aborts the training within an epoch: the model keeps the weights of the last step. */
  readonly signal?: AbortSignal;
  /**
   * Called now and then; training ends after the epoch when it returns false. What it throws, or the promise that it returns rejects with,
   * rejects the fit.
   */
  readonly onProgress?: (event: Progress) => unknown;
  /** Called with what is no error, such as a loss of NaN. Default: `process.emitWarning`. */
  readonly onWarning?: (warning: TrainingWarning) => void;
}

/** Options of {@link Sequential.evaluate}. */
export interface EvaluateOptions {
  /** Rows of a step. Default: that of the model. */
  readonly batchSize?: number;
  /** One weight >= 0 per row. */
  readonly sampleWeight?: ArrayLike<number>;
  readonly signal?: AbortSignal;
}

/** @internal */
export const trainingRules: Rules<TrainingParams> = {
  epochs: int(1),
  batchSize: int(1, 2 ** 30),
  validationSplit: real(0, 1, 'max'),
  shuffle: bool,
  classWeight,
};

const isFunction = (v: unknown) => v === undefined || v === null || typeof v === 'function';
const given = custom('as documented', () => true);
const fitRules: Rules<SequentialFitOptions> = {
  ...trainingRules,
  epochs: int(0),
  validationData: given,
  validation: given,
  validationBatchSize: int(1, 2 ** 30),
  validationFreq: int(1),
  sampleWeight: given,
  initialEpoch: int(0),
  callbacks: custom(
    'a list of callbacks',
    (v) => Array.isArray(v) && v.every((c) => typeof c === 'object' && c),
  ),
  verbose: custom("'auto', 0, 1 or 2", (v) => ['auto', 0, 1, 2].includes(v as number)),
  device: given,
  signal: given,
  onProgress: custom('a function', isFunction),
  onWarning: custom('a function', isFunction),
};

/** All options of a training. @internal */
export type ResolvedFitOptions = Required<
  Pick<
    SequentialFitOptions,
    keyof TrainingParams | 'validationBatchSize' | 'validationFreq' | 'initialEpoch' | 'callbacks' | 'verbose'
  >
> &
  Pick<
    SequentialFitOptions,
    'validationData' | 'sampleWeight' | 'signal' | 'onProgress' | 'onWarning' | 'device'
  >;

/**
 * Fills in defaults, those of the model first.
 *
 * @internal
 * @throws {ERR_PARAMETER} for an option that is unknown or out of range
 */
export function resolveFitOptions(
  params: TrainingParams,
  options: SequentialFitOptions | null | undefined,
): ResolvedFitOptions {
  if (typeof options !== 'object' && options !== undefined) {
    throw new ValidationError('ERR_PARAMETER', `fit: options must be an object; got ${show(options)}.`);
  }
  const { epochs, batchSize, validationSplit, shuffle, classWeight: weights } = params;
  const set = Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
  const merged = {
    ...{ epochs, batchSize, validationSplit, shuffle, classWeight: weights },
    ...{ validationBatchSize: (set.batchSize as number) ?? batchSize, validationFreq: 1, initialEpoch: 0 },
    ...{ callbacks: [], verbose: 'auto' as const },
    ...set,
  } as ResolvedFitOptions & SequentialFitOptions;
  const rules = Object.fromEntries(Object.keys(merged).map((name) => [name, fitRules[name as 'epochs']]));
  const unknown = Object.keys(merged).find((name) => !Object.hasOwn(fitRules, name));
  if (unknown !== undefined) {
    const known = Object.keys(fitRules).join(', ');
    throw new ValidationError('ERR_PARAMETER', `fit has no option '${unknown}'; it has ${known}.`);
  }
  checkParams('fit', merged, rules as never);
  const { validation, validationData = validation, ...others } = merged;
  return { ...others, validationData };
}

/** The options of an evaluation. @internal @throws {ERR_PARAMETER} for one that is unknown or out of range */
export function checkedEvaluateOptions(options: EvaluateOptions): EvaluateOptions {
  if (typeof options !== 'object' || options === null) {
    throw new ValidationError('ERR_PARAMETER', `evaluate: options must be an object; got ${show(options)}.`);
  }
  const { batchSize, sampleWeight, signal } = fitRules;
  const known = { batchSize, sampleWeight, signal };
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  checkNames('evaluate', set, Object.keys(known));
  checkParams(
    'evaluate',
    set,
    Object.fromEntries(Object.keys(set).map((name) => [name, known[name as 'signal']])),
  );
  return options;
}

/** What rows of a data set are encoded by. @internal */
export interface Encoding {
  readonly schema: Schema;
  readonly loss: Loss;
  readonly outputs: number;
  readonly classes: readonly Label[] | null;
}

/** X as float32, which the native core reads in place. @internal */
export function sharedFloats(x: Matrix): Float32Array {
  return toShared(x.astype('float32')).data as Float32Array;
}

/**
 * The rows of a set beside the training set.
 *
 * @internal
 * @throws see {@link encodeY}; {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value of X that is not finite
 */
export function encodeRows(X: Samples, y: Targets, weights: unknown, encoding: Encoding): EngineRows {
  const { schema, loss, outputs, classes } = encoding;
  const x = schema.encode(rowsOf(X).X);
  if (x.rows === 0) throw new ValidationError('ERR_EMPTY', 'At least one row is needed.');
  checkFinite(x, schema.columns, false);
  return {
    x: sharedFloats(x),
    rows: x.rows,
    y: encodeY(y, loss, x.rows, outputs, classes),
    weights:
      weights === undefined || weights === null ? null : weightsOf(weights as ArrayLike<number>, x.rows),
  };
}

function weightsOf(weights: ArrayLike<number>, rows: number): Float64Array {
  if (weights.length !== rows) {
    const message = `X has ${rows} rows, but sampleWeight has ${show(weights.length)} values.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const values = Float64Array.from(weights);
  const odd = values.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (odd < 0) return values;
  const message = `sampleWeight: row ${odd} is ${show(weights[odd])}; weights are finite and >= 0.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** @throws {ERR_PARAMETER} when validationData is no [X, y] or [X, y, sampleWeight] @internal */
export function checkedValidation(data: unknown): ValidationData {
  if (Array.isArray(data) && (data.length === 2 || data.length === 3))
    return data as unknown as ValidationData;
  throw new ValidationError('ERR_PARAMETER', 'validationData must be [X, y] or [X, y, sampleWeight].');
}

/**
 * The training rows, their weights those of rows times those of classes.
 *
 * @internal
 * @throws {ERR_PARAMETER} for class weights of a model that is no classifier, or of an unknown label
 */
export function trainingRows(
  x: Float32Array,
  y: EncodedTargets,
  sampleWeight: FitInput['sampleWeight'],
  given: ClassWeight,
  encoding: Encoding,
): EngineRows {
  const { rows } = y;
  if (given === null) return { x, rows, y, weights: sampleWeight };
  const { classes, outputs } = encoding;
  if (classes === null) {
    throw new ValidationError('ERR_PARAMETER', 'classWeight: the model is no classifier.');
  }
  const codes = codesOf(y, outputs);
  const byClass = weightsByClass(given, { codes, classes }, null) ?? [];
  const weights = Float64Array.from(codes, (code, i) => byClass[code] * (sampleWeight?.[i] ?? 1));
  return { x, rows, y, weights };
}

/** The class of each row. */
function codesOf({ codes, values, rows }: EncodedTargets, outputs: number): Int32Array {
  if (codes !== null) return codes;
  const data = values ?? new Float32Array(0);
  if (outputs === 1) return Int32Array.from(data);
  const found = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 1; j < outputs; j++) {
      if (data[i * outputs + j] > data[i * outputs + found[i]]) found[i] = j;
    }
  }
  return found;
}

/**
 * Holds out the last rows.
 *
 * @internal
 * @throws {ERR_PARAMETER} when one of the parts has no row
 */
export function splitRows(all: EngineRows, share: number, outputs: number): [EngineRows, EngineRows] {
  const { x, rows, y, weights } = all;
  const at = Math.floor(rows * (1 - share));
  if (at === 0 || at === rows) {
    const message = `validationSplit: a share of ${share} of ${rows} rows leaves a part without rows.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const cols = x.length / rows;
  const part = (from: number, to: number): EngineRows => ({
    x: x.subarray(from * cols, to * cols),
    rows: to - from,
    y: targetsSlice(y, outputs, from, to),
    weights: weights?.slice(from, to) ?? null,
  });
  return [part(0, at), part(at, rows)];
}
