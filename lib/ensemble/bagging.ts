/** Models of rows and columns drawn at random, that decide together (Breiman, Bagging Predictors, Machine Learning 24, 1996). */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitLabels, fitTargets } from '../core/fit-input.js';
import { baseModel, checkColumns, fittedModels, frontOf, knownCategories } from '../core/inner-models.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { type NamedCategories, unitedCategories } from '../core/named-categories.js';
import { bool, custom, either, int, labels, nothing, type Rules, real, seed } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { accuracy, r2 } from '../core/score.js';
import { StateError, ValidationError } from '../errors.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from '../tree/decision-tree.js';
import { type Bag, fitBag, type OutOfBagSums, type Samples } from './bagging-fit.js';
import { lowerLogMean, lowerLogShares } from './log-mean.js';

/** Parameters of {@link BaggingClassifier} and {@link BaggingRegressor}. */
export interface BaggingParams {
  /** A classifier or regressor, cloned for each model. Default null: a decision tree. */
  estimator: Estimator | null;
  /** How many models, >= 1. Default 10. */
  nEstimators: number;
  /** Rows each model draws: a count, a share in (0, 1), or null for as many as there are. Default null. */
  maxSamples: number | null;
  /** Columns each model draws: a count, a share in (0, 1), or null for all; documents have none. Default null. */
  maxFeatures: number | null;
  /** Whether a row may be drawn several times. Default true. */
  bootstrap: boolean;
  /** Whether a column may be drawn several times. Default false. */
  bootstrapFeatures: boolean;
  /** Score the ensemble on the rows that each model did not draw; needs `bootstrap`. Default false. */
  oobScore: boolean;
  /** Seed; null: another ensemble each time. Default null. */
  randomState: number | null;
  /** Keep the models of the last fit, and add what `nEstimators` exceeds them by; not with `oobScore`. Default false. */
  warmStart: boolean;
}

/** Out-of-bag predictions, and their score. */
interface OutOfBag {
  /** By row, then by class; NaN for rows that every model drew. */
  readonly values: Float64Array;
  readonly score: number;
}

/** Learned by bagging. */
export interface BaggingState extends State, Bag {
  /** null without `oobScore`. */
  readonly oob: OutOfBag | null;
}

const DEFAULTS: BaggingParams = {
  ...{ estimator: null, nEstimators: 10, maxSamples: null, maxFeatures: null, bootstrap: true },
  ...{ bootstrapFeatures: false, oobScore: false, randomState: null, warmStart: false },
};
const count = either(int(1, 0x7fff_ffff), real(0, 1, 'both'), nothing);
const RULES = {
  nEstimators: int(1, 100_000),
  maxSamples: count,
  maxFeatures: count,
  bootstrap: bool,
  bootstrapFeatures: bool,
  oobScore: bool,
  randomState: seed,
  warmStart: bool,
};
const STATE_RULES: Rules<BaggingState> = {
  models: fittedModels,
  features: custom('lists of columns', (v) => Array.isArray(v) && v.every((f) => f instanceof Int32Array)),
  oob: either(
    nothing,
    custom('predictions and a score', (v) => {
      const { values, score } = (v ?? {}) as Partial<OutOfBag>;
      return values instanceof Float64Array && typeof score === 'number';
    }),
  ),
};

/**
 * Classifiers of the same kind, each fitted to rows (and columns) drawn at random; their probabilities are averaged, or their
 * labels counted where they have none. Rows drawn without repeats are pasting, columns too are random patches (Louppe and Geurts
 * 2012), columns alone random subspaces (Ho 1998). Models are fitted concurrently; all of them are one native plan.
 *
 * Differs from scikit-learn: a share of 1 is null, since 1 is a count; rows are drawn, not weighed, so that models without
 * weights do the same; rows of one class alone are drawn anew; out-of-bag values are NaN for rows that every model drew;
 * `decisionFunction` is refused where a model drew rows of fewer classes; `estimatorsSamples` is of this process's fits: a model file does not hold it; pipelines of documents may be in a bag. As there, weights say how likely a row is drawn.
 *
 * @example
 * ```ts
 * import { BaggingClassifier, DecisionTreeClassifier, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const estimator = new DecisionTreeClassifier({ maxDepth: 4 });
 * const model = new BaggingClassifier({ estimator, nEstimators: 20, maxFeatures: 0.5, oobScore: true, randomState: 0 });
 * await model.fit(data, target);
 * model.oobScore > 0.9; // true
 * ```
 */
export class BaggingClassifier extends Classifier<BaggingParams, BaggingState & ClassifierState> {
  constructor(params: Partial<BaggingParams> = {}) {
    super({ ...DEFAULTS, ...params });
  }

  get rules(): Rules<BaggingParams> {
    return { ...RULES, estimator: baseModel('classifier') };
  }

  get stateRules(): Rules<BaggingState & ClassifierState> {
    return { ...STATE_RULES, classes: labels };
  }

  /**
   * Of models with decisions the mean of these; of models with joint probabilities their logarithms: `predictLogProba` takes the mean
   * from these, as scikit-learn does.
   */
  override get outputs(): readonly Output[] {
    const { outputs } = this.#base;
    const own = (['decision', 'jointLogProba'] as const).filter((output) => outputs.includes(output));
    return [...super.outputs, ...own];
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    const known = this.params.warmStart ? knownCategories({ bag: this }, columns) : [];
    return unitedCategories([super.namedCategories(columns), known]);
  }

  override get tags(): EstimatorTags {
    return { ...this.#base.tags, multiOutput: false, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    checkBagging(this, this.params);
  }

  protected override checkState(state: BaggingState, columns: readonly Column[]): void {
    checkBag(this, state, columns);
  }

  get #base(): Estimator {
    return this.params.estimator ?? new DecisionTreeClassifier();
  }

  protected override front({ models }: BaggingState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<BaggingState & ClassifierState> {
    const { codes, classes } = fitLabels(input);
    const lower = (plan: PlanBuilder, x: Slot, model: Estimator) =>
      lowerShares(plan, x, model, { classes, options: PLAIN });
    const before = bagBefore(this, this.params, this.isFitted ? this.state : null, input);
    const { bag, samples, oob } = await fitBag(this, this.#base, input, codes, this.params, lower, before);
    return withSamples({ ...bag, classes, oob: oob && scoreLabels(oob, codes) }, before, samples);
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): readonly Estimator[] {
    return this.state.models;
  }

  /** The columns that each model reads. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorsFeatures(): readonly Int32Array[] {
    return this.state.features;
  }

  /** The rows that each model has drawn, in order. @throws {ERR_NOT_SUPPORTED} of a model that was loaded */
  get estimatorsSamples(): readonly Int32Array[] {
    return samplesOf(this, this.state);
  }

  /** Accuracy on the rows that some model did not draw. @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore` */
  get oobScore(): number {
    return requireOutOfBag(this, this.state).score;
  }

  /**
   * Probabilities of the training rows by the models that did not draw them, [rows, classes].
   *
   * @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore`
   */
  get oobDecisionFunction(): Matrix<Float64Array> {
    const { values } = requireOutOfBag(this, this.state);
    const { length } = this.state.classes;
    return new Matrix(values.slice(), values.length / length, length);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { classes } = this.state;
    if (options.output === 'jointLogProba') {
      const logs = lowerModels(plan, x, this.state, (part, model) => {
        const joint = model.lowerChecked(plan, part, options);
        return inClasses(plan, lowerLogShares(plan, joint), model, classes, -Infinity);
      });
      return lowerLogMean(plan, logs, options);
    }
    if (options.output === 'decision') {
      return lowerMean(plan, x, this.state, (part, model) => {
        requireAllClasses(this, model, classes);
        return model.lowerChecked(plan, part, options);
      });
    }
    const mean = lowerMean(plan, x, this.state, (part, model) =>
      lowerShares(plan, part, model, { classes, options }),
    );
    return options.output === 'proba' ? mean : plan.argmax(mean);
  }
}

/**
 * Regressors of the same kind, each fitted to rows (and columns) drawn at random, whose predictions are averaged. See
 * {@link BaggingClassifier}.
 *
 * @example
 * ```ts
 * import { BaggingRegressor, loadDiabetes, Ridge } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = new BaggingRegressor({ estimator: new Ridge(), maxSamples: 0.5, randomState: 0 });
 * await model.fit(data, target);
 * (await model.score(data, target)) > 0.35; // true
 * ```
 */
export class BaggingRegressor extends Regressor<BaggingParams, BaggingState> {
  constructor(params: Partial<BaggingParams> = {}) {
    super({ ...DEFAULTS, ...params });
  }

  get rules(): Rules<BaggingParams> {
    return { ...RULES, estimator: baseModel('regressor') };
  }

  get stateRules(): Rules<BaggingState> {
    return STATE_RULES;
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    const known = this.params.warmStart ? knownCategories({ bag: this }, columns) : [];
    return unitedCategories([super.namedCategories(columns), known]);
  }

  override get tags(): EstimatorTags {
    return { ...this.#base.tags, multiOutput: false, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    checkBagging(this, this.params);
  }

  protected override checkState(state: BaggingState, columns: readonly Column[]): void {
    checkBag(this, state, columns);
  }

  get #base(): Estimator {
    return this.params.estimator ?? new DecisionTreeRegressor();
  }

  protected override front({ models }: BaggingState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<BaggingState> {
    const y = fitTargets(input);
    const before = bagBefore(this, this.params, this.isFitted ? this.state : null, input);
    const { bag, samples, oob } = await fitBag(
      ...([this, this.#base, input, null, this.params, lowerValue, before] as const),
    );
    return withSamples({ ...bag, oob: oob && scoreNumbers(oob, y) }, before, samples);
  }

  /** The fitted models. @throws {ERR_NOT_FITTED} before `fit` */
  get estimators(): readonly Estimator[] {
    return this.state.models;
  }

  /** The columns that each model reads. @throws {ERR_NOT_FITTED} before `fit` */
  get estimatorsFeatures(): readonly Int32Array[] {
    return this.state.features;
  }

  /** The rows that each model has drawn, in order. @throws {ERR_NOT_SUPPORTED} of a model that was loaded */
  get estimatorsSamples(): readonly Int32Array[] {
    return samplesOf(this, this.state);
  }

  /** R2 on the rows that some model did not draw. @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore` */
  get oobScore(): number {
    return requireOutOfBag(this, this.state).score;
  }

  /** Predictions of the training rows by the models that did not draw them. @throws {ERR_NOT_SUPPORTED} without the parameter `oobScore` */
  get oobPrediction(): Float64Array {
    return requireOutOfBag(this, this.state).values.slice();
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    return lowerMean(plan, x, this.state, (part, model) => lowerValue(plan, part, model, options));
  }
}

const PLAIN: ResolvedCompileOptions = {
  ...{ device: 'cpu', precision: 'float64', output: 'value', coverage: 0.9 },
};

function lowerValue(plan: PlanBuilder, x: Slot, model: Estimator, options = PLAIN): Slot {
  return model.lowerChecked(plan, x, { ...options, output: 'value' });
}

/** The probabilities of a model, or its vote, in the classes of the ensemble. */
function lowerShares(
  plan: PlanBuilder,
  x: Slot,
  model: Estimator,
  { classes, options }: { classes: readonly Label[]; options: ResolvedCompileOptions },
): Slot {
  const { target } = model.schema;
  const own = target.kind === 'class' ? target.classes : classes;
  const shares = model.outputs.includes('proba')
    ? model.lowerChecked(plan, x, { ...options, output: 'proba' })
    : plan.oneHot(
        model.lowerChecked(plan, x, { ...options, output: 'label' }),
        Int32Array.of(own.length),
        Int32Array.of(-1),
      );
  return inClasses(plan, shares, model, classes, 0);
}

/** What a model says of its classes, in those of the ensemble: its rows may have lacked some. */
function inClasses(
  plan: PlanBuilder,
  said: Slot,
  { schema: { target } }: Estimator,
  classes: readonly Label[],
  absent: number,
): Slot {
  const own = target.kind === 'class' ? target.classes : classes;
  if (own.length === classes.length) return said;
  const padded = plan.concat([said, plan.constant(said, Float64Array.of(absent))]);
  return plan.gather(
    padded,
    classes.map((label) => (own.includes(label) ? own.indexOf(label) : own.length)),
  );
}

/** Decisions of a model that has seen fewer classes say nothing of the others. */
function requireAllClasses(
  owner: Estimator,
  { schema: { target } }: Estimator,
  classes: readonly Label[],
): void {
  if (target.kind !== 'class' || target.classes.length === classes.length) return;
  const why = `a model has drawn rows of ${target.classes.length} of the ${classes.length} classes: its decisions have no mean with others`;
  throw new StateError('ERR_NOT_SUPPORTED', `${owner.constructor.name}: ${why}.`);
}

type LowerModel = (x: Slot, model: Estimator) => Slot;

function lowerModels(plan: PlanBuilder, x: Slot, { models, features }: Bag, lower: LowerModel): Slot[] {
  return models.map((model, k) => lower(plan.gather(x, Array.from(features[k])), model));
}

function lowerMean(plan: PlanBuilder, x: Slot, bag: Bag, lower: LowerModel): Slot {
  const parts = lowerModels(plan, x, bag, lower);
  const sum = parts.reduce((left, right) => plan.binaryOf([left, right], 'add'));
  return plan.binary(sum, 'div', new Float64Array(sum.width).fill(parts.length));
}

function checkBagging(owner: Estimator, { estimator, oobScore, bootstrap, warmStart }: BaggingParams) {
  estimator?.checkParams();
  if (oobScore && warmStart) {
    const why = 'oobScore and warmStart do not go together: rows of earlier fits are not there to be scored';
    throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  }
  if (oobScore && !bootstrap) {
    const why = `oobScore needs bootstrap: true, which leaves rows out`;
    throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  }
}

function checkBag(owner: Estimator, { models, features }: BaggingState, columns: readonly Column[]): void {
  const fits =
    features.length === models.length &&
    features.every((list, k) => {
      return list.length === models[k].nFeaturesIn && list.every((j) => j >= 0 && j < columns.length);
    });
  if (!fits)
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name} state: features are not those of the models.`,
    );
}

/** The bag that a warm start adds to. */
function bagBefore(
  owner: Estimator,
  { warmStart }: BaggingParams,
  state: BaggingState | null,
  input: FitInput,
): BaggingState | null {
  if (!warmStart || state === null) return null;
  const columns = input.columns.length;
  if (owner.nFeaturesIn === columns || columns === 0) {
    if (columns > 0) checkColumns(owner, owner, input);
    return state;
  }
  const why = `warmStart: the last fit was on ${owner.nFeaturesIn} columns, not on ${columns}`;
  throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
}

/** The rows that the models of each fit of this process have drawn; too many for a model file. */
const drawnRows = new WeakMap<BaggingState, Samples>();

function withSamples<S extends BaggingState>(state: S, before: BaggingState | null, samples: Samples): S {
  const earlier = before === null ? [] : drawnRows.get(before);
  if (earlier !== undefined) drawnRows.set(state, [...earlier, ...samples]);
  return state;
}

function samplesOf(owner: Estimator, state: BaggingState): readonly Int32Array[] {
  const rows = drawnRows.get(state);
  if (rows !== undefined) return rows.map((list) => list.slice());
  const why = 'the rows that models have drawn are known where they were fitted, and not in a model file';
  throw new StateError('ERR_NOT_SUPPORTED', `${owner.constructor.name}: ${why}.`);
}

function requireOutOfBag(owner: Estimator, { oob }: BaggingState): OutOfBag {
  if (oob !== null) return oob;
  throw new StateError('ERR_NOT_SUPPORTED', `This ${owner.constructor.name} was fitted without oobScore.`);
}

/** Means; NaN where every model drew the row. */
function meansOf({ sums, models }: OutOfBagSums): Float64Array {
  return sums.data.map((sum, k) => sum / models[Math.floor(k / sums.cols)]);
}

/** The rows that some model did not draw. */
function rowsLeft({ models }: OutOfBagSums): number[] {
  return [...models.keys()].filter((row) => models[row] > 0);
}

function scoreLabels(oob: OutOfBagSums, codes: Int32Array): OutOfBag {
  const rows = rowsLeft(oob);
  const predicted = rows.map((row) => {
    const shares = oob.sums.row(row);
    return shares.indexOf(Math.max(...shares));
  });
  return {
    values: meansOf(oob),
    score: accuracy(
      rows.map((row) => codes[row]),
      predicted,
    ),
  };
}

function scoreNumbers(oob: OutOfBagSums, y: Float64Array): OutOfBag {
  const rows = rowsLeft(oob);
  const values = meansOf(oob);
  return {
    values,
    score: r2(
      rows.map((row) => y[row]),
      rows.map((row) => values[row]),
    ),
  };
}
