/** Listeners of progress: what is none is refused, and those that answer with a promise are heeded. */
import { ValidationError } from '../errors.js';
import { heeding } from './cancellation.js';
import type { FitOptions } from './fit-input.js';
import { show } from './params.js';

/** @throws {ERR_PARAMETER} unless this is a function, null or absent */
export function checkListener(onProgress: unknown): void {
  if (onProgress === undefined || onProgress === null || typeof onProgress === 'function') return;
  throw new ValidationError('ERR_PARAMETER', `onProgress must be a function; got ${show(onProgress)}.`);
}

/** What a listener answered with, if that is a promise: one of any realm or library. */
export function promiseOf(answer: unknown): Promise<unknown> | null {
  const { then } = (answer ?? {}) as Partial<PromiseLike<unknown>>;
  return typeof then === 'function' ? Promise.resolve(answer) : null;
}

/**
 * What the promises of an asynchronous listener reject with rejects the work, as what a listener throws does: at the next event, or when
 * the work has ended, which waits for all of them.
 *
 * @param learn - gets `onProgress` undefined where there is none
 * @throws {ERR_PARAMETER} for a listener that is none
 * @throws {ERR_ABORTED} when the signal fires while it waits
 */
export async function heedListener<I extends Pick<FitOptions, 'onProgress' | 'signal'>, R>(
  input: I,
  learn: (input: I) => Promise<R>,
): Promise<R> {
  const { onProgress, signal } = input;
  checkListener(onProgress);
  if (!onProgress) return learn({ ...input, onProgress: undefined });
  const pending = new Set<Promise<unknown>>();
  let failure: { readonly reason: unknown } | null = null;
  const throwFailure = () => {
    if (failure !== null) throw failure.reason;
  };
  const heeded: NonNullable<FitOptions['onProgress']> = (event) => {
    throwFailure();
    const answer = onProgress(event);
    const promise = promiseOf(answer)
      ?.catch((reason: unknown) => {
        failure ??= { reason };
      })
      .finally(() => pending.delete(promise as Promise<unknown>));
    // A long fit has many events: those that have settled are let go.
    if (promise !== undefined) pending.add(promise);
    return answer;
  };
  const learned = await learn({ ...input, onProgress: heeded });
  await heeding(Promise.all(pending), signal);
  throwFailure();
  return learned;
}
