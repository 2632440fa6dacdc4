/** What classifiers made of classifiers of two classes share. */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type CloneProblem, fitClones } from '../core/fit-clones.js';
import {
  denseRows,
  type FitInput,
  fitLabels,
  type PartialFitOptions,
  partLabels,
  partOptions,
  type SparseFitInput,
} from '../core/fit-input.js';
import { fittedModels, frontOf, readColumns, slotsOf } from '../core/inner-models.js';
import { checkPairs } from '../core/input-checks.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { absent, custom, either, labels, type Rules } from '../core/params.js';
import { learnPart } from '../core/parts.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link OneVsRestClassifier} and {@link OneVsOneClassifier}. */
export interface BinaryModelsParams {
  /** A classifier with decisions or probabilities. */
  estimator: Estimator;
}

/** Learned by {@link OneVsRestClassifier} and {@link OneVsOneClassifier}. */
export interface BinaryModelsState extends ClassifierState {
  /** Fitted clones for the classes 0 and 1 of each problem. */
  readonly models: readonly Estimator[];
  /** Of models of given distances or kernels that know some of the rows: the columns of these. Empty where all know all, or absent. */
  readonly columns?: readonly Int32Array[];
}

const BOTH = [0, 1] as const;
const RESPONSES: readonly Output[] = ['decision', 'proba'];

/** Base of classifiers that fit one model for each of several problems of two classes. */
export abstract class BinaryModelsClassifier extends Classifier<BinaryModelsParams, BinaryModelsState> {
  /** @param estimator - a classifier with decisions or probabilities, cloned by `fit` */
  constructor(estimator: Estimator) {
    super({ estimator });
  }

  /** The problems that the classes make, each of the classes 0 and 1. */
  protected abstract problems(encoded: EncodedLabels): CloneProblem[];
  /** How many problems there are of so many classes. */
  protected abstract countOf(classes: number): number;

  get rules(): Rules<BinaryModelsParams> {
    return {
      estimator: custom(
        'a classifier with decisions or probabilities',
        (v) =>
          v instanceof Estimator && v.kind === 'classifier' && v.outputs.some((o) => RESPONSES.includes(o)),
      ),
    };
  }

  get stateRules(): Rules<BinaryModelsState> {
    const isColumns = (v: unknown) => Array.isArray(v) && v.every((own) => own instanceof Int32Array);
    return {
      models: fittedModels,
      classes: labels,
      columns: either(absent, custom('lists of columns', isColumns)),
    };
  }

  override get tags(): EstimatorTags {
    return { ...this.params.estimator?.tags, multiOutput: false, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected override checkState(state: BinaryModelsState, columns: readonly Column[]): void {
    const { models, classes, columns: own = [] } = state;
    const refuse = (why: string) =>
      new ValidationError('ERR_PARAMETER', `${this.constructor.name} state: ${why}.`);
    if (models.length !== this.countOf(classes.length))
      throw refuse(`there are ${models.length} models of ${classes.length} classes`);
    for (const [k, { schema }] of models.entries()) {
      const { target } = schema;
      if (target.kind !== 'class' || target.classes.length !== 2)
        throw refuse(`model ${k} does not tell two classes apart`);
    }
    const fits =
      own.length === 0
        ? readColumns(models, columns.length)
        : own.length === models.length &&
          own.every((list, k) => {
            return list.length === models[k].nFeaturesIn && list.every((j) => j >= 0 && j < columns.length);
          });
    if (!fits) throw refuse('the models have other columns');
  }

  protected override front({ models }: BinaryModelsState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<BinaryModelsState> {
    const { estimator } = this.params;
    const encoded = fitLabels(input);
    const problems = this.problems(encoded);
    const own = estimator.tags.pairwise ? problems.flatMap(({ rows }) => rows ?? []) : [];
    // Distances and kernels are read dense.
    const known = own.length === 0 ? input : { ...input, x: denseRows(this, input), given: undefined };
    if (own.length > 0) checkPairs(estimator.constructor.name, known.x, estimator.tags.positive ?? false);
    const models = await fitClones(this, estimator, known, problems);
    return { models, classes: encoded.classes, columns: own };
  }

  /**
   * Learns from one more part of the data, as the `partialFit` of the estimator does of each of its problems.
   *
   * @param options - `classes` names all classes when the first part may lack some
   * @throws {ERR_NOT_SUPPORTED} for an estimator without it
   * @throws {ERR_LABELS} for a label that is no class of the first part, or `classes` that are none; where a model is of two classes
   *   only, for a first part without rows of either
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  async partialFit(X: MatrixLike, y: ArrayLike<unknown>, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    const learn = async (input: FitInput | SparseFitInput, before: BinaryModelsState | null) => {
      const encoded = partLabels(input, before?.classes, classes);
      const problems = this.problems(encoded).map((problem) => ({ ...problem, classes: BOTH }));
      if (before === null && problems.some(({ rows }) => rows?.length === 0)) {
        const why = 'of each two classes the first part needs a row of one, which their model learns from';
        throw new ValidationError('ERR_LABELS', `${this.constructor.name}: ${why}.`);
      }
      const models = await learnPart(this, this.params.estimator, input, before?.models ?? null, problems);
      return { models, classes: encoded.classes };
    };
    return this.fitPart(X, y, others, learn, learn);
  }

  /** What each model reads of the rows of a plan. */
  protected slots(plan: PlanBuilder, x: Slot): Slot[] {
    const { models, columns = [] } = this.state;
    return columns.length === 0 ? slotsOf(plan, x, models) : columns.map((own) => plan.gather(x, [...own]));
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }
}

/** What a model of two classes says for the second: its decision, or else its probability. */
export function lowerScore(
  model: Estimator,
  plan: PlanBuilder,
  x: Slot,
  options: ResolvedCompileOptions,
): Slot {
  const output = model.outputs.includes('decision') ? 'decision' : 'proba';
  const scores = model.lowerChecked(plan, x, { ...options, output });
  return scores.width === 1 ? scores : plan.gather(scores, [1]);
}

/** Above it a score speaks for the second class. */
export const thresholdOf = ({ outputs }: Estimator): number => (outputs.includes('decision') ? 0 : 0.5);
