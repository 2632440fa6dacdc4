/** `boreal worker`: runs the jobs of servers whose queue is in Redis. */
import pino from 'pino';
import { type JobWorker, startJobWorker } from '../serve/index.js';
import { type NameFlags, openServable } from './servable.js';

/** Flags of `boreal worker`. */
export interface WorkerFlags extends NameFlags {
  readonly redis: string;
  readonly keyPrefix?: string;
  readonly concurrency?: number;
  readonly resultTtl?: number;
  readonly maxRows?: number;
}

/** Takes jobs until a signal ends it; faults are told on stderr, as lines of JSON. */
export async function work(path: string, flags: WorkerFlags): Promise<JobWorker> {
  const { redis, keyPrefix, concurrency, resultTtl, maxRows, name, modelVersion } = flags;
  const { servable, label } = await openServable(path, flags);
  const worker = await startJobWorker({
    models: servable,
    ...{ redis, keyPrefix, concurrency, resultTtl },
    service: { name, version: modelVersion, maxRows },
    log: pino(pino.destination(2)),
  });
  process.stdout.write(`Working on jobs for ${label} (Ctrl-C stops it).\n`);
  return worker;
}
