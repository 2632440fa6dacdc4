/** Models on disk: versions, aliases, promotion, hostile names, many writers, and a server that follows. */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import {
  type BorealServer,
  ModelRegistry,
  type ModelStatus,
  serve,
  type VersionStatus,
} from '../../lib/serve/index.js';
import { compareVersions } from '../../lib/serve/models/names.js';
import { runExample } from '../support/examples.js';
import { house, post, priceModel } from './support.js';

let root: string;
let dir: string;
let double: LinearRegression;
let triple: LinearRegression;
const servers: BorealServer[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'boreal-registry-'));
  double = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
  triple = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [3, 6, 9]);
});
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'r-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function start(registry: ModelRegistry, options = {}) {
  const server = await serve(registry, { port: 0, handleSignals: false, ...options });
  servers.push(server);
  return server;
}

describe('a registry', () => {
  it('numbers versions, orders them by number, and keeps what is known of each', async () => {
    const registry = new ModelRegistry({ dir });
    expect(await registry.names()).toEqual([]);
    const first = await registry.register(double, {
      name: 'm',
      metadata: { trainedAt: '2026-01-02', metrics: { r2: 1 }, by: 'me' },
    });
    expect(first).toMatchObject({
      name: 'm',
      version: '1',
      trainedAt: '2026-01-02',
      metrics: { r2: 1 },
      by: 'me',
      features: ['x'],
      hyperparameters: { fitIntercept: true },
      type: 'LinearRegression',
      kind: 'regressor',
      bytes: double.toBytes({ trainedAt: '2026-01-02', metrics: { r2: 1 }, by: 'me' }).length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await registry.register(double, { name: 'm', version: '10' });
    await registry.register(double, { name: 'm', version: '9' });
    expect((await registry.register(double, { name: 'm' })).version).toBe('11');
    expect(await registry.versions('m')).toEqual(['1', '9', '10', '11']);
    expect(await registry.names()).toEqual(['m']);
    expect(await registry.metadata('m', '1')).toEqual(first);
    const loaded = await registry.load('m', '1');
    expect(loaded).toBeInstanceOf(LinearRegression);
    expect((loaded as LinearRegression).predictSync([[4]])[0]).toBeCloseTo(8);
    await expect(registry.register(double, { name: 'm', version: '9' })).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    expect((await readdir(join(dir, 'm'))).sort()).toEqual(['1', '10', '11', '9']);
  });

  it('describes a pipeline with its steps', async () => {
    const registry = new ModelRegistry({ dir });
    const { features, hyperparameters } = await registry.register(await priceModel(), { name: 'm' });
    expect(features).toEqual(['rooms', 'age', 'garden', 'town']);
    expect(JSON.stringify(hyperparameters)).toMatch(/"type":"RandomForestRegressor".*"nEstimators":20/);
  });

  it('takes files and bytes, and refuses what is no model', async () => {
    const registry = new ModelRegistry({ dir });
    const path = join(dir, 'given.boreal');
    await double.save(path, { metrics: { r2: 1 } });
    const fromFile = await registry.register(path, { name: 'm', metadata: { by: 'me' } });
    expect(fromFile).toMatchObject({ version: '1', metrics: { r2: 1 }, by: 'me' });
    await registry.register(await readFile(path), { name: 'm', version: 'v2' });
    expect((await registry.register(path, { name: 'm' })).version).toBe('v3');
    await expect(registry.register(new Uint8Array(100), { name: 'n' })).rejects.toMatchObject({
      code: 'ERR_MODEL_FILE',
    });
    await expect(registry.register(new LinearRegression(), { name: 'n' })).rejects.toMatchObject({
      code: 'ERR_NOT_FITTED',
    });
    expect(await registry.names()).toEqual(['m']);
  });

  it('promotes and rolls back, as often as there is something before', async () => {
    const registry = new ModelRegistry({ dir });
    for (let i = 0; i < 4; i++) await registry.register(double, { name: 'm' });
    expect(await registry.production('m')).toBe('4');
    await registry.promote('m', '2');
    await registry.promote('m', '4');
    await registry.promote('m', '4');
    await registry.promote('m', '3');
    expect(await registry.production('m')).toBe('3');
    expect(await registry.rollback('m')).toBe('4');
    expect(await registry.rollback('m')).toBe('2');
    expect(await registry.rollback('m')).toBe('1');
    await expect(registry.rollback('m')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await registry.production('m')).toBe('1');
    const history = await registry.history('m');
    expect(history.map(({ action, version }) => `${action} ${version}`)).toEqual([
      ...['promote 2', 'promote 4', 'promote 3', 'rollback 4', 'rollback 2', 'rollback 1'],
    ]);
    await expect(registry.promote('m', '9')).rejects.toMatchObject({ code: 'ERR_MODEL' });
  });

  it('gives aliases, moves and removes them', async () => {
    const registry = new ModelRegistry({ dir });
    for (let i = 0; i < 2; i++) await registry.register(double, { name: 'm' });
    await registry.alias('m', 'champion', '1');
    await registry.alias('m', 'best', 'champion');
    await registry.alias('m', 'champion', '2');
    expect(await registry.aliases('m')).toEqual({ champion: '2', best: '1' });
    expect((await registry.metadata('m', 'best')).version).toBe('1');
    await expect(registry.alias('m', '1', '2')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(registry.remove('m', '1')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await registry.alias('m', 'best', undefined);
    await registry.alias('m', 'best', undefined);
    expect(await registry.aliases('m')).toEqual({ champion: '2' });
  });

  it('removes versions, and never gives a number twice', async () => {
    const registry = new ModelRegistry({ dir });
    for (let i = 0; i < 3; i++) await registry.register(double, { name: 'm' });
    await registry.promote('m', '3');
    await registry.promote('m', '1');
    await expect(registry.remove('m', '1')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await registry.remove('m', '3');
    await expect(registry.remove('m', '3')).rejects.toMatchObject({ code: 'ERR_MODEL' });
    expect(await registry.versions('m')).toEqual(['1', '2']);
    await expect(registry.rollback('m')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect((await registry.register(double, { name: 'm' })).version).toBe('4');
  });

  it('reads a folder that was made by hand, and skips what is no model', async () => {
    await mkdir(join(dir, 'm/7'), { recursive: true });
    await double.save(join(dir, 'm/7/model.boreal'), { metrics: { r2: 1 } });
    await mkdir(join(dir, 'm/8'));
    await mkdir(join(dir, 'empty'));
    await writeFile(join(dir, 'README.md'), 'hello');
    await mkdir(join(dir, '.git'));
    const registry = new ModelRegistry({ dir });
    expect(await registry.versions('m')).toEqual(['7']);
    expect(await registry.metadata('m')).toMatchObject({ version: '7', features: ['x'], metrics: { r2: 1 } });
    expect((await registry.list()).map(({ name }) => name)).toEqual(['m']);
  });

  it('refuses a damaged state with a code', async () => {
    const registry = new ModelRegistry({ dir });
    await registry.register(double, { name: 'm' });
    for (const text of ['', '[]', '{"previous":[],"aliases":{"a":1},"history":[]}', '{"production":{}}']) {
      await writeFile(join(dir, 'm/registry-1.json'), text);
      await expect(registry.production('m')).rejects.toMatchObject({ code: 'ERR_REGISTRY' });
    }
  });

  it.each([
    ...[
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a\\b',
      '/etc',
      'a\0b',
      '-rf',
      '.hidden',
      '__proto__',
      'a b',
      'ä',
      'a:b',
      'x.',
    ],
    ...['con', 'NUL', 'com1', 'lpt9.txt', 'aux.boreal', 'x'.repeat(101), 'x'.repeat(1e6), '%2e%2e', 'a\n', 7],
  ])('refuses hostile name %# everywhere', async (name) => {
    const registry = new ModelRegistry({ dir });
    await registry.register(double, { name: 'm' });
    const bad = name as string;
    const attempts = [
      () => registry.register(double, { name: bad }),
      () => registry.register(double, { name: 'm', version: bad }),
      () => registry.versions(bad),
      () => registry.metadata(bad),
      () => registry.promote('m', bad),
      () => registry.promote(bad, '1'),
      () => registry.rollback(bad),
      () => registry.alias('m', bad, '1'),
      () => registry.remove('m', bad),
      () => registry.load(bad),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'ERR_NAME' });
    expect(await readdir(dir)).toEqual(['m']);
  });

  it('does not follow links out of its folder, and follows those inside', async () => {
    const outside = await mkdtemp(join(root, 'outside-'));
    await mkdir(join(outside, '1'));
    await double.save(join(outside, '1/model.boreal'));
    await symlink(outside, join(dir, 'm'));
    await mkdir(join(dir, 'n'));
    await symlink(join(outside, '1'), join(dir, 'n/1'));
    const registry = new ModelRegistry({ dir });
    expect(await registry.list()).toEqual([]);
    await expect(registry.load('m', '1')).rejects.toMatchObject({ code: 'ERR_MODEL' });
    await expect(registry.open('n', '1')).rejects.toMatchObject({ code: 'ERR_NAME' });
    await expect(registry.register(double, { name: 'm' })).rejects.toMatchObject({ code: 'ERR_NAME' });
    expect(await readdir(outside)).toEqual(['1']);
    await registry.register(double, { name: 'o' });
    await symlink('1', join(dir, 'o/2'));
    expect(await registry.versions('o')).toEqual(['1', '2']);
  });

  it('sweeps away what a killed process left behind', async () => {
    const left = join(dir, 'm/.tmp-left');
    await mkdir(left, { recursive: true });
    await utimes(left, 0, 0);
    await mkdir(join(dir, 'm/.tmp-busy'));
    await new ModelRegistry({ dir }).register(double, { name: 'm' });
    expect((await readdir(join(dir, 'm'))).sort()).toEqual(['.tmp-busy', '1']);
  });

  it('loses nothing when several processes write at the same time', { timeout: 60_000 }, async () => {
    const writer = (id: number) => `
      import { LinearRegression } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      import { ModelRegistry } from ${JSON.stringify(new URL('../../dist/serve/index.js', import.meta.url).href)};
      const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }], [1, 2]);
      const registry = new ModelRegistry({ dir: ${JSON.stringify(dir)} });
      for (let i = 0; i < 10; i++) {
        const { version } = await registry.register(model, { name: 'm', metadata: { writer: ${id} } });
        await registry.alias('m', 'w${id}-' + i, version);
      }`;
    const codes = await Promise.all(
      [0, 1, 2].map(
        (id) =>
          new Promise((resolve) => {
            spawn(process.execPath, ['--input-type=module', '-e', writer(id)], { stdio: 'inherit' }).on(
              'exit',
              resolve,
            );
          }),
      ),
    );
    expect(codes).toEqual([0, 0, 0]);
    const registry = new ModelRegistry({ dir });
    expect(await registry.versions('m')).toEqual(Array.from({ length: 30 }, (_, i) => String(i + 1)));
    const aliases = await registry.aliases('m');
    expect(Object.keys(aliases)).toHaveLength(30);
    expect(new Set(Object.values(aliases)).size).toBe(30);
    for (const [alias, version] of Object.entries(aliases))
      expect((await registry.metadata('m', version)).writer).toBe(Number(alias[1]));
    expect((await readdir(join(dir, 'm'))).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await readdir(join(dir, 'm'))).filter((name) => name.startsWith('registry-'))).toHaveLength(1);
  });
});

describe('the order of versions', () => {
  it.each([
    [['10', '9', '1', '2']],
    [['1.10.0', '1.2.0', '2.0.0', '1.9.9']],
    [['1.0.0', '1.0.0-rc.10', '1.0.0-rc.2', '1.0.0-alpha', '1.0.0-1']],
    [['v3', 'v1', 'v20']],
    [['2', 'nightly', '1.5', 'beta']],
    [['99999999999999999999', '100000000000000000000']],
  ])('sorts %j', (versions) => {
    const sorted: Record<string, string[]> = {
      '10': ['1', '2', '9', '10'],
      '1.10.0': ['1.2.0', '1.9.9', '1.10.0', '2.0.0'],
      '1.0.0': ['1.0.0-1', '1.0.0-alpha', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0'],
      v3: ['v1', 'v3', 'v20'],
      '2': ['beta', 'nightly', '1.5', '2'],
      '99999999999999999999': ['99999999999999999999', '100000000000000000000'],
    };
    expect([...versions].sort(compareVersions)).toEqual(sorted[versions[0]]);
    expect([...versions].reverse().sort(compareVersions)).toEqual(sorted[versions[0]]);
  });
});

describe('a server of a registry', () => {
  const predict = async (url: string, path = '/predict') =>
    (await post(url + path, { x: 4 })).body.prediction;
  const call = async (url: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  it('serves versions and aliases, promotes and rolls back', async () => {
    const registry = new ModelRegistry({ dir });
    await registry.register(double, { name: 'm', metadata: { metrics: { r2: 1 } } });
    await registry.register(triple, { name: 'm' });
    await registry.alias('m', 'champion', '1');
    const { url } = await start(registry, { watch: false });
    expect(await predict(url)).toBeCloseTo(12);
    expect(await predict(url, '/predict/1')).toBeCloseTo(8);
    expect(await predict(url, '/predict/champion')).toBeCloseTo(8);
    expect(await predict(url, '/models/m/predict/2')).toBeCloseTo(12);
    expect(await call(url, 'POST', '/models/m/promote', { version: 'champion' })).toEqual({
      status: 200,
      body: { name: 'm', version: '1' },
    });
    expect(await predict(url)).toBeCloseTo(8);
    expect((await call(url, 'GET', '/model/version')).body).toMatchObject({
      name: 'm',
      version: '1',
      production: true,
      aliases: ['champion'],
      metadata: { metrics: { r2: 1 }, features: ['x'], version: '1' },
    });
    expect((await call(url, 'GET', '/model_info')).body.metadata).toMatchObject({ metrics: { r2: 1 } });
    expect((await call(url, 'POST', '/models/m/promote', { version: 2 })).status).toBe(200);
    expect(await predict(url)).toBeCloseTo(12);
    expect((await call(url, 'POST', '/models/m/rollback')).body).toEqual({ name: 'm', version: '1' });
    expect(await predict(url)).toBeCloseTo(8);
    expect(await registry.production('m')).toBe('1');
    expect((await call(url, 'POST', '/models/m/rollback')).status).toBe(409);
    expect((await call(url, 'PUT', '/models/m/aliases/1', { version: '2' })).status).toBe(409);
  });

  it('follows the folder by itself: new models, new versions, promotions, removals', async () => {
    const registry = new ModelRegistry({ dir, pollInterval: 0 });
    const { url } = await start(registry);
    expect(await call(url, 'GET', '/models')).toEqual({ status: 200, body: { models: [] } });
    expect((await post(`${url}/predict`, { x: 4 })).status).toBe(404);
    const until = async (seen: (models: ModelStatus[]) => boolean) => {
      for (;;) {
        const { body } = await call(url, 'GET', '/models');
        if (seen(body.models)) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await registry.register(double, { name: 'm' });
    await until(([m]) => m?.versions[0].state === 'ready');
    expect(await predict(url)).toBeCloseTo(8);
    await registry.register(triple, { name: 'm' });
    await until(([m]) => m.versions[1]?.production === true);
    expect(await predict(url)).toBeCloseTo(12);
    await registry.promote('m', '1');
    await until(([m]) => m.versions[0].production === true);
    expect(await predict(url)).toBeCloseTo(8);
    await registry.remove('m', '2');
    await until(([m]) => m.versions.length === 1);
    expect((await post(`${url}/predict/2`, { x: 4 })).status).toBe(404);
  });

  it('sees by polling what the system does not tell', async () => {
    await mkdir(join(dir, 'm/1'), { recursive: true });
    const path = join(dir, 'm/1/model.boreal');
    await double.save(path);
    const { url } = await start(new ModelRegistry({ dir, pollInterval: 20 }));
    // A change two folders down raises no event in the folders that are watched.
    await writeFile(path, triple.toBytes());
    while (Math.abs((await predict(url)) - 12) > 1e-6) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('serves what loads, tells what does not, and keeps the old when the new is broken', async () => {
    const registry = new ModelRegistry({ dir });
    await registry.register(double, { name: 'm' });
    await cp(join(dir, 'm/1'), join(dir, 'm/2'), { recursive: true });
    await writeFile(join(dir, 'm/2/model.boreal'), 'not a model');
    const { url } = await start(registry, { watch: false });
    expect(await predict(url)).toBeCloseTo(8);
    const { body } = await call(url, 'GET', '/models/m');
    expect(body.versions).toMatchObject([
      { version: '1', state: 'ready', production: true },
      { version: '2', state: 'failed', reason: expect.stringContaining('model file') },
    ]);
    expect(await post(`${url}/predict/2`, { x: 4 })).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining("(failed): version '2' of model 'm'; ready are '1'") },
    });
    expect(await call(url, 'POST', '/models/m/promote', { version: '2' })).toMatchObject({
      status: 422,
      body: { code: 'ERR_MODEL_FILE' },
    });
    expect(await registry.production('m')).toBe('2');
    await writeFile(join(dir, 'm/1/model.boreal'), 'broken, too');
    expect(await call(url, 'POST', '/model/reload')).toMatchObject({ status: 422 });
    expect(await predict(url)).toBeCloseTo(8);
    const text = JSON.stringify((await call(url, 'GET', '/models')).body);
    expect(text).not.toContain(dir);
  });

  it('loads only the versions it is told to', async () => {
    const registry = new ModelRegistry({ dir });
    for (const model of [double, triple, double]) await registry.register(model, { name: 'm' });
    await registry.promote('m', '2');
    const states = async (versions: 'production' | 'latest' | string[]) => {
      const { url } = await start(registry, { versions, watch: false });
      const { body } = await call(url, 'GET', '/models/m');
      return body.versions.map(({ state, production }: VersionStatus) => (production ? `${state}*` : state));
    };
    expect(await states('production')).toEqual(['unloaded', 'ready*', 'unloaded']);
    expect(await states('latest')).toEqual(['unloaded', 'unloaded', 'ready*']);
    expect(await states(['1', '3'])).toEqual(['ready', 'unloaded', 'ready*']);
  });
});

describe('a server of a model file', () => {
  it('reads it again', async () => {
    const path = join(dir, 'houses.boreal');
    const model = await priceModel();
    await model.save(path, { metrics: { r2: 0.9 } });
    const server = await serve(path, { port: 0, handleSignals: false });
    servers.push(server);
    const { url } = server;
    const info = async () => JSON.parse(await (await fetch(`${url}/model_info`)).text());
    expect(await info()).toMatchObject({ name: 'houses', version: '1', metadata: { metrics: { r2: 0.9 } } });
    expect((await post(`${url}/predict`, house)).status).toBe(200);
    await model.save(path, { metrics: { r2: 0.95 } });
    expect((await fetch(`${url}/model/reload`, { method: 'POST' })).status).toBe(200);
    expect((await info()).metadata).toEqual({ metrics: { r2: 0.95 } });
    await model.save(path, { metrics: { r2: 0.99 } });
    while ((await info()).metadata.metrics.r2 !== 0.99)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(serve(join(dir, 'none.boreal'), { port: 0 })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('reads models for a program that imports boreal/serve alone', async () => {
  const path = join(dir, 'double.boreal');
  await double.save(path);
  const code = `
    import { serve } from 'boreal/serve';
    const server = await serve(${JSON.stringify(path)}, { port: 0, handleSignals: false });
    const response = await fetch(server.url + '/predict', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: '{ "x": 4 }' });
    console.log(await response.text());
    await server.close();`;
  expect(JSON.parse(await runExample({ name: 'boreal/serve alone', code }))).toEqual({ prediction: 8 });
});
