/** Where cross-validation gets its folds: a number of them, a splitter, or the folds themselves. */
import { ValidationError } from '../errors.js';
import type { FloatArray } from '../native.js';
import { type CrossValidator, type Fold, KFold, StratifiedKFold } from './k-fold.js';
import { isReadInPlace } from './linalg/memory.js';
import { Matrix, type MatrixLike } from './matrix.js';
import { custom, either, int, show } from './params.js';

/** A number of folds, a splitter, or a list of folds. */
export type FoldSource = number | CrossValidator | Iterable<Fold>;

/** The rule of a parameter `cv`. */
export const cvRule = either(
  int(2),
  custom('a splitter, or a list of { train, test }', (v) => typeof v === 'object' && v !== null),
);

/**
 * The folds of some rows.
 *
 * @param isStratified - whether a number of folds gives each the shares of classes of the whole; else they are stretches of rows
 * @throws {ERR_PARAMETER} for what gives no folds, and whatever a splitter throws
 */
export function resolveFolds(
  cv: FoldSource,
  isStratified: boolean,
  X: MatrixLike,
  y: ArrayLike<unknown> | undefined,
  groups: ArrayLike<unknown> | undefined,
): Fold[] {
  const Splitter = isStratified ? StratifiedKFold : KFold;
  const source = typeof cv === 'number' ? new Splitter({ nSplits: cv }) : cv;
  const folds = isSplitter(source) ? source.split(shown(X), y, groups) : source;
  if (typeof folds !== 'object' || folds === null || !(Symbol.iterator in folds)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `cv must be a number of folds, a splitter such as KFold, or a list of { train, test }; got ${show(cv)}.`,
    );
  }
  const list = [...folds];
  if (list.length === 0) throw new ValidationError('ERR_PARAMETER', 'cv gives no folds.');
  const odd = list.findIndex((fold) => !isList(fold?.train) || !isList(fold?.test));
  if (odd < 0) return list;
  const message = `cv: fold ${odd} must be { train, test }, two lists of rows; got ${show(list[odd])}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** X for code of the caller's: the rows of a fit, which jobs read in place, as a copy that is made when their values are asked for. */
function shown(X: MatrixLike): MatrixLike {
  if (!(X instanceof Matrix) || !isReadInPlace(X.data)) return X;
  let own: FloatArray | undefined;
  const get = () => (own ??= X.data.slice());
  return Object.defineProperty(new Matrix(X.data, X.rows, X.cols), 'data', { get, enumerable: true });
}

function isSplitter(cv: unknown): cv is CrossValidator {
  return typeof (cv as Partial<CrossValidator> | null)?.split === 'function';
}

const isList = (rows: unknown) =>
  Array.isArray(rows) || (ArrayBuffer.isView(rows) && !(rows instanceof DataView));
