/** Categories as indicator columns. */
import type { FitInput } from '../core/fit-input.js';
import { checkFinite } from '../core/input-checks.js';
import { Transformer } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import type { SignalOptions } from '../core/linalg/call.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { bool, checkLength, either, float64s, int32s, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { type Indicators, indicatorRows } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { categoryLabel } from './category-label.js';
import {
  countCategories,
  groupsOf,
  groupsRule,
  hasLimits,
  type InfrequentParams,
  infrequentRules,
  NO_LIMITS,
} from './infrequent.js';

/** Parameters of {@link OneHotEncoder}. */
export interface OneHotEncoderParams extends InfrequentParams {
  /** Leave out one category per column: 'first', the first of columns with two ('ifBinary'), or none (null). Default null. */
  drop: 'first' | 'ifBinary' | null;
  /**
   * A category not seen during fit: an error, all zeros ('ignore'), or one of the infrequent ones of its column, and all zeros
   * where there are none ('infrequentIfExist'). Default 'error'.
   */
  handleUnknown: 'error' | 'ignore' | 'infrequentIfExist';
  /** Whether the steps after it in a pipeline are fitted on sparse rows. Default false: on dense ones. */
  sparseOutput: boolean;
}

/** Learned by {@link OneHotEncoder}. */
export interface OneHotEncoderState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] in `values`. */
  readonly offsets: Int32Array;
  /** Sorted by column; NaN (missing) last where it was seen. */
  readonly values: Float64Array;
  /** [columns] index of the category left out, or -1 */
  readonly drop: Int32Array;
  /** By category, where any may be infrequent: its indicator among those of its column, before one is left out. */
  readonly groups?: Int32Array;
  /** [columns], there too: the indicator of the infrequent categories, or -1. */
  readonly infrequent?: Int32Array;
}

/**
 * One indicator column per category, for text and for numbers. A missing value seen during fit is a category of its own.
 *
 * With `minFrequency` or `maxCategories`, rare categories share one indicator, the last of their column.
 *
 * `transform` and compiled plans give dense rows, `transformSparse` gives sparse ones. With `sparseOutput` pipelines and
 * {@link ColumnTransformer} fit what follows on sparse rows, which for many categories takes a fraction of the time and memory.
 *
 * Differs from scikit-learn: no `categories` of the caller's; `inverseTransform` gives null for infrequent categories; `sparseOutput` is false by default; the indicator of infrequent categories is named `<column>_infrequent`.
 *
 * @example
 * ```ts
 * import { OneHotEncoder } from 'boreal';
 * const encoder = await new OneHotEncoder().fit({ colour: ['red', 'blue', 'red'] });
 * encoder.getFeatureNamesOut(); // ['colour_blue', 'colour_red']
 * encoder.transformSync({ colour: ['blue'] }).toArray(); // [[1, 0]]
 * (await encoder.transformSparse({ colour: ['red'] })).toTriplets(); // [[0, 1, 1]]
 * encoder.inverseTransform([[0, 1]]); // [['red']]
 * ```
 */
export class OneHotEncoder
  extends Transformer<OneHotEncoderParams, OneHotEncoderState>
  implements MakesSparse
{
  constructor(params: Partial<OneHotEncoderParams> = {}) {
    super({ drop: null, handleUnknown: 'error', sparseOutput: false, ...NO_LIMITS, ...params });
  }

  get rules(): Rules<OneHotEncoderParams> {
    return {
      drop: either(oneOf('first', 'ifBinary'), nothing),
      handleUnknown: oneOf('error', 'ignore', 'infrequentIfExist'),
      sparseOutput: bool,
      ...infrequentRules,
    };
  }

  get stateRules(): Rules<OneHotEncoderState> {
    return {
      ...{ offsets: int32s(), values: float64s(), drop: int32s() },
      ...{ groups: groupsRule, infrequent: groupsRule },
    };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected override checkState(state: OneHotEncoderState, columns: readonly Column[]): void {
    const { offsets, values, drop, groups, infrequent } = state;
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'drop', drop, columns.length);
    if (groups === undefined && infrequent === undefined) return;
    checkLength(this, 'groups', groups ?? [], values.length);
    checkLength(this, 'infrequent', infrequent ?? [], columns.length);
  }

  protected async fitState(input: FitInput): Promise<OneHotEncoderState> {
    const { x, cancel } = input;
    const { offsets, values } = await native.columnDistinct(x.data, x.rows, x.cols, cancel);
    const counts = hasLimits(this.params) ? await countCategories(input, offsets, values) : null;
    const grouped = Array.from({ length: counts === null ? 0 : x.cols }, (_, j) =>
      groupsOf(counts!.subarray(offsets[j], offsets[j + 1]), x.rows, this.params),
    );
    const drop = Int32Array.from({ length: x.cols }, (_, j) => {
      const size = grouped[j]?.size ?? offsets[j + 1] - offsets[j];
      const drops = this.params.drop === 'first' || (this.params.drop === 'ifBinary' && size === 2);
      return drops ? 0 : -1;
    });
    if (counts === null) return { offsets, values, drop };
    const groups = Int32Array.from(grouped.flatMap((column) => column.groups));
    return {
      offsets,
      values,
      drop,
      groups,
      infrequent: Int32Array.from(grouped, (column) => column.infrequent),
    };
  }

  /** The categories of each column, sorted, null for missing. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Array<Array<Label | null>> {
    const { offsets, values } = this.state;
    return this.schema.columns.map((column, j) =>
      Array.from(values.subarray(offsets[j], offsets[j + 1]), (value) => categoryLabel(column, value)),
    );
  }

  /** The categories of each column that share one indicator, sorted. @throws {ERR_NOT_FITTED} before `fit` */
  get infrequentCategories(): Array<Array<Label | null>> {
    const { offsets, groups, infrequent } = this.state;
    return this.categories.map((labels, j) =>
      labels.filter((_, k) => groups !== undefined && groups[offsets[j] + k] === infrequent?.[j]),
    );
  }

  outputColumns(): readonly Column[] {
    const { drop } = this.state;
    const { infrequentCategories } = this;
    return this.categories.flatMap((labels, j) => {
      const { name } = this.schema.columns[j];
      const rare = infrequentCategories[j];
      const frequent = labels.filter((label) => !rare.includes(label)).map((label) => label ?? 'nan');
      return [...frequent, ...(rare.length > 0 ? ['infrequent'] : [])]
        .filter((_, code) => code !== drop[j])
        .map((label): Column => ({ name: `${name}_${label}`, kind: 'number' }));
    });
  }

  /**
   * The category of the greatest indicator of each column, of equal ones the first; null for missing and for infrequent ones. Where all
   * indicators of a column are 0 it is the category that `drop` has left out, else null.
   *
   * @param X - indicators, [rows, columns that come out]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for an indicator that is not finite
   * @throws {ERR_UNKNOWN_CATEGORY} with `handleUnknown: 'error'`, for a column of zeros of which none is left out
   */
  inverseTransform(X: NumericMatrixLike): Array<Array<Label | null>> {
    const { drop } = this.state;
    const { infrequentCategories, categories } = this;
    const mayBeUnknown = this.fittedParams.handleUnknown !== 'error';
    const columns = categories.map((labels, j) => {
      const rare = infrequentCategories[j];
      const known = labels.filter((label) => !rare.includes(label));
      const all = rare.length > 0 ? [...known, null] : known;
      return { kept: all.filter((_, code) => code !== drop[j]), dropped: all[drop[j]] };
    });
    const indicators = Matrix.from(X);
    const width = columns.reduce((sum, { kept }) => sum + kept.length, 0);
    if (indicators.cols !== width) {
      const message = `OneHotEncoder: X has ${indicators.cols} columns, but there are ${width} indicators.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    checkFinite(indicators, this.outputColumns(), false);
    return indicators.toArray().map((row, i) => {
      let first = 0;
      return columns.map(({ kept, dropped }, j) => {
        const own = row.slice(first, first + kept.length);
        first += kept.length;
        if (own.some((value) => value !== 0)) return kept[greatest(own)];
        if (dropped !== undefined || mayBeUnknown) return dropped ?? null;
        const { name } = this.schema.columns[j];
        const message = `OneHotEncoder: row ${i} has zeros only for column '${name}', which is no category.`;
        throw new ValidationError('ERR_UNKNOWN_CATEGORY', message);
      });
    });
  }

  /** Whether what follows in a pipeline is fitted on sparse rows. @internal */
  get makesSparse(): boolean {
    return this.params.sparseOutput;
  }

  /**
   * As `transform`, of any rows, sparse: each known category is a 1. No dense rows are made on the way.
   *
   * @returns [rows, indicators], float64
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_UNKNOWN_CATEGORY} for a category that was not seen, with `handleUnknown: 'error'`
   * @throws {ERR_ABORTED} when options.signal fires
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return indicatorRows(this, X, options, (plan, x) => this.#indicators(plan, x));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { codes, sizes, drop } = this.#indicators(plan, x);
    return plan.oneHot(codes, sizes, drop);
  }

  #indicators(plan: PlanBuilder, x: Slot): Indicators {
    const { offsets, values, drop, groups, infrequent } = this.state;
    const { handleUnknown } = this.fittedParams;
    const codes = plan.category(x, offsets, values, handleUnknown === 'error', this.featureNamesIn);
    const count = (j: number) => offsets[j + 1] - offsets[j];
    if (groups === undefined || infrequent === undefined)
      return { codes, sizes: Int32Array.from(drop, (_, j) => count(j)), drop };
    const sizes = Int32Array.from(infrequent, (group, j) => (group < 0 ? count(j) : group + 1));
    const unknown = Float64Array.from(infrequent, (group) =>
      handleUnknown === 'infrequentIfExist' ? group : -1,
    );
    return { codes: plan.lookup(codes, offsets, Float64Array.from(groups), unknown), sizes, drop };
  }
}

/** Where the greatest value stands, of equal ones the first. */
function greatest(values: readonly number[]): number {
  return values.reduce((best, value, k) => (value > values[best] ? k : best), 0);
}
