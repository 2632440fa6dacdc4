/** Models of LightGBM, from the text that `Booster.save_model` writes. */
import type { Label } from '../core/labels.js';
import { NODE_RULES } from '../core/plan-types.js';
import { Reader } from './foreign.js';
import { fittedEstimator, type ImportedClassifier, type ImportedRegressor } from './imported-forest.js';
import type { Objective } from './links.js';
import { type LeafModel, type SourceTree, TreeAssembler } from './tree-assembler.js';

/** Options of {@link importLightGBM}. */
export interface ImportLightGBMOptions {
  /** Boosting rounds to take, from the first on, as `num_iteration`. Default: all in the file. */
  readonly rounds?: number;
  /** Labels of the classes, in LightGBM's order. Default 0, 1, 2, ... */
  readonly classes?: readonly Label[];
}

const OBJECTIVES: Readonly<Record<string, Objective>> = {
  custom: { link: 'identity', kind: 'number' },
  regression: { link: 'identity', kind: 'number' },
  regression_l1: { link: 'identity', kind: 'number' },
  huber: { link: 'identity', kind: 'number' },
  fair: { link: 'identity', kind: 'number' },
  quantile: { link: 'identity', kind: 'number' },
  mape: { link: 'identity', kind: 'number' },
  lambdarank: { link: 'identity', kind: 'number' },
  rank_xendcg: { link: 'identity', kind: 'number' },
  poisson: { link: 'exp', kind: 'number' },
  gamma: { link: 'exp', kind: 'number' },
  tweedie: { link: 'exp', kind: 'number' },
  cross_entropy: { link: 'sigmoid', kind: 'number' },
  cross_entropy_lambda: { link: 'softplus', kind: 'number' },
  binary: { link: 'sigmoid', kind: 'binary' },
  multiclass: { link: 'softmax', kind: 'multiclass' },
  multiclassova: { link: 'sigmoid', kind: 'multiclass' },
};

const reader = new Reader('LightGBM');
const MAX_FEATURES = 1 << 22;
const MAX_CLASSES = 1 << 16;
const MAX_LEAVES = 1 << 30;

/** `key=value` lines. */
type Section = Readonly<Record<string, string>>;

/**
 * Reads a model of LightGBM (tested: 4.7.0), on this thread: boosting gbdt, dart and rf, numeric and categorical splits,
 * every treatment of missing values, linear trees. Values are compared and added in float64 in LightGBM's own order, so that raw
 * scores have LightGBM's bits; probabilities differ in the last ones.
 *
 * A column that was a pandas category in training takes the codes that LightGBM saw, not the categories themselves.
 *
 * @param source - what `save_model` or `model_to_string` wrote
 * @returns a fitted {@link ImportedClassifier}, or {@link ImportedRegressor}
 * @throws {ERR_PARAMETER} when the source is neither text nor bytes
 * @throws {ERR_IMPORT} when the file is malformed, or uses what is not supported (an objective that is not in the list
 *   of docs/guide/interchange.md)
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { importLightGBM } from 'boreal';
 * const model = importLightGBM(await readFile('models/lightgbm-binary.txt', 'utf8'));
 * model.predictSync([[1, 0, 2, 0.5]]).length; // 1
 * ```
 */
export function importLightGBM(
  source: string | Uint8Array,
  options?: ImportLightGBMOptions,
): ImportedClassifier | ImportedRegressor {
  const { rounds, classes } = options ?? {};
  const { header, trees } = split(reader.text(source));
  // A model trained with an objective of the caller's own has no such line: its predictions are the raw scores.
  const [name, ...settings] = 'objective' in header ? header.objective.split(' ') : ['custom'];
  const objective = Object.hasOwn(OBJECTIVES, name) ? OBJECTIVES[name] : undefined;
  if (objective === undefined) throw reader.fail(`objective '${name.slice(0, 60)}' is not supported`);
  const features = featureNames(header);
  const outputs = reader.count(header, 'num_tree_per_iteration', 1, MAX_CLASSES);
  if (outputs > 1 !== (objective.kind === 'multiclass'))
    throw reader.fail(`objective '${name}' with ${outputs} trees per round is not supported`);
  const taken = rounds === undefined ? trees.length : rounds * outputs;
  if (!(Number.isInteger(taken) && taken >= 1 && taken <= trees.length && taken % outputs === 0))
    throw reader.fail(`it does not have ${rounds ?? 'whole'} rounds of trees`);
  const assembler = new TreeAssembler(reader, features.length);
  for (let group = 0; group < outputs; group++) {
    for (let t = group; t < taken; t += outputs) assembler.add(readTree(trees[t]));
    assembler.endGroup();
  }
  return fittedEstimator({
    params: { source: `LightGBM ${header.version ?? ''}`.trim().slice(0, 60), objective: name },
    sums: {
      ...assembler.finish(),
      compare: 'float64',
      base: new Float64Array(outputs),
      divisor: 'average_output' in header ? taken / outputs : 1,
      // Trained on the square roots of the targets.
      link: settings.includes('sqrt') ? 'signedSquare' : objective.link,
      slope: slopeOf(settings),
    },
    features,
    classes:
      objective.kind === 'number' ? reader.noClasses(classes) : reader.classes(classes, Math.max(2, outputs)),
    dtype: 'float64',
  });
}

/** The lines before the first tree, and those of each tree. */
function split(text: string): { header: Section; trees: Section[] } {
  if (!text.startsWith('tree\n') && !text.startsWith('tree\r\n'))
    throw reader.fail("it does not begin with the line 'tree'");
  const end = text.indexOf('\nend of trees');
  if (end < 0) throw reader.fail("it has no line 'end of trees'");
  const [header, ...trees] = text.slice(0, end).split(/\nTree=\d+\r?\n/);
  return { header: section(header), trees: trees.map(section) };
}

function section(text: string): Section {
  const entries = text.split(/\r?\n/).map((line): [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

function featureNames(header: Section): string[] {
  const count = reader.count(header, 'max_feature_idx', 0, MAX_FEATURES) + 1;
  const names = reader.string(header, 'feature_names').split(' ');
  if (names.length !== count) throw reader.fail(`it has ${names.length} feature_names for ${count} features`);
  return reader.distinct(names);
}

/** The factor of 'sigmoid:k'. */
function slopeOf(settings: readonly string[]): number {
  const setting = settings.find((each) => each.startsWith('sigmoid:'));
  const slope = setting === undefined ? 1 : Number(setting.slice('sigmoid:'.length));
  if (slope > 0 && slope < Infinity) return slope;
  throw reader.fail(`'${setting?.slice(0, 60)}' is not supported`);
}

/** A line of numbers. */
function numbers(tree: Section, name: string, length: number): Float64Array {
  return parseNumbers(reader.string(tree, name).split(' '), name, length);
}

function parseNumbers(words: readonly string[], name: string, length: number): Float64Array {
  if (words.length !== length) throw reader.fail(`'${name}' has ${words.length} values, not ${length}`);
  return Float64Array.from(words, (word) => {
    const value = word === 'inf' ? Infinity : word === '-inf' ? -Infinity : Number(word);
    if (word === '' || Number.isNaN(value)) throw reader.fail(`'${name}' holds '${word.slice(0, 60)}'`);
    return value;
  });
}

const MISSING = [NODE_RULES.missingIsZero, NODE_RULES.zeroIsMissing, 0] as const;

/** Inner nodes are numbered from 0; leaves, as ~leaf, after them. */
function readTree(tree: Section): SourceTree {
  const leaves = reader.count(tree, 'num_leaves', 1, MAX_LEAVES);
  const inner = leaves - 1;
  const line = (name: string) => (inner === 0 ? new Float64Array(0) : numbers(tree, name, inner));
  const value = numbers(tree, 'leaf_value', leaves);
  const left = line('left_child');
  const right = line('right_child');
  const feature = line('split_feature');
  const threshold = line('threshold');
  const decision = line('decision_type');
  const innerCount = line('internal_count');
  const leafCount = inner === 0 ? new Float64Array(1) : numbers(tree, 'leaf_count', leaves);
  const sets = readSets(tree);
  const place = (child: number) => (child < 0 ? inner + ~child : child);
  const missingOf = (node: number) => {
    const rule = MISSING[(decision[node] >> 2) & 3];
    if (rule === undefined || decision[node] > 15)
      throw reader.fail(`decision_type ${decision[node]} is not known`);
    return rule;
  };
  return {
    nodes: inner + leaves,
    left: (node) => (node < inner ? place(left[node]) : -1),
    right: (node) => place(right[node]),
    feature: (node) => feature[node],
    threshold: (node) => threshold[node],
    rules: (node) => {
      // A category that is missing is in no set.
      if ((decision[node] & 1) !== 0) return NODE_RULES.categories;
      return missingOf(node) | ((decision[node] & 2) !== 0 ? NODE_RULES.missingLeft : 0);
    },
    categories: (node) => sets(threshold[node]),
    value: (node) => value[node - inner],
    ...(tree.is_linear === '1' && { model: readModels(tree, leaves, inner) }),
    cover: (node) => Math.max(0, node < inner ? innerCount[node] : leafCount[node - inner]),
  };
}

/** The linear models of the leaves: features and coefficients stand leaf after leaf. */
function readModels(tree: Section, leaves: number, inner: number): (node: number) => LeafModel {
  const intercept = numbers(tree, 'leaf_const', leaves);
  const counts = numbers(tree, 'num_features', leaves);
  const offsets = [0];
  for (const count of counts) {
    if (!(Number.isInteger(count) && count >= 0)) throw reader.fail(`a leaf has ${count} features`);
    offsets.push(offsets[offsets.length - 1] + count);
  }
  const total = offsets[leaves];
  const features = spaced(tree, 'leaf_features', total);
  const coefficients = spaced(tree, 'leaf_coeff', total);
  return (node) => {
    const leaf = node - inner;
    const [begin, end] = [offsets[leaf], offsets[leaf + 1]];
    return {
      intercept: intercept[leaf],
      features: features.subarray(begin, end),
      coefficients: coefficients.subarray(begin, end),
    };
  };
}

/** A line of numbers between which any number of spaces stand. */
function spaced(tree: Section, name: string, length: number): Float64Array {
  const words = reader.string(tree, name).split(' ').filter(Boolean);
  return length === 0 && words.length === 0 ? new Float64Array(0) : parseNumbers(words, name, length);
}

/** Reads set s of a tree: the bits of its words. */
function readSets(tree: Section): (s: number) => number[] {
  const sets = Number(tree.num_cat ?? 0);
  if (!(Number.isInteger(sets) && sets >= 0 && sets <= MAX_LEAVES))
    throw reader.fail("'num_cat' is no count");
  if (sets === 0) {
    return (s) => {
      throw reader.fail(`a split names set ${s} of 0`);
    };
  }
  const boundaries = numbers(tree, 'cat_boundaries', sets + 1);
  const words = numbers(tree, 'cat_threshold', boundaries[sets]);
  return (s) => {
    const [begin, end] = [boundaries[s], boundaries[s + 1]];
    if (
      !(Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= words.length)
    )
      throw reader.fail(`a split names set ${s} of ${sets}`);
    const categories: number[] = [];
    for (let w = begin; w < end; w++) {
      for (let bit = 0; bit < 32; bit++) {
        if ((words[w] >>> bit) & 1) categories.push(32 * (w - begin) + bit);
      }
    }
    return categories;
  };
}
