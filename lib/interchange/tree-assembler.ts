/**
 * Puts trees of any layout into the one that plans take: children side by side and after their parent. Each node is
 * visited once from the root on; what the root does not reach is left out, and a node with two parents is refused.
 */
import { type LeafModels, NODE_RULES } from '../core/plan-types.js';
import type { Reader } from './foreign.js';
import type { ForestSums } from './imported-forest.js';

/** A tree as an importer has read it, by node. */
export interface SourceTree {
  readonly nodes: number;
  /** The left child; -1 for a leaf. */
  left(node: number): number;
  right(node: number): number;
  feature(node: number): number;
  threshold(node: number): number;
  /** {@link NODE_RULES}. */
  rules(node: number): number;
  /** Categories that go left; for nodes with the rule `categories`. */
  categories(node: number): Iterable<number>;
  /** One value, or as many as there are scores. */
  value(leaf: number): number | ArrayLike<number>;
  /** The linear model of a leaf; for trees that have them. */
  model?(leaf: number): LeafModel;
  /** Weight of the training rows; where there is none, 0. */
  cover(node: number): number;
}

/** intercept + sum of coefficients * features; `value(leaf)` where one of them is missing. */
export interface LeafModel {
  readonly intercept: number;
  readonly features: ArrayLike<number>;
  readonly coefficients: ArrayLike<number>;
}

/** The trees of a forest, without what is done to their sums. */
export type AssembledTrees = Pick<
  ForestSums,
  | 'treeOffsets'
  | 'feature'
  | 'threshold'
  | 'left'
  | 'rules'
  | 'cover'
  | 'values'
  | 'setOffsets'
  | 'setWords'
  | 'groups'
  | 'leafModels'
>;

const MAX_NODES = 0x7fff_ffff;
/** A plan numbers the leaves that hold linear models in float32 at the least. */
const MAX_MODELS = 1 << 24;
/** A category beyond this would ask for a set of absurd size. */
const MAX_CATEGORY = 1 << 24;

/** The linear models of leaves; a leaf without one is a constant. */
class LeafModelList {
  #isLinear = false;
  readonly #intercept: number[] = [];
  readonly #offsets = [0];
  readonly #features: number[] = [];
  readonly #coefficients: number[] = [];

  add(model: LeafModel | undefined, value: number): void {
    this.#isLinear ||= model !== undefined;
    this.#intercept.push(model?.intercept ?? value);
    for (const feature of Array.from(model?.features ?? [])) this.#features.push(feature);
    for (const coefficient of Array.from(model?.coefficients ?? [])) this.#coefficients.push(coefficient);
    this.#offsets.push(this.#features.length);
  }

  finish(otherwise: readonly number[]): LeafModels | undefined {
    if (!this.#isLinear) return undefined;
    return {
      intercept: Float64Array.from(this.#intercept),
      otherwise: Float64Array.from(otherwise),
      offsets: Int32Array.from(this.#offsets),
      features: Int32Array.from(this.#features),
      coefficients: Float64Array.from(this.#coefficients),
    };
  }
}

/** See the head of this file. Trees are added group by group. */
export class TreeAssembler {
  readonly #reader: Reader;
  readonly #features: number;
  readonly #treeOffsets = [0];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #left: number[] = [];
  readonly #rules: number[] = [];
  readonly #cover: number[] = [];
  readonly #values: number[] = [];
  #leaves = 0;
  readonly #models = new LeafModelList();
  readonly #setOffsets = [0];
  readonly #setWords: number[] = [];
  readonly #groups = [0];

  constructor(reader: Reader, features: number) {
    this.#reader = reader;
    this.#features = features;
  }

  /** Appends a tree to the current group. */
  add(tree: SourceTree): void {
    const begin = this.#feature.length;
    const number = this.#treeOffsets.length - 1;
    const seen = new Uint8Array(tree.nodes);
    const queue: number[] = [];
    const visit = (node: number) => {
      if (!(Number.isInteger(node) && node >= 0 && node < tree.nodes))
        throw this.#reader.fail(`tree ${number} names node ${node} of ${tree.nodes}`);
      if (seen[node] !== 0) throw this.#reader.fail(`tree ${number} comes to node ${node} twice`);
      seen[node] = 1;
      queue.push(node);
    };
    if (begin + tree.nodes > MAX_NODES) throw this.#reader.fail('it has too many nodes');
    visit(0);
    for (let k = 0; k < queue.length; k++) {
      const node = queue[k];
      this.#cover.push(tree.cover(node));
      if (tree.left(node) < 0) {
        this.#feature.push(-1);
        this.#threshold.push(0);
        this.#rules.push(0);
        this.#left.push(this.#leaves++);
        this.#addLeaf(tree, node);
        continue;
      }
      const feature = tree.feature(node);
      if (!(Number.isInteger(feature) && feature >= 0 && feature < this.#features))
        throw this.#reader.fail(`tree ${number} reads feature ${feature} of ${this.#features}`);
      const rules = tree.rules(node);
      const isSet = (rules & NODE_RULES.categories) !== 0;
      this.#feature.push(feature);
      this.#rules.push(rules);
      this.#threshold.push(isSet ? this.#addSet(tree.categories(node)) : tree.threshold(node));
      this.#left.push(queue.length);
      visit(tree.left(node));
      visit(tree.right(node));
    }
    this.#treeOffsets.push(this.#feature.length);
  }

  /** The trees that follow add up to the next score. */
  endGroup(): void {
    const trees = this.#treeOffsets.length - 1;
    if (trees === this.#groups[this.#groups.length - 1])
      throw this.#reader.fail('one of its outputs has no trees');
    this.#groups.push(trees);
  }

  /** All trees. */
  finish(): AssembledTrees {
    return {
      treeOffsets: Int32Array.from(this.#treeOffsets),
      feature: Int32Array.from(this.#feature),
      threshold: Float64Array.from(this.#threshold),
      left: Int32Array.from(this.#left),
      rules: Uint8Array.from(this.#rules),
      cover: Float32Array.from(this.#cover),
      values: Float64Array.from(this.#values),
      setOffsets: Int32Array.from(this.#setOffsets),
      setWords: Int32Array.from(this.#setWords),
      groups: Int32Array.from(this.#groups),
      leafModels: this.#leafModels(),
    };
  }

  #leafModels(): LeafModels | undefined {
    const models = this.#models.finish(this.#values);
    if (models !== undefined && this.#leaves > MAX_MODELS)
      throw this.#reader.fail(`it has linear models in ${this.#leaves} leaves`);
    return models;
  }

  #addLeaf(tree: SourceTree, leaf: number): void {
    const value = tree.value(leaf);
    if (typeof value === 'number') {
      this.#values.push(value);
      this.#models.add(tree.model?.(leaf), value);
    } else {
      for (let k = 0; k < value.length; k++) this.#values.push(value[k]);
    }
    for (const feature of Array.from(tree.model?.(leaf).features ?? [])) {
      if (!(Number.isInteger(feature) && feature >= 0 && feature < this.#features))
        throw this.#reader.fail(`a leaf reads feature ${feature} of ${this.#features}`);
    }
  }

  #addSet(categories: Iterable<number>): number {
    const words: number[] = [];
    for (const category of categories) {
      if (!(Number.isInteger(category) && category >= 0 && category < MAX_CATEGORY))
        throw this.#reader.fail(`a split names category ${category}`);
      while (words.length <= category >> 5) words.push(0);
      words[category >> 5] |= 1 << (category & 31);
    }
    // One by one: a call cannot take as many arguments as a set may have words.
    for (const word of words) this.#setWords.push(word);
    return this.#setOffsets.push(this.#setWords.length) - 2;
  }
}
