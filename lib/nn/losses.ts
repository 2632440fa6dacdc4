/**
 * Losses as plain data, with the names and defaults of keras.losses: what `compile` takes. A loss is the mean over the
 * outputs of a row, then over the rows of a batch; the arithmetic is in the native core.
 */
import { bool, checkParams, custom, type Rule, real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Losses without options. */
export type PlainLossName =
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'meanSquaredLogarithmicError'
  | 'logCosh'
  | 'klDivergence'
  | 'hinge'
  | 'squaredHinge'
  | 'categoricalHinge'
  | 'poisson';
/** A loss as plain data; the functions of this module make them. With y the target and p the output. */
export type Loss =
  | { readonly type: PlainLossName }
  | { readonly type: 'huber'; readonly delta: number }
  | {
      readonly type: 'binaryCrossentropy' | 'categoricalCrossentropy';
      readonly fromLogits: boolean;
      readonly labelSmoothing: number;
    }
  | { readonly type: 'sparseCategoricalCrossentropy'; readonly fromLogits: boolean };
/** The name of a loss. */
export type LossName = Loss['type'];
/** Short names of losses. */
export type LossAlias = 'mse' | 'mae' | 'msle' | 'bce' | 'kld';

const type = custom('the name of a loss', (v) => typeof v === 'string');
const smoothed = { type, fromLogits: bool, labelSmoothing: real(0, 1) };
const RULES: { readonly [T in LossName]: Readonly<Record<string, Rule>> } = {
  meanSquaredError: { type },
  meanAbsoluteError: { type },
  meanSquaredLogarithmicError: { type },
  logCosh: { type },
  klDivergence: { type },
  hinge: { type },
  squaredHinge: { type },
  categoricalHinge: { type },
  poisson: { type },
  huber: { type, delta: real(0, Infinity, 'min') },
  binaryCrossentropy: smoothed,
  categoricalCrossentropy: smoothed,
  sparseCategoricalCrossentropy: { type, fromLogits: bool },
};
const ALIASES: Readonly<Record<LossAlias, LossName>> = {
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
  msle: 'meanSquaredLogarithmicError',
  bce: 'binaryCrossentropy',
  kld: 'klDivergence',
};

function make<L extends Loss>(loss: L): L {
  checkParams(loss.type, loss, RULES[loss.type] as never);
  return loss;
}

/** 'sparse_categorical_crossentropy' as 'sparseCategoricalCrossentropy'. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * (y - p)^2 / 2 while |y - p| <= delta, else delta (|y - p| - delta / 2) (Huber, 1964).
 *
 * @param options - `delta` 1
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { huber } from 'boreal/nn';
 * huber({ delta: 2 }).delta; // 2
 * ```
 */
export function huber(options: { readonly delta?: number } = {}): Extract<Loss, { type: 'huber' }> {
  return make({ delta: 1, ...options, type: 'huber' });
}

interface CrossentropyOptions {
  /** The outputs are not probabilities but what a sigmoid or softmax is still to be taken of. Default false. */
  readonly fromLogits?: boolean;
  /** The share of a target that is spread over all classes, in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * -y log p - (1 - y) log(1 - p), for targets 0 and 1.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { binaryCrossentropy } from 'boreal/nn';
 * binaryCrossentropy({ fromLogits: true }).labelSmoothing; // 0
 * ```
 */
export function binaryCrossentropy(
  options: CrossentropyOptions = {},
): Extract<Loss, { labelSmoothing: number }> {
  return make({ fromLogits: false, labelSmoothing: 0, ...options, type: 'binaryCrossentropy' });
}

/**
 * -sum y log p over the classes, for targets with one column for each class.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { categoricalCrossentropy } from 'boreal/nn';
 * categoricalCrossentropy({ labelSmoothing: 0.1 }).fromLogits; // false
 * ```
 */
export function categoricalCrossentropy(
  options: CrossentropyOptions = {},
): Extract<Loss, { labelSmoothing: number }> {
  return make({ fromLogits: false, labelSmoothing: 0, ...options, type: 'categoricalCrossentropy' });
}

/**
 * -log p of the class of a row, for targets that are labels.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { sparseCategoricalCrossentropy } from 'boreal/nn';
 * sparseCategoricalCrossentropy({ fromLogits: true }).type; // 'sparseCategoricalCrossentropy'
 * ```
 */
export function sparseCategoricalCrossentropy(
  options: Pick<CrossentropyOptions, 'fromLogits'> = {},
): Extract<Loss, { type: 'sparseCategoricalCrossentropy' }> {
  return make({ fromLogits: false, ...options, type: 'sparseCategoricalCrossentropy' });
}

const WITH_OPTIONS: Readonly<Record<string, () => Loss>> = {
  huber,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
};

/**
 * A loss by name, also Keras's own or a short one, or as an object.
 *
 * @internal
 * @throws {ERR_PARAMETER} when there is no such loss
 */
export function resolveLoss(given: string | Loss): Loss {
  const said = typeof given === 'string' ? camelCase(given) : (given as Loss | null)?.type;
  const name = (Object.hasOwn(ALIASES, String(said)) ? ALIASES[said as LossAlias] : said) as LossName;
  if (!Object.hasOwn(RULES, String(name))) {
    const names = [...Object.keys(RULES), ...Object.keys(ALIASES)].join(', ');
    throw new ValidationError('ERR_PARAMETER', `loss is one of ${names}; got ${show(said ?? given)}.`);
  }
  if (typeof given !== 'string') return make(given);
  return WITH_OPTIONS[name]?.() ?? make({ type: name as PlainLossName });
}

/** Whether rows belong to one of the classes that outputs stand for. */
export const isCategorical = ({ type: name }: Loss): boolean =>
  name === 'categoricalCrossentropy' || name === 'sparseCategoricalCrossentropy';

/** Whether outputs are before their sigmoid or softmax. */
export const takesLogits = (loss: Loss): boolean => 'fromLogits' in loss && loss.fromLogits;
