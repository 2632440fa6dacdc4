/** Forests of decision trees on bootstrap samples (Breiman, Random Forests, Machine Learning 45, 2001). */
import type { FitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, type ClassWeight, Regressor } from '../core/kinds.js';
import type { FloatArray, MatrixLike } from '../core/matrix.js';
import { classWeight, labels, oneOf, type Rules } from '../core/params.js';
import type { Output, ResolvedCompileOptions } from '../core/plan.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { meanScores, type TreeModel, type TreeScores } from '../core/tree-scores.js';
import {
  checkForestState,
  type ForestParams,
  type ForestState,
  fitClassifierTrees,
  fitRegressorTrees,
  forestConstants,
  forestDefaults,
  forestRules,
  forestStateRules,
  treeDefaults,
  treeRules,
} from '../tree/forest-state.js';

/** Parameters of {@link RandomForestClassifier}. `maxFeatures` is 'sqrt' by default. */
export interface RandomForestClassifierParams extends ForestParams {
  /** Measure of impurity; 'logLoss' is another name of 'entropy'. Default 'gini'. */
  criterion: 'gini' | 'entropy' | 'logLoss';
  /** Weights of classes: null, 'balanced' (over all rows), or by label. Default null. */
  classWeight: ClassWeight;
}
/** Parameters of {@link RandomForestRegressor}. `maxFeatures` is null (all) by default. */
export interface RandomForestRegressorParams extends ForestParams {
  /** Measure of impurity. Default 'squaredError'. */
  criterion: 'squaredError';
}

type ForestClassifierState = ForestState & ClassifierState;

/**
 * A random forest for classes: the mean of the probabilities of its trees. Trees train in parallel; the same
 * `randomState` gives the same model at any number of threads. Missing values are allowed.
 *
 * Differs from scikit-learn: its random streams cannot be matched, so that equal seeds give other (equally good)
 * forests; no `oobScore`, `warmStart`, `maxLeafNodes` or `ccpAlpha` yet. See {@link DecisionTreeClassifier} too.
 *
 * @example
 * ```ts
 * import { loadIris, RandomForestClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const forest = await new RandomForestClassifier({ randomState: 0 }).fit(data, target);
 * (await forest.score(data, target)) > 0.98; // true
 * ```
 */
export class RandomForestClassifier
  extends Classifier<RandomForestClassifierParams, ForestClassifierState>
  implements TreeModel
{
  constructor(params: Partial<RandomForestClassifierParams> = {}) {
    super({
      criterion: 'gini',
      maxFeatures: 'sqrt',
      classWeight: null,
      ...treeDefaults,
      ...forestDefaults,
      ...params,
    });
  }

  get rules(): Rules<RandomForestClassifierParams> {
    return { ...treeRules, ...forestRules, criterion: oneOf('gini', 'entropy', 'logLoss'), classWeight };
  }

  get stateRules(): Rules<ForestClassifierState> {
    return { ...forestStateRules, classes: labels };
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ForestClassifierState, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  protected fitState(input: FitInput): Promise<ForestClassifierState> {
    return fitClassifierTrees(this, input, this.params);
  }

  /** Share of the impurity that each column removed, averaged over the trees; sums to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): Float64Array {
    return this.state.importances.slice();
  }

  /** @internal */
  treeScores(): TreeScores {
    return meanScores(forestConstants(this.state), this.state.classes.length);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const proba = plan.forest(x, forestConstants(this.state), this.state.classes.length, 'mean');
    return output === 'proba' ? proba : plan.argmax(proba);
  }
}

/** Lower and upper ends of an interval for each row. */
export interface Interval {
  readonly lower: FloatArray;
  readonly upper: FloatArray;
}

/**
 * A random forest for numbers: the mean of the predictions of its trees. See {@link RandomForestClassifier} for
 * threads, missing values and differences from scikit-learn.
 *
 * @example
 * ```ts
 * import { loadDiabetes, RandomForestRegressor } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 50, randomState: 0 }).fit(data, target);
 * const { lower, upper } = await forest.predictInterval(data.slice(0, 1), { coverage: 0.8 });
 * lower[0] <= upper[0]; // true
 * ```
 */
export class RandomForestRegressor
  extends Regressor<RandomForestRegressorParams, ForestState>
  implements TreeModel
{
  constructor(params: Partial<RandomForestRegressorParams> = {}) {
    super({ criterion: 'squaredError', maxFeatures: null, ...treeDefaults, ...forestDefaults, ...params });
  }

  get rules(): Rules<RandomForestRegressorParams> {
    return { ...treeRules, ...forestRules, criterion: oneOf('squaredError') };
  }

  get stateRules(): Rules<ForestState> {
    return forestStateRules;
  }

  override get tags() {
    return { allowNan: true };
  }

  override get outputs(): readonly Output[] {
    return ['value', 'interval'];
  }

  protected override checkState(state: ForestState, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  protected fitState(input: FitInput): Promise<ForestState> {
    return fitRegressorTrees(this, input, this.params);
  }

  /** Share of the impurity that each column removed, averaged over the trees; sums to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): Float64Array {
    return this.state.importances.slice();
  }

  /**
   * The range that holds the given share of the trees' predictions. It shows how far the trees disagree (model
   * uncertainty); it is not a calibrated prediction interval.
   *
   * @param options.coverage - share of the trees, in (0, 1); default 0.9
   */
  async predictInterval(X: MatrixLike, options: { coverage?: number } = {}): Promise<Interval> {
    const bounds = await this.run(X, { output: 'interval', coverage: options.coverage });
    return { lower: bounds.columns([0]).data, upper: bounds.columns([1]).data };
  }

  /** @internal */
  treeScores(): TreeScores {
    return meanScores(forestConstants(this.state), 1);
  }

  lower(plan: PlanBuilder, x: Slot, { output, coverage }: ResolvedCompileOptions): Slot {
    if (output !== 'interval') return plan.forest(x, forestConstants(this.state), 1, 'mean');
    const tail = (1 - coverage) / 2;
    return plan.quantile(
      plan.forest(x, forestConstants(this.state), 1, 'perTree'),
      Float64Array.of(tail, 1 - tail),
    );
  }
}
