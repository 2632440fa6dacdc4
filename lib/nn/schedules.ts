/**
 * Learning rates that change with the number of the training step: Keras's schedules, as plain data, so that they are
 * saved with a model. Formulas are those of keras.optimizers.schedules; each is a function of the step alone.
 */
import { bool, checkParams, custom, either, int, nothing, type Rules, real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** {@link exponentialDecay}. */
export interface ExponentialDecay {
  readonly type: 'exponentialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
}
/** {@link inverseTimeDecay}. */
export interface InverseTimeDecay {
  readonly type: 'inverseTimeDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
}
/** {@link polynomialDecay}. */
export interface PolynomialDecay {
  readonly type: 'polynomialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
}
/** {@link piecewiseConstant}. */
export interface PiecewiseConstant {
  readonly type: 'piecewiseConstant';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
}
/** {@link cosineDecay}. */
export interface CosineDecay {
  readonly type: 'cosineDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;
}
/** {@link cosineDecayRestarts}. */
export interface CosineDecayRestarts {
  readonly type: 'cosineDecayRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
}
/** A learning rate as a function of the step. */
export type Schedule =
  | ExponentialDecay
  | InverseTimeDecay
  | PolynomialDecay
  | PiecewiseConstant
  | CosineDecay
  | CosineDecayRestarts;

type Options<S, Required extends keyof S> = Omit<Partial<S>, 'type' | Required> & Pick<S, Required>;

const positive = real(0, Infinity, 'min');
const type = custom('the name of a schedule', (v) => typeof v === 'string');
const numbers = (v: unknown): v is number[] => Array.isArray(v) && v.every((x) => Number.isFinite(x));
const rising = (v: unknown) => numbers(v) && v.every((x, i) => x >= 0 && (i === 0 || x > v[i - 1]));
const fallingBy = {
  type,
  initialLearningRate: positive,
  decaySteps: positive,
  decayRate: positive,
  staircase: bool,
};

const RULES: { readonly [T in Schedule['type']]: Rules<Extract<Schedule, { type: T }>> } = {
  exponentialDecay: fallingBy,
  inverseTimeDecay: fallingBy,
  polynomialDecay: {
    type,
    initialLearningRate: positive,
    decaySteps: positive,
    endLearningRate: real(0),
    power: real(),
    cycle: bool,
  },
  piecewiseConstant: {
    type,
    boundaries: custom('a rising list of steps', rising),
    values: custom('a list of learning rates >= 0', (v) => numbers(v) && v.every((x) => x >= 0)),
  },
  cosineDecay: {
    type,
    initialLearningRate: real(0),
    decaySteps: positive,
    alpha: real(0),
    warmupTarget: either(nothing, real(0)),
    warmupSteps: int(0),
  },
  cosineDecayRestarts: {
    type,
    initialLearningRate: positive,
    firstDecaySteps: positive,
    tMul: real(1),
    mMul: positive,
    alpha: real(0),
  },
};

/**
 * Checks a schedule.
 *
 * @throws {ERR_PARAMETER} when it is none, or has a parameter out of range
 */
export function checkedSchedule<S extends Schedule>(schedule: S): S {
  const name = (schedule as Schedule | null)?.type;
  if (typeof schedule !== 'object' || typeof name !== 'string' || !Object.hasOwn(RULES, name)) {
    const message = `A learning rate is a number > 0 or one of ${Object.keys(RULES).join(', ')}; got ${show(name ?? schedule)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  checkParams(name, schedule, RULES[name] as never);
  if (schedule.type === 'piecewiseConstant' && schedule.values.length !== schedule.boundaries.length + 1) {
    const { boundaries, values } = schedule;
    const message = `piecewiseConstant: ${boundaries.length} boundaries need ${boundaries.length + 1} values; got ${values.length}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return schedule;
}

/**
 * rate = initialLearningRate * decayRate ^ (step / decaySteps).
 *
 * @param options - `staircase` rounds the exponent down. Default false
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { exponentialDecay, learningRateAt } from 'boreal/nn';
 * const rate = exponentialDecay({ initialLearningRate: 0.1, decaySteps: 100, decayRate: 0.5 });
 * learningRateAt(rate, 200); // 0.025
 * ```
 */
export function exponentialDecay(
  options: Options<ExponentialDecay, 'initialLearningRate' | 'decaySteps' | 'decayRate'>,
): ExponentialDecay {
  return checkedSchedule({ staircase: false, ...options, type: 'exponentialDecay' });
}

/**
 * rate = initialLearningRate / (1 + decayRate * step / decaySteps).
 *
 * @param options - `staircase` rounds step / decaySteps down. Default false
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { inverseTimeDecay, learningRateAt } from 'boreal/nn';
 * learningRateAt(inverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 1 }), 10); // 0.05
 * ```
 */
export function inverseTimeDecay(
  options: Options<InverseTimeDecay, 'initialLearningRate' | 'decaySteps' | 'decayRate'>,
): InverseTimeDecay {
  return checkedSchedule({ staircase: false, ...options, type: 'inverseTimeDecay' });
}

/**
 * rate = (initialLearningRate - endLearningRate) * (1 - step / decaySteps) ^ power + endLearningRate, up to decaySteps.
 *
 * @param options - `endLearningRate` 1e-4, `power` 1; `cycle` (false) stretches decaySteps to its next multiple where step
 *   has passed it
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { learningRateAt, polynomialDecay } from 'boreal/nn';
 * const rate = polynomialDecay({ initialLearningRate: 0.1, decaySteps: 10, endLearningRate: 0 });
 * learningRateAt(rate, 5); // 0.05
 * learningRateAt(rate, 50); // 0
 * ```
 */
export function polynomialDecay(
  options: Options<PolynomialDecay, 'initialLearningRate' | 'decaySteps'>,
): PolynomialDecay {
  return checkedSchedule({
    endLearningRate: 1e-4,
    power: 1,
    cycle: false,
    ...options,
    type: 'polynomialDecay',
  });
}

/**
 * values[k] while step <= boundaries[k], and the last value after them.
 *
 * @param boundaries - steps, rising
 * @param values - learning rates, one more than boundaries
 * @throws {ERR_PARAMETER} for lists that do not fit
 * @example
 * ```ts
 * import { learningRateAt, piecewiseConstant } from 'boreal/nn';
 * const rate = piecewiseConstant([100, 200], [0.1, 0.01, 0.001]);
 * [100, 101, 900].map((step) => learningRateAt(rate, step)); // [0.1, 0.01, 0.001]
 * ```
 */
export function piecewiseConstant(
  boundaries: readonly number[],
  values: readonly number[],
): PiecewiseConstant {
  return checkedSchedule({ type: 'piecewiseConstant', boundaries, values });
}

/**
 * Half a cosine from initialLearningRate down to alpha * initialLearningRate (Loshchilov & Hutter, 2016), after a linear
 * warm-up from initialLearningRate to warmupTarget where one is given.
 *
 * @param options - `alpha` 0, `warmupTarget` null, `warmupSteps` 0
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { cosineDecay, learningRateAt } from 'boreal/nn';
 * const rate = cosineDecay({ initialLearningRate: 0, decaySteps: 100, warmupTarget: 0.1, warmupSteps: 10 });
 * [5, 10, 110].map((step) => learningRateAt(rate, step)); // [0.05, 0.1, 0]
 * ```
 */
export function cosineDecay(
  options: Options<CosineDecay, 'initialLearningRate' | 'decaySteps'>,
): CosineDecay {
  return checkedSchedule({ alpha: 0, warmupTarget: null, warmupSteps: 0, ...options, type: 'cosineDecay' });
}

/**
 * Cosine decay that starts anew after firstDecaySteps, each period tMul times as long and mMul times as high as the last
 * (SGDR: Loshchilov & Hutter, 2016).
 *
 * @param options - `tMul` 2, `mMul` 1, `alpha` 0
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { cosineDecayRestarts, learningRateAt } from 'boreal/nn';
 * const rate = cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 100 });
 * learningRateAt(rate, 100); // 0.1
 * ```
 */
export function cosineDecayRestarts(
  options: Options<CosineDecayRestarts, 'initialLearningRate' | 'firstDecaySteps'>,
): CosineDecayRestarts {
  return checkedSchedule({ tMul: 2, mMul: 1, alpha: 0, ...options, type: 'cosineDecayRestarts' });
}

/**
 * The learning rate of a step; that of a number is the number.
 *
 * @param step - steps (mini-batches) done so far, >= 0
 * @example
 * ```ts
 * import { learningRateAt } from 'boreal/nn';
 * learningRateAt(0.01, 500); // 0.01
 * ```
 */
export function learningRateAt(rate: number | Schedule, step: number): number {
  if (typeof rate === 'number') return rate;
  checkedSchedule(rate);
  switch (rate.type) {
    case 'exponentialDecay':
      return rate.initialLearningRate * rate.decayRate ** periods(rate, step);
    case 'inverseTimeDecay':
      return rate.initialLearningRate / (1 + rate.decayRate * periods(rate, step));
    case 'polynomialDecay':
      return polynomialAt(rate, step);
    case 'piecewiseConstant': {
      const k = rate.boundaries.findIndex((boundary) => step <= boundary);
      return rate.values[k < 0 ? rate.boundaries.length : k];
    }
    case 'cosineDecay':
      return cosineAt(rate, step);
    case 'cosineDecayRestarts':
      return restartsAt(rate, step);
  }
}

function periods({ decaySteps, staircase }: ExponentialDecay | InverseTimeDecay, step: number): number {
  return staircase ? Math.floor(step / decaySteps) : step / decaySteps;
}

function polynomialAt(rate: PolynomialDecay, step: number): number {
  const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = rate;
  const length = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
  const left = 1 - Math.min(step, length) / length;
  return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
}

/** From 1 at the share 0 to alpha at the share 1. */
function halfCosine(share: number, alpha: number): number {
  return (1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * share)) + alpha;
}

function cosineAt(rate: CosineDecay, step: number): number {
  const { initialLearningRate: initial, decaySteps, alpha, warmupTarget, warmupSteps } = rate;
  if (warmupTarget === null) return initial * halfCosine(Math.min(step, decaySteps) / decaySteps, alpha);
  if (step < warmupSteps) return initial + (warmupTarget - initial) * (step / warmupSteps);
  return warmupTarget * halfCosine(Math.min(step - warmupSteps, decaySteps) / decaySteps, alpha);
}

function restartsAt(rate: CosineDecayRestarts, step: number): number {
  const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = rate;
  const done = step / firstDecaySteps;
  const restarts =
    tMul === 1 ? Math.floor(done) : Math.floor(Math.log(1 - done * (1 - tMul)) / Math.log(tMul));
  const before = tMul === 1 ? restarts : (1 - tMul ** restarts) / (1 - tMul);
  const share = (done - before) / tMul ** restarts;
  return (
    initialLearningRate * ((1 - alpha) * 0.5 * mMul ** restarts * (1 + Math.cos(Math.PI * share)) + alpha)
  );
}
