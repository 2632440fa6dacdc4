/** Least squares with an L2 penalty. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, either, int, listOf, nothing, type Rules, real } from '../core/params.js';
import { isRidgeSummedInPlace } from './gram.js';
import { LinearRegressor, type LinearState, type Strength } from './least-squares.js';

/** Parameters of ridge regression, but for its strength. */
export interface RidgeSettings {
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Of sparse rows: stop when the gradient is this share of what it was at first, >= 0. Default 1e-4. */
  tol: number;
  /** Of sparse rows: most iterations, >= 1; null: ten for each row or column, whichever are fewer. Default null. */
  maxIter: number | null;
  /** Coefficients are not below 0; `maxIter` then counts sweeps over the coefficients, by default 10,000. Default false. */
  positive: boolean;
}

/** Parameters of {@link Ridge}. */
export interface RidgeParams extends RidgeSettings {
  /** Strength of the penalty, >= 0; of several targets perhaps one for each. Default 1. */
  alpha: Strength;
}

const strength = real(0);
const strengths = listOf('a list of numbers >= 0', strength.allows, 1);

/** @internal */
export const ridgeDefaults: RidgeSettings = {
  fitIntercept: true,
  tol: 1e-4,
  maxIter: null,
  positive: false,
};

/** @internal */
export const ridgeRules: Rules<RidgeSettings> = {
  fitIntercept: bool,
  tol: real(0),
  maxIter: either(int(1, 0xffff_ffff), nothing),
  positive: bool,
};

/**
 * Ridge regression: minimises sum w (y - x . coef - intercept)^2 + alpha |coef|^2 (Hoerl and Kennard 1970), in float64:
 * by a QR factorisation, of many rows by sums of products where these lose few digits, and by LSQR (Paige and Saunders 1982) of sparse
 * rows, which are read as they are.
 *
 * Of several targets, [rows, targets], `coef` is a matrix, [targets, columns]; dense rows are factored, or summed up, once for all of them.
 *
 * Differs from scikit-learn: the solver follows from the rows.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_PARAMETER} from `fit`, for as many strengths as there are not targets
 * @example
 * ```ts
 * import { Ridge } from 'boreal';
 * const model = await new Ridge({ alpha: 0.1 }).fit([[0], [1], [2]], [0, 1, 2]);
 * model.coef[0] < 1; // true
 * ```
 */
export class Ridge<Y extends FloatArray | Matrix = FloatArray> extends LinearRegressor<
  RidgeParams,
  LinearState,
  Y
> {
  constructor(params: Partial<RidgeParams> = {}) {
    super({ alpha: 1, ...ridgeDefaults, ...params });
  }

  get rules(): Rules<RidgeParams> {
    return { alpha: either(strength, strengths), ...ridgeRules };
  }

  get stateRules(): Rules<LinearState> {
    return this.linearRules;
  }

  /** Where sums of products are tried first of private rows, too: then the solution is the same. */
  protected override learnsInPlace(x: Matrix): boolean {
    const { alpha, positive } = this.params;
    return typeof alpha === 'number' && !positive && isRidgeSummedInPlace(x, alpha);
  }

  protected fitState(input: FitInput): Promise<LinearState> {
    const { alpha, maxIter, positive } = this.params;
    return positive ? this.solvePositive(input, alpha, maxIter) : this.solve(input, alpha);
  }

  protected override fitSparse(input: SparseFitInput): Promise<LinearState> {
    const { alpha, tol, maxIter, positive } = this.params;
    if (positive) return this.solvePositive(input, alpha, maxIter);
    return this.solveSparse(input, alpha, tol, maxIter);
  }
}
