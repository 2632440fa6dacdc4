/** Categories as whole numbers. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import type { NamedCategories } from '../core/named-categories.js';
import { checkLength, custom, float64s, int32s, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { numberColumns } from './columns.js';
import {
  checkLists,
  checkRestored,
  type GivenCategories,
  givenCategories,
  knownCategories,
  labelsOf,
  namedBy,
  placesOf,
} from './given-categories.js';
import {
  countCategories,
  groupsOf,
  groupsRule,
  hasLimits,
  type InfrequentParams,
  infrequentRules,
  NO_LIMITS,
} from './infrequent.js';

/** Parameters of {@link OrdinalEncoder}. */
export interface OrdinalEncoderParams extends InfrequentParams {
  /**
   * The categories of each column in the order of their codes, as ['low', 'medium', 'high'], null for missing values, last: they may lack in
   * the training set. Those of numbers and booleans must be sorted. 'auto' for a column, or for all: those of the training set, sorted.
   * Default 'auto'.
   */
  categories: GivenCategories;
  /**
   * A category not seen during fit: an error, or `unknownValue`. Default 'error', which refuses a training set with values that are not
   * listed, too.
   */
  handleUnknown: 'error' | 'useEncodedValue';
  /** What unknown categories become; NaN is possible. For 'useEncodedValue' only. Default null. */
  unknownValue: number | null;
  /** What missing values become. Default NaN. */
  encodedMissingValue: number;
}

/** Learned by {@link OrdinalEncoder}. */
export interface OrdinalEncoderState {
  /** [columns + 1]: the categories of column j stand at offsets[j] .. offsets[j + 1] in `values`. */
  readonly offsets: Int32Array;
  /** Sorted by column; NaN (missing) last where it was seen. */
  readonly values: Float64Array;
  /** What each category becomes; NaN for missing. */
  readonly codes: Float64Array;
  /** [columns], where any may be infrequent: the code of those of the column, or -1. */
  readonly infrequent?: Int32Array;
}

/**
 * The position of each category among those of its column: 0, 1, 2 and so on. Missing values stay missing.
 *
 * With `minFrequency` or `maxCategories`, rare categories share one code, the last of their column.
 *
 * Differs from scikit-learn: `categories` may be 'auto' for some columns, and has no missing values as an attribute; `inverseTransform` gives
 * null for infrequent categories.
 *
 * @throws {ERR_PARAMETER} by `fit` for `categories` that mix types, name one twice, hold missing values before others, or are numbers and
 *   not sorted
 * @throws {ERR_SHAPE} by `fit` for lists of another number of columns
 * @throws {ERR_DTYPE} by `fit` for categories of another type than their column
 * @throws {ERR_UNKNOWN_CATEGORY} by `fit` for a value that is not listed, and later for one that is no category, with `handleUnknown: 'error'`
 * @example
 * ```ts
 * import { OrdinalEncoder } from 'boreal';
 * const encoder = new OrdinalEncoder({ categories: [['S', 'M', 'L']] });
 * await encoder.fit({ size: ['L', 'S', 'M'] });
 * encoder.transformSync({ size: ['S', 'M', 'L'] }).toArray(); // [[0], [1], [2]]
 * ```
 */
export class OrdinalEncoder extends Transformer<OrdinalEncoderParams, OrdinalEncoderState> {
  constructor(params: Partial<OrdinalEncoderParams> = {}) {
    super({
      categories: 'auto',
      handleUnknown: 'error',
      unknownValue: null,
      encodedMissingValue: Number.NaN,
      ...NO_LIMITS,
      ...params,
    });
  }

  /** @internal */
  override get forgetsRows(): boolean {
    return this.constructor === OrdinalEncoder;
  }

  get rules(): Rules<OrdinalEncoderParams> {
    const number = custom('a number', (v) => typeof v === 'number' && Math.abs(v) !== Infinity);
    return {
      categories: givenCategories,
      handleUnknown: oneOf('error', 'useEncodedValue'),
      unknownValue: this.params.handleUnknown === 'error' ? nothing : number,
      encodedMissingValue: number,
      ...infrequentRules,
    };
  }

  override checkParams(): void {
    super.checkParams();
    checkLists(this, this.params.categories);
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    return namedBy(this.params.categories, columns);
  }

  get stateRules(): Rules<OrdinalEncoderState> {
    return { offsets: int32s(), values: float64s(), codes: float64s(), infrequent: groupsRule };
  }

  override get tags() {
    return { allowNan: true, allowCategories: true };
  }

  protected override checkState(
    { offsets, values, codes, infrequent }: OrdinalEncoderState,
    columns: readonly Column[],
  ): void {
    checkLength(this, 'offsets', offsets, columns.length + 1);
    checkLength(this, 'values', values, offsets[columns.length]);
    checkLength(this, 'codes', codes, values.length);
    if (infrequent !== undefined) checkLength(this, 'infrequent', infrequent, columns.length);
    checkRestored(this, columns, this.params.categories);
  }

  protected async fitState(input: FitInput): Promise<OrdinalEncoderState> {
    const { x, columns } = input;
    const { categories, unknownValue, encodedMissingValue, handleUnknown } = this.params;
    const known = await knownCategories(this, input, { categories, isStrict: handleUnknown === 'error' });
    const { offsets, values } = known;
    // Missing values, which come last, are none of the categories.
    const places = placesOf(this, { columns, dtype: x.dtype, categories }, known);
    const codes = Float64Array.from(places, (place, k) => (Number.isNaN(values[k]) ? Number.NaN : place));
    const counts = hasLimits(this.params) ? await countCategories(input, offsets, values) : null;
    const infrequent = new Int32Array(x.cols).fill(-1);
    columns.forEach((column, j) => {
      const own = codes.subarray(offsets[j], offsets[j + 1]);
      let count = own.filter((code) => code >= 0).length;
      if (counts !== null) {
        const byCode = new Float64Array(count);
        own.forEach((code, k) => {
          if (code >= 0) byCode[code] = counts[offsets[j] + k];
        });
        const grouped = groupsOf(byCode, x.rows, this.params);
        own.forEach((code, k) => {
          if (code >= 0) own[k] = grouped.groups[code];
        });
        infrequent[j] = grouped.infrequent;
        count = grouped.size;
      }
      refuseCode('unknownValue', unknownValue, count, column);
      if (own.some(Number.isNaN)) refuseCode('encodedMissingValue', encodedMissingValue, count, column);
    });
    return { offsets, values, codes, ...(counts !== null && { infrequent }) };
  }

  /** The categories of each column in the order of their codes. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Label[][] {
    const { categories } = this.fittedParams;
    const { schema, state, dtype } = this;
    const labels = labelsOf({ columns: schema.columns, dtype, categories }, state);
    return labels.map((own) => own.filter((label) => label !== null));
  }

  /** The categories of each column that share one code, in their order. @throws {ERR_NOT_FITTED} before `fit` */
  get infrequentCategories(): Label[][] {
    const { infrequent } = this.state;
    if (infrequent === undefined) return this.schema.columns.map(() => []);
    return this.#codes().map((own, j) =>
      own.filter(([code]) => code >= 0 && code === infrequent[j]).map(([, label]) => label),
    );
  }

  /** The categories of each column in their order, each with its code. */
  #codes(): Array<Array<[code: number, label: Label]>> {
    const { fittedParams, schema, state, dtype } = this;
    const { offsets, values, codes } = state;
    const places = placesOf(
      this,
      { columns: schema.columns, dtype, categories: fittedParams.categories },
      state,
    );
    return this.categories.map((labels, j) => {
      const byPlace = new Map<number, number>();
      for (let k = offsets[j]; k < offsets[j + 1]; k++) {
        if (!Number.isNaN(values[k])) byPlace.set(places[k], codes[k]);
      }
      return labels.map((label, place) => [byPlace.get(place) ?? place, label]);
    });
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { offsets, values, codes } = this.state;
    const { handleUnknown, unknownValue, encodedMissingValue } = this.fittedParams;
    const reject = handleUnknown === 'error';
    const indices = plan.category(x, offsets, values, reject, this.featureNamesIn);
    const otherwise = new Float64Array(x.width).fill(unknownValue ?? Number.NaN);
    const encoded = codes.map((code) => (Number.isNaN(code) ? encodedMissingValue : code));
    return plan.lookup(indices, offsets, encoded, otherwise);
  }

  /**
   * The categories of codes; null for missing, for infrequent ones and for what is no code.
   *
   * @param X - codes, [rows, columns]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than the model
   */
  inverseTransform(X: NumericMatrixLike): Array<Array<Label | null>> {
    const { infrequent } = this.state;
    const labels = this.#codes().map((own, j) => new Map(own.filter(([code]) => code !== infrequent?.[j])));
    const codes = Matrix.from(X);
    this.schema.checkWidth(codes.cols);
    return codes.toArray().map((row) => row.map((code, j) => labels[j].get(code) ?? null));
  }
}

/** @throws {ERR_PARAMETER} for a value that is one of the codes 0 to count - 1 */
function refuseCode(name: string, value: number | null, count: number, column: Column): void {
  if (value === null || !Number.isInteger(value) || value < 0 || value >= count) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `OrdinalEncoder: ${name} ${value} is also the code of a category of column '${column.name}'.`,
  );
}
