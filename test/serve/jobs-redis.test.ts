/** Jobs in a real Redis: what survives the sudden end of a worker, of Redis and of the server. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BorealServer, type JobOptions, serve, startJobWorker } from '../../lib/serve/index.js';
import { Gate, RedisServer, WorkerProcess } from './redis.js';
import { houseAt, post, priceModel } from './support.js';

// What takes seconds alone takes minutes on a machine that is busy.
vi.setConfig({ testTimeout: 180_000 });

const hasRedis = (() => {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    return false;
  }
})();
/** What passes to Redis when a worker records a result. */
const RESULT = '\r\nsucceeded\r\n';

const suite = hasRedis ? describe : describe.skip;

suite(hasRedis ? 'jobs in Redis' : 'jobs in Redis (skipped: there is no redis-server)', () => {
  let folder: string;
  let file: string;
  let model: Awaited<ReturnType<typeof priceModel>>;
  let redis: RedisServer;
  let client: Redis;
  /** What /predict answers, by row. */
  let expected: unknown[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boreal-jobs-'));
    file = join(folder, 'houses.boreal');
    model = await priceModel();
    await model.save(file);
    redis = await RedisServer.start(folder);
    client = new Redis(redis.url);
    client.on('error', () => undefined);
    await using server = await start('expected', { concurrency: 1 });
    expected = [];
    for (let i = 0; i < 120; i++) expected.push((await post(`${server.url}/predict`, houseAt(i))).body);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.kill();
    await rm(folder, { recursive: true });
  });

  function start(keyPrefix: string, jobs: JobOptions = {}): Promise<BorealServer> {
    return serve(
      { houses: model },
      { port: 0, handleSignals: false, jobs: { redis: redis.url, keyPrefix, concurrency: 0, ...jobs } },
    );
  }

  /** Submits row i; again, with the same key, as long as the server says that it cannot. */
  async function submit(url: string, i: number): Promise<string> {
    for (;;) {
      const { status, body, headers } = await post(`${url}/predict_async`, houseAt(i % 120), {
        'idempotency-key': `row-${i}`,
      });
      if (status === 202) return body.id;
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function result(url: string, id: string) {
    for (;;) {
      const response = await fetch(`${url}/result/${id}?wait=10`);
      const body = JSON.parse(await response.text());
      if (response.status !== 202 && response.status !== 503) return { status: response.status, body };
      if (response.status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Calls `each` for 0..count-1, eight at a time. */
  async function forAll<T>(count: number, each: (i: number) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    const lane = async () => {
      while (next < count) {
        const i = next++;
        results[i] = await each(i);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    return results;
  }

  /** How often each job's result was written. */
  async function recordedOf(keyPrefix: string, ids: readonly string[]): Promise<Array<string | null>> {
    const pipeline = client.pipeline();
    for (const id of ids) pipeline.hget(`${keyPrefix}:job:${id}`, 'recorded');
    return (await pipeline.exec())!.map(([, value]) => value as string | null);
  }

  async function check(url: string, keyPrefix: string, ids: readonly string[]) {
    const results = await forAll(ids.length, (i) => result(url, ids[i]));
    results.forEach(({ status, body }, i) => {
      expect([i, status, body.status]).toEqual([i, 200, 'succeeded']);
      expect(body.result).toEqual(expected[i % 120]);
    });
    expect(new Set(await recordedOf(keyPrefix, ids))).toEqual(new Set(['1']));
    return results.map(({ body }) => body);
  }

  it('runs jobs in the server itself by that one option, and keeps results for the next server', async () => {
    let ids: string[];
    {
      await using server = await start('self', { concurrency: 2 });
      ids = await forAll(20, (i) => submit(server.url, i));
      await check(server.url, 'self', ids);
      expect(await submit(server.url, 3)).toBe(ids[3]);
      expect((await fetch(`${server.url}/result/${ids[0]}`, { method: 'DELETE' })).status).toBe(409);
    }
    await using server = await start('self');
    await check(server.url, 'self', ids);
    expect(await submit(server.url, 3)).toBe(ids[3]);
    const other = await post(`${server.url}/predict_async`, houseAt(9), { 'idempotency-key': 'row-3' });
    expect(other).toMatchObject({ status: 422, body: { code: 'ERR_IDEMPOTENCY_KEY' } });
  });

  it('loses none of 1,000 jobs when three workers are killed at work, and records each result once', async () => {
    await using server = await start('kill');
    const ids = await forAll(1000, (i) => submit(server.url, i));
    expect(new Set(ids).size).toBe(1000);
    for (const killed of [1, 2, 3]) {
      // Each has a result in hand that Redis has not seen when it dies.
      const gate = await Gate.open(redis.url);
      const atWork = gate.hold(RESULT, 200);
      const victim = await WorkerProcess.start(gate.url, 'kill', file, 8);
      await atWork;
      expect(await victim.end('SIGKILL')).toBe('SIGKILL');
      gate.close();
      const recorded = (await recordedOf('kill', ids)).filter((times) => times !== null).length;
      expect([killed, recorded > 150 * killed, recorded < 200 * killed]).toEqual([killed, true, true]);
    }
    const worker = await WorkerProcess.start(redis.url, 'kill', file, 8);
    const bodies = await check(server.url, 'kill', ids);
    expect(bodies.some(({ attempts }) => attempts > 1)).toBe(true);
    await worker.end('SIGTERM');
    const jobs = await (await fetch(`${server.url}/jobs`)).json();
    expect(jobs).toEqual({ queued: 0, running: 0, dead: [] });
  });

  it('goes on after Redis was killed and came back; clients see 503 meanwhile', async () => {
    await using server = await start('restart', { concurrency: 2 });
    const before = await forAll(100, (i) => submit(server.url, i));
    await redis.kill();
    const down = await post(`${server.url}/predict_async`, houseAt(0));
    expect(down).toMatchObject({ status: 503, body: { code: 'ERR_QUEUE' } });
    expect((await fetch(`${server.url}/result/${before[0]}`)).status).toBe(503);
    expect((await post(`${server.url}/predict`, houseAt(0))).status).toBe(200);
    const after = forAll(200, (i) => submit(server.url, 100 + i));
    await redis.start();
    const ids = [...before, ...(await after)];
    expect(new Set(ids).size).toBe(300);
    await check(server.url, 'restart', ids);
  });

  it('ends the job in hand on SIGTERM, and leaves the rest to others', async () => {
    await using server = await start('term');
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.push(await submit(server.url, i));
    const states = () => Promise.all(ids.map((id) => client.hget(`term:job:${id}`, 'state')));
    const waiting = Array(5).fill('queued');
    const gate = await Gate.open(redis.url);
    const inHand = gate.hold(RESULT, 1);
    const worker = await WorkerProcess.start(gate.url, 'term', file, 1);
    await inHand;
    expect(await states()).toEqual(['running', ...waiting]);
    const closing = worker.untilClosing();
    const ended = worker.end('SIGTERM');
    await closing;
    gate.release();
    // The parser of the Redis client may keep a process for a moment, which then ends as the signal would have it.
    expect([0, 'SIGTERM']).toContain(await ended);
    gate.close();
    expect(await states()).toEqual(['succeeded', ...waiting]);
    await using _other = await startJobWorker({
      redis: redis.url,
      keyPrefix: 'term',
      models: { houses: model },
      handleSignals: false,
    });
    const bodies = await check(server.url, 'term', ids);
    expect(bodies.map(({ attempts }) => attempts)).toEqual(Array(6).fill(1));
  });

  it("cancels, fails at once what is the request's fault, and refuses more than may wait", async () => {
    await using server = await start('small', { maxQueued: 3 });
    const { url } = server;
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await submit(url, i));
    const full = await post(`${url}/predict_async`, houseAt(4));
    expect(full).toMatchObject({ status: 503, body: { code: 'ERR_QUEUE_FULL' } });
    expect(full.headers.get('retry-after')).toBe('1');
    expect(await submit(url, 2)).toBe(ids[2]);
    for (let twice = 0; twice < 2; twice++)
      expect((await fetch(`${url}/result/${ids[1]}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/result/${ids[1]}`)).status).toBe(410);
    const bad = (await post(`${url}/predict_async`, { rooms: 'four' })).body.id;
    expect((await fetch(`${url}/result/${bad}?wait=0.1`)).status).toBe(202);
    await using _worker = await startJobWorker({
      redis: redis.url,
      keyPrefix: 'small',
      models: { houses: model },
      handleSignals: false,
    });
    expect(await result(url, bad)).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST', attempts: 1 } });
    expect((await result(url, ids[0])).body.result).toEqual(expected[0]);
    expect((await result(url, ids[1])).status).toBe(410);
    expect((await result(url, '00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('tries again where the model is not there yet, and shows what was given up', async () => {
    await using server = await start('dead', { attempts: 2 });
    await using _worker = await startJobWorker({
      redis: redis.url,
      keyPrefix: 'dead',
      models: { cottages: model },
      handleSignals: false,
    });
    const id = await submit(server.url, 0);
    const { status, body } = await result(server.url, id);
    expect([status, body.code, body.attempts]).toEqual([500, 'ERR_INTERNAL', 2]);
    const jobs = await (await fetch(`${server.url}/jobs`)).json();
    expect(jobs).toMatchObject({ queued: 0, dead: [{ id, model: 'houses', attempts: 2 }] });
    expect(JSON.stringify(jobs)).toContain('does not have');
  });

  it('lets an attempt that lost its job record nothing', async () => {
    const { JobRecords } = await import('../../lib/serve/jobs/records.js');
    const records = new JobRecords(client, 'lost', 60_000);
    const task = { kind: 'row', model: 'm', body: '{}' } as const;
    expect(await records.create('job', { task, owner: '' }, true)).toBe('job');
    const outcome = (body: string) => ({ state: 'succeeded', status: 200, body }) as const;
    expect(await records.settle('job', 'early', outcome('0'))).toBe(false);
    expect(await records.start('job', 'first')).toBe(true);
    expect(await records.start('job', 'second')).toBe(true);
    expect(await records.settle('job', 'first', outcome('1'))).toBe(false);
    expect(await records.settle('job', 'second', outcome('2'))).toBe(true);
    expect(await records.settle('job', 'second', outcome('3'))).toBe(false);
    expect(await records.start('job', 'third')).toBe(false);
    expect((await records.read('job'))!.job).toMatchObject({ attempts: 2, outcome: outcome('2') });
    expect(await client.pttl('lost:job:job')).toBeLessThanOrEqual(60_000);
  });
});

it('says so when Redis does not answer', async () => {
  const jobs = { redis: 'redis://127.0.0.1:1' };
  await expect(serve(await priceModel(), { port: 0, jobs })).rejects.toMatchObject({ code: 'ERR_QUEUE' });
});
