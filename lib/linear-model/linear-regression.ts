/** Ordinary least squares. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, type Rules, real } from '../core/params.js';
import { LinearRegressor, type LinearState } from './least-squares.js';

/** Parameters of {@link LinearRegression}. */
export interface LinearRegressionParams {
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** Of sparse rows: stop when the gradient is this share of what it was at first, >= 0. Default 1e-6. */
  tol: number;
  /** Coefficients are not below 0. Default false. */
  positive: boolean;
}

/**
 * Ordinary least squares: minimises sum w (y - x . coef - intercept)^2. When columns depend on each other (as after
 * one-hot encoding) the solution of least norm is taken.
 *
 * Solved by a QR factorisation of blocks of rows and a singular value decomposition of R (Golub and Van Loan, Matrix
 * Computations, 5.3-5.5), in float64. Sparse rows are read as they are by LSQR (Paige and Saunders 1982).
 *
 * Of several targets, [rows, targets], `coef` is a matrix, [targets, columns], and X is factored once for all.
 *
 * Differs from scikit-learn: columns count as dependent only when rounding cannot
 * tell them apart, where scikit-learn 1.9 gives up at a ratio of 1e-6 (`tol`, which here is of sparse rows alone).
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * const model = await new LinearRegression().fit([[1], [2], [3]], [3, 5, 7]);
 * model.coef[0]; // 2
 * model.intercept; // 1
 * await model.predict([[10]]); // [21]
 * ```
 */
export class LinearRegression<Y extends FloatArray | Matrix = FloatArray> extends LinearRegressor<
  LinearRegressionParams,
  LinearState,
  Y
> {
  constructor(params: Partial<LinearRegressionParams> = {}) {
    super({ fitIntercept: true, tol: 1e-6, positive: false, ...params });
  }

  get rules(): Rules<LinearRegressionParams> {
    return { fitIntercept: bool, tol: real(0), positive: bool };
  }

  get stateRules(): Rules<LinearState> {
    return this.linearRules;
  }

  protected fitState(input: FitInput): Promise<LinearState> {
    return this.params.positive ? this.solvePositive(input, 0, null) : this.solve(input, 0);
  }

  protected override fitSparse(input: SparseFitInput): Promise<LinearState> {
    const { tol, positive } = this.params;
    return positive ? this.solvePositive(input, 0, null) : this.solveSparse(input, 0, tol, null);
  }

  /** Rank of the centred X; 0 of sparse rows and with `positive`, where it is not known. @throws {ERR_NOT_FITTED} before `fit` */
  get rank(): number {
    return this.state.rank;
  }

  /** Singular values of the centred X, descending; empty of sparse rows and with `positive`. @throws {ERR_NOT_FITTED} before `fit` */
  get singular(): Float64Array {
    return this.state.singular.slice();
  }
}
