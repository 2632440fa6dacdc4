/** Columns divided by their largest absolute value. */

import type { FitInput, FitOptions, SparseFitInput } from '../core/fit-input.js';
import type { MatrixLike } from '../core/matrix.js';
import { type ColumnRanges, rangesOf } from '../core/moments.js';
import { absent, bool, either, float64s, int, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { replaceValues } from '../core/sparse/weigh.js';
import { native } from '../native.js';
import { type ColumnAffine, ColumnScaler, known, knownRows, safeScale, seenRows } from './column-scaler.js';

/** Parameters of {@link MaxAbsScaler}. */
export interface MaxAbsScalerParams {
  /** Values beyond those of the fit become -1 and 1. Default false. */
  clip: boolean;
}

/** Learned by {@link MaxAbsScaler}. */
export interface MaxAbsScalerState {
  /** [columns], NaN for a column without a value. */
  readonly maxAbs: Float64Array;
  /** The number of rows; absent in files of earlier releases. */
  readonly seen?: number;
}

/**
 * x / max |x|, column by column: into [-1, 1], zeros staying zeros. Missing values are left out of the maximum and stay
 * missing. A column of zeros is left alone.
 *
 * Differs from scikit-learn: sample weights have no meaning here and are ignored.
 * `transformSparse` keeps sparse rows sparse, where `transform` makes them dense.
 *
 * @example
 * ```ts
 * import { MaxAbsScaler } from 'boreal';
 * const scaler = await new MaxAbsScaler().fit([[-4], [2]]);
 * scaler.transformSync([[-4], [2]]).toArray(); // [[-1], [0.5]]
 * ```
 */
export class MaxAbsScaler extends ColumnScaler<MaxAbsScalerParams, MaxAbsScalerState> {
  constructor(params: Partial<MaxAbsScalerParams> = {}) {
    super({ clip: false, ...params });
  }

  get rules(): Rules<MaxAbsScalerParams> {
    return { clip: bool };
  }

  get stateRules(): Rules<MaxAbsScalerState> {
    return { maxAbs: float64s(), seen: either(int(1), absent) };
  }

  protected override learnsInPlace() {
    return true;
  }

  protected fitState(input: FitInput): Promise<MaxAbsScalerState> {
    return learn(input, null);
  }

  protected override get learnsSparseInPlace(): boolean {
    return true;
  }

  protected override fitSparse(input: SparseFitInput): Promise<MaxAbsScalerState> {
    return learnSparse(input, null);
  }

  /**
   * Learns from more rows: what many parts give is what `fit` learns from all of them at once, but for rounding.
   *
   * @param y - not read
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  partialFit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    return this.fitPart(X, y, options, learn, learnSparse);
  }

  /** Largest absolute values of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get maxAbs(): Float64Array {
    return this.state.maxAbs.slice();
  }

  /** Rows learned from, of all parts, missing values or not. @throws {ERR_NOT_FITTED} before `fit` @throws {ERR_NOT_SUPPORTED} for a model file without it */
  get nSamplesSeen(): number {
    return knownRows(this, this.state.seen);
  }

  /** What columns are divided by. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): Float64Array {
    return safeScale(this.state.maxAbs);
  }

  protected affine(): ColumnAffine {
    return { shift: new Float64Array(this.state.maxAbs.length), scale: this.scale };
  }

  override async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    // Read before waiting: a fit may end meanwhile.
    const { clip } = this.fittedParams;
    const scaled = await super.transformSparse(X);
    return clip ? replaceValues(scaled, (value) => Math.min(1, Math.max(-1, value))) : scaled;
  }

  override lower(plan: PlanBuilder, x: Slot): Slot {
    const scaled = super.lower(plan, x);
    if (!this.fittedParams.clip) return scaled;
    const ends = (value: number) => new Float64Array(x.width).fill(value);
    return plan.binary(plan.binary(scaled, 'max', ends(-1)), 'min', ends(1));
  }
}

async function learn({ x, cancel }: FitInput, before: MaxAbsScalerState | null) {
  return learned(x.rows, await rangesOf(x, cancel), before);
}

async function learnSparse({ x, cancel }: SparseFitInput, before: MaxAbsScalerState | null) {
  return learned(x.rows, await native.csrMoments(...csrArguments(x), null, cancel), before);
}

function learned(
  rows: number,
  { count, min, max }: ColumnRanges,
  before: MaxAbsScalerState | null,
): MaxAbsScalerState {
  const largest = max.map((value, j) => Math.max(Math.abs(min[j]), Math.abs(value)));
  return { maxAbs: known(largest, count, before?.maxAbs, Math.max), ...seenRows(rows, before) };
}
