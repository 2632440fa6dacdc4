/** Distributions of parameters, for searches at random: plain data, so that they can be saved with a search. */
import { show } from '../core/params.js';
import type { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';

/** Where a parameter of {@link RandomizedSearchCV} comes from. */
export type Distribution =
  | { readonly distribution: 'randint'; readonly low: number; readonly high: number }
  | { readonly distribution: 'uniform'; readonly low: number; readonly high: number }
  | { readonly distribution: 'loguniform'; readonly low: number; readonly high: number };

/**
 * Whole numbers from `low` to below `high`, all as probable, as scipy.stats.randint.
 *
 * @throws {ERR_PARAMETER} unless both are whole numbers and low < high
 * @example
 * ```ts
 * import { randint } from 'boreal';
 * randint(1, 4).high; // 4, which is never drawn
 * ```
 */
export function randint(low: number, high: number): Distribution {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high))
    throw refuse('randint', 'whole numbers', low, high);
  return checked('randint', low, high);
}

/**
 * Numbers from `loc` to `loc + scale`, all as probable, as scipy.stats.uniform.
 *
 * @param loc - the smallest. Default 0.
 * @param scale - how far from the smallest to the largest, > 0. Default 1.
 * @throws {ERR_PARAMETER} unless both are finite and scale > 0
 * @example
 * ```ts
 * import { uniform } from 'boreal';
 * uniform(2, 3).high; // 5
 * ```
 */
export function uniform(loc = 0, scale = 1): Distribution {
  if (typeof loc !== 'number' || typeof scale !== 'number') throw refuse('uniform', 'numbers', loc, scale);
  return checked('uniform', loc, loc + scale);
}

/**
 * Numbers from `low` to `high` whose logarithms are all as probable, as scipy.stats.loguniform: for scales, such as those of
 * penalties and learning rates.
 *
 * @throws {ERR_PARAMETER} unless 0 < low < high
 * @example
 * ```ts
 * import { loguniform } from 'boreal';
 * loguniform(1e-4, 1).low; // 0.0001
 * ```
 */
export function loguniform(low: number, high: number): Distribution {
  if (typeof low !== 'number' || !(low > 0)) throw refuse('loguniform', 'numbers > 0', low, high);
  return checked('loguniform', low, high);
}

/** Whether a value is one of the distributions above. */
export function isDistribution(value: unknown): value is Distribution {
  const kind = (value as Partial<Distribution> | null)?.distribution;
  return kind === 'randint' || kind === 'uniform' || kind === 'loguniform';
}

/** Draws from a distribution. */
export function draw({ distribution, low, high }: Distribution, random: Random): number {
  if (distribution === 'randint') return low + random.int(high - low);
  const u = random.next();
  if (distribution === 'uniform') return low + u * (high - low);
  return Math.min(high, Math.exp(Math.log(low) + u * Math.log(high / low)));
}

function checked(distribution: Distribution['distribution'], low: number, high: number): Distribution {
  if (!Number.isFinite(low) || !Number.isFinite(high) || !(low < high))
    throw refuse(distribution, 'finite numbers, the first below the second', low, high);
  return { distribution, low, high };
}

function refuse(name: string, what: string, low: number, high: number): ValidationError {
  return new ValidationError(
    'ERR_PARAMETER',
    `${name} needs ${what}; got a range from ${show(low)} to ${show(high)}.`,
  );
}
