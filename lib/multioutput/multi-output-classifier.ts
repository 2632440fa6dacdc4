/** One classifier for each of several targets. */
import type { Classes } from '../core/class-lists.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { fitClones } from '../core/fit-clones.js';
import {
  type FitInput,
  type FitOptions,
  partOptions,
  requireY,
  type SparseFitInput,
} from '../core/fit-input.js';
import { fittedModels, frontOf, slotsOf } from '../core/inner-models.js';
import type { Label } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { custom, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { isTargetRow, type TargetsLike, targetColumns } from '../core/targets.js';
import {
  checkEach,
  type MultiOutputParams,
  type MultiOutputState,
  tagsOfEach,
} from './multi-output-regressor.js';
import { learnTargets } from './parts.js';
import { classesOfModels, labelColumns, outputsAmong, SeveralClassesClassifier } from './several-classes.js';

/** Options of `partialFit` of {@link MultiOutputClassifier}. */
export interface MultiOutputPartOptions extends FitOptions {
  /** All classes of each target that will ever come, for the first part; of one target a list of them. Default: those of its y. */
  readonly classes?: readonly Label[] | ReadonlyArray<readonly Label[]> | null;
}

/**
 * A classifier of several targets, [rows, targets], made of one classifier for each of them, which are fitted concurrently. Targets
 * may have any number of classes, and labels of different types. All models are one native plan; sparse rows are handed on to
 * estimators that read them.
 *
 * `predict` gives the labels of each row, `predictProba` a matrix [rows, classes] for each target, and `score` the share of rows of
 * which all labels are right. A plan's output 'label' holds an index into the classes of each target, 'proba' the matrices side by side.
 *
 * Differs from scikit-learn: y of one column is one target, of which `predict` gives a list; fitted
 * clones are in `models`.
 *
 * @example
 * ```ts
 * import { KNeighborsClassifier, MultiOutputClassifier } from 'boreal';
 * const y = [['red', 0], ['red', 1], ['blue', 1], ['blue', 1]];
 * const model = new MultiOutputClassifier(new KNeighborsClassifier({ nNeighbors: 1 }));
 * await model.fit([[0], [1], [2], [3]], y);
 * await model.predict([[0.2], [2.9]]); // [['red', 0], ['blue', 1]]
 * ```
 */
export class MultiOutputClassifier extends SeveralClassesClassifier<MultiOutputParams, MultiOutputState> {
  /** @param estimator - a classifier of one target, cloned by `fit` */
  constructor(estimator: Estimator) {
    super({ estimator });
  }

  static override fromParams({ estimator }: MultiOutputParams): MultiOutputClassifier {
    return new MultiOutputClassifier(estimator);
  }

  get rules(): Rules<MultiOutputParams> {
    return { estimator: custom('a classifier', (v) => v instanceof Estimator && v.kind === 'classifier') };
  }

  get stateRules(): Rules<MultiOutputState> {
    return { models: fittedModels };
  }

  override get tags(): EstimatorTags {
    return tagsOfEach(this.params);
  }

  get outputs(): readonly Output[] {
    return ['label', ...outputsAmong(this.params.estimator, ['proba', 'jointLogProba'])];
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected override checkState(state: MultiOutputState, columns: readonly Column[]): void {
    checkEach(this, state, 'class', columns);
  }

  protected classesOf({ models }: MultiOutputState): Classes {
    return classesOfModels(models);
  }

  protected override front({ models }: MultiOutputState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<MultiOutputState> {
    const problems = labelColumns(input).map((y) => ({ rows: null, y }));
    return { models: await fitClones(this, this.params.estimator, input, problems) };
  }

  /**
   * Learns from one more part of the data, as the `partialFit` of the estimator does of each target.
   *
   * @param options - `classes` names all classes of each target when the first part may lack some
   * @throws {ERR_NOT_SUPPORTED} for an estimator without it
   * @throws {ERR_SHAPE} for another number of targets than before, or `classes` of another number
   * @throws {ERR_LABELS} for a label that is no class of the first part
   */
  async partialFit(X: MatrixLike, y: TargetsLike, options: MultiOutputPartOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    const lists = (classes && !isTargetRow(classes[0]) ? [classes] : classes) as ReadonlyArray<Label[]>;
    const learn = async (input: FitInput | SparseFitInput, before: MultiOutputState | null) => {
      const targets = targetColumns(requireY(input));
      const known = before?.models ?? null;
      return { models: await learnTargets(this, this.params.estimator, input, known, targets, lists) };
    };
    return this.fitPart(X, y, others, learn, learn);
  }

  /** The fitted models, one for each target. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** Probabilities of each target, [rows, classes]; of one target that matrix. @throws {ERR_NOT_SUPPORTED} for estimators without them */
  predictProba(X: MatrixLike): Promise<Matrix[]> {
    return this.probabilities(X) as Promise<Matrix[]>;
  }

  /** As {@link MultiOutputClassifier.predictProba}, on this thread's time. */
  predictProbaSync(X: MatrixLike): Matrix[] {
    return this.probabilitiesSync(X) as Matrix[];
  }

  /** Logarithms of these, as {@link Classifier.predictLogProba} gives them. @throws {ERR_NOT_SUPPORTED} for estimators without probabilities */
  predictLogProba(X: MatrixLike): Promise<Matrix[]> {
    return this.logProbabilities(X) as Promise<Matrix[]>;
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    const rows = slotsOf(plan, x, models);
    return plan.concat(models.map((model, t) => model.lowerChecked(plan, rows[t], options)));
  }
}
