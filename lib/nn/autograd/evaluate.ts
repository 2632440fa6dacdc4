/**
 * Computes recorded values: sorts what is missing, gives each a buffer and runs all of it as one native job. Memory of
 * values that only the job itself reads is used again within the job, and for the next one.
 */

import { withCancel } from '../../core/cancellation.js';
import { StateError, toBorealError } from '../../errors.js';
import { native } from '../../native.js';
import { OP } from './ops.js';
import { dropRecipe, type Value, VIEW } from './value.js';

/** Memory of past jobs by size. What is not taken for a while is left to the garbage collector. */
class BufferPool {
  readonly #free = new Map<number, Float32Array[]>();
  #bytes = 0;
  static readonly #mostBytes = 256 * 2 ** 20;

  take(size: number): Float32Array {
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return new Float32Array(size);
    this.#bytes -= buffer.byteLength;
    return buffer;
  }
  give(buffer: Float32Array): void {
    if (this.#bytes + buffer.byteLength > BufferPool.#mostBytes) {
      this.#free.clear();
      this.#bytes = 0;
    }
    const list = this.#free.get(buffer.length);
    if (list === undefined) this.#free.set(buffer.length, [buffer]);
    else list.push(buffer);
    this.#bytes += buffer.byteLength;
  }
}
const pool = new BufferPool();

/** A change of known values in place, made at the end of a job: a step of an optimizer. */
export interface Change {
  readonly code: number;
  /** What it writes, then what it reads. */
  readonly outputs: readonly (Value | null)[];
  readonly inputs: readonly Value[];
  readonly words: readonly number[];
}

interface Job {
  readonly program: Int32Array;
  readonly buffers: readonly Float32Array[];
  readonly order: readonly Value[];
  readonly changes: readonly Change[];
  readonly made: ReadonlyMap<Value, Float32Array>;
  readonly scratch: ReadonlySet<Float32Array>;
  /** A rough count of nanoseconds. */
  readonly cost: number;
}

/** What is not known yet of the values and all they rest on, in an order that can be computed. */
function missing(roots: readonly Value[]): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const stack: { value: Value; next: number }[] = [];
  for (const root of roots) {
    if (root.buffer === null && !seen.has(root)) {
      seen.add(root);
      stack.push({ value: root, next: 0 });
    }
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const inputs = top.value.recipe!.inputs;
      if (top.next === inputs.length) {
        order.push(top.value);
        stack.pop();
        continue;
      }
      const input = inputs[top.next++];
      if (input !== null && input.buffer === null && !seen.has(input)) {
        if (input.recipe === null)
          throw new StateError('ERR_INTERNAL', 'A value is neither known nor recorded.');
        seen.add(input);
        stack.push({ value: input, next: 0 });
      }
    }
  }
  return order;
}

/** The value whose memory a value lies in. */
function owner(value: Value): Value {
  let at = value;
  while (at.recipe !== null && at.recipe.code === VIEW && at.buffer === null) at = at.recipe.inputs[0]!;
  return at;
}

function plan(roots: readonly Value[], changes: readonly Change[]): Job {
  const all = [...roots];
  for (const { inputs, outputs } of changes) {
    for (const value of [...inputs, ...outputs]) if (value !== null) all.push(value);
  }
  const order = missing(all);
  // Who keeps its memory: results of the user's, and what they are views of.
  const kept = new Set<Value>();
  for (const value of all) kept.add(owner(value));
  for (const value of order) if (value.keeps) kept.add(owner(value));
  const reads = new Map<Value, number>();
  for (const value of order) {
    if (value.recipe!.code === VIEW) continue;
    for (const input of value.recipe!.inputs) {
      if (input === null) continue;
      const from = owner(input);
      reads.set(from, (reads.get(from) ?? 0) + 1);
    }
  }
  const words: number[] = [];
  const buffers: Float32Array[] = [];
  const made = new Map<Value, Float32Array>();
  const scratch = new Set<Float32Array>();
  const free = new Map<number, Float32Array[]>();
  const numbers = new Map<Float32Array, number>();
  const bufferOf = (value: Value): Float32Array => value.buffer ?? made.get(value)!;
  const number = (buffer: Float32Array): number => {
    let at = numbers.get(buffer);
    if (at === undefined) {
      at = buffers.push(buffer) - 1;
      numbers.set(buffer, at);
    }
    return at;
  };
  let cost = 0;
  for (const value of order) {
    const { code, inputs, words: rest } = value.recipe!;
    if (code === VIEW) {
      const base = bufferOf(inputs[0]!);
      owner(value).viewed = true;
      made.set(value, base.length === value.size ? base : base.subarray(rest[0], rest[0] + value.size));
      continue;
    }
    let buffer: Float32Array;
    if (kept.has(value)) {
      buffer = new Float32Array(value.size);
    } else {
      buffer = free.get(value.size)?.pop() ?? pool.take(value.size);
      scratch.add(buffer);
    }
    made.set(value, buffer);
    words.push(code, 1 + inputs.length + rest.length, number(buffer));
    for (const input of inputs) words.push(input === null ? -1 : number(bufferOf(input)));
    for (const word of rest) words.push(word);
    cost += 300 + costOf(value);
    for (const input of inputs) {
      if (input === null) continue;
      const from = owner(input);
      const left = reads.get(from)! - 1;
      reads.set(from, left);
      const memory = made.get(from);
      if (left > 0 || memory === undefined || kept.has(from)) continue;
      const list = free.get(from.size);
      if (list === undefined) free.set(from.size, [memory]);
      else list.push(memory);
    }
  }
  for (const { code, outputs, inputs, words: rest } of changes) {
    words.push(code, outputs.length + inputs.length + rest.length);
    for (const output of outputs) words.push(output === null ? -1 : number(bufferOf(output)));
    for (const input of inputs) words.push(number(bufferOf(input)));
    for (const word of rest) words.push(word);
    cost += 300 + outputs[0]!.size;
  }
  return { program: Int32Array.from(words), buffers, order, changes, made, scratch, cost };
}

/** About what an op costs in nanoseconds on one thread. */
function costOf(value: Value): number {
  const { code, inputs, words } = value.recipe!;
  if (code === OP.matmul) return (value.size * words[3]) / 40;
  if (code === OP.conv2d || code === OP.conv2dInputGradient || code === OP.conv2dWeightGradient) {
    const [batch, inH, inW, inC, outC, kh, kw, sh, sw] = words;
    return (((batch * inH * inW) / (sh * sw)) * inC * outC * kh * kw) / 40;
  }
  return value.size + (inputs[0]?.size ?? 0);
}

function finish(job: Job): void {
  for (const value of job.order) {
    value.busy = false;
    if (value.keeps) value.buffer = job.made.get(value)!;
  }
  for (const value of job.order) dropRecipe(value);
}

function release(job: Job): void {
  for (const buffer of job.scratch) pool.give(buffer);
}

function markBusy(job: Job, busy: boolean): void {
  for (const value of job.order) value.busy = busy;
  for (const change of job.changes)
    for (const output of change.outputs) if (output !== null) output.busy = busy;
}

/** Throws while another job makes or changes what this one needs. */
function requireIdle(job: Job, roots: readonly Value[]): void {
  const busy = (value: Value | null) => value?.busy === true;
  if (
    roots.some(busy) ||
    job.order.some((value) => busy(value) || value.recipe!.inputs.some(busy)) ||
    job.changes.some((change) => change.outputs.some(busy))
  ) {
    throw new StateError(
      'ERR_BUSY',
      'The value is being computed or changed: await the promise of backward(), step() or evaluate() first.',
    );
  }
}

/** What every evaluation computes as well: see {@link alsoEvaluate}. */
const effects = new Set<{ value: Value }>();

/** The holder's value is computed by the next evaluation, whoever asks for it: running statistics of a layer. */
export function alsoEvaluate(holder: { value: Value }): void {
  effects.add(holder);
}

function collect(roots: readonly Value[]): Value[] {
  const all = [...roots];
  for (const holder of effects) all.push(holder.value);
  effects.clear();
  for (const root of all) root.keeps = true;
  return all;
}

/** Computes values now, on this thread's time. */
export function evaluateSync(values: readonly Value[], changes: readonly Change[] = []): void {
  if (changes.length === 0 && values.every((value) => value.buffer !== null && !value.busy)) return;
  const roots = collect(values);
  const job = plan(roots, changes);
  try {
    requireIdle(job, roots);
    native.tensorRunSync(job.program, job.buffers);
    finish(job);
  } catch (error) {
    throw toBorealError(error);
  } finally {
    release(job);
  }
}

/** Below this a job runs at once: a trip through the pool costs as much. */
const INLINE_COST = 50_000;

let last: Promise<void> = Promise.resolve();

/** Computes values off the event loop; jobs run one after the other, in the order they were asked for. */
export function evaluate(
  values: readonly Value[],
  changes: readonly Change[] = [],
  signal?: AbortSignal,
): Promise<void> {
  for (const change of changes) for (const output of change.outputs) if (output !== null) output.busy = true;
  const turn = last.then(async () => {
    const job = plan(collect(values), changes);
    try {
      if (job.cost < INLINE_COST) {
        signal?.throwIfAborted();
        if (job.program.length > 0) native.tensorRunSync(job.program, job.buffers);
      } else {
        markBusy(job, true);
        await withCancel(signal, (cancel) => native.tensorRun(job.program, job.buffers, cancel));
      }
      finish(job);
    } catch (error) {
      throw toBorealError(error);
    } finally {
      markBusy(job, false);
      release(job);
    }
  });
  last = turn.catch(() => undefined);
  return turn;
}
