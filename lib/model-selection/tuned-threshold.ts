/** A classifier whose threshold is found by cross-validation. */
import type { Estimator } from '../core/estimator.js';
import { type FitInput, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { checkFoldClasses } from '../core/folds.js';
import { checkColumns, fittedCopy, knownCategories } from '../core/inner-models.js';
import { checkFiniteFor } from '../core/input-checks.js';
import type { Label } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { type NamedCategories, unitedCategories } from '../core/named-categories.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  oneOf,
  type Rules,
  real,
  seed,
} from '../core/params.js';
import { type Column, Schema } from '../core/schema.js';
import { trainingTable } from '../core/training-table.js';
import { StateError } from '../errors.js';
import { bestOf, getScorer, type ScorableEstimator } from '../metrics/scorers.js';
import { type FoldOptions, type FoldPart, fitPartOf, foldData, forEachFold } from './folds.js';
import { scoresOf } from './responses.js';
import type { SingleScoring } from './scoring.js';
import { StratifiedShuffleSplit } from './splitters.js';
import { ThresholdClassifier, type ThresholdParams, type ThresholdState } from './threshold-classifier.js';

/** Parameters of {@link TunedThresholdClassifierCV}. */
export interface TunedThresholdClassifierCVParams extends ThresholdParams {
  /** A scorer of labels, or its name; the threshold with the highest score is taken. Default 'balancedAccuracy'. */
  scoring: SingleScoring;
  /** How many thresholds are tried, evenly spaced over the scores of each fold; or the thresholds themselves. Default 100. */
  thresholds: number | readonly number[] | Float64Array;
  /**
   * Folds, as in {@link crossValidate}; a share in (0, 1) of rows that are tested once; or 'prefit', where the estimator is
   * fitted, and a copy of it is tested on all rows. Default 5.
   */
  cv: NonNullable<FoldOptions['cv']> | 'prefit';
  /** Fit the model on all rows; false: on the training rows, of one fold only. Default true. */
  refit: boolean;
  /** Seed of the rows of a share; null: others on every fit. Default null. */
  randomState: number | null;
}

/** Options of {@link TunedThresholdClassifierCV}. */
export type TunedThresholdClassifierCVOptions = Omit<TunedThresholdClassifierCVParams, 'estimator'>;

/** Learned by {@link TunedThresholdClassifierCV}. */
export interface TunedThresholdClassifierCVState extends ThresholdState {
  /** What was tried, and its mean scores. */
  readonly thresholds: Float64Array;
  readonly scores: Float64Array;
  readonly best: number;
}

/** Scores of the thresholds of one fold. */
interface Curve {
  readonly thresholds: Float64Array;
  readonly scores: Float64Array;
}

/**
 * A classifier of two classes with the threshold that scores best on rows which the model hasn't seen: balanced accuracy, or
 * whatever the use rewards. Each fold scores thresholds over the range of its scores; between these its scores are interpolated,
 * and the mean over the folds decides. Probabilities and decisions are those of the estimator, fitted on all rows.
 *
 * Differs from scikit-learn: `cvResults` are always there; thresholds that are given may stand in any order; a scorer of
 * probabilities is refused, since labels are what changes; the training rows of each fold have both classes; sample weights count
 * in scores, too.
 *
 * @example
 * ```ts
 * import { loadBreastCancer, GaussianNB, TunedThresholdClassifierCV } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const model = await new TunedThresholdClassifierCV(new GaussianNB(), { cv: 3 }).fit(data, target);
 * model.bestScore > 0.9; // true
 * ```
 */
export class TunedThresholdClassifierCV extends ThresholdClassifier<
  TunedThresholdClassifierCVParams,
  TunedThresholdClassifierCVState
> {
  /** @param estimator - a classifier, cloned by `fit` unless `cv` is 'prefit' */
  constructor(estimator: Estimator, options: Partial<TunedThresholdClassifierCVOptions> = {}) {
    super({
      ...{ scoring: 'balancedAccuracy', thresholds: 100, cv: 5, refit: true, randomState: null },
      ...{ responseMethod: 'auto', ...options, estimator },
    });
  }

  static override fromParams(params: TunedThresholdClassifierCVParams): TunedThresholdClassifierCV {
    const { estimator, ...options } = params;
    return new TunedThresholdClassifierCV(estimator, options);
  }

  get rules(): Rules<TunedThresholdClassifierCVParams> {
    return {
      ...this.thresholdRules,
      scoring: custom('a scorer or its name', (v) => typeof v === 'string' || typeof v === 'function'),
      thresholds: either(int(2), custom('a list of finite numbers', isThresholds)),
      cv: either(oneOf('prefit'), real(0, 1, 'both'), cvRule),
      refit: bool,
      randomState: seed,
    };
  }

  get stateRules(): Rules<TunedThresholdClassifierCVState> {
    return { ...this.thresholdStateRules, thresholds: float64s(), scores: float64s(), best: int(0) };
  }

  protected override checkState(state: TunedThresholdClassifierCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { thresholds, scores, best, threshold } = state;
    checkLength(this, 'scores', scores, thresholds.length);
    if (thresholds[best] !== threshold)
      throw this.refuse('state: the threshold is not the best of those tried');
  }

  override get tags() {
    return { ...super.tags, takesGroups: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { cv, refit, estimator, scoring } = this.params;
    getScorer(scoring);
    if (cv !== 'prefit') return;
    if (refit) throw this.refuse("refit must be false where cv is 'prefit'");
    if (!estimator.isFitted)
      throw new StateError(
        'ERR_NOT_FITTED',
        `cv is 'prefit', but ${estimator.constructor.name} is not fitted.`,
      );
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    const { cv, estimator } = this.params;
    const known = cv === 'prefit' ? knownCategories({ estimator }, columns) : [];
    return unitedCategories([super.namedCategories(columns), known]);
  }

  /** An estimator that is fitted already stays so. */
  protected override cloneParams(): TunedThresholdClassifierCVParams {
    const { cv, estimator } = this.params;
    return cv === 'prefit' ? { ...super.cloneParams(), estimator } : super.cloneParams();
  }

  protected async fitState(input: FitInput): Promise<TunedThresholdClassifierCVState> {
    const { estimator, thresholds: given } = this.params;
    const encoded = this.twoClasses(input);
    const { classes } = encoded;
    checkFiniteFor(estimator, input);
    const { model, curves } =
      this.params.cv === 'prefit'
        ? await this.#curveOf(input, classes)
        : await this.#curvesOf(input, encoded);
    const isGiven = typeof given !== 'number';
    const thresholds = isGiven
      ? curves[0].thresholds
      : spread(Float64Array.from(curves.flatMap((curve) => Array.from(curve.thresholds))), given);
    // Thresholds that are given are the same in all folds.
    const scores = Float64Array.from(thresholds, (threshold, k) => {
      const values = curves.map((curve) => (isGiven ? curve.scores[k] : interpolate(curve, threshold)));
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    const best = bestOf(scores);
    return { classes, model, positive: 1, threshold: thresholds[best], thresholds, scores, best };
  }

  /** The scores of an estimator that is fitted, on all rows. */
  async #curveOf(input: FitInput, classes: readonly Label[]): Promise<{ model: Estimator; curves: Curve[] }> {
    checkColumns(this, this.params.estimator, input);
    const model = fittedCopy(this.params.estimator);
    const { target } = model.schema;
    const known = target.kind === 'class' ? target.classes : [];
    if (known.length !== 2 || known.some((label, c) => label !== classes[c]))
      throw this.refuse("y has other labels than the estimator was fitted on, with cv 'prefit'");
    const sampleWeight = input.sampleWeight ?? undefined;
    const part = { X: trainingTable(input), y: requireY(input) as ArrayLike<never>, sampleWeight };
    return { model, curves: [await this.#curve(model, part, classes)] };
  }

  /** The scores of models on rows of folds that they have not seen, and the model for all others. */
  async #curvesOf(
    input: FitInput,
    { codes, classes }: { readonly codes: Int32Array; readonly classes: readonly Label[] },
  ): Promise<{ model: Estimator; curves: Curve[] }> {
    const { estimator, refit, cv: given, randomState } = this.params;
    const { sampleWeight: weights, groups, signal, onProgress, device } = input;
    const X = trainingTable(input);
    const y = requireY(input);
    const isShare = typeof given === 'number' && given < 1;
    const share = () => new StratifiedShuffleSplit({ nSplits: 1, testSize: given as number, randomState });
    const cv = isShare ? share() : (given as NonNullable<FoldOptions['cv']>);
    const options = { sampleWeight: weights ?? undefined, groups, signal, device };
    const { folds } = foldData(estimator, X, y, { ...options, cv });
    if (!refit && folds.length > 1) throw this.refuse('refit must be true where there are several folds');
    for (const { train } of folds) checkFoldClasses(this, train, codes, classes);
    const progress =
      onProgress &&
      ((event: Parameters<typeof onProgress>[0]) =>
        onProgress({ ...event, estimator: this.constructor.name }));
    const fitted = await forEachFold(
      estimator,
      X,
      y,
      { ...options, cv: folds, onProgress: progress },
      async ({ model, fold, stop, part }) => {
        await fitPartOf(model, input, fold, stop);
        return { model, curve: await this.#curve(model, part(fold.test), classes) };
      },
    );
    const curves = fitted.map(({ curve }) => curve);
    if (!refit) return { model: fitted[0].model, curves };
    const model = estimator.clone();
    // Progress counts the folds.
    await model.fitInput({ ...input, onProgress: undefined }, Schema.named(input.columns));
    return { model, curves };
  }

  /** What the scorer says of the labels that each threshold gives. */
  async #curve(
    model: Estimator,
    { X, y, sampleWeight }: FoldPart,
    classes: readonly Label[],
  ): Promise<Curve> {
    const { thresholds: given } = this.params;
    const scorer = getScorer(this.params.scoring);
    const said: Matrix<Float64Array> = await scoresOf(model, X, this.response);
    const thresholds = typeof given === 'number' ? spread(said.data, given) : Float64Array.from(given);
    if (typeof given === 'number' && isClose(thresholds[0], thresholds[given - 1]))
      throw this.refuse(
        'the estimator gives all rows of a fold the same score, so that no threshold parts them',
      );
    const scores = new Float64Array(thresholds.length);
    for (const [k, threshold] of thresholds.entries()) {
      const labels = Array.from(said.data, (score) => classes[score >= threshold ? 1 : 0]);
      scores[k] = await scorer(answering(labels, classes), X, y, { sampleWeight });
    }
    return { thresholds, scores };
  }

  /** The threshold found. @throws {ERR_NOT_FITTED} before `fit` */
  get bestThreshold(): number {
    return this.state.threshold;
  }

  /** Its mean score. @throws {ERR_NOT_FITTED} before `fit` */
  get bestScore(): number {
    return this.state.scores[this.state.best];
  }

  /** The thresholds tried, and their mean scores. @throws {ERR_NOT_FITTED} before `fit` */
  get cvResults(): { thresholds: Float64Array; scores: Float64Array } {
    const { thresholds, scores } = this.state;
    return { thresholds: thresholds.slice(), scores: scores.slice() };
  }
}

/** What a scorer takes for a model, though its labels are known. */
function answering(labels: readonly Label[], classes: readonly Label[]): ScorableEstimator {
  const refuse = async (_X: MatrixLike) => {
    const message =
      'TunedThresholdClassifierCV: scoring reads probabilities or decisions, which are the same at any threshold; take a score of labels.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  };
  return { classes, predict: async (_X) => labels, predictProba: refuse, decisionFunction: refuse };
}

function isThresholds(value: unknown): boolean {
  const isList = Array.isArray(value) || value instanceof Float64Array;
  return isList && value.length > 0 && Array.from(value).every((threshold) => Number.isFinite(threshold));
}

const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

/** Numbers from the least value to the greatest, evenly spaced. */
function spread(values: Float64Array, count: number): Float64Array {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const step = (high - low) / (count - 1);
  return Float64Array.from({ length: count }, (_, k) => (k === count - 1 ? high : low + k * step));
}

/** The score between those of the nearest thresholds; outside that of the outermost. */
function interpolate({ thresholds, scores }: Curve, at: number): number {
  const right = thresholds.findIndex((threshold) => threshold > at);
  if (right < 0) return scores[scores.length - 1];
  if (right === 0) return scores[0];
  const slope = (scores[right] - scores[right - 1]) / (thresholds[right] - thresholds[right - 1]);
  return slope * (at - thresholds[right - 1]) + scores[right - 1];
}
