/** The columns that a model finds important. */
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import {
  type FitInput,
  type PartialFitOptions,
  partOptions,
  type SparseFitInput,
} from '../core/fit-input.js';
import { type ImportanceGetter, importanceGetterRule, importancesBy } from '../core/importances.js';
import { checkColumns, fittedCopy } from '../core/inner-models.js';
import type { MatrixLike } from '../core/matrix.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  int,
  nothing,
  type Rules,
  uint8s,
} from '../core/params.js';
import { learnPart } from '../core/parts.js';
import { type Column, Schema } from '../core/schema.js';
import type { TargetsLike } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import { checkModelWidth, FeatureSelector, type SelectorState } from './selector.js';

/** A threshold in words: of the importances, times a factor if there is one. */
const WORDS = /^(?:(\d+(?:\.\d+)?)\s*\*\s*)?(mean|median)$/;

/** Parameters of {@link SelectFromModel}. */
export interface SelectFromModelParams {
  /** A model with `coef` or `featureImportances` once it is fitted. */
  estimator: Estimator;
  /**
   * The least importance of columns that stay: a number, 'mean', 'median' or as '1.25*mean'. Default null: 1e-5 where the model's
   * penalty is L1 alone, which leaves coefficients at 0 (`penalty: 'l1'`, Lasso, and `l1Ratio: 1` of elastic nets and logistic
   * regression, given or chosen by cross-validation), else 'mean'. -Infinity leaves the choice to `maxFeatures`.
   */
  threshold: number | string | null;
  /** At most so many columns stay; null: as many as reach the threshold. Default null. */
  maxFeatures: number | null;
  /** The estimator is fitted already: `fit` copies it as it is. Default false. */
  prefit: boolean;
  /** Order of the norm that makes one number of the coefficients of several classes: a whole number but 0, or +-Infinity. Default 1. */
  normOrder: number;
  /** Where the fitted model has the weights of its columns. Default 'auto': `coef`, else `featureImportances`. */
  importanceGetter: ImportanceGetter;
}

/** Learned by {@link SelectFromModel}. */
export interface SelectFromModelState extends SelectorState {
  readonly model: Estimator;
  /** [columns] */
  readonly importances: Float64Array;
  /** [1] */
  readonly threshold: Float64Array;
}

/**
 * Fits a model and keeps the columns that matter to it: by the norm of the coefficients of the classes, or by importance.
 *
 * Differs from scikit-learn: it is an error when no column stays; `prefit` needs a `fit`, too.
 *
 * @example
 * ```ts
 * import { DecisionTreeClassifier, loadIris, SelectFromModel } from 'boreal';
 * const { data, target } = loadIris();
 * const selector = new SelectFromModel(new DecisionTreeClassifier({ randomState: 0 }), { maxFeatures: 1 });
 * (await selector.fitTransform(data, target)).cols; // 1
 * ```
 */
export class SelectFromModel extends FeatureSelector<SelectFromModelParams, SelectFromModelState> {
  /** @param estimator - cloned by `fit`, and left as it is; copied with what it learned where it is `prefit` */
  constructor(estimator: Estimator, options: Partial<Omit<SelectFromModelParams, 'estimator'>> = {}) {
    super({
      ...{ threshold: null, maxFeatures: null, prefit: false, normOrder: 1, importanceGetter: 'auto' },
      ...{ ...options, estimator },
    });
  }

  static override fromParams({ estimator, ...options }: SelectFromModelParams): SelectFromModel {
    return new SelectFromModel(estimator, options);
  }

  get rules(): Rules<SelectFromModelParams> {
    return {
      estimator: custom('an estimator', (v) => v instanceof Estimator),
      threshold: either(
        nothing,
        custom('a number', (v) => typeof v === 'number' && !Number.isNaN(v)),
        custom("'mean', 'median', or as '1.25*mean'", (v) => typeof v === 'string' && WORDS.test(v)),
      ),
      maxFeatures: either(int(1), nothing),
      prefit: bool,
      normOrder: custom('a whole number but 0, or +-Infinity', (v) => {
        return typeof v === 'number' && (Math.abs(v) === Infinity || (Number.isSafeInteger(v) && v !== 0));
      }),
      importanceGetter: importanceGetterRule,
    };
  }

  get stateRules(): Rules<SelectFromModelState> {
    return {
      support: uint8s(),
      model: custom('a fitted estimator', (v) => v instanceof Estimator && v.isFitted),
      importances: float64s(),
      threshold: float64s(1),
    };
  }

  override get tags(): EstimatorTags {
    const { prefit, estimator } = this.params;
    return { takesGroups: !prefit && (estimator?.tags.takesGroups ?? false) };
  }

  protected override checkState(state: SelectFromModelState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'importances', state.importances, columns.length);
    checkModelWidth(this, state.model, columns.length);
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator, prefit } = this.params;
    estimator.checkParams();
    if (prefit && !estimator.isFitted) {
      const message = `SelectFromModel: prefit is true, but ${estimator.constructor.name} is not fitted.`;
      throw new StateError('ERR_NOT_FITTED', message);
    }
  }

  /** A model that is fitted already stays so. */
  protected override cloneParams(): SelectFromModelParams {
    const { prefit, estimator } = this.params;
    return prefit ? { ...super.cloneParams(), estimator } : super.cloneParams();
  }

  protected async fitState(input: FitInput): Promise<SelectFromModelState> {
    const { estimator, prefit } = this.params;
    if (prefit) checkColumns(this, estimator, input);
    const model = prefit ? fittedCopy(estimator) : estimator.clone();
    if (!prefit) await model.fitInput(input, Schema.named(input.columns));
    return this.#select(model, input.x.cols);
  }

  /**
   * Learns from one more part of the data, as the `partialFit` of the estimator does, and chooses anew. With `prefit` the model stays
   * as it is.
   *
   * @param options - `classes` of a classifier names all of them when the first part may lack some
   * @throws {ERR_NOT_SUPPORTED} for an estimator without it
   * @throws {ERR_PARAMETER} for `classes` of what is no classifier
   * @throws {ERR_EMPTY} where no column stays; what was learned before is kept then
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  async partialFit(X: MatrixLike, y?: TargetsLike, options: PartialFitOptions = {}): Promise<this> {
    const [classes, others] = partOptions(options);
    const learn = async (input: FitInput | SparseFitInput, before: SelectFromModelState | null) => {
      const { estimator, prefit } = this.params;
      if (prefit) checkColumns(this, estimator, input);
      if (classes && estimator.kind !== 'classifier') {
        const message = `SelectFromModel: ${estimator.constructor.name} is no classifier, and has no classes.`;
        throw new ValidationError('ERR_PARAMETER', message);
      }
      const known = before && [before.model];
      const { y, onProgress } = input;
      const part = { ...input, onProgress: undefined };
      const [model] = prefit
        ? [fittedCopy(estimator)]
        : await learnPart(this, estimator, part, known, [{ rows: null, y, classes, onProgress }]);
      return this.#select(model, input.x.cols);
    };
    return this.fitPart(X, y, others, learn, learn);
  }

  /** The columns of a fitted model that matter to it. */
  #select(model: Estimator, cols: number): SelectFromModelState {
    const { maxFeatures, normOrder, importanceGetter } = this.params;
    if (model.nFeaturesIn !== cols) {
      const message = `SelectFromModel: X has ${cols} columns, but the model was fitted on ${model.nFeaturesIn}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const importances = importancesBy(model, importanceGetter, normOrder, cols);
    const threshold = thresholdOf(this.params.threshold ?? ownThreshold(model), importances);
    const order = [...importances.keys()].sort((a, b) => importances[b] - importances[a]);
    const support = new Uint8Array(cols);
    for (const j of order.slice(0, maxFeatures ?? order.length))
      support[j] = importances[j] >= threshold ? 1 : 0;
    if (!support.includes(1)) {
      throw new ValidationError(
        'ERR_EMPTY',
        `SelectFromModel: no column has an importance of at least ${threshold}.`,
      );
    }
    return { support, model, importances, threshold: Float64Array.of(threshold) };
  }

  /** The fitted model. @throws {ERR_NOT_FITTED} before `fit` */
  get estimator(): Estimator {
    return this.state.model;
  }

  /** The importances of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get importances(): Float64Array {
    return this.state.importances.slice();
  }

  /** The least importance of columns that stay. @throws {ERR_NOT_FITTED} before `fit` */
  get threshold(): number {
    return this.state.threshold[0];
  }
}

/** Models whose penalty is L1 alone at a mix of 1. */
const MIXED: ReadonlySet<string> = new Set([
  'ElasticNet',
  'ElasticNetCV',
  'LogisticRegression',
  'LogisticRegressionCV',
]);

/** Above 0 where the penalty leaves coefficients at 0. */
function ownThreshold(model: Estimator): number | string {
  const { name } = model.constructor;
  const { penalty, l1Ratio } = model.params as { penalty?: unknown; l1Ratio?: unknown };
  // What cross-validation has chosen, or else the parameter.
  const mix = (model as { l1Ratio?: unknown }).l1Ratio ?? l1Ratio;
  const isMixed = MIXED.has(name) && penalty !== null && penalty !== 'l2';
  const isL1 = penalty === 'l1' || name.includes('Lasso') || (isMixed && mix === 1);
  return isL1 ? 1e-5 : 'mean';
}

function thresholdOf(threshold: number | string, importances: Float64Array): number {
  if (typeof threshold === 'number') return threshold;
  const [, factor, word] = WORDS.exec(threshold)!;
  const reference = word === 'mean' ? mean(importances) : median(importances);
  return Number(factor ?? 1) * reference;
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
