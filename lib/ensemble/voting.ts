/** Several models that decide together. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import { fittedModels, frontOf, slotsOf } from '../core/inner-models.js';
import { refuseUnweighted } from '../core/input-checks.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import { sameArray } from '../core/linalg/memory.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, custom, either, labels, nothing, oneOf, type Rule, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { transforming } from '../core/transforming.js';
import { ValidationError } from '../errors.js';
import { columnsOfModels } from './columns-of-models.js';
import { checkModels, keptModels, type NamedModel, namedModels, tagsOfModels } from './named-models.js';

/** Parameters of {@link VotingRegressor}. */
export interface VotingParams {
  /** Models under names of their own. */
  estimators: readonly NamedModel[];
  /** How much each counts, >= 0; null: alike. Default null. */
  weights: readonly number[] | null;
}

/** Parameters of {@link VotingClassifier}. */
export interface VotingClassifierParams extends VotingParams {
  /** Count the labels that the models predict, or average their probabilities. Default 'hard'. */
  voting: 'hard' | 'soft';
  /**
   * Whether `transform` of 'soft' gives the probabilities side by side, [rows, models * classes]; else those of each model stand below
   * those of the one before, [models * rows, classes]. Default true.
   */
  flattenTransform: boolean;
}

/** Learned by ensembles that vote. */
export interface VotingState extends State {
  /** Fitted clones of the models that were not dropped. */
  readonly models: readonly Estimator[];
}

const RULES: { readonly estimators: Rule; readonly weights: Rule } = {
  estimators: namedModels,
  weights: either(
    nothing,
    custom('a list of numbers >= 0, not all 0', (v) => {
      return Array.isArray(v) && v.every((w) => Number.isFinite(w) && w >= 0) && v.some((w) => w > 0);
    }),
  ),
};

/**
 * Classifiers that vote: by the labels that they predict ('hard', of equal counts the first label), or by the average of their
 * probabilities ('soft'). All of them are one native plan.
 *
 * `transform` gives what each model says: its class index, or its probabilities for 'soft'.
 *
 * Differs from scikit-learn: fitted clones are in `models`; `flattenTransform: false` gives the values of its three-dimensional array as a
 * matrix with the models one below the other; steps of a pipeline, and names of columns, have them side by side.
 *
 * @throws {ERR_NOT_SUPPORTED} from `fit` with weights of rows, for a model that has no use for them
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier, GaussianNB, loadIris, VotingClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const tree = new DecisionTreeClassifier({ maxDepth: 3 });
 * const ensemble = new VotingClassifier([['bayes', new GaussianNB()], ['tree', tree]], { voting: 'soft' });
 * await ensemble.fit(data, target);
 * (await ensemble.score(data, target)) > 0.95; // true
 * ```
 */
export class VotingClassifier extends transforming(
  Classifier<VotingClassifierParams, VotingState & ClassifierState>,
) {
  /** @param estimators - classifiers under names of their own, cloned by `fit` */
  constructor(
    estimators: readonly NamedModel[],
    options: Partial<Omit<VotingClassifierParams, 'estimators'>> = {},
  ) {
    super({ voting: 'hard', weights: null, flattenTransform: true, ...options, estimators });
  }

  static override fromParams({ estimators, ...options }: VotingClassifierParams): VotingClassifier {
    return new VotingClassifier(estimators, options);
  }

  get rules(): Rules<VotingClassifierParams> {
    return { ...RULES, voting: oneOf('hard', 'soft'), flattenTransform: bool };
  }

  get stateRules(): Rules<VotingState & ClassifierState> {
    return { models: fittedModels, classes: labels };
  }

  override get tags() {
    return tagsOfModels(this.params.estimators);
  }

  override get outputs(): readonly Output[] {
    return this.params.voting === 'soft' ? super.outputs : ['label', 'transform'];
  }

  override checkParams(): void {
    super.checkParams();
    checkVoters(this, this.params);
    if (this.params.voting === 'hard') return;
    const silent = kept(this.params).find(({ model }) => !model.outputs.includes('proba'));
    if (silent !== undefined) {
      const { name } = silent.model.constructor;
      throw new ValidationError(
        'ERR_PARAMETER',
        `VotingClassifier: voting 'soft' needs probabilities, which ${name} lacks.`,
      );
    }
  }

  protected override get namedParts() {
    return 'estimators';
  }

  protected override front({ models }: VotingState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<VotingState & ClassifierState> {
    const { classes } = fitLabels(input);
    return { models: await fitAll(this, this.params, input), classes };
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** Whether `transform` puts the models one below the other. */
  get #stacks(): boolean {
    const { voting, flattenTransform } = this.fittedParams;
    return voting === 'soft' && !flattenTransform;
  }

  override async transform(X: MatrixLike): Promise<Matrix> {
    // Read before waiting: a fit may end meanwhile.
    const parts = this.#stacks ? this.models.length : 1;
    return stacked(await super.transform(X), parts);
  }

  override transformSync(X: MatrixLike): Matrix {
    return stacked(super.transformSync(X), this.#stacks ? this.models.length : 1);
  }

  override outputColumns(): readonly Column[] {
    const names = keptModels(this.fittedParams.estimators).map(({ name }) => name);
    const { classes } = this.state;
    return columnsOfModels(this, names, this.fittedParams.voting === 'soft' ? classes.length : 1);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models, classes } = this.state;
    const soft = this.fittedParams.voting === 'soft';
    const output = soft ? 'proba' : 'label';
    const rows = slotsOf(plan, x, models);
    const said = models.map((model, k) => model.lowerChecked(plan, rows[k], { ...options, output }));
    if (options.output === 'transform') return plan.concat(said);
    const votes = said.map((part) => {
      return soft ? part : plan.oneHot(part, Int32Array.of(classes.length), Int32Array.of(-1));
    });
    const mean = average(plan, votes, this.fittedParams);
    return options.output === 'proba' ? mean : plan.argmax(mean);
  }
}

/**
 * Regressors whose predictions are averaged; all of them are one native plan. `transform` gives the prediction of each.
 *
 * Differs from scikit-learn: fitted clones are in `models`.
 *
 * @throws {ERR_NOT_SUPPORTED} from `fit` with weights of rows, for a model that has no use for them
 *
 * @example
 * ```ts
 * import { DecisionTreeRegressor, loadDiabetes, Ridge, VotingRegressor } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const tree = new DecisionTreeRegressor({ maxDepth: 3 });
 * const ensemble = new VotingRegressor([['line', new Ridge()], ['tree', tree]], { weights: [1, 2] });
 * await ensemble.fit(data, target);
 * ensemble.predictSync(data).length; // 442
 * ```
 */
export class VotingRegressor extends transforming(Regressor<VotingParams, VotingState>) {
  /** @param estimators - regressors under names of their own, cloned by `fit` */
  constructor(estimators: readonly NamedModel[], options: Partial<Omit<VotingParams, 'estimators'>> = {}) {
    super({ weights: null, ...options, estimators });
  }

  static override fromParams({ estimators, ...options }: VotingParams): VotingRegressor {
    return new VotingRegressor(estimators, options);
  }

  get rules(): Rules<VotingParams> {
    return RULES;
  }

  get stateRules(): Rules<VotingState> {
    return { models: fittedModels };
  }

  override get tags() {
    return tagsOfModels(this.params.estimators);
  }

  override checkParams(): void {
    super.checkParams();
    checkVoters(this, this.params);
  }

  protected override get namedParts() {
    return 'estimators';
  }

  protected override front({ models }: VotingState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<VotingState> {
    // What is wrong with y is said before models that would take several targets.
    fitTargets(input);
    return { models: await fitAll(this, this.params, input) };
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  override outputColumns(): readonly Column[] {
    return columnsOfModels(
      this,
      keptModels(this.fittedParams.estimators).map(({ name }) => name),
      1,
    );
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    const rows = slotsOf(plan, x, models);
    const values = models.map((model, k) =>
      model.lowerChecked(plan, rows[k], { ...options, output: 'value' }),
    );
    return options.output === 'transform' ? plan.concat(values) : average(plan, values, this.fittedParams);
  }
}

/** Parts that stand side by side, one below the other. */
function stacked(x: Matrix, parts: number): Matrix {
  if (parts === 1) return x;
  const { data, rows, cols } = x;
  const width = cols / parts;
  const below = sameArray(data, data.length);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < parts; k++) {
      const from = i * cols + k * width;
      below.set(data.subarray(from, from + width), (k * rows + i) * width);
    }
  }
  return new Matrix(below, parts * rows, width);
}

/** The models that were not dropped, and how much they count. */
function kept({ estimators, weights }: VotingParams): Array<{ model: Estimator; weight: number }> {
  return keptModels(estimators).map(({ model, index }) => ({ model, weight: weights?.[index] ?? 1 }));
}

function checkVoters(owner: Estimator, params: VotingParams): void {
  const { estimators, weights } = params;
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  checkModels(owner, estimators);
  if (weights !== null && weights.length !== estimators.length)
    throw refuse(`there are ${weights.length} weights, but ${estimators.length} estimators`);
  if (kept(params).every(({ weight }) => weight === 0)) throw refuse('no estimator is left that counts');
}

/** @throws {ERR_NOT_SUPPORTED} for weights of rows where a model has no use for them */
async function fitAll(owner: Estimator, params: VotingParams, input: FitInput): Promise<Estimator[]> {
  const schema = Schema.named(input.columns);
  const models = kept(params).map(({ model }) => model.clone());
  if (input.sampleWeight !== null) for (const model of models) refuseUnweighted(owner, model);
  for (const model of models) await model.fitInput({ ...input, onProgress: undefined }, schema);
  return models;
}

/** The weighted mean of slots of one width. */
function average(plan: PlanBuilder, parts: readonly Slot[], params: VotingParams): Slot {
  const weights = kept(params).map(({ weight }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scaled = parts.map((part, k) =>
    plan.binary(part, 'mul', new Float64Array(part.width).fill(weights[k])),
  );
  const sum = scaled.reduce((left, right) => plan.binaryOf([left, right], 'add'));
  return plan.binary(sum, 'div', new Float64Array(sum.width).fill(total));
}
