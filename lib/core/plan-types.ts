/** Plain data that plans are made of. */

/** A constant of a plan, referenced and not copied: whoever lowers an estimator must not change it later. */
export type Constant = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Elementwise functions a plan knows. */
export type Activation = 'identity' | 'relu' | 'sigmoid' | 'tanh' | 'exp';

/**
 * Decision trees as arrays. Node k of tree t stands at `treeOffsets[t] + k`; the children of an inner node are
 * `left` and `left + 1`, counted within the tree. A leaf has feature -1, and `left` is its row in `values`.
 */
export interface ForestConstants {
  readonly treeOffsets: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly missingLeft: Uint8Array;
  readonly cover: Float32Array;
  readonly values: Float64Array;
}
