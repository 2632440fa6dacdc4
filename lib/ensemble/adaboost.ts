/** Boosting by weights of rows: AdaBoost for classes and for numbers. */
import { applyOps } from '../core/apply.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import { importancesOf } from '../core/importances.js';
import { baseModel, fittedModels } from '../core/inner-models.js';
import {
  Classifier,
  type ClassifierState,
  decodeLabels,
  Regressor,
  type ScoreOptions,
} from '../core/kinds.js';
import { encodeTargets, type Label } from '../core/labels.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { checkLength, float64s, int, labels, oneOf, type Rules, real, seed } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { accuracy, r2 } from '../core/score.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from '../tree/decision-tree.js';
import { type BoostedModels, boostClassifier, boostRegressor, type RegressionLoss } from './adaboost-fit.js';
import { joinTrees } from './joined-trees.js';
import { pairOf, softmax } from './softmax.js';

/** Parameters of {@link AdaBoostClassifier}. */
export interface AdaBoostClassifierParams {
  /** What is boosted; its `fit` has to heed weights. Default null: a decision tree of depth 1, or 3 for numbers. */
  estimator: Estimator | null;
  /** Most rounds, >= 1. Default 50. */
  nEstimators: number;
  /** How much each model counts, > 0. Default 1. */
  learningRate: number;
  /** Seed; null: another model each time. Default null. */
  randomState: number | null;
}

/** Parameters of {@link AdaBoostRegressor}. */
export interface AdaBoostRegressorParams extends AdaBoostClassifierParams {
  /** How errors, as shares of the largest, become losses: e, e^2, or 1 - exp(-e). Default 'linear'. */
  loss: RegressionLoss;
}

/** Learned by AdaBoost. */
export type AdaBoostState = BoostedModels & State;

const DEFAULTS = { estimator: null, nEstimators: 50, learningRate: 1, randomState: null };
const RULES = {
  nEstimators: int(1, 100_000),
  learningRate: real(0, Infinity, 'min'),
  randomState: seed,
};
const STATE_RULES: Rules<BoostedModels> = { models: fittedModels, weights: float64s(), errors: float64s() };

/**
 * A classifier of many weak ones, each fitted to weights that are larger where those before it were wrong: SAMME of Zhu, Zou,
 * Rosset and Hastie (Multi-class AdaBoost, Statistics and Its Interface 2, 2009), which for two classes is AdaBoost.M1 of Freund
 * and Schapire (1997). Every model votes by the logarithm of its odds. Ends before `nEstimators` when a model makes no error, or
 * more than guessing would. All models are one native plan.
 *
 * Differs from scikit-learn: no `estimator_weights_` of rounds that were not made.
 *
 * @throws {ERR_NOT_SUPPORTED} from `fit`, for an estimator that has no use for weights, as one that is frozen
 *
 * @example
 * ```ts
 * import { AdaBoostClassifier, loadBreastCancer } from 'boreal';
 * const { data, target } = loadBreastCancer();
 * const model = await new AdaBoostClassifier({ nEstimators: 20, randomState: 0 }).fit(data, target);
 * (await model.score(data, target)) > 0.95; // true
 * model.estimatorErrors.length; // 20
 * ```
 */
export class AdaBoostClassifier extends Classifier<
  AdaBoostClassifierParams,
  AdaBoostState & ClassifierState
> {
  constructor(params: Partial<AdaBoostClassifierParams> = {}) {
    super({ ...DEFAULTS, ...params });
  }

  get rules(): Rules<AdaBoostClassifierParams> {
    return { ...RULES, estimator: baseModel('classifier') };
  }

  get stateRules(): Rules<AdaBoostState & ClassifierState> {
    return { ...STATE_RULES, classes: labels };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  override get tags(): EstimatorTags {
    return { ...this.#base.tags, multiOutput: false, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator?.checkParams();
  }

  protected override checkState(state: AdaBoostState & ClassifierState): void {
    checkModels(this, state);
  }

  get #base(): Estimator {
    return this.params.estimator ?? new DecisionTreeClassifier({ maxDepth: 1 });
  }

  protected async fitState(input: FitInput): Promise<AdaBoostState & ClassifierState> {
    const encoded = fitLabels(input);
    const boosted = await boostClassifier(this, this.#base, input, encoded, this.params);
    return { ...boosted, classes: encoded.classes };
  }

  /** The fitted models, one for each round. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): readonly Estimator[] {
    return this.state.models;
  }

  /** How much each model counts. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorWeights(): Float64Array {
    return this.state.weights.slice();
  }

  /** The weighted share of rows that each model got wrong. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorErrors(): Float64Array {
    return this.state.errors.slice();
  }

  /** Importances of the models, averaged by their weights. @throws {ERR_NOT_SUPPORTED} unless all of them have such */
  get featureImportances(): Float64Array {
    return weightedImportances(this.state);
  }

  /** Decisions after each round, [rows, 1] of two classes, else [rows, classes]. */
  async *stagedDecisionFunction(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    const { classes, weights } = this.state;
    const votes = await votesOf(this, this.state, X, 'label');
    const width = classes.length === 2 ? 1 : classes.length;
    const sums = new Matrix(new Float64Array(votes.rows * width), votes.rows, width);
    let total = 0;
    for (const [k, weight] of weights.entries()) {
      total += weight;
      for (let i = 0; i < votes.rows; i++) {
        const code = votes.data[i * votes.cols + k];
        for (let c = 0; c < width; c++) sums.data[i * width + c] += vote(code, c, classes.length, weight);
      }
      yield new Matrix(
        sums.data.map((sum) => sum / total),
        votes.rows,
        width,
      );
    }
  }

  /** Probabilities after each round, [rows, classes]: of the softmax of the decisions, as those of `predictProba`. */
  async *stagedPredictProba(X: MatrixLike): AsyncGenerator<Matrix<Float64Array>> {
    const { length } = this.state.classes;
    for await (const decisions of this.stagedDecisionFunction(X)) {
      yield length === 2 ? softmax(pairOf(decisions, -0.5, 0.5)) : softmax(decisions, length - 1);
    }
  }

  /** Labels after each round. */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<Label[]> {
    const { classes } = this.state;
    for await (const decisions of this.stagedDecisionFunction(X)) {
      const codes = Float64Array.from({ length: decisions.rows }, (_, i) => {
        const row = decisions.row(i);
        return row.length === 1 ? Number(row[0] > 0) : row.indexOf(Math.max(...row));
      });
      yield decodeLabels(new Matrix(codes, codes.length, 1), classes);
    }
  }

  /** Accuracy after each round. */
  async *stagedScore(X: MatrixLike, y: ArrayLike<unknown>, options?: ScoreOptions): AsyncGenerator<number> {
    for await (const labels of this.stagedPredict(X)) yield accuracy(y, labels, options?.sampleWeight);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { classes } = this.state;
    const width = classes.length === 2 ? 1 : classes.length;
    const decision = this.#lowerDecision(plan, x, width, options);
    if (options.output === 'decision') return decision;
    // Halves of the decision for and against; of several classes shares of the most that one model's vote can part them by.
    const scores =
      width === 1
        ? plan.dense(decision, Float64Array.of(-0.5, 0.5), new Float64Array(2))
        : plan.binary(decision, 'div', new Float64Array(width).fill(classes.length - 1));
    return options.output === 'proba' ? plan.softmax(scores) : plan.argmax(scores);
  }

  #lowerDecision(plan: PlanBuilder, x: Slot, width: number, options: ResolvedCompileOptions): Slot {
    const { models, weights, classes } = this.state;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const votes = (code: number, k: number) =>
      Array.from({ length: width }, (_, c) => vote(code, c, classes.length, weights[k]) / total);
    // The label of a leaf is the first largest of its shares.
    const forest = joinTrees(models, width, (shares, k) => votes(shares.indexOf(Math.max(...shares)), k));
    if (forest !== null) {
      const checked = plan.check(x, models[0].tags.allowNan ?? false, this.featureNamesIn);
      return plan.forest(checked, forest, width, 'sum');
    }
    const all = models.map((model) => model.lowerChecked(plan, x, { ...options, output: 'label' }));
    const sizes = new Int32Array(models.length).fill(classes.length);
    const codes = plan.oneHot(plan.concat(all), sizes, new Int32Array(models.length).fill(-1));
    const matrix = models.flatMap((_, k) => classes.flatMap((_label, code) => votes(code, k)));
    return plan.dense(codes, Float64Array.from(matrix), new Float64Array(width));
  }
}

/** What a model of a weight that predicts `code` adds to the decision of class c, of two classes to the only one. */
function vote(code: number, c: number, classes: number, weight: number): number {
  if (classes === 2) return code === 1 ? 2 * weight : -2 * weight;
  return code === c ? weight : -weight / (classes - 1);
}

/**
 * A regressor of many weak ones, each fitted to rows drawn more often where those before it erred; predicts the median of theirs,
 * weighted by how well they did: AdaBoost.R2 of Drucker (Improving Regressors using Boosting Techniques, 1997). Ends before
 * `nEstimators` when a model makes no error, or an average loss of half and more. All models are one native plan.
 *
 * Differs from scikit-learn: rows are drawn by a stream of our own.
 *
 * @example
 * ```ts
 * import { AdaBoostRegressor, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = new AdaBoostRegressor({ nEstimators: 20, loss: 'square', randomState: 0 });
 * await model.fit(data, target);
 * (await model.score(data, target)) > 0.4; // true
 * ```
 */
export class AdaBoostRegressor extends Regressor<AdaBoostRegressorParams, AdaBoostState> {
  constructor(params: Partial<AdaBoostRegressorParams> = {}) {
    super({ ...DEFAULTS, loss: 'linear', ...params });
  }

  get rules(): Rules<AdaBoostRegressorParams> {
    return { ...RULES, estimator: baseModel('regressor'), loss: oneOf('linear', 'square', 'exponential') };
  }

  get stateRules(): Rules<AdaBoostState> {
    return STATE_RULES;
  }

  override get tags(): EstimatorTags {
    return { ...this.#base.tags, multiOutput: false, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator?.checkParams();
  }

  protected override checkState(state: AdaBoostState): void {
    checkModels(this, state);
  }

  get #base(): Estimator {
    return this.params.estimator ?? new DecisionTreeRegressor({ maxDepth: 3 });
  }

  protected async fitState(input: FitInput): Promise<AdaBoostState> {
    return boostRegressor(this, this.#base, input, fitTargets(input), this.params);
  }

  /** The fitted models, one for each round. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): readonly Estimator[] {
    return this.state.models;
  }

  /** How much each model counts. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorWeights(): Float64Array {
    return this.state.weights.slice();
  }

  /** The average loss of each model. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorErrors(): Float64Array {
    return this.state.errors.slice();
  }

  /** Importances of the models, averaged by their weights. @throws {ERR_NOT_SUPPORTED} unless all of them have such */
  get featureImportances(): Float64Array {
    return weightedImportances(this.state);
  }

  /** Predictions after each round. */
  async *stagedPredict(X: MatrixLike): AsyncGenerator<FloatArray> {
    const { weights } = this.state;
    const values = await votesOf(this, this.state, X, 'value');
    for (let rounds = 1; rounds <= weights.length; rounds++)
      yield Float64Array.from({ length: values.rows }, (_, i) =>
        weightedMedian(values.row(i).subarray(0, rounds), weights),
      );
  }

  /** R2 after each round. */
  async *stagedScore(X: MatrixLike, y: ArrayLike<number>, options?: ScoreOptions): AsyncGenerator<number> {
    for await (const values of this.stagedPredict(X))
      yield r2(encodeTargets(y, values.length), values, options?.sampleWeight);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models, weights } = this.state;
    const forest = joinTrees(models, 1, (values) => values);
    const all =
      forest === null
        ? plan.concat(models.map((model) => model.lowerChecked(plan, x, { ...options, output: 'value' })))
        : plan.forest(
            plan.check(x, models[0].tags.allowNan ?? false, this.featureNamesIn),
            ...([forest, 1, 'perTree'] as const),
          );
    if (models.length === 1) return all;
    // The median is the least value that, with those below it, has half of the weight.
    const half = Float64Array.of(weights.reduce((sum, weight) => sum + weight, 0) / 2);
    const beyond = plan.constant(x, Float64Array.of(Infinity));
    const candidates = models.map((_, k) => {
      const own = plan.gather(all, [k]);
      const below = plan.binaryOf([all, own], 'lessEqual');
      const weight = plan.dense(below, weights, new Float64Array(1));
      return plan.select([plan.binary(weight, 'greaterEqual', half), own, beyond]);
    });
    return plan.reduce(plan.concat(candidates), 'min');
  }
}

function weightedMedian(values: FloatArray, weights: Float64Array): number {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const half = order.reduce((sum, k) => sum + weights[k], 0) / 2;
  let below = 0;
  for (const k of order) {
    below += weights[k];
    if (below >= half) return values[k];
  }
  return values[order[order.length - 1]];
}

function checkModels(owner: Estimator, { models, weights, errors }: AdaBoostState): void {
  checkLength(owner, 'weights', weights, models.length);
  checkLength(owner, 'errors', errors, models.length);
}

function weightedImportances({ models, weights }: BoostedModels): Float64Array {
  const parts = models.map((model) => importancesOf(model, 'absolute', 'impurity'));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return parts[0].map((_, j) => parts.reduce((sum, part, k) => sum + weights[k] * part[j], 0) / total);
}

/** What each model says of each row, [rows, models], in float64. */
function votesOf(
  owner: Estimator,
  { models }: BoostedModels,
  X: MatrixLike,
  output: Output,
): Promise<Matrix> {
  const { schema } = owner;
  const options = { device: 'cpu', precision: 'float64', output, coverage: 0.9 } as const;
  const x = schema.encode(X, 'float64');
  const lower = (plan: PlanBuilder, slot: Slot) =>
    plan.concat(models.map((model) => model.lowerChecked(plan, slot, options)));
  return applyOps(x, schema, lower, null);
}
