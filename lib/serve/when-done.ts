/** Going on with a value that may not be there yet; without a promise, and the turn of the event loop it costs, when it is. Any thenable counts as one. */
import { promiseOf } from '../core/listener.js';

/** What `next` makes of the value, when that is there. */
export function whenDone<T, R>(
  value: T | PromiseLike<T>,
  next: (value: T) => R | Promise<R>,
): R | Promise<R> {
  const promise = promiseOf(value) as Promise<T> | null;
  return promise === null ? next(value as T) : promise.then(next);
}

/** The value, or what `refuse` makes of the reason why it does not come. */
export function unlessFailed<T, R>(
  value: T | PromiseLike<T>,
  refuse: (reason: unknown) => R,
): T | Promise<T | R> {
  const promise = promiseOf(value) as Promise<T> | null;
  return promise === null ? (value as T) : promise.catch(refuse);
}
