/** Sets of parameters to try: all combinations of lists. */
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Parameters by name, those of an estimator within as `step__name`. */
export type ParamSet = Readonly<Record<string, unknown>>;
/** Values to try, by parameter. */
export type ParamLists = Readonly<Record<string, readonly unknown[]>>;
/** One grid, or several that are searched one after another. */
export type ParamGrid = ParamLists | readonly ParamLists[];

const MOST_LISTED = 1_000_000;

/**
 * All combinations of the values of a grid, in the order of scikit-learn: names sorted, the last one changing fastest; of
 * several grids one after another.
 *
 * @example
 * ```ts
 * import { ParameterGrid } from 'boreal';
 * const grid = new ParameterGrid({ C: [1, 10], fitIntercept: [true, false] });
 * grid.length; // 4
 * [...grid][1]; // { C: 1, fitIntercept: false }
 * ```
 */
export class ParameterGrid implements Iterable<ParamSet> {
  readonly #grids: readonly ParamLists[];

  /** @throws {ERR_PARAMETER} for what is no grid, or a parameter without values */
  constructor(grid: ParamGrid) {
    this.#grids = Array.isArray(grid) ? grid : [grid as ParamLists];
    if (this.#grids.length === 0) throw refuse('has no grid');
    for (const one of this.#grids) {
      if (typeof one !== 'object' || one === null) throw refuse(`is ${show(one)}`);
      for (const [name, values] of Object.entries(one)) {
        const isList = Array.isArray(values) || (ArrayBuffer.isView(values) && 'length' in values);
        if (!isList || values.length === 0)
          throw refuse(`has no list of values for '${name}', but ${show(values)}`);
      }
    }
  }

  /** How many combinations there are. */
  get length(): number {
    return this.#grids.reduce((sum, grid) => sum + sizeOf(grid), 0);
  }

  /** One of the combinations, by its position. @throws {ERR_PARAMETER} when there is none */
  at(index: number): ParamSet {
    let rest = index;
    for (const grid of this.#grids) {
      const size = sizeOf(grid);
      if (rest < size) return combination(grid, rest);
      rest -= size;
    }
    throw new ValidationError('ERR_PARAMETER', `The grid has ${this.length} combinations, none at ${index}.`);
  }

  /** All of them in memory. @throws {ERR_PARAMETER} when they are more than 1,000,000 */
  toArray(): ParamSet[] {
    if (this.length <= MOST_LISTED) return [...this];
    const message = `The grid has ${this.length} combinations, more than ${MOST_LISTED}: a randomized search draws some.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  *[Symbol.iterator](): Generator<ParamSet, void, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

function sizeOf(grid: ParamLists): number {
  return Object.values(grid).reduce((product, values) => product * values.length, 1);
}

function combination(grid: ParamLists, index: number): ParamSet {
  const names = Object.keys(grid).sort();
  const chosen: Array<[string, unknown]> = [];
  let rest = index;
  for (const name of names.reverse()) {
    const values = grid[name];
    chosen.unshift([name, values[rest % values.length]]);
    rest = Math.floor(rest / values.length);
  }
  return Object.fromEntries(chosen);
}

function refuse(why: string): ValidationError {
  return new ValidationError(
    'ERR_PARAMETER',
    `A parameter grid is an object of lists, or a list of them; this one ${why}.`,
  );
}
