/** Linear regression that outliers move little. */
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import { bool, int, type Rules, real, uint8s } from '../core/params.js';
import { native } from '../native.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';

/** Parameters of {@link HuberRegressor}. */
export interface HuberRegressorParams {
  /** Residuals beyond this many `scale`s count by their size, not its square, > 1; 1.35 is nearly as efficient as least squares. Default 1.35. */
  epsilon: number;
  /** Strength of the L2 penalty, >= 0. Default 1e-4. */
  alpha: number;
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most iterations, >= 1. Default 100. */
  maxIter: number;
  /** Stop when no component of the gradient is larger, >= 0. Default 1e-5. */
  tol: number;
  /** Start a fit from coefficients and scale of the last one, where there are as many. Default false. */
  warmStart: boolean;
}

/** Learned by {@link HuberRegressor}. */
export interface HuberRegressorState extends IterativeLinearState {
  readonly scale: number;
  /** [training rows] 1 for outliers */
  readonly outliers: Uint8Array;
}

/**
 * Linear regression with Huber's loss and a scale that is estimated with the coefficients (Owen 2007, "A robust hybrid of lasso
 * and ridge regression"), by L-BFGS in float64.
 *
 * Differs from scikit-learn: it runs to 64 eps of the objective, where scikit-learn's stops at 2e-9. A fit that stops at `maxIter` sets `converged` to false, where scikit-learn warns.
 *
 * @example
 * ```ts
 * import { HuberRegressor } from 'boreal';
 * const model = await new HuberRegressor().fit([[0], [1], [2], [3], [4], [5]], [0, 1.2, 1.9, 3.1, 3.9, 50]);
 * model.outliers[5]; // true
 * ```
 */
export class HuberRegressor extends IterativeLinearRegressor<HuberRegressorParams, HuberRegressorState> {
  constructor(params: Partial<HuberRegressorParams> = {}) {
    super({
      epsilon: 1.35,
      alpha: 1e-4,
      fitIntercept: true,
      maxIter: 100,
      tol: 1e-5,
      warmStart: false,
      ...params,
    });
  }

  get rules(): Rules<HuberRegressorParams> {
    return {
      epsilon: real(1, Infinity, 'min'),
      alpha: real(0),
      fitIntercept: bool,
      maxIter: int(1, 0xffff_ffff),
      tol: real(0),
      warmStart: bool,
    };
  }

  get stateRules(): Rules<HuberRegressorState> {
    return {
      ...this.linearRules,
      scale: real(0),
      outliers: uint8s(),
    };
  }

  protected async fitState(input: FitInput): Promise<HuberRegressorState> {
    const { data, rows, cols } = input.x;
    const y = fitTargets(input);
    const progress = reportProgress(input, this);
    const { sampleWeight, cancel } = input;
    const fitted = await native.fitHuber(
      ...([data, rows, cols, y, sampleWeight] as const),
      ...([{ ...this.params, start: this.#start(cols) }, cancel, progress] as const),
    );
    return { ...fitted, intercept: Float64Array.of(fitted.intercept) };
  }

  /** Where a fit of so many columns goes on from. */
  #start(columns: number): Float64Array | null {
    if (!this.params.warmStart || !this.isFitted || this.state.coef.length !== columns) return null;
    const { coef, intercept, scale } = this.state;
    // A scale of 0, of residuals that are all 0, is none to divide by.
    const constant = this.params.fitIntercept ? [intercept[0]] : [];
    return Float64Array.of(...coef, ...constant, Math.max(scale, Number.EPSILON));
  }

  /** The size of residuals that counts as 1. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): number {
    return this.state.scale;
  }

  /** Whether each training row is an outlier: its residual is beyond epsilon * scale. @throws {ERR_NOT_FITTED} before `fit` */
  get outliers(): boolean[] {
    return Array.from(this.state.outliers, (flag) => flag === 1);
  }
}
