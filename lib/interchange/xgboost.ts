/** Models of XGBoost, from JSON or UBJSON (`Booster.save_model`). The file is described by its doc/model.schema. */
import type { Label } from '../core/labels.js';
import { NODE_RULES } from '../core/plan-types.js';
import { belowFloat32 } from './floats.js';
import { Reader } from './foreign.js';
import {
  fittedEstimator,
  type ImportedClassifier,
  type ImportedRegressor,
  restored,
} from './imported-forest.js';
import { ImportedLinearClassifier, ImportedLinearRegressor } from './imported-linear.js';
import { ImportedMultiRegressor } from './imported-targets.js';
import type { Objective } from './links.js';
import { type SourceTree, TreeAssembler } from './tree-assembler.js';
import { parseUbjson } from './ubjson.js';

/** Options of {@link importXGBoost}. */
export interface ImportXGBoostOptions {
  /**
   * Boosting rounds to take, from the first on, as `iteration_range=(0, n)`: scikit-learn's face of XGBoost takes
   * `best_iteration + 1` of them after early stopping. Default: all.
   */
  readonly rounds?: number;
  /** Labels of the classes, in XGBoost's order. Default 0, 1, 2, ... */
  readonly classes?: readonly Label[];
}

const OBJECTIVES: Readonly<Record<string, Objective>> = {
  'reg:squarederror': { link: 'identity', kind: 'number' },
  'reg:linear': { link: 'identity', kind: 'number' },
  'reg:squaredlogerror': { link: 'identity', kind: 'number' },
  'reg:pseudohubererror': { link: 'identity', kind: 'number' },
  'reg:absoluteerror': { link: 'identity', kind: 'number' },
  'reg:quantileerror': { link: 'identity', kind: 'number' },
  'reg:logistic': { link: 'sigmoid', kind: 'number' },
  'reg:gamma': { link: 'exp', kind: 'number' },
  'reg:tweedie': { link: 'exp', kind: 'number' },
  'count:poisson': { link: 'exp', kind: 'number' },
  'survival:cox': { link: 'exp', kind: 'number' },
  'survival:aft': { link: 'exp', kind: 'number' },
  'rank:pairwise': { link: 'identity', kind: 'number' },
  'rank:ndcg': { link: 'identity', kind: 'number' },
  'rank:map': { link: 'identity', kind: 'number' },
  'binary:logistic': { link: 'sigmoid', kind: 'binary' },
  'binary:logitraw': { link: 'identity', kind: 'number' },
  'binary:hinge': { link: 'step', kind: 'binary' },
  'multi:softprob': { link: 'softmax', kind: 'multiclass' },
  'multi:softmax': { link: 'softmax', kind: 'multiclass' },
};

/** What {@link importXGBoost} returns. */
export type ImportedXGBoost =
  | ImportedClassifier
  | ImportedRegressor
  | ImportedLinearClassifier
  | ImportedLinearRegressor
  | ImportedMultiRegressor;

const reader = new Reader('XGBoost');
const MAX_TREES = 10_000_000;
const MAX_FEATURES = 1 << 22;
const MAX_CLASSES = 1 << 16;

/**
 * Reads a model of XGBoost (tested: 3.2.0), on this thread: boosters `gbtree`, `dart` and
 * `gblinear`, numeric and categorical splits, missing values, one tree for all classes (`multi_output_tree`).
 * Values are compared in float32, as XGBoost does; scores are added in float64 and not in float32, so that they differ
 * from XGBoost's by its own rounding: about 1e-7 of the sum of the leaves' magnitudes.
 *
 * A column that was a category in training takes the codes that XGBoost saw, not the categories themselves.
 *
 * @param source - what `save_model` wrote: the bytes of .json or .ubj, or the JSON as text
 * @returns a fitted {@link ImportedClassifier} or {@link ImportedRegressor}, or the linear kind of them for `gblinear`; for
 *   several targets an {@link ImportedMultiRegressor}
 * @throws {ERR_PARAMETER} when the source is neither text nor bytes
 * @throws {ERR_IMPORT} when the file is malformed, or uses what is not supported (an objective that is not in
 *   the list of docs/guide/interchange.md)
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { importXGBoost } from 'boreal';
 * const model = importXGBoost(await readFile('models/xgboost-binary.ubj'));
 * model.predictSync([{ f0: 1, f1: 0, f2: 2, f3: 0.5 }]).length; // 1
 * ```
 */
export function importXGBoost(source: string | Uint8Array, options?: ImportXGBoostOptions): ImportedXGBoost {
  const { rounds, classes } = options ?? {};
  reader.checkSource(source);
  const model = parse(source);
  const learner = reader.object(model, 'learner');
  const settings = reader.object(learner, 'learner_model_param');
  const name = reader.string(reader.object(learner, 'objective'), 'name');
  const objective = Object.hasOwn(OBJECTIVES, name) ? OBJECTIVES[name] : undefined;
  if (objective === undefined) throw reader.fail(`objective '${name.slice(0, 60)}' is not supported`);
  const features = featureNames(learner, reader.count(settings, 'num_feature', 1, MAX_FEATURES));
  const targets = targetsOf(settings, objective);
  const outputs =
    objective.kind === 'multiclass' ? reader.count(settings, 'num_class', 2, MAX_CLASSES) : targets;
  const isNumber = objective.kind === 'number' || targets > 1;
  const read = {
    params: { source: sourceName(model), objective: name },
    features,
    classes: isNumber ? reader.noClasses(classes) : reader.classes(classes, Math.max(2, outputs)),
    dtype: 'float32' as const,
  };
  const base = baseScores(settings, objective, outputs);
  const booster = reader.object(learner, 'gradient_booster');
  const { link } = objective;
  if (reader.string(booster, 'name') !== 'gblinear') {
    const trees = assemble(booster, features.length, outputs, rounds);
    const sums = { ...trees, compare: 'float32' as const, base, divisor: 1, link, slope: 1 };
    if (targets > 1) return restored(new ImportedMultiRegressor(read.params), sums, read, { kind: 'none' });
    return fittedEstimator({ ...read, sums });
  }
  if (targets > 1) throw reader.fail("a model of booster 'gblinear' with several targets is not supported");
  if (rounds !== undefined) throw reader.fail("a model of booster 'gblinear' has no rounds to take");
  const state = { ...linearScores(booster, features.length, base), link };
  if (read.classes === undefined) return restored(new ImportedLinearRegressor(read.params), state, read);
  return restored(new ImportedLinearClassifier(read.params), { ...state, classes: read.classes }, read);
}

/** More than one where a model predicts several numbers, several quantiles or several labels at once. */
function targetsOf(settings: object, { kind }: Objective): number {
  if (reader.find(settings, ['num_target']) === undefined) return 1;
  const targets = Math.max(1, reader.count(settings, 'num_target', 0, MAX_CLASSES));
  if (targets > 1 && kind === 'multiclass')
    throw reader.fail('several targets of several classes are not supported');
  return targets;
}

/** Weights of gblinear: [columns + 1, outputs], the last row being the bias, to which 3.2 adds the first base score only. */
function linearScores(booster: object, columns: number, base: Float64Array) {
  const outputs = base.length;
  const model = reader.object(booster, 'model');
  const given = reader.numbers(model, 'weights', (columns + 1) * outputs).map(Math.fround);
  const bias = base.map((_, k) => Math.fround(base[0] + given[columns * outputs + k]));
  return { weights: given.slice(0, columns * outputs), bias };
}

function parse(source: string | Uint8Array): object {
  const value = isJson(source) ? parseJson(source) : parseUbjson(source as Uint8Array, reader);
  if (typeof value === 'object' && value !== null) return value;
  throw reader.fail('it is no object');
}

/** Both formats begin with a brace; a name in UBJSON begins with its length. */
function isJson(source: string | Uint8Array): boolean {
  if (typeof source === 'string') return true;
  const second = source.subarray(1).find((byte) => byte > 0x20);
  return source[0] !== 0x7b || second === 0x22 || second === 0x7d;
}

function parseJson(source: string | Uint8Array): unknown {
  try {
    return JSON.parse(reader.text(source));
  } catch (error) {
    if (error instanceof SyntaxError) throw reader.fail('it is neither JSON nor UBJSON', error);
    throw error;
  }
}

function sourceName(model: object): string {
  const version = reader.find(model, ['version']);
  const numbers =
    Array.isArray(version) || ArrayBuffer.isView(version) ? Array.from(version as number[]) : [];
  return numbers.length === 0 ? 'XGBoost' : `XGBoost ${numbers.slice(0, 3).join('.')}`.slice(0, 60);
}

function featureNames(learner: object, count: number): string[] {
  const names = reader.find(learner, ['feature_names']);
  if (!Array.isArray(names) || names.length === 0) return Array.from({ length: count }, (_, j) => `f${j}`);
  if (names.length !== count || !names.every((each) => typeof each === 'string'))
    throw reader.fail(`its feature_names are not ${count} names`);
  return reader.distinct(names as string[]);
}

/** base_score is a number or, since 3.1, a list in text; it is written on the scale of the predictions. */
function baseScores(settings: object, { link }: Objective, outputs: number): Float64Array {
  const text = reader.string(settings, 'base_score').replace(/^\[|\]$/g, '');
  const given = text.split(',').map(Number);
  if (!given.every(Number.isFinite) || ![1, outputs].includes(given.length))
    throw reader.fail(`its base_score '${text.slice(0, 60)}' is not ${outputs} numbers`);
  return Float64Array.from({ length: outputs }, (_, k) => {
    const score = Math.fround(given.length === 1 ? given[0] : given[k]);
    if (link === 'sigmoid' && !(score > 0 && score < 1))
      throw reader.fail('its base_score is no probability');
    if (link === 'exp' && !(score > 0)) throw reader.fail('its base_score is not positive');
    if (link === 'sigmoid') return Math.fround(-Math.log(Math.fround(1 / score) - 1));
    return link === 'exp' ? Math.fround(Math.log(score)) : score;
  });
}

/** The trees, by the class they vote for. */
function assemble(booster: object, features: number, outputs: number, rounds: number | undefined) {
  const name = reader.string(booster, 'name');
  if (name !== 'gbtree' && name !== 'dart')
    throw reader.fail(`booster '${name.slice(0, 60)}' is not supported`);
  const model = name === 'dart' ? reader.object(booster, 'gbtree', 'model') : reader.object(booster, 'model');
  const trees = reader.list(model, 'trees');
  if (trees.length > MAX_TREES) throw reader.fail(`it has ${trees.length} trees`);
  const groupOf = reader.numbers(model, 'tree_info', trees.length);
  const weights = name === 'dart' ? reader.numbers(booster, 'weight_drop', trees.length) : undefined;
  const parallel = reader.count(
    reader.object(model, 'gbtree_model_param'),
    'num_parallel_tree',
    1,
    MAX_TREES,
  );
  const width = leafWidth(trees, outputs);
  const groups = width === 1 ? outputs : 1;
  const taken = rounds === undefined ? trees.length : rounds * groups * parallel;
  if (!(Number.isInteger(taken) && taken >= 1 && taken <= trees.length))
    throw reader.fail(`it does not have ${rounds} rounds of trees`);
  if (!groupOf.every((group) => Number.isInteger(group) && group >= 0 && group < groups))
    throw reader.fail('a tree belongs to a class that it does not have');
  const assembler = new TreeAssembler(reader, features);
  for (let group = 0; group < groups; group++) {
    for (let t = 0; t < taken; t++) {
      if (groupOf[t] === group) assembler.add(readTree(trees, t, weights?.[t] ?? 1, width));
    }
    assembler.endGroup();
  }
  return assembler.finish();
}

/** Values of a leaf: one, or one for each class. */
function leafWidth(trees: unknown[], outputs: number): number {
  if (trees.length === 0) throw reader.fail('it has no trees');
  const param = reader.object(trees, '0', 'tree_param');
  return Number(reader.find(param, ['size_leaf_vector']) ?? 0) > 1 ? outputs : 1;
}

function readTree(trees: unknown[], t: number, weight: number, width: number): SourceTree {
  const tree = reader.object(trees, String(t));
  const param = reader.object(tree, 'tree_param');
  const vector = Math.max(1, Number(reader.find(param, ['size_leaf_vector']) ?? 1));
  if (vector !== width) throw reader.fail(`the leaves of tree ${t} have ${vector} values, not ${width}`);
  const nodes = reader.count(param, 'num_nodes', 1, 0x7fff_ffff);
  const left = reader.numbers(tree, 'left_children', nodes);
  const right = reader.numbers(tree, 'right_children', nodes);
  const feature = reader.numbers(tree, 'split_indices', nodes);
  const condition = reader.numbers(tree, 'split_conditions', nodes);
  const defaultLeft = reader.numbers(tree, 'default_left', nodes);
  const cover = reader.numbers(tree, 'sum_hessian', nodes);
  const sets = readSets(tree, nodes);
  // Listed categories go right, so the children of such a node change places.
  return {
    nodes,
    left: (node) => (left[node] >= 0 && sets.has(node) ? right[node] : left[node]),
    right: (node) => (sets.has(node) ? left[node] : right[node]),
    feature: (node) => feature[node],
    threshold: (node) => belowFloat32(condition[node]),
    rules: (node) => {
      const missingLeft = defaultLeft[node] !== 0;
      if (sets.has(node)) return NODE_RULES.categories | (missingLeft ? 0 : NODE_RULES.missingLeft);
      return missingLeft ? NODE_RULES.missingLeft : 0;
    },
    categories: (node) => sets.get(node)!,
    value:
      width === 1 ? (leaf) => weight * Math.fround(condition[leaf]) : leafVectors(tree, right, width, weight),
    cover: (node) => Math.max(0, cover[node]),
  };
}

/** The values of leaf l stand from `right[l]` * width on. */
function leafVectors(tree: object, right: Float64Array, width: number, weight: number) {
  const values = reader.numbers(tree, 'leaf_weights');
  return (leaf: number) => {
    const begin = right[leaf] * width;
    if (!(Number.isInteger(begin) && begin >= 0 && begin + width <= values.length))
      throw reader.fail('a leaf has values that are not there');
    return values.subarray(begin, begin + width).map((value) => weight * Math.fround(value));
  };
}

/** The categories that each categorical node lists. */
function readSets(tree: object, nodes: number): ReadonlyMap<number, Float64Array> {
  const sets = new Map<number, Float64Array>();
  const listed = reader.find(tree, ['categories_nodes']);
  if (listed === undefined) return sets;
  const at = reader.numbers(tree, 'categories_nodes');
  const begin = reader.numbers(tree, 'categories_segments', at.length);
  const size = reader.numbers(tree, 'categories_sizes', at.length);
  const categories = reader.numbers(tree, 'categories');
  for (let i = 0; i < at.length; i++) {
    const fits = [at[i], begin[i], size[i]].every((value) => Number.isInteger(value) && value >= 0);
    if (!fits || at[i] >= nodes || begin[i] + size[i] > categories.length)
      throw reader.fail('a categorical split lists what is not there');
    sets.set(at[i], categories.subarray(begin[i], begin[i] + size[i]));
  }
  return sets;
}
