/**
 * The nodes of a recorded computation. An operation on tensors computes nothing: it notes what is to be done in a
 * Value. Values are computed when somebody needs numbers (evaluate.ts), all that are missing in one native job.
 */
import { sizeOf as sizeOfAny } from '../../core/shape.js';
import { ValidationError } from '../../errors.js';

/** How a value is made: the words of an op of native/nn/tensor_program.h behind those that name buffers. */
export interface Recipe {
  readonly code: number;
  /** null: an optional operand that is not there. */
  readonly inputs: readonly (Value | null)[];
  readonly words: readonly number[];
}

/** The code of no native op: the same memory under another shape, from an offset on (the only word). */
export const VIEW = -1;

/** An array of float32, dense in row-major order: known, or how to make it. */
export class Value {
  readonly shape: readonly number[];
  readonly size: number;
  /** null: not computed yet. */
  buffer: Float32Array | null = null;
  recipe: Recipe | null = null;
  /** Computed results stay; what only a backward pass needed does not, and its memory is used again. */
  keeps = true;
  /** A job is computing or changing it. */
  busy = false;
  /** Other values lie in its memory: it must not change. */
  viewed = false;
  /** Recorded by a backward pass: a user can only get at it as some `grad`. */
  internal = false;
  /** Leaves whose `grad` it is, and whether a user has seen it there. */
  holders = 0;
  shown = false;
  // Notes of the plan of this number: how often it is still read, whether its memory stays, and what that is.
  plan = 0;
  reads = 0;
  stays = false;
  memory: Float32Array | null = null;
  /** Recorded operations that will read it: while there are any, its memory must not change. */
  readers = 0;

  constructor(shape: readonly number[]) {
    this.shape = shape;
    this.size = sizeOf(shape);
  }

  static of(buffer: Float32Array, shape: readonly number[]): Value {
    const value = new Value(shape);
    value.buffer = buffer;
    return value;
  }
}

/** Whether values recorded now stay once they are computed; false while gradients are derived. */
let keeping = true;

export function withoutKeeping<R>(work: () => R): R {
  const before = keeping;
  keeping = false;
  try {
    return work();
  } finally {
    keeping = before;
  }
}

export function record(
  code: number,
  shape: readonly number[],
  inputs: readonly (Value | null)[],
  words: readonly number[],
): Value {
  const value = new Value(shape);
  value.keeps = keeping;
  value.internal = !keeping;
  value.recipe = { code, inputs, words };
  for (const input of inputs) if (input !== null) input.readers++;
  return value;
}

/** Forgets how a value is made. */
export function dropRecipe(value: Value): void {
  if (value.recipe === null) return;
  for (const input of value.recipe.inputs) if (input !== null) input.readers--;
  value.recipe = null;
}

/** The number of values of a tensor. @throws {ERR_SHAPE} when it has too many, or too many axes */
export function sizeOf(shape: readonly number[]): number {
  const size = sizeOfAny(shape);
  if (shape.length > 8)
    throw new ValidationError('ERR_SHAPE', `A tensor has at most 8 axes; got ${shape.length}.`);
  if (size > 0x7fff_ffff) {
    throw new ValidationError('ERR_SHAPE', `A tensor of shape [${shape.join(', ')}] is too large.`);
  }
  return size;
}

/** The shape of two operands together: numpy's rule. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === b.length && a.every((extent, d) => extent === b[d])) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let d = 0; d < rank; d++) {
    const p = a[d - rank + a.length] ?? 1;
    const q = b[d - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      const message = `The shapes [${a.join(', ')}] and [${b.join(', ')}] don't broadcast: axis ${d - rank} has ${p} and ${q}.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    shape[d] = p === 1 ? q : p;
  }
  return shape;
}

/** An axis counted from the front. */
export function resolveAxis(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= Math.max(1, rank)) {
    throw new ValidationError('ERR_SHAPE', `Axis ${axis} is not one of a tensor of ${rank} axes.`);
  }
  return resolved;
}

const bits = new DataView(new ArrayBuffer(8));
/** A float32 as a word of a program. */
export function floatWord(value: number): number {
  bits.setFloat32(0, value, true);
  return bits.getInt32(0, true);
}
/** A float64 as two words. */
export function doubleWords(value: number): [number, number] {
  bits.setFloat64(0, value, true);
  return [bits.getInt32(0, true), bits.getInt32(4, true)];
}
/** A whole number up to 2^53 as two words. */
export function keyWords(value: number): [number, number] {
  return [value | 0, Math.floor(value / 0x1_0000_0000) | 0];
}
