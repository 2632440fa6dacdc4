/** Where values are missing, as numbers. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { momentsOf } from '../core/moments.js';
import { bool, checkLength, oneOf, type Rules, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
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
}

/** Learned by {@link MissingIndicator}. */
export interface MissingIndicatorState {
  /** By column: 1 where a training row was missing. */
  readonly hadMissing: Uint8Array;
}

/**
 * 1 where a value is missing (NaN, null, undefined), else 0.
 *
 * Differs from scikit-learn: numbers, not booleans; a dense result.
 *
 * @example
 * ```ts
 * import { MissingIndicator } from 'boreal';
 * const indicator = new MissingIndicator();
 * (await indicator.fitTransform([[1, NaN], [2, 3]])).toArray(); // [[1], [0]]
 * indicator.features; // [1]
 * ```
 */
export class MissingIndicator extends Transformer<MissingIndicatorParams, MissingIndicatorState> {
  constructor(params: Partial<MissingIndicatorParams> = {}) {
    super({ features: 'missing-only', errorOnNew: true, missingValues: Number.NaN, ...params });
  }

  get rules(): Rules<MissingIndicatorParams> {
    return { features: oneOf('missing-only', 'all'), errorOnNew: bool, missingValues: missingValuesRule };
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
