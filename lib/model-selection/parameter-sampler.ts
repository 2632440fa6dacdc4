/** Sets of parameters to try: drawn at random. */
import { checkParams, int, requireOptions, resolveSeed, seed as seedRule, show } from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { type Distribution, draw, isDistribution } from './distributions.js';
import { ParameterGrid, type ParamLists, type ParamSet } from './parameter-grid.js';

/** Lists of values or distributions, by parameter. */
export type ParamDistributions = Readonly<Record<string, readonly unknown[] | Distribution>>;

/** Options of {@link ParameterSampler}. */
export interface ParameterSamplerOptions {
  /** Seed; null: other sets each time. Default null. */
  readonly randomState?: number | null;
}

/**
 * Sets of parameters drawn at random, as {@link RandomizedSearchCV} tries them: where there are only lists, combinations without
 * repeats, and all of them where there are no more; else each parameter by itself.
 *
 * Differs from scikit-learn: streams are our own; no warning where there are fewer combinations than asked for.
 *
 * @example
 * ```ts
 * import { ParameterSampler, uniform } from 'boreal';
 * const sampler = new ParameterSampler({ C: uniform(0, 1), penalty: ['l1', 'l2'] }, 3, { randomState: 0 });
 * [...sampler].every(({ C }) => C < 1); // true
 * ```
 */
export class ParameterSampler implements Iterable<ParamSet> {
  readonly #distributions: ParamDistributions | readonly ParamDistributions[];
  readonly #nIter: number;
  readonly #randomState: number | null;

  /**
   * @param paramDistributions - lists of values or distributions, by parameter; or several such objects, of which one is chosen each time
   * @param nIter - how many sets, >= 1
   * @throws {ERR_PARAMETER} for a bad option, or what is neither a list nor a distribution
   */
  constructor(
    paramDistributions: ParamDistributions | readonly ParamDistributions[],
    nIter: number,
    options: ParameterSamplerOptions = {},
  ) {
    requireOptions(options);
    const { randomState = null } = options;
    checkParams('ParameterSampler', { nIter, randomState }, { nIter: int(1), randomState: seedRule });
    this.#distributions = paramDistributions;
    this.#nIter = nIter;
    this.#randomState = randomState;
    // What cannot be drawn from is said now.
    sampleParams(paramDistributions, 1, 0);
  }

  /** How many sets are drawn. */
  get length(): number {
    const grid = gridOf(this.#distributions);
    return grid === null ? this.#nIter : Math.min(this.#nIter, grid.length);
  }

  /** The sets; the same each time with a seed. */
  [Symbol.iterator](): Iterator<ParamSet> {
    return sampleParams(this.#distributions, this.#nIter, resolveSeed(this.#randomState))[Symbol.iterator]();
  }
}

/**
 * Draws sets of parameters: where there are only lists, combinations without repeats; else each parameter by itself.
 *
 * @param distributions - one object, or several of which one is chosen each time
 * @param count - how many; all combinations where lists have no more
 * @throws {ERR_PARAMETER} for what is neither a list nor a distribution
 */
export function sampleParams(
  distributions: ParamDistributions | readonly ParamDistributions[],
  count: number,
  seed: number,
): ParamSet[] {
  const choices = choicesOf(distributions);
  const random = new Random(seed);
  const grid = gridOf(distributions);
  if (grid !== null) {
    const order = grid.length <= MOST_SHUFFLED ? random.permutation(grid.length).slice(0, count) : null;
    return order === null ? distinct(grid, count, random) : Array.from(order, (index) => grid.at(index));
  }
  return Array.from({ length: count }, () => {
    const choice = choices[random.int(choices.length)];
    const names = Object.keys(choice).sort();
    return Object.fromEntries(names.map((name) => [name, drawOne(name, choice[name], random)]));
  });
}

function choicesOf(
  distributions: ParamDistributions | readonly ParamDistributions[],
): readonly ParamDistributions[] {
  const choices = Array.isArray(distributions) ? distributions : [distributions];
  if (choices.length > 0 && choices.every((choice) => typeof choice === 'object' && choice !== null))
    return choices;
  const message = `Distributions of parameters must be an object, or a list of objects; got ${show(distributions)}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** All combinations, where there are only lists; else null. */
function gridOf(distributions: ParamDistributions | readonly ParamDistributions[]): ParameterGrid | null {
  const choices = choicesOf(distributions);
  const isDrawn = choices.some((choice) => Object.values(choice).some(isDistribution));
  return isDrawn ? null : new ParameterGrid(choices as readonly ParamLists[]);
}

/** Larger grids than this are not shuffled, but drawn from until enough different ones are found. */
const MOST_SHUFFLED = 1_000_000;

function distinct(grid: ParameterGrid, count: number, random: Random): ParamSet[] {
  const found = new Set<number>();
  while (found.size < Math.min(count, grid.length)) found.add(Math.floor(random.next() * grid.length));
  return Array.from(found, (index) => grid.at(index));
}

function drawOne(name: string, from: readonly unknown[] | Distribution, random: Random): unknown {
  if (isDistribution(from)) return draw(from, random);
  if (Array.isArray(from) && from.length > 0) return from[random.int(from.length)];
  throw new ValidationError(
    'ERR_PARAMETER',
    `'${name}' must be a list of values, or a distribution such as uniform(0, 1); got ${show(from)}.`,
  );
}
