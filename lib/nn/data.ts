/**
 * What a model takes for X: whatever an estimator takes, and samples of more than one axis, as nested arrays or
 * `{ data, shape }`. A sample is a row of the matrix that comes of it, its last axis running fastest.
 */

import { isMatrixShaped, isTypedArray, Matrix, type MatrixLike, type TypedArray } from '../core/matrix.js';
import { show } from '../core/params.js';
import { sizeOf } from '../core/shape.js';
import { ValidationError } from '../errors.js';
import type { Shape } from './layers.js';

/** Samples of any shape: `shape` is [samples, ...shape of one]. */
export interface TensorLike {
  readonly data: TypedArray;
  readonly shape: Shape;
}
/** Nested arrays of numbers. */
export type NestedNumbers = ReadonlyArray<number | ArrayLike<number> | NestedNumbers>;
/** What {@link Sequential} takes for X. */
export type Samples = MatrixLike | TensorLike | NestedNumbers;

const isTensor = (value: unknown): value is TensorLike =>
  typeof value === 'object' &&
  value !== null &&
  Array.isArray((value as TensorLike).shape) &&
  'data' in value;

/** A matrix with a row for each sample, and the shape of one where the form says it. */
export interface Rows {
  readonly X: MatrixLike;
  readonly shape: Shape | null;
}

/**
 * Samples as rows.
 *
 * @throws {ERR_SHAPE} when nested arrays are ragged, or data and shape do not match
 * @throws {ERR_DTYPE} when something nested is no number
 */
export function rowsOf(samples: Samples): Rows {
  if (!(samples instanceof Matrix) && !isMatrixShaped(samples) && isTensor(samples)) {
    const { data, shape } = samples;
    const [rows, ...own] = shape;
    const isCount = (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 0;
    if (!isTypedArray(data) || shape.length === 0 || !shape.every(isCount) || data.length !== sizeOf(shape)) {
      const message = `X: ${show((data as { length?: number })?.length)} values do not have the shape [${shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const sample = own.length === 0 ? [1] : own;
    const float = data instanceof Float64Array ? data : Float32Array.from(data);
    return {
      X: new Matrix(data instanceof Float32Array ? data : float, rows, sizeOf(sample)),
      shape: sample,
    };
  }
  if (Array.isArray(samples) && isNested(samples[0])) return flattened(samples as NestedNumbers);
  return { X: samples as MatrixLike, shape: null };
}

/** Whether an array holds arrays: what is nested once is a matrix, and the business of the schema. */
const isNested = (first: unknown) =>
  Array.isArray(first) && (Array.isArray(first[0]) || isTypedArray(first[0]));

/** Of samples: that of the rows, and those that a layer `input` may say. */
const MOST_AXES = 9;

function flattened(samples: NestedNumbers): Rows {
  const shape: number[] = [];
  for (let level: unknown = samples; Array.isArray(level) || isTypedArray(level); level = level[0]) {
    shape.push(level.length);
    // Which an array that holds itself would reach, too.
    if (shape.length > MOST_AXES) {
      throw new ValidationError('ERR_SHAPE', `X: a sample has at most ${MOST_AXES - 1} axes.`);
    }
  }
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  const copy = (level: unknown, depth: number) => {
    if (depth === shape.length) {
      if (typeof level !== 'number') {
        throw new ValidationError(
          'ERR_DTYPE',
          `X holds ${show(level)}: samples are nested arrays of numbers.`,
        );
      }
      data[at++] = level;
      return;
    }
    const list = level as ArrayLike<unknown>;
    if (list?.length !== shape[depth]) {
      const message = `X: an array of axis ${depth} has ${show(list?.length)} entries, the first one ${shape[depth]}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    for (let i = 0; i < list.length; i++) copy(list[i], depth + 1);
  };
  copy(samples, 0);
  const [rows, ...own] = shape;
  return { X: new Matrix(data, rows, sizeOf(own)), shape: own };
}
