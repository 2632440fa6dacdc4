/** Ensembles of single trees as one forest, which a plan runs in one op. */
import type { Estimator } from '../core/estimator.js';
import type { ForestConstants } from '../core/plan-types.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from '../tree/decision-tree.js';

const isTree = (model: Estimator): model is DecisionTreeClassifier | DecisionTreeRegressor =>
  model instanceof DecisionTreeClassifier || model instanceof DecisionTreeRegressor;

/**
 * The trees one after another; null unless all models are single trees that treat missing values alike.
 *
 * @param outputs - values of a leaf
 * @param leaf - the values of a leaf of the k-th tree in the ensemble, from its own
 */
export function joinTrees(
  models: readonly Estimator[],
  outputs: number,
  leaf: (values: Float64Array, k: number) => ArrayLike<number>,
): ForestConstants | null {
  if (!models.every(isTree)) return null;
  const trees = models.map((model) => model.treeScores().forest);
  const hasRules = trees[0].rules.length > 0;
  if (trees.some(({ rules }) => rules.length > 0 !== hasRules)) return null;
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const joined = {
    treeOffsets: new Int32Array(trees.length + 1),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    left: new Int32Array(nodes),
    rules: new Uint8Array(hasRules ? nodes : 0),
    cover: new Float32Array(nodes),
  };
  const values: number[] = [];
  trees.forEach((tree, k) => {
    const start = joined.treeOffsets[k];
    const firstLeaf = values.length / outputs;
    for (const name of ['feature', 'threshold', 'cover'] as const) joined[name].set(tree[name], start);
    if (hasRules) joined.rules.set(tree.rules, start);
    // That of a leaf is its row of values, others count from the root.
    joined.left.set(
      tree.left.map((left, node) => (tree.feature[node] < 0 ? left + firstLeaf : left)),
      start,
    );
    joined.treeOffsets[k + 1] = start + tree.feature.length;
    const width = tree.values.length / countLeaves(tree);
    for (let at = 0; at < tree.values.length; at += width)
      for (const value of Array.from(leaf(tree.values.subarray(at, at + width), k))) values.push(value);
  });
  return { ...joined, values: Float64Array.from(values) };
}

function countLeaves({ feature }: ForestConstants): number {
  return feature.reduce((count, column) => count + (column < 0 ? 1 : 0), 0);
}
