/** Where values are missing, as numbers. */
import { withCancel } from '../core/cancellation.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { checkFiniteSparse } from '../core/input-checks.js';
import { Transformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { MatrixLike } from '../core/matrix.js';
import { type ColumnRanges, rangesOf } from '../core/moments.js';
import { bool, checkLength, oneOf, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { takeSparseColumns } from '../core/sparse/csr-columns.js';
import { type CsrMatrix, csrArguments, requireCsr } from '../core/sparse/csr-matrix.js';
import { toSparse } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { checkedRows, type KeepsSparse, replaceValues } from '../core/sparse/weigh.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { lowerMarked, type MissingValues, markMissing, missingValuesRule } from './marker.js';
import { isMissing } from './missing.js';
import { isNoZero, markSparse, missingOf } from './sparse.js';

/** Parameters of {@link MissingIndicator}. */
export interface MissingIndicatorParams {
  /** A column for each that had missing values in the training set, or for all. Default 'missing-only'. */
  features: 'missing-only' | 'all';
  /** Refuse missing values of new rows where the training set had none; for 'missing-only'. Default true. */
  errorOnNew: boolean;
  /** What is missing: NaN (whatever the schema takes for it), or a number or text of your own, and then nothing else. Default NaN. */
  missingValues: MissingValues;
  /** Whether the steps after it in a pipeline are fitted on sparse rows. Default false: where it gets sparse rows itself. */
  sparse: boolean;
}

/** Learned by {@link MissingIndicator}. */
export interface MissingIndicatorState {
  /** By column: 1 where a training row was missing. */
  readonly hadMissing: Uint8Array;
}

/**
 * 1 where a value is missing (NaN, null, undefined), else 0.
 *
 * Sparse rows are read as they are: what they leave out is 0, and not missing.
 *
 * Differs from scikit-learn: numbers, not booleans; `sparse` is true or false, which is its 'auto', and `transformSparse` gives sparse
 * rows.
 *
 * @example
 * ```ts
 * import { MissingIndicator } from 'boreal';
 * const indicator = new MissingIndicator();
 * (await indicator.fitTransform([[1, NaN], [2, 3]])).toArray(); // [[1], [0]]
 * indicator.features; // [1]
 * ```
 */
export class MissingIndicator
  extends Transformer<MissingIndicatorParams, MissingIndicatorState>
  implements MakesSparse, KeepsSparse
{
  constructor(params: Partial<MissingIndicatorParams> = {}) {
    super({
      ...{ features: 'missing-only', errorOnNew: true, missingValues: Number.NaN },
      ...{ sparse: false, ...params },
    });
  }

  get rules(): Rules<MissingIndicatorParams> {
    return {
      features: oneOf('missing-only', 'all'),
      errorOnNew: bool,
      missingValues: missingValuesRule,
      sparse: bool,
    };
  }

  get stateRules(): Rules<MissingIndicatorState> {
    return { hadMissing: uint8s() };
  }

  override get tags() {
    return { allowNan: Number.isNaN(this.params.missingValues), allowCategories: true };
  }

  protected override checkState({ hadMissing }: MissingIndicatorState, columns: readonly Column[]): void {
    checkLength(this, 'hadMissing', hadMissing, columns.length);
  }

  protected override learnsInPlace() {
    return Number.isNaN(this.params.missingValues);
  }

  protected async fitState(input: FitInput): Promise<MissingIndicatorState> {
    const { missingValues } = this.params;
    const { cancel } = input;
    // Without a marker x is read before anything is waited for: see learnsInPlace.
    const x = Number.isNaN(missingValues) ? input.x : await markMissing(input, missingValues);
    return this.#learned(await rangesOf(x, cancel), x.rows);
  }

  protected override async fitSparse(input: SparseFitInput): Promise<MissingIndicatorState> {
    const x = markSparse(this, input.x, input.columns, this.params.missingValues);
    return this.#learned(await native.csrMoments(...csrArguments(x), null, input.cancel), x.rows);
  }

  #learned({ count }: ColumnRanges, rows: number): MissingIndicatorState {
    const hadMissing = Uint8Array.from(count, (n) => (n < rows ? 1 : 0));
    if (this.params.features === 'missing-only' && !hadMissing.includes(1)) {
      throw new ValidationError(
        'ERR_EMPTY',
        "MissingIndicator: no value is missing, so nothing would come out; features: 'all' gives a column for each.",
      );
    }
    return { hadMissing };
  }

  /** Positions of the columns that come out. @throws {ERR_NOT_FITTED} before `fit` */
  get features(): number[] {
    const { hadMissing } = this.state;
    const all = [...hadMissing.keys()];
    return this.fittedParams.features === 'all' ? all : all.filter((j) => hadMissing[j] === 1);
  }

  outputColumns(): readonly Column[] {
    const { columns } = this.schema;
    return this.features.map((j) => ({ name: `missingindicator_${columns[j].name}`, kind: 'number' }));
  }

  /** Whether what follows in a pipeline is fitted on sparse rows. @internal */
  get makesSparse(): boolean {
    return this.params.sparse;
  }

  /** Whether sparse rows stay sparse in a pipeline: unless `missingValues` is 0. @internal */
  get keepsSparse(): boolean {
    return this.isFitted && isNoZero(this.schema.columns, this.fittedParams.missingValues);
  }

  /**
   * As `transform`, sparse: a 1 for each missing value.
   *
   * @throws as `transform`, and {ERR_NOT_SUPPORTED} for sparse rows with `missingValues: 0`
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return withCancel(options.signal, async () =>
      isSparse(X) ? this.#ofSparse(requireCsr(X)) : toSparse(await this.transform(X)),
    );
  }

  #ofSparse(X: CsrMatrix): CsrMatrix {
    const { features, errorOnNew, missingValues } = this.fittedParams;
    const { hadMissing } = this.state;
    const given = checkedRows(this.schema, X, Number.isNaN(missingValues));
    const x = markSparse(this, given, this.schema.columns, missingValues);
    if (features === 'missing-only' && errorOnNew)
      checkFiniteSparse(replaceValues(x, (value, j) => (hadMissing[j] === 1 ? 0 : value)));
    return missingOf(takeSparseColumns(x, this.features));
  }

  lower(plan: PlanBuilder, given: Slot): Slot {
    const { features, errorOnNew, missingValues } = this.fittedParams;
    const x = lowerMarked(plan, given, this.schema.columns, missingValues);
    const shown = this.features;
    const others = [...this.state.hadMissing.keys()].filter((j) => this.state.hadMissing[j] === 0);
    const indicators = isMissing(plan, plan.gather(x, shown));
    if (features === 'all' || !errorOnNew || others.length === 0) return indicators;
    const names = others.map((j) => this.schema.columns[j].name);
    const checked = plan.check(plan.gather(x, others), false, names);
    // The check is an op of the plan only where something reads it.
    return plan.gather(plan.concat([indicators, checked]), [...shown.keys()]);
  }
}
