/** Sets of parameters to try: drawn at random. */
import { show } from '../core/params.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { type Distribution, draw, isDistribution } from './distributions.js';
import { ParameterGrid, type ParamLists, type ParamSet } from './parameter-grid.js';

/** Lists of values or distributions, by parameter. */
export type ParamDistributions = Readonly<Record<string, readonly unknown[] | Distribution>>;

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
  const choices: readonly ParamDistributions[] = Array.isArray(distributions)
    ? distributions
    : [distributions];
  const random = new Random(seed);
  if (
    choices.length > 0 &&
    choices.every((choice) => Object.values(choice).every((v) => !isDistribution(v)))
  ) {
    const grid = new ParameterGrid(choices as readonly ParamLists[]);
    const order = grid.length <= MOST_SHUFFLED ? random.permutation(grid.length).slice(0, count) : null;
    return order === null ? distinct(grid, count, random) : Array.from(order, (index) => grid.at(index));
  }
  return Array.from({ length: count }, () => {
    const choice = choices[random.int(choices.length)];
    const names = Object.keys(choice).sort();
    return Object.fromEntries(names.map((name) => [name, drawOne(name, choice[name], random)]));
  });
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
