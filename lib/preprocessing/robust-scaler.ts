/** Columns centred by their median and divided by the distance of two quantiles. */

import { normalQuantile } from '../core/distributions/normal.js';
import type { FitInput } from '../core/fit-input.js';
import { bool, custom, float64s, type Rules } from '../core/params.js';
import { native } from '../native.js';
import { type ColumnAffine, ColumnScaler, safeScale } from './column-scaler.js';

/** Parameters of {@link RobustScaler}. */
export interface RobustScalerParams {
  /** Subtract the median. Default true. */
  withCentering: boolean;
  /** Divide by the distance of the quantiles. Default true. */
  withScaling: boolean;
  /** The two quantiles, in percent. Default [25, 75]. */
  quantileRange: readonly [low: number, high: number];
  /** Divide the distance by that of a standard normal distribution, whose values then have the variance 1. Default false. */
  unitVariance: boolean;
}

/** Learned by {@link RobustScaler}; all of length [columns], NaN for a column without a value. */
export interface RobustScalerState {
  readonly center: Float64Array;
  /** What columns are divided by: 1 for those whose quantiles are equal. */
  readonly scale: Float64Array;
}

/**
 * (x - median) / (quantile - quantile), which outliers do not change. Missing values are left out of the statistics and stay
 * missing.
 *
 * Differs from scikit-learn: sample weights are ignored in both.
 *
 * @example
 * ```ts
 * import { RobustScaler } from 'boreal';
 * const scaler = await new RobustScaler().fit([[1], [2], [3], [4], [1000]]);
 * scaler.transformSync([[1], [3], [1000]]).toArray(); // [[-1], [0], [498.5]]
 * ```
 */
export class RobustScaler extends ColumnScaler<RobustScalerParams, RobustScalerState> {
  constructor(params: Partial<RobustScalerParams> = {}) {
    super({
      withCentering: true,
      withScaling: true,
      quantileRange: [25, 75],
      unitVariance: false,
      ...params,
    });
  }

  get rules(): Rules<RobustScalerParams> {
    return {
      withCentering: bool,
      withScaling: bool,
      quantileRange: custom(
        'two percentages [low, high], 0 <= low <= high <= 100',
        (v) =>
          Array.isArray(v) &&
          v.length === 2 &&
          v.every(Number.isFinite) &&
          0 <= v[0] &&
          v[0] <= v[1] &&
          v[1] <= 100,
      ),
      unitVariance: custom(
        'true or false, and false for a quantileRange that ends at 0 or 100, or is empty',
        (v) => {
          const [low, high] = this.params.quantileRange;
          return v === false || (v === true && low > 0 && low < high && high < 100);
        },
      ),
    };
  }

  get stateRules(): Rules<RobustScalerState> {
    return { center: float64s(), scale: float64s() };
  }

  protected async fitState({ x, cancel }: FitInput): Promise<RobustScalerState> {
    const [low, high] = this.params.quantileRange.map((percent) => percent / 100);
    const probabilities = Float64Array.of(low, 0.5, high);
    const quantiles = await native.columnQuantiles(x.data, x.rows, x.cols, probabilities, 'linear', cancel);
    const column = (k: number) => Float64Array.from({ length: x.cols }, (_, j) => quantiles[3 * j + k]);
    const [below, center, above] = [column(0), column(1), column(2)];
    const unit = this.params.unitVariance ? normalQuantile(high) - normalQuantile(low) : 1;
    const scale = safeScale(above.map((value, j) => value - below[j])).map((range) => range / unit);
    return { center, scale };
  }

  /** Medians of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get center(): Float64Array {
    return this.state.center.slice();
  }

  /** What columns are divided by. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): Float64Array {
    return this.state.scale.slice();
  }

  protected affine(): ColumnAffine {
    const { center, scale } = this.state;
    const { withCentering, withScaling } = this.fittedParams;
    return {
      shift: withCentering ? center : new Float64Array(center.length),
      scale: withScaling ? scale : new Float64Array(scale.length).fill(1),
    };
  }
}
