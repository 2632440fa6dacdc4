/** How cross-validation gets its folds and works through them: concurrently, and stopped as one. */
import { withCancel } from '../core/cancellation.js';
import type { Device } from '../core/compile-options.js';
import type { Estimator } from '../core/estimator.js';
import {
  checkGroups,
  type FitInput,
  type Progress,
  partOfInput,
  reportProgress,
  takeSharedRows,
} from '../core/fit-input.js';
import { type FoldSource, resolveFolds } from '../core/fold-source.js';
import { requireEstimator } from '../core/inner-models.js';
import type { Fold } from '../core/k-fold.js';
import { privateArray } from '../core/linalg/memory.js';
import { heedListener } from '../core/listener.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { countRows, takePairs, takeRows, takeValues } from '../core/rows.js';
import { runAll } from '../core/run-all.js';
import { Schema } from '../core/schema.js';
import { countTargets, type TargetsLike, targetRows } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import type { NativeProgress } from '../native.js';

/** Options of everything that fits once per fold. */
export interface FoldOptions {
  /**
   * A number of folds (stratified for classifiers of one target, consecutive rows otherwise), a splitter, or the folds themselves.
   * A model with a splitter among its parameters cannot be saved; with a list of folds it can. Default 5.
   */
  readonly cv?: FoldSource;
  /** The group of each row, for splitters such as {@link GroupKFold} that keep groups together. */
  readonly groups?: ArrayLike<unknown>;
  /** One weight >= 0 per row, for fitting and for scoring. Default: all rows count alike. */
  readonly sampleWeight?: ArrayLike<number>;
  /** Where to train, as the option of `fit`. Default 'cpu'. */
  readonly device?: Device;
  /** Aborts all folds. */
  readonly signal?: AbortSignal;
  /** Called when a fold is done. */
  readonly onProgress?: (event: Progress) => void;
}

/** The data of one fold. */
export interface FoldPart {
  readonly X: MatrixLike;
  /** Undefined where there is none, of models that learn without. */
  readonly y: ArrayLike<never>;
  readonly sampleWeight: ArrayLike<number> | undefined;
}

/** A fold, and a model for it. */
export interface ModelFold<M> {
  /** Not fitted yet. */
  readonly model: M;
  readonly fold: Fold;
  /** Fires when the fold is to end, other ones having failed. */
  readonly stop: AbortSignal;
  /** Fits the model on the training rows. */
  fit(): Promise<void>;
  part(rows: Int32Array): FoldPart;
  /** Calls `use` with a part that it hands to the model alone: no code of the caller's may see its X, which is lent. */
  lend<R>(rows: Int32Array, use: (part: FoldPart) => Promise<R>): Promise<R>;
}

/** The folds of a data set, and their rows. */
export interface FoldData {
  readonly folds: readonly Fold[];
  /** @param columns - of an X with an entry for each pair of rows: see {@link columnsOf} */
  part(rows: Int32Array, columns?: Int32Array | null): FoldPart;
  /**
   * Calls `use` with rows that it hands to `model` alone. Where that forgets them their memory is lent to the next call when this one
   * has succeeded: see {@link Estimator.forgetsRows}.
   */
  lend<R>(
    model: Estimator,
    rows: Int32Array,
    columns: Int32Array | null,
    use: (part: FoldPart) => Promise<R>,
  ): Promise<R>;
}

/** The columns that a model takes of a fold: all (null), or those of the training rows where X belongs to pairs of rows. */
export function columnsOf({ tags }: Estimator, { train }: Fold): Int32Array | null {
  return tags.pairwise ? train : null;
}

/** Fits a model on the training rows of a fold: in the codes of all rows, since it becomes a part of a plan that reads these. */
export async function fitPartOf(
  model: Estimator,
  input: FitInput,
  fold: Fold,
  signal: AbortSignal,
): Promise<void> {
  const part = partOfInput(input, fold.train, columnsOf(model, fold));
  await withCancel(signal, (cancel) =>
    model.fitInput({ ...part, groups: undefined, signal, cancel }, Schema.named(part.columns)),
  );
}

/**
 * Checks what is to be cross-validated.
 *
 * @throws {ERR_PARAMETER} for a bad `cv`, and without a y that the estimator needs, {ERR_NOT_SUPPORTED} for a transformer without a score,
 * {ERR_SHAPE} where lengths differ
 */
export function foldData(
  estimator: Estimator,
  X: MatrixLike,
  given: TargetsLike | null | undefined,
  { cv, groups, sampleWeight }: Pick<FoldOptions, 'cv' | 'groups' | 'sampleWeight'>,
): FoldData {
  requireEstimator(estimator, 'estimator');
  const { kind } = estimator;
  if (kind === 'transformer' && !estimator.outputs.includes('score')) {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `${estimator.constructor.name} makes no predictions to validate.`,
    );
  }
  const y = targetRows(given);
  if (y === undefined && (kind === 'classifier' || kind === 'regressor')) {
    const message = `${estimator.constructor.name} needs y: an array with one label or target per row of X.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const rows = countRows(X, y);
  if (sampleWeight && sampleWeight.length !== rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `X has ${rows} rows, but sampleWeight has ${sampleWeight.length} values.`,
    );
  }
  checkGroups(groups, rows);
  // Rows of several labels have no classes to be dealt out by.
  const isStratified = kind === 'classifier' && y !== undefined && countTargets(y) === 1;
  const folds = resolveFolds(cv ?? 5, isStratified, X, y, groups);
  const take = (indices: Int32Array, columns: Int32Array | null) => {
    if (columns !== null) return takePairs(X, indices, columns);
    // In shared memory where it can be, so that no fit copies it again.
    return X instanceof Matrix ? takeSharedRows(X, indices) : takeRows(X, indices);
  };
  const besidesX = (indices: Int32Array) => ({
    y: (y && takeValues(y, indices)) as ArrayLike<never>,
    sampleWeight: sampleWeight && takeValues(sampleWeight, indices),
  });
  const part = (indices: Int32Array, columns: Int32Array | null = null): FoldPart => ({
    X: take(indices, columns),
    ...besidesX(indices),
  });
  const lent = X instanceof Matrix ? new LentRows(X, folds) : null;
  const lend: FoldData['lend'] = (model, indices, columns, use) =>
    lent !== null && columns === null && model.forgetsRows
      ? lent.use(indices, (own) => use({ X: own, ...besidesX(indices) }))
      : use(part(indices, columns));
  return { folds, part, lend };
}

/**
 * Copies of rows that are made in the same memory one after another. Were each in memory of its own, most would not be collected
 * before the next is made, and every few of them would make the collector run.
 */
class LentRows {
  readonly #x: Matrix;
  readonly #folds: readonly Fold[];
  readonly #idle: FloatArray[] = [];

  /** @param folds - of which parts come one at a time: each block has room for the largest */
  constructor(x: Matrix, folds: readonly Fold[]) {
    this.#x = x;
    this.#folds = folds;
  }

  /** Calls `use` with a copy of rows, to whose memory nothing may refer when that has succeeded. */
  async use<R>(rows: Int32Array, use: (X: Matrix) => Promise<R>): Promise<R> {
    const block = this.#idle.pop() ?? this.#block();
    const result = await use(takeSharedRows(this.#x, rows, block));
    // Not after a failure: other work on the rows may not have stopped yet.
    this.#idle.push(block);
    return result;
  }

  #block(): FloatArray {
    const most = this.#folds.reduce((rows, { train, test }) => Math.max(rows, train.length, test.length), 0);
    return privateArray(this.#x.data, most * this.#x.cols);
  }
}

/**
 * Calls `use` with a clone for every fold, which that fits; results stand in the order of the folds.
 * As many folds run at a time as the native pool has threads, which also bounds the copies of X.
 *
 * @throws {ERR_PARAMETER} for a bad `cv`, {ERR_NOT_SUPPORTED} for a transformer, {ERR_ABORTED} when the signal fires, and
 * whatever `use` throws
 */
export async function forEachFold<M extends Estimator, R>(
  estimator: M,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: FoldOptions,
  use: (each: ModelFold<M>) => Promise<R>,
): Promise<R[]> {
  const { folds, part: partOf, lend: lendTo } = foldData(estimator, X, y, options);
  const { signal, device } = options;
  let done = 0;
  const work = (progress: NativeProgress | null) =>
    runAll(folds, signal, async (fold, stop) => {
      const model = estimator.clone();
      const columns = columnsOf(model, fold);
      const part = (rows: Int32Array) => partOf(rows, columns);
      const lend: ModelFold<M>['lend'] = (rows, use) => lendTo(model, rows, columns, use);
      const fit = () =>
        lend(fold.train, async ({ X, y, sampleWeight }) => {
          await model.fit(X, y, { sampleWeight, signal: stop, device });
        });
      const result = await use({ model, fold, stop, fit, part, lend });
      // A fold that was already done when another one stopped the rest is not reported.
      stop.throwIfAborted();
      progress?.(++done, folds.length);
      return result;
    });
  return withCancel(signal, () => heedListener(options, (heeded) => work(reportProgress(heeded, estimator))));
}
