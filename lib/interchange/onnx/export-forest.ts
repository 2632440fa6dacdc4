/**
 * The forest of a plan as a TreeEnsembleRegressor. Thresholds are rounded down to float32 in a graph of float32: of float32
 * values the same ones are left of them. What LightGBM's rules say of zeros and missing values is told by the branch that a
 * missing value takes, and by making zeros missing before.
 */
import { type ForestConstants, NODE_RULES } from '../../core/plan-types.js';
import { belowFloat64, floorToFloat32 } from '../floats.js';
import type { Source } from './export-ops.js';
import { floats, int, ints, tensor } from './graph-writer.js';
import { ELEMENT } from './messages.js';
import { BETWEEN, SetColumns } from './set-columns.js';

/** Values nearer to zero read as zero in forests that compare in float64, as in native/plan/op.h. */
const NEAR_ZERO = Math.fround(1e-35);

export function writeForest(
  source: Source,
  forest: ForestConstants,
  outputs: number,
  aggregate: 'mean' | 'sum' | 'perTree',
): string {
  const { writer } = source;
  const { treeOffsets, feature, threshold, left, rules, values, groups, compare = 'float32' } = forest;
  const trees = treeOffsets.length - 1;
  const isSingle = writer.precision === 'float32';
  const nodes = {
    trees: [] as number[],
    ids: [] as number[],
    yes: [] as number[],
    no: [] as number[],
    missing: [] as number[],
    modes: [] as string[],
    features: [] as number[],
    values: [] as number[],
  };
  const leaves = {
    trees: [] as number[],
    nodes: [] as number[],
    targets: [] as number[],
    weights: [] as number[],
  };
  const isSet = (at: number) => rules.length > 0 && (rules[at] & NODE_RULES.categories) !== 0;
  const sets = new SetColumns(source, forest, isSet);
  for (let t = 0; t < trees; t++) {
    for (let at = treeOffsets[t]; at < treeOffsets[t + 1]; at++) {
      const id = at - treeOffsets[t];
      const isLeaf = feature[at] < 0;
      nodes.trees.push(t);
      nodes.ids.push(id);
      nodes.modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      nodes.yes.push(isLeaf ? 0 : left[at]);
      nodes.no.push(isLeaf ? 0 : left[at] + 1);
      const rule = rules.length === 0 ? NODE_RULES.missingLeft : rules[at];
      if (isLeaf) split(0, 0, false);
      else if (isSet(at))
        split(sets.indexOf(feature[at], threshold[at]), BETWEEN, missingIsIn(rule, threshold[at]));
      else {
        const cut = compare === 'float64' ? aroundZero(threshold[at]) : threshold[at];
        split(feature[at], isSingle ? floorToFloat32(cut) : cut, missingGoesLeft(rule, threshold[at]));
      }
      if (isLeaf) addLeaf(t, id, left[at]);
    }
  }
  const x = sets.append(readable(source, forest));
  const sums = writer.node('ml.TreeEnsembleRegressor', [x], {
    n_targets: int(aggregate === 'perTree' ? trees : outputs),
    aggregate_function: aggregate === 'mean' ? 'AVERAGE' : 'SUM',
    post_transform: 'NONE',
    nodes_treeids: ints(nodes.trees),
    nodes_nodeids: ints(nodes.ids),
    nodes_featureids: ints(nodes.features),
    nodes_modes: nodes.modes,
    nodes_truenodeids: ints(nodes.yes),
    nodes_falsenodeids: ints(nodes.no),
    nodes_missing_value_tracks_true: ints(nodes.missing),
    ...numbers('nodes_values', nodes.values),
    target_treeids: ints(leaves.trees),
    target_nodeids: ints(leaves.nodes),
    target_ids: ints(leaves.targets),
    ...numbers('target_weights', leaves.weights),
  });
  // The operator gives float32 even of doubles.
  return isSingle ? sums : writer.asNumbers(sums);

  function split(column: number, cut: number, missingLeft: boolean): void {
    nodes.features.push(column);
    nodes.values.push(cut);
    nodes.missing.push(missingLeft ? 1 : 0);
  }

  function missingIsIn(rule: number, set: number): boolean {
    if ((rule & NODE_RULES.missingIsZero) !== 0) return sets.holds(set, 0);
    return (rule & NODE_RULES.missingLeft) !== 0;
  }

  function addLeaf(tree: number, node: number, row: number): void {
    const add = (target: number, weight: number) => {
      leaves.trees.push(tree);
      leaves.nodes.push(node);
      leaves.targets.push(target);
      leaves.weights.push(weight);
    };
    if (groups !== undefined && groups.length > 0) {
      // Trees from groups[k] to groups[k + 1] have one value in each leaf, for output k.
      add(
        groups.findIndex((_, k) => tree < groups[k + 1]),
        values[row],
      );
      return;
    }
    for (let k = 0; k < outputs; k++) add(aggregate === 'perTree' ? tree : k, values[row * outputs + k]);
  }

  function numbers(name: string, list: readonly number[]) {
    if (isSingle) return { [name]: floats(list) };
    return { [`${name}_as_tensor`]: tensor(writer.tensor(list, [list.length])) };
  }
}

function missingGoesLeft(rule: number, threshold: number): boolean {
  if ((rule & NODE_RULES.missingIsZero) !== 0) return threshold >= 0;
  return (rule & NODE_RULES.missingLeft) !== 0;
}

/** The threshold that says of each value what the given one says of it when those next to zero read as zero. */
function aroundZero(threshold: number): number {
  if (threshold >= 0 && threshold < NEAR_ZERO) return NEAR_ZERO;
  return threshold < 0 && threshold >= -NEAR_ZERO ? belowFloat64(-NEAR_ZERO) : threshold;
}

/** The columns as the trees read them. */
function readable(source: Source, { feature, rules, compare = 'float32' }: ForestConstants): string {
  const { writer, inputs, widths } = source;
  let [x] = inputs;
  const zeros = new Map<number, boolean>();
  feature.forEach((column, at) => {
    if (column < 0) return;
    const isMissing = rules.length > 0 && (rules[at] & NODE_RULES.zeroIsMissing) !== 0;
    if ((zeros.get(column) ?? isMissing) !== isMissing)
      throw source.refuse('trees of which only some take zeros of a column for missing values');
    zeros.set(column, isMissing);
  });
  if ([...zeros.values()].some(Boolean)) {
    const columns = Array.from({ length: widths[0] }, (_, j) => zeros.get(j) === true);
    const isNear = writer.node('LessOrEqual', [writer.node('Abs', [x]), writer.numbers([NEAR_ZERO])]);
    const isMissing = writer.node('And', [isNear, writer.truths(columns)]);
    x = writer.node('Where', [isMissing, writer.numbers([Number.NaN]), x]);
  }
  if (writer.precision === 'float32' || compare === 'float64') return x;
  return writer.asNumbers(writer.cast(x, ELEMENT.float));
}
