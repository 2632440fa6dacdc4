/** A classifier that knows how often classes are, and nothing else. */

import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitLabels } from '../core/fit-input.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import {
  checkLength,
  custom,
  either,
  float64s,
  int,
  labels,
  nothing,
  oneOf,
  type Rules,
  resolveSeed,
  seed,
  shares,
  show,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link DummyClassifier}. */
export interface DummyClassifierParams {
  /**
   * What is predicted: 'prior' the most frequent class, with the shares of all as probabilities; 'mostFrequent' the same with the
   * probability 1; 'stratified' a class drawn by these shares; 'uniform' one drawn with equal chances; 'constant' always `constant`.
   * Default 'prior'.
   */
  strategy: 'prior' | 'mostFrequent' | 'stratified' | 'uniform' | 'constant';
  /** The label that 'constant' predicts, one of y. Default null. */
  constant: Label | null;
  /** Seed of the draws; null: a new one for each fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link DummyClassifier}. */
export interface DummyClassifierState extends ClassifierState {
  /** The share of the weight that each class has. */
  readonly classPrior: Float64Array;
  /** What the draws begin with. */
  readonly seed: number;
}

/**
 * Predicts classes and learns nothing of the columns of X: the baseline that says what a score is worth. X may hold anything.
 *
 * Differs from scikit-learn: what 'stratified' and 'uniform' draw depends on the values of the row and the seed, not on where the row
 * stands: equal rows get the same class, in this call and the next, so that of few distinct rows the shares of the classes are not those
 * of y; there each row is drawn anew. `predict` and `predictProba` of 'stratified' agree; at least two classes; one label a row.
 *
 * @example
 * ```ts
 * import { DummyClassifier } from 'boreal';
 * const dummy = await new DummyClassifier().fit([[1], [2], [3], [4]], ['no', 'no', 'no', 'yes']);
 * await dummy.predict([[7]]); // ['no']
 * (await dummy.predictProba([[7]])).toArray(); // [[0.75, 0.25]]
 * ```
 */
export class DummyClassifier extends Classifier<DummyClassifierParams, DummyClassifierState> {
  constructor(params: Partial<DummyClassifierParams> = {}) {
    super({ strategy: 'prior', constant: null, randomState: null, ...params });
  }

  get rules(): Rules<DummyClassifierParams> {
    const isLabel = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
    return {
      strategy: oneOf('prior', 'mostFrequent', 'stratified', 'uniform', 'constant'),
      constant: either(nothing, custom('a label', isLabel)),
      randomState: seed,
    };
  }

  get stateRules(): Rules<DummyClassifierState> {
    return { classes: labels, classPrior: float64s(), seed: int(0, 0xffff_ffff) };
  }

  protected override checkState({ classes, classPrior }: DummyClassifierState): void {
    checkLength(this, 'classPrior', classPrior, classes.length);
    if (!shares.allows(Array.from(classPrior)))
      throw this.#refuse('state: classPrior must hold numbers >= 0 that sum to 1');
    this.#checkConstant(classes);
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected async fitState(input: FitInput): Promise<DummyClassifierState> {
    const { codes, classes } = fitLabels(input);
    this.#checkConstant(classes);
    const classPrior = new Float64Array(classes.length);
    codes.forEach((code, i) => {
      classPrior[code] += input.sampleWeight?.[i] ?? 1;
    });
    const total = classPrior.reduce((sum, weight) => sum + weight, 0);
    return {
      classes,
      classPrior: classPrior.map((weight) => weight / total),
      seed: resolveSeed(this.params.randomState),
    };
  }

  #checkConstant(classes: readonly Label[]): void {
    const { strategy, constant } = this.params;
    if (strategy !== 'constant' || classes.includes(constant as Label)) return;
    const known = classes.map(show).join(', ');
    throw this.#refuse(`'constant' must be a label of y (${known}); got ${show(constant)}`);
  }

  #refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `DummyClassifier: ${why}.`);
  }

  /** The share of the weight that each class has, in the order of `classes`. @throws {ERR_NOT_FITTED} before `fit` */
  get classPrior(): Float64Array {
    return this.state.classPrior.slice();
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { strategy, constant } = this.fittedParams;
    const { classes, classPrior, seed: first } = this.state;
    const count = classes.length;
    const equal = new Float64Array(count).fill(1 / count);
    const proba = output === 'proba';
    if (strategy === 'uniform') {
      return proba ? plan.constant(x, equal) : drawn(plan, x, equal, first);
    }
    if (strategy === 'stratified') {
      const code = drawn(plan, x, classPrior, first);
      return proba ? plan.oneHot(code, Int32Array.of(count), Int32Array.of(-1)) : code;
    }
    const code =
      strategy === 'constant'
        ? classes.indexOf(constant as Label)
        : classPrior.indexOf(Math.max(...classPrior));
    if (!proba) return plan.constant(x, Float64Array.of(code));
    return plan.constant(x, strategy === 'prior' ? classPrior : equal.map((_, k) => Number(k === code)));
  }
}

/** The index of a class drawn with these chances: how many of their sums a number in (0, 1) exceeds. */
function drawn(plan: PlanBuilder, x: Slot, chances: Float64Array, seed: number): Slot {
  let sum = 0;
  const sums = chances.subarray(0, -1).map((chance) => {
    sum += chance;
    return sum;
  });
  const each = plan.gather(plan.draw(x, seed), Array(sums.length).fill(0));
  return plan.reduce(plan.binary(each, 'greater', sums), 'sum');
}
