/** The client's timeout; the model here answers when the test says so. */
import { expect, it } from 'vitest';
import { infer } from '../../../lib/serve/v2/infer.js';
import type { InferRequest } from '../../../lib/serve/v2/messages.js';

const requestOf = (timeout?: number): InferRequest => ({
  inputs: [],
  outputs: [],
  isBinary: () => false,
  limits: { timeout, priority: 0 },
});
const answer = { head: { model_name: 'm', model_version: '1' }, outputs: [] };
const { signal } = new AbortController();

it('gives up when the timeout is over', async () => {
  const models = { use: () => new Promise<never>(() => undefined) } as never;
  await expect(infer(models, {}, requestOf(1), signal)).rejects.toMatchObject({
    status: 504,
    code: 'ERR_DEADLINE',
  });
});

it('answers within it, without one, and with one that no timer can count', async () => {
  const models = { use: async () => answer } as never;
  for (const timeout of [600_000_000, undefined, Number.MAX_SAFE_INTEGER]) {
    expect(await infer(models, {}, requestOf(timeout), signal)).toBe(answer);
  }
});

it('fails as the model does', async () => {
  const models = { use: () => Promise.reject(new Error('no')) } as never;
  await expect(infer(models, {}, requestOf(600_000_000), signal)).rejects.toThrow('no');
});
