/** Gradient boosting with exact splits (Friedman, Greedy function approximation: a gradient boosting machine, 2001). */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import type { ClassifierState } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { labels, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { TreeScores } from '../core/tree-scores.js';
import { ValidationError } from '../errors.js';
import { DecisionTreeRegressor } from '../tree/decision-tree.js';
import { lowerLeaves, selectTrees } from '../tree/forest-state.js';
import { resolveMaxFeatures } from '../tree/tree-params.js';
import { TreesClassifier, TreesRegressor } from '../tree/trees.js';
import {
  type BoostingState,
  boostingDefaults,
  boostingRules,
  boostingScores,
  boostingStateRules,
  boostingTags,
  checkBoostingState,
  fitBoosting,
  type GradientBoostingParams,
  lastOutOfBag,
  lowerScores,
  stagedScores,
} from './gradient-boosting-state.js';
import { highestScored, softmax } from './softmax.js';

/** Parameters of {@link GradientBoostingClassifier}. */
export interface GradientBoostingClassifierParams extends GradientBoostingParams {
  /** The logistic loss, for any number of classes, or the exponential one of AdaBoost, for two. Default 'logLoss'. */
  loss: 'logLoss' | 'exponential';
}
/** Parameters of {@link GradientBoostingRegressor}. */
export interface GradientBoostingRegressorParams extends GradientBoostingParams {
  /** 'huber' is squared for small errors and absolute for large ones, 'quantile' predicts quantiles. Default 'squaredError'. */
  loss: 'squaredError' | 'absoluteError' | 'huber' | 'quantile';
  /** The quantile of 'quantile', or of the errors beyond which 'huber' is absolute, in (0, 1). Default 0.9. */
  alpha: number;
}

type ClassifierBoostingState = BoostingState & ClassifierState;

/** The least value up to which a share of the weight lies, or without weights linear between values, as NumPy has them. */
function quantile(y: Float64Array, weights: Float64Array | null, share: number): number {
  const order = Array.from(y.keys()).sort((a, b) => y[a] - y[b]);
  if (weights === null) {
    const position = share * (y.length - 1);
    const [low, high] = [y[order[Math.floor(position)]], y[order[Math.ceil(position)]]];
    return low + (high - low) * (position - Math.floor(position));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let below = 0;
  const found = order.find((i) => {
    below += weights[i];
    return weights[i] > 0 && below >= share * total;
  });
  return y[found ?? order[order.length - 1]];
}

function weightedMean(y: Float64Array, weights: Float64Array | null): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    sum += (weights?.[i] ?? 1) * y[i];
    total += weights?.[i] ?? 1;
  }
  return sum / total;
}

/** Scores whose link gives the shares of the classes. */
function priorScores(
  y: Float64Array,
  weights: Float64Array | null,
  classes: number,
  loss: GradientBoostingClassifierParams['loss'],
): Float64Array {
  const shares = Array.from({ length: classes }, (_, k) => {
    const share = weightedMean(
      y.map((code) => (code === k ? 1 : 0)),
      weights,
    );
    return Math.min(Math.max(share, Number.EPSILON), 1 - Number.EPSILON);
  });
  if (classes === 2) {
    const logit = Math.log(shares[1] / (1 - shares[1]));
    return Float64Array.of(loss === 'exponential' ? logit / 2 : logit);
  }
  const logs = shares.map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value, 0) / classes;
  return Float64Array.from(logs, (value) => value - mean);
}

const LOSS = {
  squaredError: 'squared_error',
  absoluteError: 'absolute_error',
  huber: 'huber',
  quantile: 'quantile',
} as const;

/** The trees of a boosted model, each a fitted regressor of the gradients: [round][score]. */
function treesOf(
  state: BoostingState,
  model: Estimator<GradientBoostingParams>,
  params: Readonly<GradientBoostingParams>,
): DecisionTreeRegressor[][] {
  const outputs = state.base.length;
  const { dtype } = model;
  const {
    learningRate,
    nEstimators,
    subsample,
    init,
    nIterNoChange,
    validationFraction,
    tol,
    warmStart,
    ...rest
  } = params;
  const { loss, alpha, ...tree } = rest as typeof rest & { loss?: unknown; alpha?: unknown };
  const schema = model.schema.withTarget({ kind: 'number' });
  return Array.from({ length: state.trainScore.length }, (_, round) =>
    Array.from({ length: outputs }, (_, k) => {
      const regressor = new DecisionTreeRegressor(tree);
      regressor.restore({ state: selectTrees(state, [round * outputs + k], 1), schema, dtype });
      return regressor;
    }),
  );
}

/**
 * Gradient boosting for classes: each round fits a regression tree per score to the gradient of the loss. Two classes have
 * one score, more have one each, whose trees train in parallel. Splits are exact; for many rows
 * HistGradientBoostingClassifier is much faster. Missing values are allowed.
 *
 * `onProgress` of `fit` is called after each round with its losses; returning false ends the fit, which keeps its rounds (`monitor`, whose
 * true does it).
 *
 * Differs from scikit-learn: missing values are allowed; an `init` estimator starts with its decision values; random
 * streams of our own (`subsample`, `maxFeatures`, held-out rows); of two equally likely classes the first is predicted.
 *
 * @example
 * ```ts
 * import { GradientBoostingClassifier, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new GradientBoostingClassifier({ nEstimators: 20 }).fit(data, target);
 * (await model.score(data, target)) > 0.98; // true
 * model.trainScore.length; // 20
 * ```
 */
export class GradientBoostingClassifier extends TreesClassifier<
  GradientBoostingClassifierParams,
  ClassifierBoostingState
> {
  constructor(params: Partial<GradientBoostingClassifierParams> = {}) {
    super({ loss: 'logLoss', ...boostingDefaults, ...params });
  }

  get rules(): Rules<GradientBoostingClassifierParams> {
    return { ...boostingRules, loss: oneOf('logLoss', 'exponential') };
  }

  get stateRules(): Rules<ClassifierBoostingState> {
    return { ...boostingStateRules, classes: labels };
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'decision'];
  }

  override get tags(): EstimatorTags {
    return boostingTags(this.params);
  }

  protected override checkState(state: ClassifierBoostingState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkBoostingState(this, state, state.classes.length === 2 ? 1 : state.classes.length);
  }

  protected async fitState(input: FitInput): Promise<ClassifierBoostingState> {
    const { codes, classes } = fitLabels(input);
    const { loss, warmStart } = this.params;
    if (loss === 'exponential' && classes.length > 2)
      throw new ValidationError(
        'ERR_PARAMETER',
        `loss 'exponential' needs two classes; y has ${classes.length}.`,
      );
    const multinomial = classes.length > 2;
    const previous = warmStart && this.isFitted ? this.state : null;
    const state = await fitBoosting(
      this,
      input,
      this.params,
      {
        loss: loss === 'exponential' ? 'exponential' : multinomial ? 'multinomial' : 'logistic',
        outputs: multinomial ? classes.length : 1,
        y: Float64Array.from(codes),
        stratify: true,
        alpha: 0.5,
        constants: (y, weights) => priorScores(y, weights, classes.length, loss),
        initOutput: 'decision',
      },
      previous,
    );
    return { ...state, classes };
  }

  /** Loss of the rows drawn after each round. @throws {ERR_NOT_FITTED} before `fit` */
  get trainScore(): Float64Array {
    return this.state.trainScore.slice();
  }

  /** Loss of the rows not drawn after each round; empty unless `subsample` < 1. @throws {ERR_NOT_FITTED} before `fit` */
  get oobScores(): Float64Array {
    return this.state.oobScores.slice();
  }

  /** The last of them. @throws {ERR_NOT_FITTED} before `fit` @throws {ERR_NOT_SUPPORTED} unless `subsample` < 1 */
  get oobScore(): number {
    return lastOutOfBag(this, this.state);
  }

  /** By how much each round lowered the loss of the rows not drawn. @throws {ERR_NOT_FITTED} before `fit` */
  get oobImprovement(): Float64Array {
    return this.state.oobImprovement.slice();
  }

  /** Rounds that were trained, fewer than the parameter after an early end. @throws {ERR_NOT_FITTED} before `fit` */
  get nEstimators(): number {
    return this.state.trainScore.length;
  }

  /** How many columns a split looks at. @throws {ERR_NOT_FITTED} before `fit` */
  get maxFeatures(): number {
    return resolveMaxFeatures(this.fittedParams.maxFeatures, this.nFeaturesIn);
  }

  /** The trees, [round][score]. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): DecisionTreeRegressor[][] {
    return treesOf(this.state, this, this.fittedParams);
  }

  /** Scores after each round, [rows, scores]. */
  async *stagedDecisionFunction(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    const { state } = this;
    const start = state.init === null ? null : await this.#startScores(X);
    for (const raw of stagedScores(state, await this.apply(X), start)) {
      yield new Matrix(raw.data.slice(), raw.rows, raw.cols);
    }
  }

  async #startScores(X: MatrixLike): Promise<Float64Array> {
    const scores = await (this.state.init as unknown as GradientBoostingClassifier).decisionFunction(X);
    return Float64Array.from(scores.data);
  }

  /** Probabilities after each round, [rows, classes]. */
  async *stagedPredictProba(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    const slope = this.fittedParams.loss === 'exponential' ? 2 : 1;
    for await (const raw of this.stagedDecisionFunction(X)) {
      yield raw.cols === 1 ? sigmoids(raw, slope) : softmax(raw);
    }
  }

  /** Labels after each round; those after the last are what `predict` says. */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<Label[]> {
    const { classes } = this.state;
    for await (const scores of this.stagedDecisionFunction(X)) yield highestScored(scores, classes);
  }

  /** @internal */
  override treeScores(): TreeScores {
    return boostingScores(this, this.state);
  }

  lower(plan: PlanBuilder, x: Slot, { output, precision }: ResolvedCompileOptions): Slot {
    if (output === 'leaf') return lowerLeaves(plan, x, this.state);
    const scores = lowerScores(plan, x, this.state, 'decision', precision);
    if (output === 'decision') return scores;
    if (scores.width > 1) return output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
    // Two classes: softmax of [0, z], z being twice the score of the exponential loss.
    const slope = this.fittedParams.loss === 'exponential' ? 2 : 1;
    const pair = plan.dense(scores, Float64Array.of(0, slope), new Float64Array(2));
    return output === 'proba' ? plan.softmax(pair) : plan.argmax(pair);
  }
}

/** Columns 1 - p and p for p = 1 / (1 + exp(-slope score)). */
function sigmoids({ data, rows }: Matrix<Float64Array>, slope: number): Matrix<Float64Array> {
  const proba = new Float64Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    proba[2 * i + 1] = 1 / (1 + Math.exp(-slope * data[i]));
    proba[2 * i] = 1 - proba[2 * i + 1];
  }
  return new Matrix(proba, rows, 2);
}

/**
 * Gradient boosting for numbers: each round fits a regression tree to the gradient of the loss. See
 * {@link GradientBoostingClassifier} for missing values, speed and differences from scikit-learn.
 *
 * @example
 * ```ts
 * import { GradientBoostingRegressor, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new GradientBoostingRegressor({ nEstimators: 50 }).fit(data, target);
 * (await model.score(data, target)) > 0.6; // true
 * ```
 */
export class GradientBoostingRegressor extends TreesRegressor<
  GradientBoostingRegressorParams,
  BoostingState
> {
  constructor(params: Partial<GradientBoostingRegressorParams> = {}) {
    super({ loss: 'squaredError', alpha: 0.9, ...boostingDefaults, ...params });
  }

  get rules(): Rules<GradientBoostingRegressorParams> {
    return {
      ...boostingRules,
      loss: oneOf('squaredError', 'absoluteError', 'huber', 'quantile'),
      alpha: real(0, 1, 'both'),
    };
  }

  get stateRules(): Rules<BoostingState> {
    return boostingStateRules;
  }

  override get tags(): EstimatorTags {
    return boostingTags(this.params);
  }

  protected override checkState(state: BoostingState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkBoostingState(this, state, 1);
  }

  protected fitState(input: FitInput): Promise<BoostingState> {
    const { loss, alpha, warmStart } = this.params;
    const share = loss === 'quantile' ? alpha : 0.5;
    return fitBoosting(
      this,
      input,
      this.params,
      {
        loss: LOSS[loss],
        outputs: 1,
        y: fitTargets(input),
        stratify: false,
        alpha,
        constants: (y, weights) =>
          Float64Array.of(loss === 'squaredError' ? weightedMean(y, weights) : quantile(y, weights, share)),
        initOutput: 'value',
      },
      warmStart && this.isFitted ? this.state : null,
    );
  }

  /** Loss of the rows drawn after each round. @throws {ERR_NOT_FITTED} before `fit` */
  get trainScore(): Float64Array {
    return this.state.trainScore.slice();
  }

  /** Loss of the rows not drawn after each round; empty unless `subsample` < 1. @throws {ERR_NOT_FITTED} before `fit` */
  get oobScores(): Float64Array {
    return this.state.oobScores.slice();
  }

  /** The last of them. @throws {ERR_NOT_FITTED} before `fit` @throws {ERR_NOT_SUPPORTED} unless `subsample` < 1 */
  get oobScore(): number {
    return lastOutOfBag(this, this.state);
  }

  /** By how much each round lowered the loss of the rows not drawn. @throws {ERR_NOT_FITTED} before `fit` */
  get oobImprovement(): Float64Array {
    return this.state.oobImprovement.slice();
  }

  /** Rounds that were trained, fewer than the parameter after an early end. @throws {ERR_NOT_FITTED} before `fit` */
  get nEstimators(): number {
    return this.state.trainScore.length;
  }

  /** How many columns a split looks at. @throws {ERR_NOT_FITTED} before `fit` */
  get maxFeatures(): number {
    return resolveMaxFeatures(this.fittedParams.maxFeatures, this.nFeaturesIn);
  }

  /** The trees, [round][0]. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): DecisionTreeRegressor[][] {
    return treesOf(this.state, this, this.fittedParams);
  }

  /** Predictions after each round. */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<FloatArray> {
    const { state } = this;
    const start = state.init && (await (state.init as unknown as GradientBoostingRegressor).predict(X));
    const leaves = await this.apply(X);
    for (const raw of stagedScores(state, leaves, start && Float64Array.from(start))) yield raw.data.slice();
  }

  /** @internal */
  override treeScores(): TreeScores {
    return boostingScores(this, this.state);
  }

  lower(plan: PlanBuilder, x: Slot, { output, precision }: ResolvedCompileOptions): Slot {
    if (output === 'leaf') return lowerLeaves(plan, x, this.state);
    return lowerScores(plan, x, this.state, 'value', precision);
  }
}
