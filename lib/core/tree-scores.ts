/** What a model that adds up trees says of itself: all that explanations need to know. */
import type { ForestConstants } from './plan-types.js';

/**
 * Score k of a row is `base[k]` plus the sum over the trees of value `k - firstOutput[tree]` of the leaf that the row
 * reaches, divided by `divisor`. Scores are what the model predicts before its link.
 */
export interface TreeScores {
  readonly forest: ForestConstants;
  /** Values of a leaf. */
  readonly leafWidth: number;
  /** The first score that each tree adds to, [trees]. */
  readonly firstOutput: Int32Array;
  /** One for each score. */
  readonly base: Float64Array;
  readonly divisor: number;
}

/** An estimator that adds up trees. */
export interface TreeModel {
  /** @throws {ERR_NOT_FITTED} before `fit` */
  treeScores(): TreeScores;
}

/** Whether an estimator adds up trees. */
export function isTreeModel(model: object): model is TreeModel {
  return 'treeScores' in model && typeof model.treeScores === 'function';
}

/** The scores of trees whose leaves are averaged. */
export function meanScores(forest: ForestConstants, leafWidth: number): TreeScores {
  const trees = forest.treeOffsets.length - 1;
  return {
    forest,
    leafWidth,
    firstOutput: new Int32Array(trees),
    base: new Float64Array(leafWidth),
    divisor: trees,
  };
}
