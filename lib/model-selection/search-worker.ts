/** A process that does the fits of searches in other processes. */
import type { Redis } from 'ioredis';
import { int } from '../core/params.js';
import { connect, disconnect, loadBullmq } from '../core/redis.js';
import { ValidationError } from '../errors.js';
import { foldData } from './folds.js';
import {
  errorReply,
  FORGOTTEN_MS,
  keysOf,
  outcomeReply,
  packReply,
  type RemoteSearch,
  type SearchWorkers,
  searchWorkers,
  type TrialJob,
  type TrialReply,
  unpackSearch,
} from './remote-trials.js';
import { resolveScorers } from './scoring.js';
import { runTrial, withParams } from './trials.js';

/** Options of {@link searchWorker}. */
export interface SearchWorkerOptions extends SearchWorkers {
  /** Trials at a time, >= 1; each fit uses the pool's threads where it can. Default 1. */
  readonly concurrency?: number;
  /** Hears of faults, such as Redis going away. Default: nobody. */
  readonly onError?: (error: Error) => void;
}

/** A worker at work. */
export interface SearchWorker extends AsyncDisposable {
  /** Takes no more trials, ends those in hand, and disconnects. Further calls return the same promise. */
  close(): Promise<void>;
}

/** A worker that has not renewed a lock for this long has lost the trial. It renews twice as often. */
const LOCK_MS = 5000;
/** How often each worker looks for trials that were lost. */
const STALLED_CHECK_MS = 2000;
/** Workers that a trial may take with it before it is given up: it may be what kills them. */
const MAX_STALLED = 3;

/**
 * Does the fits of searches whose option `workers` names the same Redis and queue, until it is closed. When it dies, another
 * worker does its trial again.
 *
 * @returns when it takes trials
 * @throws {ERR_PARAMETER} for a bad option
 * @throws {ERR_DEPENDENCY} when bullmq or ioredis is not installed
 * @throws {ERR_QUEUE} when Redis does not answer
 */
export async function searchWorker(options: SearchWorkerOptions): Promise<SearchWorker> {
  const { concurrency = 1, onError = () => undefined } = options ?? {};
  if (!searchWorkers.allows(options) || !int(1, 1024).allows(concurrency)) {
    const message = `searchWorker takes ${searchWorkers.allowed}, and a concurrency from 1 to 1024.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const { Worker } = await loadBullmq();
  const keys = keysOf(options);
  const redis = await connect(options.url, { maxRetriesPerRequest: null }, onError);
  const searches = new Searches(redis, keys.data);
  const worker = new Worker<TrialJob>(
    keys.queue,
    async ({ data: { search, trial } }) => {
      const known = await searches.find(search);
      // Its search has ended.
      if (known === null) return;
      const reply = await replyTo(known, trial);
      const replies = keys.replies(search);
      // Not for a search that has ended meanwhile.
      if ((await redis.exists(keys.data(search))) === 0) return;
      await redis.multi().rpush(replies, packReply(reply)).pexpire(replies, FORGOTTEN_MS).exec();
    },
    {
      ...{ autorun: false, connection: redis, prefix: keys.prefix, concurrency },
      ...{ lockDuration: LOCK_MS, stalledInterval: STALLED_CHECK_MS, maxStalledCount: MAX_STALLED },
      runRetryDelay: 100,
    },
  );
  worker.on('error', onError);
  await worker.waitUntilReady();
  worker.run().catch(onError);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= worker.close().then(() => disconnect(redis));
    return closing;
  };
  return { close, [Symbol.asyncDispose]: close };
}

async function replyTo(search: RemoteSearch, trial: number): Promise<TrialReply> {
  try {
    const { estimator, candidates, folds, X, y, sampleWeight, scoring, ...options } = search;
    const { part } = foldData(estimator, X, y, { cv: folds, sampleWeight: sampleWeight ?? undefined });
    const model = withParams(estimator, candidates[Math.floor(trial / folds.length)]);
    const fold = folds[trial % folds.length];
    const scorers = resolveScorers(scoring ?? undefined);
    const { signal } = new AbortController();
    return outcomeReply(trial, await runTrial({ model, fold, part }, { ...options, scorers }, signal));
  } catch (error) {
    return errorReply(trial, error);
  }
}

/** The search that was asked for last: trials of one come together. */
class Searches {
  readonly #redis: Redis;
  readonly #keyOf: (search: string) => string;
  #last: { readonly id: string; readonly search: Promise<RemoteSearch | null> } | undefined;

  constructor(redis: Redis, keyOf: (search: string) => string) {
    this.#redis = redis;
    this.#keyOf = keyOf;
  }

  /** null when it has ended. */
  find(id: string): Promise<RemoteSearch | null> {
    if (this.#last?.id !== id) {
      const search = this.#read(id);
      // A fault of Redis is not for ever.
      search.catch(() => {
        this.#last = undefined;
      });
      this.#last = { id, search };
    }
    return this.#last.search;
  }

  async #read(id: string): Promise<RemoteSearch | null> {
    const bytes = await this.#redis.getBuffer(this.#keyOf(id));
    return bytes === null ? null : unpackSearch(bytes);
  }
}
