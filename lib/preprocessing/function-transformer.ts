/** A function of each value that learns nothing. */
import type { FitInput } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { bool, custom, either, int, nothing, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { ACTIVATIONS, type Activation, BINARY_FUNCTIONS, type BinaryFunction } from '../core/plan-types.js';
import type { Column } from '../core/schema.js';
import { StateError } from '../errors.js';
import { numberColumns } from './columns.js';

/** A function by name, or one of two numbers with its second: `['mul', 0.5]` is x * 0.5. */
export type FunctionStep = Activation | readonly [BinaryFunction, number];
/** One function, or several of which each takes what the one before it gives. */
export type FunctionSteps = FunctionStep | readonly FunctionStep[];

/** Parameters of {@link FunctionTransformer}. */
export interface FunctionTransformerParams {
  /** Default null: values stay as they are. */
  func: FunctionSteps | null;
  /** What undoes it. Default null: `inverseTransform` leaves values as they are. */
  inverseFunc: FunctionSteps | null;
  /** Let missing values pass, which stay missing. Default true. */
  allowNan: boolean;
}

/** Learned by {@link FunctionTransformer}: nothing but how many columns there are. */
export interface FunctionTransformerState {
  readonly columns: number;
}

const isStep = (step: unknown): step is FunctionStep => {
  if (typeof step === 'string') return (ACTIVATIONS as readonly string[]).includes(step);
  if (!Array.isArray(step) || step.length !== 2) return false;
  return (BINARY_FUNCTIONS as readonly unknown[]).includes(step[0]) && Number.isFinite(step[1]);
};
const stepsOf = (func: FunctionSteps): readonly FunctionStep[] =>
  isStep(func) ? [func] : (func as readonly FunctionStep[]);
/** What `func` may be. */
export const functionSteps = either(
  nothing,
  custom(
    `a function (${ACTIVATIONS.join(', ')}), a pair such as ['mul', 0.5] (${BINARY_FUNCTIONS.join(', ')}) or a list of them; a function of JavaScript cannot run within a plan`,
    (v) => isStep(v) || (Array.isArray(v) && v.length > 0 && v.every(isStep)),
  ),
);

/**
 * Applies a function, or a chain of them, to each value.
 *
 * Differs from scikit-learn: functions are named, so that they run natively, in plans, model files and servers; all columns
 * are numbers; no `checkInverse`, `kwArgs`, `featureNamesOut`; missing values pass by default.
 *
 * @example
 * ```ts
 * import { FunctionTransformer } from 'boreal';
 * const log = new FunctionTransformer({ func: 'log1p', inverseFunc: 'expm1' });
 * await log.fit([[0], [1]]);
 * log.transformSync([[0]]).toArray(); // [[0]]
 * const celsius = new FunctionTransformer({ func: [['sub', 32], ['div', 1.8]] });
 * (await celsius.fitTransform([[212]])).toArray(); // [[100]]
 * ```
 */
export class FunctionTransformer extends InvertibleTransformer<
  FunctionTransformerParams,
  FunctionTransformerState
> {
  constructor(params: Partial<FunctionTransformerParams> = {}) {
    super({ func: null, inverseFunc: null, allowNan: true, ...params });
  }

  get rules(): Rules<FunctionTransformerParams> {
    return { func: functionSteps, inverseFunc: functionSteps, allowNan: bool };
  }

  get stateRules(): Rules<FunctionTransformerState> {
    return { columns: int(1) };
  }

  override get tags() {
    return { allowNan: this.params.allowNan };
  }

  protected async fitState({ x }: FitInput): Promise<FunctionTransformerState> {
    return { columns: x.cols };
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return apply(plan, x, this.fittedParams.func);
  }

  /** @internal @throws {ERR_NOT_SUPPORTED} without an inverseFunc */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    const { func, inverseFunc } = this.fittedParams;
    if (func !== null && inverseFunc === null) {
      throw new StateError(
        'ERR_NOT_SUPPORTED',
        'FunctionTransformer has no inverseFunc that would undo its func.',
      );
    }
    return apply(plan, x, inverseFunc);
  }
}

function apply(plan: PlanBuilder, x: Slot, func: FunctionSteps | null): Slot {
  if (func === null) return x;
  return stepsOf(func).reduce<Slot>((slot, step) => {
    if (typeof step === 'string') return plan.activation(slot, step);
    const [name, operand] = step;
    return plan.binary(slot, name, new Float64Array(slot.width).fill(operand));
  }, x);
}
