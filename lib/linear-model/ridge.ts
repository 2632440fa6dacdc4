/** Least squares with an L2 penalty. */
import type { FitInput } from '../core/fit-input.js';
import { bool, type Rules, real } from '../core/params.js';
import { LinearRegressor, type LinearState } from './least-squares.js';

/** Parameters of {@link Ridge}. */
export interface RidgeParams {
  /** Strength of the penalty, >= 0. Default 1. */
  alpha: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
}

/**
 * Ridge regression: minimises sum w (y - x . coef - intercept)^2 + alpha |coef|^2 (Hoerl and Kennard 1970), in float64.
 *
 * Differs from scikit-learn: one target at a time, one `alpha`, and one direct solver.
 *
 * @example
 * ```ts
 * import { Ridge } from 'boreal';
 * const model = await new Ridge({ alpha: 0.1 }).fit([[0], [1], [2]], [0, 1, 2]);
 * model.coef[0] < 1; // true
 * ```
 */
export class Ridge extends LinearRegressor<RidgeParams> {
  constructor(params: Partial<RidgeParams> = {}) {
    super({ alpha: 1, fitIntercept: true, ...params });
  }

  get rules(): Rules<RidgeParams> {
    return { alpha: real(0), fitIntercept: bool };
  }

  get stateRules(): Rules<LinearState> {
    return this.linearRules;
  }

  protected fitState(input: FitInput): Promise<LinearState> {
    return this.solve(input, this.params.alpha);
  }
}
