/** Missing values replaced by a statistic of their column. */

import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { newArray } from '../core/linalg/memory.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { rangesOf } from '../core/moments.js';
import {
  bool,
  checkLength,
  custom,
  either,
  float64s,
  nothing,
  oneOf,
  type Rules,
  uint8s,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { sparseSideBySide, takeSparseColumns } from '../core/sparse/csr-columns.js';
import { type CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { checkedRows, type KeepsSparse, replaceValues } from '../core/sparse/weigh.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import { codeOf, lowerMarked, type MissingValues, markMissing, missingValuesRule } from './marker.js';
import { appendFlags, flagColumns } from './missing-flags.js';
import { isNoZero, markSparse, missingOf } from './sparse.js';

/** Parameters of {@link SimpleImputer}. */
export interface SimpleImputerParams {
  /** What replaces a missing value; 'mean' and 'median' are for numbers only. Default 'mean'. */
  strategy: 'mean' | 'median' | 'mostFrequent' | 'constant';
  /** For 'constant': the value. Default null: 0 for numbers, 'missing_value' for text. */
  fillValue: number | string | null;
  /** Keep columns without any value, filled with `fillValue`; they are dropped otherwise. Default false. */
  keepEmptyFeatures: boolean;
  /** Append a column of 0 and 1 for each column that had missing values during fit. Default false. */
  addIndicator: boolean;
  /** What is missing: NaN (whatever the schema takes for it), or a number or text of your own, and then nothing else. Default NaN. */
  missingValues: MissingValues;
}

/** Learned by {@link SimpleImputer}; all of length [columns]. */
export interface SimpleImputerState {
  /** What replaces a missing value; NaN for dropped columns. For text: the code of a category. */
  readonly statistics: Float64Array;
  /** 1 where values were missing during fit. */
  readonly hadMissing: Uint8Array;
}

/** How what fills a column is computed. */
type Statistics = Readonly<
  Record<'mean' | 'median' | 'mostFrequent', () => Float64Array | Promise<Float64Array>>
>;

/**
 * Replaces missing values by the mean, the median, the most frequent value (the smallest of equals) or a constant.
 *
 * Sparse rows are read as they are: what they leave out counts as 0. `transformSparse` keeps them sparse, where `transform` makes them
 * dense.
 *
 * Differs from scikit-learn: 'constant' keeps a column of sparse rows that holds nothing but zeros, as of dense rows.
 *
 * @example
 * ```ts
 * import { SimpleImputer } from 'boreal';
 * const imputer = await new SimpleImputer({ strategy: 'median' }).fit([[1], [NaN], [3]]);
 * imputer.transformSync([[NaN]]).toArray(); // [[2]]
 * ```
 */
export class SimpleImputer
  extends Transformer<SimpleImputerParams, SimpleImputerState>
  implements KeepsSparse
{
  constructor(params: Partial<SimpleImputerParams> = {}) {
    super({
      ...{ strategy: 'mean', fillValue: null, keepEmptyFeatures: false, addIndicator: false },
      ...{ missingValues: Number.NaN, ...params },
    });
  }

  get rules(): Rules<SimpleImputerParams> {
    return {
      strategy: oneOf('mean', 'median', 'mostFrequent', 'constant'),
      fillValue: either(
        custom('a finite number or text', (v) => typeof v === 'string' || Number.isFinite(v)),
        nothing,
      ),
      keepEmptyFeatures: bool,
      addIndicator: bool,
      missingValues: missingValuesRule,
    };
  }

  get stateRules(): Rules<SimpleImputerState> {
    return { statistics: float64s(), hadMissing: uint8s() };
  }

  override get tags() {
    return { allowNan: Number.isNaN(this.params.missingValues), allowCategories: true };
  }

  protected override checkState(
    { statistics, hadMissing }: SimpleImputerState,
    columns: readonly Column[],
  ): void {
    checkLength(this, 'statistics', statistics, columns.length);
    checkLength(this, 'hadMissing', hadMissing, columns.length);
  }

  protected override learnsInPlace() {
    const { strategy, missingValues } = this.params;
    return strategy === 'mean' && Number.isNaN(missingValues);
  }

  protected async fitState(input: FitInput): Promise<SimpleImputerState> {
    const { missingValues } = this.params;
    const { columns, cancel } = input;
    this.#checkKinds(columns);
    // Without a marker x is read before anything is waited for: see learnsInPlace.
    const x = Number.isNaN(missingValues) ? input.x : await markMissing(input, missingValues);
    const { count, mean } = await rangesOf(x, cancel);
    const statistics = await this.#statistics(columns, {
      mean: () => mean,
      median: () => native.columnQuantiles(x.data, x.rows, x.cols, Float64Array.of(0.5), 'linear', cancel),
      mostFrequent: () => native.columnModes(x.data, x.rows, x.cols, cancel),
    });
    return this.#learned(columns, statistics, count, x.rows);
  }

  protected override async fitSparse(input: SparseFitInput): Promise<SimpleImputerState> {
    const { columns, cancel } = input;
    this.#checkKinds(columns);
    const x = markSparse(this, input.x, columns, this.params.missingValues);
    const rows = csrArguments(x);
    const { count, mean } = await native.csrMoments(...rows, null, cancel);
    const statistics = await this.#statistics(columns, {
      mean: () => mean,
      median: () => native.csrColumnQuantiles(...rows, Float64Array.of(0.5), 'linear', true, cancel),
      mostFrequent: () => native.csrColumnModes(...rows, cancel),
    });
    return this.#learned(columns, statistics, count, x.rows);
  }

  #checkKinds(columns: readonly Column[]): void {
    const { strategy } = this.params;
    const text = columns.find((c) => c.kind === 'category');
    if (text && (strategy === 'mean' || strategy === 'median')) {
      throw new ValidationError(
        'ERR_DTYPE',
        `SimpleImputer: strategy '${strategy}' needs numbers, but column '${text.name}' holds text; use 'mostFrequent' or 'constant'.`,
      );
    }
  }

  #statistics(columns: readonly Column[], ways: Statistics): Float64Array | Promise<Float64Array> {
    const { strategy } = this.params;
    if (strategy !== 'constant') return ways[strategy]();
    return Float64Array.from(columns, (column) => this.#constant(column));
  }

  /** @param count - of the values of each column that are not missing */
  #learned(
    columns: readonly Column[],
    computed: Float64Array,
    count: Float64Array,
    rows: number,
  ): SimpleImputerState {
    const statistics = computed.map((value, j) => {
      if (count[j] > 0) return value;
      return this.params.keepEmptyFeatures ? this.#constant(columns[j]) : Number.NaN;
    });
    if (statistics.every(Number.isNaN)) {
      throw new ValidationError(
        'ERR_EMPTY',
        'SimpleImputer: no column has a value, so there is nothing to fill with.',
      );
    }
    return { statistics, hadMissing: Uint8Array.from(count, (n) => (n < rows ? 1 : 0)) };
  }

  /** The constant as the plan reads it: for text, the code of an old category or of one added at the end. */
  #constant(column: Column): number {
    const { fillValue } = this.params;
    if (column.kind === 'category') {
      const categories = column.categories ?? [];
      const code = categories.indexOf(String(fillValue ?? 'missing_value'));
      return code >= 0 ? code : categories.length;
    }
    if (typeof fillValue === 'string') {
      throw new ValidationError(
        'ERR_DTYPE',
        `SimpleImputer: fillValue ${JSON.stringify(fillValue)} is text, but column '${column.name}' holds numbers.`,
      );
    }
    return fillValue ?? 0;
  }

  /** What replaces a missing value, by column; NaN for dropped columns. @throws {ERR_NOT_FITTED} before `fit` */
  get statistics(): Float64Array {
    return this.state.statistics.slice();
  }

  #kept(): number[] {
    return [...this.state.statistics.keys()].filter((j) => !Number.isNaN(this.state.statistics[j]));
  }

  #flagged(): number[] {
    if (!this.fittedParams.addIndicator) return [];
    return [...this.state.hadMissing.keys()].filter((j) => this.state.hadMissing[j] === 1);
  }

  /** As far as no column is dropped. @internal */
  override get keepsColumns(): boolean {
    return true;
  }

  outputColumns(): readonly Column[] {
    const { columns } = this.schema;
    const filled = this.#kept().map((j): Column => {
      const { name, kind, categories } = columns[j];
      if (kind !== 'category' || categories === undefined) return { name, kind };
      const isNew = this.state.statistics[j] === categories.length;
      return {
        name,
        kind,
        categories: isNew
          ? [...categories, String(this.fittedParams.fillValue ?? 'missing_value')]
          : categories,
      };
    });
    return [...filled, ...flagColumns(columns, this.#flagged())];
  }

  /** Where what is not stored is not missing: unless `missingValues` is 0. */
  get keepsSparse(): boolean {
    return this.isFitted && isNoZero(this.schema.columns, this.fittedParams.missingValues);
  }

  /**
   * As `transform`, of sparse rows, which stay sparse.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} with `missingValues: 0`
   * @throws {ERR_SHAPE} for another number of columns than that of the fit
   * @throws {ERR_INPUT_NAN | ERR_INPUT_INFINITE} for a value that is not finite, but for a missing one
   */
  async transformSparse(X: CsrMatrix): Promise<CsrMatrix> {
    const { schema, state, fittedParams } = this;
    const { missingValues } = fittedParams;
    const [kept, flagged] = [this.#kept(), this.#flagged()];
    const given = checkedRows(schema, X, Number.isNaN(missingValues));
    const x = markSparse(this, given, schema.columns, missingValues);
    const fill = kept.map((j) => state.statistics[j]);
    const filled = replaceValues(takeSparseColumns(x, kept), (value, j) =>
      Number.isNaN(value) ? fill[j] : value,
    );
    if (flagged.length === 0) return filled;
    const flags = missingOf(takeSparseColumns(x, flagged));
    return (await sparseSideBySide([filled, flags], null)).astype(x.dtype);
  }

  /**
   * Puts back what was missing, where indicators say so; columns that `fit` dropped are missing throughout.
   *
   * @param X - what `transform` gives, with its indicators
   * @returns [rows, columns of the training set], with `missingValues` (NaN, for a text its code) where values were missing
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} without `addIndicator`
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   * @example
   * ```ts
   * import { SimpleImputer } from 'boreal';
   * const imputer = await new SimpleImputer({ addIndicator: true }).fit([[1], [NaN], [3]]);
   * imputer.inverseTransform([[1, 0], [2, 1]]).toArray(); // [[1], [NaN]]
   * ```
   */
  inverseTransform(X: NumericMatrixLike): Matrix {
    const { addIndicator, missingValues } = this.fittedParams;
    const { columns } = this.schema;
    const [kept, flagged] = [this.#kept(), this.#flagged()];
    if (!addIndicator) {
      const message = 'SimpleImputer: without addIndicator nothing says which values were missing.';
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const x = Matrix.from(X);
    if (x.cols !== kept.length + flagged.length) {
      const message = `SimpleImputer: X has ${x.cols} columns, but ${kept.length + flagged.length} come out of transform.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const missing = columns.map((column) => codeOf(column, missingValues));
    const back = new Matrix(newArray(x.dtype, x.rows * columns.length), x.rows, columns.length);
    for (let i = 0; i < x.rows; i++) {
      const given = x.row(i);
      const row = back.data.subarray(i * columns.length, (i + 1) * columns.length);
      row.set(missing);
      kept.forEach((j, k) => {
        row[j] = given[k];
      });
      flagged.forEach((j, k) => {
        if (given[kept.length + k] !== 0) row[j] = missing[j];
      });
    }
    return back;
  }

  lower(plan: PlanBuilder, given: Slot): Slot {
    const x = lowerMarked(plan, given, this.schema.columns, this.fittedParams.missingValues);
    const kept = this.#kept();
    const fill = Float64Array.from(kept, (j) => this.state.statistics[j]);
    const filled = plan.impute(plan.gather(x, kept), fill);
    return appendFlags(plan, [x, filled], this.schema.columns, this.#flagged());
  }
}
