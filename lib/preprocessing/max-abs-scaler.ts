/** Columns divided by their largest absolute value. */

import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { momentsOf } from '../core/moments.js';
import { float64s, type Rules } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { type ColumnMoments, native } from '../native.js';
import { type ColumnAffine, ColumnScaler, safeScale } from './column-scaler.js';

/** Learned by {@link MaxAbsScaler}. */
export interface MaxAbsScalerState {
  /** [columns], NaN for a column without a value. */
  readonly maxAbs: Float64Array;
}

/**
 * x / max |x|, column by column: into [-1, 1], zeros staying zeros. Missing values are left out of the maximum and stay
 * missing. A column of zeros is left alone.
 *
 * Differs from scikit-learn: no `partialFit`, no `clip`; sample weights have no meaning here and are ignored.
 * `transformSparse` keeps sparse rows sparse, where `transform` makes them dense.
 *
 * @example
 * ```ts
 * import { MaxAbsScaler } from 'boreal';
 * const scaler = await new MaxAbsScaler().fit([[-4], [2]]);
 * scaler.transformSync([[-4], [2]]).toArray(); // [[-1], [0.5]]
 * ```
 */
export class MaxAbsScaler extends ColumnScaler<Record<string, never>, MaxAbsScalerState> {
  constructor(params: Record<string, never> = {}) {
    super({ ...params });
  }

  get rules(): Rules<Record<string, never>> {
    return {};
  }

  get stateRules(): Rules<MaxAbsScalerState> {
    return { maxAbs: float64s() };
  }

  protected override learnsInPlace() {
    return true;
  }

  protected async fitState({ x, cancel }: FitInput): Promise<MaxAbsScalerState> {
    return { maxAbs: largest(await momentsOf(x, cancel)) };
  }

  protected override async fitSparse({ x, cancel }: SparseFitInput): Promise<MaxAbsScalerState> {
    return { maxAbs: largest(await native.csrMoments(...csrArguments(x), null, cancel)) };
  }

  /** Largest absolute values of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get maxAbs(): Float64Array {
    return this.state.maxAbs.slice();
  }

  /** What columns are divided by. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): Float64Array {
    return safeScale(this.state.maxAbs);
  }

  protected affine(): ColumnAffine {
    return { shift: new Float64Array(this.state.maxAbs.length), scale: this.scale };
  }
}

function largest({ count, min, max }: ColumnMoments): Float64Array {
  return count.map((n, j) => (n > 0 ? Math.max(Math.abs(min[j]), Math.abs(max[j])) : Number.NaN));
}
