/** Models of a path whose strength is chosen by cross-validation. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { bool, checkLength, float64s, int, type Rules, real } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { centre, correlationsOf, pause } from './correlations.js';
import { type Folds, foldOfRows, foldsRule } from './folds.js';
import { type LarsBaseParams, type LarsState, larsDefaults, larsRules, PathRegressor } from './lars.js';
import { type LarsPath, larsPath } from './lars-path.js';

/** Parameters of {@link LarsCV}. */
export interface LarsCVParams extends LarsBaseParams {
  /** Steps of a path, at most. Default 500. */
  maxIter: number;
  /** Number of folds, or the fold of each row. Default 5. */
  cv: Folds;
  /** Strengths that are compared, at most (up to twice as many): every so-many-th of those of all paths. Default 1000. */
  maxNAlphas: number;
}

/** Parameters of {@link LassoLarsCV}. */
export interface LassoLarsCVParams extends LarsCVParams {
  /** Keep coefficients from falling below 0. Default false. */
  positive: boolean;
}

/** Learned by {@link LarsCV} and {@link LassoLarsCV}. */
export interface LarsCVState extends LarsState {
  readonly alpha: number;
  /** Ascending. */
  readonly cvAlphas: Float64Array;
  /** Mean squared errors, [cvAlphas, folds]. */
  readonly mse: Float64Array;
  readonly folds: number;
}

/** The path of one fold, from its end: ascending strengths, and of the rows left out the means of products of neighbouring residuals. */
interface FoldErrors {
  readonly alphas: readonly number[];
  /** Mean of the squares at each strength. */
  readonly squares: readonly number[];
  /** Mean of the products with the residuals at the next strength. */
  readonly products: readonly number[];
}

abstract class PathCVRegressor<P extends LarsCVParams> extends PathRegressor<P, LarsCVState> {
  protected abstract get how(): { readonly lasso: boolean; readonly positive: boolean };

  get stateRules(): Rules<LarsCVState> {
    return { ...this.pathRules, alpha: real(0), cvAlphas: float64s(), mse: float64s(), folds: int(2) };
  }

  protected override checkState(state: LarsCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'mse', state.mse, state.cvAlphas.length * state.folds);
  }

  protected async fitState(input: FitInput): Promise<LarsCVState> {
    const { cv, maxNAlphas, maxIter } = this.params;
    const { folds, count } = foldOfRows(this, cv, input.x.rows);
    const y = fitTargets(input);
    const errors: FoldErrors[] = [];
    for (let fold = 0; fold < count; fold++) errors.push(await this.#errorsOf(input, y, folds, fold));
    const all = [...new Set(errors.flatMap(({ alphas }) => alphas))].sort((a, b) => a - b);
    const stride = Math.max(1, Math.floor(all.length / maxNAlphas));
    const cvAlphas = all.filter((_, k) => k % stride === 0);
    const mse = cvAlphas.flatMap((alpha) => errors.map((one) => errorAt(one, alpha)));
    const means = cvAlphas.map((_, a) =>
      mse.slice(a * count, (a + 1) * count).reduce((sum, value) => sum + value / count, 0),
    );
    const alpha = cvAlphas[means.indexOf(Math.min(...means))];
    const path = await this.along(input, { ...this.how, alphaMin: alpha, maxIter });
    return {
      ...path,
      alpha,
      cvAlphas: Float64Array.from(cvAlphas),
      mse: Float64Array.from(mse),
      folds: count,
    };
  }

  async #errorsOf(
    { x, signal }: FitInput,
    y: Float64Array,
    folds: Int32Array,
    fold: number,
  ): Promise<FoldErrors> {
    const { fitIntercept, eps, maxIter } = this.params;
    const train = [...folds.keys()].filter((i) => folds[i] !== fold);
    const test = [...folds.keys()].filter((i) => folds[i] === fold);
    const targets = (rows: readonly number[]) => Float64Array.from(rows, (i) => y[i]);
    const centred = await centre(x.takeRows(train), targets(train), fitIntercept, signal);
    const spec = { ...this.how, alphaMin: 0, maxIter, eps };
    const path = await larsPath(await correlationsOf(centred, signal), spec, () => pause(signal));
    const left = (x.takeRows(test).astype('float64') as Matrix<Float64Array>).sub(
      new Matrix(centred.offset, 1, x.cols),
    );
    const coefs = Matrix.from(path.coefs) as Matrix<Float64Array>;
    const truth = new Matrix(targets(test), 1, test.length).sub(centred.mean);
    const residuals = (await coefs.matmulAsync(left, { transposeB: true, signal })).sub(truth);
    return foldErrors(path, residuals);
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The strengths that were compared, ascending. @throws {ERR_NOT_FITTED} before `fit` */
  get cvAlphas(): Float64Array {
    return this.state.cvAlphas.slice();
  }

  /** Mean squared errors of the rows left out, [cvAlphas, folds]. @throws {ERR_NOT_FITTED} before `fit` */
  get msePath(): Matrix<Float64Array> {
    const { mse, folds } = this.state;
    return new Matrix(mse.slice(), mse.length / folds, folds);
  }
}

function foldErrors({ alphas }: LarsPath, residuals: Matrix<Float64Array>): FoldErrors {
  const count = alphas.length;
  const meanOf = (a: number, b: number) => {
    const [left, right] = [residuals.row(a), residuals.row(b)];
    return left.reduce((sum, value, i) => sum + value * right[i], 0) / residuals.cols;
  };
  const order = Array.from({ length: count }, (_, k) => count - 1 - k);
  return {
    alphas: order.map((k) => alphas[k]),
    squares: order.map((k) => meanOf(k, k)),
    products: order.slice(1).map((k) => meanOf(k + 1, k)),
  };
}

/** The mean squared error at a strength: residuals are linear between those of the path, and constant beyond. */
function errorAt({ alphas, squares, products }: FoldErrors, alpha: number): number {
  const last = alphas.length - 1;
  if (alpha <= alphas[0]) return squares[0];
  if (alpha >= alphas[last]) return squares[last];
  const above = alphas.findIndex((one) => one >= alpha);
  const share = (alpha - alphas[above - 1]) / (alphas[above] - alphas[above - 1]);
  const rest = 1 - share;
  return (
    rest ** 2 * squares[above - 1] + 2 * rest * share * products[above - 1] + share ** 2 * squares[above]
  );
}

/**
 * {@link Lars} that ends where cross-validation finds the path best. Each fold's path is known at all strengths, so that no grid is needed.
 *
 * Differs from scikit-learn: as {@link Lars}; `msePath` is as there.
 *
 * @example
 * ```ts
 * import { LarsCV, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new LarsCV({ cv: 5 }).fit(data, target);
 * (await model.score(data, target)) > 0.5; // true
 * ```
 */
export class LarsCV extends PathCVRegressor<LarsCVParams> {
  constructor(params: Partial<LarsCVParams> = {}) {
    super({ ...larsDefaults, maxIter: 500, cv: 5, maxNAlphas: 1000, ...params });
  }

  get rules(): Rules<LarsCVParams> {
    return { ...larsRules, maxIter: int(1, 0x7fff_ffff), cv: foldsRule, maxNAlphas: int(1) };
  }

  protected get how() {
    return { lasso: false, positive: false };
  }
}

/**
 * {@link LassoLars} whose strength cross-validation chooses among all those at which a column joins or leaves in some fold: finer where
 * coefficients change, beside {@link LassoCV}, which has a grid.
 *
 * Differs from scikit-learn: as {@link LassoLars}.
 *
 * @example
 * ```ts
 * import { LassoLarsCV, loadDiabetes } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const model = await new LassoLarsCV({ cv: 5 }).fit(data, target);
 * (await model.score(data, target)) > 0.5; // true
 * ```
 */
export class LassoLarsCV extends PathCVRegressor<LassoLarsCVParams> {
  constructor(params: Partial<LassoLarsCVParams> = {}) {
    super({ ...larsDefaults, maxIter: 500, cv: 5, maxNAlphas: 1000, positive: false, ...params });
  }

  get rules(): Rules<LassoLarsCVParams> {
    return { ...larsRules, maxIter: int(1, 0x7fff_ffff), cv: foldsRule, maxNAlphas: int(1), positive: bool };
  }

  protected get how() {
    return { lasso: true, positive: this.params.positive };
  }
}
