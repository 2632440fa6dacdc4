/** Joins an AbortSignal to the native core's cancel tokens for the time of one operation. */
import { setImmediate } from 'node:timers/promises';
import { AbortError, toBorealError, ValidationError } from '../errors.js';
import { type CancelHandle, native } from '../native.js';
import { show } from './params.js';

/** Between two steps of a long work. @throws {ERR_ABORTED} when the signal has fired; `cause` is its reason */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError('The operation was aborted.', { cause: signal.reason });
}

/** What long work on this thread does between two steps: others have a turn, and a signal is heeded. @throws {ERR_ABORTED} */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  throwIfAborted(signal);
}

/** What a work gives. @throws {ERR_ABORTED} as soon as the signal fires, whatever becomes of the work then */
export async function heeding<T>(work: T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  // A query that starts when it is waited for, as of knex, must not start again.
  const once = Promise.resolve(work);
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  signal?.addEventListener('abort', fire, { once: true });
  try {
    await Promise.race([once, signal?.aborted ? undefined : fired]);
    throwIfAborted(signal);
    return await once;
  } finally {
    signal?.removeEventListener('abort', fire);
  }
}

/**
 * Runs `work` with a token that is cancelled when the signal fires.
 *
 * @throws {ERR_ABORTED} when the signal has fired; `cause` is the signal's reason
 * @throws {ERR_PARAMETER} when the signal is no AbortSignal
 */
export async function withCancel<R>(
  signal: AbortSignal | undefined,
  work: (cancel: CancelHandle | null) => Promise<R>,
): Promise<R> {
  if (signal !== undefined && signal !== null && typeof signal.addEventListener !== 'function') {
    throw new ValidationError('ERR_PARAMETER', `signal must be an AbortSignal; got ${show(signal)}.`);
  }
  throwIfAborted(signal);
  const token = signal ? native.createCancel() : null;
  const onAbort = () => token && native.cancel(token);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await work(token);
    throwIfAborted(signal);
    return result;
  } catch (error) {
    throwIfAborted(signal);
    throw toBorealError(error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
