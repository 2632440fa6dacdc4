/** Gradient boosting of trees on binned columns: fast, with missing values and categories as they are. */

import { type Output, type ResolvedCompileOptions, resolveCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import {
  Classifier,
  type ClassifierState,
  type ClassWeight,
  Regressor,
  weightsByClass,
  weightsOfRows,
} from '../core/kinds.js';
import { codesOfLabels, encodeTargets, type Label } from '../core/labels.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { classWeight, either, labels, nothing, oneOf, type Rules, real } from '../core/params.js';
import { Plan } from '../core/plan.js';
import { PlanBuilder, type Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { TreeScores } from '../core/tree-scores.js';
import { ValidationError } from '../errors.js';
import type { ScorableEstimator } from '../metrics/index.js';
import {
  type CustomLoss,
  customLossOf,
  type GradientFunction,
  INVERSES,
  type Link,
  lossRule,
  withoutFunctions,
} from './custom-loss.js';
import { fitHistBoosting, type HistBoostingTask } from './hist-boosting-fit.js';
import { type HistBoostingParams, histBoostingDefaults, histBoostingRules } from './hist-boosting-params.js';
import {
  checkHistBoostingState,
  type HistBoostingState,
  histBoostingStateRules,
  histImportances,
  histScores,
  lowerHistScores,
  lowerHistTrees,
  stagedHistScores,
} from './hist-boosting-state.js';
import { highestScored, pairOf, softmax } from './softmax.js';

/** Parameters of {@link HistGradientBoostingClassifier}. */
export interface HistGradientBoostingClassifierParams extends HistBoostingParams {
  /**
   * The logistic loss of two classes, the multinomial one of more; or one of the caller's, whose scores are taken for log
   * odds as those of 'logLoss' are. 'custom': of a model that was loaded. Default 'logLoss'.
   */
  loss: 'logLoss' | 'custom' | GradientFunction | CustomLoss;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

type NumberLoss = 'squaredError' | 'absoluteError' | 'quantile' | 'huber' | 'poisson' | 'gamma' | 'tweedie';

/** Parameters of {@link HistGradientBoostingRegressor}. */
export interface HistGradientBoostingRegressorParams extends HistBoostingParams {
  /**
   * What is minimised. 'poisson' and 'tweedie' need targets >= 0, 'gamma' targets > 0; these three predict through exp.
   * Or a loss of the caller's: see {@link CustomLoss}. 'custom': that of a model that was loaded. Default 'squaredError'.
   */
  loss: NumberLoss | 'custom' | GradientFunction | CustomLoss;
  /** For 'quantile': which one, in [0, 1]; null otherwise. Default null. */
  quantile: number | null;
  /** For 'huber': the residual from which the loss is linear, > 0. Default 1. */
  huberDelta: number;
  /** For 'tweedie': how the variance grows with the mean, in (1, 2). Default 1.5. */
  tweediePower: number;
}

type ClassifierTrees = HistBoostingState & ClassifierState;

/** What both learn beside the trees, as getters. */
interface FeatureImportances {
  /** Share of the loss that each column's splits gained; sums to 1. */
  readonly gain: Float64Array;
  /** Share of the splits that each column has; sums to 1. */
  readonly split: Float64Array;
}

const importancesOf = (state: HistBoostingState, columns: number): FeatureImportances => ({
  gain: histImportances(state, columns, 'gain'),
  split: histImportances(state, columns, 'split'),
});

/**
 * Histogram gradient boosting for classes (Ke and others, LightGBM, 2017): columns are cut into at most 255 bins, each
 * tree grows on sums of gradients by bin. Missing values are allowed and follow the side that helps; text columns are
 * categories. Gradients are summed as whole numbers: the same `randomState` gives the same bits at any number of
 * threads and on any processor. A fit holds 2 bytes a value (columns rounded up to a power of two, then twice), 64 bytes
 * a row and output at most, and 512 MiB of histograms at most.
 *
 * `fit(X, y, { validation: [X, y, sampleWeight?] })` watches rows of the caller's: early stopping looks at them, and no
 * training row is held out. Without early stopping they are only scored. Class weights count for them as well.
 *
 * `device: 'cuda'` of `fit` trains the same model on a GPU, bit for bit on the emulation of one.
 *
 * `onProgress` is called after each round with `trainLoss` and, with a validation set or early stopping,
 * `validationLoss`; where `scoring` is not the loss also with `trainScore` and `validationScore`. A listener that
 * returns false ends the fit, which keeps its rounds.
 *
 * Differs from scikit-learn: `earlyStopping: 'auto'` is true with a validation set; the validation split and column draws have our own random streams; with monotonic
 * constraints a bounded side is scored by the loss it really has; more parameters, after LightGBM's and XGBoost's.
 *
 * @example
 * ```ts
 * import { HistGradientBoostingClassifier, loadBreastCancer } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const model = await new HistGradientBoostingClassifier({ maxIter: 30 }).fit(data, target);
 * (await model.score(data, target)) > 0.98; // true
 * ```
 */
export class HistGradientBoostingClassifier extends Classifier<
  HistGradientBoostingClassifierParams,
  ClassifierTrees
> {
  constructor(params: Partial<HistGradientBoostingClassifierParams> = {}) {
    super({ loss: 'logLoss', classWeight: null, ...histBoostingDefaults, ...params });
  }

  get rules(): Rules<HistGradientBoostingClassifierParams> {
    return { ...histBoostingRules, loss: lossRule('logLoss'), classWeight };
  }

  get stateRules(): Rules<ClassifierTrees> {
    return { ...histBoostingStateRules, classes: labels };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  override get tags() {
    return {
      allowNan: true,
      allowCategories: this.params.categoricalFeatures !== null,
      watchesValidation: true,
      trainsOnGpu: true,
    };
  }

  protected override checkState(state: ClassifierTrees): void {
    checkHistBoostingState(this, state, state.classes.length === 2 ? 1 : state.classes.length);
  }

  protected async fitState(input: FitInput): Promise<ClassifierTrees> {
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    const outputs = classes.length === 2 ? 1 : classes.length;
    const byClass = weightsByClass(this.params.classWeight, encoded, null);
    const { validation, sampleWeight } = input;
    const validCodes = validation && codesOfLabels(validation.y, classes, 'validation');
    const custom = customLossOf(this, this.params.loss);
    const task: HistBoostingTask = {
      loss: custom ? 'custom' : outputs === 1 ? 'logistic' : 'softmax',
      lossParameter: 0,
      custom,
      outputs,
      y: Float64Array.from(codes),
      weights: weightsOfRows(byClass, codes, sampleWeight),
      strata: codes,
      validation: validCodes && {
        y: Float64Array.from(validCodes),
        weights: weightsOfRows(byClass, validCodes, validation.sampleWeight),
      },
      scores: {
        own: 'accuracy',
        scorable: (raw, rows) => classifierOfScores(raw, rows, classes),
        truth: (y) => Array.from(y, (code) => classes[code]),
      },
      rank: null,
    };
    const previous = this.params.warmStart && this.isFitted ? this.#comparable(classes, input.x.cols) : null;
    return { ...(await fitHistBoosting(this, input, this.params, task, previous)), classes };
  }

  /** @internal */
  override storable(params: HistGradientBoostingClassifierParams): HistGradientBoostingClassifierParams {
    return withoutFunctions(params);
  }

  #comparable(classes: ClassifierState['classes'], columns: number): ClassifierTrees {
    const same = classes.length === this.classes.length && classes.every((c, k) => c === this.classes[k]);
    if (same && columns === this.nFeaturesIn) return this.state;
    throw cannotGoOn(this);
  }

  /** Rounds that were made. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /**
   * With early stopping or a `validation` set: the score (minus the loss, or what `scoring` names) of the training rows
   * before the first round and after each.
   */
  get trainScore(): Float64Array {
    return this.state.trainScore.slice();
  }

  /** The same for the validation set, or the rows held out. */
  get validationScore(): Float64Array {
    return this.state.validationScore.slice();
  }

  /** What each column contributed. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): FeatureImportances {
    return importancesOf(this.state, this.nFeaturesIn);
  }

  /** The scores, [rows, 1] or [rows, classes], after each round. Memory: 8 bytes for each row and tree. @throws {ERR_NOT_FITTED} before `fit` */
  async *stagedDecisionFunction(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    const { state } = this;
    const builder = new PlanBuilder(this.nFeaturesIn);
    const source = builder.build(lowerHistTrees(builder, builder.input, state));
    const options = resolveCompileOptions({ precision: 'float64' }, 'float64');
    const trees = await (await Plan.compileAsync(source, this.schema, options)).run(X);
    yield* stagedHistScores(state, trees);
  }

  /** Probabilities after each round, [rows, classes]; memory as of {@link HistGradientBoostingClassifier.stagedDecisionFunction}. */
  async *stagedPredictProba(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    for await (const raw of this.stagedDecisionFunction(X))
      yield softmax(raw.cols === 1 ? pairOf(raw, 0, 1) : raw);
  }

  /** Labels after each round; those after the last are what `predict` says. */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<Label[]> {
    const { classes } = this.state;
    for await (const scores of this.stagedDecisionFunction(X)) yield highestScored(scores, classes);
  }

  /** @internal */
  treeScores(): TreeScores {
    return histScores(this.state);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = lowerHistScores(plan, x, this.state);
    if (output === 'decision') return scores;
    const isBinary = this.state.classes.length === 2;
    if (output === 'proba') return isBinary ? bothClasses(plan, scores) : plan.softmax(scores);
    return isBinary ? plan.binary(scores, 'greater', Float64Array.of(0)) : plan.argmax(scores);
  }
}

/** Probabilities [1 - p, p] of one score. */
function bothClasses(plan: PlanBuilder, score: Slot): Slot {
  const p = plan.activation(score, 'sigmoid');
  return plan.concat([plan.affine(p, Float64Array.of(1), Float64Array.of(-1)), p]);
}

/** A classifier that has raw scores, [outputs, rows], for its rows. */
function classifierOfScores(raw: Float64Array, rows: number, classes: readonly Label[]): ScorableEstimator {
  const scores = new Matrix(raw, raw.length / rows, rows).transpose();
  return {
    classes,
    decisionFunction: async () => scores,
    predictProba: async () => softmax(classes.length === 2 ? pairOf(scores, 0, 1) : scores),
    predict: async () => highestScored(scores, classes),
  };
}

function cannotGoOn(owner: object): ValidationError {
  return new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name}: with warmStart a fit must have the columns and classes of the last one.`,
  );
}

const LOG_LINKS = ['poisson', 'gamma', 'tweedie'];

/** What a regressor learns. */
interface RegressorTrees extends HistBoostingState {
  readonly link: Link;
}

/**
 * Histogram gradient boosting for numbers. See {@link HistGradientBoostingClassifier} for the algorithm, missing values,
 * categories, memory and progress.
 *
 * Differs from scikit-learn: also 'huber' and 'tweedie'; quantiles of leaves and of the start are those of the inverse
 * distribution function, averaged where it is flat. See {@link HistGradientBoostingClassifier} too.
 *
 * @example
 * ```ts
 * import { HistGradientBoostingRegressor, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new HistGradientBoostingRegressor({ maxIter: 30 }).fit(data, target);
 * (await model.score(data, target)) > 0.6; // true
 * ```
 */
export class HistGradientBoostingRegressor extends Regressor<
  HistGradientBoostingRegressorParams,
  RegressorTrees
> {
  constructor(params: Partial<HistGradientBoostingRegressorParams> = {}) {
    super({
      loss: 'squaredError',
      quantile: null,
      huberDelta: 1,
      tweediePower: 1.5,
      ...histBoostingDefaults,
      ...params,
    });
  }

  get rules(): Rules<HistGradientBoostingRegressorParams> {
    return {
      ...histBoostingRules,
      loss: lossRule('squaredError', 'absoluteError', 'quantile', 'huber', 'poisson', 'gamma', 'tweedie'),
      quantile: either(real(0, 1), nothing),
      huberDelta: real(0, Infinity, 'min'),
      tweediePower: real(1, 2, 'both'),
    };
  }

  get stateRules(): Rules<RegressorTrees> {
    return { ...histBoostingStateRules, link: oneOf(...Object.keys(INVERSES)) };
  }

  override get tags() {
    return {
      allowNan: true,
      allowCategories: this.params.categoricalFeatures !== null,
      watchesValidation: true,
      trainsOnGpu: true,
    };
  }

  protected override checkState(state: RegressorTrees, _columns: readonly Column[]): void {
    checkHistBoostingState(this, state, 1);
  }

  protected async fitState(input: FitInput): Promise<RegressorTrees> {
    const { loss, quantile, huberDelta, tweediePower, warmStart } = this.params;
    if (loss === 'quantile' && quantile === null) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${this.constructor.name}: the loss 'quantile' needs the parameter 'quantile'.`,
      );
    }
    const parameter = { quantile: quantile ?? 0, huber: huberDelta, tweedie: tweediePower } as Record<
      string,
      number
    >;
    const custom = customLossOf(this, loss);
    const name = custom ? 'custom' : (loss as NumberLoss);
    const link = custom ? (custom.link ?? 'identity') : LOG_LINKS.includes(name) ? 'log' : 'identity';
    const { validation } = input;
    const task: HistBoostingTask = {
      loss: name,
      lossParameter: parameter[name] ?? 0,
      custom,
      outputs: 1,
      y: fitTargets(input),
      weights: input.sampleWeight,
      strata: null,
      validation: validation && {
        y: encodeTargets(validation.y, validation.x.rows),
        weights: validation.sampleWeight,
      },
      scores: {
        own: 'r2',
        scorable: (raw) => ({ predict: async () => raw.map(INVERSES[link]) }),
        truth: (y) => y,
      },
      rank: null,
    };
    const goesOn = warmStart && this.isFitted;
    if (goesOn && input.x.cols !== this.nFeaturesIn) throw cannotGoOn(this);
    return { ...(await fitHistBoosting(this, input, this.params, task, goesOn ? this.state : null)), link };
  }

  /** @internal */
  override storable(params: HistGradientBoostingRegressorParams): HistGradientBoostingRegressorParams {
    return withoutFunctions(params);
  }

  /** Rounds that were made. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /**
   * With early stopping or a `validation` set: the score (minus the loss, or what `scoring` names) of the training rows
   * before the first round and after each.
   */
  get trainScore(): Float64Array {
    return this.state.trainScore.slice();
  }

  /** The same for the validation set, or the rows held out. */
  get validationScore(): Float64Array {
    return this.state.validationScore.slice();
  }

  /** What each column contributed. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): FeatureImportances {
    return importancesOf(this.state, this.nFeaturesIn);
  }

  /** Predictions after each round. Memory: 8 bytes for each row and tree. @throws {ERR_NOT_FITTED} before `fit` */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<Float64Array> {
    const { state } = this;
    const builder = new PlanBuilder(this.nFeaturesIn);
    const source = builder.build(lowerHistTrees(builder, builder.input, state));
    const options = resolveCompileOptions({ precision: 'float64' }, 'float64');
    const trees = await (await Plan.compileAsync(source, this.schema, options)).run(X);
    for (const scores of stagedHistScores(state, trees)) yield scores.data.map(INVERSES[state.link]);
  }

  /** @internal */
  treeScores(): TreeScores {
    return histScores(this.state);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const scores = lowerHistScores(plan, x, this.state);
    const { link } = this.state;
    if (link === 'identity') return scores;
    return plan.activation(scores, link === 'log' ? 'exp' : 'sigmoid');
  }
}
