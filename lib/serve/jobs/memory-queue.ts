/**
 * Jobs in the memory of this process, first come, first served. Bounded three ways: jobs that wait, bytes that wait,
 * and bytes of results, of which the oldest go first. A process that ends takes its jobs with it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelStore } from '../models/model-store.js';
import type { Observers } from '../observer.js';
import type { Log } from '../service.js';
import {
  type DeadJob,
  isFinal,
  type Job,
  type JobQueue,
  type JobState,
  type Outcome,
  type QueueStatus,
  type Submission,
  type Task,
} from './job.js';
import type { JobSettings } from './options.js';
import { fingerprint, keyReused, queueFull } from './refusals.js';
import { backoff, GIVEN_UP, runTask } from './run-task.js';

const MAX_WAITING_BYTES = 128 * 1024 * 1024;
const MAX_RESULT_BYTES = 256 * 1024 * 1024;
/** What a finished job costs besides its result. */
const JOB_BYTES = 1024;
const MAX_DEAD = 100;
/** How long `close` lets jobs go on. */
const DRAIN_MS = 10_000;

class Entry {
  readonly id = randomUUID();
  readonly createdAt = Date.now();
  readonly controller = new AbortController();
  readonly model: string;
  readonly owner: string;
  readonly key: string | undefined;
  readonly fingerprint: string;
  /** Gone once the job is final: it may be large. */
  task: Task | undefined;
  state: JobState = 'queued';
  attempts = 0;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  outcome: Outcome | undefined;
  settle!: () => void;
  readonly settled = new Promise<void>((resolve) => {
    this.settle = resolve;
  });

  constructor({ task, owner, key }: Submission, print: string) {
    this.task = task;
    this.model = task.model;
    this.owner = owner;
    this.key = key === undefined ? undefined : keyOf(owner, key);
    this.fingerprint = print;
  }

  get bytes(): number {
    return JOB_BYTES + 2 * (this.outcome?.body.length ?? 0);
  }

  get job(): Job {
    const { id, state, createdAt, startedAt, finishedAt, attempts, outcome } = this;
    return { id, state, createdAt, startedAt, finishedAt, attempts, outcome };
  }
}

/** See the head of this file. */
export class MemoryQueue implements JobQueue {
  readonly #models: ModelStore;
  readonly #settings: JobSettings;
  readonly #observers: Observers;
  readonly #log: Log;
  readonly #jobs = new Map<string, Entry>();
  readonly #byKey = new Map<string, Entry>();
  /** Jobs that wait, oldest first. */
  readonly #waiting = new Set<Entry>();
  readonly #running = new Set<Entry>();
  /** Final jobs, in the order in which they expire. */
  readonly #finished = new Set<Entry>();
  readonly #dead: DeadJob[] = [];
  readonly #sweeper: NodeJS.Timeout;
  #waitingBytes = 0;
  #resultBytes = 0;
  #closed = false;

  constructor(models: ModelStore, settings: JobSettings, observers: Observers, log: Log) {
    this.#models = models;
    this.#settings = settings;
    this.#observers = observers;
    this.#log = log;
    this.#sweeper = setInterval(() => this.#expire(), Math.min(settings.resultTtl, 30_000)).unref();
  }

  async submit(submission: Submission): Promise<Job> {
    const { task, owner, key } = submission;
    this.#expire();
    const print = fingerprint(task);
    const known = key === undefined ? undefined : this.#byKey.get(keyOf(owner, key));
    if (known !== undefined) {
      if (known.fingerprint !== print) throw keyReused();
      return known.job;
    }
    const bytes = 2 * task.body.length;
    const full =
      this.#waiting.size >= this.#settings.maxQueued || this.#waitingBytes + bytes > MAX_WAITING_BYTES;
    if (full || this.#closed) throw queueFull();
    const entry = new Entry(submission, print);
    this.#jobs.set(entry.id, entry);
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry);
    this.#waiting.add(entry);
    this.#waitingBytes += bytes;
    this.#tell(entry);
    const { job } = entry;
    this.#next();
    return job;
  }

  async find(id: string, owner: string): Promise<Job | undefined> {
    return this.#entry(id, owner)?.job;
  }

  async cancel(id: string, owner: string): Promise<Job | undefined> {
    const entry = this.#entry(id, owner);
    if (entry !== undefined && !isFinal(entry.state)) {
      this.#finish(entry, 'cancelled');
      entry.controller.abort();
    }
    return entry?.job;
  }

  async wait(id: string, owner: string, ms: number, signal: AbortSignal): Promise<Job | undefined> {
    const entry = this.#entry(id, owner);
    if (entry === undefined || isFinal(entry.state)) return entry?.job;
    const over = new AbortController();
    const stop = () => over.abort();
    signal.addEventListener('abort', stop);
    await Promise.race([
      entry.settled,
      sleep(ms, undefined, { signal: over.signal, ref: false }).catch(() => undefined),
    ]);
    signal.removeEventListener('abort', stop);
    over.abort();
    return entry.job;
  }

  async status(): Promise<QueueStatus> {
    return { queued: this.#waiting.size, running: this.#running.size, dead: [...this.#dead].reverse() };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    const pending = [...this.#running, ...this.#waiting];
    const over = new AbortController();
    await Promise.race([
      Promise.all(pending.map((entry) => entry.settled)),
      sleep(DRAIN_MS, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    for (const entry of pending) if (!isFinal(entry.state)) await this.cancel(entry.id, entry.owner);
  }

  #entry(id: string, owner: string): Entry | undefined {
    this.#expire();
    const entry = this.#jobs.get(id);
    return entry?.owner === owner ? entry : undefined;
  }

  #next(): void {
    for (const entry of this.#waiting) {
      if (this.#running.size >= this.#settings.concurrency) return;
      this.#leave(entry);
      this.#running.add(entry);
      void this.#run(entry);
    }
  }

  /** Takes a job out of those that wait. */
  #leave(entry: Entry): void {
    if (this.#waiting.delete(entry)) this.#waitingBytes -= 2 * entry.task!.body.length;
  }

  async #run(entry: Entry): Promise<void> {
    entry.state = 'running';
    entry.startedAt = Date.now();
    this.#tell(entry);
    const { signal } = entry.controller;
    const outcome = await this.#attempt(entry, entry.task!, signal);
    this.#running.delete(entry);
    if (!isFinal(entry.state)) {
      entry.outcome = outcome;
      this.#finish(entry, outcome.state);
    }
    this.#next();
  }

  async #attempt(entry: Entry, task: Task, signal: AbortSignal): Promise<Outcome> {
    const { attempts, maxResultBytes } = this.#settings;
    for (;;) {
      entry.attempts += 1;
      try {
        return await runTask(this.#models, task, maxResultBytes, signal);
      } catch (error) {
        if (signal.aborted) return GIVEN_UP;
        this.#log.warn({ err: error, jobId: entry.id, attempt: entry.attempts }, 'A job met with a fault.');
        if (entry.attempts >= attempts) {
          const reason = error instanceof Error ? error.message : String(error);
          const { id, model } = entry;
          this.#dead.push({ id, model, attempts: entry.attempts, reason, failedAt: Date.now() });
          if (this.#dead.length > MAX_DEAD) this.#dead.shift();
          return GIVEN_UP;
        }
        await sleep(backoff(entry.attempts), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #finish(entry: Entry, state: JobState): void {
    this.#leave(entry);
    entry.state = state;
    entry.finishedAt = Date.now();
    entry.task = undefined;
    this.#finished.add(entry);
    this.#resultBytes += entry.bytes;
    entry.settle();
    this.#tell(entry);
    this.#expire();
  }

  /** Forgets what is old, and what there is no room for. */
  #expire(): void {
    const oldest = Date.now() - this.#settings.resultTtl;
    for (const entry of this.#finished) {
      if (entry.finishedAt! > oldest && this.#resultBytes <= MAX_RESULT_BYTES) return;
      this.#finished.delete(entry);
      this.#resultBytes -= entry.bytes;
      this.#jobs.delete(entry.id);
      if (entry.key !== undefined) this.#byKey.delete(entry.key);
    }
  }

  #tell(entry: Entry): void {
    const { state, model, createdAt, startedAt, finishedAt } = entry;
    this.#observers.job({
      state,
      model,
      queued: this.#waiting.size,
      running: this.#running.size,
      queueMs: startedAt && startedAt - createdAt,
      runMs: startedAt && finishedAt && finishedAt - startedAt,
    });
  }
}

function keyOf(owner: string, key: string): string {
  return JSON.stringify([owner, key]);
}
