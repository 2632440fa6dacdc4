/** Linear regression with an L1 penalty, and with both: lasso and elastic net. */
import { type FitInput, fitTargets, type SparseFitInput, toShared } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { bool, int, oneOf, type Rules, real, resolveSeed, seed } from '../core/params.js';
import { CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { type DescentSpec, type GramProblem, type LinearAddon, native } from '../native.js';
import { isSummedInPlace, sumsOfCallers } from './gram.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';
import { makesProducts, type Precompute, precomputeRule, sumsOfGram, wayOf } from './precompute.js';

/** Parameters that all models fitted by coordinate descent have. */
export interface DescentParams {
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Coefficients are not below 0. Default false. */
  positive: boolean;
  /** Most sweeps over the coefficients, >= 1. Default 1000. */
  maxIter: number;
  /**
   * Stop when a sweep changed no coefficient by more than this share of the largest, and the duality gap is at most this
   * share of the squares of y, >= 0. Default 1e-4.
   */
  tol: number;
  /** One coefficient after the other, or one drawn at random each time. Default 'cyclic'. */
  selection: 'cyclic' | 'random';
  /** Seed of `selection: 'random'`; null: another one each time. Default null. */
  randomState: number | null;
}

/** Parameters of {@link Lasso}. */
export interface LassoParams extends DescentParams {
  /** Start a fit from the coefficients of the last one, where there are as many. Default false. */
  warmStart: boolean;
  /** Strength of the penalty, >= 0. Default 1. */
  alpha: number;
  /**
   * Whether to go by products of all columns; 'auto': with at least as many rows as columns, of which there are at most 2048. Of more
   * than 16384 they are never made (2 GiB). Or these products, X'X [columns, columns], of X less its means with `fitIntercept` (X that is
   * not has them made anew), and times the roots of the weights, whose mean is 1. Of sparse rows not read. Default 'auto'.
   */
  precompute: Precompute;
}

/** Parameters of {@link ElasticNet}. */
export interface ElasticNetParams extends LassoParams {
  /** The L1 part of the penalty, in [0, 1]; 1 is the lasso. Default 0.5. */
  l1Ratio: number;
}

/** Learned by {@link Lasso} and {@link ElasticNet}. */
export interface SparseLinearState extends IterativeLinearState {
  readonly dualGap: number;
}

/** @internal */
export const descentDefaults: DescentParams = {
  fitIntercept: true,
  positive: false,
  maxIter: 1000,
  tol: 1e-4,
  selection: 'cyclic',
  randomState: null,
};

/** @internal */
export const descentRules: Rules<DescentParams> = {
  fitIntercept: bool,
  positive: bool,
  maxIter: int(1, 0xffff_ffff),
  tol: real(0),
  selection: oneOf('cyclic', 'random'),
  randomState: seed,
};

/** @internal */
export function descentSpec(params: DescentParams & { readonly precompute?: Precompute }): DescentSpec {
  const { fitIntercept, positive, maxIter, tol, selection, randomState, precompute = 'auto' } = params;
  const random = selection === 'random';
  const solver = { fitIntercept, positive, maxIter, tol, random, products: wayOf(precompute) };
  return { ...solver, seed: random ? resolveSeed(randomState) : 0 };
}

type Descent =
  Parameters<LinearAddon['fitElasticNet']> extends [unknown, unknown, unknown, ...infer R] ? R : never;

/** Coordinate descent on dense rows or sparse ones. */
export function descend(x: Matrix | CsrMatrix, ...rest: Descent): ReturnType<LinearAddon['fitElasticNet']> {
  if (x instanceof CsrMatrix) return native.csrElasticNet(...csrArguments(x), ...rest);
  return native.fitElasticNet(x.data, x.rows, x.cols, ...rest);
}

/** Base of what is y = x . coef + intercept, found by coordinate descent. */
export abstract class SparseLinearRegressor<
  P extends DescentParams & { precompute: Precompute },
  S extends SparseLinearState,
> extends IterativeLinearRegressor<P, S> {
  /** Rules of what the states share. */
  protected get sparseLinearRules(): Rules<SparseLinearState> {
    return { ...this.linearRules, dualGap: real() };
  }

  /** The duality gap at the end: the objective is no further than this above its minimum. @throws {ERR_NOT_FITTED} before `fit` */
  get dualGap(): number {
    return this.state.dualGap;
  }

  protected async solve(
    input: FitInput | SparseFitInput,
    y: Float64Array,
    alpha: number,
    l1Ratio: number,
    warmStart = false,
  ): Promise<SparseLinearState> {
    const { x, sampleWeight, cancel } = input;
    const before = warmStart && this.isFitted ? this.state.coef : null;
    const startCoef = before?.length === x.cols ? before : null;
    const spec = { ...descentSpec(this.params), alphas: Float64Array.of(alpha), l1Ratio, startCoef };
    const sums = await this.#sums(input, y);
    const path = await (sums === null
      ? descend(x instanceof CsrMatrix ? x : toShared(x), y, sampleWeight, spec, cancel)
      : native.elasticNetOfGram(sums, spec, cancel));
    const { coef, intercept, gap, iterations, converged } = path;
    return { coef, intercept, dualGap: gap[0], iterations: iterations[0], converged };
  }

  /** Those of the caller's rows where they lie, at once; or those that are given. Null where the fit has to make them, or goes without. */
  #sums(input: FitInput | SparseFitInput, y: Float64Array): GramProblem | null | Promise<GramProblem | null> {
    const { fitIntercept, precompute } = this.params;
    const { x } = input;
    if (typeof precompute !== 'object' || x instanceof CsrMatrix)
      return sumsOfCallers(input, y, fitIntercept);
    return sumsOfGram(this, { ...input, x }, new Matrix(y, y.length, 1), precompute, fitIntercept);
  }
}

/**
 * The lasso: minimises sum (y - x . coef - intercept)^2 / (2 rows) + alpha |coef|_1 (Tibshirani 1996), which leaves some
 * coefficients at 0. Coordinate descent (Friedman, Hastie and Tibshirani 2010) on the Gram matrix where there are at least as many
 * rows as columns, in float64. Scale the columns first: the penalty treats them alike. Sparse rows are read as they are, column by
 * column.
 *
 * Differs from scikit-learn: one target at a time; `precompute` is 'auto' by default. A fit that stops at `maxIter` sets `converged`
 * to false, where scikit-learn warns.
 *
 * @throws {ERR_SHAPE | ERR_PARAMETER} for a `precompute` that is not that of X
 * @example
 * ```ts
 * import { Lasso } from 'boreal';
 * const model = await new Lasso({ alpha: 0.1 }).fit([[0, 1], [1, 0], [2, 1], [3, 0]], [0, 1, 2, 3]);
 * model.coef[1]; // 0
 * ```
 */
export class Lasso extends SparseLinearRegressor<LassoParams, SparseLinearState> {
  constructor(params: Partial<LassoParams> = {}) {
    super({ alpha: 1, ...descentDefaults, precompute: 'auto', warmStart: false, ...params });
  }

  get rules(): Rules<LassoParams> {
    return { alpha: real(0), ...descentRules, precompute: precomputeRule, warmStart: bool };
  }

  get stateRules(): Rules<SparseLinearState> {
    return this.sparseLinearRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return makesProducts(this.params.precompute) && isSummedInPlace(x);
  }

  protected fitState(input: FitInput): Promise<SparseLinearState> {
    const { alpha, warmStart } = this.params;
    return this.solve(input, fitTargets(input), alpha, 1, warmStart);
  }

  protected override fitSparse(input: SparseFitInput): Promise<SparseLinearState> {
    const { alpha, warmStart } = this.params;
    return this.solve(input, fitTargets(input), alpha, 1, warmStart);
  }
}

/**
 * The elastic net: minimises sum (y - x . coef - intercept)^2 / (2 rows) + alpha (l1Ratio |coef|_1 + (1 - l1Ratio) |coef|^2 / 2)
 * (Zou and Hastie 2005), solved as {@link Lasso}.
 *
 * Differs from scikit-learn: as {@link Lasso}.
 *
 * @example
 * ```ts
 * import { ElasticNet } from 'boreal';
 * const model = await new ElasticNet({ alpha: 0.1, l1Ratio: 0.7 }).fit([[0], [1], [2]], [0, 1, 2]);
 * model.coef[0] < 1; // true
 * ```
 */
export class ElasticNet extends SparseLinearRegressor<ElasticNetParams, SparseLinearState> {
  constructor(params: Partial<ElasticNetParams> = {}) {
    super({ alpha: 1, l1Ratio: 0.5, ...descentDefaults, precompute: 'auto', warmStart: false, ...params });
  }

  get rules(): Rules<ElasticNetParams> {
    return {
      alpha: real(0),
      l1Ratio: real(0, 1),
      ...descentRules,
      precompute: precomputeRule,
      warmStart: bool,
    };
  }

  get stateRules(): Rules<SparseLinearState> {
    return this.sparseLinearRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return makesProducts(this.params.precompute) && isSummedInPlace(x);
  }

  protected fitState(input: FitInput): Promise<SparseLinearState> {
    const { alpha, l1Ratio, warmStart } = this.params;
    return this.solve(input, fitTargets(input), alpha, l1Ratio, warmStart);
  }

  protected override fitSparse(input: SparseFitInput): Promise<SparseLinearState> {
    const { alpha, l1Ratio, warmStart } = this.params;
    return this.solve(input, fitTargets(input), alpha, l1Ratio, warmStart);
  }
}
