/** Linear regression that learns from the data how much to shrink. */

import { type AxisForm, formMatrix, lowerForm } from '../core/axis-form.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import { checkLength, either, float64s, nothing, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import {
  type BayesianParams,
  BayesianRegressor,
  type BayesianState,
  bayesianDefaults,
  bayesianRules,
} from './bayesian-regressor.js';

/** Parameters of {@link BayesianRidge}. */
export interface BayesianRidgeParams extends BayesianParams {
  /** Stop when the coefficients together change by less, > 0. Default 1e-3. */
  tol: number;
  /** First precision of the noise, >= 0. Default null: 1 / variance of y. */
  alphaInit: number | null;
  /** First precision of the coefficients, >= 0. Default null: 1. */
  lambdaInit: number | null;
}

/** Learned by {@link BayesianRidge}. */
export interface BayesianRidgeState extends BayesianState {
  /** Precision of the coefficients. */
  readonly lambda: number;
  /** [rank, columns] The axes of the centred X, of length 1. */
  readonly axes: Float64Array;
  /** [rank] How far X reaches along them: its singular values. */
  readonly singular: Float64Array;
}

/**
 * Bayesian ridge regression: the precisions of noise and coefficients, whose ratio is the strength of the penalty, are those under
 * which the data are most likely (MacKay 1992, "Bayesian interpolation"; Tipping 2001, "Sparse Bayesian learning and the relevance
 * vector machine"), in float64 by one pass over X.
 *
 * Differs from scikit-learn: `predictWithStd` instead of `return_std`; float64 for float32 rows, too; a total weight below the number of
 * coefficients that the rows decide leaves the noise a precision near 0, not below it; `converged` says whether
 * `tol` was reached. As there, `tol` is about coefficients of the columns as they are, so scale these first.
 *
 * @example
 * ```ts
 * import { BayesianRidge } from 'boreal';
 * const model = await new BayesianRidge().fit([[0], [1], [2], [3]], [0, 1.1, 1.9, 3]);
 * const { mean, std } = model.predictWithStdSync([[1.5], [30]]);
 * Math.abs(mean[0] - 1.5) < 0.1; // true
 * std[1] > std[0]; // true
 * ```
 */
export class BayesianRidge extends BayesianRegressor<BayesianRidgeParams, BayesianRidgeState> {
  constructor(params: Partial<BayesianRidgeParams> = {}) {
    super({ ...bayesianDefaults, tol: 1e-3, alphaInit: null, lambdaInit: null, ...params });
  }

  get rules(): Rules<BayesianRidgeParams> {
    const first = either(real(0), nothing);
    return { ...bayesianRules, tol: real(0, Infinity, 'min'), alphaInit: first, lambdaInit: first };
  }

  get stateRules(): Rules<BayesianRidgeState> {
    return { ...this.bayesianRules, lambda: real(0), axes: float64s(), singular: float64s() };
  }

  protected override checkState(state: BayesianRidgeState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { axes, singular } = state;
    checkLength(this, 'axes', axes, singular.length * columns.length);
  }

  protected async fitState(input: FitInput): Promise<BayesianRidgeState> {
    const { data, rows, cols } = input.x;
    const { alphaInit, lambdaInit } = this.params;
    const fitted = await native.fitBayesianRidge(
      ...([data, rows, cols, fitTargets(input), input.sampleWeight] as const),
      { ...this.params, alphaInit: alphaInit ?? -1, lambdaInit: lambdaInit ?? -1 },
      input.cancel,
    );
    return { ...fitted, intercept: Float64Array.of(fitted.intercept) };
  }

  /** The estimated precision of the coefficients: 1 / variance. @throws {ERR_NOT_FITTED} before `fit` */
  get lambda(): number {
    return this.state.lambda;
  }

  /** Covariance of the coefficients, [columns, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get sigma(): Matrix<Float64Array> {
    return formMatrix(this.#coefficients(), this.nFeaturesIn);
  }

  /** What the coefficients may be. */
  #coefficients(): AxisForm {
    const { axes, singular, alpha, lambda } = this.state;
    // Beside the axes of the training rows the prior is all that is known.
    return {
      axes,
      scales: singular.map((s) => 1 / Math.sqrt(alpha * s * s + lambda)),
      otherwise: 1 / Math.sqrt(lambda),
    };
  }

  protected lowerSpread(plan: PlanBuilder, x: Slot): Slot {
    return lowerForm(plan, this.lowerCentred(plan, x), this.#coefficients());
  }
}
