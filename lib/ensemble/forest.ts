/** What random forests and extra trees share: everything but how a tree is grown. */

import { countClasses, labelsOrLists } from '../core/class-lists.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import { type ClassesState, decodeProba } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { either, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type ByTargets, decodeNumbers } from '../core/targets.js';
import { StateError } from '../errors.js';
import { classWeightOrList } from '../tree/class-weights.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from '../tree/decision-tree.js';
import { drawnRows } from '../tree/drawn-rows.js';
import { type ForestClassWeight, fitClassifierTrees, fitRegressorTrees } from '../tree/fit-trees.js';
import {
  type ForestState,
  forestConstants,
  forestStateRules,
  lowerLeaves,
  type OutOfBag,
  selectTrees,
} from '../tree/forest-state.js';
import {
  type BinnedForestParams,
  type ClassCriterion,
  classCriterion,
  type ForestParams,
  forestRules,
  type MonotonicParams,
  monotonicRules,
  type NumberCriterion,
  numberCriterion,
  treeRules,
} from '../tree/tree-params.js';
import { lowerClasses, TreesClassifier, TreesRegressor } from '../tree/trees.js';

/** Parameters of forests for classes. */
export interface ForestClassifierParams extends ForestParams, MonotonicParams {
  /** Measure of impurity. Default 'gini'. */
  criterion: ClassCriterion;
  /**
   * Weights of classes: null, 'balanced' (over all rows), 'balancedSubsample' (over those a tree draws), or by label; of several targets
   * a list of those of each, which are multiplied. Default null.
   */
  classWeight: ForestClassWeight;
}
/** Parameters of forests for numbers. */
export interface ForestRegressorParams extends ForestParams, MonotonicParams {
  /** Measure of impurity; 'absoluteError' predicts means of medians, 'poisson' needs targets >= 0. Default 'squaredError'. */
  criterion: NumberCriterion;
}

export type ForestClassifierState = ForestState & ClassesState;

const treeCount = ({ treeOffsets }: ForestState) => treeOffsets.length - 1;

function outOfBag(owner: object, { oob }: ForestState): OutOfBag {
  if (oob !== undefined) return oob;
  throw new StateError('ERR_NOT_SUPPORTED', `This ${owner.constructor.name} was fitted without oobScore.`);
}

/** Means over the trees that did not draw a row; NaN where every tree did. */
function outOfBagMeans({ sums, trees }: OutOfBag): Matrix<Float64Array> {
  const outputs = sums.length / trees.length;
  const means = sums.map((sum, k) => sum / trees[Math.floor(k / outputs)]);
  return new Matrix(means, trees.length, outputs);
}

/** The parameters of one tree of a forest. */
function treeParams<P extends ForestParams>(
  params: P & Partial<BinnedForestParams>,
  splitter: 'best' | 'random',
) {
  const { nEstimators, bootstrap, maxSamples, oobScore, warmStart, nJobs, maxBins, ...tree } = params;
  return { ...tree, splitter };
}

/** A forest for classes: the mean of the probabilities of its trees. */
export abstract class ForestClassifier<
  P extends ForestClassifierParams = ForestClassifierParams,
  L extends Label | Label[] = Label,
> extends TreesClassifier<P, ForestClassifierState, L> {
  /** How trees choose thresholds. */
  protected abstract readonly splitter: 'best' | 'random';

  /** Rules of what all forests for classes have. */
  protected get forestRules(): Rules<ForestClassifierParams> {
    return {
      ...treeRules,
      ...forestRules,
      ...monotonicRules,
      criterion: classCriterion,
      classWeight: either(classWeightOrList, oneOf('balancedSubsample')),
    };
  }

  get stateRules(): Rules<ForestClassifierState> {
    return { ...forestStateRules, classes: labelsOrLists };
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: true };
  }

  protected fitState(input: FitInput): Promise<ForestClassifierState> {
    const previous = this.params.warmStart && this.isFitted ? this.state : null;
    const params = { ...this.params, splitter: this.splitter };
    return fitClassifierTrees(this, input, params, { previous });
  }

  /** The trees, each a fitted classifier of its own. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): DecisionTreeClassifier<L>[] {
    const { state, schema } = this;
    const { dtype } = this;
    const fitted: ForestClassifierParams = this.fittedParams;
    const { classWeight, ...params } = treeParams(fitted, this.splitter);
    return Array.from({ length: treeCount(state) }, (_, t) => {
      const tree = new DecisionTreeClassifier<L>(params);
      const { classes } = state;
      tree.restore({ state: { ...selectTrees(state, [t], countClasses(classes)), classes }, schema, dtype });
      return tree;
    });
  }

  /**
   * The rows that each tree drew, ascending, each as often as it was drawn; without `bootstrap` all of them.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} of a model that was loaded
   */
  get estimatorsSamples(): Int32Array[] {
    return drawnRows(this, this.state);
  }

  /** Accuracy on the rows that some tree did not draw, of several targets those of which all labels are right. @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore` */
  get oobScore(): number {
    return outOfBag(this, this.state).score;
  }

  /**
   * Probabilities of the training rows by the trees that did not draw them, [rows, classes], of several targets a matrix for each; NaN
   * where every tree did.
   *
   * @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore`
   */
  get oobDecisionFunction(): L extends readonly unknown[] ? Matrix<Float64Array>[] : Matrix<Float64Array> {
    const means = outOfBagMeans(outOfBag(this, this.state));
    return decodeProba(means, this.targetOf(this.state)) as typeof this.oobDecisionFunction;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    return lowerClasses(plan, x, this.state, output);
  }
}

/** Lower and upper ends of an interval for each row. */
export interface Interval {
  readonly lower: FloatArray;
  readonly upper: FloatArray;
}

/** A forest for numbers: the mean of the predictions of its trees. */
export abstract class ForestRegressor<
  P extends ForestRegressorParams = ForestRegressorParams,
  Y extends FloatArray | Matrix = FloatArray,
> extends TreesRegressor<P, ForestState, Y> {
  /** How trees choose thresholds. */
  protected abstract readonly splitter: 'best' | 'random';

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: this.params.criterion === 'squaredError' };
  }

  /** Rules of what all forests for numbers have. */
  protected get forestRules(): Rules<ForestRegressorParams> {
    return { ...treeRules, ...forestRules, ...monotonicRules, criterion: numberCriterion };
  }

  get stateRules(): Rules<ForestState> {
    return forestStateRules;
  }

  /** How many there are; the state tells too, but by all of its nodes. */
  get #targets(): number {
    const { target } = this.schema;
    return target.kind === 'numbers' ? target.count : 1;
  }

  override get outputs(): readonly Output[] {
    // Trees disagree on one number, not on several at once.
    return this.isFitted && this.#targets > 1 ? super.outputs : [...super.outputs, 'interval'];
  }

  protected fitState(input: FitInput): Promise<ForestState> {
    const previous = this.params.warmStart && this.isFitted ? this.state : null;
    const params = { ...this.params, splitter: this.splitter };
    return fitRegressorTrees(this, input, params, { previous });
  }

  /** The trees, each a fitted regressor of its own. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): DecisionTreeRegressor<Y>[] {
    const { state, schema } = this;
    const { dtype } = this;
    const fitted: ForestRegressorParams = this.fittedParams;
    const params = treeParams(fitted, this.splitter);
    const targets = this.#targets;
    return Array.from({ length: treeCount(state) }, (_, t) => {
      const tree = new DecisionTreeRegressor<Y>(params);
      tree.restore({ state: selectTrees(state, [t], targets), schema, dtype });
      return tree;
    });
  }

  /**
   * The rows that each tree drew, ascending, each as often as it was drawn; without `bootstrap` all of them.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} of a model that was loaded
   */
  get estimatorsSamples(): Int32Array[] {
    return drawnRows(this, this.state);
  }

  /** R2 on the rows that some tree did not draw. @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore` */
  get oobScore(): number {
    return outOfBag(this, this.state).score;
  }

  /**
   * Predictions of the training rows by the trees that did not draw them, [rows], of several targets [rows, targets]; NaN where every
   * tree did.
   *
   * @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore`
   */
  get oobPrediction(): ByTargets<Y, Float64Array, Matrix<Float64Array>> {
    return decodeNumbers(outOfBagMeans(outOfBag(this, this.state))) as typeof this.oobPrediction;
  }

  /**
   * The range that holds the given share of the trees' predictions. It shows how far the trees disagree (model
   * uncertainty); it is not a calibrated prediction interval.
   *
   * @param options.coverage - share of the trees, in (0, 1); default 0.9
   * @throws {ERR_NOT_SUPPORTED} of several targets
   */
  async predictInterval(X: MatrixLike, options: { coverage?: number } = {}): Promise<Interval> {
    const bounds = await this.run(X, { output: 'interval', coverage: options.coverage });
    return { lower: bounds.columns([0]).data, upper: bounds.columns([1]).data };
  }

  lower(plan: PlanBuilder, x: Slot, { output, coverage }: ResolvedCompileOptions): Slot {
    if (output === 'leaf') return lowerLeaves(plan, x, this.state);
    if (output !== 'interval') return plan.forest(x, forestConstants(this.state), this.#targets, 'mean');
    if (this.#targets > 1) {
      const message = `${this.constructor.name} has intervals of one target only.`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const tail = (1 - coverage) / 2;
    return plan.quantile(
      plan.forest(x, forestConstants(this.state), 1, 'perTree'),
      Float64Array.of(tail, 1 - tail),
    );
  }
}
