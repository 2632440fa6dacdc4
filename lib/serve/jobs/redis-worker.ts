/**
 * Runs the jobs of a queue in Redis. A worker renews a lock on each job it runs; the job of one that died goes back into
 * the queue when its lock has run out, and an attempt that lost its job cannot record anything (see records.ts).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, disconnect, loadBullmq } from '../../core/redis.js';
import type { ModelStore } from '../models/model-store.js';
import type { Observers } from '../observer.js';
import type { Log } from '../service.js';
import type { Task } from './job.js';
import { type JobSettings, QUEUE_NAME } from './options.js';
import { JobRecords } from './records.js';
import { runTask } from './run-task.js';

/** A worker that has not renewed a lock for this long has lost the job. It renews twice as often. */
const LOCK_MS = 5000;
/** How often each worker looks for jobs that were lost. */
const STALLED_CHECK_MS = 2000;
/** Workers that a job may take with it before it is given up: it may be what kills them. */
const MAX_STALLED = 3;

/** How long `close` waits for the jobs in hand; others take over what is not recorded by then. */
const DRAIN_MS = 10_000;

/** A worker at work. */
export interface RunningWorker {
  /** Takes no more jobs, ends those in hand, and disconnects. */
  close(): Promise<void>;
}

/** Starts a worker; see the head of this file. @throws {ERR_DEPENDENCY | ERR_QUEUE} */
export async function runRedisJobs(
  url: string,
  models: ModelStore,
  settings: JobSettings,
  observers: Observers,
  log: Log,
): Promise<RunningWorker> {
  const { Worker } = await loadBullmq();
  const onError = (error: Error) => log.warn({ err: error }, 'The worker of jobs met with a fault.');
  // While Redis is away, what is to be recorded waits for it.
  const redis = await connect(url, { maxRetriesPerRequest: null }, onError);
  const records = new JobRecords(redis, settings.keyPrefix, settings.resultTtl);
  let running = 0;
  const worker = new Worker<Task>(
    QUEUE_NAME,
    async ({ id, data: task, attemptsMade, timestamp }) => {
      const token = randomUUID();
      // Cancelled, or done by an attempt whose worker died before it could say so.
      if (!(await records.start(id!, token))) return;
      running += 1;
      const startedAt = Date.now();
      const { model } = task;
      const queueMs = startedAt - timestamp;
      observers.job({ state: 'running', model, running, queueMs });
      try {
        const outcome = await runTask(models, task, settings.maxResultBytes);
        const recorded = await records.settle(id!, token, outcome);
        const { state } = outcome;
        if (recorded) observers.job({ state, model, running, queueMs, runMs: Date.now() - startedAt });
      } catch (error) {
        log.warn({ err: error, jobId: id, attempt: attemptsMade + 1 }, 'A job met with a fault.');
        throw error;
      } finally {
        running -= 1;
      }
    },
    {
      // It takes no job before it could also record its result.
      autorun: false,
      connection: redis,
      prefix: settings.keyPrefix,
      concurrency: settings.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: 100,
    },
  );
  worker.on('error', onError);
  await worker.waitUntilReady();
  worker.run().catch(onError);
  return {
    close: async () => {
      const over = new AbortController();
      const overdue = sleep(DRAIN_MS, undefined, { signal: over.signal }).catch(() => undefined);
      await Promise.race([worker.close(), overdue]);
      over.abort();
      await disconnect(redis);
    },
  };
}
