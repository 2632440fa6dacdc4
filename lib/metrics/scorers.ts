/**
 * Scorers: one number for a fitted estimator on some data, greater being better, under the names that
 * cross-validation and searches take. They see an estimator only as the few methods below.
 */
import type { Estimator } from '../core/estimator.js';
import { type Predictor, predictTarget } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { isMatrixShaped, Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, checkParams, custom, oneOf, requireOptions, show } from '../core/params.js';
import { isTargetRow } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import { classLikelihoodRatios } from './agreement.js';
import {
  accuracyScore,
  balancedAccuracy,
  f1Score,
  matthews,
  precisionScore,
  recallScore,
} from './classification.js';
import {
  adjustedMutualInfoScore,
  adjustedRandScore,
  completenessScore,
  fowlkesMallowsScore,
  homogeneityScore,
  mutualInfoScore,
  normalizedMutualInfoScore,
  randScore,
  vMeasureScore,
} from './clustering.js';
import { topKAccuracyScore } from './decision.js';
import {
  d2AbsoluteErrorScore,
  meanGammaDeviance,
  meanPoissonDeviance,
  meanSquaredLogError,
  rootMeanSquaredLogError,
} from './deviance.js';
import { columnOf, type Labels, type MatrixInput, toGrid } from './input.js';
import { jaccardScore } from './multilabel.js';
import { brierScore, d2BrierScore, d2LogLossScore, logLoss } from './probability.js';
import { averagePrecision, rocAucScore } from './ranking.js';
import {
  explainedVariance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  r2Score,
  rootMeanSquaredError,
  type Targets,
} from './regression.js';

/** What a scorer needs of an estimator. */
export interface ScorableEstimator extends Predictor {
  /** What its plans give, where it says so: 'proba', 'decision' and the like. Else the methods that are there tell. */
  readonly outputs?: readonly string[];
  predictProba?(X: MatrixLike): Promise<unknown>;
  predictLogProba?(X: MatrixLike): Promise<unknown>;
  decisionFunction?(X: MatrixLike): Promise<unknown>;
  /** Labels, or of several targets the list of those of each. */
  readonly classes?: readonly unknown[];
}

/** A model that can be scored: a classifier, a regressor, or a pipeline that ends in one. */
export type ScoredModel = Estimator &
  ScorableEstimator & {
    score(
      X: MatrixLike,
      y: ArrayLike<never>,
      options?: { readonly sampleWeight?: ArrayLike<number> },
    ): Promise<number>;
  };

/** Options of a {@link Scorer}. */
export interface ScorerOptions {
  /** One weight >= 0 per row; default all 1. */
  sampleWeight?: ArrayLike<number> | null;
}

/** Scores a fitted estimator on X and y; greater is better. */
export type Scorer = (
  estimator: ScorableEstimator,
  X: MatrixLike,
  y: ArrayLike<Label>,
  options?: ScorerOptions,
) => Promise<number>;

type LabelMetric = (yTrue: Labels, yPred: Labels, options: ScorerOptions) => number;
type TargetMetric = (yTrue: Targets, yPred: Targets, options: ScorerOptions) => number;

function ofLabels(metric: LabelMetric): Scorer {
  return async (estimator, X, y, options = {}) =>
    metric(y, (await predictTarget(estimator, X)) as Labels, options);
}

/** Of a fold that leaves a ratio undefined the worst one, so that a search can compare the candidate. */
const likelihoodRatios = (y: Labels, said: Labels, options: ScorerOptions) =>
  classLikelihoodRatios(y, said, { ...options, replaceUndefinedBy: 1 });

function ofTargets(metric: TargetMetric): Scorer {
  return async (estimator, X, y, options = {}) =>
    metric(y as ArrayLike<number>, (await predictTarget(estimator, X)) as Targets, options);
}

async function probabilities(estimator: ScorableEstimator, X: MatrixLike): Promise<MatrixInput> {
  if (estimator.predictProba === undefined) {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'This score needs probabilities, and the estimator has no predictProba.',
    );
  }
  const proba = await estimator.predictProba(X);
  if (!Array.isArray(proba) || !isMatrixShaped(proba[0])) return proba as MatrixInput;
  return ofSecondClasses(proba as Matrix[]);
}

/** Of several targets the probability of the second class of each, [rows, targets]. */
function ofSecondClasses(proba: readonly Matrix[]): Matrix {
  if (proba.some(({ cols }) => cols !== 2))
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'Of several targets this score needs two classes each; the model knows another number of one.',
    );
  const { rows } = proba[0];
  const data = new Float64Array(rows * proba.length);
  for (const [t, own] of proba.entries())
    for (let i = 0; i < rows; i++) data[i * proba.length + t] = own.row(i)[1];
  return new Matrix(data, rows, proba.length);
}

/** Decisions, or the probabilities of an estimator without them. */
async function rankingScores(estimator: ScorableEstimator, X: MatrixLike): Promise<MatrixInput> {
  const decides = estimator.outputs?.includes('decision') ?? true;
  if (decides && estimator.decisionFunction !== undefined)
    return (await estimator.decisionFunction(X)) as MatrixInput;
  return probabilities(estimator, X);
}

function ofRanking(multiClass: 'raise' | 'ovr' | 'ovo', average: 'macro' | 'weighted' = 'macro'): Scorer {
  return async (estimator, X, y, options = {}) => {
    const several = multiClass !== 'raise';
    // Several classes are compared by probabilities, which are of one scale.
    return rocAucScore(y, await (several ? probabilities : rankingScores)(estimator, X), {
      ...options,
      multiClass,
      average,
      labels: several ? labelsOf(estimator) : null,
    });
  };
}

/** The classes of an estimator of one target. */
function labelsOf({ classes }: ScorableEstimator): readonly Label[] | undefined {
  return isTargetRow(classes?.[0]) ? undefined : (classes as readonly Label[] | undefined);
}

/** Of two classes the scores of the larger one. */
function lastColumn(scores: MatrixInput): Float64Array {
  const grid = toGrid(scores, 'yScore');
  return columnOf(grid, grid.cols - 1);
}

/** Options of {@link makeScorer}. */
export interface MakeScorerOptions {
  /** What of the model the metric gets: labels or numbers, probabilities, or scores before the link. Default 'predict'. */
  readonly responseMethod?: 'predict' | 'predictProba' | 'decisionFunction';
  /** Whether a greater value of the metric is better; else the scorer gives it with the other sign. Default true. */
  readonly greaterIsBetter?: boolean;
}

/**
 * A scorer of a metric: for cross-validation and searches. Probabilities of two classes go to the metric as those of the second.
 *
 * @param metric - of true and predicted values; it gets `metricOptions`, and `sampleWeight` where that is given
 * @param metricOptions - such as `{ beta: 2 }` of {@link fbetaScore}
 * @throws {ERR_PARAMETER} for a bad option; the scorer {ERR_NOT_SUPPORTED} for a model without such a response
 * @example
 * ```ts
 * import { crossValScore, fbetaScore, GaussianNB, loadBreastCancer, makeScorer } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const scoring = makeScorer(fbetaScore, {}, { beta: 2 });
 * (await crossValScore(new GaussianNB(), data, target, { scoring })).length; // 5
 * ```
 */
export function makeScorer<O extends object>(
  metric: (yTrue: never, yPred: never, options: never) => number,
  options: MakeScorerOptions = {},
  metricOptions?: O,
): Scorer {
  requireOptions(options);
  const { responseMethod = 'predict', greaterIsBetter = true, ...unknown } = options;
  checkParams(
    'makeScorer',
    { ...unknown, metric, responseMethod, greaterIsBetter },
    {
      metric: custom('a function', (v) => typeof v === 'function'),
      responseMethod: oneOf('predict', 'predictProba', 'decisionFunction'),
      greaterIsBetter: bool,
    },
  );
  const answer = async (estimator: ScorableEstimator, X: MatrixLike) => {
    if (responseMethod === 'predict') return predictTarget(estimator, X);
    if (responseMethod === 'decisionFunction' && estimator.decisionFunction === undefined)
      throw new StateError(
        'ERR_NOT_SUPPORTED',
        'This score needs decisions, and the estimator has no decisionFunction.',
      );
    const scores = (
      responseMethod === 'predictProba'
        ? await probabilities(estimator, X)
        : await estimator.decisionFunction?.(X)
    ) as MatrixInput;
    return labelsOf(estimator)?.length === 2 ? lastColumn(scores) : scores;
  };
  return async (estimator, X, y, { sampleWeight } = {}) => {
    const weights = sampleWeight === undefined || sampleWeight === null ? {} : { sampleWeight };
    const value = metric(
      y as never,
      (await answer(estimator, X)) as never,
      { ...metricOptions, ...weights } as never,
    );
    return greaterIsBetter ? value : -value;
  };
}

const SCORERS = {
  accuracy: ofLabels(accuracyScore),
  balancedAccuracy: ofLabels(balancedAccuracy),
  f1: ofLabels(f1Score),
  f1Macro: ofLabels((y, p, o) => f1Score(y, p, { ...o, average: 'macro' })),
  f1Samples: ofLabels((y, p, o) => f1Score(y, p, { ...o, average: 'samples' })),
  f1Micro: ofLabels((y, p, o) => f1Score(y, p, { ...o, average: 'micro' })),
  f1Weighted: ofLabels((y, p, o) => f1Score(y, p, { ...o, average: 'weighted' })),
  precision: ofLabels(precisionScore),
  precisionMacro: ofLabels((y, p, o) => precisionScore(y, p, { ...o, average: 'macro' })),
  precisionMicro: ofLabels((y, p, o) => precisionScore(y, p, { ...o, average: 'micro' })),
  precisionSamples: ofLabels((y, p, o) => precisionScore(y, p, { ...o, average: 'samples' })),
  precisionWeighted: ofLabels((y, p, o) => precisionScore(y, p, { ...o, average: 'weighted' })),
  recall: ofLabels(recallScore),
  recallMacro: ofLabels((y, p, o) => recallScore(y, p, { ...o, average: 'macro' })),
  recallMicro: ofLabels((y, p, o) => recallScore(y, p, { ...o, average: 'micro' })),
  recallSamples: ofLabels((y, p, o) => recallScore(y, p, { ...o, average: 'samples' })),
  recallWeighted: ofLabels((y, p, o) => recallScore(y, p, { ...o, average: 'weighted' })),
  averagePrecision: (async (estimator, X, y, options = {}) => {
    const yScore = await rankingScores(estimator, X);
    const known = labelsOf(estimator);
    if (known?.length !== 2) return averagePrecision(y, yScore, options);
    return averagePrecision(y, lastColumn(yScore), { ...options, posLabel: known[1] });
  }) as Scorer,
  rocAuc: ofRanking('raise'),
  rocAucOvr: ofRanking('ovr'),
  rocAucOvrWeighted: ofRanking('ovr', 'weighted'),
  rocAucOvo: ofRanking('ovo'),
  negLogLoss: (async (estimator, X, y, options = {}) => {
    const yProba = await probabilities(estimator, X);
    return -logLoss(y, yProba, { ...options, labels: labelsOf(estimator) });
  }) as Scorer,
  negBrierScore: (async (estimator, X, y, options = {}) => {
    const yProba = await probabilities(estimator, X);
    return -brierScore(y, yProba, { ...options, labels: labelsOf(estimator) });
  }) as Scorer,
  d2LogLossScore: (async (estimator, X, y, options = {}) => {
    const yProba = await probabilities(estimator, X);
    return d2LogLossScore(y, yProba, { ...options, labels: labelsOf(estimator) });
  }) as Scorer,
  d2BrierScore: (async (estimator, X, y, options = {}) => {
    const yProba = await probabilities(estimator, X);
    return d2BrierScore(y, yProba, { ...options, labels: labelsOf(estimator) });
  }) as Scorer,
  topKAccuracy: (async (estimator, X, y, options = {}) => {
    const yScore = await rankingScores(estimator, X);
    const { cols } = toGrid(yScore, 'yScore');
    return topKAccuracyScore(y, cols === 2 ? lastColumn(yScore) : yScore, {
      ...options,
      labels: labelsOf(estimator),
    });
  }) as Scorer,
  matthewsCorrcoef: ofLabels(matthews),
  jaccard: ofLabels((y, p, o) => jaccardScore(y, p, o)),
  jaccardMacro: ofLabels((y, p, o) => jaccardScore(y, p, { ...o, average: 'macro' })),
  jaccardMicro: ofLabels((y, p, o) => jaccardScore(y, p, { ...o, average: 'micro' })),
  jaccardSamples: ofLabels((y, p, o) => jaccardScore(y, p, { ...o, average: 'samples' })),
  jaccardWeighted: ofLabels((y, p, o) => jaccardScore(y, p, { ...o, average: 'weighted' })),
  positiveLikelihoodRatio: ofLabels((y, p, o) => likelihoodRatios(y, p, o).positive),
  negNegativeLikelihoodRatio: ofLabels((y, p, o) => -likelihoodRatios(y, p, o).negative),
  r2: ofTargets(r2Score),
  negMeanSquaredError: ofTargets((y, p, o) => -meanSquaredError(y, p, o)),
  negRootMeanSquaredError: ofTargets((y, p, o) => -rootMeanSquaredError(y, p, o)),
  negMeanAbsoluteError: ofTargets((y, p, o) => -meanAbsoluteError(y, p, o)),
  negMedianAbsoluteError: ofTargets((y, p, o) => -medianAbsoluteError(y, p, o)),
  negMeanAbsolutePercentageError: ofTargets((y, p, o) => -meanAbsolutePercentageError(y, p, o)),
  negMeanSquaredLogError: ofTargets((y, p, o) => -meanSquaredLogError(y, p, o)),
  negRootMeanSquaredLogError: ofTargets((y, p, o) => -rootMeanSquaredLogError(y, p, o)),
  negMeanPoissonDeviance: ofTargets((y, p, o) => -meanPoissonDeviance(y, p, o)),
  negMeanGammaDeviance: ofTargets((y, p, o) => -meanGammaDeviance(y, p, o)),
  negMaxError: ofTargets((y, p) => -maxError(y, p)),
  explainedVariance: ofTargets(explainedVariance),
  d2AbsoluteErrorScore: ofTargets(d2AbsoluteErrorScore),
  // Of clusters, y being the classes that they should find.
  adjustedRandScore: ofLabels(adjustedRandScore),
  randScore: ofLabels(randScore),
  homogeneityScore: ofLabels(homogeneityScore),
  completenessScore: ofLabels(completenessScore),
  vMeasureScore: ofLabels((y, p) => vMeasureScore(y, p)),
  mutualInfoScore: ofLabels(mutualInfoScore),
  adjustedMutualInfoScore: ofLabels((y, p) => adjustedMutualInfoScore(y, p)),
  normalizedMutualInfoScore: ofLabels((y, p) => normalizedMutualInfoScore(y, p)),
  fowlkesMallowsScore: ofLabels(fowlkesMallowsScore),
} satisfies Record<string, Scorer>;

/** The names that {@link getScorer} knows: scikit-learn's in camelCase. */
export type ScorerName = keyof typeof SCORERS;

/** Every name that {@link getScorer} knows. */
export const scorerNames = Object.keys(SCORERS) as readonly ScorerName[];

/**
 * The scorer of a name; a function is taken as a scorer itself.
 *
 * @param scoring - such as 'accuracy', 'f1Macro', 'rocAuc', 'r2', 'negMeanSquaredError'
 * @throws {ERR_PARAMETER} when there is no such scorer
 * @example
 * ```ts
 * import { getScorer, loadIris, RandomForestClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new RandomForestClassifier().fit(data, target);
 * await getScorer('accuracy')(model, data, target); // close to 1 on its own training data
 * ```
 */
export function getScorer(scoring: ScorerName | Scorer): Scorer {
  if (typeof scoring === 'function') return scoring;
  if (typeof scoring !== 'string' || !Object.hasOwn(SCORERS, scoring)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `There is no scorer ${show(scoring)}; there are ${scorerNames.join(', ')}, or pass a function.`,
    );
  }
  return SCORERS[scoring];
}

/** The first of the highest scores among those from `eligible` on; NaN is lowest. */
export function bestOf(scores: ArrayLike<number>, eligible = 0): number {
  let found = eligible;
  for (let k = eligible; k < scores.length; k++)
    if (scores[k] > scores[found] || (Number.isNaN(scores[found]) && !Number.isNaN(scores[k]))) found = k;
  return found;
}
