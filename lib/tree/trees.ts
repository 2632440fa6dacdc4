/** The faces that all estimators made of trees share: where rows end, and what the columns are worth. */

import { countClasses, mostProbable } from '../core/class-lists.js';
import type { Output } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type ClassesState, Classifier, Regressor } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { meanScores, type TreeModel, type TreeScores } from '../core/tree-scores.js';
import { type DecisionPath, pathsTo } from './decision-path.js';
import {
  checkForestState,
  type ForestState,
  forestConstants,
  type ImportanceKind,
  importancesOf,
  leafCount,
  lowerLeaves,
  outputsOf,
} from './forest-state.js';

/** A classifier made of trees. */
export abstract class TreesClassifier<
    P extends object,
    S extends ForestState & ClassesState,
    L extends Label | Label[] = Label,
  >
  extends Classifier<P, S, L>
  implements TreeModel
{
  override get tags(): EstimatorTags {
    return { allowNan: true };
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'leaf'];
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
  }

  /**
   * Share of the impurity that each column removed, averaged over the trees; sums to 1.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get featureImportances(): Float64Array {
    return importancesOf(this.state, 'gain');
  }

  /** Importances of the columns by 'gain' in impurity or by number of 'split's; they sum to 1. */
  getFeatureImportances(kind: ImportanceKind): Float64Array {
    return importancesOf(this.state, kind);
  }

  /**
   * The node that each row ends in, counted within its tree: [rows, trees].
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  apply(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'leaf' });
  }

  /** @internal */
  treeScores(): TreeScores {
    return meanScores(forestConstants(this.state), countClasses(this.state.classes));
  }

  /** The nodes that each row passes, tree by tree from the root to its leaf. */
  async decisionPath(X: MatrixLike): Promise<DecisionPath> {
    const { state } = this;
    return pathsTo(state, await this.apply(X));
  }
}

/** The shares of the classes of trees, or the most probable ones, of several targets side by side. */
export function lowerClasses(
  plan: PlanBuilder,
  x: Slot,
  state: ForestState & ClassesState,
  output: Output,
): Slot {
  if (output === 'leaf') return lowerLeaves(plan, x, state);
  const proba = plan.forest(x, forestConstants(state), countClasses(state.classes), 'mean');
  return output === 'proba' ? proba : mostProbable(plan, proba, state.classes);
}

/** A regressor made of trees. */
export abstract class TreesRegressor<
    P extends object,
    S extends ForestState,
    Y extends FloatArray | Matrix = FloatArray,
  >
  extends Regressor<P, S, Y>
  implements TreeModel
{
  override get tags(): EstimatorTags {
    return { allowNan: true };
  }

  protected override countOf(state: S): number {
    return outputsOf(state);
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'leaf'];
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    checkForestState(this, state, columns.length);
    checkLength(this, 'values', state.values, Math.max(1, Math.floor(outputsOf(state))) * leafCount(state));
  }

  /**
   * Share of the impurity that each column removed, averaged over the trees; sums to 1.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get featureImportances(): Float64Array {
    return importancesOf(this.state, 'gain');
  }

  /** Importances of the columns by 'gain' in impurity or by number of 'split's; they sum to 1. */
  getFeatureImportances(kind: ImportanceKind): Float64Array {
    return importancesOf(this.state, kind);
  }

  /**
   * The node that each row ends in, counted within its tree: [rows, trees].
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  apply(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'leaf' });
  }

  /** @internal */
  treeScores(): TreeScores {
    return meanScores(forestConstants(this.state), outputsOf(this.state));
  }

  /** The nodes that each row passes, tree by tree from the root to its leaf. */
  async decisionPath(X: MatrixLike): Promise<DecisionPath> {
    const { state } = this;
    return pathsTo(state, await this.apply(X));
  }
}
