/** The rows that the trees of a forest drew: drawn again from their seed when they are asked for, since they take more memory than trees. */
import { StateError } from '../errors.js';
import { native } from '../native.js';
import type { ForestState } from './forest-state.js';

/** What trees that were grown together drew from. */
export interface Draws {
  readonly rows: number;
  /** Whether rows were drawn; else each tree has all. */
  readonly bootstrap: boolean;
  readonly weights: Float64Array | null;
  /** Rows each tree drew; 0: as many as there are. */
  readonly maxSamples: number;
  readonly seed: number;
  readonly firstTree: number;
  readonly trees: number;
}

/** Of fits of this process: no part of what is saved, as sample weights are not. */
const draws = new WeakMap<object, readonly Draws[]>();

/** Remembers what the trees of a state drew from, after those of the state that it goes on from. */
export function rememberDraws(
  state: ForestState,
  own: Draws,
  previous: ForestState | null | undefined,
): void {
  const before = previous ? draws.get(previous) : [];
  if (before !== undefined) draws.set(state, [...before, own]);
}

/** `to`, of which is known what is known of `from`. */
export function withDraws<S extends ForestState>(to: S, from: ForestState): S {
  const known = draws.get(from);
  if (known !== undefined) draws.set(to, known);
  return to;
}

/**
 * The rows that each tree drew, ascending, each as often as it was drawn.
 *
 * @throws {ERR_NOT_SUPPORTED} of a model that was loaded, or goes on from one
 */
export function drawnRows(owner: object, state: ForestState): Int32Array[] {
  const known = draws.get(state);
  if (known === undefined) {
    const why = 'the rows that trees have drawn are known where they were fitted, and not in a model file';
    throw new StateError('ERR_NOT_SUPPORTED', `${owner.constructor.name}: ${why}.`);
  }
  return known.flatMap((group) => Array.from({ length: group.trees }, (_, t) => rowsOf(group, t)));
}

function rowsOf({ rows, bootstrap, weights, maxSamples, seed, firstTree }: Draws, t: number): Int32Array {
  if (!bootstrap) return Int32Array.from({ length: rows }, (_, i) => i);
  const counts = new Int32Array(rows);
  native.drawnRows(counts, weights, maxSamples, seed, firstTree + t);
  const drawn = new Int32Array(maxSamples || rows);
  let next = 0;
  for (const [i, count] of counts.entries()) {
    drawn.fill(i, next, next + count);
    next += count;
  }
  return drawn;
}
