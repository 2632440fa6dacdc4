/** Categories as indicator columns. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { checkLength, either, float64s, int32s, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { native } from '../native.js';
import { categoryLabel } from './category-label.js';

/** Parameters of {@link OneHotEncoder}. */
export interface OneHotEncoderParams {
  /** Leave out one category per column: 'first', the first of columns with two ('ifBinary'), or none (null). Default null. */
  drop: 'first' | 'ifBinary' | null;
  /** A category not seen during fit: an error, or all zeros ('ignore'). Default 'error'. */
  handleUnknown: 'error' | 'ignore';
}

/** Learned by {@link OneHotEncoder}. */
export interface OneHotEncoderState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] in `values`. */
  readonly offsets: Int32Array;
  /** Sorted by column; NaN (missing) last where it was seen. */
  readonly values: Float64Array;
  /** [columns] index of the category left out, or -1 */
  readonly drop: Int32Array;
}

/**
 * One indicator column per category, for text and for numbers. A missing value seen during fit is a category of its own.
 *
 * Differs from scikit-learn: the result is dense; `minFrequency` and `maxCategories` do not exist yet.
 *
 * @example
 * ```ts
 * import { OneHotEncoder } from 'boreal';
 * const encoder = await new OneHotEncoder().fit({ colour: ['red', 'blue', 'red'] });
 * encoder.getFeatureNamesOut(); // ['colour_blue', 'colour_red']
 * encoder.transformSync({ colour: ['blue'] }).toArray(); // [[1, 0]]
 * ```
 */
export class OneHotEncoder extends Transformer<OneHotEncoderParams, OneHotEncoderState> {
  constructor(params: Partial<OneHotEncoderParams> = {}) {
    super({ drop: null, handleUnknown: 'error', ...params });
  }

  get rules(): Rules<OneHotEncoderParams> {
    return { drop: either(oneOf('first', 'ifBinary'), nothing), handleUnknown: oneOf('error', 'ignore') };
  }

  get stateRules(): Rules<OneHotEncoderState> {
    return { offsets: int32s(), values: float64s(), drop: int32s() };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected override checkState({ offsets, drop }: OneHotEncoderState, columns: readonly Column[]): void {
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'drop', drop, columns.length);
  }

  protected async fitState({ x, cancel }: FitInput): Promise<OneHotEncoderState> {
    const { offsets, values } = await native.columnDistinct(x.data, x.rows, x.cols, cancel);
    const drop = Int32Array.from({ length: x.cols }, (_, j) => {
      const size = offsets[j + 1] - offsets[j];
      const drops = this.params.drop === 'first' || (this.params.drop === 'ifBinary' && size === 2);
      return drops ? 0 : -1;
    });
    return { offsets, values, drop };
  }

  /** The categories of each column, sorted, null for missing. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Array<Array<Label | null>> {
    const { offsets, values } = this.state;
    return this.schema.columns.map((column, j) =>
      Array.from(values.subarray(offsets[j], offsets[j + 1]), (value) => categoryLabel(column, value)),
    );
  }

  outputColumns(): readonly Column[] {
    const { drop } = this.state;
    return this.categories.flatMap((labels, j) => {
      const { name } = this.schema.columns[j];
      return labels
        .filter((_, code) => code !== drop[j])
        .map((label): Column => ({ name: `${name}_${label ?? 'nan'}`, kind: 'number' }));
    });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { offsets, values, drop } = this.state;
    const sizes = Int32Array.from(drop, (_, j) => offsets[j + 1] - offsets[j]);
    const rejectUnknown = this.fittedParams.handleUnknown === 'error';
    const codes = plan.category(x, offsets, values, rejectUnknown, this.featureNamesIn);
    return plan.oneHot(codes, sizes, drop);
  }
}
