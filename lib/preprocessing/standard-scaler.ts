/** Zero mean and unit variance, column by column. */
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { momentsOf } from '../core/moments.js';
import { bool, float64s, type Rules } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { type ColumnMoments, native } from '../native.js';
import { type ColumnAffine, ColumnScaler, isConstant } from './column-scaler.js';

/** Parameters of {@link StandardScaler}. */
export interface StandardScalerParams {
  /** Subtract the mean. Default true. */
  withMean: boolean;
  /** Divide by the standard deviation. Default true. */
  withStd: boolean;
}

/** Learned by {@link StandardScaler}; all of length [columns]. */
export interface StandardScalerState {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** What columns are divided by: 1 for constant columns. */
  readonly scale: Float64Array;
  readonly count: Float64Array;
}

/**
 * (x - mean) / standard deviation, with the population variance. Missing values are left out of the statistics and
 * stay missing. Constant columns are centred only.
 *
 * Differs from scikit-learn: sparse rows are taken with `withMean`, too, and made dense by `transform`, in blocks. With
 * `withMean: false`, `transformSparse` keeps them sparse.
 *
 * @example
 * ```ts
 * import { StandardScaler } from 'boreal';
 * const scaler = await new StandardScaler().fit([[0], [10]]);
 * scaler.transformSync([[0], [5], [10]]).toArray(); // [[-1], [0], [1]]
 * ```
 */
export class StandardScaler extends ColumnScaler<StandardScalerParams, StandardScalerState> {
  constructor(params: Partial<StandardScalerParams> = {}) {
    super({ withMean: true, withStd: true, ...params });
  }

  get rules(): Rules<StandardScalerParams> {
    return { withMean: bool, withStd: bool };
  }

  get stateRules(): Rules<StandardScalerState> {
    return { mean: float64s(), variance: float64s(), scale: float64s(), count: float64s() };
  }

  protected override learnsInPlace() {
    return true;
  }

  protected async fitState({ x, sampleWeight, cancel }: FitInput): Promise<StandardScalerState> {
    return learned(
      sampleWeight
        ? await native.columnMoments(x.data, x.rows, x.cols, sampleWeight, cancel)
        : await momentsOf(x, cancel),
    );
  }

  protected override async fitSparse(input: SparseFitInput): Promise<StandardScalerState> {
    const { x, sampleWeight, cancel } = input;
    return learned(await native.csrMoments(...csrArguments(x), sampleWeight, cancel));
  }

  /** Means of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get mean(): Float64Array {
    return this.state.mean.slice();
  }

  /** Population variances of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get var(): Float64Array {
    return this.state.variance.slice();
  }

  /** What columns are divided by. @throws {ERR_NOT_FITTED} before `fit` */
  get scale(): Float64Array {
    return this.state.scale.slice();
  }

  /** Rows (or their weight) that were not missing, by column. @throws {ERR_NOT_FITTED} before `fit` */
  get nSamplesSeen(): Float64Array {
    return this.state.count.slice();
  }

  protected affine(): ColumnAffine {
    const { mean, scale } = this.state;
    const { withMean, withStd } = this.fittedParams;
    return {
      shift: withMean ? mean : new Float64Array(mean.length),
      scale: withStd ? scale : new Float64Array(scale.length).fill(1),
    };
  }
}

function learned({ count, mean, variance }: ColumnMoments): StandardScalerState {
  const scale = variance.map((v, j) => (isConstant(v, mean[j], count[j]) ? 1 : Math.sqrt(v)));
  return { mean, variance, scale, count };
}
