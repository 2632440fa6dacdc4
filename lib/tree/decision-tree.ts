/** Single decision trees: forests of one tree, without bootstrap. */

import { countClasses, labelsOrLists } from '../core/class-lists.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput, FitOptions } from '../core/fit-input.js';
import type { ClassesState } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { TargetsLike } from '../core/targets.js';
import { type ClassWeights, classWeightOrList } from './class-weights.js';
import { fitClassifierTrees, fitRegressorTrees, type PruningPath } from './fit-trees.js';
import {
  type ForestState,
  forestConstants,
  forestStateRules,
  leafCount,
  lowerLeaves,
  outputsOf,
  treeDepth,
} from './forest-state.js';
import {
  type ClassCriterion,
  classCriterion,
  type MonotonicParams,
  monotonicRules,
  type NumberCriterion,
  numberCriterion,
  resolveMaxFeatures,
  type TreeParams,
  treeDefaults,
  treeRules,
} from './tree-params.js';
import { type TreeStructure, treeStructure } from './tree-structure.js';
import { lowerClasses, TreesClassifier, TreesRegressor } from './trees.js';

/** Parameters that single trees add. */
export interface SingleTreeParams extends TreeParams, MonotonicParams {
  /** Try every threshold of a column ('best'), or one drawn at random ('random'). Default 'best'. */
  splitter: 'best' | 'random';
}
/** Parameters of {@link DecisionTreeClassifier}. */
export interface DecisionTreeClassifierParams extends SingleTreeParams {
  /** Measure of impurity. Default 'gini'. */
  criterion: ClassCriterion;
  /** Weights of classes: null, 'balanced', or by label; of several targets a list of those of each, which are multiplied. Default null. */
  classWeight: ClassWeights;
}
/** Parameters of {@link DecisionTreeRegressor}. */
export interface DecisionTreeRegressorParams extends SingleTreeParams {
  /** Measure of impurity; 'absoluteError' predicts medians, 'poisson' needs targets >= 0. Default 'squaredError'. */
  criterion: NumberCriterion;
}

type ClassifierTreeState = ForestState & ClassesState;

const singleRules: Rules<SingleTreeParams> = {
  ...treeRules,
  ...monotonicRules,
  splitter: oneOf('best', 'random'),
};
const singleDefaults: SingleTreeParams = {
  ...treeDefaults,
  maxFeatures: null,
  monotonicCst: null,
  splitter: 'best',
};

/**
 * A decision tree for classes (Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984), with
 * exact splits. Missing values are allowed: each split sends them to the side that lowers impurity more, and to that of
 * more rows where training had none. Of several targets, [rows, targets], splits lessen the mean of their impurities; `predict` gives a list for each row, `predictProba` a matrix for each target.
 *
 * Differs from scikit-learn: columns with more than 65,535 distinct values are split at that many quantiles; nodes stand in the order in
 * which they were made. A number in (0, 1) is a share, a whole number a count.
 *
 * @typeParam L - what `predict` says of a row: `Label[]` of several targets
 * @throws {ERR_NOT_SUPPORTED} from `fit`, for `monotonicCst` with several targets
 * @example
 * ```ts
 * import { DecisionTreeClassifier } from 'boreal';
 * const tree = await new DecisionTreeClassifier().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]);
 * await tree.predict([[0, 1], [1, 1]]); // [1, 0]
 * tree.getDepth(); // 2
 * ```
 */
export class DecisionTreeClassifier<L extends Label | Label[] = Label> extends TreesClassifier<
  DecisionTreeClassifierParams,
  ClassifierTreeState,
  L
> {
  #onPruningPath?: (path: PruningPath) => void;

  constructor(params: Partial<DecisionTreeClassifierParams> = {}) {
    super({ criterion: 'gini', classWeight: null, ...singleDefaults, ...params });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: true };
  }

  get rules(): Rules<DecisionTreeClassifierParams> {
    return { ...singleRules, criterion: classCriterion, classWeight: classWeightOrList };
  }

  get stateRules(): Rules<ClassifierTreeState> {
    return { ...forestStateRules, classes: labelsOrLists };
  }

  protected fitState(input: FitInput): Promise<ClassifierTreeState> {
    return fitClassifierTrees(this, input, this.params, { onPruningPath: this.#onPruningPath });
  }

  /**
   * How a tree grown on these rows would be pruned: each effective alpha at which branches go, and the impurity of the
   * leaves from then on. Neither `ccpAlpha` nor the fitted model matters or changes.
   *
   * @throws see {@link Estimator.fit}
   */
  async costComplexityPruningPath(X: MatrixLike, y: TargetsLike, options?: FitOptions): Promise<PruningPath> {
    const tree = this.clone().setParams({ ccpAlpha: 0 });
    let found: PruningPath | undefined;
    tree.#onPruningPath = (path) => {
      found = path;
    };
    await tree.fit(X, y, options);
    return found!;
  }

  /** Most edges from root to leaf. @throws {ERR_NOT_FITTED} before `fit` */
  getDepth(): number {
    return treeDepth(this.state);
  }

  /** How many columns a split looks at. @throws {ERR_NOT_FITTED} before `fit` */
  get maxFeatures(): number {
    return resolveMaxFeatures(this.fittedParams.maxFeatures, this.nFeaturesIn);
  }

  /** Number of leaves. @throws {ERR_NOT_FITTED} before `fit` */
  getNLeaves(): number {
    return leafCount(this.state);
  }

  /** The nodes as arrays; of several targets the shares of their classes stand side by side. @throws {ERR_NOT_FITTED} before `fit` */
  get tree(): TreeStructure {
    return treeStructure(this.state, countClasses(this.state.classes));
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    return lowerClasses(plan, x, this.state, output);
  }
}

/**
 * A decision tree for numbers: each leaf predicts the mean of its training rows, or their median. See
 * {@link DecisionTreeClassifier} for missing values and for differences from scikit-learn. Of several targets, [rows, targets], splits lessen
 * the mean of their squared errors, the only criterion for them, and a leaf predicts the mean of each.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_NOT_SUPPORTED} from `fit`, for other criteria and `monotonicCst` with several targets
 * @example
 * ```ts
 * import { DecisionTreeRegressor } from 'boreal';
 * const tree = await new DecisionTreeRegressor().fit([[1], [2], [3], [4]], [10, 10, 20, 20]);
 * await tree.predict([[1.5], [3.5]]); // [10, 20]
 * ```
 */
export class DecisionTreeRegressor<Y extends FloatArray | Matrix = FloatArray> extends TreesRegressor<
  DecisionTreeRegressorParams,
  ForestState,
  Y
> {
  #onPruningPath?: (path: PruningPath) => void;

  constructor(params: Partial<DecisionTreeRegressorParams> = {}) {
    super({ criterion: 'squaredError', ...singleDefaults, ...params });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: this.params.criterion === 'squaredError' };
  }

  get rules(): Rules<DecisionTreeRegressorParams> {
    return { ...singleRules, criterion: numberCriterion };
  }

  get stateRules(): Rules<ForestState> {
    return forestStateRules;
  }

  protected fitState(input: FitInput): Promise<ForestState> {
    return fitRegressorTrees(this, input, this.params, { onPruningPath: this.#onPruningPath });
  }

  /** See {@link DecisionTreeClassifier.costComplexityPruningPath}. */
  async costComplexityPruningPath(X: MatrixLike, y: TargetsLike, options?: FitOptions): Promise<PruningPath> {
    const tree = this.clone().setParams({ ccpAlpha: 0 });
    let found: PruningPath | undefined;
    tree.#onPruningPath = (path) => {
      found = path;
    };
    await tree.fit(X, y, options);
    return found!;
  }

  /** Most edges from root to leaf. @throws {ERR_NOT_FITTED} before `fit` */
  getDepth(): number {
    return treeDepth(this.state);
  }

  /** How many columns a split looks at. @throws {ERR_NOT_FITTED} before `fit` */
  get maxFeatures(): number {
    return resolveMaxFeatures(this.fittedParams.maxFeatures, this.nFeaturesIn);
  }

  /** Number of leaves. @throws {ERR_NOT_FITTED} before `fit` */
  getNLeaves(): number {
    return leafCount(this.state);
  }

  /** The nodes as arrays. @throws {ERR_NOT_FITTED} before `fit` */
  get tree(): TreeStructure {
    return treeStructure(this.state, outputsOf(this.state));
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    if (output === 'leaf') return lowerLeaves(plan, x, this.state);
    return plan.forest(x, forestConstants(this.state), outputsOf(this.state), 'mean');
  }
}
