/** A regressor that predicts one number. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { either, nothing, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { quantile } from '../core/quantiles.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link DummyRegressor}. */
export interface DummyRegressorParams {
  /** The number that is predicted: the mean or median of y, its `quantile`, or `constant`. Default 'mean'. */
  strategy: 'mean' | 'median' | 'quantile' | 'constant';
  /** The number that 'constant' predicts. Default null. */
  constant: number | null;
  /** Which quantile 'quantile' predicts, in [0, 1]. Default null. */
  quantile: number | null;
}

/** Learned by {@link DummyRegressor}. */
export interface DummyRegressorState {
  readonly constant: number;
}

/**
 * Predicts the same number for each row: the baseline that says what a score is worth (R2 of the mean is 0). X may hold anything.
 * Quantiles are interpolated linearly; with sample weights they are the least target up to which that share of the weight lies, as in
 * scikit-learn.
 *
 * Differs from scikit-learn: one target; no `return_std`, which is 0 there.
 *
 * @example
 * ```ts
 * import { DummyRegressor } from 'boreal';
 * const dummy = await new DummyRegressor({ strategy: 'median' }).fit([[1], [2], [3]], [10, 20, 90]);
 * await dummy.predict([[7]]); // [20]
 * ```
 */
export class DummyRegressor extends Regressor<DummyRegressorParams, DummyRegressorState> {
  constructor(params: Partial<DummyRegressorParams> = {}) {
    super({ strategy: 'mean', constant: null, quantile: null, ...params });
  }

  get rules(): Rules<DummyRegressorParams> {
    return {
      strategy: oneOf('mean', 'median', 'quantile', 'constant'),
      constant: either(real(), nothing),
      quantile: either(real(0, 1), nothing),
    };
  }

  get stateRules(): Rules<DummyRegressorState> {
    return { constant: real() };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { strategy } = this.params;
    if ((strategy !== 'constant' && strategy !== 'quantile') || this.params[strategy] !== null) return;
    const message = `DummyRegressor: strategy '${strategy}' needs the parameter of that name.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected async fitState(input: FitInput): Promise<DummyRegressorState> {
    const { strategy, constant, quantile: share } = this.params;
    const y = fitTargets(input);
    const weights = input.sampleWeight;
    if (strategy === 'constant') return { constant: constant as number };
    if (strategy === 'mean') {
      const total = weights === null ? y.length : weights.reduce((sum, weight) => sum + weight, 0);
      return { constant: y.reduce((sum, value, i) => sum + value * (weights?.[i] ?? 1), 0) / total };
    }
    const wanted = strategy === 'median' ? 0.5 : (share as number);
    return { constant: weights === null ? quantile(y.sort(), wanted) : weighted(y, weights, wanted) };
  }

  /** The number that is predicted. @throws {ERR_NOT_FITTED} before `fit` */
  get constant(): number {
    return this.state.constant;
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.constant(x, Float64Array.of(this.state.constant));
  }
}

/** The least value up to which that share of the weight lies, of those that weigh anything. */
function weighted(values: Float64Array, weights: Float64Array, share: number): number {
  const order = Array.from(values.keys()).filter((i) => weights[i] > 0);
  order.sort((a, b) => values[a] - values[b]);
  let sum = 0;
  const sums = order.map((i) => {
    sum += weights[i];
    return sum;
  });
  const first = sums.findIndex((upTo) => upTo >= share * sum);
  return values[order[first]];
}
