/**
 * Memory for values. Large arrays are put on huge pages before they are first written, where the system has them: a fault
 * for each 4 KiB of fresh memory costs several times as much as filling it.
 */
import { constants } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
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

/**
 * A new array whose values are anything: for results that native code writes as a whole. Memory that was used before needs
 * neither zeros nor page faults. It is no recycled buffer, which could not be transferred to a worker: a result belongs to its caller.
 *
 * @throws {ERR_SHAPE} as {@link newArray}
 */
export function uninitialized(dtype: Dtype, length: number): FloatArray {
  const Type = dtype === 'float32' ? Float32Array : Float64Array;
  const bytes = length * Type.BYTES_PER_ELEMENT;
  if (bytes < LARGE || bytes > constants.MAX_LENGTH) return newArray(dtype, length);
  return ready(new Type(Buffer.allocUnsafeSlow(bytes).buffer));
}

/** A new array of the type of `data` in shared memory, all zeros: what native jobs read and write in place. */
export function sharedArray<T extends FloatArray>(data: T, length: number): T {
  const Type = data.constructor as new (buffer: SharedArrayBuffer, offset: number, length: number) => T;
  // Without bytes there would be no memory to share.
  const bytes = Math.max(length, 1) * data.BYTES_PER_ELEMENT;
  return ready(new Type(new SharedArrayBuffer(bytes), 0, length));
}

/** Memory of which the core keeps what was collected, while there is some; else as {@link uninitialized}. */
function recycled<T extends FloatArray>(data: T, length: number): T {
  const Type = data.constructor as new (buffer: ArrayBuffer) => T;
  const buffer = native.recycledBuffer(length * data.BYTES_PER_ELEMENT);
  if (buffer !== null) return new Type(buffer);
  return uninitialized(data instanceof Float32Array ? 'float32' : 'float64', length) as T;
}

/** Large buffers that jobs read in place though they are not shared. */
const owned = new WeakSet<ArrayBufferLike>();

/**
 * As {@link sharedArray}, but its values are anything until somebody writes them: for whoever writes all of them. Large
 * ones are ordinary memory, which is collected sooner than shared memory, and used again. It must not reach a caller, who
 * might transfer it while a job reads it.
 */
export function privateArray<T extends FloatArray>(data: T, length: number): T {
  if (length * data.BYTES_PER_ELEMENT < LARGE) return sharedArray(data, length);
  const array = recycled(data, length);
  markAsUntransferable(array.buffer);
  native.markOwned(array);
  owned.add(array.buffer);
  return array;
}

/** Whether the array is one of the large ones of {@link privateArray}, which nobody else can reach. */
export function isPrivate({ buffer }: FloatArray): boolean {
  return owned.has(buffer);
}

/**
 * Gives the memory of one of {@link privateArray} to the next one that asks, rather than when it is collected; without it every one of
 * some fits in a row would get fresh memory. Whoever still refers to the array finds it empty.
 */
export function release({ buffer }: FloatArray): void {
  if (buffer instanceof ArrayBuffer && owned.delete(buffer)) native.detachBuffer(buffer);
}

/** Whether native jobs read the array where it lies: one of {@link sharedArray} or {@link privateArray}. */
export function isReadInPlace({ buffer }: FloatArray | Int32Array): boolean {
  return buffer instanceof SharedArrayBuffer || owned.has(buffer);
}
