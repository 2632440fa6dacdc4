/**
 * Tree ensembles of ai.onnx.ml. A node goes left where x <= threshold: the other comparisons are that one with the number
 * below, or with the branches exchanged. Equality and sets become sets of codes of a column that is added: the place of
 * the value among all that the nodes of its feature name.
 */
import type { Slot } from '../../core/plan-builder.js';
import { type ForestConstants, NODE_RULES } from '../../core/plan-types.js';
import { belowFloat32, belowFloat64 } from '../floats.js';
import { type SourceTree, TreeAssembler } from '../tree-assembler.js';
import { filled, type Node, perColumn, type Translate } from './node.js';
import {
  bothClasses,
  classLabels,
  labelOutput,
  postTransform,
  secondClass,
  transformScores,
} from './scores.js';
import { checkOutputs, readEnsemble, readNodes, type TreeTable } from './tree-table.js';

type Aggregate = 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';
const AGGREGATES: readonly Aggregate[] = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
/** Leaves times outputs. */
const MAX_VALUES = 1 << 27;

/** The columns that the trees read: those of x, and codes for features that nodes compare for equality. */
interface Columns {
  readonly slot: Slot;
  readonly isDouble: boolean;
  /** Of a feature with codes: its column, and the code of each value. */
  readonly codes: ReadonlyMap<
    number,
    { readonly column: number; readonly codeOf: ReadonlyMap<number, number> }
  >;
}

function columnsOf(node: Node, table: TreeTable): Columns {
  const x = node.slot(0);
  const isDouble = node.computed(0).type === 'double';
  const named = new Map<number, Set<number>>();
  table.modes.forEach((mode, k) => {
    if (mode !== 'BRANCH_EQ' && mode !== 'BRANCH_NEQ' && mode !== 'BRANCH_MEMBER') return;
    const feature = table.features[k];
    if (!(feature >= 0 && feature < x.width))
      throw node.fail(`a tree reads feature ${feature} of ${x.width}`);
    const values = named.get(feature) ?? new Set();
    for (const value of membersOf(table, k)) values.add(value);
    // A missing value has a code of its own, which is in the sets of those nodes that it passes.
    values.add(Number.NaN);
    named.set(feature, values);
  });
  if (named.size === 0) return { slot: x, isDouble, codes: new Map() };
  const features = [...named.keys()];
  const sorted = features.map((feature) =>
    [...named.get(feature)!].sort((a, b) => (Number.isNaN(b) ? -1 : a - b)),
  );
  const offsets = new Int32Array(features.length + 1);
  sorted.forEach((values, c) => {
    offsets[c + 1] = offsets[c] + values.length;
  });
  const names = features.map((feature) => `${node.where}, feature ${feature}`);
  const coded = node.plan.category(
    node.plan.gather(x, features),
    offsets,
    Float64Array.from(sorted.flat()),
    false,
    names,
  );
  const codes = new Map(
    features.map((feature, c) => [
      feature,
      { column: x.width + c, codeOf: new Map(sorted[c].map((value, code) => [value, code])) },
    ]),
  );
  return { slot: node.plan.concat([x, coded]), isDouble, codes };
}

function membersOf(table: TreeTable, k: number): readonly number[] {
  // 0 and -0 are equal, and one key.
  return (table.members.get(k) ?? [table.values[k]]).map((value) => (value === 0 ? 0 : value));
}

/** A tree with its nodes in the order they are reached, numbered from 0. */
function sourceTree(
  node: Node,
  table: TreeTable,
  columns: Columns,
  root: number,
  seen: Uint8Array,
): SourceTree & { leafAt(k: number): number } {
  const ids = [root];
  const yes: number[] = [];
  const no: number[] = [];
  for (let k = 0; k < ids.length; k++) {
    const id = ids[k];
    if (table.modes[id] === undefined) {
      yes.push(-1);
      no.push(-1);
      continue;
    }
    if (seen[id] !== 0) throw node.fail(`the trees come to node ${id} twice`);
    seen[id] = 1;
    const children = [table.yes[id], table.no[id]];
    if (children.some((child) => child === undefined || child < 0))
      throw node.fail(`node ${id} has a child that is not there`);
    yes.push(ids.push(children[0]) - 1);
    no.push(ids.push(children[1]) - 1);
  }
  const isSet = (k: number) =>
    columns.codes.has(table.features[ids[k]]) && /_(EQ|NEQ|MEMBER)$/.test(table.modes[ids[k]]!);
  // The false branch is the left one.
  const isTurned = (k: number) => /_(GT|GTE|NEQ)$/.test(table.modes[ids[k]] ?? '');
  const passes = (k: number) => (table.missingTrue[ids[k]] ?? 0) !== 0;
  const below = columns.isDouble ? belowFloat64 : belowFloat32;
  return {
    nodes: ids.length,
    left: (k) => (isTurned(k) ? no[k] : yes[k]),
    right: (k) => (isTurned(k) ? yes[k] : no[k]),
    feature: (k) => (isSet(k) ? columns.codes.get(table.features[ids[k]])!.column : table.features[ids[k]]),
    threshold: (k) => {
      const value = table.values[ids[k]];
      if (Number.isNaN(value)) throw node.fail('a threshold is NaN');
      return /_(LT|GTE)$/.test(table.modes[ids[k]]!) ? below(value) : value;
    },
    rules: (k) => {
      if (isSet(k)) return NODE_RULES.categories;
      return passes(k) !== isTurned(k) ? NODE_RULES.missingLeft : 0;
    },
    categories: (k) => {
      const { codeOf } = columns.codes.get(table.features[ids[k]])!;
      const members = membersOf(table, ids[k]).filter((value) => !Number.isNaN(value));
      const isPassed = passes(k) && table.modes[ids[k]] !== 'BRANCH_NEQ';
      return (isPassed ? [...members, Number.NaN] : members).map((value) => codeOf.get(value)!);
    },
    value: (k) => ids[k],
    cover: () => 0,
    leafAt: (k) => ids[k],
  };
}

/** What the trees add up to for each output, [rows, outputs]. */
function aggregate(node: Node, table: TreeTable, outputs: number, how: Aggregate): Slot {
  const { plan } = node;
  const { targets, weights, starts, roots } = table;
  for (let e = 0; e < targets.length; e++) {
    if (!(Number.isInteger(targets[e]) && targets[e] >= 0 && targets[e] < outputs))
      throw node.fail(`a weight belongs to output ${targets[e]} of ${outputs}`);
    if (!Number.isFinite(weights[e])) throw node.fail(`a weight is ${weights[e]}`);
  }
  const columns = columnsOf(node, table);
  const seen = new Uint8Array(table.modes.length);
  const trees = roots.map((root) => sourceTree(node, table, columns, root, seen));
  /** Trees whose leaves hold the values of some outputs, as a plan takes them. */
  const forest = (chosen: typeof trees, of: readonly number[]): ForestConstants => {
    const assembler = new TreeAssembler(node.reader, columns.slot.width);
    for (const tree of chosen) assembler.add(tree);
    assembler.endGroup();
    const { values: leaves, leafModels: _, ...rest } = assembler.finish();
    if (leaves.length * of.length > MAX_VALUES) throw node.fail('its leaves hold too many values');
    const column = new Map(of.map((target, c) => [target, c]));
    const values = new Float64Array(leaves.length * of.length);
    leaves.forEach((leaf, row) => {
      for (let e = starts[leaf]; e < starts[leaf + 1]; e++) {
        const c = column.get(targets[e]);
        if (c !== undefined) values[row * of.length + c] += weights[e];
      }
    });
    // All trees to all outputs: a group is a forest of its own here.
    const groups = new Int32Array(0);
    return { ...rest, groups, values, compare: columns.isDouble ? 'float64' : 'float32' };
  };
  const all = Array.from({ length: outputs }, (_, target) => target);
  const own = trees.map((tree) => onlyTarget(table, tree));
  const isSplit = own.every((target) => target !== undefined);
  if (how === 'SUM' || how === 'AVERAGE') {
    const sums = isSplit
      ? plan.concat(all.map((target) => sumOf(target)))
      : plan.forest(columns.slot, forest(trees, all), outputs, 'sum');
    return how === 'SUM' ? sums : plan.binary(sums, 'div', filled(outputs, trees.length));
  }
  if (!isSplit && outputs > 1)
    throw node.fail(`aggregate '${how}' of leaves with several outputs is not supported`);
  return plan.concat(
    all.map((target) => {
      const chosen = outputs === 1 ? trees : trees.filter((_, t) => own[t] === target);
      if (chosen.length === 0) throw node.fail(`output ${target} has no trees`);
      const each = plan.forest(columns.slot, forest(chosen, [target]), 1, 'perTree');
      return plan.reduce(each, how === 'MIN' ? 'min' : 'max');
    }),
  );

  function sumOf(target: number): Slot {
    const chosen = trees.filter((_, t) => own[t] === target);
    if (chosen.length === 0) return plan.constant(columns.slot, filled(1, 0));
    return plan.forest(columns.slot, forest(chosen, [target]), 1, 'sum');
  }
}

/** The output that all leaves of a tree have one weight for, if there is one. */
function onlyTarget(
  { starts, targets, modes }: TreeTable,
  tree: ReturnType<typeof sourceTree>,
): number | undefined {
  let only: number | undefined;
  for (let k = 0; k < tree.nodes; k++) {
    const id = tree.leafAt(k);
    if (modes[id] !== undefined) continue;
    if (starts[id + 1] - starts[id] !== 1) return undefined;
    only ??= targets[starts[id]];
    if (targets[starts[id]] !== only) return undefined;
  }
  return only;
}

function addBase(node: Node, sums: Slot): Slot {
  const base = node.numbers('base_values');
  if (base.length === 0) return sums;
  return node.plan.binary(sums, 'add', perColumn(node, 'base_values', base, sums.width));
}

const treeEnsembleRegressor: Translate = (node) => {
  const outputs = checkOutputs(node, node.int('n_targets', 1));
  const how = node.text('aggregate_function', 'SUM') as Aggregate;
  if (!AGGREGATES.includes(how)) throw node.fail(`aggregate_function '${how}' is not supported`);
  const sums = addBase(node, aggregate(node, readNodes(node, 'target'), outputs, how));
  return [node.result(transformScores(node, sums, postTransform(node)), node.computed(0).type)];
};

const treeEnsemble: Translate = (node) => {
  const outputs = checkOutputs(node, node.int('n_targets'));
  const how = AGGREGATES[node.int('aggregate_function', 1)];
  if (how === undefined) throw node.fail('its aggregate_function is not known');
  const sums = aggregate(node, readEnsemble(node), outputs, how);
  return [node.result(transformScores(node, sums, postTransform(node)), node.computed(0).type)];
};

const treeEnsembleClassifier: Translate = (node) => {
  const labels = classLabels(node, ['classlabels_int64s', 'classlabels_strings']);
  const table = readNodes(node, 'class');
  const kind = postTransform(node);
  const sums = aggregate(node, table, labels.length, 'SUM');
  const used = [...new Set(Array.from(table.targets))].sort((a, b) => a - b);
  const hasBase = node.numbers('base_values').length > 0;
  if (labels.length === 2 && used.length === 1)
    return binaryClasses(node, table, sums, used[0], labels, kind);
  if (labels.length === 2 && hasBase) throw node.fail('base_values of two classes are not supported');
  const scores = addBase(node, sums);
  const proba = node.result(transformScores(node, scores, kind));
  const { plan } = node;
  if (hasBase || used.length === labels.length) return [labelOutput(plan.argmax(scores), labels), proba];
  // A class without weights has no score, and so cannot win.
  const best = plan.argmax(plan.gather(scores, used));
  const code = plan.lookup(best, Int32Array.of(0, used.length), Float64Array.from(used), filled(1, 0));
  return [labelOutput(code, labels), proba];
};

/** Two classes of which one has scores: ONNX Runtime takes them for shares where no weight is negative. */
function binaryClasses(
  node: Node,
  table: TreeTable,
  sums: Slot,
  used: number,
  labels: ReturnType<typeof classLabels>,
  kind: string,
) {
  const { plan } = node;
  const base = node.numbers('base_values');
  if (base.length > 1 || (base.length > 0 && used === 1))
    throw node.fail('base_values of two classes are not supported');
  const own = plan.gather(sums, [used]);
  const score = base.length === 0 ? own : plan.binary(own, 'add', filled(1, base[0]));
  const isShare = Array.from(table.weights).every((weight) => weight >= 0);
  const label = labelOutput(secondClass(node, score, isShare ? 0.5 : 0), labels);
  if (used === 1) return [label, node.result(transformScores(node, sums, kind))];
  if (kind === 'LOGISTIC')
    return [label, node.result(transformScores(node, bothClasses(node, score, false), kind))];
  return [label, node.result(bothClasses(node, score, isShare))];
}

/** By operator set and name. */
export const TREE_OPS: Readonly<Record<string, Translate>> = {
  'ai.onnx.ml.TreeEnsembleClassifier': treeEnsembleClassifier,
  'ai.onnx.ml.TreeEnsembleRegressor': treeEnsembleRegressor,
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
};
