/** Several event loops behind one port, with the models in memory once. They run the built package. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../dist/index.js';
import { type BorealServer, ModelRegistry, serve } from '../../dist/serve/index.js';
import { evaluate } from '../support/child.js';
import { post } from './support.js';

const options = { port: 0, handleSignals: false, workers: 2 } as const;
const line = (slope: number) =>
  new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [slope, 2 * slope, 3 * slope]);
/** A connection of its own, so that any of the workers may get it. */
const fresh = { connection: 'close' };

describe('serve with workers', () => {
  let server: BorealServer;
  beforeAll(async () => {
    server = await serve({ double: await line(2), triple: await line(3) }, options);
  });
  afterAll(() => server.close());

  it('answers as one event loop does', async () => {
    const single = await serve({ double: await line(2), triple: await line(3) }, { ...options, workers: 1 });
    const requests: Array<[path: string, body?: unknown]> = [
      ['/predict', { x: 4 }],
      ['/predict_batch', [{ x: 4 }, { x: 5 }]],
      ['/models/triple/predict', { x: 4 }],
      ['/v2/models/triple/infer', { inputs: [{ name: 'x', shape: [1], datatype: 'FP64', data: [4] }] }],
      ['/predict', { y: 4 }],
      ['/predict', '{'],
      ['/models/none/predict', { x: 4 }],
      ['/nowhere', {}],
      ['/models'],
      ['/models/triple'],
      ['/model_info'],
      ['/v2/models/double'],
      ['/ready'],
    ];
    const answer = async ({ url }: BorealServer, [path, body]: [string, unknown?]) => {
      if (body !== undefined) {
        const { status, body: answered } = await post(url + path, body, fresh);
        return { status, answered };
      }
      const response = await fetch(url + path, { headers: fresh });
      return { status: response.status, answered: await response.json() };
    };
    const withoutTimes = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (key, each) => (key === 'loadedAt' ? undefined : each)));
    for (const request of requests) {
      const expected = withoutTimes(await answer(single, request));
      for (let i = 0; i < 4; i++) expect(withoutTimes(await answer(server, request))).toEqual(expected);
    }
    await single.close();
  });

  it('refuses a port in use', async () => {
    const again = { ...options, port: server.port };
    await expect(serve(await line(2), again)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers compressed requests of routes of the main thread', async () => {
    const gzip = new Blob([JSON.stringify({ version: '1' })])
      .stream()
      .pipeThrough(new CompressionStream('gzip'));
    const response = await fetch(`${server.url}/models/double/promote`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: await new Response(gzip).arrayBuffer(),
    });
    expect([response.status, await response.json()]).toEqual([200, { name: 'double', version: '1' }]);
  });

  it('limits the rate of a client in all workers together', async () => {
    const limited = await serve(await line(2), { ...options, rateLimit: { max: 7, windowMs: 3_600_000 } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(`${limited.url}/predict`, { x: 1 }, fresh)),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(200), count(429)]).toEqual([7, 13]);
    await limited.close();
  });

  it('keeps strangers out in every worker', async () => {
    const closed = await serve(await line(2), { ...options, apiKeys: ['the-key-of-somebody-1234'] });
    for (let i = 0; i < 6; i++) {
      expect((await post(`${closed.url}/predict`, { x: 1 }, fresh)).status).toBe(401);
      const known = { ...fresh, 'x-api-key': 'the-key-of-somebody-1234' };
      expect((await post(`${closed.url}/predict`, { x: 1 }, known)).status).toBe(200);
      expect((await post(`${closed.url}/model/reload`, {}, known)).status).toBe(403);
    }
    await closed.close();
  });
});

it('counts in the metrics, the statistics and the feed what every worker has answered', async () => {
  const server = await serve({ line: await line(2) }, options);
  const read = async (path: string) => (await fetch(server.url + path)).text();
  const sent = Array.from({ length: 30 }, (_, i) =>
    i % 3 === 0
      ? post(`${server.url}/predict_batch`, [{ x: 1 }, { x: 2 }], fresh)
      : post(`${server.url}/predict`, i % 3 === 1 ? { x: 1 } : { y: 1 }, fresh),
  );
  await Promise.all(sent);
  const counted = async () => {
    const metrics = await read('/metrics');
    const of = (series: string) =>
      Number(
        metrics
          .split('\n')
          .find((each) => each.startsWith(series))
          ?.split(' ')
          .at(-1),
      );
    const {
      model_stats: [stats],
    } = JSON.parse(await read('/v2/models/line/stats'));
    const { seconds } = JSON.parse(await read('/console/feed'));
    const sum = (key: string) =>
      seconds.reduce((total: number, each: Record<string, number>) => total + each[key], 0);
    return {
      predictions: of('boreal_predictions_total{model="line"'),
      rows: of('boreal_prediction_rows_total{model="line"'),
      refused: of('boreal_http_requests_total{method="POST",route="/predict",status="400"}'),
      statistics: [
        stats.inference_count,
        stats.inference_stats.success.count,
        stats.inference_stats.fail.count,
      ],
      feed: [sum('requests'), sum('refused'), sum('rows')],
    };
  };
  await expect.poll(counted).toEqual({
    predictions: 20,
    rows: 30,
    refused: 10,
    statistics: [30, 20, 10],
    feed: [30, 10, 30],
  });
  await server.close();
});

it('follows the file of keys in every worker', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'boreal-workers-keys-')), 'keys');
  writeFileSync(path, 'the-old-key-of-somebody');
  const server = await serve(await line(2), { ...options, apiKeyFile: path });
  const statuses = async (key: string) => {
    const answers = Array.from({ length: 8 }, () =>
      post(`${server.url}/predict`, { x: 1 }, { ...fresh, 'x-api-key': key }),
    );
    return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
  };
  expect(await statuses('the-old-key-of-somebody')).toEqual([200]);
  writeFileSync(`${path}.new`, 'the-new-key-of-somebody');
  renameSync(`${path}.new`, path);
  // Each worker reads the file by itself, and eight requests need not come to all of them.
  await expect.poll(() => statuses('the-new-key-of-somebody')).toEqual([200]);
  await expect.poll(() => statuses('the-old-key-of-somebody')).toEqual([401]);
  await server.close();
});

it('brings promotions and new versions to every worker before it answers', async () => {
  const registry = new ModelRegistry({
    dir: await mkdtemp(join(tmpdir(), 'boreal-workers-')),
    pollInterval: 0,
  });
  await registry.register(await line(1), { name: 'line' });
  const server = await serve(registry, options);
  const predictions = async (path = '/predict') => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => post(server.url + path, { x: 1 }, fresh)),
    );
    return [...new Set(answers.map(({ body }) => Math.round(body.prediction)))];
  };
  expect(await predictions()).toEqual([1]);
  await registry.register(await line(2), { name: 'line' });
  await post(`${server.url}/model/reload`, {}, fresh);
  expect(await predictions()).toEqual([2]);
  await post(`${server.url}/models/line/promote`, { version: '1' }, fresh);
  expect(await predictions()).toEqual([1]);
  expect(await predictions('/predict/2')).toEqual([2]);
  await post(`${server.url}/models/line/promote`, { version: '2' }, fresh);
  await post(`${server.url}/models/line/rollback`, {}, fresh);
  expect(await predictions()).toEqual([1]);
  await fetch(`${server.url}/models/line/aliases/old`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...fresh },
    body: JSON.stringify({ version: 1 }),
  });
  expect(await predictions('/predict/old')).toEqual([1]);
  await server.close();
});

it('loses no request while models are reloaded', async () => {
  const server = await serve(await line(2), options);
  const load = autocannon({
    url: `${server.url}/predict`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ x: 4 }),
    connections: 8,
    amount: 4000,
  });
  for (let i = 0; i < 30; i++) expect((await post(`${server.url}/model/reload`, {})).status).toBe(200);
  const { errors, non2xx, '2xx': answered } = await load;
  expect({ errors, non2xx, answered }).toEqual({ errors: 0, non2xx: 0, answered: 4000 });
  await server.close();
});

it('takes the place of a worker that fails, and harms no request of the others', async () => {
  const outcome = await evaluate<{ statuses: number[]; failed: number; logged: string[] }>(`
    const { serve } = await import(${JSON.stringify(new URL('../../dist/serve/index.js', import.meta.url).href)});
    const logged = [];
    const log = { level: 'info', info() {}, warn() {}, debug() {}, trace() {}, fatal() {}, silent() {},
      error: (fields, message) => logged.push(message), child: () => log };
    const workers = [];
    process.on('worker', (worker) => workers.push(worker));
    const model = await new boreal.LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
    const server = await serve(model, { port: 0, workers: 2, logger: log, handleSignals: false });
    const predict = () => fetch(server.url + '/predict', { method: 'POST', body: '[4]',
      headers: { 'content-type': 'application/json', connection: 'close' } }).then((r) => r.status);
    const statuses = new Set();
    let failed = 0;
    for (let round = 0; round < 3; round++) {
      const replaced = new Promise((resolve) => process.once('worker', (worker) => worker.once('online', resolve)));
      await workers.at(-1).terminate();
      for (let i = 0; i < 20; i++) await predict().then((status) => statuses.add(status), () => { failed += 1; });
      await replaced;
    }
    await server.close();
    console.log(JSON.stringify({ statuses: [...statuses], failed, logged }));`);
  expect(outcome.statuses).toEqual([200]);
  // A connection that the worker had accepted ends with it; those that wait are taken by the other one.
  expect(outcome.failed).toBeLessThanOrEqual(3);
  expect(outcome.logged).toHaveLength(3);
});

it('logs the requests that workers answer, and those that the main thread answers for them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'boreal-workers-log-'));
  const server = await serve(await line(2), { ...options, logger: { file: join(folder, 'log') } });
  const id = (name: string) => ({ ...fresh, 'x-request-id': name });
  await post(`${server.url}/predict`, { x: 4 }, id('good'));
  await post(`${server.url}/predict`, { y: 4 }, id('bad'));
  await fetch(`${server.url}/metrics`, { headers: id('main') });
  await server.close();
  const files = readdirSync(folder).filter((name) => name.startsWith('log'));
  const lines = readFileSync(join(folder, files[0]), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
    .filter(({ msg }) => msg === 'request');
  // What two workers say may arrive in any order.
  const byId = Object.fromEntries(lines.map(({ requestId, ...rest }) => [requestId, rest]));
  expect(byId).toMatchObject({
    good: {
      method: 'POST',
      route: '/predict',
      status: 200,
      model: 'LinearRegression',
      version: '1',
      rows: 1,
    },
    bad: { method: 'POST', route: '/predict', status: 400 },
    main: { method: 'GET', route: '/metrics', status: 200 },
  });
  expect(lines).toHaveLength(3);
});

it('counts the errors of workers by their codes', async () => {
  const server = await serve(await line(2), options);
  expect((await post(`${server.url}/predict`, { y: 4 }, fresh)).status).toBe(400);
  expect((await post(`${server.url}/models/none/predict`, { x: 4 }, fresh)).status).toBe(404);
  const counts = async () =>
    ((await (await fetch(`${server.url}/stats`, { headers: fresh })).json()) as { errors: object }).errors;
  while (Object.keys(await counts()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await counts()).toEqual({ ERR_REQUEST: 1, ERR_MODEL: 1 });
  await server.close();
});

it('refuses numbers of workers that make no sense', async () => {
  const model = await line(2);
  for (const workers of [0, -1, 1.5, Number.NaN, 1e9, 'many' as 'auto'])
    await expect(serve(model, { ...options, workers })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

it('leaves nothing open', async () => {
  const descriptors = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);
  const before = descriptors();
  const model = await line(2);
  for (let i = 0; i < 2; i++) await (await serve(model, options)).close();
  expect(descriptors()).toBeLessThanOrEqual(before);
});
