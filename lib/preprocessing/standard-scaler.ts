/** Zero mean and unit variance, column by column. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { bool, float64s, type Rules } from '../core/params.js';
import { Plan, resolveCompileOptions } from '../core/plan.js';
import { PlanBuilder, type Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';

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
 * @example
 * ```ts
 * import { StandardScaler } from 'boreal';
 * const scaler = await new StandardScaler().fit([[0], [10]]);
 * scaler.transformSync([[0], [5], [10]]).toArray(); // [[-1], [0], [1]]
 * ```
 */
export class StandardScaler extends Transformer<StandardScalerParams, StandardScalerState> {
  constructor(params: Partial<StandardScalerParams> = {}) {
    super({ withMean: true, withStd: true, ...params });
  }

  get rules(): Rules<StandardScalerParams> {
    return { withMean: bool, withStd: bool };
  }

  get stateRules(): Rules<StandardScalerState> {
    return { mean: float64s(), variance: float64s(), scale: float64s(), count: float64s() };
  }

  override get tags() {
    return { allowNan: true };
  }

  protected async fitState({ x, sampleWeight, cancel }: FitInput): Promise<StandardScalerState> {
    const { count, mean, variance } = await native.columnMoments(
      x.data,
      x.rows,
      x.cols,
      sampleWeight,
      cancel,
    );
    const scale = variance.map((v, j) => (isConstant(v, mean[j], count[j]) ? 1 : Math.sqrt(v)));
    return { mean, variance, scale, count };
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

  outputColumns(): readonly Column[] {
    return this.schema.columns.map(({ name }) => ({ name, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { shift, scale } = this.#affine();
    return plan.affine(x, shift, scale);
  }

  /**
   * Undoes {@link StandardScaler.transform}, up to rounding.
   *
   * @param X - scaled rows, [rows, columns]
   */
  async inverseTransform(X: MatrixLike): Promise<Matrix> {
    const { shift, scale } = this.#affine();
    const builder = new PlanBuilder(shift.length);
    // z * scale + shift, written as (z - (-shift / scale)) / (1 / scale)
    const output = builder.affine(
      builder.input,
      shift.map((s, j) => -s / scale[j]),
      scale.map((s) => 1 / s),
    );
    const options = resolveCompileOptions({}, this.snapshot().fitted?.dtype ?? 'float64');
    const plan = await Plan.compileAsync(builder.build(output), this.schema, options);
    return plan.run(X);
  }

  #affine(): { shift: Float64Array; scale: Float64Array } {
    const { mean, scale } = this.state;
    const { withMean, withStd } = this.fittedParams;
    return {
      shift: withMean ? mean : new Float64Array(mean.length),
      scale: withStd ? scale : new Float64Array(scale.length).fill(1),
    };
  }
}

/** Whether a variance is no more than the rounding error of computing it (scikit-learn's bound). */
function isConstant(variance: number, mean: number, count: number): boolean {
  return variance <= count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
}
