/** Scores against the number of training rows or a parameter, and against chance. */
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import { type PartialFitOptions, reportProgress } from '../core/fit-input.js';
import { rowsByClass } from '../core/folds.js';
import { distinctLabels } from '../core/labels.js';
import { heedListener } from '../core/listener.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, checkParams, int, requireOptions, resolveSeed, seed } from '../core/params.js';
import { Random } from '../core/random.js';
import { runAll } from '../core/run-all.js';
import { type TargetsLike, targetColumns, targetRows } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import type { NativeProgress } from '../native.js';
import { type FoldData, type FoldOptions, foldData } from './folds.js';

import { type CrossValidationModel, isSingle, resolveScorers, type SingleScoring } from './scoring.js';
import type { Outcome } from './search-results.js';
import {
  measure,
  requireFit,
  runTrials,
  type ScoredSets,
  type Trial,
  type TrialOptions,
  withParams,
} from './trials.js';

/** Options of {@link validationCurve}. */
export interface ValidationCurveOptions extends FoldOptions {
  /** A scorer or its name. Default: the estimator's own `score` (accuracy or R2). */
  readonly scoring?: SingleScoring;
  /**
   * What a scorer gives that fails, and the model whose fit fails; 'raise': the error is thrown, as it is by {@link learningCurve}
   * where all fits fail. Default 'raise'.
   */
  readonly errorScore?: 'raise' | number;
}

/** Options of {@link learningCurve}. */
export interface LearningCurveOptions extends ValidationCurveOptions {
  /**
   * Training rows: counts, or shares in (0, 1] of those of the first fold, where a 1 beside shares is all of them. Default
   * [0.1, 0.325, 0.55, 0.775, 1].
   */
  readonly trainSizes?: ArrayLike<number>;
  /** Shuffle the training rows of a fold before the first ones are taken. Default false. */
  readonly shuffle?: boolean;
  /** Seed of the shuffle; null: another each time. Default null. */
  readonly randomState?: number | null;
  /** Go on from the rows before by `partialFit`, which the estimator must have, in place of a fit for each size. Default false. */
  readonly exploitIncrementalLearning?: boolean;
}

/** Scores of training and test rows. */
export interface ValidationCurve {
  /** [points, folds]. */
  readonly trainScores: Matrix<Float64Array>;
  /** [points, folds]. */
  readonly testScores: Matrix<Float64Array>;
}

/** What {@link learningCurve} returns; times are milliseconds, [sizes, folds]. */
export interface LearningCurve extends ValidationCurve {
  /** How many rows were trained on. */
  readonly trainSizes: Int32Array;
  readonly fitTimes: Matrix<Float64Array>;
  readonly scoreTimes: Matrix<Float64Array>;
}

/** Options of {@link permutationTestScore}. */
export interface PermutationTestOptions extends ValidationCurveOptions {
  /** How often y is shuffled, >= 1. Default 100. */
  readonly nPermutations?: number;
  /** Seed of the shuffles; null: others each time. Default null. */
  readonly randomState?: number | null;
}

/** What {@link permutationTestScore} returns. */
export interface PermutationTest {
  /** The mean score on the data as it is. */
  readonly score: number;
  /** The mean score for each shuffle. */
  readonly permutationScores: Float64Array;
  /** (shuffles that score as well or better, plus 1) / (shuffles plus 1). */
  readonly pValue: number;
}

const DEFAULT_SIZES = [0.1, 0.325, 0.55, 0.775, 1];

/**
 * How scores change with the number of training rows: models are fitted on the first rows of each fold. Where the two curves have
 * met, more rows won't help. Draw it by `plot.learningCurve`.
 *
 * Differs from scikit-learn: times are always there, in milliseconds.
 *
 * @param estimator - cloned for each fit and left as it is
 * @param y - null of models that learn without, as in {@link crossValidate}
 * @throws {ERR_PARAMETER} for a bad option, or sizes that are out of range
 * @throws {ERR_NOT_SUPPORTED} with `exploitIncrementalLearning`, of an estimator without `partialFit`
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { learningCurve, loadDigits, GaussianNB } from 'boreal';
 * const { data, target } = loadDigits();
 * const { trainSizes, testScores } = await learningCurve(new GaussianNB(), data, target, { trainSizes: [200, 1000] });
 * trainSizes; // [200, 1000]
 * [testScores.rows, testScores.cols]; // [2, 5]
 * ```
 */
export async function learningCurve(
  estimator: CrossValidationModel,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  options: LearningCurveOptions = {},
): Promise<LearningCurve> {
  requireOptions(options);
  const { shuffle = false, randomState = null, exploitIncrementalLearning = false } = options;
  checkParams(
    'learningCurve',
    { shuffle, randomState, exploitIncrementalLearning },
    { shuffle: bool, randomState: seed, exploitIncrementalLearning: bool },
  );
  const { folds, part } = foldData(estimator, X, y, options);
  const sizes = sizesOf(options.trainSizes ?? DEFAULT_SIZES, folds[0].train.length);
  const random = new Random(resolveSeed(randomState));
  const shuffled = folds.map(({ train, test }) => ({
    train: shuffle ? random.shuffle(train.slice()) : train,
    test,
  }));
  const owner = 'learningCurve';
  const outcomes = exploitIncrementalLearning
    ? await runParts(owner, estimator, targetRows(y), { folds: shuffled, part }, sizes, options)
    : await runCurve(
        owner,
        estimator,
        Array.from(sizes).flatMap((size) =>
          shuffled.map(({ train, test }) => ({
            ...{ model: estimator, part },
            fold: { train: train.slice(0, size), test },
          })),
        ),
        options,
      );
  requireFit(outcomes);
  const of = (pick: (outcome: Outcome) => number) => matrixOf(outcomes, folds.length, pick);
  return {
    trainSizes: sizes,
    ...scoresOf(outcomes, folds.length),
    fitTimes: of(({ fitTime }) => fitTime),
    scoreTimes: of(({ scoreTime }) => scoreTime),
  };
}

/**
 * How scores change with one parameter: where training scores rise and test scores fall, the model learns by heart. Draw it by
 * `plot.validationCurve`.
 *
 * @param estimator - cloned for each fit and left as it is
 * @param y - null of models that learn without, as in {@link crossValidate}
 * @param paramName - its parameter, `step__name` for that of a step of a pipeline
 * @param paramRange - the values
 * @throws {ERR_PARAMETER} for a bad option or value, or a parameter that the estimator does not have
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { DecisionTreeClassifier, loadIris, validationCurve } from 'boreal';
 * const { data, target } = loadIris();
 * const tree = new DecisionTreeClassifier({ randomState: 0 });
 * const { trainScores } = await validationCurve(tree, data, target, 'maxDepth', [1, 2, 8], { cv: 3 });
 * [trainScores.rows, trainScores.cols]; // [3, 3]
 * ```
 */
export async function validationCurve(
  estimator: CrossValidationModel,
  X: MatrixLike,
  y: TargetsLike | null | undefined,
  paramName: string,
  paramRange: ArrayLike<unknown>,
  options: ValidationCurveOptions = {},
): Promise<ValidationCurve> {
  if (typeof paramRange?.length !== 'number' || paramRange.length === 0)
    throw new ValidationError('ERR_PARAMETER', 'validationCurve: paramRange must be a list of values.');
  const { folds, part } = foldData(estimator, X, y, options);
  const trials = Array.from(paramRange).flatMap((value) => {
    const model = withParams<Estimator>(estimator, { [paramName]: value });
    return folds.map((fold) => ({ model, fold, part }));
  });
  return scoresOf(await runCurve('validationCurve', estimator, trials, options), folds.length);
}

/**
 * Whether a model finds more than chance: its cross-validated score beside those on targets that were shuffled, so that X says
 * nothing about them (Ojala and Garriga, Permutation Tests for Studying Classifier Performance, JMLR 11, 2010). With `groups`,
 * targets are shuffled within groups.
 *
 * Differs from scikit-learn: shuffles are those of a stream of our own, and other ones each time unless `randomState` is given.
 *
 * @param estimator - cloned for each fit and left as it is
 * @throws {ERR_PARAMETER} for a bad option
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { GaussianNB, loadIris, permutationTestScore } from 'boreal';
 * const { data, target } = loadIris();
 * const options = { nPermutations: 20, cv: 3, randomState: 0 };
 * const { pValue } = await permutationTestScore(new GaussianNB(), data, target, options);
 * pValue < 0.05; // true
 * ```
 */
export async function permutationTestScore(
  estimator: CrossValidationModel,
  X: MatrixLike,
  y: TargetsLike,
  options: PermutationTestOptions = {},
): Promise<PermutationTest> {
  requireOptions(options);
  const { nPermutations = 100, randomState = null, groups } = options;
  checkParams(
    'permutationTestScore',
    { nPermutations, randomState },
    { nPermutations: int(1), randomState: seed },
  );
  // What is wrong with y or the groups is said before they are shuffled.
  foldData(estimator, X, y, options);
  const random = new Random(resolveSeed(randomState));
  const within = groups === undefined ? null : rowsByClass(groups, 'groups');
  const given: ArrayLike<unknown> | undefined = targetRows(y);
  if (given === undefined)
    throw new ValidationError('ERR_PARAMETER', 'permutationTestScore needs y, which it shuffles.');
  const targets = [
    given,
    ...Array.from({ length: nPermutations }, () => shuffledTargets(given, within, random)),
  ];
  const counts: number[] = [];
  const trials = targets.flatMap((target) => {
    const { folds, part } = foldData(estimator, X, target, options);
    counts.push(folds.length);
    return folds.map((fold) => ({ model: estimator, fold, part }));
  });
  const outcomes = await runCurve('permutationTestScore', estimator, trials, options, false);
  let next = 0;
  const means = Float64Array.from(counts, (count) => {
    const part = outcomes.slice(next, next + count);
    next += count;
    return part.reduce((sum, { test }) => sum + test[0], 0) / count;
  });
  const [score, permutationScores] = [means[0], means.slice(1)];
  const asGood = permutationScores.reduce((sum, value) => sum + (value >= score ? 1 : 0), 0);
  return { score, permutationScores, pValue: (asGood + 1) / (nPermutations + 1) };
}

function shuffledTargets(
  y: ArrayLike<unknown>,
  within: readonly number[][] | null,
  random: Random,
): unknown[] {
  const out = Array.from(y);
  if (within === null) return random.shuffle(out);
  for (const rows of within) {
    const values = random.shuffle(rows.map((row) => y[row]));
    rows.forEach((row, k) => {
      out[row] = values[k];
    });
  }
  return out;
}

function trialOptions(
  owner: string,
  { scoring, errorScore = 'raise', device }: ValidationCurveOptions,
  returnTrainScore: boolean,
): TrialOptions {
  if (!isSingle(scoring)) throw new ValidationError('ERR_PARAMETER', `${owner} takes one scorer.`);
  return { scorers: resolveScorers(scoring), returnTrainScore, errorScore, device };
}

/** Runs trials as one operation, with progress. */
function runCurve(
  owner: string,
  estimator: Estimator,
  trials: readonly Trial[],
  given: ValidationCurveOptions,
  returnTrainScore = true,
): Promise<Outcome[]> {
  const { signal } = given;
  const options = trialOptions(owner, given, returnTrainScore);
  let done = 0;
  return withCancel(signal, () =>
    heedListener(given, (heeded) => {
      const progress = reportProgress(heeded, estimator);
      return runTrials(trials, options, signal, () => progress?.(++done, trials.length));
    }),
  );
}

type Incremental = CrossValidationModel & {
  partialFit(X: MatrixLike, y: ArrayLike<never>, options: PartialFitOptions): Promise<unknown>;
};

/** The labels of y, or of each of its targets. */
function classesOf(y: ArrayLike<unknown>): readonly never[] {
  const lists = targetColumns(y).map((column) => distinctLabels(column, 'y', 'ERR_LABELS'));
  return (lists.length === 1 ? lists[0] : lists) as never[];
}

/** The outcomes by size, then by fold, of models that learn the rows of each fold part by part. */
async function runParts(
  owner: string,
  estimator: CrossValidationModel,
  y: ArrayLike<unknown> | undefined,
  { folds, part }: Omit<FoldData, 'lend'>,
  sizes: Int32Array,
  given: ValidationCurveOptions,
): Promise<Outcome[]> {
  if (typeof (estimator as { partialFit?: unknown }).partialFit !== 'function') {
    const message = `${owner}: ${estimator.constructor.name} has no partialFit, which exploitIncrementalLearning needs.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const { signal } = given;
  const options = trialOptions(owner, given, true);
  const classes = estimator.kind === 'classifier' && y ? classesOf(y) : undefined;
  let done = 0;
  const work = (progress: NativeProgress | null) =>
    runAll(folds, signal, async ({ train, test }, stop) => {
      const model = estimator.clone() as Incremental;
      const tested = part(test);
      const outcomes: Outcome[] = [];
      for (const [k, size] of sizes.entries()) {
        const next = part(train.slice(k === 0 ? 0 : sizes[k - 1], size));
        const learn = () =>
          model.partialFit(next.X, next.y, {
            ...{ sampleWeight: next.sampleWeight, signal: stop, device: options.device },
            ...(classes && { classes }),
          });
        const sets: ScoredSets = {
          train: (score) => score(part(train.slice(0, size))),
          test: (score) => score(tested),
        };
        outcomes.push(await measure(model, learn, sets, options, stop));
        stop.throwIfAborted();
        progress?.(++done, folds.length * sizes.length);
      }
      return outcomes;
    });
  const byFold = await withCancel(signal, () =>
    heedListener(given, (heeded) => work(reportProgress(heeded, estimator))),
  );
  return Array.from(sizes).flatMap((_, k) => byFold.map((outcomes) => outcomes[k]));
}

function matrixOf(outcomes: readonly Outcome[], folds: number, pick: (outcome: Outcome) => number) {
  return new Matrix(Float64Array.from(outcomes, pick), outcomes.length / folds, folds);
}

function scoresOf(outcomes: readonly Outcome[], folds: number): ValidationCurve {
  return {
    trainScores: matrixOf(outcomes, folds, ({ train }) => train[0]),
    testScores: matrixOf(outcomes, folds, ({ test }) => test[0]),
  };
}

/** Counts of rows, rising, each once. */
function sizesOf(given: ArrayLike<number>, rows: number): Int32Array {
  const values = Array.from(given ?? []);
  const largest = Math.max(...values);
  const isShare = largest <= 1;
  const fits = (value: number) => {
    return Number.isFinite(value) && value > 0 && (isShare || (Number.isInteger(value) && value <= rows));
  };
  if (values.length === 0 || !values.every(fits)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `learningCurve: trainSizes must be shares in (0, 1], or counts from 1 to ${rows}, the training rows of the first fold.`,
    );
  }
  const counts = values.map((value) => (isShare ? Math.max(1, Math.floor(value * rows)) : value));
  return Int32Array.from(new Set(counts)).sort();
}
