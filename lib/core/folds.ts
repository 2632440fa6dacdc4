/** How rows are dealt to folds: the allocation is scikit-learn's. */
import { ValidationError } from '../errors.js';
import type { Random } from './random.js';
import { isTargetRow, type TargetsLike, targetRows } from './targets.js';

/** The fold of each row: stretches of consecutive rows, or of rows in random order; the first rows % folds have one row more. */
export function consecutiveFolds(rows: number, folds: number, random: Random | null): Int32Array {
  const foldOf = new Int32Array(rows);
  const order = random?.permutation(rows);
  const size = Math.floor(rows / folds);
  const larger = rows % folds;
  let next = 0;
  for (let fold = 0; fold < folds; fold++) {
    const end = next + size + (fold < larger ? 1 : 0);
    if (order === undefined) foldOf.fill(fold, next, end);
    else for (let k = next; k < end; k++) foldOf[order[k]] = fold;
    next = end;
  }
  return foldOf;
}

/**
 * The fold of each row, each class spread over all of them.
 *
 * @param classes - the rows of each class, in the order in which classes first appear
 */
export function stratifiedFolds(
  classes: ReadonlyArray<readonly number[]>,
  rows: number,
  folds: number,
  random: Random | null,
): Int32Array {
  // Sorted by class, the rows are dealt out like cards: fold f gets every folds-th from f on.
  const foldOf = new Int32Array(rows);
  let dealt = 0;
  for (const members of classes) {
    const counts = new Int32Array(folds);
    for (let k = 0; k < members.length; k++) counts[dealt++ % folds] += 1;
    const own = new Int32Array(members.length);
    for (let fold = 0, next = 0; fold < folds; next += counts[fold++])
      own.fill(fold, next, next + counts[fold]);
    random?.shuffle(own);
    for (let k = 0; k < members.length; k++) foldOf[members[k]] = own[k];
  }
  return foldOf;
}

const MISSING = {
  y: (row: number) => `y: row ${row} has no label, which stratifying needs.`,
  groups: (row: number) => `groups: row ${row} has no group.`,
};

/**
 * The rows of each class, in the order in which the classes first appear.
 *
 * @param what - y, or the groups of the rows
 * @throws {ERR_LABELS} when a label or a group is missing
 */
export function rowsByClass(y: ArrayLike<unknown>, what: keyof typeof MISSING = 'y'): number[][] {
  const rows = new Map<unknown, number[]>();
  for (let i = 0; i < y.length; i++) {
    const label = y[i];
    if (label === null || label === undefined || Number.isNaN(label))
      throw new ValidationError('ERR_LABELS', MISSING[what](i));
    const known = rows.get(label);
    if (known === undefined) rows.set(label, [i]);
    else known.push(i);
  }
  return [...rows.values()];
}

/** Labels to stratify by: of several targets all labels of a row as one. */
export function jointLabels(y: TargetsLike): ArrayLike<unknown> {
  const rows = targetRows(y);
  if (!isTargetRow(rows[0])) return rows;
  return Array.from(rows, (row) => {
    const labels = isTargetRow(row) ? Array.from(row) : [];
    const isWhole = labels.every((label) => label !== null && label !== undefined && !Number.isNaN(label));
    return isWhole ? labels.map(keyOf).join('') : null;
  });
}

/** Text that differs where labels do, also when several stand one after the other. */
function keyOf(label: unknown): string {
  const text = String(label);
  return `${typeof label} ${text.length} ${text}`;
}

/** @throws {ERR_LABELS} when the training rows of a fold lack a class, so that its model could not know it */
export function checkFoldClasses(
  owner: object,
  train: Int32Array,
  codes: Int32Array,
  classes: ArrayLike<unknown>,
): void {
  if (new Set(train.map((row) => codes[row])).size === classes.length) return;
  throw new ValidationError(
    'ERR_LABELS',
    `${owner.constructor.name}: a class is missing in the training rows of a fold; choose fewer folds than rows of every class.`,
  );
}
