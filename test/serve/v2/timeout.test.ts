/** The client's timeout, which ends while the model is busy or being held for the request, and its priority. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { LinearRegression } from '../../../lib/index.js';
import { ModelEndpoint } from '../../../lib/serve/index.js';
import { infer } from '../../../lib/serve/v2/infer.js';
import type { InferRequest } from '../../../lib/serve/v2/messages.js';

let endpoint: ModelEndpoint;
beforeAll(async () => {
  const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
  endpoint = await ModelEndpoint.create(model);
});

const requestOf = (timeout?: number, priority = 0): InferRequest => ({
  inputs: [{ name: 'input', datatype: 'FP64', rows: 1, cols: 1, elements: [4] } as never],
  outputs: [],
  isBinary: () => false,
  limits: { timeout, priority },
});

/** A store whose model is at hand only after some milliseconds. */
const slowly = (ms: number) =>
  ({
    use: async (_: unknown, run: (model: unknown) => unknown) => {
      const until = performance.now() + ms;
      while (performance.now() < until) await sleep(1);
      return run({ name: 'm', version: '1', endpoint });
    },
  }) as never;

it('gives up when the timeout is over before the turn of the request', async () => {
  await expect(infer(slowly(2), {}, requestOf(1000), {})).rejects.toMatchObject({
    status: 504,
    code: 'ERR_DEADLINE',
  });
});

it('answers within it, without one, and with one that no timer can count', async () => {
  for (const timeout of [600_000_000, undefined, Number.MAX_SAFE_INTEGER]) {
    const { head, outputs } = await infer(slowly(0), {}, requestOf(timeout), {});
    expect(head).toEqual({ model_name: 'm', model_version: '1', id: undefined });
    expect(outputs[0].values[0]).toBeCloseTo(8, 9);
  }
});

it('hands the priority on to the queue of the model', async () => {
  const run = vi.spyOn(endpoint, 'run');
  for (const priority of [0, 3]) await infer(slowly(0), {}, requestOf(undefined, priority), {});
  expect(run.mock.calls.map(([, , call]) => call?.priority)).toEqual([undefined, 3]);
  run.mockRestore();
});
