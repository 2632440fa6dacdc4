/** Categories as whole numbers. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { compareLabels, type Label } from '../core/labels.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkLength, custom, float64s, int32s, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { categoryLabel } from './category-label.js';
import { numberColumns } from './columns.js';
import { checkGivenCategories, givenCategories } from './given-categories.js';
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
   * The order of the categories of each column, where the sorted one is not meant, as for ['low', 'medium', 'high'];
   * 'auto' for a column, or for all: sorted. Default 'auto'.
   */
  categories: 'auto' | ReadonlyArray<'auto' | readonly Label[]>;
  /** A category not seen during fit: an error, or `unknownValue`. Default 'error'. */
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
 * Differs from scikit-learn: a category that stands in `categories` but not in the training set is unknown afterwards;
 * `inverseTransform` gives null for infrequent categories.
 *
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
  }

  protected async fitState(input: FitInput): Promise<OrdinalEncoderState> {
    const { x, columns, cancel } = input;
    const { categories, unknownValue, encodedMissingValue } = this.params;
    checkGivenCategories(this, categories, x.cols);
    const { offsets, values } = await native.columnDistinct(x.data, x.rows, x.cols, cancel);
    const codes = new Float64Array(values.length).fill(Number.NaN);
    const counts = hasLimits(this.params) ? await countCategories(input, offsets, values) : null;
    const infrequent = new Int32Array(x.cols).fill(-1);
    columns.forEach((column, j) => {
      const order = categories === 'auto' ? 'auto' : categories[j];
      for (let k = offsets[j]; k < offsets[j + 1]; k++) {
        const label = categoryLabel(column, values[k]);
        if (label !== null) codes[k] = order === 'auto' ? k - offsets[j] : place(column, order, label);
      }
      const own = codes.subarray(offsets[j], offsets[j + 1]);
      let count = order === 'auto' ? own.length : order.length;
      // Missing values are none of the categories.
      let known = order === 'auto' ? own.filter((code) => code >= 0).length : count;
      if (counts !== null) {
        const byCode = new Float64Array(known);
        own.forEach((code, k) => {
          if (code >= 0) byCode[code] = counts[offsets[j] + k];
        });
        const grouped = groupsOf(byCode, x.rows, this.params);
        own.forEach((code, k) => {
          if (code >= 0) own[k] = grouped.groups[code];
        });
        infrequent[j] = grouped.infrequent;
        count = grouped.size;
        known = count;
      }
      refuseCode('unknownValue', unknownValue, count, column);
      if (own.some(Number.isNaN)) refuseCode('encodedMissingValue', encodedMissingValue, known, column);
    });
    return { offsets, values, codes, ...(counts !== null && { infrequent }) };
  }

  /** The categories of each column in the order of their codes. @throws {ERR_NOT_FITTED} before `fit` */
  get categories(): Label[][] {
    const { categories } = this.fittedParams;
    const { offsets, values } = this.state;
    return this.schema.columns.map((column, j) => {
      const order = categories === 'auto' ? 'auto' : categories[j];
      if (order !== 'auto') return [...order];
      const labels = Array.from(values.subarray(offsets[j], offsets[j + 1]), (v) => categoryLabel(column, v));
      return labels.filter((label) => label !== null);
    });
  }

  /** The categories of each column that share one code, sorted. @throws {ERR_NOT_FITTED} before `fit` */
  get infrequentCategories(): Label[][] {
    const { infrequent } = this.state;
    return this.schema.columns.map((_, j) => {
      const own = this.#labelsByCode(j).filter(([code]) => code >= 0 && code === infrequent?.[j]);
      return own.map(([, label]) => label as Label);
    });
  }

  /** The categories of a column in their order, each with its code; those of missing values are NaN. */
  #labelsByCode(j: number): Array<[code: number, label: Label | null]> {
    const { offsets, values, codes } = this.state;
    const column = this.schema.columns[j];
    const own = Array.from(values.subarray(offsets[j], offsets[j + 1]));
    return own.map((value, k) => [codes[offsets[j] + k], categoryLabel(column, value)]);
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
    const labels = this.categories.map((order, j) => {
      if (infrequent === undefined) return new Map(order.map((label, code) => [code, label]));
      return new Map(this.#labelsByCode(j).filter(([code]) => code !== infrequent[j]));
    });
    const codes = Matrix.from(X);
    this.schema.checkWidth(codes.cols);
    return codes.toArray().map((row) => row.map((code, j) => labels[j].get(code) ?? null));
  }
}

function place(column: Column, order: readonly Label[], label: Label): number {
  const code = order.findIndex((known) => compareLabels(known, label) === 0 && typeof known === typeof label);
  if (code >= 0) return code;
  throw new ValidationError(
    'ERR_UNKNOWN_CATEGORY',
    `OrdinalEncoder: column '${column.name}' holds ${JSON.stringify(label)}, which is not among its categories.`,
  );
}

/** @throws {ERR_PARAMETER} for a value that is one of the codes 0 to count - 1 */
function refuseCode(name: string, value: number | null, count: number, column: Column): void {
  if (value === null || !Number.isInteger(value) || value < 0 || value >= count) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `OrdinalEncoder: ${name} ${value} is also the code of a category of column '${column.name}'.`,
  );
}
