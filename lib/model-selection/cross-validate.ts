/** Cross-validation: fit on the training rows of each fold, score on its test rows. */
import type { Fold } from '../core/k-fold.js';
import type { MatrixLike } from '../core/matrix.js';
import { requireOptions } from '../core/params.js';
import type { TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import type { ScorerName } from '../metrics/scorers.js';
import { type FoldOptions, forEachFold, type ModelFold } from './folds.js';
import {
  type CrossValidationModel,
  isSingle,
  type NamedScoring,
  resolveScorers,
  type Scoring,
  type SingleScoring,
} from './scoring.js';
import type { Outcome } from './search-results.js';
import { measure, requireFit, type ScoredSets } from './trials.js';

/** Options of {@link crossValScore}. */
export interface CrossValScoreOptions extends FoldOptions {
  /** A scorer or its name. Default: the estimator's own `score` (accuracy or R2). */
  readonly scoring?: SingleScoring;
  /**
   * What a scorer gives that fails, and each of a model whose fit fails; 'raise': the error is thrown. Where all fits fail, the
   * first fold's error is thrown whatever this is. Default 'raise'.
   */
  readonly errorScore?: 'raise' | number;
}

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions<S extends Scoring = Scoring>
  extends FoldOptions,
    Pick<CrossValScoreOptions, 'errorScore'> {
  /** A scorer, a list of names, or an object of scorers. Default: the estimator's own `score` (accuracy or R2). */
  readonly scoring?: S;
  /** Score the training rows too. Default false. */
  readonly returnTrainScore?: boolean;
  /** Keep the fitted models. Default false. */
  readonly returnEstimator?: boolean;
  /** Keep the rows of each fold. Default false. */
  readonly returnIndices?: boolean;
}

/** What {@link crossValidate} returns; every array has one value per fold. */
export interface CrossValidationResult<M, Scores> {
  readonly testScore: Scores;
  /** With `returnTrainScore`. */
  readonly trainScore?: Scores;
  /** Milliseconds of each fit; folds share the CPUs, so this is longer than a fit alone would take. */
  readonly fitTime: Float64Array;
  /** Milliseconds of scoring. */
  readonly scoreTime: Float64Array;
  /** With `returnEstimator`: the fitted models; one whose fit failed is not. */
  readonly estimators?: M[];
  /** With `returnIndices`: the rows of the folds. */
  readonly indices?: { readonly train: Int32Array[]; readonly test: Int32Array[] };
}

/** What a fold says of a model. */
interface Scored<M> extends Outcome {
  /** Null unless it is kept. */
  readonly model: M | null;
  readonly fold: Fold;
}

/**
 * Scores a model by cross-validation. Folds run concurrently; with a seeded estimator the result is always the same.
 *
 * Differs from scikit-learn: sample weights count in the scores too, times are milliseconds, and an error is thrown unless
 * `errorScore` is a number.
 *
 * @param estimator - cloned for each fold and left as it is
 * @param X - matrix or table
 * @param y - one label or target per row; of several targets [rows, targets]; left out, or null, of models that learn without: clusterers,
 *   mixtures, outlier detectors, and {@link PCA}
 * @throws {ERR_PARAMETER} for a bad `cv` or an unknown scorer
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { crossValidate, loadIris, RandomForestClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const forest = new RandomForestClassifier({ nEstimators: 20, randomState: 0 });
 * const { testScore } = await crossValidate(forest, data, target, { scoring: ['accuracy', 'f1Macro'] });
 * testScore.accuracy.length; // 5
 * ```
 */
export function crossValidate<M extends CrossValidationModel>(
  estimator: M,
  X: MatrixLike,
  y?: TargetsLike | null,
  options?: CrossValidateOptions<SingleScoring>,
): Promise<CrossValidationResult<M, Float64Array>>;
export function crossValidate<M extends CrossValidationModel, Name extends ScorerName>(
  estimator: M,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: CrossValidateOptions<readonly Name[]>,
): Promise<CrossValidationResult<M, Record<Name, Float64Array>>>;
export function crossValidate<M extends CrossValidationModel, Name extends string>(
  estimator: M,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: CrossValidateOptions<NamedScoring<Name>>,
): Promise<CrossValidationResult<M, Record<Name, Float64Array>>>;
export async function crossValidate<M extends CrossValidationModel>(
  estimator: M,
  X: MatrixLike,
  y?: TargetsLike | null,
  options: CrossValidateOptions = {},
): Promise<CrossValidationResult<M, Float64Array | Record<string, Float64Array>>> {
  requireOptions(options);
  const { scoring, returnTrainScore = false, returnEstimator = false, returnIndices = false } = options;
  const { errorScore = 'raise' } = options;
  if (errorScore !== 'raise' && typeof errorScore !== 'number')
    throw new ValidationError('ERR_PARAMETER', "crossValidate: errorScore must be 'raise' or a number.");
  const scorers = resolveScorers(scoring);
  // A scorer of the caller's may keep the rows, and one that failed may still be at work on them.
  const mayLend = errorScore === 'raise' && typeof scoring !== 'function' && typeof scoring !== 'object';
  const use = async ({ model, fold, stop, fit, part, lend }: ModelFold<M>): Promise<Scored<M>> => {
    const hand =
      (rows: Int32Array): ScoredSets['test'] =>
      (score) =>
        mayLend ? lend(rows, score) : score(part(rows));
    const sets = { train: hand(fold.train), test: hand(fold.test) };
    const outcome = await measure(model, fit, sets, { scorers, returnTrainScore, errorScore }, stop);
    return { ...outcome, model: returnEstimator ? model : null, fold };
  };
  const outcomes = await forEachFold(estimator, X, y, options, use);
  requireFit(outcomes);
  const collect = (scores: ReadonlyArray<readonly number[]>) => {
    const columns = scorers.map(({ name }, k) => [name, Float64Array.from(scores, (row) => row[k])] as const);
    return isSingle(scoring) ? columns[0][1] : Object.fromEntries(columns);
  };
  return {
    testScore: collect(outcomes.map(({ test }) => test)),
    ...(returnTrainScore && { trainScore: collect(outcomes.map(({ train }) => train)) }),
    fitTime: Float64Array.from(outcomes, ({ fitTime }) => fitTime),
    scoreTime: Float64Array.from(outcomes, ({ scoreTime }) => scoreTime),
    ...(returnEstimator && { estimators: outcomes.map(({ model }) => model as M) }),
    ...(returnIndices && {
      indices: {
        train: outcomes.map(({ fold }) => fold.train),
        test: outcomes.map(({ fold }) => fold.test),
      },
    }),
  };
}

/**
 * The scores of a model on the test rows of each fold. See {@link crossValidate}.
 *
 * @returns one score per fold
 * @throws see {@link crossValidate}
 * @example
 * ```ts
 * import { crossValScore, loadDiabetes, Ridge } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const scores = await crossValScore(new Ridge(), data, target, { cv: 3, scoring: 'r2' });
 * scores.length; // 3
 * ```
 */
export async function crossValScore(
  estimator: CrossValidationModel,
  X: MatrixLike,
  y?: TargetsLike | null,
  options: CrossValScoreOptions = {},
): Promise<Float64Array> {
  requireOptions(options);
  const { scoring } = options;
  if (!isSingle(scoring)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'crossValScore takes one scorer; crossValidate takes several.',
    );
  }
  return (await crossValidate(estimator, X, y, { ...options, scoring })).testScore;
}
