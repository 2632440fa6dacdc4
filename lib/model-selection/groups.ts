/** Splitters that keep the rows of a group together: those of one patient, user or household. */
import { checkGroups } from '../core/fit-input.js';
import { consecutiveFolds, rowsByClass } from '../core/folds.js';
import { Folds } from '../core/k-fold.js';
import type { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';

/**
 * k folds of about equally many rows that part no group: the largest groups are dealt first, each to the smallest fold. With
 * `shuffle`, folds of about equally many groups, drawn at random.
 *
 * @example
 * ```ts
 * import { GroupKFold } from 'boreal';
 * const folds = [...new GroupKFold({ nSplits: 2 }).split([[1], [2], [3], [4]], undefined, ['a', 'b', 'a', 'c'])];
 * folds.map(({ test }) => test); // [[0, 2], [1, 3]]
 * ```
 */
export class GroupKFold extends Folds {
  protected assign(
    rows: number,
    _y: ArrayLike<unknown> | undefined,
    random: Random | null,
    groups: ArrayLike<unknown> | undefined,
  ): Int32Array {
    const members = groupsToDeal(this, rows, groups);
    if (random !== null)
      return foldOfRows(rows, members, consecutiveFolds(members.length, this.nSplits, random));
    // Of equally large groups the last comes first, as in scikit-learn.
    const largestFirst = members.toSorted((a, b) => a.length - b.length).reverse();
    const sizes = new Array<number>(this.nSplits).fill(0);
    const folds = largestFirst.map((group) => {
      const fold = sizes.indexOf(Math.min(...sizes));
      sizes[fold] += group.length;
      return fold;
    });
    return foldOfRows(rows, largestFirst, folds);
  }
}

/**
 * k folds that part no group, with about the shares of classes of the whole: the groups whose classes differ most are dealt first,
 * each to the fold where it leaves the classes most evenly spread.
 *
 * Differs from scikit-learn: no warning when a class has fewer rows than there are folds.
 *
 * @example
 * ```ts
 * import { StratifiedGroupKFold } from 'boreal';
 * const X = [[1], [2], [3], [4], [5], [6]];
 * const [y, groups] = [['a', 'a', 'b', 'a', 'b', 'b'], [1, 1, 1, 2, 2, 2]];
 * const folds = [...new StratifiedGroupKFold({ nSplits: 2 }).split(X, y, groups)];
 * folds.map(({ test }) => test); // [[0, 1, 2], [3, 4, 5]]
 * ```
 */
export class StratifiedGroupKFold extends Folds {
  protected assign(
    rows: number,
    y: ArrayLike<unknown> | undefined,
    random: Random | null,
    groups: ArrayLike<unknown> | undefined,
  ): Int32Array {
    const classes = this.classesOf(y);
    const members = groupsToDeal(this, rows, groups);
    random?.shuffle(members);
    const classOf = new Int32Array(rows);
    for (const [c, own] of classes.entries()) for (const row of own) classOf[row] = c;
    const counted = members.map((group) => {
      const counts = new Float64Array(classes.length);
      for (const row of group) counts[classOf[row]] += 1;
      return { group, counts, spread: deviation(counts) };
    });
    counted.sort((a, b) => b.spread - a.spread);
    const held = Array.from({ length: this.nSplits }, () => new Float64Array(classes.length));
    const folds = counted.map(({ counts }) => {
      const fold = evenest(held, counts, classes);
      for (const [c, count] of counts.entries()) held[fold][c] += count;
      return fold;
    });
    return foldOfRows(
      rows,
      counted.map(({ group }) => group),
      folds,
    );
  }
}

/** The fold in which a group leaves the classes most evenly spread; of folds that are about as good the one with the fewest rows. */
function evenest(
  held: readonly Float64Array[],
  counts: Float64Array,
  classes: ReadonlyArray<readonly number[]>,
): number {
  let [found, least, fewest] = [0, Infinity, Infinity];
  for (const [fold, own] of held.entries()) {
    const spreads = classes.map(({ length }, c) =>
      deviation(held.map((of, k) => (of[c] + (k === fold ? counts[c] : 0)) / length)),
    );
    const spread = sum(spreads) / spreads.length;
    const rows = sum(own);
    const isAsGood = Math.abs(spread - least) <= 1e-8 + 1e-5 * least && rows < fewest;
    if (spread < least || isAsGood) [found, least, fewest] = [fold, spread, rows];
  }
  return found;
}

/** The standard deviation of values that are all there are. */
function deviation(values: ArrayLike<number>): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(Array.from(values, (value) => (value - mean) ** 2)) / values.length);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k];
  return total;
}

/** The rows of each group, at least as many groups as folds. */
function groupsToDeal(owner: Folds, rows: number, groups: ArrayLike<unknown> | undefined): number[][] {
  const { name } = owner.constructor;
  const members = membersOf(name, rows, groups);
  if (owner.nSplits <= members.length) return members;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${name}: nSplits ${owner.nSplits} is more than the ${members.length} groups.`,
  );
}

function foldOfRows(
  rows: number,
  groups: ReadonlyArray<readonly number[]>,
  folds: ArrayLike<number>,
): Int32Array {
  const foldOf = new Int32Array(rows);
  for (const [g, group] of groups.entries()) for (const row of group) foldOf[row] = folds[g];
  return foldOf;
}

/** The rows of each group, the groups in sorted order. */
export function membersOf(owner: string, rows: number, groups: ArrayLike<unknown> | undefined): number[][] {
  if (groups === undefined || groups === null)
    throw new ValidationError('ERR_PARAMETER', `${owner} needs groups: the group of each row.`);
  checkGroups(groups, rows);
  const nameOf = (members: readonly number[]) => groups[members[0]] as number;
  return rowsByClass(groups, 'groups').sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
