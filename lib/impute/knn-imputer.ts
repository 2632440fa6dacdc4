/** Missing values from the nearest rows (Troyanskaya et al., Missing value estimation methods for DNA microarrays, 2001). */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { rangesOf } from '../core/moments.js';
import { bool, checkLength, float64s, int, oneOf, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { lowerMarked, markMissing, missingNumberRule } from './marker.js';
import { appendFlags, flagColumns } from './missing-flags.js';

/** Parameters of {@link KNNImputer}. */
export interface KNNImputerParams {
  /** Number of neighbours, >= 1. Default 5. */
  nNeighbors: number;
  /** Neighbours count alike, or each by 1 / distance. Default 'uniform'. */
  weights: 'uniform' | 'distance';
  /** What stands for missing: NaN (and null in a table), or a number; then no value may be NaN. Default NaN. */
  missingValues: number;
  /** Append a column of 0 and 1 for each column that had missing values during fit. Default false. */
  addIndicator: boolean;
  /** Keep columns without any value, filled with 0; they are dropped otherwise. Default false. */
  keepEmptyFeatures: boolean;
}

/** Learned by {@link KNNImputer}: the training rows. */
export interface KNNImputerState {
  /** [rows, columns] row-major, NaN where a value is missing. */
  readonly points: Float64Array;
  /** Means of the columns; NaN for one without a value. */
  readonly means: Float64Array;
  /** 1 where values were missing during fit. */
  readonly hadMissing: Uint8Array;
}

/**
 * Replaces a missing value by the mean of its column over the `nNeighbors` nearest training rows that have it. Distances are euclidean
 * over the columns that both rows have, scaled up to all columns; of rows at equal distances the first is nearer. Where no row has a
 * distance, the mean of the column stands in.
 *
 * Differs from scikit-learn: `metric` and `weights` take no functions.
 *
 * @example
 * ```ts
 * import { KNNImputer } from 'boreal';
 * const imputer = new KNNImputer({ nNeighbors: 2 });
 * await imputer.fit([[1, 2], [3, 4], [NaN, 6], [8, 7]]);
 * imputer.transformSync([[NaN, 5]]).toArray(); // [[5.5, 5]]
 * ```
 */
export class KNNImputer extends Transformer<KNNImputerParams, KNNImputerState> {
  constructor(params: Partial<KNNImputerParams> = {}) {
    super({
      ...{ nNeighbors: 5, weights: 'uniform', missingValues: Number.NaN },
      ...{ addIndicator: false, keepEmptyFeatures: false },
      ...params,
    });
  }

  get rules(): Rules<KNNImputerParams> {
    return {
      nNeighbors: int(1, 0x7fff_ffff),
      weights: oneOf('uniform', 'distance'),
      missingValues: missingNumberRule,
      addIndicator: bool,
      keepEmptyFeatures: bool,
    };
  }

  get stateRules(): Rules<KNNImputerState> {
    return { points: float64s(), means: float64s(), hadMissing: uint8s() };
  }

  override get tags() {
    return { allowNan: Number.isNaN(this.params.missingValues) };
  }

  protected override checkState(
    { points, means, hadMissing }: KNNImputerState,
    columns: readonly Column[],
  ): void {
    checkLength(this, 'means', means, columns.length);
    checkLength(this, 'hadMissing', hadMissing, columns.length);
    if (points.length > 0 && points.length % columns.length === 0) return;
    throw new ValidationError('ERR_PARAMETER', "KNNImputer state: 'points' must hold whole rows.");
  }

  protected async fitState(input: FitInput): Promise<KNNImputerState> {
    const x = await markMissing(input, this.params.missingValues);
    const { count, mean } = await rangesOf(x, input.cancel);
    const means = mean.map((value, j) => (count[j] > 0 ? value : Number.NaN));
    if (means.every(Number.isNaN) && !this.params.keepEmptyFeatures) {
      throw new ValidationError(
        'ERR_EMPTY',
        'KNNImputer: no column has a value, so there is nothing to fill with.',
      );
    }
    const hadMissing = Uint8Array.from(count, (n) => (n < x.rows ? 1 : 0));
    return { points: Float64Array.from(x.data), means, hadMissing };
  }

  /** Numbers of the columns that come out; those without a value are dropped, unless `keepEmptyFeatures`. */
  #kept(): number[] {
    const { means } = this.state;
    return [...means.keys()].filter((j) => this.fittedParams.keepEmptyFeatures || !Number.isNaN(means[j]));
  }

  #flagged(): number[] {
    if (!this.fittedParams.addIndicator) return [];
    return [...this.state.hadMissing.keys()].filter((j) => this.state.hadMissing[j] === 1);
  }

  outputColumns(): readonly Column[] {
    const { columns } = this.schema;
    const filled = this.#kept().map((j): Column => ({ name: columns[j].name, kind: columns[j].kind }));
    return [...filled, ...flagColumns(columns, this.#flagged())];
  }

  lower(plan: PlanBuilder, given: Slot): Slot {
    const { points, means } = this.state;
    const { nNeighbors, weights, missingValues } = this.fittedParams;
    const x = lowerMarked(plan, given, this.schema.columns, missingValues);
    const fill = means.map((mean) => (Number.isNaN(mean) ? 0 : mean));
    // Of columns without a value, too: they count for the scale of distances, as in scikit-learn.
    const all = plan.neighborImpute(x, nNeighbors, weights === 'distance', points, fill);
    const filled = plan.gather(all, this.#kept());
    return appendFlags(plan, [x, filled], this.schema.columns, this.#flagged());
  }
}
