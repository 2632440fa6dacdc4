/** A tree as text and as a graph, in the formats of scikit-learn's export_text and export_graphviz. */
import { partsOf } from '../core/class-lists.js';
import { requireEstimator } from '../core/inner-models.js';
import type { Label } from '../core/labels.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { requireOptions, show } from '../core/params.js';
import { StateError, ValidationError } from '../errors.js';
import { DecisionTreeClassifier, type DecisionTreeRegressor } from './decision-tree.js';
import type { TreeStructure } from './tree-structure.js';

/** A fitted single tree. */
export type FittedTree = DecisionTreeClassifier<Label | Label[]> | DecisionTreeRegressor<FloatArray | Matrix>;

/** What both formats can be told. */
export interface ExportNames {
  /** Names of the columns. Default: those of the table the tree was fitted on, else their numbers. */
  readonly featureNames?: readonly string[];
  /** Names of the classes, in the order of `classes`; of one target only. */
  readonly classNames?: readonly string[];
}
/** Options of {@link exportText}. */
export interface ExportTextOptions extends ExportNames {
  /** Branches below this depth are summed up in a line, >= 0. Default 10. */
  readonly maxDepth?: number;
  /** Dashes of each level, >= 1. Default 3. */
  readonly spacing?: number;
  /** Digits after the decimal point, 0 to 100. Default 2. */
  readonly decimals?: number;
  /** Show the weight of each class in leaves. Default false. */
  readonly showWeights?: boolean;
}
/** Options of {@link exportGraphviz}. */
export interface ExportGraphvizOptions extends ExportNames {
  /** Branches below this depth are left out, >= 0. Default: none. */
  readonly maxDepth?: number;
  /** Show the impurity of each node. Default true. */
  readonly impurity?: boolean;
  /** Show the number of each node. Default false. */
  readonly nodeIds?: boolean;
  /** Digits after the decimal point, 0 to 100. Default 3. */
  readonly precision?: number;
}

/** @throws {ERR_PARAMETER} unless value is a whole number in [least, most] */
function checkCount(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${name} must be a whole number >= ${least}; got ${show(value)}.`,
  );
}

/** @throws {ERR_SHAPE} unless there is one name for each of `count` */
function checkNames(what: string, names: readonly string[] | undefined, count: number): void {
  if (names === undefined || names.length === count) return;
  throw new ValidationError('ERR_SHAPE', `${what} has ${names.length} names for ${count}.`);
}

function namesOf(tree: FittedTree, options: ExportNames, numbered: (column: number) => string): string[] {
  requireEstimator(tree, 'tree');
  const { schema } = tree;
  checkNames('featureNames', options.featureNames, schema.columns.length);
  if (schema.target.kind === 'class')
    checkNames('classNames', options.classNames, schema.target.classes.length);
  if (schema.target.kind === 'classes' && options.classNames !== undefined)
    throw new StateError('ERR_NOT_SUPPORTED', 'classNames are those of one target.');
  return schema.columns.map(
    (column, j) => options.featureNames?.[j] ?? (schema.named ? column.name : numbered(j)),
  );
}

/** Fixed decimals; of two equally near the even one, as Python has it, where toFixed takes the larger. */
function fixed(value: number, decimals: number): string {
  const halves = Math.abs(value) * 2 ** (decimals + 1);
  const text = value.toFixed(decimals);
  const tie = Number.isInteger(halves) && halves % 2 === 1;
  return tie && Number(text.at(-1)) % 2 === 1 ? (value * (1 - 2 ** -40)).toFixed(decimals) : text;
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

/** The label of the greatest share, of several targets a list of theirs. */
function mostProbableLabel({ schema }: FittedTree, value: Float64Array): string {
  const { target } = schema;
  if (target.kind === 'class') return String(target.classes[argmax(value)]);
  if (target.kind !== 'classes') return '';
  const parts = partsOf(value, target.classes);
  return `[${target.classes.map((own, t) => own[argmax(parts[t])]).join(', ')}]`;
}

/** Most edges from a node down to a leaf. */
function depthBelow(nodes: TreeStructure, root: number): number {
  let deepest = 0;
  const pending = [[root, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, depth] = next;
    deepest = Math.max(deepest, depth);
    if (nodes.childrenLeft[node] < 0) continue;
    pending.push([nodes.childrenLeft[node], depth + 1], [nodes.childrenRight[node], depth + 1]);
  }
  return deepest;
}

/**
 * The rules of a tree as indented text, one line per condition and leaf.
 *
 * @param tree - a fitted tree; of a forest, one of its `estimators`
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER | ERR_SHAPE} for an option out of range, or names of another number
 * @throws {ERR_NOT_SUPPORTED} for names of classes of several targets
 * @example
 * ```ts
 * import { DecisionTreeClassifier, exportText } from 'boreal';
 * const tree = await new DecisionTreeClassifier().fit([[1], [2], [3]], ['low', 'low', 'high']);
 * exportText(tree, { featureNames: ['size'] }).split('\n')[0]; // '|--- size <= 2.50'
 * ```
 */
export function exportText(tree: FittedTree, options: ExportTextOptions = {}): string {
  requireOptions(options);
  const { maxDepth = 10, spacing = 3, decimals = 2, showWeights = false } = options;
  checkCount('maxDepth', maxDepth, 0);
  checkCount('spacing', spacing, 1);
  checkCount('decimals', decimals, 0, 100);
  const names = namesOf(tree, options, (j) => `feature_${j}`);
  const nodes = tree.tree;
  const leaf = (node: number, indent: string): string => {
    const value = nodes.value.row(node);
    const list = (values: Iterable<number>) =>
      `[${Array.from(values, (v) => fixed(v, decimals)).join(', ')}]`;
    if (!(tree instanceof DecisionTreeClassifier)) return `${indent} value: ${list(value)}`;
    const weight = nodes.weightedNNodeSamples[node];
    const weights = showWeights ? ` weights: ${list(value.map((share) => share * weight))}` : '';
    return `${indent}${weights} class: ${options.classNames?.[argmax(value)] ?? mostProbableLabel(tree, value)}`;
  };
  const lines: string[] = [];
  // Node, depth, and the condition that leads to it; the last pushed comes first.
  const pending: Array<[node: number, depth: number, condition: string | null]> = [[0, 1, null]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, depth, condition] = next;
    if (condition !== null) lines.push(condition);
    const indent = `|${' '.repeat(spacing)}`.repeat(depth - 1).concat('|', '-'.repeat(spacing));
    const below = nodes.childrenLeft[node] < 0 ? 0 : depthBelow(nodes, node);
    if (below === 0) {
      lines.push(leaf(node, indent));
    } else if (depth > maxDepth + 1) {
      lines.push(`${indent} truncated branch of depth ${below + 1}`);
    } else {
      const test = `${indent} ${names[nodes.feature[node]]}`;
      const threshold = fixed(nodes.threshold[node], decimals);
      pending.push([nodes.childrenRight[node], depth + 1, `${test} >  ${threshold}`]);
      pending.push([nodes.childrenLeft[node], depth + 1, `${test} <= ${threshold}`]);
    }
  }
  return `${lines.join('\n')}\n`;
}

/**
 * A tree in the DOT language, which Graphviz draws: `dot -Tsvg`.
 *
 * Differs from scikit-learn: `samples` is the weight of a node's rows; no colours.
 *
 * @param tree - a fitted tree; of a forest, one of its `estimators`
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER | ERR_SHAPE} for an option out of range, or names of another number
 * @throws {ERR_NOT_SUPPORTED} for names of classes of several targets
 * @example
 * ```ts
 * import { DecisionTreeRegressor, exportGraphviz } from 'boreal';
 * const tree = await new DecisionTreeRegressor().fit([[1], [2], [3]], [1, 1, 4]);
 * exportGraphviz(tree).startsWith('digraph Tree {'); // true
 * ```
 */
export function exportGraphviz(tree: FittedTree, options: ExportGraphvizOptions = {}): string {
  requireOptions(options);
  const { maxDepth = Number.MAX_SAFE_INTEGER, impurity = true, nodeIds = false, precision = 3 } = options;
  checkCount('maxDepth', maxDepth, 0);
  checkCount('precision', precision, 0, 100);
  const names = namesOf(tree, options, (j) => `x[${j}]`);
  const nodes = tree.tree;
  const { criterion } = tree.params;
  const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&');
  const rounded = (value: number) => String(Number(fixed(value, precision)));
  const classifier = tree instanceof DecisionTreeClassifier;
  const label = (node: number): string => {
    const weight = nodes.weightedNNodeSamples[node];
    const value = nodes.value.row(node).map((v) => (classifier ? v * weight : v));
    const text = Array.from(value, rounded).join(', ');
    const lines = [
      nodeIds && `node #${node}`,
      nodes.childrenLeft[node] >= 0 &&
        `${escaped(names[nodes.feature[node]])} <= ${rounded(nodes.threshold[node])}`,
      impurity && `${criterion} = ${rounded(nodes.impurity[node])}`,
      `samples = ${rounded(weight)}`,
      `value = ${classifier ? `[${text}]` : text}`,
      options.classNames !== undefined && `class = ${escaped(options.classNames[argmax(value)])}`,
    ];
    return lines.filter((line) => line !== false).join('\\n');
  };
  const lines = [
    'digraph Tree {',
    'node [shape=box, fontname="helvetica"] ;',
    'edge [fontname="helvetica"] ;',
  ];
  const pending: Array<[node: number, depth: number, edge: string | null]> = [[0, 0, null]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, depth, edge] = next;
    lines.push(`${node} [label="${depth <= maxDepth ? label(node) : '(...)'}"] ;`);
    if (edge !== null) lines.push(edge);
    const [left, right] = [nodes.childrenLeft[node], nodes.childrenRight[node]];
    if (left < 0 || depth > maxDepth) continue;
    const arrow = (child: number, angle: number, text: string) =>
      node > 0
        ? `${node} -> ${child} ;`
        : `0 -> ${child} [labeldistance=2.5, labelangle=${angle}, headlabel="${text}"] ;`;
    pending.push([right, depth + 1, arrow(right, -45, 'False')]);
    pending.push([left, depth + 1, arrow(left, 45, 'True')]);
  }
  lines.push('}');
  return lines.join('\n');
}
