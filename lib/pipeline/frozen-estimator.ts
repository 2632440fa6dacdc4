/** A fitted model that stays as it is, whoever fits it. */
import { applyOps } from '../core/apply.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type EstimatorKind } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, toShared } from '../core/fit-input.js';
import { checkColumns, fittedCopy, frontOf, knownCategories } from '../core/inner-models.js';
import { isTransformer } from '../core/kinds.js';
import { distinctLabels, type Label } from '../core/labels.js';
import type { MatrixLike } from '../core/matrix.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import type { NamedCategories } from '../core/named-categories.js';
import type { NestedParams } from '../core/parameterised.js';
import { custom, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { recoded, sharesCodes } from '../core/recoded.js';
import type { Column, Target } from '../core/schema.js';
import { SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { type TargetsLike, targetColumns, targetRows } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';

/** Parameters of {@link FrozenEstimator}. */
export interface FrozenEstimatorParams {
  /** A fitted estimator: a copy of the one that was given. */
  estimator: Estimator;
}

/** The model is the parameter: there is nothing to learn. */
export type FrozenEstimatorState = Record<string, never>;

/**
 * A fitted model whose `fit` does nothing, for estimators that fit what they are given: {@link CalibratedClassifierCV} calibrates it on rows
 * that it hasn't seen, ensembles and pipelines leave it as it is. Clones of it are fitted, too. It predicts and transforms as the model does.
 *
 * Wherever it is part of another, columns are those of the model: as many, of the same kinds, and in the same order. Names may be others, such
 * as steps before it give. Categories may be more, fewer or others. Labels of y, where there is one, are those that the model knows.
 *
 * Differs from scikit-learn: keeps a copy of the model, so that fitting that again changes nothing here; other properties of the model
 * than `coef` and `featureImportances` are those of `estimator`; takes no vectorizer but within a pipeline.
 *
 * @typeParam F - the model, which decides what `predict` returns
 * @throws {ERR_NOT_FITTED} by `fit` when the model is not fitted
 * @throws {ERR_LABELS} by `fit` when y has not the labels that the model knows
 * @throws {ERR_SHAPE} by `fit` when y has not as many columns of labels, and of what it is part of when X has not as many columns
 * @throws {ERR_UNKNOWN_COLUMN | ERR_DTYPE} by `fit` of what it is part of, for columns in another order, or of other kinds
 * @example
 * ```ts
 * import { CalibratedClassifierCV, FrozenEstimator, LinearSVC, loadIris, trainTestSplit } from 'boreal';
 * const { data, target } = loadIris();
 * const { XTrain, XTest, yTrain, yTest } = trainTestSplit(data, target, { randomState: 0, stratify: target });
 * const svm = await new LinearSVC().fit(XTrain, yTrain);
 * const calibrated = await new CalibratedClassifierCV(new FrozenEstimator(svm)).fit(XTest, yTest);
 * calibrated.models.length; // 1
 * ```
 */
export class FrozenEstimator<F extends Estimator = Estimator> extends MetaEstimator<
  FrozenEstimatorParams,
  FrozenEstimatorState,
  F
> {
  /** @param estimator - fitted; copied with what it has learned */
  constructor(estimator: F) {
    super({ estimator: copied(estimator) as Estimator });
    this.#keep();
  }

  static override fromParams({ estimator }: FrozenEstimatorParams): FrozenEstimator {
    return new FrozenEstimator(estimator);
  }

  /** @throws {ERR_PARAMETER} for parameters of the model, which does not learn again */
  override setParams(params: Partial<FrozenEstimatorParams> | NestedParams<FrozenEstimatorParams>): this {
    const nested = Object.keys(params ?? {}).find((name) => name.startsWith('estimator__'));
    if (nested !== undefined) {
      const message = `FrozenEstimator: ${nested} would change nothing, since the model is not fitted again.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    super.setParams(params);
    if (params.estimator === undefined) return this;
    super.setParams({ estimator: copied(params.estimator) as Estimator });
    this.#keep();
    return this;
  }

  /** A model that is fitted already stays so. */
  protected override cloneParams(): FrozenEstimatorParams {
    return { ...this.params };
  }

  #keep(): void {
    const { estimator } = this.params;
    if (!(estimator instanceof Estimator && estimator.isFitted)) return;
    this.setFitted(this.params, { state: {}, schema: estimator.schema, dtype: estimator.dtype });
  }

  protected override get within(): unknown {
    return this.params.estimator;
  }

  /** In codes of the model, where these are others. */
  protected override async rowsWithin(X: MatrixLike): Promise<MatrixLike> {
    const { schema, estimator } = this;
    const { columns } = estimator.schema;
    if (sharesCodes(schema.columns, columns)) return X;
    const x = toShared(schema.encode(X));
    return applyOps(x, schema, (plan, slot) => recoded(plan, slot, columns), null);
  }

  get kind(): EstimatorKind {
    return this.params.estimator?.kind;
  }

  get outputs(): readonly Output[] {
    return this.params.estimator?.outputs ?? [];
  }

  /** What learns nothing loses no weights. */
  override get tags(): EstimatorTags {
    const own = { takesGroups: false, ignoresWeights: false, delegates: true };
    return { ...this.params.estimator?.tags, ...own };
  }

  get rules(): Rules<FrozenEstimatorParams> {
    return {
      estimator: custom(
        'an estimator that is no vectorizer',
        (v) => v instanceof Estimator && !(v instanceof SparseTransformer),
      ),
    };
  }

  get stateRules(): Rules<FrozenEstimatorState> {
    return {};
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator } = this.params;
    if (estimator.isFitted) return;
    const message = `FrozenEstimator: ${estimator.constructor.name} is not fitted: fit it, then freeze it.`;
    throw new StateError('ERR_NOT_FITTED', message);
  }

  /** Leaves the model as it is. @throws {ERR_NOT_FITTED} when it is not fitted */
  override async fit(_X?: MatrixLike, y?: TargetsLike | null): Promise<this> {
    this.checkParams();
    if (y !== undefined && y !== null) this.#checkLabels(y);
    return this;
  }

  /** Those that the model knows. @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return knownCategories(this.params, columns);
  }

  /** @internal */
  override get keepsColumns(): boolean {
    return this.params.estimator?.keepsColumns ?? false;
  }

  protected override checkState(_state: FrozenEstimatorState, columns: readonly Column[]): void {
    const { nFeaturesIn } = this.params.estimator;
    if (nFeaturesIn === columns.length) return;
    const message = `FrozenEstimator state: there are ${columns.length} columns, but the model has ${nFeaturesIn}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected async fitState(input: FitInput): Promise<FrozenEstimatorState> {
    checkColumns(this, this.params.estimator, input);
    if (input.y !== undefined) this.#checkLabels(input.y);
    return {};
  }

  /** Those around it read its outputs by the number of a class. */
  #checkLabels(y: TargetsLike): void {
    const { target } = this.params.estimator.schema;
    const rows = targetRows(y);
    if (target.kind === 'class') checkLabels(rows, target.classes);
    if (target.kind !== 'classes') return;
    const columns = targetColumns(rows);
    if (columns.length !== target.classes.length) {
      const message = `FrozenEstimator: y has ${columns.length} columns, but the model has ${target.classes.length} targets.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    for (const [t, classes] of target.classes.entries()) checkLabels(columns[t], classes);
  }

  protected targetOf(): Target {
    return this.params.estimator.schema.target;
  }

  protected override front() {
    return frontOf([this.estimator]);
  }

  /** The model. @throws {ERR_NOT_FITTED} when it is not fitted */
  get estimator(): F {
    return this.fittedParams.estimator as F;
  }

  /** The coefficients of the model; undefined where it has none. @throws {ERR_NOT_FITTED} when it is not fitted */
  get coef(): unknown {
    return (this.estimator as { coef?: unknown }).coef;
  }

  /** The importances of the model's columns; undefined where it has none. @throws {ERR_NOT_FITTED} when it is not fitted */
  get featureImportances(): unknown {
    return (this.estimator as { featureImportances?: unknown }).featureImportances;
  }

  override outputColumns(): readonly Column[] {
    const { estimator } = this;
    if (!isTransformer(estimator)) this.require('transformer', 'output columns');
    return (estimator as unknown as FrozenEstimator).outputColumns();
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    return this.estimator.lowerChecked(plan, x, options);
  }
}

/** @throws {ERR_LABELS} unless y has these labels, and no others */
function checkLabels(y: ArrayLike<unknown>, classes: readonly Label[]): void {
  const labels = distinctLabels(y, 'y', 'ERR_LABELS');
  if (labels.length === classes.length && labels.every((label, c) => label === classes[c])) return;
  const list = (of: readonly Label[]) => of.slice(0, 5).join(', ') + (of.length > 5 ? ', ...' : '');
  const message = `FrozenEstimator: y has the labels ${list(labels)}, but the model knows ${list(classes)}.`;
  throw new ValidationError('ERR_LABELS', message);
}

/** Whatever is no fitted estimator is refused by `fit`. */
function copied(estimator: unknown): unknown {
  return estimator instanceof Estimator && estimator.isFitted ? fittedCopy(estimator) : estimator;
}
