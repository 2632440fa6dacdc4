/** Models of a path whose strength is chosen by cross-validation. */
import { pause } from '../core/cancellation.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { bool, checkLength, float64s, int, type Rules, real } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { type Folds, foldsRule } from './folds.js';
import { type LarsBaseParams, type LarsState, larsDefaults, larsRules, PathRegressor } from './lars.js';
import { larsPath } from './lars-path.js';
import { pathFolds, type ResidualMeans } from './path-folds.js';
import { type Products, productsRule } from './precompute.js';

/** Parameters of {@link LarsCV}. */
export interface LarsCVParams extends LarsBaseParams {
  /** Whether to make products of all columns at once, or of those that are asked for one after the other; 'auto': with more rows than columns. Default 'auto'. */
  precompute: Products;
  /** Steps of a path, at most. Default 500. */
  maxIter: number;
  /** How rows are left out: see {@link Folds}. Default 5. */
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

const pathDefaults: LarsCVParams = {
  ...larsDefaults,
  ...{ precompute: 'auto', maxIter: 500, cv: 5, maxNAlphas: 1000 },
};
const pathRules: Rules<LarsCVParams> = {
  ...larsRules,
  ...{ precompute: productsRule, maxIter: int(1, 0x7fff_ffff), cv: foldsRule, maxNAlphas: int(1) },
};

/** The path of one fold, from its end: ascending strengths, and of the rows left out the means of products of neighbouring residuals. */
interface FoldErrors extends ResidualMeans {
  readonly alphas: readonly number[];
}

abstract class PathCVRegressor<P extends LarsCVParams> extends PathRegressor<P, LarsCVState> {
  protected abstract get how(): { readonly lasso: boolean; readonly positive: boolean };

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: false, takesGroups: true };
  }

  get stateRules(): Rules<LarsCVState> {
    return { ...this.pathRules, alpha: real(0), cvAlphas: float64s(), mse: float64s(), folds: int(1) };
  }

  protected override checkState(state: LarsCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'mse', state.mse, state.cvAlphas.length * state.folds);
  }

  protected async fitState(input: FitInput): Promise<LarsCVState> {
    const { cv, maxNAlphas, maxIter } = this.params;
    const y = fitTargets(input);
    const { fitIntercept, eps, precompute } = this.params;
    const spec = { ...this.how, alphaMin: 0, maxIter, eps };
    const errors: FoldErrors[] = [];
    for await (const fold of pathFolds(this, input, y, { cv, fitIntercept, precompute })) {
      const path = await larsPath(fold.train, spec, () => pause(input.signal));
      const { squares, products } = await fold.errors(path.coefs);
      const [alphas, ...rest] = [path.alphas, squares, products].map((list) => [...list].reverse());
      errors.push({ alphas, squares: rest[0], products: rest[1] });
    }
    const count = errors.length;
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
    super({ ...pathDefaults, ...params });
  }

  get rules(): Rules<LarsCVParams> {
    return pathRules;
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
    super({ ...pathDefaults, positive: false, ...params });
  }

  get rules(): Rules<LassoLarsCVParams> {
    return { ...pathRules, positive: bool };
  }

  protected get how() {
    return { lasso: true, positive: this.params.positive };
  }
}
