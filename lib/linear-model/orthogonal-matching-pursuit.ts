/** Least squares in a few columns, chosen one after the other. */
import { pause } from '../core/cancellation.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargetMatrix, fitTargets } from '../core/fit-input.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, either, int, nothing, type Rules, real } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { type Correlations, GrowingFactor, interceptOf, productsOf } from './correlations.js';
import { type Folds, foldsRule } from './folds.js';
import { isSummedInPlace } from './gram.js';
import { pathFolds } from './path-folds.js';
import { makesProducts, type Precompute, precomputeRule } from './precompute.js';
import {
  type OneTarget,
  StepwiseRegressor,
  type StepwiseState,
  stateOfTargets,
} from './stepwise-regressor.js';

/** Parameters of {@link OrthogonalMatchingPursuit}. */
export interface OrthogonalMatchingPursuitParams {
  /** Columns that are chosen; null: a tenth of them, and at least one, unless `tol` says when to end. Default null. */
  nNonzeroCoefs: number | null;
  /** Ends when the sum of squared residuals is no larger, >= 0; `nNonzeroCoefs` is then not read. Default null. */
  tol: number | null;
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** As that of {@link Lars}. Default 'auto'. */
  precompute: Precompute;
}

/** Parameters of {@link OrthogonalMatchingPursuitCV}. */
export interface OrthogonalMatchingPursuitCVParams {
  /** Fit a constant term. Default true. */
  fitIntercept: boolean;
  /** Columns that are tried, at most; null: a tenth of them, and at least five. Default null. */
  maxIter: number | null;
  /** How rows are left out: see {@link Folds}. Default 5. */
  cv: Folds;
}

/** Learned by matching pursuit. */
export interface OrthogonalMatchingPursuitState extends StepwiseState {
  /** Columns that were asked for; null where `tol` decided. */
  readonly nNonzeroCoefs: number | null;
}

/** Squared correlations, and squared lengths of what a column adds, below this are rounding. */
const NONE = Number.EPSILON;

/** What a pursuit has found. */
interface Found {
  /** Of one column more each: the coefficients of each, [columns]. */
  readonly models: Float64Array[];
  /** The sum of squared residuals of the last. */
  readonly squares: number;
}

/** Adds columns up to `most`, or until residuals are small. Ends early at columns that depend on each other. */
async function pursue(
  x: Correlations,
  most: number,
  tol: number | null,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const models: Float64Array[] = [];
  const active: number[] = [];
  const factor = new GrowingFactor();
  let correlation = x.withTarget;
  let squares = x.square;
  while (active.length < most) {
    await pause(signal);
    let next = 0;
    for (let j = 1; j < x.cols; j++) if (Math.abs(correlation[j]) > Math.abs(correlation[next])) next = j;
    if (active.includes(next) || correlation[next] ** 2 < NONE) break;
    const products = await x.column(next);
    const { row, pivot } = factor.next(
      active.map((j) => products[j]),
      products[next],
    );
    if (active.length > 0 && pivot <= NONE) break;
    factor.add(row, pivot);
    active.push(next);
    const gamma = factor.solve(active.map((j) => x.withTarget[j]));
    const coef = new Float64Array(x.cols);
    correlation = x.withTarget.slice();
    let explained = 0;
    for (const [k, column] of active.entries()) {
      coef[column] = gamma[k];
      explained += gamma[k] * x.withTarget[column];
      const own = await x.column(column);
      for (let j = 0; j < x.cols; j++) correlation[j] -= own[j] * gamma[k];
    }
    models.push(coef);
    squares = Math.abs(x.square - explained);
    if (tol !== null && squares <= tol) break;
  }
  return { models, squares };
}

/** Base of both. */
abstract class Pursuit<
  P extends { readonly fitIntercept: boolean },
  Y extends FloatArray | Matrix = FloatArray,
> extends StepwiseRegressor<P, OrthogonalMatchingPursuitState, Y> {
  get stateRules(): Rules<OrthogonalMatchingPursuitState> {
    return { ...this.stepwiseRules, nNonzeroCoefs: either(int(1), nothing) };
  }

  protected async learn(
    input: FitInput,
    wanted: number | null,
    tol: number | null,
    precompute: Precompute,
  ): Promise<OrthogonalMatchingPursuitState> {
    const { cols } = input.x;
    const found: OneTarget[] = [];
    const how = { fitIntercept: this.params.fitIntercept, precompute };
    for (const products of await productsOf(this, input, fitTargetMatrix(input), how)) {
      const { models, squares } = await pursue(products.correlations, wanted ?? cols, tol, input.signal);
      const coef = models.at(-1) ?? new Float64Array(cols);
      found.push({
        ...{ coef, intercept: interceptOf(products, coef), iterations: models.length },
        converged: tol === null ? models.length === wanted : squares <= tol,
      });
    }
    return { ...stateOfTargets(found), nNonzeroCoefs: wanted };
  }

  /** The columns that were asked for; null where `tol` decided. @throws {ERR_NOT_FITTED} before `fit` */
  get nNonzeroCoefs(): number | null {
    return this.state.nNonzeroCoefs;
  }
}

/**
 * Orthogonal matching pursuit (Pati, Rezaiifar and Krishnaprasad 1993; Rubinstein, Zibulevsky and Elad 2008): adds the column that goes with
 * the residual most, solves least squares in those that are there, and so on.
 *
 * Of several targets, [rows, targets], each takes columns by itself; `coef` is a matrix, [targets, columns].
 *
 * Differs from scikit-learn: sample weights are ignored, where its `fit` takes none; columns that depend on each other
 * end it with `converged` false instead of a warning, as does a `tol` that all columns together do not reach.
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @throws {ERR_PARAMETER} for more coefficients than columns
 * @example
 * ```ts
 * import { makeRegression, OrthogonalMatchingPursuit } from 'boreal';
 * const { X, y } = makeRegression({ nSamples: 50, nFeatures: 30, nInformative: 2, randomState: 1 });
 * const model = await new OrthogonalMatchingPursuit({ nNonzeroCoefs: 2 }).fit(X, y);
 * (await model.score(X, y)) > 0.999; // true
 * ```
 */
export class OrthogonalMatchingPursuit<Y extends FloatArray | Matrix = FloatArray> extends Pursuit<
  OrthogonalMatchingPursuitParams,
  Y
> {
  constructor(params: Partial<OrthogonalMatchingPursuitParams> = {}) {
    super({ nNonzeroCoefs: null, tol: null, fitIntercept: true, precompute: 'auto', ...params });
  }

  get rules(): Rules<OrthogonalMatchingPursuitParams> {
    return {
      nNonzeroCoefs: either(int(1), nothing),
      tol: either(real(0), nothing),
      fitIntercept: bool,
      precompute: precomputeRule,
    };
  }

  protected override learnsInPlace(x: Matrix): boolean {
    return makesProducts(this.params.precompute) && isSummedInPlace(x);
  }

  protected async fitState(input: FitInput): Promise<OrthogonalMatchingPursuitState> {
    const { cols } = input.x;
    const { tol, nNonzeroCoefs, precompute } = this.params;
    const wanted = tol === null ? (nNonzeroCoefs ?? Math.max(Math.floor(0.1 * cols), 1)) : null;
    if (wanted !== null && wanted > cols) {
      const message = `OrthogonalMatchingPursuit: nNonzeroCoefs is ${wanted}, but X has ${cols} columns.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    return this.learn(input, wanted, tol, precompute);
  }
}

/**
 * {@link OrthogonalMatchingPursuit} with the number of columns that cross-validation finds best.
 *
 * Differs from scikit-learn: as {@link OrthogonalMatchingPursuit}.
 *
 * @throws {ERR_PARAMETER} for `maxIter` above the number of columns
 * @example
 * ```ts
 * import { makeRegression, OrthogonalMatchingPursuitCV } from 'boreal';
 * const { X, y } = makeRegression({ nSamples: 90, nFeatures: 30, nInformative: 3, noise: 1, randomState: 1 });
 * const model = await new OrthogonalMatchingPursuitCV().fit(X, y);
 * model.nNonzeroCoefs; // 3
 * ```
 */
export class OrthogonalMatchingPursuitCV extends Pursuit<OrthogonalMatchingPursuitCVParams> {
  constructor(params: Partial<OrthogonalMatchingPursuitCVParams> = {}) {
    super({ fitIntercept: true, maxIter: null, cv: 5, ...params });
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, multiOutput: false, takesGroups: true };
  }

  get rules(): Rules<OrthogonalMatchingPursuitCVParams> {
    return { fitIntercept: bool, maxIter: either(int(1), nothing), cv: foldsRule };
  }

  protected async fitState(input: FitInput): Promise<OrthogonalMatchingPursuitState> {
    const { cv, maxIter } = this.params;
    const { cols } = input.x;
    const most = maxIter ?? Math.min(Math.max(Math.floor(0.1 * cols), 5), cols);
    if (most > cols) {
      const message = `OrthogonalMatchingPursuitCV: maxIter is ${most}, but X has ${cols} columns.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const y = fitTargets(input);
    const errors: Array<readonly number[]> = [];
    const { fitIntercept } = this.params;
    for await (const fold of pathFolds(this, input, y, { cv, fitIntercept, precompute: 'auto' })) {
      const { models } = await pursue(fold.train, most, null, input.signal);
      errors.push(models.length === 0 ? [] : (await fold.errors(models)).squares);
    }
    const count = errors.length;
    const compared = Math.min(...errors.map((one) => one.length));
    const means = Array.from({ length: compared }, (_, k) =>
      errors.reduce((sum, one) => sum + one[k] / count, 0),
    );
    return this.learn(input, Math.max(means.indexOf(Math.min(...means)) + 1, 1), null, 'auto');
  }
}
