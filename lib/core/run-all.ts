/** Many fits at a time, stopped as one. */
import { native } from '../native.js';

/**
 * Runs `work` on every task, as many at a time as the native pool has threads. The first failure stops the others, and is
 * thrown once they have stopped.
 */
export async function runAll<T, R>(
  tasks: readonly T[],
  signal: AbortSignal | undefined,
  work: (task: T, stop: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any(signal ? [signal, failed.signal] : [failed.signal]);
  const results = new Array<R>(tasks.length);
  const queue = tasks.entries();
  const worker = async () => {
    for (const [k, task] of queue) {
      if (stop.aborted) return;
      try {
        results[k] = await work(task, stop);
      } catch (error) {
        // Only the first call of abort has an effect, so that the reason is the first failure.
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(native.info().threads, tasks.length) }, worker));
  if (failed.signal.aborted) throw failed.signal.reason;
  return results;
}
