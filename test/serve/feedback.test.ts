/** Outcomes: told by clients, kept through crashes, counted once, compared. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { bucketOf } from '../../lib/monitor/assign.js';
import { type BorealServer, ModelRegistry, type ServeOptions, serve } from '../../lib/serve/index.js';
import { OutcomeLog } from '../../lib/serve/models/outcome-log.js';
import { house, post, priceModel, verdictModel } from './support.js';

let dir: string;
let file: string;
let server: BorealServer | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'boreal-feedback-'));
  file = join(dir, 'logs', 'outcomes.jsonl');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function start(models: Parameters<typeof serve>[0], options: ServeOptions = {}) {
  server = await serve(models, { port: 0, handleSignals: false, feedback: { file }, ...options });
  return server.url;
}
const get = async (url: string) => JSON.parse(await (await fetch(url)).text());
const tell = (url: string, body: unknown) => post(`${url}/feedback`, body);

describe('feedback', () => {
  it('says whether a class was right, by the id of the prediction; once', async () => {
    const url = await start({ v: await verdictModel() });
    const { body, headers } = await post(`${url}/predict`, house);
    const id = headers.get('x-boreal-prediction-id')!;
    expect(await tell(url, { id, label: body.prediction })).toMatchObject({
      status: 200,
      body: { status: 'recorded', model: 'v', version: '1', value: true },
    });
    expect((await tell(url, { id, label: 'other' })).body).toEqual({ status: 'duplicate' });
    const wrong = await post(`${url}/predict`, house, { 'x-boreal-metadata': 'true' });
    const { predictionId } = wrong.body.model;
    expect((await tell(url, { id: predictionId, label: 'other' })).body).toMatchObject({ value: false });
    const batch = await post(`${url}/predict_batch`, [house, house]);
    const batchId = batch.headers.get('x-boreal-prediction-id')!;
    for (const row of [0, 1]) {
      const { body } = await tell(url, { id: batchId, row, label: batch.body.predictions[row] });
      expect(body).toMatchObject({ status: 'recorded', value: true });
    }
    expect((await tell(url, { id: batchId, row: 2, label: 'x' })).status).toBe(400);
    expect((await get(`${url}/ab_stats?model=v`)).models).toMatchObject([
      { model: 'v', metric: 'rate', variants: [{ variant: '1', outcomes: 4, successes: 3, mean: 0.75 }] },
    ]);
  });

  it('is minus the error of a number', async () => {
    const url = await start(await priceModel());
    const { body, headers } = await post(`${url}/predict`, house);
    const id = headers.get('x-boreal-prediction-id')!;
    expect((await tell(url, { id, label: body.prediction + 20 })).body.value).toBeCloseTo(-20);
    expect((await tell(url, { version: '1', label: 5, prediction: 7.5 })).body).toMatchObject({
      value: -2.5,
    });
    expect((await get(`${url}/ab_stats`)).models[0]).toMatchObject({ metric: 'mean', winner: null });
  });

  it.each([
    ['{', 400, 'ERR_JSON'],
    ['null', 400, 'ERR_REQUEST'],
    ['[]', 400, 'ERR_REQUEST'],
    [{}, 400, 'ERR_REQUEST'],
    [{ user: 'u' }, 400, 'ERR_REQUEST'],
    [{ reward: 1 }, 400, 'ERR_REQUEST'],
    [{ user: 'u', reward: 1, label: 'x' }, 400, 'ERR_REQUEST'],
    [{ user: 'u', reward: 'much' }, 400, 'ERR_REQUEST'],
    ['{"user":"u","reward":1e999}', 400, 'ERR_REQUEST'],
    [{ user: 'u', reward: 1e16 }, 400, 'ERR_REQUEST'],
    [{ user: 'u', label: ['x'] }, 400, 'ERR_REQUEST'],
    [{ user: 'u', label: 'x'.repeat(1000) }, 400, 'ERR_REQUEST'],
    [{ user: 'u', label: 'x' }, 400, 'ERR_REQUEST'],
    [{ user: 7, reward: 1 }, 400, 'ERR_REQUEST'],
    [{ user: 'x'.repeat(300), reward: 1 }, 400, 'ERR_REQUEST'],
    [{ user: 'u', reward: 1, row: -1 }, 400, 'ERR_REQUEST'],
    [{ user: 'u', reward: 1, colour: 'red' }, 400, 'ERR_REQUEST'],
    ['{"user":"u","reward":1,"__proto__":{}}', 400, 'ERR_JSON'],
    [{ id: 'unknown', reward: 1 }, 404, 'ERR_PREDICTION'],
    [{ user: 'u', reward: 1, model: 'none' }, 404, 'ERR_MODEL'],
    [{ version: '9', reward: 1 }, 404, 'ERR_MODEL'],
  ])('%j is answered with %i %s', async (body, status, code) => {
    const url = await start({ v: await new LinearRegression().fit([[1], [2]], [1, 2]) });
    expect(await tell(url, body)).toMatchObject({ status, body: { code, error: expect.any(String) } });
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('refuses options that make no sense', async () => {
    const model = await new LinearRegression().fit([[1], [2]], [1, 2]);
    for (const feedback of [{ maxBytes: 0 }, { remember: 0.5 }, { fsync: 'often' as 'always' }])
      await expect(start(model, { feedback })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});

describe('GET /ab_stats', () => {
  it('compares variants by the outcomes of their users, and remembers them after a restart', async () => {
    const registry = new ModelRegistry({ dir: join(dir, 'models') });
    const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }], [1, 2]);
    for (let i = 0; i < 2; i++) await registry.register(model, { name: 'm' });
    await registry.alias('m', 'challenger', '2');
    const options = { traffic: { m: { variants: { 1: 0.5, challenger: 0.5 } } } };
    let url = await start(registry, options);
    for (let i = 0; i < 200; i++) {
      const isFirst = bucketOf(`u${i}`, 'm') < 0.5;
      await post(`${url}/predict`, { x: 1 }, { 'x-user-id': `u${i}` });
      const { body } = await tell(url, {
        id: `o${i}`,
        user: `u${i}`,
        reward: isFirst ? i % 10 === 0 : i % 2,
      });
      expect(body).toMatchObject({ status: 'recorded', variant: isFirst ? '1' : 'challenger' });
    }
    // Outcomes of a version that was asked for by its name are not the variant's.
    await tell(url, { version: '1', reward: 1 });
    const check = async (requests: boolean) => {
      const [stats] = (await get(`${url}/ab_stats?model=m`)).models;
      expect(stats).toMatchObject({
        model: 'm',
        metric: 'rate',
        test: { name: 'chi-squared', dof: 1, pvalue: expect.any(Number) },
        significant: true,
        winner: 'challenger',
        verdict: expect.stringMatching(/^challenger is \d+\.\d points above 1 \(p < 0.001\)/),
        variants: [
          { variant: '1', version: '1', interval: [expect.any(Number), expect.any(Number)] },
          { variant: 'challenger', version: '2' },
        ],
      });
      const [a, b] = stats.variants;
      expect(a.outcomes + b.outcomes).toBe(200);
      if (requests) expect(a.requests + b.requests).toBe(200);
    };
    await check(true);
    await server!.close();
    url = await start(registry, options);
    await check(false);
    expect((await tell(url, { id: 'o7', user: 'u7', reward: 1 })).body).toEqual({ status: 'duplicate' });
    expect((await fetch(`${url}/ab_stats?model=none`)).status).toBe(404);
  });
});

describe('the log', () => {
  const record = (i: number, more = {}) => ({
    at: new Date(0).toISOString(),
    id: `id-${i}`,
    model: 'm',
    version: '1',
    value: i % 2 === 0,
    ...more,
  });

  it.each(['always', 'interval', 'never'] as const)('keeps what was added, with fsync %s', async (fsync) => {
    const log = await OutcomeLog.open(file, { fsync });
    const added = await Promise.all(Array.from({ length: 100 }, (_, i) => log.add(record(i % 90))));
    expect(added.filter(Boolean)).toHaveLength(90);
    await log.close();
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(91);
    const again = await OutcomeLog.open(file, { fsync });
    expect(again.sums.get('m')!.get('@1')).toMatchObject({ count: 90, successes: 45 });
    expect(await again.add(record(3))).toBe(false);
    expect(await again.add(record(1000))).toBe(true);
    await again.close();
  });

  it('tolerates a torn last line and lines that make no sense', async () => {
    const log = await OutcomeLog.open(file);
    for (let i = 0; i < 3; i++) await log.add(record(i));
    await log.close();
    await appendFile(file, `null\n[]\n{"model":"m"}\n{"model":"m","version":"1","value":"x"}\n{"at":"2026`);
    const torn = await OutcomeLog.open(file);
    expect([torn.skipped, torn.sums.get('m')!.get('@1')!.count]).toEqual([5, 3]);
    await torn.add(record(3));
    await torn.close();
    const after = await OutcomeLog.open(file);
    expect([after.skipped, after.sums.get('m')!.get('@1')!.count]).toEqual([5, 4]);
    await after.close();
  });

  it('stays small: old lines become sums, ids are still known', async () => {
    const log = await OutcomeLog.open(file, { fsync: 'never', maxBytes: 20_000, keep: 2 });
    for (let i = 0; i < 1500; i += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, j) => log.add(record(i + j, { variant: i < 700 ? 'a' : 'b' }))),
      );
    await log.close();
    expect((await readdir(join(dir, 'logs'))).sort()).toEqual([
      'outcomes.jsonl',
      'outcomes.jsonl.1',
      'outcomes.jsonl.2',
    ]);
    expect((await stat(file)).size).toBeLessThan(60_000);
    const again = await OutcomeLog.open(file, { fsync: 'never' });
    expect(again.skipped).toBe(0);
    expect(again.sums.get('m')!.get('a')).toMatchObject({ count: 700, successes: 350 });
    expect(again.sums.get('m')!.get('b')).toMatchObject({ count: 800, successes: 400 });
    expect(await again.add(record(1))).toBe(false);
    expect(await again.add(record(1499))).toBe(false);
    await again.close();
  });

  it('counts what arrives while an old file gives way', async () => {
    const log = await OutcomeLog.open(file, { fsync: 'never', maxBytes: 500, keep: 1 });
    for (let i = 0; i < 300; i++) {
      // Each is added while the one before it is being written.
      void log.add(record(i));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.add(record(300));
    await log.close();
    const again = await OutcomeLog.open(file);
    expect(again.sums.get('m')!.get('@1')).toMatchObject({ count: 301, successes: 151 });
    await again.close();
  });

  it('does not count what could not be written', async () => {
    const log = await OutcomeLog.open(file);
    await log.add(record(0));
    await log.close();
    await expect(log.add(record(1))).rejects.toThrow();
    expect(log.sums.get('m')!.get('@1')!.count).toBe(1);
    expect(log.has('id-1')).toBe(false);
    await writeFile(join(dir, 'not-a-folder'), '');
    await expect(OutcomeLog.open(join(dir, 'not-a-folder', 'x.jsonl'))).rejects.toThrow();
  });
});

it('loses no acknowledged outcome when the server is killed with SIGKILL', { timeout: 120_000 }, async () => {
  const script = `
    import { LinearRegression } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    import { serve } from ${JSON.stringify(new URL('../../dist/serve/index.js', import.meta.url).href)};
    const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
    const server = await serve(model, { port: 0, name: 'm', feedback: { file: ${JSON.stringify(file)}, maxBytes: 10000 } });
    console.log(server.url);`;
  const acknowledged: string[] = [];
  let next = 0;
  for (let round = 0; round < 3; round++) {
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    const url = await new Promise<string>((resolve) =>
      child.stdout!.on('data', (text) => resolve(String(text).trim())),
    );
    const target = acknowledged.length + 100;
    const lane = async () => {
      for (;;) {
        const id = `id-${next++}`;
        const answer = await tell(url, { id, version: '1', reward: 1 }).catch(() => undefined);
        if (answer === undefined) return;
        expect(answer.body.status).toBe('recorded');
        acknowledged.push(id);
        if (acknowledged.length >= target) child.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    await exited;
  }
  const log = await OutcomeLog.open(file);
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  expect(acknowledged.filter((id) => !log.has(`${id}#0`))).toEqual([]);
  const { count } = log.sums.get('m')!.get('@1')!;
  expect(count).toBeGreaterThanOrEqual(acknowledged.length);
  expect(count).toBeLessThanOrEqual(next);
  await log.close();
});
