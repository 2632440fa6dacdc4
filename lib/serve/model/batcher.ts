/**
 * Gathers requests into batches without ever waiting for more to come: a request that finds the plan idle runs at once,
 * and those that arrive while a batch runs on the pool go together as the next one, in one call of the native core.
 */
import { performance } from 'node:perf_hooks';
import type { FloatArray } from '../../core/matrix.js';
import type { Plan } from '../../core/plan.js';
import { AbortError, BorealError } from '../../errors.js';
import { RequestError } from '../request-error.js';
import { type Waiting, WaitingQueue } from './waiting-queue.js';

/** What the caller of a prediction may add. */
export interface Call {
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** The answer is of no use after it; in milliseconds, on the clock of `performance.now()`. */
  readonly deadline?: number;
  /** How urgent it is among those that wait: 1 goes before 2, and so on; 0, the default, goes last. */
  readonly priority?: number;
  /** Told when the plan has run for this call, before the answer is there; `queueMs` is the call's own wait. */
  readonly ran?: (run: BatchRun, by: ModelName) => void;
}

/** Which version of which model has run. */
export interface ModelName {
  readonly name: string;
  readonly version: string;
}

/** Bounds of a batcher. */
export interface BatcherLimits {
  /** Most rows of requests that are gathered. */
  readonly maxBatchRows: number;
  /** Most rows that wait. */
  readonly maxQueueRows: number;
  /** Longest wait that a request is accepted for. */
  readonly maxWaitMs: number;
  /** How long a request may wait. */
  readonly timeoutMs: number;
}

/**
 * Why a batch ran when it did: 'inline' is too cheap for the pool, 'idle' found nothing running, 'gathered' is all that
 * waited when the batch before it was done, 'full' as much of it as a batch may hold.
 */
export type BatchReason = 'inline' | 'idle' | 'gathered' | 'full';

/** One run of the plan. */
export interface BatchRun {
  readonly rows: number;
  readonly requests: number;
  /** The longest wait in the queue. */
  readonly queueMs: number;
  readonly computeMs: number;
  readonly reason: BatchReason;
}

/** What a batcher needs of a plan. */
export type BatchPlan = Pick<
  Plan,
  'precision' | 'outputWidth' | 'isInline' | 'runEncoded' | 'runEncodedAsync'
>;

/** A request that waits or runs. */
interface Item extends Waiting {
  readonly input: FloatArray;
  readonly rows: number;
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (output: FloatArray) => void;
  readonly reject: (error: unknown) => void;
  readonly call: Call;
  /** Stops listening for the caller to go, or for its time to be over. */
  readonly forget?: () => void;
}

/** The priority of who names none. */
const LAST = Number.POSITIVE_INFINITY;
/** Node's timers count no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** From this many bytes on, input goes into shared memory, which a job on the pool reads in place. */
const SHARED_FROM_BYTES = 1 << 16;
/** How much the newest batch counts in what is measured. */
const SMOOTHING = 0.2;
/** Under overload a request waits for at most so many others like it, ... */
const PATIENCE = 4;
/** ... or for so many milliseconds, where that is more. */
const LEAST_PATIENCE_MS = 5;
/** Overload is over when nobody was refused for so many milliseconds. */
const CALM_MS = 1000;

/** See the head of this file. */
export class Batcher {
  readonly #plan: BatchPlan;
  readonly #width: number;
  readonly #limits: BatcherLimits;
  readonly #ran: (run: BatchRun) => void;
  readonly #model: ModelName;
  readonly #queue = new WaitingQueue<Item>();
  #queuedRows = 0;
  #running = false;
  #runningRows = 0;
  /** Input of gathered batches. One batch runs at a time, so that one is enough. */
  #slab: FloatArray;
  /** Both 0 before the plan has run. */
  #rowsPerMs = 0;
  #msPerRequest = 0;
  /** On the clock of `performance.now()`: a while after the last refusal. */
  #overloadedUntil = 0;
  #refusal: { readonly seconds: number; readonly error: RequestError } | undefined;

  /**
   * @param width - columns of the plan's input
   * @param ran - told of every run that gave an answer
   * @param model - named to the callers who want to know
   */
  constructor(
    plan: BatchPlan,
    width: number,
    limits: BatcherLimits,
    ran: (run: BatchRun) => void,
    model: ModelName,
  ) {
    this.#plan = plan;
    this.#width = width;
    this.#limits = limits;
    this.#ran = ran;
    this.#model = model;
    this.#slab = allocate(plan.precision, 0);
  }

  /** Rows that wait. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /**
   * Refuses what `run` would refuse however few rows it has, or more rows than may wait of those that are still being made.
   *
   * @throws {ERR_OVERLOADED}
   */
  refuseWhenFull(rows = 1, making = 0): void {
    if (making > 0 && making + rows > this.#limits.maxQueueRows) throw this.#overloaded();
    if (this.#isFull(rows) && !this.#plan.isInline(1)) throw this.#overloaded();
  }

  /**
   * Runs the plan on the rows of one request: now if that is cheap, else on the pool.
   *
   * @param input - [rows, width]; not to be changed until the answer is there
   * @returns [rows, plan.outputWidth]
   * @throws {ERR_OVERLOADED | ERR_DEADLINE | ERR_ABORTED} and whatever the plan throws for this request's own rows
   */
  run(input: FloatArray, rows: number, call: Call): FloatArray | Promise<FloatArray> {
    const now = performance.now();
    const { deadline = Number.POSITIVE_INFINITY } = call;
    if (deadline <= now) throw tooLate();
    if (this.#plan.isInline(rows)) {
      const output = this.#plan.runEncoded(input, rows);
      const computeMs = performance.now() - now;
      const run: BatchRun = { rows, requests: 1, queueMs: 0, computeMs, reason: 'inline' };
      this.#ran(run);
      call.ran?.(run, this.#model);
      return output;
    }
    if (this.#running) return this.#enqueue(input, rows, now, call);
    return new Promise((resolve, reject) => {
      this.#running = true;
      this.#runningRows = rows;
      void this.#drain({ input, rows, since: now, deadline, priority: LAST, resolve, reject, call });
    });
  }

  #enqueue(input: FloatArray, rows: number, since: number, call: Call): Promise<FloatArray> {
    const { signal, deadline } = call;
    const priority = call.priority || LAST;
    if (this.#isFull(rows)) throw this.#overloaded();
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
    const latest = Math.min(deadline ?? Number.POSITIVE_INFINITY, since + this.#limits.timeoutMs);
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (this.#take(item)) reject(new AbortError(undefined, { cause: signal!.reason }));
      };
      // Who says how long to wait hears when that is over; all others when their turn comes.
      const expire = () => {
        if (this.#take(item)) reject(tooLate());
      };
      const timer =
        deadline === undefined ? undefined : setTimeout(expire, Math.min(deadline - since, MAX_TIMER_MS));
      const forget = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
      };
      const item: Item = { input, rows, since, deadline: latest, priority, resolve, reject, call, forget };
      this.#queue.add(item);
      this.#queuedRows += rows;
      signal?.addEventListener('abort', leave);
    });
  }

  /** Takes an item out of the queue. @returns whether it was there */
  #take(item: Item): boolean {
    if (!this.#queue.delete(item)) return false;
    this.#queuedRows -= item.rows;
    item.forget?.();
    return true;
  }

  /**
   * Whether so many more rows are too many. A request that is too large by itself gets its turn, when nobody else waits. The
   * limits are there for bursts: where they do not do, a queue as long as they allow would only make everybody late, and it
   * is kept short for as long as there is somebody to refuse.
   */
  #isFull(rows: number): boolean {
    if (this.#queuedRows === 0) return false;
    const { maxQueueRows, maxWaitMs } = this.#limits;
    const now = performance.now();
    const patienceMs = Math.max(LEAST_PATIENCE_MS, PATIENCE * this.#msPerRequest);
    const longestMs = now < this.#overloadedUntil ? Math.min(maxWaitMs, patienceMs) : maxWaitMs;
    const isFull = this.#queuedRows + rows > maxQueueRows || this.#waitMs() > longestMs;
    if (isFull) this.#overloadedUntil = now + CALM_MS;
    return isFull;
  }

  /** How long what comes now would wait, with the model as fast as it has been lately; 0 before it has run. */
  #waitMs(): number {
    return this.#rowsPerMs > 0 ? (this.#queuedRows + this.#runningRows) / this.#rowsPerMs : 0;
  }

  /** The same error for all in the same second: under load its stack trace would cost more than the rest of a refusal. */
  #overloaded(): RequestError {
    const seconds = Math.max(1, Math.ceil(this.#waitMs() / 1000));
    if (this.#refusal?.seconds !== seconds) {
      const message = `The server has more to do than it can; try again in ${seconds} s.`;
      const headers = { 'retry-after': String(seconds) };
      this.#refusal = { seconds, error: new RequestError(503, 'ERR_OVERLOADED', message, {}, headers) };
    }
    return this.#refusal.error;
  }

  /** Runs one request, then batch after batch until nobody waits. */
  async #drain(first: Item): Promise<void> {
    await this.#attempt([first], 'idle');
    while (this.#queue.size > 0) {
      const items = this.#gather();
      this.#runningRows = rowsOf(items);
      if (items.length > 0) await this.#attempt(items, this.#queue.size > 0 ? 'full' : 'gathered');
    }
    this.#running = false;
    // What a burst has needed is not kept for the quiet time after it.
    this.#slab = allocate(this.#plan.precision, 0);
  }

  #gather(): Item[] {
    const now = performance.now();
    const items: Item[] = [];
    let rows = 0;
    for (const item of this.#queue) {
      if (item.deadline <= now) {
        this.#take(item);
        item.reject(tooLate());
        continue;
      }
      if (items.length > 0 && rows + item.rows > this.#limits.maxBatchRows) break;
      this.#take(item);
      items.push(item);
      rows += item.rows;
    }
    return items;
  }

  /** Runs requests together. Where one of them is refused, it runs alone and hears of it; the others run again. */
  async #attempt(items: readonly Item[], reason: BatchReason): Promise<void> {
    const rows = rowsOf(items);
    const started = performance.now();
    let output: FloatArray;
    try {
      output = await this.#plan.runEncodedAsync(this.#inputOf(items, rows), rows);
      const computeMs = performance.now() - started;
      this.#measure(rows, items.length, computeMs);
      const run: BatchRun = {
        rows,
        requests: items.length,
        queueMs: started - Math.min(...items.map(({ since }) => since)),
        computeMs,
        reason,
      };
      this.#ran(run);
      for (const { call, since } of items) call.ran?.({ ...run, queueMs: started - since }, this.#model);
    } catch (error) {
      if (items.length === 1) items[0].reject(error);
      else for (const group of apart(items, error)) await this.#attempt(group, reason);
      return;
    }
    this.#answer(items, output);
  }

  #inputOf(items: readonly Item[], rows: number): FloatArray {
    if (items.length === 1) return items[0].input;
    const length = rows * this.#width;
    if (this.#slab.length < length) this.#slab = allocate(this.#plan.precision, 2 * length);
    let offset = 0;
    for (const { input } of items) {
      this.#slab.set(input, offset);
      offset += input.length;
    }
    return this.#slab.subarray(0, length);
  }

  #answer(items: readonly Item[], output: FloatArray): void {
    const { outputWidth } = this.#plan;
    let offset = 0;
    for (const { rows, resolve } of items) {
      const end = offset + rows * outputWidth;
      // A copy: an observer that keeps one answer must not keep the whole batch.
      resolve(items.length === 1 ? output : output.slice(offset, end));
      offset = end;
    }
  }

  #measure(rows: number, requests: number, ms: number): void {
    if (ms <= 0) return;
    this.#rowsPerMs = smoothed(this.#rowsPerMs, rows / ms);
    this.#msPerRequest = smoothed(this.#msPerRequest, ms / requests);
  }
}

/**
 * Requests of a batch that failed, in groups to run again: the one whose row was refused, and the others in halves, so that
 * many bad ones cost a logarithm of their number, not their number, in reruns of everything.
 */
function apart(items: readonly Item[], error: unknown): Item[][] {
  const row = error instanceof BorealError ? error.row : undefined;
  const culprit = row === undefined ? undefined : itemAt(items, row);
  const others = items.filter((item) => item !== culprit);
  const half = Math.ceil(others.length / 2);
  const groups = [others.slice(0, half), others.slice(half), culprit === undefined ? [] : [culprit]];
  return groups.filter((group) => group.length > 0);
}

function itemAt(items: readonly Item[], row: number): Item | undefined {
  let end = 0;
  return items.find((item) => {
    end += item.rows;
    return row < end;
  });
}

/** @param before - 0 where there is none */
function smoothed(before: number, value: number): number {
  return before === 0 ? value : before + SMOOTHING * (value - before);
}

function rowsOf(items: readonly Item[]): number {
  return items.reduce((sum, { rows }) => sum + rows, 0);
}

function tooLate(): RequestError {
  return new RequestError(504, 'ERR_DEADLINE', 'The time for this request was over before its turn came.');
}

/** Room for encoded rows. */
export function allocate(precision: Plan['precision'], length: number): FloatArray {
  const bytes = length * (precision === 'float32' ? 4 : 8);
  // With a length alone, what is tiny lies on the heap, and costs no buffer.
  const given = bytes < SHARED_FROM_BYTES ? length : new SharedArrayBuffer(bytes);
  return precision === 'float32' ? new Float32Array(given as number) : new Float64Array(given as number);
}
