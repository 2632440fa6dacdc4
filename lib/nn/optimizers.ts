/**
 * Optimizers as plain data, with the parameters and defaults of keras.optimizers: what `compile` takes and a model file
 * holds. The arithmetic is in the native core (native/nn).
 */
import {
  bool,
  checkParams,
  custom,
  either,
  nothing,
  type Rule,
  type Rules,
  real,
  show,
} from '../core/params.js';
import { ValidationError } from '../errors.js';
import { checkedSchedule, type Schedule } from './schedules.js';

/** What all optimizers have. */
export interface CommonOptimizer {
  /** A number > 0, or a schedule. */
  readonly learningRate: number | Schedule;
  /** Each step first takes learningRate * weightDecay of a weight away from it; null: nothing. */
  readonly weightDecay: number | null;
  /** The gradient of each variable is scaled down to this norm, > 0; null: not. */
  readonly clipNorm: number | null;
  /** The gradient of all variables together is scaled down to this norm, > 0; null: not. */
  readonly globalClipNorm: number | null;
  /** Each element of a gradient is kept within [-clipValue, clipValue], > 0; null: not. */
  readonly clipValue: number | null;
}
/** {@link sgd}. */
export interface SgdConfig extends CommonOptimizer {
  readonly type: 'sgd';
  readonly momentum: number;
  readonly nesterov: boolean;
}
/** {@link rmsprop}. */
export interface RmsPropConfig extends CommonOptimizer {
  readonly type: 'rmsprop';
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
}
/** {@link adam} and {@link adamw}. */
export interface AdamConfig extends CommonOptimizer {
  readonly type: 'adam' | 'adamw';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;
}
/** {@link adagrad}. */
export interface AdagradConfig extends CommonOptimizer {
  readonly type: 'adagrad';
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;
}
/** What `compile({ optimizer })` takes, beside a name. */
export type OptimizerConfig = SgdConfig | RmsPropConfig | AdamConfig | AdagradConfig;
/** The name of an optimizer with its defaults. */
export type OptimizerName = OptimizerConfig['type'];

type Options<O> = Omit<Partial<O>, 'type'>;

const fraction = real(0, 1, 'max');
const limit = either(nothing, real(0, Infinity, 'min'));
const COMMON: Rules<CommonOptimizer & { type: string }> = {
  type: custom('the name of an optimizer', (v) => typeof v === 'string'),
  learningRate: custom('a number > 0 or a schedule', (v) => typeof v === 'object' || (v as number) > 0),
  weightDecay: either(nothing, real(0)),
  clipNorm: limit,
  globalClipNorm: limit,
  clipValue: limit,
};
const adamRules = { ...COMMON, beta1: fraction, beta2: fraction, epsilon: real(0), amsgrad: bool };
const RULES: { readonly [T in OptimizerName]: Readonly<Record<string, Rule>> } = {
  sgd: { ...COMMON, momentum: real(0, 1), nesterov: bool },
  rmsprop: { ...COMMON, rho: fraction, momentum: real(0, 1), epsilon: real(0), centered: bool },
  adam: adamRules,
  adamw: adamRules,
  adagrad: { ...COMMON, initialAccumulatorValue: real(0), epsilon: real(0) },
};
const PLAIN = { weightDecay: null, clipNorm: null, globalClipNorm: null, clipValue: null };

/**
 * Checks an optimizer.
 *
 * @internal
 * @throws {ERR_PARAMETER} when it is none, or has a parameter out of range
 */
export function checkedOptimizer<O extends OptimizerConfig>(optimizer: O): O {
  const type = (optimizer as OptimizerConfig | null)?.type;
  if (typeof optimizer !== 'object' || type === undefined || !Object.hasOwn(RULES, type))
    throw unknown(type ?? optimizer);
  checkParams(type, optimizer, RULES[type] as Rules<O>);
  if (typeof optimizer.learningRate === 'object') checkedSchedule(optimizer.learningRate);
  const clips = [optimizer.clipNorm, optimizer.globalClipNorm, optimizer.clipValue];
  if (clips.filter((clip) => clip !== null).length > 1) {
    const message = `${type}: only one of clipNorm, globalClipNorm and clipValue can be set.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return optimizer;
}

function unknown(given: unknown): ValidationError {
  const names = Object.keys(RULES).join(', ');
  return new ValidationError(
    'ERR_PARAMETER',
    `optimizer is one of ${names}, by name or made by the function of that name; got ${show(given)}.`,
  );
}

/**
 * Stochastic gradient descent, plain, with momentum, or with Nesterov's.
 *
 * v = momentum * v - rate * g; w = w + v, or w + momentum * v - rate * g with `nesterov`.
 *
 * @param options - `learningRate` 0.01, `momentum` 0, `nesterov` false, and those of {@link CommonOptimizer}
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { sgd } from 'boreal/nn';
 * sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }).type; // 'sgd'
 * ```
 */
export function sgd(options: Options<SgdConfig> = {}): SgdConfig {
  return checkedOptimizer({
    ...PLAIN,
    learningRate: 0.01,
    momentum: 0,
    nesterov: false,
    ...options,
    type: 'sgd',
  });
}

/**
 * RMSprop (Hinton, 2012): steps divided by the root of a running mean of squared gradients.
 *
 * @param options - `learningRate` 0.001, `rho` 0.9, `momentum` 0, `epsilon` 1e-7, `centered` false, and those of
 *   {@link CommonOptimizer}
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { rmsprop } from 'boreal/nn';
 * rmsprop({ rho: 0.95 }).learningRate; // 0.001
 * ```
 */
export function rmsprop(options: Options<RmsPropConfig> = {}): RmsPropConfig {
  return checkedOptimizer({
    ...PLAIN,
    learningRate: 0.001,
    rho: 0.9,
    momentum: 0,
    epsilon: 1e-7,
    centered: false,
    ...options,
    type: 'rmsprop',
  });
}

/**
 * Adam (Kingma & Ba, 2014), with Keras's epsilon outside the root.
 *
 * @param options - `learningRate` 0.001, `beta1` 0.9, `beta2` 0.999, `epsilon` 1e-7, `amsgrad` false, and those of
 *   {@link CommonOptimizer}
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { adam, cosineDecay } from 'boreal/nn';
 * adam({ learningRate: cosineDecay({ initialLearningRate: 0.01, decaySteps: 1000 }) }).beta1; // 0.9
 * ```
 */
export function adam(options: Options<AdamConfig> = {}): AdamConfig {
  return makeAdam('adam', options);
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2017).
 *
 * @param options - those of {@link adam}, `weightDecay` being 0.004
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { adamw } from 'boreal/nn';
 * adamw().weightDecay; // 0.004
 * ```
 */
export function adamw(options: Options<AdamConfig> = {}): AdamConfig {
  return makeAdam('adamw', { weightDecay: 0.004, ...options });
}

function makeAdam(type: AdamConfig['type'], options: Options<AdamConfig>): AdamConfig {
  return checkedOptimizer({
    ...PLAIN,
    learningRate: 0.001,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
    amsgrad: false,
    ...options,
    type,
  });
}

/**
 * Adagrad (Duchi et al., 2011): steps divided by the root of the sum of squared gradients.
 *
 * @param options - `learningRate` 0.001, `initialAccumulatorValue` 0.1, `epsilon` 1e-7, and those of {@link CommonOptimizer}
 * @throws {ERR_PARAMETER} for a number out of range
 * @example
 * ```ts
 * import { adagrad } from 'boreal/nn';
 * adagrad({ learningRate: 0.1 }).initialAccumulatorValue; // 0.1
 * ```
 */
export function adagrad(options: Options<AdagradConfig> = {}): AdagradConfig {
  return checkedOptimizer({
    ...PLAIN,
    learningRate: 0.001,
    initialAccumulatorValue: 0.1,
    epsilon: 1e-7,
    ...options,
    type: 'adagrad',
  });
}

const BY_NAME: { readonly [T in OptimizerName]: () => OptimizerConfig } = {
  sgd,
  rmsprop,
  adam,
  adamw,
  adagrad,
};

/**
 * An optimizer by its name (in any case) or as an object.
 *
 * @internal
 * @throws {ERR_PARAMETER} when there is no such optimizer
 */
export function resolveOptimizer(given: string | OptimizerConfig): OptimizerConfig {
  if (typeof given !== 'string') return checkedOptimizer(given);
  const name = given.toLowerCase();
  if (!Object.hasOwn(BY_NAME, name)) throw unknown(given);
  return BY_NAME[name as OptimizerName]();
}
