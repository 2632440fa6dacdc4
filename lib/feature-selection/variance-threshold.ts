/** Columns that vary. */

import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { momentsOf } from '../core/moments.js';
import { float64s, type Rules, real, uint8s } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { type ColumnMoments, native } from '../native.js';
import { FeatureSelector, type SelectorState } from './selector.js';

/** Parameters of {@link VarianceThreshold}. */
export interface VarianceThresholdParams {
  /** Columns whose variance is not above it are left out. Default 0: those with one value only. */
  threshold: number;
}

/** Learned by {@link VarianceThreshold}. */
export interface VarianceThresholdState extends SelectorState {
  readonly variances: Float64Array;
}

/**
 * Leaves out columns that do not vary. Missing values take no part in the variance, and stay. Sparse rows stay sparse by
 * `transformSparse` and in pipelines.
 *
 * @example
 * ```ts
 * import { VarianceThreshold } from 'boreal';
 * const selector = await new VarianceThreshold().fit([[1, 5], [2, 5]]);
 * selector.transformSync([[3, 5]]).toArray(); // [[3]]
 * ```
 */
export class VarianceThreshold extends FeatureSelector<VarianceThresholdParams, VarianceThresholdState> {
  constructor(params: Partial<VarianceThresholdParams> = {}) {
    super({ threshold: 0, ...params });
  }

  get rules(): Rules<VarianceThresholdParams> {
    return { threshold: real(0) };
  }

  get stateRules(): Rules<VarianceThresholdState> {
    return { support: uint8s(), variances: float64s() };
  }

  override get tags() {
    return { allowNan: true };
  }

  /** @internal */
  override get learnsVariance(): boolean {
    return true;
  }

  protected override learnsInPlace() {
    return true;
  }

  protected override async fitSparse({ x, cancel }: SparseFitInput): Promise<VarianceThresholdState> {
    return this.#choose(await native.csrMoments(...csrArguments(x), null, cancel));
  }

  protected async fitState({ x, cancel }: FitInput): Promise<VarianceThresholdState> {
    return this.#choose(await momentsOf(x, cancel));
  }

  #choose({ variance, min, max }: ColumnMoments): VarianceThresholdState {
    const { threshold } = this.params;
    // Rounding may give equal values a variance, but no range.
    const variances = threshold === 0 ? variance.map((v, j) => Math.min(v, max[j] - min[j])) : variance;
    const support = Uint8Array.from(variances, (v) => (v > threshold ? 1 : 0));
    if (!support.includes(1)) {
      throw new ValidationError(
        'ERR_EMPTY',
        `VarianceThreshold: no column has a variance above ${threshold}.`,
      );
    }
    return { support, variances };
  }

  /** Variances of the columns; with threshold 0 the range of a column where that is less. @throws {ERR_NOT_FITTED} before `fit` */
  get variances(): Float64Array {
    return this.state.variances.slice();
  }
}
