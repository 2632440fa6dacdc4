/** A regressor that predicts one number for each target. */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitTargetMatrix } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { type FloatArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { custom, either, listOf, nothing, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { quantile } from '../core/quantiles.js';
import type { ByTargets } from '../core/targets.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link DummyRegressor}. */
export interface DummyRegressorParams {
  /** The number that is predicted: the mean or median of y, its `quantile`, or `constant`. Default 'mean'. */
  strategy: 'mean' | 'median' | 'quantile' | 'constant';
  /** The number that 'constant' predicts, of several targets one for each. Default null. */
  constant: number | readonly number[] | null;
  /** Which quantile 'quantile' predicts, in [0, 1]. Default null. */
  quantile: number | null;
}

/** Learned by {@link DummyRegressor}. */
export interface DummyRegressorState {
  /** Of several targets one for each. */
  readonly constant: number | Float64Array;
}

const finite = real();
const severalNumbers = custom(
  'a Float64Array of several finite numbers',
  (v) => v instanceof Float64Array && v.length > 1 && v.every(Number.isFinite),
);

/**
 * Predicts the same number for each row: the baseline that says what a score is worth (R2 of the mean is 0). X may hold anything.
 * Quantiles are interpolated linearly; with sample weights they are the least target up to which that share of the weight lies, as in
 * scikit-learn.
 *
 * Differs from scikit-learn: `predictWithStd` for `return_std`; the deviations are 0.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_PARAMETER} from `fit`, for as many constants as there are not targets
 * @example
 * ```ts
 * import { DummyRegressor } from 'boreal';
 * const dummy = await new DummyRegressor({ strategy: 'median' }).fit([[1], [2], [3]], [10, 20, 90]);
 * await dummy.predict([[7]]); // [20]
 * ```
 */
export class DummyRegressor<Y extends FloatArray | Matrix = FloatArray> extends Regressor<
  DummyRegressorParams,
  DummyRegressorState,
  Y
> {
  constructor(params: Partial<DummyRegressorParams> = {}) {
    super({ strategy: 'mean', constant: null, quantile: null, ...params });
  }

  get rules(): Rules<DummyRegressorParams> {
    return {
      strategy: oneOf('mean', 'median', 'quantile', 'constant'),
      constant: either(finite, listOf('a list of numbers', finite.allows, 1), nothing),
      quantile: either(real(0, 1), nothing),
    };
  }

  get stateRules(): Rules<DummyRegressorState> {
    return { constant: either(finite, severalNumbers) };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true, multiOutput: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { strategy } = this.params;
    if ((strategy !== 'constant' && strategy !== 'quantile') || this.params[strategy] !== null) return;
    const message = `DummyRegressor: strategy '${strategy}' needs the parameter of that name.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected async fitState(input: FitInput): Promise<DummyRegressorState> {
    const y = fitTargetMatrix(input);
    const { constant } = this.params;
    if (this.params.strategy === 'constant') {
      const given = [constant as number | readonly number[]].flat();
      if (given.length !== y.cols) {
        const message = `DummyRegressor: constant has ${given.length} values for ${y.cols} targets.`;
        throw new ValidationError('ERR_PARAMETER', message);
      }
      return { constant: y.cols === 1 ? given[0] : Float64Array.from(given) };
    }
    const columns = Array.from({ length: y.cols }, (_, t) => y.columns([t]).data as Float64Array);
    const each = columns.map((column) => this.#middle(column, input.sampleWeight));
    return { constant: y.cols === 1 ? each[0] : Float64Array.from(each) };
  }

  /** What stands for a target. */
  #middle(y: Float64Array, weights: Float64Array | null): number {
    const { strategy, quantile: share } = this.params;
    if (strategy === 'mean') {
      const total = weights === null ? y.length : weights.reduce((sum, weight) => sum + weight, 0);
      return y.reduce((sum, value, i) => sum + value * (weights?.[i] ?? 1), 0) / total;
    }
    const wanted = strategy === 'median' ? 0.5 : (share as number);
    return weights === null ? quantile(y.sort(), wanted) : weighted(y, weights, wanted);
  }

  protected override countOf({ constant }: DummyRegressorState): number {
    return typeof constant === 'number' ? 1 : constant.length;
  }

  /** The number that is predicted, of several targets one for each. @throws {ERR_NOT_FITTED} before `fit` */
  get constant(): ByTargets<Y, number, Float64Array> {
    const { constant } = this.state;
    return (typeof constant === 'number' ? constant : constant.slice()) as typeof this.constant;
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'std'];
  }

  /** Predictions with their standard deviations, which are 0: a constant is certain of itself. @throws see {@link Plan.run} */
  async predictWithStd(X: MatrixLike): Promise<{ readonly mean: Y; readonly std: Y }> {
    const mean = await this.predict(X);
    const std = mean instanceof Matrix ? Matrix.zeros(mean.rows, mean.cols, mean.dtype) : mean.map(() => 0);
    return { mean, std: std as Y };
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { constant } = this.state;
    const each = typeof constant === 'number' ? Float64Array.of(constant) : constant;
    const mean = plan.constant(x, each);
    return output === 'std' ? plan.concat([mean, plan.constant(x, new Float64Array(each.length))]) : mean;
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
