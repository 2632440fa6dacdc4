/** Linear regression of a quantile. */
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import { bool, int, type Rules, real } from '../core/params.js';
import { native } from '../native.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';

/** Parameters of {@link QuantileRegressor}. */
export interface QuantileRegressorParams {
  /** The share of targets that should be below the prediction, in (0, 1). Default 0.5, the median. */
  quantile: number;
  /** Strength of the penalty alpha |coef|_1 on the mean loss, >= 0. Default 1. */
  alpha: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most iterations of the interior point method, >= 1. Default 100. */
  maxIter: number;
}

/**
 * Linear quantile regression (Koenker and Bassett 1978): minimises the mean of the pinball loss, quantile * error above the prediction
 * and (1 - quantile) * error below it, + alpha |coef|_1, in float64. Solved as a linear programme by the interior point method of
 * Portnoy and Koenker 1997, whose cost grows with the rows as that of a few dozen least squares fits.
 *
 * Where several solutions are as good, any of them, or one between them, may come out.
 *
 * Differs from scikit-learn: one solver, which `maxIter` bounds; coefficients below 1e-8 of the spread of y count as 0. A fit that stops
 * far from the optimum sets `converged` to false, where scikit-learn warns.
 *
 * @example
 * ```ts
 * import { QuantileRegressor } from 'boreal';
 * const X = Array.from({ length: 100 }, (_, i) => [i]);
 * const y = X.map(([x]) => x + (x % 10 === 0 ? 500 : 0)); // one row in ten is far off
 * const model = await new QuantileRegressor({ alpha: 0 }).fit(X, y);
 * Math.abs(model.coef[0] - 1) < 1e-6; // true
 * ```
 */
export class QuantileRegressor extends IterativeLinearRegressor<
  QuantileRegressorParams,
  IterativeLinearState
> {
  constructor(params: Partial<QuantileRegressorParams> = {}) {
    super({ quantile: 0.5, alpha: 1, fitIntercept: true, maxIter: 100, ...params });
  }

  get rules(): Rules<QuantileRegressorParams> {
    return {
      quantile: real(0, 1, 'both'),
      alpha: real(0),
      fitIntercept: bool,
      maxIter: int(1, 0xffff_ffff),
    };
  }

  get stateRules(): Rules<IterativeLinearState> {
    return this.linearRules;
  }

  protected async fitState(input: FitInput): Promise<IterativeLinearState> {
    const { x, sampleWeight, cancel } = input;
    const { intercept, ...fitted } = await native.fitQuantile(
      ...([x.data, x.rows, x.cols, fitTargets(input), sampleWeight, { ...this.params }] as const),
      ...([cancel, reportProgress(input, this)] as const),
    );
    return { ...fitted, intercept: Float64Array.of(intercept) };
  }
}
