/** Triton's extensions over HTTP: the repository, statistics and configuration. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../../lib/serve/index.js';
import { v2Models } from './models.js';

let server: BorealServer;
beforeAll(async () => {
  server = await serve(await v2Models(), { port: 0, handleSignals: false });
});
afterAll(() => server.close());

/** As Triton's client does: without a content type. */
async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}/v2${path}`, {
    method,
    body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const input = (data: unknown[]) => ({ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data });

it('lists, unloads and loads models', async () => {
  const ready = ['price', 'verdict', 'matrix', 'scale'].map((name) => ({
    name,
    version: '1',
    state: 'READY',
    reason: '',
  }));
  expect(await call('POST', '/repository/index')).toEqual({ status: 200, body: ready });
  expect(
    await call('POST', '/repository/models/scale/unload', { parameters: { unload_dependents: false } }),
  ).toEqual({
    status: 200,
    body: {},
  });
  expect((await call('GET', '/models/scale/ready')).status).toBe(404);
  expect((await call('GET', '/health/ready')).status).toBe(503);
  expect((await call('POST', '/models/scale/infer', { inputs: [input([1, 2])] })).status).toBe(404);
  const gone = { name: 'scale', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' };
  expect((await call('POST', '/repository/index', { ready: false })).body).toEqual([
    ...ready.slice(0, 3),
    gone,
  ]);
  expect((await call('POST', '/repository/index', { ready: true })).body).toEqual(ready.slice(0, 3));
  expect((await call('POST', '/repository/models/scale/load', {})).status).toBe(200);
  expect((await call('GET', '/models/scale/ready')).status).toBe(200);
  expect((await call('POST', '/repository/index', {})).body).toEqual(ready);
});

it.each<[string, string, unknown, number]>([
  ['an unknown model to load', '/repository/models/nobody/load', {}, 404],
  ['an unknown model to unload', '/repository/models/nobody/unload', {}, 404],
  ['a configuration to load with', '/repository/models/scale/load', { parameters: { config: '{}' } }, 400],
  ['a filter that is text', '/repository/index', { ready: 'yes' }, 400],
  ['a list', '/repository/index', [], 400],
])('refuses %s', async (_what, path, body, status) => {
  const answer = await call('POST', path, body);
  expect([answer.status, typeof answer.body.error]).toEqual([status, 'string']);
});

it('counts', async () => {
  const before = (await call('GET', '/models/matrix/stats')).body.model_stats[0];
  expect(before).toMatchObject({ name: 'matrix', version: '1', inference_count: 0, execution_count: 0 });
  await call('POST', '/models/matrix/infer', { inputs: [input([0, 1, 3, 3, 4, 3])] });
  await call('POST', '/models/matrix/versions/1/infer', { inputs: [input([0, 1])] });
  await call('POST', '/models/matrix/infer', { inputs: [input([0, 1, 2, 3])], outputs: [{ name: 'none' }] });
  const { model_stats } = (await call('GET', '/models/matrix/versions/1/stats')).body;
  expect(model_stats).toHaveLength(1);
  expect(model_stats[0]).toMatchObject({ inference_count: 4, execution_count: 2, memory_usage: [] });
  const { success, fail, compute_infer, queue } = model_stats[0].inference_stats;
  expect([success.count, fail.count, compute_infer.count, queue.count]).toEqual([2, 1, 2, 2]);
  expect(success.ns).toBeGreaterThan(0);
  expect(fail.ns).toBeGreaterThan(0);
  expect(model_stats[0].batch_stats).toMatchObject([
    { batch_size: 1, compute_infer: { count: 1 } },
    { batch_size: 3, compute_infer: { count: 1 } },
  ]);
  expect(Math.abs(Date.now() - model_stats[0].last_inference)).toBeLessThan(600_000);
  const all = (await call('GET', '/models/stats')).body.model_stats;
  expect(all.map(({ name }: { name: string }) => name)).toEqual(['price', 'verdict', 'matrix', 'scale']);
  expect((await call('GET', '/models/nobody/stats')).status).toBe(404);
});

it('describes a model as Triton would', async () => {
  expect((await call('GET', '/models/matrix/config')).body).toMatchObject({
    name: 'matrix',
    max_batch_size: 10_000,
    input: [{ name: 'input', data_type: 'TYPE_FP64', dims: [2], optional: false }],
    output: [
      { name: 'predict', data_type: 'TYPE_INT64', dims: [1] },
      { name: 'predict_proba', data_type: 'TYPE_FP64', dims: [2] },
    ],
  });
  const { input } = (await call('GET', '/models/price/versions/1/config')).body;
  expect(
    input.map((each: { data_type: string; optional: boolean }) => [each.data_type, each.optional]),
  ).toEqual([
    ['TYPE_FP64', false],
    ['TYPE_FP64', true],
    ['TYPE_BOOL', false],
    ['TYPE_STRING', false],
  ]);
  expect((await call('GET', '/models/nobody/config')).status).toBe(404);
});
