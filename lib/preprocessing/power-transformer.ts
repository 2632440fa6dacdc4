/** Columns bent towards a normal distribution. */
import { applyOps } from '../core/apply.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { FitInput } from '../core/fit-input.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { momentsOf, rangesOf } from '../core/moments.js';
import { bool, checkLength, float64s, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';
import { isConstant } from './column-scaler.js';
import { numberColumns } from './columns.js';

/** Parameters of {@link PowerTransformer}. */
export interface PowerTransformerParams {
  /** 'boxCox' for numbers above 0, 'yeoJohnson' for all. Default 'yeoJohnson'. */
  method: 'boxCox' | 'yeoJohnson';
  /** Give the result mean 0 and variance 1. Default true. */
  standardize: boolean;
}

/** Learned by {@link PowerTransformer}; all of length [columns]. */
export interface PowerTransformerState {
  readonly lambdas: Float64Array;
  /** Of the bent values; 0 without `standardize`. */
  readonly mean: Float64Array;
  /** 1 without `standardize`, and for constant columns. */
  readonly scale: Float64Array;
}

/**
 * Bends each column by the exponent lambda that makes it most like a normal distribution. Box-Cox (1964): (x^lambda - 1) /
 * lambda, or log x for lambda 0. Yeo-Johnson (2000): that of x + 1 for x >= 0, and minus that of 1 - x with 2 - lambda below.
 * Missing values stay missing, constant columns are only centred.
 *
 * Differs from scikit-learn: Box-Cox makes NaN of numbers that are not above 0 in `transform`, where scikit-learn throws (`fit`
 * does); exponents are sought between bounds for Box-Cox too.
 *
 * @example
 * ```ts
 * import { PowerTransformer } from 'boreal';
 * const power = new PowerTransformer({ method: 'boxCox', standardize: false });
 * await power.fit([[1], [10], [100], [1000]]);
 * Math.abs(power.lambdas[0]) < 1e-6; // true
 * ```
 */
export class PowerTransformer extends InvertibleTransformer<PowerTransformerParams, PowerTransformerState> {
  constructor(params: Partial<PowerTransformerParams> = {}) {
    super({ method: 'yeoJohnson', standardize: true, ...params });
  }

  get rules(): Rules<PowerTransformerParams> {
    return { method: oneOf('boxCox', 'yeoJohnson'), standardize: bool };
  }

  get stateRules(): Rules<PowerTransformerState> {
    return { lambdas: float64s(), mean: float64s(), scale: float64s() };
  }

  override get tags(): EstimatorTags {
    return { allowNan: true, ...(this.params.method === 'boxCox' && { positive: true }) };
  }

  protected override checkState(state: PowerTransformerState, columns: readonly Column[]): void {
    for (const [name, values] of Object.entries(state)) checkLength(this, name, values, columns.length);
  }

  protected async fitState({ x, columns, cancel }: FitInput): Promise<PowerTransformerState> {
    const { method, standardize } = this.params;
    const { min, count } = await rangesOf(x, cancel);
    const bad = method === 'boxCox' ? min.findIndex((value) => value <= 0) : -1;
    if (bad >= 0) {
      throw new ValidationError(
        'ERR_INPUT_NEGATIVE',
        `PowerTransformer: Box-Cox needs numbers above 0, but column '${columns[bad].name}' has ${min[bad]}; 'yeoJohnson' takes all.`,
      );
    }
    const empty = count.indexOf(0);
    if (empty >= 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        `PowerTransformer: column '${columns[empty].name}' has no values.`,
      );
    }
    const lambdas = await native.powerExponents(x.data, x.rows, x.cols, method, cancel);
    if (!standardize) {
      return { lambdas, mean: new Float64Array(x.cols), scale: new Float64Array(x.cols).fill(1) };
    }
    const schema = Schema.named(columns);
    const bent = await applyOps(x, schema, (plan, slot) => bend(plan, slot, method, lambdas), cancel);
    const { mean, variance } = await momentsOf(bent, cancel);
    const scale = variance.map((v, j) => (isConstant(v, mean[j], count[j]) ? 1 : Math.sqrt(v)));
    return { lambdas, mean, scale };
  }

  /** The exponents, by column. @throws {ERR_NOT_FITTED} before `fit` */
  get lambdas(): Float64Array {
    return this.state.lambdas.slice();
  }

  outputColumns(): readonly Column[] {
    return numberColumns(this.schema.columns);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { lambdas, mean, scale } = this.state;
    return plan.affine(bend(plan, x, this.fittedParams.method, lambdas), mean, scale);
  }

  /** @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    const { lambdas, mean, scale } = this.state;
    const bent = plan.binary(plan.binary(x, 'mul', scale), 'add', mean);
    if (this.fittedParams.method === 'boxCox') return plan.activation(logOf(plan, bent, lambdas), 'exp');
    const [above, below] = halves(plan, bent);
    const mirrored = lambdas.map((lambda) => 2 - lambda);
    return difference(
      plan,
      plan.activation(logOf(plan, above, lambdas), 'expm1'),
      plan.activation(logOf(plan, below, mirrored), 'expm1'),
    );
  }
}

/** The transformed values of x. */
function bend(
  plan: PlanBuilder,
  x: Slot,
  method: PowerTransformerParams['method'],
  lambdas: Float64Array,
): Slot {
  if (method === 'boxCox') return powerOf(plan, plan.activation(x, 'log'), lambdas);
  const [above, below] = halves(plan, x);
  const mirrored = lambdas.map((lambda) => 2 - lambda);
  return difference(
    plan,
    powerOf(plan, plan.activation(above, 'log1p'), lambdas),
    powerOf(plan, plan.activation(below, 'log1p'), mirrored),
  );
}

/** max(x, 0) and max(-x, 0): one of them is 0, which every power leaves where it is. */
function halves(plan: PlanBuilder, x: Slot): [Slot, Slot] {
  const zero = new Float64Array(x.width);
  return [plan.binary(x, 'max', zero), plan.binary(plan.activation(x, 'negate'), 'max', zero)];
}

const difference = (plan: PlanBuilder, a: Slot, b: Slot) => plan.binaryOf([a, b], 'sub');

/** (e^(lambda L) - 1) / lambda, or L where lambda is 0. */
const powerOf = (plan: PlanBuilder, logs: Slot, lambda: Float64Array) =>
  throughScale(plan, logs, lambda, 'expm1');

/** What undoes it: log(1 + lambda y) / lambda, or y. */
const logOf = (plan: PlanBuilder, y: Slot, lambda: Float64Array) => throughScale(plan, y, lambda, 'log1p');

/** f(lambda x) / lambda, or its limit x where lambda is 0. */
function throughScale(plan: PlanBuilder, x: Slot, lambda: Float64Array, f: 'expm1' | 'log1p'): Slot {
  const isZero = lambda.map((l) => (Math.abs(l) <= Number.EPSILON ? 1 : 0));
  const scaled = plan.activation(
    plan.binary(
      x,
      'mul',
      lambda.map((l, j) => (isZero[j] ? 0 : l)),
    ),
    f,
  );
  const result = plan.binary(
    scaled,
    'div',
    lambda.map((l, j) => (isZero[j] ? 1 : l)),
  );
  if (!isZero.includes(1)) return result;
  return plan.binaryOf([result, plan.binary(x, 'mul', isZero)], 'add');
}
