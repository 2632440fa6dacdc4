/** A process that runs the jobs of servers whose queue is in Redis, and serves nothing itself. */
import { ValidationError } from '../../errors.js';
import { closeOnSignal } from '../adapters/shutdown.js';
import { storeOf } from '../models/load.js';
import { Observers } from '../observer.js';
import type { Servable, ServiceOptions } from '../options.js';
import { type Log, SILENT } from '../service.js';
import { type JobOptions, jobSettings } from './options.js';
import { runRedisJobs } from './redis-worker.js';

/** Options of {@link startJobWorker}. */
export interface JobWorkerOptions extends Omit<JobOptions, 'redis' | 'maxQueued' | 'attempts'> {
  /** Where Redis is, as in the servers' `jobs.redis`. */
  readonly redis: string;
  /** What the servers serve, under the same names: a model, several by name, a registry or the path of a file. */
  readonly models: Servable;
  /** How the models are served; as the servers do. */
  readonly service?: ServiceOptions;
  /** Close gracefully on SIGTERM and SIGINT. Default true. */
  readonly handleSignals?: boolean;
  /** Hears of faults, such as Redis going away, and that the end has begun. Default: nobody. */
  readonly log?: Log;
}

/** A running worker. */
export interface JobWorker extends AsyncDisposable {
  /** Takes no more jobs, ends and records those in hand, and disconnects. Further calls return the same promise. */
  close(): Promise<void>;
}

/**
 * Runs jobs of POST /predict_async in this process; docs/guide/serving-jobs.md tells what is guaranteed when it dies.
 *
 * @returns when it takes jobs
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
 * @throws {ERR_DEPENDENCY} when bullmq or ioredis is not installed
 * @throws {ERR_QUEUE} when Redis does not answer
 */
export async function startJobWorker(options: JobWorkerOptions): Promise<JobWorker> {
  const { models, service = {}, handleSignals = true, log = SILENT, ...jobs } = options;
  const settings = jobSettings(jobs);
  if (settings.redis === undefined || settings.concurrency === 0) {
    throw new ValidationError('ERR_PARAMETER', "startJobWorker: needs 'redis', and a concurrency >= 1.");
  }
  const observers = new Observers();
  const store = await storeOf(models, observers, service, log);
  const worker = await runRedisJobs(settings.redis, store, settings, observers, log).catch(async (error) => {
    await store.close();
    throw error;
  });
  if (service.watch ?? true)
    store.watch((error) => log.error({ err: error }, 'A model that changed could not be loaded.'));

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      ignoreSignals();
      log.info({}, 'The worker takes no more jobs, and ends those in hand.');
      await worker.close();
      await store.close();
    })();
    return closing;
  };
  const ignoreSignals = handleSignals ? closeOnSignal(close) : () => undefined;
  return { close, [Symbol.asyncDispose]: close };
}
