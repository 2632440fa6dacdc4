/**
 * Models of CatBoost, from the JSON that `save_model(path, format='json')` writes. Its trees are oblivious unless another
 * grow policy was asked for: all nodes of a level ask the same question, and the answers are the bits of the leaf's number.
 */
import type { Label } from '../core/labels.js';
import { NODE_RULES } from '../core/plan-types.js';
import type { Column } from '../core/schema.js';
import { Reader } from './foreign.js';
import {
  fittedEstimator,
  type ImportedClassifier,
  type ImportedRegressor,
  restored,
} from './imported-forest.js';
import { ImportedMultiRegressor } from './imported-targets.js';
import type { Link, Objective } from './links.js';
import { type SourceTree, TreeAssembler } from './tree-assembler.js';

/** Options of {@link importCatBoost}. */
export interface ImportCatBoostOptions {
  /** Labels of the classes, in CatBoost's order. Default: those in the file. */
  readonly classes?: readonly Label[];
}

const number = { link: 'identity', kind: 'number' } as const;
const OBJECTIVES: Readonly<Record<string, Objective>> = {
  ...Object.fromEntries(
    [
      ...['RMSE', 'MAE', 'Quantile', 'LogCosh', 'Lq', 'Huber', 'Expectile', 'MAPE', 'LogLinQuantile'],
      ...['PairLogit', 'PairLogitPairwise', 'QueryRMSE', 'QuerySoftMax', 'YetiRank', 'YetiRankPairwise'],
    ].map((name) => [name, number]),
  ),
  Poisson: { link: 'exp', kind: 'number' },
  Tweedie: { link: 'exp', kind: 'number' },
  Logloss: { link: 'sigmoid', kind: 'binary' },
  CrossEntropy: { link: 'sigmoid', kind: 'binary' },
  MultiClass: { link: 'softmax', kind: 'multiclass' },
  MultiClassOneVsAll: { link: 'sigmoid', kind: 'multiclass' },
  Focal: { link: 'sigmoid', kind: 'binary' },
};
/** Losses of several targets: numbers, quantiles, or labels that do not exclude one another. */
const SEVERAL: Readonly<Record<string, Link>> = {
  MultiRMSE: 'identity',
  MultiQuantile: 'identity',
  MultiLogloss: 'sigmoid',
  MultiCrossEntropy: 'sigmoid',
};

const reader = new Reader('CatBoost');
const MAX_FEATURES = 1 << 22;
const MAX_DEPTH = 16;

/** What a column of X is to CatBoost. */
interface Feature {
  readonly column: number;
  /** Where a missing value goes: as the smallest value, or the largest. */
  readonly missingIsLargest: boolean;
}

/** What is asked at a level of a tree. */
type Question = Feature & ({ readonly border: number } | { readonly category: number });

/**
 * Reads a model of CatBoost (tested: 1.2.10), on this thread: symmetric trees and those of the other grow policies,
 * numeric and one-hot splits, missing values, `scale_and_bias`. Values are compared in float32, as CatBoost does, and scores are added in float64.
 *
 * Categorical columns take the text that CatBoost saw, numbers written as text (`'3'`). A categorical column with more
 * values than `one_hot_max_size` becomes statistics of the targets (CTR) in CatBoost; such models are refused.
 *
 * @param source - what `save_model(path, format='json')` wrote
 * @returns a fitted {@link ImportedClassifier}, or {@link ImportedRegressor}; for several targets an {@link ImportedMultiRegressor}
 * @throws {ERR_IMPORT} when the file is malformed, or uses what is not supported (CTR, text and embedding features, a
 *   loss that is not in the list of docs/guide/interchange.md)
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { importCatBoost } from 'boreal';
 * const model = importCatBoost(await readFile('models/catboost-classes.json', 'utf8'));
 * model.predictSync([{ f0: 0.3, f1: -1, f2: 0.2, f3: 7 }]).length; // 1
 * ```
 */
export function importCatBoost(
  source: string | Uint8Array,
  options?: ImportCatBoostOptions,
): ImportedClassifier | ImportedRegressor | ImportedMultiRegressor {
  const { classes } = options ?? {};
  const model = parse(source);
  const info = reader.object(model, 'model_info');
  const name = reader.string(reader.object(info, 'params', 'loss_function'), 'type');
  const isSeveral = Object.hasOwn(SEVERAL, name);
  const objective = Object.hasOwn(OBJECTIVES, name) ? OBJECTIVES[name] : undefined;
  if (objective === undefined && !isSeveral)
    throw reader.fail(`loss_function '${name.slice(0, 60)}' is not supported`);
  const [scale, bias] = scaleAndBias(model);
  if (objective?.kind === 'number' || objective?.kind === 'binary' ? bias.length !== 1 : bias.length < 2)
    throw reader.fail(`loss_function '${name}' with ${bias.length} scores is not supported`);
  const isSymmetric = Object.hasOwn(model, 'oblivious_trees');
  const trees = reader.list(model, isSymmetric ? 'oblivious_trees' : 'trees');
  const read = trees.map((_, t) => {
    const tree = reader.object(trees, String(t));
    return isSymmetric ? { tree, nodes: listOf(tree, 'splits').map((split) => ({ split })) } : unnest(tree);
  });
  const features = new Features(model, read);
  const assembler = new TreeAssembler(reader, features.columns.length);
  for (const each of read) {
    assembler.add(
      'tree' in each
        ? readTree(each.tree, features, bias.length, scale)
        : readNested(each, features, bias.length, scale),
    );
  }
  assembler.endGroup();
  const sums = { ...assembler.finish(), compare: 'float32', base: bias, divisor: 1, slope: 1 } as const;
  const params = { source: sourceName(info), objective: name };
  const common = { features: features.columns, dtype: 'float32' } as const;
  if (objective === undefined) {
    const state = { ...sums, link: SEVERAL[name] };
    return restored(
      new ImportedMultiRegressor(params),
      state,
      { ...common, classes: reader.noClasses(classes) },
      { kind: 'none' },
    );
  }
  return fittedEstimator({
    ...common,
    params,
    sums: { ...sums, link: objective.link },
    classes:
      objective.kind === 'number'
        ? reader.noClasses(classes)
        : reader.classes(classes ?? classNames(info), objective.kind === 'binary' ? 2 : bias.length),
  });
}

function parse(source: string | Uint8Array): object {
  let model: unknown;
  try {
    model = JSON.parse(reader.text(source));
  } catch (error) {
    if (error instanceof SyntaxError) throw reader.fail('it is not JSON', error);
    throw error;
  }
  if (typeof model !== 'object' || model === null) throw reader.fail('it is no object');
  return model;
}

function sourceName(info: object): string {
  const version = /CatBoost release ([\d.]+)/.exec(String(reader.find(info, ['catboost_version_info'])))?.[1];
  return version === undefined ? 'CatBoost' : `CatBoost ${version.slice(0, 40)}`;
}

function scaleAndBias(model: object): [scale: number, bias: Float64Array] {
  const both = reader.list(model, 'scale_and_bias');
  const bias = reader.numbers(both, '1');
  if (both.length === 2 && typeof both[0] === 'number' && Number.isFinite(both[0])) return [both[0], bias];
  throw reader.fail("'scale_and_bias' is not a number and a list");
}

function classNames(info: object): readonly Label[] | undefined {
  const names = reader.find(info, ['class_params', 'class_names']);
  if (!Array.isArray(names) || names.length === 0) return undefined;
  const isLabel = (each: unknown) => ['string', 'number', 'boolean'].includes(typeof each);
  if (names.every(isLabel) && new Set(names).size === names.length) return names as Label[];
  throw reader.fail('its class_names are no labels');
}

/** The columns, and how splits name them. */
class Features {
  readonly columns: Column[];
  readonly #numeric: readonly Feature[];
  readonly #categorical: readonly number[];
  /** Of each column: the codes of its categories by hash. */
  readonly #codes = new Map<number, ReadonlyMap<number, number>>();

  constructor(model: object, trees: readonly Splits[]) {
    const info = reader.object(model, 'features_info');
    for (const kind of ['text_features', 'embedding_features'])
      if (listOf(info, kind).length > 0) throw reader.fail(`${kind} are not supported`);
    const numeric = listOf(info, 'float_features');
    const categorical = listOf(info, 'categorical_features');
    const count = numeric.length + categorical.length;
    if (count === 0 || count > MAX_FEATURES) throw reader.fail(`it has ${count} features`);
    const names = new Array<string | undefined>(count);
    const place = (feature: object) => {
      const column = reader.count(feature, 'flat_feature_index', 0, count - 1);
      if (names[column] !== undefined) throw reader.fail(`two features are column ${column}`);
      const name = reader.find(feature, ['feature_name']) || reader.find(feature, ['feature_id']);
      names[column] = typeof name === 'string' && name !== '' ? name : `f${column}`;
      return column;
    };
    this.#numeric = numeric.map((feature) => ({
      column: place(feature),
      missingIsLargest: reader.find(feature, ['nan_value_treatment']) === 'AsTrue',
    }));
    this.#categorical = categorical.map(place);
    this.columns = reader
      .distinct(names as string[])
      .map((name): Column => ({ name, kind: 'number', hasMissing: true }));
    this.#findCategories(trees, info);
  }

  /** The question of a split. */
  question(split: object): Question {
    const type = reader.string(split, 'split_type');
    if (type === 'FloatFeature') {
      const index = reader.count(split, 'float_feature_index', 0, this.#numeric.length - 1);
      const border = Number(reader.find(split, ['border']));
      if (!Number.isFinite(border)) throw reader.fail('a border is no number');
      return { ...this.#numeric[index], border: Math.fround(border) };
    }
    const { column, hash } = this.#oneHot(split, type);
    return { column, missingIsLargest: false, category: this.#codes.get(column)?.get(hash) ?? 0 };
  }

  #oneHot(split: object, type: string) {
    if (type !== 'OneHotFeature')
      throw reader.fail(`splits of type '${type.slice(0, 60)}' are not supported`);
    const index = reader.count(split, 'cat_feature_index', 0, this.#categorical.length - 1);
    return { column: this.#categorical[index], hash: hashOf(split, 'value') };
  }

  /** The categories that splits ask for; others are alike to the model. */
  #findCategories(trees: readonly Splits[], info: object): void {
    if (this.#categorical.length === 0) return;
    const texts = new Map(listOf(info, 'cat_features_hash').map((each) => [hashOf(each, 'hash'), each]));
    const asked = new Map(this.#categorical.map((column) => [column, new Set<number>()]));
    for (const { nodes } of trees) {
      for (const { split } of nodes) {
        if (split === undefined) continue;
        const type = reader.string(split, 'split_type');
        if (type === 'FloatFeature') continue;
        const { column, hash } = this.#oneHot(split, type);
        asked.get(column)?.add(hash);
      }
    }
    for (const [column, hashes] of asked) {
      const named = Array.from(hashes, (hash) => {
        const text = texts.get(hash);
        if (text === undefined)
          throw reader.fail(
            `a split asks for a category of unknown text (${hash}): save_model writes the texts when it is given the pool`,
          );
        return [reader.string(text, 'value'), hash] as const;
      }).sort(([a], [b]) => (a < b ? -1 : 1));
      this.#codes.set(column, new Map(named.map(([, hash], code) => [hash, code])));
      const categories = reader.distinct(named.map(([text]) => text));
      this.columns[column] = {
        name: this.columns[column].name,
        kind: 'category',
        categories,
        hasMissing: true,
      };
    }
  }
}

/** A tree as far as its splits go; leaves have none. */
interface Splits {
  readonly nodes: ReadonlyArray<{ readonly split?: object }>;
}

/** A tree of nested nodes as a list, in which every node comes after its parent. */
interface NestedTree extends Splits {
  readonly nodes: ReadonlyArray<{ readonly split?: object; readonly node: object }>;
  /** By node: the left child, before the right one; -1 for a leaf. */
  readonly left: readonly number[];
}

/** What grow policies other than SymmetricTree make: { split, left, right }, or { value, weight } for a leaf. */
function unnest(root: object): NestedTree {
  const nodes: Array<{ split?: object; node: object }> = [];
  const left: number[] = [];
  const queue = [root];
  for (let k = 0; k < queue.length; k++) {
    const node = queue[k];
    if (Object.hasOwn(node, 'value')) {
      nodes.push({ node });
      left.push(-1);
      continue;
    }
    nodes.push({ node, split: reader.object(node, 'split') });
    left.push(queue.length);
    queue.push(reader.object(node, 'left'), reader.object(node, 'right'));
  }
  return { nodes, left };
}

/** A list of objects that may be missing. */
function listOf(parent: object, name: string): object[] {
  const list = reader.find(parent, [name]) ?? [];
  if (Array.isArray(list) && list.every((each) => typeof each === 'object' && each !== null)) return list;
  throw reader.fail(`'${name}' is no list of objects`);
}

/** 32 bits, which one-hot splits write with a sign. */
function hashOf(parent: object, name: string): number {
  const value = reader.find(parent, [name]);
  if (Number.isInteger(value)) return (value as number) >>> 0;
  throw reader.fail(`'${name}' is no hash`);
}

/**
 * The nodes of a tree of depth d, numbered row by row from the root: all nodes of level l ask question l, and answers of
 * yes go to the right. Bit l of a leaf's number is the answer to question l.
 */
function readTree(tree: object, features: Features, width: number, scale: number): SourceTree {
  const questions = listOf(tree, 'splits').map((split) => features.question(split));
  const depth = questions.length;
  if (depth > MAX_DEPTH) throw reader.fail(`a tree is ${depth} levels deep`);
  const leaves = 2 ** depth;
  const inner = leaves - 1;
  const values = reader.numbers(tree, 'leaf_values', leaves * width);
  const weights =
    reader.find(tree, ['leaf_weights']) === undefined
      ? undefined
      : reader.numbers(tree, 'leaf_weights', leaves);
  const leafOf = (node: number) => {
    let leaf = 0;
    for (let level = depth - 1, at = node - inner; level >= 0; level--, at >>= 1) leaf |= (at & 1) << level;
    return leaf;
  };
  const cover = new Float64Array(inner + leaves);
  for (let node = cover.length - 1; node >= 0; node--) {
    cover[node] =
      node < inner ? cover[2 * node + 1] + cover[2 * node + 2] : Math.max(0, weights?.[leafOf(node)] ?? 0);
  }
  const question = (node: number) => questions[31 - Math.clz32(node + 1)];
  const isCategory = (node: number) => 'category' in question(node);
  return {
    nodes: inner + leaves,
    // What is in a set goes left, so that the children of such a node change places.
    left: (node) => (node >= inner ? -1 : 2 * node + (isCategory(node) ? 2 : 1)),
    right: (node) => 2 * node + (isCategory(node) ? 1 : 2),
    feature: (node) => question(node).column,
    threshold: (node) => (question(node) as { border: number }).border,
    rules: (node) => rulesOf(question(node)),
    categories: (node) => [(question(node) as { category: number }).category],
    value: (node) => {
      const begin = leafOf(node) * width;
      if (width === 1) return scale * values[begin];
      return values.subarray(begin, begin + width).map((value) => scale * value);
    },
    cover: (node) => cover[node],
  };
}

/** The nodes of a tree that is not symmetric; answers of yes go to the right. */
function readNested(
  { nodes, left }: NestedTree,
  features: Features,
  width: number,
  scale: number,
): SourceTree {
  const questions = nodes.map(({ split }) => split && features.question(split));
  const question = (node: number) => questions[node] as Question;
  const isCategory = (node: number) => 'category' in question(node);
  const values = nodes.map(({ node, split }) => {
    if (split !== undefined) return undefined;
    const value = reader.find(node, ['value']);
    return width === 1 && typeof value === 'number'
      ? reader.numbers({ value: [value] }, 'value')
      : reader.numbers(node, 'value', width);
  });
  const cover = new Float64Array(nodes.length);
  for (let node = cover.length - 1; node >= 0; node--) {
    const weight = Number(reader.find(nodes[node].node, ['weight']) ?? 0);
    cover[node] = left[node] < 0 ? Math.max(0, weight) || 0 : cover[left[node]] + cover[left[node] + 1];
  }
  return {
    nodes: nodes.length,
    // What is in a set goes left, so that the children of such a node change places.
    left: (node) => (left[node] < 0 ? -1 : left[node] + (isCategory(node) ? 1 : 0)),
    right: (node) => left[node] + (isCategory(node) ? 0 : 1),
    feature: (node) => question(node).column,
    threshold: (node) => (question(node) as { border: number }).border,
    rules: (node) => rulesOf(question(node)),
    categories: (node) => [(question(node) as { category: number }).category],
    value: (node) => {
      const scaled = (values[node] as Float64Array).map((value) => scale * value);
      return width === 1 ? scaled[0] : scaled;
    },
    cover: (node) => cover[node],
  };
}

function rulesOf(question: Question): number {
  if ('category' in question) return NODE_RULES.categories;
  return question.missingIsLargest ? 0 : NODE_RULES.missingLeft;
}
