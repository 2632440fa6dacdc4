/** A classifier that knows how often classes are, and nothing else. */

import {
  areSeveral,
  type Classes,
  classLists,
  countClasses,
  fitClasses,
  labelsOrLists,
  partsOf,
  weightsByTarget,
} from '../core/class-lists.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { FitInput } from '../core/fit-input.js';
import { type ClassesState, Classifier } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import {
  checkLength,
  custom,
  either,
  float64s,
  int,
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
  /** The label that 'constant' predicts, one of y, of several targets a list of one for each. Default null. */
  constant: Label | readonly Label[] | null;
  /** Seed of the draws; null: a new one for each fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link DummyClassifier}. */
export interface DummyClassifierState extends ClassesState {
  /** The share of the weight that each class has, of several targets side by side. */
  readonly classPrior: Float64Array;
  /** What the draws begin with. */
  readonly seed: number;
}

/**
 * Predicts classes and learns nothing of the columns of X: the baseline that says what a score is worth. X may hold anything.
 *
 * Differs from scikit-learn: what 'stratified' and 'uniform' draw depends on the values of the row and the seed, not on where the row
 * stands: equal rows get the same class, in this call and the next, so that of few distinct rows the shares of the classes are not those
 * of y; there each row is drawn anew. `predict` and `predictProba` of 'stratified' agree; at least two classes of one target.
 *
 * @typeParam L - what `predict` says of a row: `Label[]` of several targets
 * @example
 * ```ts
 * import { DummyClassifier } from 'boreal';
 * const dummy = await new DummyClassifier().fit([[1], [2], [3], [4]], ['no', 'no', 'no', 'yes']);
 * await dummy.predict([[7]]); // ['no']
 * (await dummy.predictProba([[7]])).toArray(); // [[0.75, 0.25]]
 * ```
 */
export class DummyClassifier<L extends Label | Label[] = Label> extends Classifier<
  DummyClassifierParams,
  DummyClassifierState,
  L
> {
  constructor(params: Partial<DummyClassifierParams> = {}) {
    super({ strategy: 'prior', constant: null, randomState: null, ...params });
  }

  get rules(): Rules<DummyClassifierParams> {
    const isLabel = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
    return {
      strategy: oneOf('prior', 'mostFrequent', 'stratified', 'uniform', 'constant'),
      constant: either(
        nothing,
        custom('a label', isLabel),
        custom('a list of labels', (v) => Array.isArray(v) && v.length > 0 && v.every(isLabel)),
      ),
      randomState: seed,
    };
  }

  get stateRules(): Rules<DummyClassifierState> {
    return { classes: labelsOrLists, classPrior: float64s(), seed: int(0, 0xffff_ffff) };
  }

  protected override checkState({ classes, classPrior }: DummyClassifierState): void {
    checkLength(this, 'classPrior', classPrior, countClasses(classes));
    if (!partsOf(classPrior, classes).every((own) => shares.allows(Array.from(own))))
      throw this.#refuse('state: classPrior must hold numbers >= 0 that sum to 1');
    this.#checkConstant(classes);
  }

  override get tags() {
    return { allowNan: true, allowCategories: true, multiOutput: true };
  }

  protected async fitState(input: FitInput): Promise<DummyClassifierState> {
    const encoded = fitClasses(input);
    const { classes } = encoded;
    this.#checkConstant(classes);
    const priors = weightsByTarget(encoded, input.sampleWeight).map((weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Array.from(weights, (weight) => weight / total);
    });
    return {
      classes,
      classPrior: Float64Array.from(priors.flat()),
      seed: resolveSeed(this.params.randomState),
    };
  }

  #checkConstant(classes: Classes): void {
    const { strategy, constant } = this.params;
    if (strategy !== 'constant') return;
    const lists = classLists(classes);
    const given = [constant as Label | readonly Label[]].flat();
    if (given.length !== lists.length) {
      throw this.#refuse(`'constant' has ${given.length} labels for ${lists.length} targets`);
    }
    for (const [t, own] of lists.entries()) {
      if (own.includes(given[t])) continue;
      const known = own.map(show).join(', ');
      throw this.#refuse(`'constant' must be a label of y (${known}); got ${show(given[t])}`);
    }
  }

  #refuse(why: string): ValidationError {
    return new ValidationError('ERR_PARAMETER', `DummyClassifier: ${why}.`);
  }

  /**
   * The share of the weight that each class has, in the order of `classes`; of several targets a list for each.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   */
  get classPrior(): L extends readonly unknown[] ? Float64Array[] : Float64Array {
    const { classPrior, classes } = this.state;
    const parts = partsOf(classPrior, classes).map((own) => own.slice());
    return (areSeveral(classes) ? parts : parts[0]) as typeof this.classPrior;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { classes, classPrior } = this.state;
    const priors = partsOf(classPrior, classes);
    return plan.concat(
      classLists(classes).map((own, t) => this.#lowerTarget(plan, x, output, [own, priors[t], t])),
    );
  }

  /** One target: its classes, their shares and its place. */
  #lowerTarget(
    plan: PlanBuilder,
    x: Slot,
    output: Output,
    [classes, prior, t]: readonly [readonly Label[], Float64Array, number],
  ): Slot {
    const { strategy, constant } = this.fittedParams;
    // Targets draw by themselves.
    const first = (this.state.seed + t) % 2 ** 32;
    const count = classes.length;
    const equal = new Float64Array(count).fill(1 / count);
    const proba = output === 'proba';
    if (strategy === 'uniform') {
      return proba ? plan.constant(x, equal) : drawn(plan, x, equal, first);
    }
    if (strategy === 'stratified') {
      const code = drawn(plan, x, prior, first);
      return proba ? plan.oneHot(code, Int32Array.of(count), Int32Array.of(-1)) : code;
    }
    const code =
      strategy === 'constant'
        ? classes.indexOf([constant as Label | readonly Label[]].flat()[t])
        : prior.indexOf(Math.max(...prior));
    if (!proba) return plan.constant(x, Float64Array.of(code));
    return plan.constant(x, strategy === 'prior' ? prior : equal.map((_, k) => Number(k === code)));
  }
}

/** The index of a class drawn with these chances: how many of their sums a number in (0, 1) exceeds. */
function drawn(plan: PlanBuilder, x: Slot, chances: Float64Array, seed: number): Slot {
  if (chances.length === 1) return plan.constant(x, Float64Array.of(0));
  let sum = 0;
  const sums = chances.subarray(0, -1).map((chance) => {
    sum += chance;
    return sum;
  });
  const each = plan.gather(plan.draw(x, seed), Array(sums.length).fill(0));
  return plan.reduce(plan.binary(each, 'greater', sums), 'sum');
}
