/** A function of each value that learns nothing. */
import type { FitInput } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { bool, checkLength, custom, either, int, nothing, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { ACTIVATIONS, type Activation, BINARY_FUNCTIONS, type BinaryFunction } from '../core/plan-types.js';
import { warnOfNoInverse } from '../core/round-trip.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
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
  /**
   * Warn by `fit` when `inverseFunc` does not undo `func`: for about a hundred rows, within a relative 1e-7, in float64. Default true.
   */
  checkInverse: boolean;
  /**
   * Names of the columns that come out: those that went in ('oneToOne'), a list of others, or a function of those that went in. Default
   * 'oneToOne'.
   */
  featureNamesOut: 'oneToOne' | readonly string[] | ((names: readonly string[]) => readonly string[]);
}

/** Learned by {@link FunctionTransformer}: nothing but how many columns there are, and what they are called. */
export interface FunctionTransformerState {
  readonly columns: number;
  /** Names of the columns that come out; undefined: those that went in. */
  readonly names?: readonly string[];
}

const isNames = (v: unknown): v is readonly string[] =>
  Array.isArray(v) && v.length > 0 && v.every((name) => typeof name === 'string');

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

/** @throws {ERR_PARAMETER} for a function of Math that has a name here, saying which */
export function refuseMath(owner: object, ...given: readonly unknown[]): void {
  const functions = Math as unknown as Record<string, unknown>;
  for (const func of given.flat()) {
    const name = typeof func === 'function' && ACTIVATIONS.find((own) => functions[own] === func);
    if (!name) continue;
    const message = `${owner.constructor.name}: a function of JavaScript cannot run within a plan; write '${name}' in place of Math.${name}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
}

/**
 * Applies a function, or a chain of them, to each value.
 *
 * Differs from scikit-learn: functions are named, so that they run natively, in plans, model files and servers; all columns
 * are numbers; further arguments (`kwArgs`) are the numbers of pairs; missing values pass by default; columns have names out, too, unless
 * told otherwise. A model file has the names that `featureNamesOut` gave, not the function.
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
    super({
      ...{ func: null, inverseFunc: null, allowNan: true, checkInverse: true },
      ...{ featureNamesOut: 'oneToOne' as const },
      ...params,
    });
  }

  get rules(): Rules<FunctionTransformerParams> {
    return {
      ...{ func: functionSteps, inverseFunc: functionSteps, allowNan: bool, checkInverse: bool },
      featureNamesOut: either(
        oneOf('oneToOne'),
        custom('a list of names, or a function that gives one', (v) => typeof v === 'function' || isNames(v)),
      ),
    };
  }

  override checkParams(): void {
    refuseMath(this, this.params.func, this.params.inverseFunc);
    super.checkParams();
  }

  get stateRules(): Rules<FunctionTransformerState> {
    return {
      columns: int(1),
      names: custom('a list of names, or absent', (v) => v === undefined || isNames(v)),
    };
  }

  protected override checkState({ names }: FunctionTransformerState, columns: readonly Column[]): void {
    if (names !== undefined) checkLength(this, 'names', names, columns.length);
  }

  /** A function is no part of a model file. @internal */
  override snapshot() {
    const { params, fitted } = super.snapshot();
    const names = fitted?.state.names;
    return { params: names === undefined ? params : { ...params, featureNamesOut: names }, fitted };
  }

  override get tags() {
    return { allowNan: this.params.allowNan };
  }

  protected async fitState(input: FitInput): Promise<FunctionTransformerState> {
    const { func, inverseFunc, checkInverse } = this.params;
    if (checkInverse && func !== null && inverseFunc !== null) {
      const roundTrip = (plan: PlanBuilder, x: Slot) => apply(plan, apply(plan, x, func), inverseFunc);
      await warnOfNoInverse(roundTrip, input, {
        ...{ owner: this.constructor.name, rows: 100 },
        ...{ relative: 1e-7, absolute: 1e-9 },
      });
    }
    const names = this.#namesOf(input.columns.map(({ name }) => name));
    return { columns: input.x.cols, ...(names && { names }) };
  }

  /** What the columns are called; undefined where that does not change. */
  #namesOf(given: readonly string[]): readonly string[] | undefined {
    const { featureNamesOut } = this.params;
    if (featureNamesOut === 'oneToOne') return undefined;
    const names = typeof featureNamesOut === 'function' ? featureNamesOut(given) : featureNamesOut;
    if (isNames(names) && names.length === given.length) return [...names];
    throw new ValidationError(
      'ERR_PARAMETER',
      `FunctionTransformer: featureNamesOut must give a list of ${given.length} names, one for each column.`,
    );
  }

  outputColumns(): readonly Column[] {
    const { names } = this.state;
    const columns = numberColumns(this.schema.columns);
    return names === undefined ? columns : names.map((name, j) => ({ ...columns[j], name }));
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
