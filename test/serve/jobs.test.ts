/** Jobs in memory: the routes over real sockets, and the queue by itself, with models whose answers the test holds. */
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BorealServer, type JobOptions, RequestError, serve } from '../../lib/serve/index.js';
import { MemoryQueue } from '../../lib/serve/jobs/memory-queue.js';
import { jobSettings } from '../../lib/serve/jobs/options.js';
import type { ModelStore } from '../../lib/serve/models/model-store.js';
import { type JobEvent, Observers } from '../../lib/serve/observer.js';
import { SILENT } from '../../lib/serve/service.js';
import { house, houseAt, post, priceModel, verdictModel } from './support.js';

async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { method, headers });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

describe('the routes', () => {
  let server: BorealServer;
  let url: string;
  beforeAll(async () => {
    const models = { prices: await priceModel(), verdicts: await verdictModel() };
    server = await serve(models, { port: 0, handleSignals: false });
    ({ url } = server);
  });
  afterAll(() => server.close());

  it('answers later what /predict answers at once', async () => {
    const now = await post(`${url}/predict`, house);
    const accepted = await post(`${url}/predict_async`, house);
    expect(accepted.status).toBe(202);
    expect(accepted.body).toMatchObject({
      status: 'queued',
      links: { result: accepted.headers.get('location') },
    });
    const { status, body } = await get(`${url}${accepted.headers.get('location')}?wait=20`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: accepted.body.id, status: 'succeeded', result: now.body, attempts: 1 });
    for (const time of ['createdAt', 'startedAt', 'finishedAt'])
      expect(body[time]).toBe(new Date(body[time]).toISOString());
  });

  it.each([
    ['a list of rows', [house, house]],
    ['{ rows }', { rows: [house, Object.values(house)] }],
    ['{ instances }', { instances: [house] }],
  ])('takes batches as %s', async (_, batch) => {
    const now = await post(`${url}/predict_batch`, batch);
    const { body } = await post(`${url}/predict_async`, batch);
    expect((await get(`${url}/result/${body.id}?wait=20`)).body.result).toEqual(now.body);
  });

  it('takes a row as a list of values', async () => {
    const { body } = await post(`${url}/predict_async`, Object.values(house));
    expect((await get(`${url}/result/${body.id}?wait=20`)).body.result.prediction).toBeTypeOf('number');
  });

  it('asks the model and the version of the query', async () => {
    const { body } = await post(`${url}/predict_async?model=verdicts&version=1`, house);
    expect((await get(`${url}/result/${body.id}?wait=20`)).body.result).toHaveProperty('probabilities');
    for (const query of ['model=nobody', 'version=9', 'model=__proto__'])
      expect(await post(`${url}/predict_async?${query}`, house)).toMatchObject({
        status: 404,
        body: { code: 'ERR_MODEL' },
      });
  });

  it('refuses at once what is not JSON', async () => {
    expect(await post(`${url}/predict_async`, '{')).toMatchObject({
      status: 400,
      body: { code: 'ERR_JSON' },
    });
    const text = await post(`${url}/predict_async`, 'hello', { 'content-type': 'text/plain' });
    expect(text).toMatchObject({ status: 415, body: { code: 'ERR_MEDIA_TYPE' } });
  });

  it('answers with the error that the request deserves, after one attempt', async () => {
    const bad = { rows: [house, { ...house, rooms: 'four' }] };
    const now = await post(`${url}/predict_batch`, bad);
    const { body } = await post(`${url}/predict_async`, bad);
    const later = await get(`${url}/result/${body.id}?wait=20`);
    expect(later.status).toBe(400);
    expect(later.body).toMatchObject({ ...now.body, id: body.id, status: 'failed', attempts: 1 });
    // The request for the result did nothing wrong, and no defect has shown.
    expect((await get(`${url}/stats`)).body.errors).not.toHaveProperty('ERR_INTERNAL');
  });

  it('gives the same key the same job, and refuses another request with it', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const first = await post(`${url}/predict_async`, house, headers);
    const again = await post(`${url}/predict_async`, house, headers);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    const other = await post(`${url}/predict_async`, houseAt(1), headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'ERR_IDEMPOTENCY_KEY' } });
    const long = await post(`${url}/predict_async`, house, { 'idempotency-key': 'x'.repeat(256) });
    expect(long).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST', field: 'idempotency-key' } });
  });

  it.each(['x', '__proto__', '00000000-0000-4000-8000-000000000000', '..%2f..%2fetc', '%00'])(
    'knows no job %s',
    async (id) => {
      for (const method of ['GET', 'DELETE'])
        expect(await get(`${url}/result/${id}`, {}, method)).toMatchObject({
          status: 404,
          body: { code: 'ERR_JOB' },
        });
    },
  );

  it('refuses to cancel what is done, and to wait for nonsense', async () => {
    const { body } = await post(`${url}/predict_async`, house);
    const result = `${url}/result/${body.id}`;
    await get(`${result}?wait=20`);
    expect(await get(result, {}, 'DELETE')).toMatchObject({ status: 409, body: { code: 'ERR_JOB' } });
    for (const wait of ['soon', '-1', ''])
      expect(await get(`${result}?wait=${wait}`)).toMatchObject({ status: 400, body: { field: 'wait' } });
  });

  it('counts', async () => {
    expect(await get(`${url}/jobs`)).toMatchObject({
      status: 200,
      body: { queued: 0, running: 0, dead: [] },
    });
  });
});

it('shows a job to its owner only, and holds keys to their models', async () => {
  const models = { prices: await priceModel(), verdicts: await verdictModel() };
  const apiKeys = [
    { name: 'ann', key: 'key-of-ann' },
    { name: 'bob', key: 'key-of-bob', models: ['prices'] },
    { name: 'cat', key: 'key-of-cat', models: ['verdicts'] },
  ];
  await using server = await serve(models, { port: 0, handleSignals: false, apiKeys });
  const { url } = server;
  const ann = { 'x-api-key': 'key-of-ann', 'idempotency-key': '1' };
  const bob = { 'x-api-key': 'key-of-bob', 'idempotency-key': '1' };
  const hers = await post(`${url}/predict_async`, house, ann);
  const his = await post(`${url}/predict_async`, houseAt(2), bob);
  expect(his.status).toBe(202);
  expect(his.body.id).not.toBe(hers.body.id);
  const link = `${url}/result/${hers.body.id}`;
  expect((await get(`${link}?wait=20`, ann)).status).toBe(200);
  for (const method of ['GET', 'DELETE']) expect((await get(link, bob, method)).status).toBe(404);
  expect((await get(link)).status).toBe(401);
  expect((await post(`${url}/predict_async`, house)).status).toBe(401);
  const forbidden = await post(`${url}/predict_async?model=verdicts`, house, bob);
  expect(forbidden).toMatchObject({ status: 403, body: { code: 'ERR_FORBIDDEN' } });
  const cat = { 'x-api-key': 'key-of-cat' };
  for (const query of ['', '?model=prices', '?model=', '?model=prices&model=verdicts'])
    expect((await post(`${url}/predict_async${query}`, house, cat)).status).toBe(403);
  const verdict = await post(`${url}/predict_async?model=verdicts`, house, cat);
  expect(verdict.status).toBe(202);
  const found = await get(`${url}/result/${verdict.body.id}?wait=20`, cat);
  expect(found.body.result).toHaveProperty('probabilities');
  expect((await get(`${url}/jobs`, ann)).status).toBe(403);
});

it.each([
  { concurrency: 0 },
  { maxQueued: 0 },
  { resultTtl: 1.5 },
  { attempts: 0 },
  { maxResultBytes: Number.NaN },
  { keyPrefix: '' },
  { redis: 'http://127.0.0.1' },
])('refuses the options %j', async (jobs) => {
  const serving = serve(await priceModel(), { port: 0, jobs });
  await expect(serving).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

describe('the queue', () => {
  /** Predictions that wait for the test, in the order in which they were begun. */
  let begun: Array<{
    row: unknown;
    signal: AbortSignal;
    answer: (value: unknown) => void;
    fail: (error: unknown) => void;
  }>;
  let events: JobEvent[];
  let onBegin: EventTarget;
  beforeEach(() => {
    begun = [];
    events = [];
    onBegin = new EventTarget();
  });

  function makeQueue(options: JobOptions = {}): MemoryQueue {
    const endpoint = {
      predict: (row: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((answer, fail) => {
          begun.push({ row, signal, answer, fail });
          onBegin.dispatchEvent(new Event('begin'));
        }),
    };
    const store = { use: (_: unknown, use: (model: unknown) => unknown) => use({ endpoint }) };
    const observers = new Observers();
    observers.add({ job: (event) => events.push(event) });
    return new MemoryQueue(store as unknown as ModelStore, jobSettings(options), observers, SILENT);
  }
  const taskOf = (row: unknown) =>
    ({ task: { kind: 'row', model: 'm', body: JSON.stringify(row) }, owner: '' }) as const;
  const never = new AbortController().signal;
  const settle = (queue: MemoryQueue, id: string) => queue.wait(id, '', 20_000, never);

  it('runs first come, first served, so many at a time', async () => {
    const queue = makeQueue({ concurrency: 2 });
    const jobs = await Promise.all([1, 2, 3, 4].map((row) => queue.submit(taskOf(row))));
    expect(begun.map(({ row }) => row)).toEqual([1, 2]);
    expect(await queue.status()).toMatchObject({ queued: 2, running: 2 });
    begun[1].answer('b');
    await settle(queue, jobs[1].id);
    expect(begun.map(({ row }) => row)).toEqual([1, 2, 3]);
    begun[0].answer('a');
    begun[2].answer('c');
    await settle(queue, jobs[2].id);
    begun[3].answer('d');
    const done = await Promise.all(jobs.map(({ id }) => settle(queue, id)));
    expect(done.map((job) => job!.outcome!.body)).toEqual(['"a"', '"b"', '"c"', '"d"']);
    expect(events.filter(({ state }) => state === 'succeeded').map(({ queued }) => queued)).toEqual([
      2, 1, 0, 0,
    ]);
    await queue.close();
  });

  it('refuses with 503 and Retry-After when as many wait as may', async () => {
    const queue = makeQueue({ concurrency: 1, maxQueued: 2 });
    for (const row of [1, 2, 3]) await queue.submit(taskOf(row));
    const error = await queue.submit(taskOf(4)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ status: 503, code: 'ERR_QUEUE_FULL', headers: { 'retry-after': '1' } });
    begun[0].answer(1);
    await once(onBegin, 'begin');
    await queue.submit(taskOf(4));
    for (let i = 1; i < 4; i++) {
      if (begun.length <= i) await once(onBegin, 'begin');
      begun[i].answer(1);
    }
    await queue.close();
  });

  it('cancels what waits, which never begins, and what runs, whose signal fires', async () => {
    const queue = makeQueue({ concurrency: 1 });
    const [first, second, third] = await Promise.all([1, 2, 3].map((row) => queue.submit(taskOf(row))));
    expect(await queue.cancel(second.id, '')).toMatchObject({ state: 'cancelled' });
    expect(await queue.cancel(first.id, '')).toMatchObject({ state: 'cancelled' });
    expect(begun[0].signal.aborted).toBe(true);
    begun[0].answer('too late');
    await once(onBegin, 'begin');
    expect(begun.map(({ row }) => row)).toEqual([1, 3]);
    begun[1].answer('c');
    expect(await settle(queue, third.id)).toMatchObject({ state: 'succeeded' });
    expect(await queue.find(first.id, '')).toMatchObject({ state: 'cancelled', outcome: undefined });
    expect(await queue.cancel(second.id, '')).toMatchObject({ state: 'cancelled' });
    await queue.close();
  });

  it('tries again after a fault, and gives up in sight of the administrator', async () => {
    const queue = makeQueue({ attempts: 2 });
    const lucky = await queue.submit(taskOf(1));
    const unlucky = await queue.submit(taskOf(2));
    begun[0].fail(new Error('no memory'));
    begun[1].fail(new Error('no memory'));
    while (begun.length < 4) await once(onBegin, 'begin');
    begun[2].answer('a');
    begun[3].fail(new Error('no memory again'));
    expect(await settle(queue, lucky.id)).toMatchObject({ state: 'succeeded', attempts: 2 });
    expect(await settle(queue, unlucky.id)).toMatchObject({ state: 'failed', outcome: { status: 500 } });
    expect((await queue.status()).dead).toMatchObject([
      { id: unlucky.id, model: 'm', attempts: 2, reason: 'no memory again' },
    ]);
    await queue.close();
  });

  it('fails a result that is too large, and does not keep it', async () => {
    const queue = makeQueue({ maxResultBytes: 10 });
    const { id } = await queue.submit(taskOf(1));
    begun[0].answer('x'.repeat(9));
    const job = await settle(queue, id);
    expect(job).toMatchObject({ state: 'failed', attempts: 1, outcome: { status: 413 } });
    expect(job!.outcome!.body).toContain('ERR_RESULT_TOO_LARGE');
    await queue.close();
  });

  it('forgets results after their time, and their keys with them', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const queue = makeQueue({ resultTtl: 60_000 });
    const submission = { ...taskOf(1), key: 'k' };
    const { id } = await queue.submit(submission);
    begun[0].answer('a');
    await settle(queue, id);
    vi.setSystemTime(Date.now() + 59_000);
    expect(await queue.find(id, '')).toMatchObject({ state: 'succeeded' });
    vi.setSystemTime(Date.now() + 2000);
    expect(await queue.find(id, '')).toBeUndefined();
    expect((await queue.submit(submission)).id).not.toBe(id);
    vi.useRealTimers();
    begun[1].answer('a');
    await queue.close();
  });

  it('stops waiting when the time is up or the client is gone', async () => {
    const queue = makeQueue();
    const { id } = await queue.submit(taskOf(1));
    expect(await queue.wait(id, '', 1, never)).toMatchObject({ state: 'running' });
    const gone = new AbortController();
    const waiting = queue.wait(id, '', 20_000, gone.signal);
    gone.abort();
    expect(await waiting).toMatchObject({ state: 'running' });
    begun[0].answer(1);
    await queue.close();
  });

  it('ends what it has before it closes, and takes no more', async () => {
    const queue = makeQueue({ concurrency: 1 });
    const jobs = await Promise.all([1, 2].map((row) => queue.submit(taskOf(row))));
    const closing = queue.close();
    await expect(queue.submit(taskOf(3))).rejects.toMatchObject({ status: 503 });
    begun[0].answer('a');
    await once(onBegin, 'begin');
    begun[1].answer('b');
    await closing;
    for (const { id } of jobs) expect(await queue.find(id, '')).toMatchObject({ state: 'succeeded' });
  });
});
