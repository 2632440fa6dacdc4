/** Hours, weekdays, months and angles as points on a circle. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { checkLength, custom, either, float64s, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Parameters of {@link CyclicalEncoder}. */
export interface CyclicalEncoderParams {
  /** After how much a column begins anew, above 0: for all columns, for each, or by name. Default 1. */
  period: number | readonly number[] | Readonly<Record<string, number>>;
}

/** Learned by {@link CyclicalEncoder}. */
export interface CyclicalEncoderState {
  /** [columns] */
  readonly periods: Float64Array;
}

/**
 * Each column becomes sin(2 pi x / period) and cos(2 pi x / period), so that 23 o'clock is as near to midnight as 1 o'clock is.
 * Missing values stay missing. scikit-learn has no such class; its guides build it of two `FunctionTransformer`.
 *
 * @example
 * ```ts
 * import { CyclicalEncoder } from 'boreal';
 * const encoder = await new CyclicalEncoder({ period: { hour: 24 } }).fit({ hour: [0, 6, 12] });
 * encoder.transformSync({ hour: [6, 12] }).toArray(); // [[1, 0], [0, -1]]
 * encoder.getFeatureNamesOut(); // ['hour_sin', 'hour_cos']
 * ```
 */
export class CyclicalEncoder extends Transformer<CyclicalEncoderParams, CyclicalEncoderState> {
  constructor(params: Partial<CyclicalEncoderParams> = {}) {
    super({ period: 1, ...params });
  }

  get rules(): Rules<CyclicalEncoderParams> {
    const period = real(0, Infinity, 'min');
    return {
      period: either(
        period,
        custom('a list or an object of such numbers', (v) => {
          return typeof v === 'object' && v !== null && Object.values(v).every(period.allows);
        }),
      ),
    };
  }

  get stateRules(): Rules<CyclicalEncoderState> {
    return { periods: float64s() };
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState({ periods }: CyclicalEncoderState, columns: readonly Column[]): void {
    checkLength(this, 'periods', periods, columns.length);
    if (periods.every((period) => period > 0 && period < Infinity)) return;
    throw new ValidationError('ERR_PARAMETER', 'CyclicalEncoder state: a period is not above 0.');
  }

  protected async fitState({ columns }: FitInput): Promise<CyclicalEncoderState> {
    const { period } = this.params;
    if (typeof period === 'number') return { periods: new Float64Array(columns.length).fill(period) };
    if (Array.isArray(period)) {
      if (period.length === columns.length) return { periods: Float64Array.from(period) };
      throw new ValidationError(
        'ERR_SHAPE',
        `CyclicalEncoder: period has ${period.length} numbers, but X has ${columns.length} columns.`,
      );
    }
    const byName = period as Readonly<Record<string, number>>;
    const stray = Object.keys(byName).find((name) => !columns.some((column) => column.name === name));
    const without = columns.find(({ name }) => !Object.hasOwn(byName, name));
    if (stray !== undefined || without !== undefined) {
      const why =
        stray === undefined ? `column '${without?.name}' has no period` : `there is no column '${stray}'`;
      throw new ValidationError('ERR_UNKNOWN_COLUMN', `CyclicalEncoder: ${why}.`);
    }
    return { periods: Float64Array.from(columns, ({ name }) => byName[name]) };
  }

  /** The period of each column. @throws {ERR_NOT_FITTED} before `fit` */
  get periods(): Float64Array {
    return this.state.periods.slice();
  }

  outputColumns(): readonly Column[] {
    return this.schema.columns.flatMap(({ name }): Column[] => [
      { name: `${name}_sin`, kind: 'number' },
      { name: `${name}_cos`, kind: 'number' },
    ]);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    // sin and cos of pi times a number, which is twice the turns: whole turns are left out exactly.
    const halfTurns = plan.binary(
      x,
      'div',
      this.state.periods.map((period) => period / 2),
    );
    const both = plan.concat([plan.activation(halfTurns, 'sinPi'), plan.activation(halfTurns, 'cosPi')]);
    const columns = Array.from({ length: 2 * x.width }, (_, k) => Math.floor(k / 2) + (k % 2) * x.width);
    return plan.gather(both, columns);
  }
}
