/** Listeners of progress that answer with a promise. */
import { heeding } from './cancellation.js';
import type { FitOptions } from './fit-input.js';

/** What a listener answered with, if that is a promise: one of any realm or library. */
export function promiseOf(answer: unknown): Promise<unknown> | null {
  const { then } = (answer ?? {}) as Partial<PromiseLike<unknown>>;
  return typeof then === 'function' ? Promise.resolve(answer) : null;
}

/**
 * What the promises of an asynchronous listener reject with rejects the work, as what a listener throws does: at the next event, or when
 * the work has ended, which waits for all of them.
 *
 * @throws {ERR_ABORTED} when the signal fires while it waits
 */
export async function heedListener<I extends Pick<FitOptions, 'onProgress' | 'signal'>, R>(
  input: I,
  learn: (input: I) => Promise<R>,
): Promise<R> {
  const { onProgress, signal } = input;
  if (typeof onProgress !== 'function') return learn(input);
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
