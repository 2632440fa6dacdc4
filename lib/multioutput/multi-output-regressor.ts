/** One regressor for each of several targets. */
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { fitClones } from '../core/fit-clones.js';
import { type FitInput, type FitOptions, fitTargetMatrix, type SparseFitInput } from '../core/fit-input.js';
import { fittedModels, frontOf, readColumns, slotsOf } from '../core/inner-models.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { custom, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { TargetsLike } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import { learnTargets } from './parts.js';

/** Parameters of {@link MultiOutputRegressor} and {@link MultiOutputClassifier}. */
export interface MultiOutputParams {
  /** A regressor, or a classifier, of one target. */
  estimator: Estimator;
}

/** Learned by {@link MultiOutputRegressor} and {@link MultiOutputClassifier}. */
export interface MultiOutputState extends State {
  /** Fitted clones, one for each target. */
  readonly models: readonly Estimator[];
}

/** What a model of models of all columns takes. */
export function tagsOfEach({ estimator }: MultiOutputParams): EstimatorTags {
  return { ...estimator?.tags, watchesValidation: false, multiOutput: true, delegates: true };
}

/** @throws {ERR_PARAMETER} unless models read these columns, and are of the kind */
export function checkEach(
  owner: Estimator,
  { models }: MultiOutputState,
  kind: 'class' | 'number',
  columns: readonly Column[],
): void {
  const isOne = ({ schema }: Estimator) => schema.target.kind === kind;
  if (models.every(isOne) && readColumns(models, columns.length)) return;
  const message = `${owner.constructor.name} state: the models have other columns, or other targets.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/**
 * A model of several targets, [rows, targets], made of one regressor for each of them, which are fitted concurrently. Estimators that
 * take several targets themselves (tag `multiOutput`), such as {@link Ridge}, need none of this. All models are one native plan; sparse
 * rows are handed on to estimators that read them.
 *
 * Differs from scikit-learn: y of one column is one target, of which `predict` gives a list; fitted clones are in
 * `models`.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @example
 * ```ts
 * import { GradientBoostingRegressor, loadIris, MultiOutputRegressor } from 'boreal';
 * const { data } = loadIris();
 * const [X, y] = [data.columns([0, 1]), data.columns([2, 3])];
 * const model = new MultiOutputRegressor(new GradientBoostingRegressor({ randomState: 0 }));
 * await model.fit(X, y);
 * (await model.predict(X)).cols; // 2
 * ```
 */
export class MultiOutputRegressor<Y extends FloatArray | Matrix = Matrix> extends Regressor<
  MultiOutputParams,
  MultiOutputState,
  Y
> {
  /** @param estimator - a regressor of one target, cloned by `fit` */
  constructor(estimator: Estimator) {
    super({ estimator });
  }

  static override fromParams({ estimator }: MultiOutputParams): MultiOutputRegressor {
    return new MultiOutputRegressor(estimator);
  }

  get rules(): Rules<MultiOutputParams> {
    return { estimator: custom('a regressor', (v) => v instanceof Estimator && v.kind === 'regressor') };
  }

  get stateRules(): Rules<MultiOutputState> {
    return { models: fittedModels };
  }

  override get tags(): EstimatorTags {
    return tagsOfEach(this.params);
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected override checkState(state: MultiOutputState, columns: readonly Column[]): void {
    checkEach(this, state, 'number', columns);
  }

  protected override front({ models }: MultiOutputState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<MultiOutputState> {
    const y = fitTargetMatrix(input);
    const problems = Array.from({ length: y.cols }, (_, t) => ({ rows: null, y: y.columns([t]).data }));
    return { models: await fitClones(this, this.params.estimator, input, problems) };
  }

  /**
   * Learns from one more part of the data, as the `partialFit` of the estimator does of each target.
   *
   * @throws {ERR_NOT_SUPPORTED} for an estimator without it
   * @throws {ERR_SHAPE} for another number of targets than before
   */
  partialFit(X: MatrixLike, y: TargetsLike, options: FitOptions = {}): Promise<this> {
    const learn = async (input: FitInput | SparseFitInput, before: MultiOutputState | null) => {
      const all = fitTargetMatrix(input);
      const targets = Array.from({ length: all.cols }, (_, t) => all.columns([t]).data);
      const models = await learnTargets(this, this.params.estimator, input, before?.models ?? null, targets);
      return { models };
    };
    return this.fitPart(X, y, options, learn, learn);
  }

  protected override countOf({ models }: MultiOutputState): number {
    return models.length;
  }

  /** The fitted models, one for each target. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    const rows = slotsOf(plan, x, models);
    return plan.concat(models.map((model, t) => model.lowerChecked(plan, rows[t], options)));
  }
}
