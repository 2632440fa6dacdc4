/**
 * Memory for values. Large arrays are put on huge pages before they are first written, where the system has them: a fault
 * for each 4 KiB of fresh memory costs several times as much as filling it.
 */
import { ValidationError } from '../../errors.js';
import { type FloatArray, native } from '../../native.js';
import type { Dtype } from './base.js';

/** Bytes from which on an array is likely to hold a whole huge page of 2 MiB. */
const LARGE = 1 << 22;

function ready<T extends FloatArray>(array: T): T {
  if (array.byteLength >= LARGE) native.adviseHugePages(array);
  return array;
}

/**
 * A new array, all zeros.
 *
 * @throws {ERR_SHAPE} when it is longer than an array can be, or than there is memory for
 */
export function newArray(dtype: Dtype, length: number): FloatArray {
  try {
    return ready(dtype === 'float32' ? new Float32Array(length) : new Float64Array(length));
  } catch (error) {
    const message = `A matrix of ${length} values is larger than an array can be here.`;
    throw new ValidationError('ERR_SHAPE', message, { cause: error });
  }
}

/** A new array of the type of `data`, all zeros: {@link newArray}. */
export function sameArray<T extends FloatArray>(data: T, length: number): T {
  return newArray(data instanceof Float32Array ? 'float32' : 'float64', length) as T;
}

/** A new array of the type of `data` in shared memory, all zeros: what native jobs read and write in place. */
export function sharedArray<T extends FloatArray>(data: T, length: number): T {
  const Type = data.constructor as new (buffer: SharedArrayBuffer, offset: number, length: number) => T;
  // Without bytes there would be no memory to share.
  const bytes = Math.max(length, 1) * data.BYTES_PER_ELEMENT;
  return ready(new Type(new SharedArrayBuffer(bytes), 0, length));
}
