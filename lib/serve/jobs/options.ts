/** The options of jobs, and what they default to. */
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';

/** The name of BullMQ's queue below the prefix. */
export const QUEUE_NAME = 'queue';

/** How jobs are kept and run. */
export interface JobOptions {
  /** Where Redis is, such as 'redis://127.0.0.1:6379'; needs the packages bullmq and ioredis. Default: this process's memory. */
  readonly redis?: string;
  /** Begins every key in Redis; servers and workers of one service share it. Default 'boreal'. */
  readonly keyPrefix?: string;
  /**
   * Jobs this process runs at a time, >= 0. Default 2. With `redis`, 0 leaves all of them to separate workers; see
   * `startJobWorker`.
   */
  readonly concurrency?: number;
  /** Most jobs that wait; more are refused with 503. Default 1000. */
  readonly maxQueued?: number;
  /** Milliseconds that a result is kept. Default 3600000, one hour. */
  readonly resultTtl?: number;
  /** Most bytes of a result; a larger one fails the job with 413. Default 16 MiB. */
  readonly maxResultBytes?: number;
  /** How often a job is tried when something other than its request is at fault, >= 1. Default 5. */
  readonly attempts?: number;
}

/** Options of a service that has jobs. */
export interface AsyncOptions {
  /** How the jobs of POST /predict_async are kept and run. Default: in memory, two at a time. */
  readonly jobs?: JobOptions;
}

/** Every option with its value. */
export interface JobSettings extends Required<Omit<JobOptions, 'redis'>> {
  readonly redis?: string;
}

/** @throws {ERR_PARAMETER} for an option out of range */
export function jobSettings(options: JobOptions = {}): JobSettings {
  const { redis, keyPrefix = 'boreal' } = options;
  const whole = (name: keyof JobOptions, least: number, value: number) => {
    if (Number.isSafeInteger(value) && value >= least) return value;
    const message = `serve: option 'jobs.${name}' must be a whole number >= ${least}; got ${show(value)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  };
  if (redis !== undefined && !/^rediss?:\/\//.test(String(redis))) {
    throw new ValidationError(
      'ERR_PARAMETER',
      "serve: option 'jobs.redis' must begin with redis:// or rediss://.",
    );
  }
  if (typeof keyPrefix !== 'string' || keyPrefix === '') {
    throw new ValidationError(
      'ERR_PARAMETER',
      "serve: option 'jobs.keyPrefix' must be text that is not empty.",
    );
  }
  return {
    redis,
    keyPrefix,
    concurrency: whole('concurrency', redis === undefined ? 1 : 0, options.concurrency ?? 2),
    maxQueued: whole('maxQueued', 1, options.maxQueued ?? 1000),
    resultTtl: whole('resultTtl', 1, options.resultTtl ?? 3_600_000),
    maxResultBytes: whole('maxResultBytes', 1, options.maxResultBytes ?? 16 * 1024 * 1024),
    attempts: whole('attempts', 1, options.attempts ?? 5),
  };
}
