/** What trees and forests learn: the arrays, and what can be read off them. */
import { checkLength, custom, float32s, float64s, int32s, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { ForestConstants } from '../core/plan-types.js';
import type { NativeTrees } from '../native.js';

/** What the trees that did not draw a row say of it. */
export interface OutOfBag {
  /** Sums over those trees, [rows, outputs]. */
  readonly sums: Float64Array;
  /** How many trees there are, [rows]. */
  readonly trees: Int32Array;
  /** Accuracy or R2 over the rows that some tree did not draw. */
  readonly score: number;
}

/** Trees as arrays; see {@link ForestConstants} for the layout. */
export interface ForestState extends Readonly<NativeTrees> {
  /** Of a forest that was asked for it. */
  readonly oob?: OutOfBag;
}

const oobRule = custom(
  'sums, trees and score of the rows out of bag, or nothing',
  (v) =>
    v === undefined ||
    (typeof v === 'object' &&
      v !== null &&
      (v as OutOfBag).sums instanceof Float64Array &&
      (v as OutOfBag).trees instanceof Int32Array &&
      typeof (v as OutOfBag).score === 'number'),
);

export const forestStateRules: Rules<ForestState> = {
  treeOffsets: int32s(),
  feature: int32s(),
  threshold: float64s(),
  left: int32s(),
  missingLeft: uint8s(),
  cover: float32s(),
  impurity: float32s(),
  values: float64s(),
  importances: float64s(),
  oob: oobRule,
};
/** Checks of restored trees that their plan does not make. */
export function checkForestState(owner: object, state: ForestState, columns: number): void {
  checkLength(owner, 'importances', state.importances, columns);
  checkLength(owner, 'impurity', state.impurity, state.feature.length);
  checkLength(owner, 'cover', state.cover, state.feature.length);
}

/** The trees as a plan takes them. */
export function forestConstants(state: ForestState): ForestConstants {
  return { ...state, rules: state.missingLeft };
}

/** For each tree the node that a row ends in, counted within the tree: one column per tree. */
export function lowerLeaves(plan: PlanBuilder, x: Slot, state: ForestState): Slot {
  const { treeOffsets, feature, left } = state;
  const values = new Float64Array((feature.length + treeOffsets.length - 1) / 2);
  for (let t = 0; t + 1 < treeOffsets.length; t++) {
    for (let k = treeOffsets[t]; k < treeOffsets[t + 1]; k++) {
      if (feature[k] < 0) values[left[k]] = k - treeOffsets[t];
    }
  }
  return plan.forest(x, { ...forestConstants(state), values }, 1, 'perTree');
}

/** The trees of two ensembles, one after the other. */
export function joinTrees(a: NativeTrees, b: NativeTrees, outputs: number): NativeTrees {
  const leaves = a.values.length / outputs;
  const nodes = a.feature.length;
  // Trees of older model files have no rule where training had no missing value, which sends one left.
  const missingLeft = (trees: NativeTrees) =>
    trees.missingLeft.length > 0 ? trees.missingLeft : new Uint8Array(trees.feature.length).fill(1);
  return {
    treeOffsets: concat(
      a.treeOffsets,
      b.treeOffsets.subarray(1).map((offset) => offset + nodes),
    ),
    feature: concat(a.feature, b.feature),
    threshold: concat(a.threshold, b.threshold),
    left: concat(
      a.left,
      b.left.map((left, k) => (b.feature[k] < 0 ? left + leaves : left)),
    ),
    missingLeft:
      a.missingLeft.length + b.missingLeft.length === 0
        ? a.missingLeft
        : concat(missingLeft(a), missingLeft(b)),
    cover: concat(a.cover, b.cover),
    impurity: concat(a.impurity, b.impurity),
    values: concat(a.values, b.values),
    importances: a.importances.map((value, j) => value + b.importances[j]),
  };
}

type Arrays = Int32Array | Float64Array | Float32Array | Uint8Array;
function concat<A extends Arrays>(a: A, b: A): A {
  const joined = new (a.constructor as new (length: number) => A)(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** The given trees as an ensemble of their own, in that order. */
export function selectTrees(state: ForestState, trees: ArrayLike<number>, outputs: number): ForestState {
  const { treeOffsets, feature, left } = state;
  let nodes = 0;
  for (let i = 0; i < trees.length; i++) nodes += treeOffsets[trees[i] + 1] - treeOffsets[trees[i]];
  const offsets = new Int32Array(trees.length + 1);
  const source = new Int32Array(nodes);
  const moved = new Int32Array(nodes);
  const rows: number[] = [];
  let next = 0;
  for (let i = 0; i < trees.length; i++) {
    for (let k = treeOffsets[trees[i]]; k < treeOffsets[trees[i] + 1]; k++, next++) {
      source[next] = k;
      moved[next] = feature[k] < 0 ? rows.push(left[k]) - 1 : left[k];
    }
    offsets[i + 1] = next;
  }
  const values = new Float64Array(rows.length * outputs);
  rows.forEach((row, leaf) => {
    values.set(state.values.subarray(row * outputs, (row + 1) * outputs), leaf * outputs);
  });
  const selected = {
    treeOffsets: offsets,
    feature: pick(feature, source),
    threshold: pick(state.threshold, source),
    left: moved,
    missingLeft: state.missingLeft.length > 0 ? pick(state.missingLeft, source) : state.missingLeft,
    cover: pick(state.cover, source),
    impurity: pick(state.impurity, source),
    values,
  };
  return { ...selected, importances: impurityGain(selected, state.importances.length) };
}

/** Decrease in impurity by column, weighed by the share of the rows, summed over the trees. */
function impurityGain(
  { treeOffsets, feature, left, cover, impurity }: Omit<NativeTrees, 'importances'>,
  columns: number,
): Float64Array {
  const gain = new Float64Array(columns);
  for (let t = 0; t + 1 < treeOffsets.length; t++) {
    const begin = treeOffsets[t];
    for (let k = begin; k < treeOffsets[t + 1]; k++) {
      if (feature[k] < 0) continue;
      const child = begin + left[k];
      const below = cover[child] * impurity[child] + cover[child + 1] * impurity[child + 1];
      gain[feature[k]] += (cover[k] * impurity[k] - below) / cover[begin];
    }
  }
  return gain;
}

/** What a column does in the trees: 'gain' is the impurity it removed, 'split' how often it parts a node. */
export type ImportanceKind = 'gain' | 'split';

/** Importances of the columns; they sum to 1 unless no tree has a split. */
export function importancesOf(state: ForestState, kind: ImportanceKind): Float64Array {
  const sums = kind === 'gain' ? state.importances.slice() : new Float64Array(state.importances.length);
  if (kind === 'split') for (const feature of state.feature) if (feature >= 0) sums[feature] += 1;
  const total = sums.reduce((sum, value) => sum + value, 0);
  return total > 0 ? sums.map((value) => value / total) : sums;
}

function pick<A extends Arrays>(from: A, indices: Int32Array): A {
  const picked = new (from.constructor as new (length: number) => A)(indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = from[indices[i]];
  return picked;
}

/** Most edges from root to leaf of tree t. */
export function treeDepth({ treeOffsets, feature, left }: ForestState, t = 0): number {
  const begin = treeOffsets[t];
  const nodes = treeOffsets[t + 1] - begin;
  const depth = new Int32Array(nodes);
  let deepest = 0;
  // Children stand after their parent, so one pass suffices.
  for (let k = 0; k < nodes; k++) {
    if (feature[begin + k] < 0) {
      deepest = Math.max(deepest, depth[k]);
      continue;
    }
    const child = left[begin + k];
    depth[child] = depth[child + 1] = depth[k] + 1;
  }
  return deepest;
}

/** How many numbers a leaf holds: one for each target, or for each class. */
export function outputsOf(state: ForestState): number {
  return state.values.length / leafCount(state);
}

/** Leaves of all trees. */
export function leafCount({ feature }: Pick<ForestState, 'feature'>): number {
  return feature.reduce((leaves, f) => leaves + (f < 0 ? 1 : 0), 0);
}
