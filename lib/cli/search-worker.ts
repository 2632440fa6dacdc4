/** `boreal search-worker`: does the fits of searches over parameters in other processes. */
import '../estimators.js';
import { searchWorker } from '../model-selection/search-worker.js';

/** Flags of `boreal search-worker`. */
export interface SearchWorkerFlags {
  readonly redis: string;
  readonly queue?: string;
  readonly keyPrefix?: string;
  readonly concurrency?: number;
}

/** Takes trials until a signal ends it; faults are told on stderr. */
export async function workOnSearches({ redis: url, ...flags }: SearchWorkerFlags): Promise<void> {
  const onError = ({ message }: Error) => process.stderr.write(`boreal: ${message}\n`);
  const worker = await searchWorker({ url, ...flags, onError });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void worker.close());
  process.stdout.write('Working on searches (Ctrl-C stops it).\n');
}
