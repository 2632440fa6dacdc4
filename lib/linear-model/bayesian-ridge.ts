/** Linear regression that learns from the data how much to shrink. */

import { type AxisForm, formMatrix, lowerForm } from '../core/axis-form.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import type { FloatArray, Matrix, MatrixLike } from '../core/matrix.js';
import { bool, checkLength, either, float64s, int, nothing, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';

/** Parameters of {@link BayesianRidge}. */
export interface BayesianRidgeParams {
  /** Most iterations, >= 1. Default 300. */
  maxIter: number;
  /** Stop when the coefficients together change by less, > 0. Default 1e-3. */
  tol: number;
  /** Shape of the gamma prior on the precision of the noise, >= 0. Default 1e-6. */
  alpha1: number;
  /** Rate of that prior, >= 0. Default 1e-6. */
  alpha2: number;
  /** Shape of the gamma prior on the precision of the coefficients, >= 0. Default 1e-6. */
  lambda1: number;
  /** Rate of that prior, >= 0. Default 1e-6. */
  lambda2: number;
  /** First precision of the noise, >= 0. Default null: 1 / variance of y. */
  alphaInit: number | null;
  /** First precision of the coefficients, >= 0. Default null: 1. */
  lambdaInit: number | null;
  /** Keep the log marginal likelihood of every iteration, as `scores`. Default false. */
  computeScore: boolean;
  /** Fit a constant term, which is not penalised and has no variance. Default true. */
  fitIntercept: boolean;
}

/** Learned by {@link BayesianRidge}. */
export interface BayesianRidgeState extends IterativeLinearState {
  /** [columns] Means of the columns, 0 without an intercept. */
  readonly offset: Float64Array;
  /** Precision of the noise. */
  readonly alpha: number;
  /** Precision of the coefficients. */
  readonly lambda: number;
  /** [rank, columns] The axes of the centred X, of length 1. */
  readonly axes: Float64Array;
  /** [rank] How far X reaches along them: its singular values. */
  readonly singular: Float64Array;
  readonly scores: Float64Array;
}

/** A prediction, and how sure it is. */
export interface UncertainPrediction {
  /** One number per row. */
  readonly mean: FloatArray;
  /** Its standard deviation. */
  readonly std: FloatArray;
}

/**
 * Bayesian ridge regression: the precisions of noise and coefficients, whose ratio is the strength of the penalty, are those under
 * which the data are most likely (MacKay 1992, "Bayesian interpolation"; Tipping 2001, "Sparse Bayesian learning and the relevance
 * vector machine"), in float64 by one pass over X.
 *
 * Differs from scikit-learn: `predictWithStd` instead of `return_std`; float64 for float32 rows, too; `converged` says whether
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
export class BayesianRidge extends IterativeLinearRegressor<BayesianRidgeParams, BayesianRidgeState> {
  constructor(params: Partial<BayesianRidgeParams> = {}) {
    super({
      ...{ maxIter: 300, tol: 1e-3, alpha1: 1e-6, alpha2: 1e-6, lambda1: 1e-6, lambda2: 1e-6 },
      ...{ alphaInit: null, lambdaInit: null, computeScore: false, fitIntercept: true },
      ...params,
    });
  }

  get rules(): Rules<BayesianRidgeParams> {
    const first = either(real(0), nothing);
    return {
      ...{ maxIter: int(1, 0xffff_ffff), tol: real(0, Infinity, 'min') },
      ...{ alpha1: real(0), alpha2: real(0), lambda1: real(0), lambda2: real(0) },
      ...{ alphaInit: first, lambdaInit: first, computeScore: bool, fitIntercept: bool },
    };
  }

  get stateRules(): Rules<BayesianRidgeState> {
    return {
      ...this.linearRules,
      ...{ offset: float64s(), alpha: real(0), lambda: real(0) },
      ...{ axes: float64s(), singular: float64s(), scores: float64s() },
    };
  }

  protected override checkState(state: BayesianRidgeState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { offset, axes, singular } = state;
    checkLength(this, 'offset', offset, columns.length);
    checkLength(this, 'axes', axes, singular.length * columns.length);
  }

  override get outputs(): readonly Output[] {
    return [...super.outputs, 'std'];
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

  /** The estimated precision of the noise: 1 / variance. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The estimated precision of the coefficients: 1 / variance. @throws {ERR_NOT_FITTED} before `fit` */
  get lambda(): number {
    return this.state.lambda;
  }

  /** Log marginal likelihoods, from the first precisions to the last; empty without `computeScore`. @throws {ERR_NOT_FITTED} before `fit` */
  get scores(): Float64Array {
    return this.state.scores.slice();
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

  /** Predictions with their standard deviations: of the noise, and of what the coefficients may be. @throws see {@link Plan.run} */
  async predictWithStd(X: MatrixLike): Promise<UncertainPrediction> {
    return splitStd(await this.run(X, { output: 'std' }));
  }

  /** As {@link BayesianRidge.predictWithStd}, on this thread's time. */
  predictWithStdSync(X: MatrixLike): UncertainPrediction {
    return splitStd(this.runSync(X, { output: 'std' }));
  }

  override lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { offset, alpha } = this.state;
    const mean = this.lowerScores(plan, x);
    if (output !== 'std') return mean;
    const centred = plan.affine(x, offset, new Float64Array(x.width).fill(1));
    const spread = lowerForm(plan, centred, this.#coefficients());
    const variance = plan.binary(spread, 'add', Float64Array.of(1 / alpha));
    return plan.concat([mean, plan.activation(variance, 'sqrt')]);
  }
}

/** Both columns of the output 'std'. @internal */
export function splitStd(both: Matrix): UncertainPrediction {
  const mean = both.data.slice(0, both.rows);
  const std = both.data.slice(0, both.rows);
  for (let i = 0; i < both.rows; i++) {
    mean[i] = both.data[2 * i];
    std[i] = both.data[2 * i + 1];
  }
  return { mean, std };
}
