/** What the classes share that learn labels from a list. */
import { distinctLabels, type Label } from '../core/labels.js';
import { show } from '../core/params.js';
import { isMissing } from '../core/table.js';
import { StateError, ValidationError } from '../errors.js';

/** @throws {ERR_LABELS} for what is no list */
export function requireList(owner: string, y: ArrayLike<unknown> | null | undefined): void {
  if (typeof y === 'object' && typeof y?.length === 'number') return;
  throw new ValidationError('ERR_LABELS', `${owner}: y must be a list of labels; got ${show(y)}.`);
}

/** @throws {ERR_LABELS} for what is no list, or a missing label */
export function requireLabels(owner: string, y: ArrayLike<unknown>): void {
  requireList(owner, y);
  const missing = Array.from(y).findIndex(isMissing);
  if (missing >= 0) throw new ValidationError('ERR_LABELS', `${owner}: y[${missing}] has no label.`);
}

/** The labels, sorted. @throws {ERR_LABELS | ERR_EMPTY} for a missing label, labels of mixed types, or none */
export function learnLabels(owner: string, y: ArrayLike<unknown>): Label[] {
  requireLabels(owner, y);
  if (y.length === 0) throw new ValidationError('ERR_EMPTY', `${owner}: y has no labels.`);
  return distinctLabels(y, `${owner}: y`, 'ERR_LABELS');
}

/** A copy of what `fit` has learned. @throws {ERR_NOT_FITTED} when that is nothing */
export function requireLearned(owner: string, classes: readonly Label[] | null): Label[] {
  if (classes !== null) return [...classes];
  throw new StateError('ERR_NOT_FITTED', `This ${owner} is not fitted yet: call fit(y) first.`);
}
