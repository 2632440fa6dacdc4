/** Columns mapped to a given range. */

import type { FitInput, FitOptions } from '../core/fit-input.js';
import type { MatrixLike } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import { absent, bool, custom, either, float64s, int, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type ColumnAffine, ColumnScaler, known, knownRows, safeScale, seenRows } from './column-scaler.js';

/** Parameters of {@link MinMaxScaler}. */
export interface MinMaxScalerParams {
  /** What the smallest and the largest value of a column become. Default [0, 1]. */
  featureRange: readonly [min: number, max: number];
  /** Values beyond those of the fit become the ends of `featureRange`. Default false. */
  clip: boolean;
}

/** Learned by {@link MinMaxScaler}. */
export interface MinMaxScalerState {
  /** [columns], NaN for a column without a value. */
  readonly dataMin: Float64Array;
  /** [columns], NaN for a column without a value. */
  readonly dataMax: Float64Array;
  /** The number of rows; absent in files of earlier releases. */
  readonly seen?: number;
}

/**
 * min + (max - min) (x - smallest) / (largest - smallest), column by column. Missing values are left out of the statistics
 * and stay missing. A constant column becomes `featureRange[0]`.
 *
 * Differs from scikit-learn: sample weights have no meaning here and are ignored.
 *
 * @example
 * ```ts
 * import { MinMaxScaler } from 'boreal';
 * const scaler = await new MinMaxScaler().fit([[0], [5], [10]]);
 * scaler.transformSync([[0], [5], [20]]).toArray(); // [[0], [0.5], [2]]
 * ```
 */
export class MinMaxScaler extends ColumnScaler<MinMaxScalerParams, MinMaxScalerState> {
  constructor(params: Partial<MinMaxScalerParams> = {}) {
    super({ featureRange: [0, 1], clip: false, ...params });
  }

  get rules(): Rules<MinMaxScalerParams> {
    return {
      featureRange: custom(
        'two finite numbers [min, max], min < max',
        (v) => Array.isArray(v) && v.length === 2 && v.every(Number.isFinite) && v[0] < v[1],
      ),
      clip: bool,
    };
  }

  get stateRules(): Rules<MinMaxScalerState> {
    return { dataMin: float64s(), dataMax: float64s(), seen: either(int(1), absent) };
  }

  protected override learnsInPlace() {
    return true;
  }

  protected fitState(input: FitInput): Promise<MinMaxScalerState> {
    return learn(input, null);
  }

  /**
   * Learns from more rows: what many parts give is what `fit` learns from all of them at once, but for rounding.
   *
   * @param y - not read
   * @throws as {@link Estimator.fit}, and {ERR_SHAPE} when X has other columns than before
   */
  partialFit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
    return this.fitPart(X, y, options, learn);
  }

  /** Smallest values of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get dataMin(): Float64Array {
    return this.state.dataMin.slice();
  }

  /** Largest values of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get dataMax(): Float64Array {
    return this.state.dataMax.slice();
  }

  /** Rows learned from, of all parts, missing values or not. @throws {ERR_NOT_FITTED} before `fit` @throws {ERR_NOT_SUPPORTED} for a model file without it */
  get nSamplesSeen(): number {
    return knownRows(this, this.state.seen);
  }

  /** Largest minus smallest values. @throws {ERR_NOT_FITTED} before `fit` */
  get dataRange(): Float64Array {
    const { dataMin, dataMax } = this.state;
    return dataMax.map((max, j) => max - dataMin[j]);
  }

  /** What columns are multiplied by. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): Float64Array {
    return this.affine().scale.map((s) => 1 / s);
  }

  /** What is added after that: `x * scale + min` is what comes out. @throws {ERR_NOT_FITTED} before `fit` */
  get min(): Float64Array {
    const [low] = this.fittedParams.featureRange;
    const { scale } = this;
    return this.state.dataMin.map((min, j) => low - min * scale[j]);
  }

  protected affine(): ColumnAffine {
    const { dataMin } = this.state;
    const [low, high] = this.fittedParams.featureRange;
    const scale = safeScale(this.dataRange).map((range) => range / (high - low));
    return { shift: dataMin.map((min, j) => min - low * scale[j]), scale };
  }

  override lower(plan: PlanBuilder, x: Slot): Slot {
    const scaled = super.lower(plan, x);
    const { featureRange, clip } = this.fittedParams;
    if (!clip) return scaled;
    const end = (k: 0 | 1) => new Float64Array(x.width).fill(featureRange[k]);
    return plan.binary(plan.binary(scaled, 'max', end(0)), 'min', end(1));
  }
}

async function learn({ x, cancel }: FitInput, before: MinMaxScalerState | null): Promise<MinMaxScalerState> {
  const { count, min, max } = await rangesOf(x, cancel);
  return {
    dataMin: known(min, count, before?.dataMin, Math.min),
    dataMax: known(max, count, before?.dataMax, Math.max),
    ...seenRows(x.rows, before),
  };
}
