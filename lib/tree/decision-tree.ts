/** Single decision trees: forests of one tree, without bootstrap. */
import type { FitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, type ClassWeight, Regressor } from '../core/kinds.js';
import { classWeight, labels, oneOf, type Rules } from '../core/params.js';
import type { ResolvedCompileOptions } from '../core/plan.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { meanScores, type TreeModel, type TreeScores } from '../core/tree-scores.js';
import {
  checkForestState,
  type ForestState,
  fitClassifierTrees,
  fitRegressorTrees,
  forestConstants,
  forestStateRules,
  leafCount,
  type TreeParams,
  treeDefaults,
  treeDepth,
  treeRules,
} from './forest-state.js';

/** Parameters of {@link DecisionTreeClassifier}. */
export interface DecisionTreeClassifierParams extends TreeParams {
  /** Measure of impurity; 'logLoss' is another name of 'entropy'. Default 'gini'. */
  criterion: 'gini' | 'entropy' | 'logLoss';
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}
/** Parameters of {@link DecisionTreeRegressor}. */
export interface DecisionTreeRegressorParams extends TreeParams {
  /** Measure of impurity. Default 'squaredError'. */
  criterion: 'squaredError';
}

type ClassifierTreeState = ForestState & ClassifierState;

/**
 * A decision tree for classes (Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984), with
 * exact splits. Missing values are allowed: each split sends them to the side that lowers impurity more.
 *
 * Differs from scikit-learn: columns with more than 65,535 distinct values are split at that many quantiles; no
 * `splitter`, `maxLeafNodes`, `ccpAlpha` or monotonic constraints yet. A number in (0, 1) is a share, a whole number a count.
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier } from 'boreal';
 * const tree = await new DecisionTreeClassifier().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]);
 * await tree.predict([[0, 1], [1, 1]]); // [1, 0]
 * tree.getDepth(); // 2
 * ```
 */
export class DecisionTreeClassifier
  extends Classifier<DecisionTreeClassifierParams, ClassifierTreeState>
  implements TreeModel
{
  constructor(params: Partial<DecisionTreeClassifierParams> = {}) {
    super({ criterion: 'gini', maxFeatures: null, classWeight: null, ...treeDefaults, ...params });
  }

  get rules(): Rules<DecisionTreeClassifierParams> {
    return { ...treeRules, criterion: oneOf('gini', 'entropy', 'logLoss'), classWeight };
  }

  get stateRules(): Rules<ClassifierTreeState> {
    return { ...forestStateRules, classes: labels };
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ClassifierTreeState, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  protected fitState(input: FitInput): Promise<ClassifierTreeState> {
    return fitClassifierTrees(this, input, this.params);
  }

  /** Share of the impurity that each column removed; sums to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): Float64Array {
    return this.state.importances.slice();
  }

  /** Most edges from root to leaf. @throws {ERR_NOT_FITTED} before `fit` */
  getDepth(): number {
    return treeDepth(this.state);
  }

  /** Number of leaves. @throws {ERR_NOT_FITTED} before `fit` */
  getNLeaves(): number {
    return leafCount(this.state);
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

/**
 * A decision tree for numbers: each leaf predicts the mean of its training rows. See {@link DecisionTreeClassifier}
 * for missing values and for differences from scikit-learn.
 *
 * @example
 * ```ts
 * import { DecisionTreeRegressor } from 'boreal';
 * const tree = await new DecisionTreeRegressor().fit([[1], [2], [3], [4]], [10, 10, 20, 20]);
 * await tree.predict([[1.5], [3.5]]); // [10, 20]
 * ```
 */
export class DecisionTreeRegressor
  extends Regressor<DecisionTreeRegressorParams, ForestState>
  implements TreeModel
{
  constructor(params: Partial<DecisionTreeRegressorParams> = {}) {
    super({ criterion: 'squaredError', maxFeatures: null, ...treeDefaults, ...params });
  }

  get rules(): Rules<DecisionTreeRegressorParams> {
    return { ...treeRules, criterion: oneOf('squaredError') };
  }

  get stateRules(): Rules<ForestState> {
    return forestStateRules;
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ForestState, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  protected fitState(input: FitInput): Promise<ForestState> {
    return fitRegressorTrees(this, input, this.params);
  }

  /** Share of the impurity that each column removed; sums to 1. @throws {ERR_NOT_FITTED} before `fit` */
  get featureImportances(): Float64Array {
    return this.state.importances.slice();
  }

  /** Most edges from root to leaf. @throws {ERR_NOT_FITTED} before `fit` */
  getDepth(): number {
    return treeDepth(this.state);
  }

  /** Number of leaves. @throws {ERR_NOT_FITTED} before `fit` */
  getNLeaves(): number {
    return leafCount(this.state);
  }

  /** @internal */
  treeScores(): TreeScores {
    return meanScores(forestConstants(this.state), 1);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.forest(x, forestConstants(this.state), 1, 'mean');
  }
}
