/**
 * Trials that other processes run. A search puts its data into Redis once and a job for each trial into a BullMQ queue; workers
 * push outcomes to a list. A worker renews a lock on the trial it runs: that of one that died goes back into the queue when the
 * lock has run out. An outcome that comes twice is counted once.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import { isSparse } from '../core/forms.js';
import type { Fold } from '../core/k-fold.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { packValue, unpackValue } from '../core/model-codec.js';
import { custom, type Rule } from '../core/params.js';
import { connect, disconnect, loadBullmq } from '../core/redis.js';
import { CsrMatrix, type CsrParts } from '../core/sparse/csr-matrix.js';
import type { TrainingDevice } from '../core/training-device.js';
import { EnvironmentError, toBorealError } from '../errors.js';
import type { ParamSet } from './parameter-grid.js';
import type { Scoring } from './scoring.js';
import type { Outcome } from './search-results.js';

/** Where searches and their workers meet. */
export interface SearchWorkers {
  /** Where Redis is, such as 'redis://127.0.0.1:6379'. */
  readonly url: string;
  /** The queue; workers serve one each. Default 'search'. */
  readonly queue?: string;
  /** Begins every key in Redis. Default 'boreal'. */
  readonly keyPrefix?: string;
}

/** The rule of a parameter with {@link SearchWorkers}. */
export const searchWorkers: Rule = custom("{ url: 'redis://...' }, perhaps with queue and keyPrefix", (v) => {
  const { url, queue = 'q', keyPrefix = 'p' } = (v ?? {}) as Partial<SearchWorkers>;
  const isName = (name: unknown) => typeof name === 'string' && /^[\w.-]{1,100}$/.test(name);
  return typeof url === 'string' && /^rediss?:\/\//.test(url) && isName(queue) && isName(keyPrefix);
});

/** What workers need to know of a search. */
export interface RemoteSearch {
  readonly estimator: Estimator;
  readonly candidates: readonly ParamSet[];
  readonly folds: readonly Fold[];
  readonly X: MatrixLike;
  /** Null or undefined: none. */
  readonly y: ArrayLike<unknown> | null | undefined;
  readonly sampleWeight: Float64Array | null;
  readonly scoring: Scoring | null;
  readonly returnTrainScore: boolean;
  readonly errorScore: 'raise' | number;
  /** Of the workers. */
  readonly device: TrainingDevice;
}

/** A job of the queue. */
export interface TrialJob {
  readonly search: string;
  /** candidate * folds + fold. */
  readonly trial: number;
}

/** What is sent of an error. */
interface SentError {
  readonly code: string;
  readonly message: string;
}

/** What a worker pushes. */
export interface TrialReply {
  readonly trial: number;
  readonly outcome?: Omit<Outcome, 'failure'>;
  /** Of an outcome. Beside it, so that searches of versions that know no failures read the rest. */
  readonly failure?: SentError;
  /** What ends the search. */
  readonly error?: SentError;
}

/** Names in Redis. */
export function keysOf({ queue = 'search', keyPrefix = 'boreal' }: SearchWorkers) {
  const of = (search: string, what: string) => `${keyPrefix}:${queue}:${search}:${what}`;
  return {
    queue,
    prefix: keyPrefix,
    data: (search: string) => of(search, 'data'),
    replies: (search: string) => of(search, 'replies'),
  };
}

/** A search that is forgotten, its process having died, goes after so many milliseconds. */
export const FORGOTTEN_MS = 24 * 3600 * 1000;

/** A search as bytes. @throws {ERR_NOT_SUPPORTED} for what cannot be sent, such as a scorer of one's own */
export function packSearch({ X, folds, y, ...search }: RemoteSearch): Uint8Array {
  const plain = folds.map(({ train, test }) => ({
    train: Int32Array.from(train),
    test: Int32Array.from(test),
  }));
  const targets = y instanceof Float64Array ? y : y ? Array.from(y) : null;
  return packValue({ ...search, ...packRows(X), folds: plain, y: targets });
}

/** What X is sent as: the arrays of a matrix, or itself. */
interface PackedRows {
  readonly X: unknown;
  readonly form: 'matrix' | 'sparse' | 'other';
}

function packRows(X: MatrixLike): PackedRows {
  if (isSparse(X)) {
    const { data, indices, indptr, cols } = X;
    return { X: { data, indices, indptr, cols }, form: 'sparse' };
  }
  if (X instanceof Matrix) return { X: { data: X.data, rows: X.rows, cols: X.cols }, form: 'matrix' };
  return { X, form: 'other' };
}

function unpackRows({ X, form }: PackedRows): MatrixLike {
  if (form === 'sparse') return new CsrMatrix(X as CsrParts);
  const { data, rows, cols } = X as Matrix;
  return form === 'matrix' ? new Matrix(data, rows, cols) : (X as MatrixLike);
}

/** What {@link packSearch} was given. */
export function unpackSearch(bytes: Uint8Array): RemoteSearch {
  const { X, form, ...search } = unpackValue(bytes) as Omit<RemoteSearch, 'X'> & PackedRows;
  return { ...search, X: unpackRows({ X, form }) };
}

/** The outcomes of all trials, by candidate, then by fold, from whatever workers there are. */
export async function runRemotely(
  workers: SearchWorkers,
  search: RemoteSearch,
  signal: AbortSignal | undefined,
  onDone: () => void,
): Promise<Outcome[]> {
  const bytes = packSearch(search);
  const { Queue, QueueEvents } = await loadBullmq();
  const keys = keysOf(workers);
  const id = randomUUID();
  const onError = () => undefined;
  // The commands of two of them wait for what comes.
  const redis = await connect(workers.url, { maxRetriesPerRequest: null }, onError);
  const waiting = await connect(workers.url, { maxRetriesPerRequest: null }, onError);
  const listening = await connect(workers.url, { maxRetriesPerRequest: null }, onError);
  const queue = new Queue<TrialJob>(keys.queue, { connection: redis, prefix: keys.prefix });
  const events = new QueueEvents(keys.queue, { connection: listening, prefix: keys.prefix });
  queue.on('error', onError);
  events.on('error', onError);
  const total = search.candidates.length * search.folds.length;
  let lost: string | undefined;
  try {
    return await withCancel(signal, async () => {
      await events.waitUntilReady();
      events.on('failed', ({ jobId, failedReason }) => {
        if (jobId.startsWith(`${id}-`)) lost = failedReason;
      });
      await redis.set(keys.data(id), Buffer.from(bytes), 'PX', FORGOTTEN_MS);
      await queue.addBulk(
        Array.from({ length: total }, (_, trial) => ({
          name: 'trial',
          data: { search: id, trial },
          opts: { jobId: `${id}-${trial}`, attempts: 3, removeOnComplete: true, removeOnFail: true },
        })),
      );
      return collect(waiting, keys.replies(id), total, onDone, () => {
        signal?.throwIfAborted();
        if (lost !== undefined)
          throw new EnvironmentError('ERR_QUEUE', `A trial was given up, its workers having died: ${lost}.`);
      });
    });
  } finally {
    // Workers drop the trials of a search whose data is gone.
    await redis.del(keys.data(id), keys.replies(id)).catch(onError);
    await Promise.allSettled([queue.close(), events.close()]);
    await Promise.all([redis, waiting, listening].map(disconnect));
  }
}

async function collect(
  redis: Redis,
  key: string,
  total: number,
  onDone: () => void,
  check: () => void,
): Promise<Outcome[]> {
  const outcomes = new Array<Outcome | undefined>(total);
  for (let found = 0; found < total; ) {
    check();
    const popped = await redis.blpop(key, 0.5);
    if (popped === null) continue;
    const { trial, outcome, failure, error } = unpackReply(popped[1]);
    if (error !== undefined) throw receivedError(error);
    if (outcome === undefined || outcomes[trial] !== undefined) continue;
    outcomes[trial] = failure ? { ...outcome, failure: { error: receivedError(failure) } } : outcome;
    found += 1;
    onDone();
  }
  return outcomes as Outcome[];
}

/** A reply as text: scores may be NaN, which JSON is not. */
export function packReply(reply: TrialReply): string {
  return Buffer.from(packValue(reply)).toString('base64');
}

function unpackReply(text: string): TrialReply {
  return unpackValue(Buffer.from(text, 'base64')) as TrialReply;
}

/** An outcome as a reply. */
export function outcomeReply(trial: number, { failure, ...outcome }: Outcome): TrialReply {
  return { trial, outcome, ...(failure && { failure: sentError(failure.error) }) };
}

/** An error that ends the search as a reply. */
export function errorReply(trial: number, error: unknown): TrialReply {
  return { trial, error: sentError(error) };
}

function sentError(error: unknown): SentError {
  const { code = 'ERR_INTERNAL', message } = error as Error & { code?: string };
  return { code, message };
}

function receivedError({ code, message }: SentError): unknown {
  return toBorealError(Object.assign(new Error(message), { code }));
}
