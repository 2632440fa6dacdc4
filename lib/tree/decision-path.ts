/** Paths of rows through trees, as rows of a sparse indicator matrix. */
import type { Matrix } from '../core/matrix.js';
import type { ForestState } from './forest-state.js';

/**
 * The nodes that rows pass, as a sparse matrix of ones, [rows, nodes of all trees] in compressed rows: row i passes
 * `indices[indptr[i]]` to `indices[indptr[i + 1] - 1]`. Tree t has the columns from `nodeOffsets[t]` to
 * `nodeOffsets[t + 1]`.
 */
export interface DecisionPath {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly nodeOffsets: Int32Array;
}

/** Ancestors and depth of each node of all trees. */
function parentsOf({ treeOffsets, feature, left }: ForestState): { parent: Int32Array; depth: Int32Array } {
  const parent = new Int32Array(feature.length).fill(-1);
  const depth = new Int32Array(feature.length);
  for (let t = 0; t + 1 < treeOffsets.length; t++) {
    for (let k = treeOffsets[t]; k < treeOffsets[t + 1]; k++) {
      if (feature[k] < 0) continue;
      // Children stand after their parent.
      const child = treeOffsets[t] + left[k];
      parent[child] = parent[child + 1] = k;
      depth[child] = depth[child + 1] = depth[k] + 1;
    }
  }
  return { parent, depth };
}

/** The paths to the given leaves, [rows, trees]. */
export function pathsTo(state: ForestState, leaves: Matrix): DecisionPath {
  const { treeOffsets } = state;
  const { parent, depth } = parentsOf(state);
  const indptr = new Int32Array(leaves.rows + 1);
  for (let i = 0; i < leaves.rows; i++) {
    indptr[i + 1] = indptr[i];
    for (let t = 0; t < leaves.cols; t++)
      indptr[i + 1] += depth[treeOffsets[t] + leaves.data[i * leaves.cols + t]] + 1;
  }
  const indices = new Int32Array(indptr[leaves.rows]);
  let begin = 0;
  for (let i = 0; i < leaves.rows; i++) {
    for (let t = 0; t < leaves.cols; t++) {
      let node = treeOffsets[t] + leaves.data[i * leaves.cols + t];
      const end = begin + depth[node] + 1;
      for (let at = end - 1; at >= begin; at--) {
        indices[at] = node;
        node = parent[node];
      }
      begin = end;
    }
  }
  return { indptr, indices, nodeOffsets: treeOffsets.slice() };
}
