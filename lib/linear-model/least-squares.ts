/** What linear regression and ridge share: the fitted state, its attributes and its plan. */
import { type FitInput, fitTargets, type SparseFitInput, toShared } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import { float64s, int, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { native } from '../native.js';
import { descend } from './elastic-net.js';
import { gramNow, isCallersOwn } from './gram.js';

/** Learned by {@link LinearRegression} and {@link Ridge}. */
export interface LinearState {
  /** [columns] */
  readonly coef: Float64Array;
  /** [1] */
  readonly intercept: Float64Array;
  /** Singular values of the centred X, descending; empty for ridge, and of sparse rows. */
  readonly singular: Float64Array;
  readonly rank: number;
}

/** y = x . coef + intercept. */
export abstract class LinearRegressor<
  P extends { fitIntercept: boolean },
  S extends LinearState = LinearState,
> extends Regressor<P, S> {
  /** Rules of what the states share. */
  protected get linearRules(): Rules<LinearState> {
    return { coef: float64s(), intercept: float64s(1), singular: float64s(), rank: int(0) };
  }

  /** Coefficients, one per column. @throws {ERR_NOT_FITTED} before `fit` */
  get coef(): Float64Array {
    return this.state.coef.slice();
  }

  /** The constant term; 0 when fitIntercept is false. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): number {
    return this.state.intercept[0];
  }

  protected async solve(input: FitInput, alpha: number): Promise<LinearState> {
    const { sampleWeight, cancel } = input;
    const y = fitTargets(input);
    const { fitIntercept } = this.params;
    if (isCallersOwn(input.x)) {
      const found = native.ridgeOfGram(gramNow(input.x, y, fitIntercept), alpha);
      if (found !== undefined) return { ...found, singular: new Float64Array(0), rank: 0 };
    }
    const x = toShared(input.x);
    return native.fitLeastSquares(x.data, x.rows, x.cols, y, 1, sampleWeight, alpha, fitIntercept, cancel);
  }

  /** By LSQR. @param maxIter - null: ten for each row or column, whichever are fewer */
  protected async solveSparse(
    input: SparseFitInput,
    alpha: number,
    tol: number,
    maxIter: number | null,
  ): Promise<LinearState> {
    const { x, sampleWeight, cancel } = input;
    const spec = { alpha, fitIntercept: this.params.fitIntercept, tol, maxIter: maxIter ?? 0 };
    const y = fitTargets(input);
    const fitted = await native.csrLeastSquares(...csrArguments(x), y, 1, sampleWeight, spec, cancel);
    return { coef: fitted.coef, intercept: fitted.intercept, singular: new Float64Array(0), rank: 0 };
  }

  /** With coefficients >= 0. */
  protected async solvePositive(
    input: FitInput | SparseFitInput,
    alpha: number,
    maxIter: number | null,
  ): Promise<LinearState> {
    const { fitIntercept } = this.params;
    const found = await fitPositive(input, fitTargets(input), { alpha, fitIntercept, maxIter });
    return { ...found, singular: new Float64Array(0), rank: 0 };
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.dense(x, this.state.coef, this.state.intercept);
  }
}

const SWEEPS = 10_000;
const NEAR = 1e-12;

/**
 * Least squares with an L2 penalty and coefficients >= 0, of one target: coordinate descent, whose sweeps `maxIter` counts. The
 * elastic net takes means over the rows where ridge takes sums.
 */
export async function fitPositive(
  { x, sampleWeight, cancel }: Pick<FitInput | SparseFitInput, 'x' | 'sampleWeight' | 'cancel'>,
  y: Float64Array,
  { alpha, fitIntercept, maxIter }: { alpha: number; fitIntercept: boolean; maxIter: number | null },
): Promise<{ coef: Float64Array; intercept: Float64Array }> {
  const total = sampleWeight?.reduce((sum, weight) => sum + weight, 0) ?? x.rows;
  const spec = {
    ...{ fitIntercept, positive: true, random: false, maxIter: maxIter ?? SWEEPS, tol: NEAR, seed: 0 },
    ...{ alphas: Float64Array.of(alpha / total), l1Ratio: 0 },
  };
  const { coef, intercept } = await descend(x, y, sampleWeight, spec, cancel);
  return { coef, intercept };
}
