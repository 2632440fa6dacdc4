/** Lasso and elastic net whose penalty is chosen by cross-validation. */
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import type { Matrix } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { native, type RowGroups } from '../native.js';
import {
  type DescentParams,
  descentDefaults,
  descentRules,
  descentSpec,
  SparseLinearRegressor,
  type SparseLinearState,
} from './elastic-net.js';
import { dealFolds, isPartition } from './folds.js';
import {
  alphasOf,
  checkPathChoice,
  chooseOfPaths,
  msePathOf,
  type PathChoice,
  type PathChoiceParams,
  pathChoiceDefaults,
  pathChoiceRules,
  pathChoiceStateRules,
  ratiosRule,
} from './path-choice.js';
import { type Products, productsRule } from './precompute.js';

/** Parameters of {@link LassoCV}. */
export interface LassoCVParams extends DescentParams, PathChoiceParams {
  /** Whether to go by products of all columns; 'auto': with at least as many rows as columns, of which there are at most 2048. Of more than 16384 never. Default 'auto'. */
  precompute: Products;
}

/** Parameters of {@link ElasticNetCV}. */
export interface ElasticNetCVParams extends LassoCVParams {
  /** The L1 part of the penalty, or several to choose from; 0 only with given `alphas`. Default 0.5. */
  l1Ratio: number | readonly number[];
}

/** Learned by {@link LassoCV} and {@link ElasticNetCV}. */
export interface ElasticNetCVState extends SparseLinearState, PathChoice {}

/** Lists of rows, one after the other. */
function rowGroups(lists: readonly Int32Array[]): RowGroups {
  const ends = new Float64Array(lists.length);
  let end = 0;
  for (const [k, list] of lists.entries()) ends[k] = end += list.length;
  const rows = new Int32Array(end);
  for (const [k, list] of lists.entries()) rows.set(list, ends[k] - list.length);
  return { rows, ends };
}

/** Base of {@link LassoCV} and {@link ElasticNetCV}. */
export abstract class PathCV<P extends LassoCVParams> extends SparseLinearRegressor<P, ElasticNetCVState> {
  /** The shares of L1 to choose from. */
  protected abstract get ratios(): readonly number[];

  override get tags(): EstimatorTags {
    return { ...super.tags, takesGroups: true };
  }

  get stateRules(): Rules<ElasticNetCVState> {
    return { ...this.sparseLinearRules, ...pathChoiceStateRules };
  }

  protected override checkState(state: ElasticNetCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkPathChoice(this, state);
  }

  protected async fitState(input: FitInput): Promise<ElasticNetCVState> {
    const { data, rows, cols } = input.x;
    const y = fitTargets(input);
    const { alphas: given, eps, cv } = this.params;
    const { ratios } = this;
    const folds = dealFolds(this, cv, input);
    const spec = {
      ...descentSpec(this.params),
      tests: rowGroups(folds.map(({ test }) => test)),
      trains: isPartition(folds, rows) ? null : rowGroups(folds.map(({ train }) => train)),
      l1Ratios: Float64Array.from(ratios),
      alphas: typeof given === 'number' ? null : Float64Array.from(given),
      nAlphas: typeof given === 'number' ? given : 0,
      eps,
    };
    const progress = reportProgress(input, this);
    const { sampleWeight, cancel } = input;
    const scores = await native.crossValidateElasticNet(
      ...([data, rows, cols, y, sampleWeight] as const),
      ...([spec, cancel, progress] as const),
    );
    const choice = chooseOfPaths(ratios, scores.alphas, scores.mse, folds.length);
    return { ...(await this.solve(input, y, choice.alpha, choice.l1Ratio)), ...choice };
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The strengths tried, descending, [ratios, alphas]. @throws {ERR_NOT_FITTED} before `fit` */
  get alphas(): Matrix {
    return alphasOf(this.state);
  }

  /** Mean squared errors of the rows left out, [ratios * alphas, folds]. @throws {ERR_NOT_FITTED} before `fit` */
  get msePath(): Matrix {
    return msePathOf(this.state);
  }
}

/**
 * {@link Lasso} with the strength that cross-validation finds best: the mean squared error over the folds decides, and the model
 * is then fitted on all rows. With at least as many rows as columns a few folds share their Gram matrices, so that all of it reads X
 * about as often as one fit; folds of fewer than 16 rows, and ones that are given, make one each, as long as it is needed.
 *
 * Differs from scikit-learn: as {@link Lasso}; `alphas` and `msePath` are matrices.
 *
 * @example
 * ```ts
 * import { LassoCV } from 'boreal';
 * const X = [[0, 1], [1, 0], [2, 1], [3, 0], [4, 1], [5, 0]];
 * const model = await new LassoCV({ cv: 3 }).fit(X, [0, 1, 2, 3, 4, 5]);
 * model.alpha < 0.1; // true
 * ```
 */
export class LassoCV extends PathCV<LassoCVParams> {
  constructor(params: Partial<LassoCVParams> = {}) {
    super({ ...pathChoiceDefaults, ...descentDefaults, precompute: 'auto', ...params });
  }

  get rules(): Rules<LassoCVParams> {
    return { ...pathChoiceRules, ...descentRules, precompute: productsRule };
  }

  protected get ratios(): readonly number[] {
    return [1];
  }
}

/**
 * {@link ElasticNet} with the strength, and the share of L1 among those given, that cross-validation finds best. See
 * {@link LassoCV}.
 *
 * Differs from scikit-learn: as {@link LassoCV}.
 *
 * @throws {ERR_PARAMETER} for `l1Ratio: 0` without given `alphas`
 * @example
 * ```ts
 * import { ElasticNetCV } from 'boreal';
 * const X = [[0, 1], [1, 0], [2, 1], [3, 0], [4, 1], [5, 0]];
 * const model = await new ElasticNetCV({ l1Ratio: [0.5, 0.9], cv: 3 }).fit(X, [0, 1, 2, 3, 4, 5]);
 * model.alpha < 0.1; // true
 * ```
 */
export class ElasticNetCV extends PathCV<ElasticNetCVParams> {
  constructor(params: Partial<ElasticNetCVParams> = {}) {
    super({ l1Ratio: 0.5, ...pathChoiceDefaults, ...descentDefaults, precompute: 'auto', ...params });
  }

  get rules(): Rules<ElasticNetCVParams> {
    return {
      l1Ratio: ratiosRule(this.params),
      ...pathChoiceRules,
      ...descentRules,
      precompute: productsRule,
    };
  }

  protected get ratios(): readonly number[] {
    const { l1Ratio } = this.params;
    return typeof l1Ratio === 'number' ? [l1Ratio] : l1Ratio;
  }

  /** The share of L1 chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get l1Ratio(): number {
    return this.state.l1Ratio;
  }
}
