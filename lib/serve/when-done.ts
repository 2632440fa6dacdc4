/** Goes on with a value that may not be there yet; without a promise, and the turn of the event loop it costs, when it is. */
export function whenDone<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
