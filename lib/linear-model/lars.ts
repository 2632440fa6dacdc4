/** Linear models along the path of least angle regression. */
import { pause } from '../core/cancellation.js';
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { bool, checkLength, float64s, int, int32s, type Rules, real } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { interceptOf, productsOf } from './correlations.js';
import { isSummedInPlace } from './gram.js';
import { IterativeLinearRegressor, type IterativeLinearState } from './iterative-regressor.js';
import { type LarsPath, type LarsSpec, larsPath } from './lars-path.js';

/** What all of these take. */
export interface LarsBaseParams {
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** The least diagonal element of the factor of the Gram matrix, >= 0; more keeps dependent columns apart. Default 2^-52. */
  eps: number;
}

/** Parameters of {@link Lars}. */
export interface LarsParams extends LarsBaseParams {
  /** Coefficients that are not 0, at most: steps of the path. Default 500. */
  nNonzeroCoefs: number;
}

/** Parameters of {@link LassoLars}. */
export interface LassoLarsParams extends LarsBaseParams {
  /** Strength of the L1 penalty, >= 0, as of {@link Lasso}. Default 1. */
  alpha: number;
  /** Steps of the path, at most. Default 500. */
  maxIter: number;
  /** Keep coefficients from falling below 0. Default false. */
  positive: boolean;
}

/** Learned by models of a path. */
export interface LarsState extends IterativeLinearState {
  /** Strengths at which a column joins or leaves, descending. */
  readonly alphas: Float64Array;
  /** The columns that are in at the end, in the order in which they came. */
  readonly active: Int32Array;
  /** Coefficients at each strength, [alphas, columns]. */
  readonly path: Float64Array;
}

export const larsRules: Rules<LarsBaseParams> = { fitIntercept: bool, eps: real(0) };
export const larsDefaults: LarsBaseParams = { fitIntercept: true, eps: Number.EPSILON };

/** Base of models of a path. */
export abstract class PathRegressor<
  P extends LarsBaseParams,
  S extends LarsState = LarsState,
> extends IterativeLinearRegressor<P, S> {
  protected get pathRules(): Rules<LarsState> {
    return { ...this.linearRules, alphas: float64s(), active: int32s(), path: float64s() };
  }

  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'path', state.path, state.alphas.length * columns.length);
    if (state.active.every((column) => column >= 0 && column < columns.length)) return;
    const message = `${this.constructor.name} state: 'active' names a column that is not there.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  /** The path, and the model that is wanted of it: by default the last. */
  protected async along(
    input: FitInput,
    spec: Omit<LarsSpec, 'eps'>,
    choose: (path: LarsPath) => Promise<number> = async ({ alphas }) => alphas.length - 1,
  ): Promise<LarsState> {
    const { fitIntercept, eps } = this.params;
    const { signal } = input;
    const products = await productsOf(input, fitTargets(input), fitIntercept);
    const most = Math.min(spec.maxIter, input.x.cols);
    const progress = reportProgress(input, this);
    const path = await larsPath(products.correlations, { ...spec, eps }, async (steps) => {
      await pause(signal);
      progress?.(Math.min(steps, most), most);
    });
    progress?.(most, most);
    const coef = path.coefs[await choose(path)];
    return {
      ...{
        coef,
        intercept: interceptOf(products, coef),
        iterations: path.iterations,
        converged: !path.isCut,
      },
      alphas: Float64Array.from(path.alphas),
      active: Int32Array.from(path.active),
      path: Float64Array.from(path.coefs.flatMap((one) => Array.from(one))),
    };
  }

  /** Strengths at which a column joins or leaves, descending: the largest correlation that is left, over the rows. @throws {ERR_NOT_FITTED} before `fit` */
  get alphas(): Float64Array {
    return this.state.alphas.slice();
  }

  /** The columns that are in at the end, in the order in which they came. @throws {ERR_NOT_FITTED} before `fit` */
  get active(): Int32Array {
    return this.state.active.slice();
  }

  /** Coefficients at each of `alphas`, [alphas, columns]; linear between them. @throws {ERR_NOT_FITTED} before `fit` */
  get coefPath(): Matrix<Float64Array> {
    const { path, alphas } = this.state;
    return new Matrix(path.slice(), alphas.length, this.nFeaturesIn);
  }
}

/**
 * Least angle regression (Efron, Hastie, Johnstone and Tibshirani 2004): from coefficients of 0, moves those of the columns that go with the
 * residual most, all at the same angle to it, until another column does as much; with as many steps as columns it ends at least squares.
 *
 * Differs from scikit-learn: one target; sample weights are ignored, where its `fit` takes none; `coefPath` is [alphas, columns]; no
 * `precompute`, `fit_path`, `jitter` and `verbose`; a coefficient that crosses 0 goes on, where scikit-learn turns its sign for the next step; columns that depend on
 * those that are in are passed over without a warning.
 *
 * @example
 * ```ts
 * import { Lars, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new Lars({ nNonzeroCoefs: 3 }).fit(data, target);
 * model.active; // Int32Array [2, 8, 3]
 * ```
 */
export class Lars extends PathRegressor<LarsParams> {
  constructor(params: Partial<LarsParams> = {}) {
    super({ ...larsDefaults, nNonzeroCoefs: 500, ...params });
  }

  get rules(): Rules<LarsParams> {
    return { ...larsRules, nNonzeroCoefs: int(1, 0x7fff_ffff) };
  }

  get stateRules(): Rules<LarsState> {
    return this.pathRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return isSummedInPlace(x);
  }

  protected async fitState(input: FitInput): Promise<LarsState> {
    const { nNonzeroCoefs: maxIter } = this.params;
    const state = await this.along(input, { lasso: false, positive: false, alphaMin: 0, maxIter });
    // As many steps as were asked for are no early end.
    return { ...state, converged: true };
  }
}

/**
 * The lasso by least angle regression, in which columns whose coefficient reaches 0 leave: the exact solution for every strength from the
 * largest down to `alpha`, between which it is linear. The objective is that of {@link Lasso}.
 *
 * Differs from scikit-learn: one target; sample weights are ignored, where its `fit` takes none; `coefPath` is [alphas, columns]; no
 * `precompute`, `fit_path`, `jitter` and `verbose`.
 *
 * @example
 * ```ts
 * import { LassoLars, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new LassoLars({ alpha: 0.5 }).fit(data, target);
 * model.coef.filter((c) => c !== 0).length; // 4
 * ```
 */
export class LassoLars extends PathRegressor<LassoLarsParams> {
  constructor(params: Partial<LassoLarsParams> = {}) {
    super({ ...larsDefaults, alpha: 1, maxIter: 500, positive: false, ...params });
  }

  get rules(): Rules<LassoLarsParams> {
    return { ...larsRules, alpha: real(0), maxIter: int(1, 0x7fff_ffff), positive: bool };
  }

  get stateRules(): Rules<LarsState> {
    return this.pathRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return isSummedInPlace(x);
  }

  protected fitState(input: FitInput): Promise<LarsState> {
    const { alpha: alphaMin, maxIter, positive } = this.params;
    return this.along(input, { lasso: true, positive, alphaMin, maxIter });
  }
}
