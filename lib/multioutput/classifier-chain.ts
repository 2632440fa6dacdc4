/** Classifiers of several targets that hand on what they predict. */
import type { Classes } from '../core/class-lists.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import { distinctLabels } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { custom, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import {
  CHAIN_OUTPUT,
  type ChainState,
  type ClassifierChainParams,
  chainDefaults,
  chainRules,
  chainStateRules,
  checkChain,
  fitChain,
  lowerChain,
  tagsOfChain,
} from './chain.js';
import {
  classesOfModel,
  classesOfModels,
  labelColumns,
  outputsAmong,
  SeveralClassesClassifier,
} from './several-classes.js';

/**
 * A classifier of several targets, [rows, targets], made of one classifier for each, in a chain: each reads X and the labels of the
 * targets before its own (Read, Pfahringer, Holmes and Frank, Machine Learning 85, 2011), in training those that are true, then those
 * that are predicted. Labels that others read are numbers or booleans. The chain is one native plan. Sparse rows are made dense.
 *
 * `predict` gives the labels of each row; `predictProba` and `decisionFunction`, [rows, targets], what each model says for the second of
 * two classes; `score` the share of rows of which all labels are right.
 *
 * Differs from scikit-learn: y of one column is one target, of which `predict` gives a list; targets of more than
 * two classes have no joint probabilities; random orders are others; fitted clones are in `models`; no documents.
 *
 * @throws {ERR_LABELS} from `fit`, for labels of text where there are several targets, and more than two classes where others read
 *   probabilities or decisions
 * @throws {ERR_PARAMETER} from `fit`, for an order that does not name each target once, and unless `cv` tests every row once
 * @example
 * ```ts
 * import { ClassifierChain, LogisticRegression } from 'boreal';
 * const y = [[0, 0], [0, 0], [1, 0], [1, 1], [1, 1], [1, 1]];
 * const chain = await new ClassifierChain(new LogisticRegression()).fit([[0], [1], [2], [3], [4], [5]], y);
 * await chain.predict([[0], [5]]); // [[0, 0], [1, 1]]
 * ```
 */
export class ClassifierChain extends SeveralClassesClassifier<ClassifierChainParams, ChainState> {
  /** @param estimator - a classifier of one target, cloned by `fit` */
  constructor(estimator: Estimator, options: Partial<Omit<ClassifierChainParams, 'estimator'>> = {}) {
    super({ ...chainDefaults, chainMethod: 'predict', ...options, estimator });
  }

  static override fromParams({ estimator, ...options }: ClassifierChainParams): ClassifierChain {
    return new ClassifierChain(estimator, options);
  }

  get rules(): Rules<ClassifierChainParams> {
    return {
      estimator: custom('a classifier', (v) => v instanceof Estimator && v.kind === 'classifier'),
      ...chainRules,
      chainMethod: oneOf('predict', 'predictProba', 'decisionFunction'),
    };
  }

  get stateRules(): Rules<ChainState> {
    return chainStateRules;
  }

  override get tags(): EstimatorTags {
    return tagsOfChain(this.params);
  }

  get outputs(): readonly Output[] {
    return ['label', ...outputsAmong(this.params.estimator, ['proba', 'decision'])];
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator, chainMethod } = this.params;
    estimator.checkParams();
    if (estimator.outputs.includes(CHAIN_OUTPUT[chainMethod])) return;
    const message = `ClassifierChain: chainMethod '${chainMethod}' needs what ${estimator.constructor.name} lacks.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected override checkState(state: ChainState, columns: readonly Column[]): void {
    checkChain(this, state, 'class', columns);
  }

  protected classesOf({ models, order }: ChainState): Classes {
    return classesOfModels(models.map((_, t) => models[order.indexOf(t)]));
  }

  protected async fitState(input: FitInput): Promise<ChainState> {
    const columns = labelColumns(input);
    const targets = columns.map((y, t) => ({
      y,
      numbers: columns.length === 1 ? null : this.#numbers(y, t),
    }));
    return fitChain(this, this.params, input, targets);
  }

  #numbers(y: ArrayLike<unknown>, t: number): Float64Array {
    const refuse = (why: string) => new ValidationError('ERR_LABELS', `ClassifierChain: target ${t} ${why}.`);
    if (typeof y[0] === 'string') throw refuse('has labels of text, which other models cannot read');
    if (this.params.chainMethod !== 'predict' && distinctLabels(y, 'y').length > 2)
      throw refuse('has more than two classes, of which others cannot read one probability or decision');
    return Float64Array.from(y as ArrayLike<number>, Number);
  }

  /** The fitted models, in the order of the chain. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** The target of each model. @throws {ERR_NOT_FITTED} before `fit` */
  get order(): Int32Array {
    return this.state.order.slice();
  }

  /** The probability of the second class of each target, [rows, targets]; of one target [rows, classes]. */
  predictProba(X: MatrixLike): Promise<Matrix> {
    return this.probabilities(X) as Promise<Matrix>;
  }

  /** As {@link ClassifierChain.predictProba}, on this thread's time. */
  predictProbaSync(X: MatrixLike): Matrix {
    return this.probabilitiesSync(X) as Matrix;
  }

  /** Logarithms of these, -Infinity for 0. */
  predictLogProba(X: MatrixLike): Promise<Matrix> {
    return this.logProbabilities(X) as Promise<Matrix>;
  }

  /** The decision for the second class of each target, [rows, targets]; of one target that of its model. */
  decisionFunction(X: MatrixLike): Promise<Matrix> {
    return this.run(X, { output: 'decision' });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    if (models.length === 1) return models[0].lowerChecked(plan, x, options);
    const wanted = options.output === 'value' ? 'label' : options.output;
    const given = CHAIN_OUTPUT[this.fittedParams.chainMethod];
    return lowerChain(plan, x, this.state, (model, rows) => {
      const lower = (output: Output) => {
        const said = model.lowerChecked(plan, rows, { ...options, output });
        if (output === 'label') return said;
        if (classesOfModel(model).length === 2) return said.width === 2 ? plan.gather(said, [1]) : said;
        const message =
          'ClassifierChain: targets of more than two classes have no joint probabilities or decisions.';
        throw new StateError('ERR_NOT_SUPPORTED', message);
      };
      const result = lower(wanted);
      return { result, next: () => this.#read(plan, given === wanted ? result : lower(given), model) };
    });
  }

  /** What the models after it read of a model: its labels as they are, not their places among the classes. */
  #read(plan: PlanBuilder, said: Slot, model: Estimator): Slot {
    if (this.fittedParams.chainMethod !== 'predict') return said;
    const values = Float64Array.from(classesOfModel(model) as readonly number[], Number);
    return plan.lookup(said, Int32Array.of(0, values.length), values, Float64Array.of(Number.NaN));
  }
}
