/** The columns that a model finds important. */
import { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { importancesOf } from '../core/importances.js';
import { custom, either, float64s, int, nothing, type Rules, real, uint8s } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { FeatureSelector, type SelectorState } from './selector.js';

/** A threshold in words: of the importances, times a factor if there is one. */
const WORDS = /^(?:(\d+(?:\.\d+)?)\s*\*\s*)?(mean|median)$/;

/** Parameters of {@link SelectFromModel}. */
export interface SelectFromModelParams {
  /** A model with `coef` or `featureImportances` once it is fitted. */
  estimator: Estimator;
  /** The least importance of columns that stay: a number, 'mean', 'median' or as '1.25*mean'. Default 'mean'. */
  threshold: number | string;
  /** At most so many columns stay; null: as many as reach the threshold. Default null. */
  maxFeatures: number | null;
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
 * Fits a model and keeps the columns that matter to it: by the sum of the absolute coefficients over the classes, or by importance.
 *
 * Differs from scikit-learn: no `prefit`, `normOrder` and `importanceGetter`; the default threshold is 'mean' for all models; it is
 * an error when no column stays.
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
  /** @param estimator - cloned by `fit`, and left as it is */
  constructor(estimator: Estimator, options: Partial<Omit<SelectFromModelParams, 'estimator'>> = {}) {
    super({ threshold: 'mean', maxFeatures: null, ...options, estimator });
  }

  static override fromParams({ estimator, ...options }: SelectFromModelParams): SelectFromModel {
    return new SelectFromModel(estimator, options);
  }

  get rules(): Rules<SelectFromModelParams> {
    return {
      estimator: custom('an estimator', (v) => v instanceof Estimator),
      threshold: either(
        real(),
        custom("'mean', 'median', or as '1.25*mean'", (v) => typeof v === 'string' && WORDS.test(v)),
      ),
      maxFeatures: either(int(1), nothing),
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

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected async fitState(input: FitInput): Promise<SelectFromModelState> {
    const { estimator, maxFeatures } = this.params;
    const model = estimator.clone();
    await model.fitInput(input, new Schema(input.columns, { kind: 'none' }, true));
    const importances = importancesOf(model, 'absolute');
    const threshold = thresholdOf(this.params.threshold, importances);
    const order = [...importances.keys()].sort((a, b) => importances[b] - importances[a]);
    const support = new Uint8Array(input.x.cols);
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
