/** What a model that adds up trees says of itself: all that explanations need to know. */
import type { ForestConstants } from './plan-types.js';

/**
 * Scores are what a model predicts before its link: `base` plus the sums of the leaves that a row reaches, divided by
 * `divisor`. Which trees add to which score is said by the forest's `groups`; without them each leaf has a value for each.
 */
export interface TreeScores {
  readonly forest: ForestConstants;
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

/** The scores of trees whose leaves, of so many values, are averaged. */
export function meanScores(forest: ForestConstants, outputs: number): TreeScores {
  return { forest, base: new Float64Array(outputs), divisor: forest.treeOffsets.length - 1 };
}
