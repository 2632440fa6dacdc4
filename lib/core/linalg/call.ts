/**
 * The pattern of all operations on matrices. A `prepare...` function checks its arguments and returns a
 * {@link PreparedCall}; the method `x` makes it at once with `run()`, the method `xAsync` on the pool with
 * {@link later}. So each operation is checked and described once. The checks, and the object, cost some 10 ns.
 */
import { ValidationError } from '../../errors.js';
import type { CancelHandle, FloatArray } from '../../native.js';
import { withCancel } from '../cancellation.js';
import type { Matrix } from '../matrix.js';
import { show } from '../params.js';
import { createMatrix, MatrixBase, shapeOf } from './base.js';
import { isReadInPlace, sameArray } from './memory.js';

/** Options of operations that give a matrix. */
export interface OutOptions {
  /** A matrix to write the result into, of its shape and element type; it is also what the call returns. */
  readonly out?: Matrix;
}
/** Options of operations on the pool. */
export interface SignalOptions {
  /** Cancels the operation: the promise then rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal;
}
/**
 * Options of operations on the pool that give a matrix. An `out` in a SharedArrayBuffer is written in place, while
 * the operation runs. An `out` in ordinary memory, which its owner may transfer at any time, is written in one step
 * right before the promise resolves, and stays as it is if the operation fails.
 */
export interface AsyncOptions extends OutOptions, SignalOptions {}

/** A native call with checked arguments, not made yet. */
export interface PreparedCall<R> {
  /** The matrix that it writes, and that may be the caller's; null if it gives something else. */
  readonly out: MatrixBase | null;
  /** What it reads. */
  readonly inputs: readonly ArrayBufferView[];
  /** Whether `out` may be one of the inputs, in the same shape. */
  readonly inPlace: boolean;
  /** Makes the call now. */
  run(): R;
  /** Makes it on the pool, with `out` in place of its own; inputs in ordinary memory are copied before it returns. */
  start(out: FloatArray | null, cancel: CancelHandle | null): Promise<unknown>;
  /** What the call has given, from what the promise of `start` gave. */
  result(value: unknown): R;
}

/** Makes a call on the pool. What `prepare` throws becomes a rejection. */
export async function later<R>(
  options: AsyncOptions | undefined,
  prepare: () => PreparedCall<R>,
): Promise<R> {
  const call = prepare();
  const out = call.out === null ? null : call.out.data;
  // What the caller could detach meanwhile must not be written by another thread.
  const detour = out !== null && options?.out !== undefined && !isReadInPlace(out);
  if (!detour) return call.result(await withCancel(options?.signal, (cancel) => call.start(out, cancel)));
  for (const input of call.inputs) refuseOverlap(out, input, call.inPlace);
  const written = sameArray(out, out.length);
  const value = await withCancel(options?.signal, (cancel) => call.start(written, cancel));
  if (out.length !== written.length) {
    throw new ValidationError('ERR_SHAPE', 'The buffer of out was detached while the operation ran.');
  }
  out.set(written);
  return call.result(value);
}

/** The rule of the native core, for calls that it makes with another `out`. */
function refuseOverlap(out: FloatArray, x: ArrayBufferView, inPlace: boolean): void {
  if (out.buffer !== x.buffer) return;
  if (out.byteOffset >= x.byteOffset + x.byteLength || x.byteOffset >= out.byteOffset + out.byteLength)
    return;
  if (inPlace && out.byteOffset === x.byteOffset && out.byteLength === x.byteLength) return;
  throw new ValidationError('ERR_PARAMETER', 'out must not overlap an operand.');
}

/** A typed array as a matrix of one row. */
export function rowOf(values: unknown, name: string): MatrixBase {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${name} must be a Matrix, or a Float32Array or Float64Array as one row; got ${show(values)}.`,
    );
  }
  return new MatrixBase(values as FloatArray, 1, values.length);
}

/** `out` after a check of its shape and element type, or a new matrix. */
export function resolveOut<T extends FloatArray>(
  like: MatrixBase<T>,
  rows: number,
  cols: number,
  out: Matrix | undefined,
): Matrix<T> {
  if (out === undefined) return createMatrix(sameArray(like.data, rows * cols), rows, cols);
  if (out?.typeBit !== like.typeBit || out.rows !== rows || out.cols !== cols) {
    requireMatrix(out, 'out');
    if (out.rows !== rows || out.cols !== cols) {
      throw new ValidationError(
        'ERR_SHAPE',
        `The result has the shape [${rows}, ${cols}], but out has ${shapeOf(out)}.`,
      );
    }
    requireSameType(like, out, 'out');
  }
  return out as Matrix<T>;
}

/** Throws unless something is a matrix. */
export function requireMatrix(x: unknown, name: string): asserts x is MatrixBase {
  if (x instanceof MatrixBase) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be a Matrix; got ${show(x)}.`);
}

/** Throws unless x is a matrix of the element type of `like`. */
export function requireSameType(like: MatrixBase, x: MatrixBase, name: string): void {
  if (x?.typeBit === like.typeBit) return;
  requireMatrix(x, name);
  throw new ValidationError(
    'ERR_DTYPE',
    `The matrix is ${like.dtype}, but ${name} is ${x.dtype}: convert one of them with astype('${like.dtype}').`,
  );
}
