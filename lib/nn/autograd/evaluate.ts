/**
 * Computes recorded values: sorts what is missing, gives each a buffer and runs all of it as one native job. Memory of
 * values that only the job itself reads is used again within the job, and for the next one.
 */

import { withCancel } from '../../core/cancellation.js';
import { AbortError, StateError, toBorealError } from '../../errors.js';
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
  /** Of each value of `order`. */
  readonly memories: readonly Float32Array[];
  readonly scratch: ReadonlySet<Float32Array>;
  /** A rough count of nanoseconds. */
  readonly cost: number;
}

/** Numbers plans, so that what one notes in values is not taken for another's. */
let plans = 0;

/** What is not known yet of the values and all they rest on, in an order that can be computed. */
function missing(roots: readonly Value[]): Value[] {
  plans++;
  const order: Value[] = [];
  const stack: { value: Value; next: number }[] = [];
  const visit = (value: Value) => {
    if (value.buffer !== null || value.plan === plans) return;
    if (value.recipe === null) {
      throw new StateError('ERR_INTERNAL', 'A value is neither known nor recorded.');
    }
    value.plan = plans;
    value.reads = 0;
    value.stays = value.keeps;
    value.memory = null;
    stack.push({ value, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const { inputs } = top.value.recipe!;
      if (top.next === inputs.length) {
        order.push(top.value);
        stack.pop();
        continue;
      }
      const input = inputs[top.next++];
      if (input !== null) visit(input);
    }
  }
  return order;
}

/** The value whose memory a value lies in. */
function owner(value: Value): Value {
  let at = value;
  while (at.buffer === null && at.recipe!.code === VIEW) at = at.recipe!.inputs[0]!;
  return at;
}

/** Gives what is missing memory, and writes the program that computes it. */
function plan(roots: readonly Value[], changes: readonly Change[]): Job {
  const all = [...roots];
  for (const { inputs, outputs } of changes) {
    for (const value of inputs) all.push(value);
    for (const value of outputs) if (value !== null) all.push(value);
  }
  const order = missing(all);
  for (const value of all) value.stays = true;
  // Results of the user's keep their memory, and so does what they are views of.
  for (const value of order) {
    const { code, inputs } = value.recipe!;
    if (code === VIEW) {
      if (!value.stays) continue;
      const of = owner(value);
      of.stays = true;
      of.viewed = true;
      continue;
    }
    for (const input of inputs) if (input !== null) owner(input).reads++;
  }
  const words: number[] = [];
  const buffers: Float32Array[] = [];
  const memories: Float32Array[] = [];
  const scratch = new Set<Float32Array>();
  const free = new Map<number, Float32Array[]>();
  const numbers = new Map<Float32Array, number>();
  const number = (value: Value): number => {
    const buffer = value.buffer ?? value.memory!;
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
      const base = inputs[0]!.buffer ?? inputs[0]!.memory!;
      value.memory = base.length === value.size ? base : base.subarray(rest[0], rest[0] + value.size);
      memories.push(value.memory);
      continue;
    }
    if (value.stays) {
      value.memory = pool.take(value.size);
    } else {
      value.memory = free.get(value.size)?.pop() ?? pool.take(value.size);
      scratch.add(value.memory);
    }
    memories.push(value.memory);
    words.push(code, 1 + inputs.length + rest.length, number(value));
    for (const input of inputs) words.push(input === null ? -1 : number(input));
    for (const word of rest) words.push(word);
    cost += 300 + costOf(value);
    for (const input of inputs) {
      if (input === null) continue;
      const from = owner(input);
      if (--from.reads > 0 || from.buffer !== null || from.stays) continue;
      const list = free.get(from.size);
      if (list === undefined) free.set(from.size, [from.memory!]);
      else list.push(from.memory!);
    }
  }
  for (const { code, outputs, inputs, words: rest } of changes) {
    words.push(code, outputs.length + inputs.length + rest.length);
    for (const output of outputs) words.push(output === null ? -1 : number(output));
    for (const input of inputs) words.push(number(input));
    for (const word of rest) words.push(word);
    cost += 300 + outputs[0]!.size;
  }
  return { program: Int32Array.from(words), buffers, order, changes, memories, scratch, cost };
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
  for (const [i, value] of job.order.entries()) {
    value.busy = false;
    if (value.keeps) value.buffer = job.memories[i];
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

/**
 * Takes back the memory of a value that nobody can reach any more, for the next job. That of a gradient, for one: a
 * training loop makes new ones in every step.
 */
export function recycle(value: Value): void {
  const { buffer } = value;
  if (buffer === null || value.busy || value.viewed || value.readers > 0) return;
  if (buffer.byteLength !== buffer.buffer.byteLength) return;
  value.buffer = null;
  pool.give(buffer);
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

/** Gives up the hold that {@link evaluate} has on what changes read and write. */
function settle(changes: readonly Change[]): void {
  for (const { inputs, outputs } of changes) {
    for (const output of outputs) if (output !== null) output.busy = false;
    for (const input of inputs) input.readers--;
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
  for (const { inputs, outputs } of changes) {
    for (const output of outputs) if (output !== null) output.busy = true;
    for (const input of inputs) input.readers++;
  }
  const run = async () => {
    const job = plan(collect(values), changes);
    try {
      if (job.cost < INLINE_COST) {
        if (signal?.aborted) throw new AbortError('The operation was aborted.', { cause: signal.reason });
        if (job.program.length > 0) native.tensorRunSync(job.program, job.buffers);
      } else {
        markBusy(job, true);
        await withCancel(signal, (cancel) => native.tensorRun(job.program, job.buffers, cancel));
      }
      finish(job);
    } finally {
      markBusy(job, false);
      release(job);
    }
  };
  const turn = last.then(run).then(
    () => settle(changes),
    (error: unknown) => {
      settle(changes);
      throw toBorealError(error);
    },
  );
  last = turn.catch(() => undefined);
  return turn;
}
