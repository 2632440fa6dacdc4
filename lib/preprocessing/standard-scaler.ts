/** Zero mean and unit variance, column by column. */
import type { FitInput, FitOptions, SparseFitInput } from '../core/fit-input.js';
import type { MatrixLike } from '../core/matrix.js';
import { type JoinedMoments, joinMoments, momentsOf } from '../core/moments.js';
import { bool, float64s, type Rules } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { native } from '../native.js';
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

  /** @internal */
  override get learnsVariance(): boolean {
    return true;
  }

  protected override learnsInPlace() {
    return true;
  }

  protected fitState(input: FitInput): Promise<StandardScalerState> {
    return learn(input, null);
  }

  protected override get learnsSparseInPlace(): boolean {
    return true;
  }

  protected override fitSparse(input: SparseFitInput): Promise<StandardScalerState> {
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

async function learn({ x, sampleWeight, cancel }: FitInput, before: StandardScalerState | null) {
  const own = sampleWeight
    ? await native.columnMoments(x.data, x.rows, x.cols, sampleWeight, cancel)
    : await momentsOf(x, cancel);
  return learned(own, before);
}

async function learnSparse({ x, sampleWeight, cancel }: SparseFitInput, before: StandardScalerState | null) {
  return learned(await native.csrMoments(...csrArguments(x), sampleWeight, cancel), before);
}

function learned(own: JoinedMoments, before: StandardScalerState | null): StandardScalerState {
  const { count, mean, variance } = before === null ? own : joinMoments(before, own);
  const scale = variance.map((v, j) => (isConstant(v, mean[j], count[j]) ? 1 : Math.sqrt(v)));
  return { mean, variance, scale, count };
}
