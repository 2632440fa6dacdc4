/** Values that may not be there yet. */
import { expect, test } from 'vitest';
import { unlessFailed, whenDone } from '../../lib/serve/when-done.js';

/** What is no Promise of this realm, as the queries of databases are. */
const thenable = (settle: () => Promise<number>): PromiseLike<number> => ({
  // biome-ignore lint/suspicious/noThenProperty: what makes a thenable
  then: (fulfilled, rejected) => settle().then(fulfilled, rejected),
});

test('a value that is there is gone on with at once, and any thenable is waited for', async () => {
  const double = (value: number) => 2 * value;
  expect(whenDone(2, double)).toBe(4);
  expect(await whenDone(Promise.resolve(2), double)).toBe(4);
  expect(
    await whenDone(
      thenable(async () => 2),
      double,
    ),
  ).toBe(4);
});

test('what fails is refused, whether a promise or a thenable', async () => {
  const refuse = (reason: unknown) => (reason as Error).message;
  const fail = async () => {
    throw new Error('no');
  };
  expect(unlessFailed(2, refuse)).toBe(2);
  expect(await unlessFailed(fail(), refuse)).toBe('no');
  expect(await unlessFailed(thenable(fail), refuse)).toBe('no');
});
