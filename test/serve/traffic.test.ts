/** A/B, canary and shadow over real sockets: users stay, weights hold, nobody notices a shadow. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { bucketOf } from '../../lib/monitor/assign.js';
import {
  type BorealServer,
  ModelEndpoint,
  ModelRegistry,
  type ServeOptions,
  serve,
} from '../../lib/serve/index.js';
import { ModelStore } from '../../lib/serve/models/model-store.js';
import { MemorySource } from '../../lib/serve/models/source.js';
import { Traffic } from '../../lib/serve/models/traffic.js';
import { Observers } from '../../lib/serve/observer.js';
import { house, post, verdictModel } from './support.js';

let dir: string;
let server: BorealServer;
const linear = (slope: number) =>
  new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [slope, 2 * slope, 3 * slope]);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'boreal-traffic-'));
});
afterEach(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Versions 1, 2, 3 multiply by 1, 2, 3; version 1 is in production. */
async function start(options: ServeOptions = {}) {
  const registry = new ModelRegistry({ dir });
  for (const slope of [1, 2, 3]) await registry.register(await linear(slope), { name: 'm' });
  await registry.promote('m', '1');
  server = await serve(registry, { port: 0, handleSignals: false, watch: false, ...options });
  return registry;
}

const ask = async (headers: Record<string, string> = {}, path = '/predict', body: unknown = { x: 10 }) => {
  const answer = await post(server.url + path, body, headers);
  expect(answer.status).toBe(200);
  const prediction = answer.body.prediction ?? answer.body.predictions[0];
  return {
    slope: Math.round(prediction / 10),
    model: answer.headers.get('x-boreal-model'),
    variant: answer.headers.get('x-boreal-variant'),
    body: answer.body,
  };
};
const admin = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(server.url + path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

describe('a reply', () => {
  it('says who has answered, in the body only when asked', async () => {
    await start();
    expect(await ask()).toMatchObject({ slope: 1, model: 'm/1', variant: null });
    expect(await ask({}, '/predict/3')).toMatchObject({ slope: 3, model: 'm/3', variant: null });
    const { body } = await ask({ 'x-boreal-metadata': 'true' });
    expect(body).toEqual({ prediction: expect.any(Number), model: { name: 'm', version: '1' } });
  });
});

describe('A/B', () => {
  it('gives each user one variant, by the documented hash, on all routes, and again after a restart', async () => {
    const traffic = { m: { variants: { 1: 0.5, 2: 0.5 } } };
    const registry = await start({ traffic });
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const expected = users.map((user) => (bucketOf(user, 'm') < 0.5 ? 1 : 2));
    expect(new Set(expected).size).toBe(2);
    const tensor = { inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP64', data: [10] }] };
    for (const [path, body] of [
      ['/v2/models/m/infer', tensor],
      ['/invocations', { instances: [{ x: 10 }] }],
    ] as const) {
      const answers = [];
      for (const user of users.slice(0, 10)) {
        const response = await post(server.url + path, body, { 'x-user-id': user });
        expect(response.status).toBe(200);
        answers.push(response.body.outputs?.[0].data[0] ?? response.body.predictions[0]);
      }
      expect(answers.map((value) => Math.round(value / 10))).toEqual(expected.slice(0, 10));
    }
    for (const path of ['/predict', '/models/m/predict']) {
      const slopes = [];
      for (const user of users) slopes.push((await ask({ 'x-user-id': user }, path)).slope);
      expect(slopes).toEqual(expected);
    }
    const { slope, variant, model } = await ask({ 'x-user-id': users[0] }, '/predict_batch', [{ x: 10 }]);
    expect([slope, variant, model]).toEqual([expected[0], String(expected[0]), `m/${expected[0]}`]);
    // Who names a version gets it.
    expect(await ask({ 'x-user-id': users[0] }, '/predict/3')).toMatchObject({ slope: 3, variant: null });
    const { body } = await admin('GET', '/models/m/traffic');
    expect(body.requests['1'] + body.requests['2']).toBe(101);
    await server.close();
    server = await serve(registry, { port: 0, handleSignals: false, traffic });
    const slopes = [];
    for (const user of users) slopes.push((await ask({ 'x-user-id': user })).slope);
    expect(slopes).toEqual(expected);
  });

  it('takes the user from a query or a field, and the field out of the row', async () => {
    await start({ traffic: { m: { variants: { 1: 1, 2: 1 }, key: { query: 'user', field: 'who' } } } });
    for (let i = 0; i < 10; i++) {
      const slope = bucketOf(String(i), 'm') < 0.5 ? 1 : 2;
      expect(await ask({}, `/predict?user=${i}`)).toMatchObject({ slope });
      expect(await ask({}, '/predict', { x: 10, who: i })).toMatchObject({ slope });
      expect(await ask({}, '/predict_batch', { rows: [{ x: 10 }], who: String(i) })).toMatchObject({ slope });
      expect(await ask({ 'x-user-id': String(i) })).toMatchObject({ slope });
    }
    expect((await post(`${server.url}/predict`, { x: 10, other: 1 })).status).toBe(400);
    expect((await post(`${server.url}/predict`, 'null')).status).toBe(400);
  });

  it('holds the weights for requests without a user, and leaves variants that are gone to production', async () => {
    await start({ traffic: { m: { variants: { 2: 0, champion: 1 } } } });
    expect(await ask()).toMatchObject({ slope: 1, variant: null });
    await admin('PUT', '/models/m/aliases/champion', { version: '3' });
    for (let i = 0; i < 5; i++) expect(await ask()).toMatchObject({ slope: 3, variant: 'champion' });
    expect((await admin('GET', '/model/version')).body.version).toBe('1');
    expect((await admin('GET', '/model_info')).body.version).toBe('1');
  });
});

describe('a canary', () => {
  it('gets its share, keeps its users when that grows, and goes when told to', async () => {
    await start();
    const users = Array.from({ length: 60 }, (_, i) => `user-${i}`);
    const share = async (part: number) => {
      const { status } = await admin('PUT', '/models/m/traffic', { canary: { version: '2', share: part } });
      expect(status).toBe(200);
      const chosen = new Set<string>();
      for (const user of users) if ((await ask({ 'x-user-id': user })).slope === 2) chosen.add(user);
      return chosen;
    };
    const few = await share(0.2);
    const more = await share(0.5);
    expect(few.size).toBe(users.filter((user) => bucketOf(user, 'm') < 0.2).length);
    expect(more.size).toBeGreaterThan(few.size);
    expect([...few].every((user) => more.has(user))).toBe(true);
    expect((await share(1)).size).toBe(60);
    const answer = await ask({ 'x-user-id': users[0] });
    expect(answer.variant).toBe('2');
    expect((await admin('DELETE', '/models/m/traffic')).status).toBe(200);
    expect(await ask({ 'x-user-id': users[0] })).toMatchObject({ slope: 1, variant: null });
  });

  it('is taken back when too many of its requests fail, and not for what clients do wrong', async () => {
    const good = await linear(1);
    const source = new MemorySource([{ name: 'm', version: '1', model: good }]);
    const list = await source.list();
    source.list = async () => [
      { ...list[0], versions: [...list[0].versions, { version: '2', revision: '' }], production: '1' },
    ];
    const observers = new Observers();
    const store = new ModelStore(
      source,
      (name, version) => ModelEndpoint.create(good, { name, version }),
      observers,
    );
    await store.refresh();
    const warnings: object[] = [];
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: (fields: object) => void warnings.push(fields),
    };
    const canary = { version: '2', share: 1, maxErrorRate: 0.2, minRequests: 10 };
    const traffic = new Traffic(store, { traffic: { m: { canary } } }, log);
    const request = (fail: boolean, body: unknown = { x: 1 }) =>
      store
        .use({}, async ({ version, endpoint }) => {
          await endpoint.predict(body);
          if (fail && version === '2') throw new Error('a defect of version 2');
          return version;
        })
        .catch(() => 'failed');
    for (let i = 0; i < 50; i++) expect(await request(false, { x: 'text' })).toBe('failed');
    expect(traffic.status('m').rolledBack).toBeUndefined();
    for (let i = 0; i < 50; i++) expect(await request(false)).toBe('2');
    for (let i = 0; i < 26; i++) {
      expect(await request(true)).toBe('failed');
      if (i < 24) expect(traffic.status('m').rolledBack).toBeUndefined();
    }
    expect(traffic.status('m')).toMatchObject({
      rolledBack: { at: expect.any(String), reason: '26 of 126 requests failed' },
      failures: { 2: 26 },
    });
    expect(await request(true)).toBe('1');
    expect(warnings).toHaveLength(1);
  });
});

describe('a shadow', () => {
  it('answers copies after the answer, and its agreement is noted', async () => {
    await start({ traffic: { m: { shadow: '2' } } });
    expect(await ask()).toMatchObject({ slope: 1, model: 'm/1' });
    await ask({}, '/predict_batch', [{ x: 0 }, { x: 10 }]);
    await ask({}, '/predict/2');
    const shadowed = async () => (await admin('GET', '/models/m/traffic')).body.shadowed;
    while ((await shadowed()).requests < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await shadowed()).toMatchObject({
      version: '2',
      requests: 2,
      rows: 3,
      agreements: 1,
      agreement: 1 / 3,
      meanDifference: expect.closeTo(20 / 3, 5),
      errors: 0,
      dropped: 0,
    });
    const { body } = await admin('GET', '/ab_stats');
    expect(body.models[0].shadow.rows).toBe(3);
  });

  it('fails alone, when its columns are others or it is not there', async () => {
    const registry = await start({ traffic: { m: { shadow: 'next' } } });
    const wide = await new LinearRegression().fit(
      [
        { x: 1, y: 2 },
        { x: 2, y: 1 },
        { x: 3, y: 5 },
      ],
      [1, 2, 3],
    );
    await registry.register(wide, { name: 'm' });
    await registry.alias('m', 'next', '4');
    const shadowed = async () => (await admin('GET', '/models/m/traffic')).body.shadowed;
    await ask();
    while ((await shadowed()).errors < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await admin('POST', '/model/reload')).status).toBe(200);
    expect(await ask()).toMatchObject({ slope: 1 });
    while ((await shadowed()).errors < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await shadowed()).toMatchObject({ requests: 0, agreement: null });
  });

  it('compares classes, whatever the order of columns and categories', async () => {
    const registry = new ModelRegistry({ dir });
    const model = await verdictModel();
    await registry.register(model, { name: 'v' });
    await registry.register(model, { name: 'v' });
    await registry.promote('v', '1');
    server = await serve(registry, { port: 0, handleSignals: false, traffic: { v: { shadow: '2' } } });
    expect((await post(`${server.url}/predict`, house)).status).toBe(200);
    const shadowed = async () => (await admin('GET', '/models/v/traffic')).body.shadowed;
    while ((await shadowed()).requests < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await shadowed()).toMatchObject({ agreement: 1, meanDifference: null });
  });
});

describe('rules', () => {
  it.each([
    ['null', 400, 'ERR_REQUEST'],
    ['[]', 400, 'ERR_PARAMETER'],
    [{ variants: {} }, 400, 'ERR_PARAMETER'],
    [{ variants: { 1: -1 } }, 400, 'ERR_PARAMETER'],
    [{ variants: { 1: '1' } }, 400, 'ERR_PARAMETER'],
    [{ variants: { 1: 0 } }, 400, 'ERR_PARAMETER'],
    [{ variants: 7 }, 400, 'ERR_PARAMETER'],
    [{ variants: { 9: 1 } }, 404, 'ERR_MODEL'],
    [{ canary: null }, 400, 'ERR_PARAMETER'],
    [{ canary: { version: '2' } }, 400, 'ERR_PARAMETER'],
    [{ canary: { version: '9', share: 0.1 } }, 404, 'ERR_MODEL'],
    [{ canary: { version: '2', share: 1.1 } }, 400, 'ERR_PARAMETER'],
    [{ canary: { version: '2', share: 0.5, minRequests: 0.5 } }, 400, 'ERR_PARAMETER'],
    [{ canary: { version: '2', share: 0.5 }, variants: { 1: 1 } }, 400, 'ERR_PARAMETER'],
    [{ shadow: 7 }, 400, 'ERR_PARAMETER'],
    [{ shadow: '9' }, 404, 'ERR_MODEL'],
    [{ key: { header: 7 } }, 400, 'ERR_PARAMETER'],
    [{ colour: 'red' }, 400, 'ERR_PARAMETER'],
  ])('%j are answered with %i %s', async (config, status, code) => {
    await start();
    const response = await fetch(`${server.url}/models/m/traffic`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: typeof config === 'string' ? config : JSON.stringify(config),
    });
    const body = JSON.parse(await response.text());
    expect([response.status, body.code]).toEqual([status, code]);
  });

  it('are checked in the options, too', async () => {
    await expect(start({ traffic: { m: { variants: {} } } })).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    expect((await import('node:fs')).existsSync(dir)).toBe(true);
  });

  it('of a model that is not there are answered with 404', async () => {
    await start();
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await admin(method, '/models/none/traffic', method === 'PUT' ? {} : undefined)).status).toBe(
        404,
      );
  });
});
