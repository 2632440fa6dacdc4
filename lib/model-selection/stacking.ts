/** Models whose predictions another model learns from (Wolpert, Stacked Generalization, Neural Networks 5, 1992). */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { checkFoldClasses } from '../core/folds.js';
import { fittedModels, frontOf, knownCategories, slotsOf } from '../core/inner-models.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import { type NamedCategories, unitedCategories } from '../core/named-categories.js';
import { bool, custom, either, labels, nothing, oneOf, type Rule, type Rules } from '../core/params.js';
import { PlanBuilder, type Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { transforming } from '../core/transforming.js';
import { columnsOfModels } from '../ensemble/columns-of-models.js';
import {
  checkModels,
  keptModels,
  type NamedModel,
  namedModels,
  tagsOfModels,
} from '../ensemble/named-models.js';
import { ValidationError } from '../errors.js';
import { LogisticRegression, RidgeCV } from '../linear-model/index.js';
import { fitStack } from './fit-stack.js';
import type { FoldOptions } from './folds.js';

/** What the final estimator is given of a classifier: 'auto' is the first of the three that it has. */
export type StackMethod = 'auto' | 'predictProba' | 'decisionFunction' | 'predict';

/** Parameters of {@link StackingRegressor}. */
export interface StackingParams {
  /** Models under names of their own. */
  estimators: readonly NamedModel[];
  /** What learns from their predictions. Default null: `LogisticRegression` for classes, `RidgeCV` for numbers. */
  finalEstimator: Estimator | null;
  /**
   * Folds, as in {@link crossValidate}, each row being in the test rows of one; or 'prefit': the models are fitted already and
   * copied as they are, and the final estimator learns from what they say of all rows, whose columns are those that they were fitted on.
   * Default 5.
   */
  cv: NonNullable<FoldOptions['cv']> | 'prefit';
  /** Give the final estimator the columns of X, too; documents have none. Default false. */
  passthrough: boolean;
}

/** Parameters of {@link StackingClassifier}. */
export interface StackingClassifierParams extends StackingParams {
  /** What the final estimator is given. Default 'auto'. */
  stackMethod: StackMethod;
}

/** Learned by stacking. */
export interface StackingState extends State {
  /** Fitted clones of the models that were not dropped. */
  readonly models: readonly Estimator[];
  readonly final: Estimator;
}

const RULES: Rules<StackingParams> = {
  estimators: namedModels,
  finalEstimator: either(
    nothing,
    custom('an estimator', (v) => v instanceof Estimator),
  ),
  cv: either(oneOf('prefit'), cvRule),
  passthrough: bool,
};
const FINAL: Rule = custom('a fitted model', (v) => v instanceof Estimator && v.isFitted);
const OUTPUT: Record<Exclude<StackMethod, 'auto'>, Output> = {
  predictProba: 'proba',
  decisionFunction: 'decision',
  predict: 'label',
};

/**
 * A classifier that learns from the predictions of others. Each row's are made by models of folds that have not seen it, so that
 * the final estimator learns how far to trust them; the models are then fitted on all rows. Of two classes the probability of the
 * second is one column. Fits run concurrently; models and final estimator are one native plan. `transform` gives what the final
 * estimator is given.
 *
 * Differs from scikit-learn: training rows of every fold must have all classes. `models` are the fitted models,
 * `final` is the fitted final estimator.
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier, GaussianNB, loadIris, StackingClassifier } from 'boreal';
 * const { data, target } = loadIris();
 * const tree = new DecisionTreeClassifier({ maxDepth: 3, randomState: 0 });
 * const ensemble = new StackingClassifier([['bayes', new GaussianNB()], ['tree', tree]], { cv: 3 });
 * await ensemble.fit(data, target);
 * (await ensemble.score(data, target)) > 0.95; // true
 * ```
 */
export class StackingClassifier extends transforming(
  Classifier<StackingClassifierParams, StackingState & ClassifierState>,
) {
  /** @param estimators - classifiers under names of their own, cloned by `fit` */
  constructor(
    estimators: readonly NamedModel[],
    options: Partial<Omit<StackingClassifierParams, 'estimators'>> = {},
  ) {
    super({ finalEstimator: null, cv: 5, stackMethod: 'auto', passthrough: false, ...options, estimators });
  }

  static override fromParams({ estimators, ...options }: StackingClassifierParams): StackingClassifier {
    return new StackingClassifier(estimators, options);
  }

  get rules(): Rules<StackingClassifierParams> {
    return { ...RULES, stackMethod: oneOf('auto', 'predictProba', 'decisionFunction', 'predict') };
  }

  get stateRules(): Rules<StackingState & ClassifierState> {
    return { models: fittedModels, final: FINAL, classes: labels };
  }

  override get tags(): EstimatorTags {
    return tagsOf(this.params, this.#final);
  }

  override get outputs(): readonly Output[] {
    const own = this.#final.outputs.filter((output) => ['label', 'proba', 'decision'].includes(output));
    return [...own, 'transform'];
  }

  override checkParams(): void {
    super.checkParams();
    checkStack(this, this.params, this.#final);
    for (const { model } of keptModels(this.params.estimators))
      outputOf(this, model, this.params.stackMethod);
  }

  protected override get namedParts() {
    return 'estimators';
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return unitedCategories([super.namedCategories(columns), namedByFitted(this.params, columns)]);
  }

  protected override cloneParams(): StackingClassifierParams {
    return keepFitted(this.params, super.cloneParams());
  }

  get #final(): Estimator {
    return this.params.finalEstimator ?? new LogisticRegression();
  }

  protected override front({ models }: StackingState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<StackingState & ClassifierState> {
    const { codes, classes } = fitLabels(input);
    const { stackMethod } = this.params;
    const lower = (plan: PlanBuilder, x: Slot, model: Estimator) =>
      lowerColumns(plan, x, model, { ...PLAIN, output: outputOf(this, model, stackMethod) });
    const check = (train: Int32Array) => checkFoldClasses(this, train, codes, classes);
    return { ...(await fitStack(this, this.params, this.#final, input, { lower, check })), classes };
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** The fitted final estimator. @throws {ERR_NOT_FITTED} before `fit` */
  get final(): Estimator {
    return this.state.final;
  }

  override outputColumns(): readonly Column[] {
    const { stackMethod } = this.fittedParams;
    return stackedColumns(this, this.fittedParams, this.schema.columns, (k) => {
      const model = this.state.models[k];
      const plan = new PlanBuilder(model.nFeaturesIn);
      const options = { ...PLAIN, output: outputOf(this, model, stackMethod) };
      return lowerColumns(plan, plan.input, model, options).width;
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { stackMethod } = this.fittedParams;
    const { models } = this.state;
    const rows = slotsOf(plan, x, models);
    const parts = models.map((model, k) =>
      lowerColumns(plan, rows[k], model, { ...options, output: outputOf(this, model, stackMethod) }),
    );
    return lowerFinal(plan, x, parts, this.state, this.fittedParams, options);
  }
}

/**
 * A regressor that learns from the predictions of others, as {@link StackingClassifier} does.
 *
 * @example
 * ```ts
 * import { DecisionTreeRegressor, loadDiabetes, Ridge, StackingRegressor } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const tree = new DecisionTreeRegressor({ maxDepth: 3, randomState: 0 });
 * const ensemble = new StackingRegressor([['line', new Ridge()], ['tree', tree]]);
 * await ensemble.fit(data, target);
 * ensemble.predictSync(data).length; // 442
 * ```
 */
export class StackingRegressor extends transforming(Regressor<StackingParams, StackingState>) {
  /** @param estimators - regressors under names of their own, cloned by `fit` */
  constructor(estimators: readonly NamedModel[], options: Partial<Omit<StackingParams, 'estimators'>> = {}) {
    super({ finalEstimator: null, cv: 5, passthrough: false, ...options, estimators });
  }

  static override fromParams({ estimators, ...options }: StackingParams): StackingRegressor {
    return new StackingRegressor(estimators, options);
  }

  get rules(): Rules<StackingParams> {
    return RULES;
  }

  get stateRules(): Rules<StackingState> {
    return { models: fittedModels, final: FINAL };
  }

  override get tags(): EstimatorTags {
    return tagsOf(this.params, this.#final);
  }

  override checkParams(): void {
    super.checkParams();
    checkStack(this, this.params, this.#final);
  }

  protected override get namedParts() {
    return 'estimators';
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return unitedCategories([super.namedCategories(columns), namedByFitted(this.params, columns)]);
  }

  protected override cloneParams(): StackingParams {
    return keepFitted(this.params, super.cloneParams());
  }

  get #final(): Estimator {
    return this.params.finalEstimator ?? new RidgeCV();
  }

  protected override front({ models }: StackingState) {
    return frontOf(models);
  }

  protected fitState(input: FitInput): Promise<StackingState> {
    // Before rows are dealt out, so that an error names the row of y.
    fitTargets(input);
    const lower = (plan: PlanBuilder, x: Slot, model: Estimator) => lowerColumns(plan, x, model, PLAIN);
    return fitStack(this, this.params, this.#final, input, { lower });
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** The fitted final estimator. @throws {ERR_NOT_FITTED} before `fit` */
  get final(): Estimator {
    return this.state.final;
  }

  override outputColumns(): readonly Column[] {
    return stackedColumns(this, this.fittedParams, this.schema.columns, () => 1);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models } = this.state;
    const rows = slotsOf(plan, x, models);
    const parts = models.map((model, k) =>
      lowerColumns(plan, rows[k], model, { ...options, output: 'value' }),
    );
    return lowerFinal(plan, x, parts, this.state, this.fittedParams, options);
  }
}

const PLAIN: ResolvedCompileOptions = {
  ...{ device: 'cpu', precision: 'float64', output: 'value', coverage: 0.9 },
};

/** What a model gives to the final estimator. @throws {ERR_PARAMETER} when it does not have what was asked for */
function outputOf(owner: Estimator, model: Estimator, method: StackMethod): Output {
  const has = (output: Output) => model.outputs.includes(output);
  if (method === 'auto') return has('proba') ? 'proba' : has('decision') ? 'decision' : 'label';
  const output = OUTPUT[method];
  if (has(output)) return output;
  const why = `stackMethod '${method}' needs what ${model.constructor.name} lacks`;
  throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
}

/** The columns of one model; the probability of the first of two classes says nothing new. */
function lowerColumns(plan: PlanBuilder, x: Slot, model: Estimator, options: ResolvedCompileOptions): Slot {
  const said = model.lowerChecked(plan, x, options);
  return options.output === 'proba' && said.width === 2 ? plan.gather(said, [1]) : said;
}

/** What the final estimator is given: so many columns of each model, and those of X. */
function stackedColumns(
  owner: Estimator,
  { estimators, passthrough }: StackingParams,
  columns: readonly Column[],
  count: (k: number) => number,
): Column[] {
  const said = keptModels(estimators).flatMap(({ name }, k) => columnsOfModels(owner, [name], count(k)));
  return passthrough ? [...said, ...columns] : said;
}

function lowerFinal(
  plan: PlanBuilder,
  x: Slot,
  parts: readonly Slot[],
  { final }: StackingState,
  { passthrough }: StackingParams,
  options: ResolvedCompileOptions,
): Slot {
  const stacked = plan.concat(passthrough ? [...parts, x] : parts);
  return options.output === 'transform' ? stacked : final.lowerChecked(plan, stacked, options);
}

function tagsOf({ estimators, cv, passthrough }: StackingParams, final: Estimator): EstimatorTags {
  // A final estimator that is none has no tags.
  const last: EstimatorTags = final.tags ?? {};
  const learning = Array.isArray(estimators) && cv !== 'prefit' ? keptModels(estimators) : [];
  const ignoresWeights = last.ignoresWeights && learning.every(({ model }) => model.tags.ignoresWeights);
  const tags = { ...tagsOfModels(estimators), takesGroups: true, ignoresWeights };
  if (!passthrough) return tags;
  const { allowNan, allowCategories, positive } = last;
  return {
    ...tags,
    allowNan: tags.allowNan && allowNan,
    allowCategories: tags.allowCategories && allowCategories,
    positive: tags.positive || positive,
  };
}

/** Models that are fitted already stay so. */
function keepFitted<P extends StackingParams>({ cv, estimators }: P, clones: P): P {
  return cv === 'prefit' ? { ...clones, estimators } : clones;
}

function namedByFitted(
  { cv, estimators }: StackingParams,
  columns: readonly Column[] | null,
): NamedCategories {
  return cv === 'prefit' ? knownCategories({ estimators }, columns) : [];
}

function checkStack(owner: Estimator, { estimators, cv }: StackingParams, final: Estimator): void {
  const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  checkModels(owner, estimators);
  if (final.kind !== owner.kind) throw refuse(`finalEstimator must be a ${owner.kind}`);
  final.checkParams();
  const unfitted = keptModels(estimators).find(({ model }) => !model.isFitted);
  if (cv === 'prefit' && unfitted !== undefined)
    throw refuse(`cv is 'prefit', but '${unfitted.name}' is not fitted`);
}
