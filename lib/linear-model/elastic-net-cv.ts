/** Lasso and elastic net whose penalty is chosen by cross-validation. */
import { type FitInput, fitTargets, reportProgress } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { checkLength, custom, either, float64s, int, type Rules, real } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import {
  type DescentParams,
  descentDefaults,
  descentRules,
  descentSpec,
  SparseLinearRegressor,
  type SparseLinearState,
} from './elastic-net.js';
import { type Folds, foldOfRows, foldsRule } from './folds.js';

/** Parameters of {@link LassoCV}. */
export interface LassoCVParams extends DescentParams {
  /**
   * Strengths to choose from, or how many: evenly spaced in their logarithms, down from the smallest that leaves no coefficient.
   * Default 100.
   */
  alphas: number | readonly number[];
  /** The smallest of them over the largest, in (0, 1]. Default 1e-3. */
  eps: number;
  /** Number of folds, or the fold of each row. Default 5. */
  cv: Folds;
}

/** Parameters of {@link ElasticNetCV}. */
export interface ElasticNetCVParams extends LassoCVParams {
  /** The L1 part of the penalty, or several to choose from; 0 only with given `alphas`. Default 0.5. */
  l1Ratio: number | readonly number[];
}

/** Learned by {@link LassoCV} and {@link ElasticNetCV}. */
export interface ElasticNetCVState extends SparseLinearState {
  readonly alpha: number;
  readonly l1Ratio: number;
  /** [ratios, alphas], descending. */
  readonly alphas: Float64Array;
  /** Mean squared errors, [ratios, alphas, folds]. */
  readonly mse: Float64Array;
  readonly folds: number;
  readonly ratios: number;
}

const strength = real(0);
/** @internal */
export const strengths = either(
  int(1, 1_000_000),
  custom(
    'a list of numbers >= 0',
    (v) => Array.isArray(v) && v.length > 0 && v.every((alpha) => strength.allows(alpha)),
  ),
);
const share = real(0, 1);
/** @internal */
export const shares = either(
  share,
  custom(
    'a list of numbers >= 0 and <= 1',
    (v) => Array.isArray(v) && v.length > 0 && v.every((ratio) => share.allows(ratio)),
  ),
);

/** Base of {@link LassoCV} and {@link ElasticNetCV}. */
export abstract class PathCV<P extends LassoCVParams> extends SparseLinearRegressor<P, ElasticNetCVState> {
  /** The shares of L1 to choose from. */
  protected abstract get ratios(): readonly number[];

  get stateRules(): Rules<ElasticNetCVState> {
    return {
      ...this.sparseLinearRules,
      alpha: real(0),
      l1Ratio: real(0, 1),
      alphas: float64s(),
      mse: float64s(),
      folds: int(2),
      ratios: int(1),
    };
  }

  protected override checkState(state: ElasticNetCVState, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'mse', state.mse, state.alphas.length * state.folds);
  }

  protected async fitState(input: FitInput): Promise<ElasticNetCVState> {
    const { data, rows, cols } = input.x;
    const y = fitTargets(input);
    const { alphas: given, eps, cv } = this.params;
    const { ratios } = this;
    const { folds, count } = foldOfRows(this, cv, rows);
    const spec = {
      ...descentSpec(this.params),
      folds: count,
      l1Ratios: Float64Array.from(ratios),
      alphas: typeof given === 'number' ? null : Float64Array.from(given),
      nAlphas: typeof given === 'number' ? given : 0,
      eps,
    };
    const progress = reportProgress(input, this);
    const { sampleWeight, cancel } = input;
    const scores = await native.crossValidateElasticNet(
      ...([data, rows, cols, y, sampleWeight, folds] as const),
      ...([spec, cancel, progress] as const),
    );
    const best = smallestMean(scores.mse, count);
    const alpha = scores.alphas[best];
    const l1Ratio = ratios[Math.floor(best / (scores.alphas.length / ratios.length))];
    const fitted = await this.solve(input, y, alpha, l1Ratio);
    return { ...fitted, ...scores, alpha, l1Ratio, folds: count, ratios: ratios.length };
  }

  /** The strength chosen. @throws {ERR_NOT_FITTED} before `fit` */
  get alpha(): number {
    return this.state.alpha;
  }

  /** The strengths tried, descending, [ratios, alphas]. @throws {ERR_NOT_FITTED} before `fit` */
  get alphas(): Matrix {
    const { alphas, ratios } = this.state;
    return new Matrix(alphas.slice(), ratios, alphas.length / ratios);
  }

  /** Mean squared errors of the rows left out, [ratios * alphas, folds]. @throws {ERR_NOT_FITTED} before `fit` */
  get msePath(): Matrix {
    const { mse, folds } = this.state;
    return new Matrix(mse.slice(), mse.length / folds, folds);
  }
}

/** The row of [rows, folds] whose mean is smallest; the first of equal ones. */
export function smallestMean(mse: Float64Array, folds: number): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < mse.length / folds; i++) {
    const sum = mse.subarray(i * folds, (i + 1) * folds).reduce((total, value) => total + value, 0);
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return best;
}

/**
 * {@link Lasso} with the strength that cross-validation finds best: the mean squared error over the folds decides, and the model
 * is then fitted on all rows. With at least as many rows as columns the folds share their Gram matrices, so that all of it reads X
 * about as often as one fit.
 *
 * Differs from scikit-learn: as {@link Lasso}; `cv` is a number or the fold of each row; `alphas` and `msePath` are matrices.
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
    super({ alphas: 100, eps: 1e-3, cv: 5, ...descentDefaults, ...params });
  }

  get rules(): Rules<LassoCVParams> {
    return { alphas: strengths, eps: real(0, 1, 'min'), cv: foldsRule, ...descentRules };
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
    super({ l1Ratio: 0.5, alphas: 100, eps: 1e-3, cv: 5, ...descentDefaults, ...params });
  }

  get rules(): Rules<ElasticNetCVParams> {
    return {
      l1Ratio: typeof this.params.alphas === 'number' ? positiveShares : shares,
      alphas: strengths,
      eps: real(0, 1, 'min'),
      cv: foldsRule,
      ...descentRules,
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

/** A grid of strengths begins where L1 leaves no coefficient, which needs some L1. @internal */
export const positiveShares = custom(
  'a number > 0 and <= 1 or a list of such numbers (0 needs a list of alphas)',
  (v) => shares.allows(v) && [v].flat().every((ratio) => (ratio as number) > 0),
);
