/**
 * What a model takes for y, by its loss: labels for classes, a column for each output, or numbers; and what a model of that
 * loss predicts in the terms of estimators.
 */
import type { EstimatorKind } from '../core/estimator.js';
import { codesOfLabels, distinctLabels, encodeTargets, type Label } from '../core/labels.js';
import { isMatrixShaped, isTypedArray, Matrix, type MatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { type NestedNumbers, rowsOf, type TensorLike } from './data.js';
import { isCategorical, type Loss } from './losses.js';

/** What {@link Sequential} takes for y: one label or number per row, or a row of numbers for each. */
export type Targets = ArrayLike<unknown> | MatrixLike | TensorLike | NestedNumbers;

/** Targets as the native core reads them. */
export interface EncodedTargets {
  readonly rows: number;
  /** [rows, outputs], or null where there are codes. */
  readonly values: Float32Array | null;
  /** Of a sparse loss: the class of each row. */
  readonly codes: Int32Array | null;
}

/** What a model with that loss and number of outputs is. */
export function kindOf(loss: Loss | null, outputs: number | null): EstimatorKind {
  if (loss === null) return 'transformer';
  if (isCategorical(loss)) return 'classifier';
  if (outputs !== 1) return 'transformer';
  return loss.type === 'binaryCrossentropy' ? 'classifier' : 'regressor';
}

/** The classes 0, 1 and so on of a classifier with so many outputs. */
export const numbered = (outputs: number): number[] =>
  Array.from({ length: Math.max(outputs, 2) }, (_, k) => k);

/** Whether y is one value per row. */
export function isList(y: Targets): y is ArrayLike<unknown> {
  if (isTypedArray(y)) return true;
  return Array.isArray(y) && (y.length === 0 || typeof y[0] !== 'object' || y[0] === null);
}

/**
 * The classes of a classifier, from the first y it sees: the labels themselves, or 0 to outputs - 1 where they are such
 * numbers, so that a class may be missing from y.
 *
 * @returns null where the loss knows no classes
 * @throws {ERR_LABELS} when there are more labels than outputs, or fewer and no whole numbers
 */
export function classesOf(y: Targets, loss: Loss, outputs: number): readonly Label[] | null {
  if (kindOf(loss, outputs) !== 'classifier') return null;
  const count = Math.max(outputs, 2);
  if (loss.type === 'categoricalCrossentropy' || !isList(y)) return numbered(outputs);
  const distinct = distinctLabels(y, 'y', 'ERR_LABELS');
  if (distinct.length < 2) {
    const message = `A classifier needs at least two classes; y has only ${show(distinct[0])}.`;
    throw new ValidationError('ERR_LABELS', message);
  }
  const areCodes = distinct.every((v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) < count);
  if (areCodes) return numbered(outputs);
  if (distinct.length === count) return distinct;
  const message = `y has ${distinct.length} labels, but the model has ${outputs} ${outputs === 1 ? 'output for two classes' : 'outputs'}.`;
  throw new ValidationError('ERR_LABELS', message);
}

/**
 * Encodes y.
 *
 * @param classes - those of a classifier, see {@link classesOf}
 * @throws {ERR_SHAPE} when rows or columns do not match
 * @throws {ERR_LABELS} for a label that is no class
 * @throws {ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE} for values that are no finite numbers
 */
export function encodeY(
  y: Targets | undefined,
  loss: Loss,
  rows: number,
  outputs: number,
  classes: readonly Label[] | null,
): EncodedTargets {
  if (y === undefined || y === null) {
    throw new ValidationError(
      'ERR_PARAMETER',
      'y is needed: one label or target, or one row of them, per row of X.',
    );
  }
  if (isList(y)) {
    if (y.length !== rows) {
      throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${y.length} values.`);
    }
    if (loss.type === 'sparseCategoricalCrossentropy' || (classes !== null && outputs === 1)) {
      const codes = codesOfLabels(y, classes ?? [], 'y');
      if (outputs === 1) return { rows, values: Float32Array.from(codes), codes: null };
      return { rows, values: null, codes };
    }
    if (outputs === 1) return { rows, values: Float32Array.from(encodeTargets(y, rows)), codes: null };
    const hint = isCategorical(loss) ? ' For labels use sparseCategoricalCrossentropy.' : '';
    const message = `${loss.type} of ${outputs} outputs needs a row of ${outputs} targets per row of X; y is a list.${hint}`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return encodeRows(y, loss, rows, outputs, classes);
}

function encodeRows(
  y: Exclude<Targets, undefined>,
  loss: Loss,
  rows: number,
  outputs: number,
  classes: readonly Label[] | null,
): EncodedTargets {
  const given = rowsOf(y as MatrixLike).X;
  const matrix =
    given instanceof Matrix || isMatrixShaped(given) ? Matrix.from(given) : Matrix.from(given as number[][]);
  const sparse = loss.type === 'sparseCategoricalCrossentropy';
  const width = sparse ? 1 : outputs;
  if (matrix.rows !== rows || matrix.cols !== width) {
    const message = `y has the shape [${matrix.rows}, ${matrix.cols}]; ${loss.type} of ${outputs} outputs needs [${rows}, ${width}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  if (sparse) return encodeY(matrix.data, loss, rows, outputs, classes);
  return { rows, values: Float32Array.from(encodeTargets(matrix.data, matrix.data.length)), codes: null };
}

/** Some of the rows, as a copy. */
export function targetsSlice(y: EncodedTargets, outputs: number, from: number, to: number): EncodedTargets {
  return {
    rows: to - from,
    values: y.values?.slice(from * outputs, to * outputs) ?? null,
    codes: y.codes?.slice(from, to) ?? null,
  };
}
