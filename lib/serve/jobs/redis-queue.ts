/**
 * Jobs in Redis, delivered by BullMQ to the workers of any number of processes. They outlive this process, and Redis as
 * well when it keeps an append-only file.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect, disconnect, loadBullmq } from '../../core/redis.js';
import type { ModelStore } from '../models/model-store.js';
import type { Observers } from '../observer.js';
import { RequestError } from '../request-error.js';
import type { Log } from '../service.js';
import { isFinal, type Job, type JobQueue, type QueueStatus, type Submission, type Task } from './job.js';
import { type JobSettings, QUEUE_NAME } from './options.js';
import { JobRecords } from './records.js';
import { type RunningWorker, runRedisJobs } from './redis-worker.js';
import { fingerprint, keyReused, queueFull } from './refusals.js';
import { GIVEN_UP } from './run-task.js';

/** A client waits for an answer: better none than a late one. */
const COMMAND_TIMEOUT_MS = 5000;
const MAX_DEAD = 100;
/** Seconds that the jobs which were given up stay visible, and how many of them. */
const KEEP_DEAD = { age: 7 * 86_400, count: 1000 };
/** `wait` asks this often: at first, and at last. */
const FIRST_POLL_MS = 25;
const LAST_POLL_MS = 500;

/** See the head of this file. */
export class RedisQueue implements JobQueue {
  readonly #redis: Redis;
  readonly #queue: Queue<Task>;
  readonly #records: JobRecords;
  readonly #settings: JobSettings;
  readonly #observers: Observers;
  readonly #log: Log;
  #worker: RunningWorker | undefined;

  private constructor(
    redis: Redis,
    queue: Queue<Task>,
    settings: JobSettings,
    observers: Observers,
    log: Log,
  ) {
    this.#redis = redis;
    this.#queue = queue;
    this.#records = new JobRecords(redis, settings.keyPrefix, settings.resultTtl);
    this.#settings = settings;
    this.#observers = observers;
    this.#log = log;
  }

  /** Connects, and starts a worker unless `concurrency` is 0. @throws {ERR_DEPENDENCY | ERR_QUEUE} */
  static async open(
    url: string,
    models: ModelStore,
    settings: JobSettings,
    observers: Observers,
    log: Log,
  ): Promise<RedisQueue> {
    const { Queue } = await loadBullmq();
    const onError = (error: Error) => log.warn({ err: error }, 'The queue of jobs met with a fault.');
    const failFast = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: COMMAND_TIMEOUT_MS,
    };
    const redis = await connect(url, failFast, onError);
    const queue = new Queue<Task>(QUEUE_NAME, {
      connection: redis,
      prefix: settings.keyPrefix,
      skipWaitingForReady: true,
    });
    queue.on('error', onError);
    const opened = new RedisQueue(redis, queue, settings, observers, log);
    try {
      if (settings.concurrency > 0)
        opened.#worker = await runRedisJobs(url, models, settings, observers, log);
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  submit(submission: Submission): Promise<Job> {
    return this.#ask(async () => {
      const { task, owner } = submission;
      const queued = await this.#queue.getJobCountByTypes('waiting', 'delayed');
      const created = await this.#records.create(randomUUID(), submission, queued < this.#settings.maxQueued);
      if (created === undefined) throw queueFull();
      const record = await this.#records.read(created);
      if (record === undefined || record.owner !== owner) throw queueFull();
      if (record.fingerprint !== fingerprint(task)) throw keyReused();
      // A second time for the same id does nothing, and mends what a server left undone that died here.
      if (record.job.state === 'queued') {
        await this.#queue.add('predict', task, {
          jobId: created,
          attempts: this.#settings.attempts,
          backoff: { type: 'exponential', delay: 500, jitter: 0.2 },
          removeOnComplete: true,
          removeOnFail: KEEP_DEAD,
        });
        this.#observers.job({ state: 'queued', model: task.model, queued: queued + 1 });
      }
      return record.job;
    });
  }

  find(id: string, owner: string): Promise<Job | undefined> {
    return this.#ask(async () => {
      const record = await this.#records.read(id);
      if (record?.owner !== owner) return undefined;
      if (isFinal(record.job.state) || (await this.#queue.getJobState(id)) !== 'failed') return record.job;
      await this.#records.settle(id, undefined, GIVEN_UP);
      return (await this.#records.read(id))?.job;
    });
  }

  cancel(id: string, owner: string): Promise<Job | undefined> {
    return this.#ask(async () => {
      const record = await this.#records.read(id);
      if (record?.owner !== owner) return undefined;
      if (await this.#records.settle(id, undefined, 'cancelled')) {
        // Makes room; one that runs is locked, and ends without recording anything.
        await this.#queue.remove(id);
      }
      return (await this.#records.read(id))?.job;
    });
  }

  async wait(id: string, owner: string, ms: number, signal: AbortSignal): Promise<Job | undefined> {
    const end = Date.now() + ms;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(2 * pause, LAST_POLL_MS)) {
      const job = await this.find(id, owner);
      const left = end - Date.now();
      if (job === undefined || isFinal(job.state) || left <= 0 || signal.aborted) return job;
      await sleep(Math.min(pause, left), undefined, { signal }).catch(() => undefined);
    }
  }

  status(): Promise<QueueStatus> {
    return this.#ask(async () => {
      const counts = await this.#queue.getJobCounts('waiting', 'delayed', 'active');
      const failed = await this.#queue.getFailed(0, MAX_DEAD - 1);
      return {
        queued: counts.waiting + counts.delayed,
        running: counts.active,
        dead: failed.map(({ id, data, attemptsStarted, failedReason, finishedOn }) => ({
          id: id!,
          model: data.model,
          attempts: attemptsStarted,
          reason: failedReason,
          failedAt: finishedOn ?? 0,
        })),
      };
    });
  }

  async close(): Promise<void> {
    await this.#worker?.close();
    await this.#queue.close();
    await disconnect(this.#redis);
  }

  /** Redis that does not answer is no defect of this server, and passes. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RequestError) throw error;
      this.#log.error({ err: error }, 'The queue of jobs does not answer.');
      const message = 'The queue of jobs does not answer; try again later.';
      throw new RequestError(503, 'ERR_QUEUE', message, {}, { 'retry-after': '1' });
    }
  }
}
