/** Where values are missing, as numbers. */
import { withCancel } from '../core/cancellation.js';
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { MatrixLike } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { bool, checkLength, oneOf, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { toSparse } from '../core/sparse/encode.js';
import type { MakesSparse } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import { lowerMarked, type MissingValues, markMissing, missingValuesRule } from './marker.js';
import { isMissing } from './missing.js';

/** Parameters of {@link MissingIndicator}. */
export interface MissingIndicatorParams {
  /** A column for each that had missing values in the training set, or for all. Default 'missing-only'. */
  features: 'missing-only' | 'all';
  /** Refuse missing values of new rows where the training set had none; for 'missing-only'. Default true. */
  errorOnNew: boolean;
  /** What is missing: NaN (whatever the schema takes for it), or a number or text of your own, and then nothing else. Default NaN. */
  missingValues: MissingValues;
  /** Whether the steps after it in a pipeline are fitted on sparse rows. Default false: on dense ones. */
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
 * Differs from scikit-learn: numbers, not booleans; `sparse` is true or false, and `transformSparse` gives sparse rows.
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
  implements MakesSparse
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
    const { count } = await momentsOf(x, cancel);
    const hadMissing = Uint8Array.from(count, (n) => (n < x.rows ? 1 : 0));
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

  /**
   * As `transform`, sparse: a 1 for each missing value.
   *
   * @throws as `transform`
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return withCancel(options.signal, async () => toSparse(await this.transform(X)));
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
