/** Losses of the caller's for histogram boosting: gradients that a function writes, for all rows at once, each round. */
import { custom, either, oneOf, type Rule, show } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** What a loss sees of some rows. */
export interface LossContext {
  /** Scores before the link, [outputs, rows]: all rows of the first output, then those of the second. */
  readonly raw: Float64Array;
  /** Targets; of a classifier the positions of labels in `classes`. [rows] */
  readonly y: Float64Array;
  /** Sample weights times class weights, [rows]; null when all rows weigh 1. */
  readonly weight: Float64Array | null;
  readonly rows: number;
  /** Scores per row: 1 for numbers and two classes, else one per class. */
  readonly outputs: number;
  /** Rounds made so far. */
  readonly round: number;
}

/** What {@link GradientFunction} reads and fills. The arrays are the same in each round. */
export interface GradientContext extends LossContext {
  /** To be filled: the derivative of the weighted loss by each score, laid out as `raw`. */
  readonly gradient: Float32Array;
  /** To be filled: its second derivative, or anything >= 0 that stands in for it. */
  readonly hessian: Float32Array;
}

/**
 * Writes `gradient` and `hessian` for all rows, multiplied by `weight` where there is one, as objectives of LightGBM and
 * XGBoost do. It is called on the event loop, once a round, and may be asynchronous; an error that it throws rejects the
 * fit. A value that is missing, NaN or infinite, or a Hessian below 0, is `ERR_GRADIENT`.
 */
export type GradientFunction = (context: GradientContext) => void | Promise<void>;

/** A loss of the caller's. A {@link GradientFunction} alone is one without `value`, which starts at 0. */
export interface CustomLoss {
  readonly gradients: GradientFunction;
  /** The weighted mean of the loss: what progress reports and early stopping by 'loss' watches. */
  readonly value?: (context: LossContext) => number;
  /** The scores before the first round, one for each output or one for all, perhaps by y and weights. Default 0. */
  readonly start?:
    | number
    | readonly number[]
    | ((y: Float64Array, weight: Float64Array | null) => number | readonly number[]);
  /**
   * Of a regressor: what a prediction is of its score. 'identity': the score, 'log': its exp, 'logit': its sigmoid. A
   * classifier's scores always go through sigmoid or softmax. Default 'identity'.
   */
  readonly link?: Link;
}

/** What is linear in the trees: the prediction, its logarithm, or its log odds. */
export type Link = 'identity' | 'log' | 'logit';

/** From scores to predictions. */
export const INVERSES: Readonly<Record<Link, (raw: number) => number>> = {
  identity: (raw) => raw,
  log: Math.exp,
  logit: (raw) => 1 / (1 + Math.exp(-raw)),
};

const isStart = (v: unknown) =>
  ['undefined', 'number', 'function'].includes(typeof v) ||
  (Array.isArray(v) && v.every((score) => typeof score === 'number'));

const isCustomLoss = (v: unknown): boolean => {
  if (typeof v === 'function') return true;
  if (typeof v !== 'object' || v === null) return false;
  const { gradients, value, start, link, ...rest } = v as Record<string, unknown>;
  return (
    typeof gradients === 'function' &&
    (value === undefined || typeof value === 'function') &&
    isStart(start) &&
    (link === undefined || (typeof link === 'string' && link in INVERSES)) &&
    Object.keys(rest).length === 0
  );
};

/** A loss by name or of the caller's; 'custom' is what a model file has of one. */
export function lossRule(...names: string[]): Rule {
  return either(
    oneOf(...names, 'custom'),
    custom(
      'a function, or an object with the function gradients and perhaps value, start and link',
      isCustomLoss,
    ),
  );
}

/** The caller's loss behind the parameter `loss`; null for one by name. @throws {ERR_PARAMETER} for 'custom' */
export function customLossOf(owner: object, loss: string | GradientFunction | CustomLoss): CustomLoss | null {
  if (loss === 'custom') {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${owner.constructor.name}: a model file does not hold the functions of a custom loss; give them again by setParams({ loss }).`,
    );
  }
  if (typeof loss === 'string') return null;
  return typeof loss === 'function' ? { gradients: loss } : loss;
}

/** Parameters as a model file has them. */
export function withoutFunctions<P extends { readonly loss: unknown }>(params: P): P {
  return typeof params.loss === 'string' ? params : { ...params, loss: 'custom' };
}

/** The scores of a custom loss before the first round. */
export function startOf(
  owner: object,
  { start = 0 }: CustomLoss,
  y: Float64Array,
  weight: Float64Array | null,
  outputs: number,
): Float64Array {
  const given = typeof start === 'function' ? start(y, weight) : start;
  const scores = typeof given === 'number' ? new Float64Array(outputs).fill(given) : Float64Array.from(given);
  if (scores.length === outputs && scores.every(Number.isFinite)) return scores;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name}: 'start' of the custom loss must give ${outputs} finite scores; it gives ${show(given)}.`,
  );
}

/** What the native core reads and writes between rounds, in shared memory: [outputs, rows] each. */
export interface Exchange {
  readonly raw: Float64Array;
  readonly gradient: Float32Array;
  readonly hessian: Float32Array;
}

/** Memory for an {@link Exchange}. */
export function makeExchange(size: number): Exchange {
  return {
    raw: new Float64Array(new SharedArrayBuffer(8 * size)),
    gradient: new Float32Array(new SharedArrayBuffer(4 * size)),
    hessian: new Float32Array(new SharedArrayBuffer(4 * size)),
  };
}

/** Lets the caller fill the gradients of the next round. */
export async function bringGradients(
  loss: CustomLoss,
  exchange: Exchange,
  context: LossContext,
): Promise<void> {
  // So that what the caller leaves out is found.
  exchange.gradient.fill(Number.NaN);
  exchange.hessian.fill(Number.NaN);
  await loss.gradients({ ...context, ...exchange });
}
