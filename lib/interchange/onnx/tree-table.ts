/**
 * The trees of ai.onnx.ml's three forms (TreeEnsembleClassifier, TreeEnsembleRegressor, TreeEnsemble) as one table of
 * nodes. Nodes are found by what names them, and what names nothing is refused.
 */
import type { Node } from './node.js';
import type { NumberTensor } from './tensor.js';

/** How a node decides; by the number that TreeEnsemble gives it. */
export const MODES = [
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
  'BRANCH_MEMBER',
] as const;
export type Mode = (typeof MODES)[number];

/** All nodes of all trees. */
export interface TreeTable {
  /** undefined for leaves. */
  readonly modes: ReadonlyArray<Mode | undefined>;
  readonly features: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** The values that a node of mode BRANCH_MEMBER lists. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** Whether a missing value takes the true branch; empty: never. */
  readonly missingTrue: ArrayLike<number>;
  /** Children of inner nodes. */
  readonly yes: ArrayLike<number>;
  readonly no: ArrayLike<number>;
  readonly roots: readonly number[];
  /** What leaf k adds to which output: entries starts[k] to starts[k + 1]. */
  readonly starts: Int32Array;
  readonly targets: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

const MAX_OUTPUTS = 1 << 16;

/** So many outputs as a node says. */
export function checkOutputs(node: Node, outputs: number): number {
  if (Number.isInteger(outputs) && outputs >= 1 && outputs <= MAX_OUTPUTS) return outputs;
  throw node.fail(`it has ${outputs} outputs`);
}

/** A list that has one value for each node, or, where it may be missing, none. */
function checked<L extends ArrayLike<unknown>>(
  node: Node,
  name: string,
  list: L,
  length: number,
  isOptional = false,
): L {
  if (list.length === length || (isOptional && list.length === 0)) return list;
  throw node.fail(`'${name}' has ${list.length} values, not ${length}`);
}

/** The nodes of TreeEnsembleClassifier or TreeEnsembleRegressor, in which a node is named by its tree and a number. */
export function readNodes(node: Node, prefix: 'class' | 'target'): TreeTable {
  const trees = node.ints('nodes_treeids');
  const ids = checked(node, 'nodes_nodeids', node.ints('nodes_nodeids'), trees.length);
  const places = new Map<number, Map<number, number>>();
  const roots: number[] = [];
  trees.forEach((tree, k) => {
    let own = places.get(tree);
    if (own === undefined) {
      own = new Map();
      places.set(tree, own);
      roots.push(k);
    }
    if (own.has(ids[k])) throw node.fail(`tree ${tree} has two nodes ${ids[k]}`);
    own.set(ids[k], k);
  });
  if (roots.length === 0) throw node.fail('it has no trees');
  const modes = checked(node, 'nodes_modes', node.texts('nodes_modes'), trees.length).map((mode) => {
    if (mode === 'LEAF') return undefined;
    if (mode === 'BRANCH_MEMBER' || !MODES.includes(mode as Mode))
      throw node.fail(`mode '${mode}' is not supported`);
    return mode as Mode;
  });
  const children = (name: string) => {
    const given = checked(node, name, node.ints(name), trees.length);
    return given.map((child, k) => (modes[k] === undefined ? -1 : (places.get(trees[k])?.get(child) ?? -1)));
  };
  const entryTrees = node.ints(`${prefix}_treeids`);
  const entryNodes = checked(node, `${prefix}_nodeids`, node.ints(`${prefix}_nodeids`), entryTrees.length);
  const entryTargets = checked(node, `${prefix}_ids`, node.ints(`${prefix}_ids`), entryTrees.length);
  const entryWeights = checked(
    node,
    `${prefix}_weights`,
    node.numbers(`${prefix}_weights`),
    entryTrees.length,
  );
  const entryPlaces = entryTrees.map((tree, e) => {
    const place = places.get(tree)?.get(entryNodes[e]);
    if (place === undefined)
      throw node.fail(`a weight belongs to node ${entryNodes[e]} of tree ${tree}, which is not there`);
    return place;
  });
  const { starts, order } = grouped(entryPlaces, trees.length);
  return {
    modes,
    features: checked(node, 'nodes_featureids', node.ints('nodes_featureids'), trees.length),
    values: checked(node, 'nodes_values', node.numbers('nodes_values'), trees.length),
    members: new Map(),
    missingTrue: checked(node, MISSING, node.ints(MISSING), trees.length, true),
    yes: children('nodes_truenodeids'),
    no: children('nodes_falsenodeids'),
    roots,
    starts,
    targets: order.map((e) => entryTargets[e]),
    weights: Float64Array.from(order, (e) => entryWeights[e]),
  };
}

const MISSING = 'nodes_missing_value_tracks_true';

/** The entries of each node, in their order. */
function grouped(places: readonly number[], nodes: number): { starts: Int32Array; order: Int32Array } {
  const starts = new Int32Array(nodes + 1);
  for (const place of places) starts[place + 1] += 1;
  for (let k = 0; k < nodes; k++) starts[k + 1] += starts[k];
  const next = starts.slice();
  const order = new Int32Array(places.length);
  places.forEach((place, e) => {
    order[next[place]++] = e;
  });
  return { starts, order };
}

/** The nodes of TreeEnsemble (operator set 5), in which inner nodes and leaves stand in lists of their own. */
export function readEnsemble(node: Node): TreeTable {
  const features = node.ints('nodes_featureids');
  const inner = features.length;
  const weights = numberTensor(node, 'leaf_weights').data;
  const leaves = weights.length;
  const targets = checked(node, 'leaf_targetids', node.ints('leaf_targetids'), leaves);
  const codes = checked(node, 'nodes_modes', numberTensor(node, 'nodes_modes').data, inner);
  const modes = Array.from({ length: inner + leaves }, (_, k): Mode | undefined => {
    if (k >= inner) return undefined;
    const mode = MODES[codes[k]];
    if (mode === undefined) throw node.fail(`mode ${codes[k]} is not known`);
    return mode;
  });
  const children = (name: string, flags: string) => {
    const ids = checked(node, name, node.ints(name), inner);
    const isLeaf = checked(node, flags, node.ints(flags), inner);
    // -1 for what lies outside its own list.
    return ids.map((id, k) =>
      id >= 0 && id < (isLeaf[k] ? leaves : inner) ? (isLeaf[k] ? inner + id : id) : -1,
    );
  };
  const members = readMembers(node, modes);
  const roots = node.ints('tree_roots');
  if (roots.length === 0 || !roots.every((root) => root >= 0 && root < inner))
    throw node.fail("'tree_roots' names nodes that are not there");
  const starts = Int32Array.from({ length: inner + leaves + 1 }, (_, k) => Math.max(0, k - inner));
  return {
    modes,
    features,
    values: checked(node, 'nodes_splits', numberTensor(node, 'nodes_splits').data, inner),
    members,
    missingTrue: checked(node, MISSING, node.ints(MISSING), inner, true),
    yes: children('nodes_truenodeids', 'nodes_trueleafs'),
    no: children('nodes_falsenodeids', 'nodes_falseleafs'),
    roots,
    starts,
    targets,
    weights,
  };
}

function numberTensor(node: Node, name: string): NumberTensor {
  const tensor = node.tensor(name);
  if (tensor === undefined || tensor.type === 'string')
    throw node.fail(`it has no tensor of numbers '${name}'`);
  return tensor;
}

/** The sets of the nodes of mode BRANCH_MEMBER, one after another, each ended by NaN. */
function readMembers(node: Node, modes: TreeTable['modes']): Map<number, readonly number[]> {
  const sets = new Map<number, readonly number[]>();
  const nodes = [...modes.keys()].filter((k) => modes[k] === 'BRANCH_MEMBER');
  if (nodes.length === 0) return sets;
  const { data } = numberTensor(node, 'membership_values');
  let at = 0;
  for (const k of nodes) {
    const begin = at;
    while (at < data.length && !Number.isNaN(data[at])) at++;
    if (at === data.length) throw node.fail("'membership_values' has fewer sets than the trees");
    sets.set(k, Array.from(data.subarray(begin, at)));
    at++;
  }
  return sets;
}
