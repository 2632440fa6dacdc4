/** A tree as plain arrays, one entry per node, in the field's conventions. */
import { Matrix } from '../core/matrix.js';
import type { ForestState } from './forest-state.js';

/**
 * The nodes of a tree, the root first and children after their parents, in scikit-learn's conventions: a leaf has
 * children -1, feature -2 and threshold -2. A row goes left where `x[feature] <= threshold`, x being read as float32.
 */
export interface TreeStructure {
  readonly nodeCount: number;
  readonly maxDepth: number;
  readonly nLeaves: number;
  readonly childrenLeft: Int32Array;
  readonly childrenRight: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  /** 1 where a missing value goes left. */
  readonly missingGoToLeft: Uint8Array;
  readonly impurity: Float32Array;
  /** Weight of the training rows; their number when they have no weights. */
  readonly weightedNNodeSamples: Float32Array;
  /** [nodes, outputs]: means, or shares of the classes; of an inner node the weighted mean of its leaves. */
  readonly value: Matrix<Float64Array>;
}

/** The structure of an ensemble of one tree. */
export function treeStructure(tree: ForestState, outputs: number): TreeStructure {
  const { feature, left, cover } = tree;
  const nodeCount = feature.length;
  const isLeaf = (k: number) => feature[k] < 0;
  const value = new Float64Array(nodeCount * outputs);
  const depth = new Int32Array(nodeCount);
  // Children stand after their parents: values rise from the last node, depths fall from the first.
  for (let k = nodeCount - 1; k >= 0; k--) {
    for (let j = 0; j < outputs; j++) {
      const [l, r] = [left[k], left[k] + 1];
      value[k * outputs + j] = isLeaf(k)
        ? tree.values[left[k] * outputs + j]
        : (cover[l] * value[l * outputs + j] + cover[r] * value[r * outputs + j]) / (cover[l] + cover[r]);
    }
  }
  for (let k = 0; k < nodeCount; k++) {
    if (!isLeaf(k)) depth[left[k]] = depth[left[k] + 1] = depth[k] + 1;
  }
  return {
    nodeCount,
    maxDepth: depth.reduce((most, d) => Math.max(most, d), 0),
    nLeaves: (nodeCount + 1) / 2,
    childrenLeft: left.map((child, k) => (isLeaf(k) ? -1 : child)),
    childrenRight: left.map((child, k) => (isLeaf(k) ? -1 : child + 1)),
    feature: feature.map((f) => (f < 0 ? -2 : f)),
    threshold: tree.threshold.map((t, k) => (isLeaf(k) ? -2 : t)),
    missingGoToLeft: tree.missingLeft.length > 0 ? tree.missingLeft.slice() : new Uint8Array(nodeCount),
    impurity: tree.impurity.slice(),
    weightedNNodeSamples: cover.slice(),
    value: new Matrix(value, nodeCount, outputs),
  };
}
