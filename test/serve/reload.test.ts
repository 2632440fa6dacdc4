/** Reloads while requests come in: none fails, each is answered by one version or the other, and nothing is kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelRegistry, serve } from '../../lib/serve/index.js';
import { Service } from '../../lib/serve/service.js';
import { houseAt, post, priceModel, verdictModel } from './support.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'boreal-reload-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Sends requests one after the other on `lanes` connections until `stop` says so. */
async function load(lanes: number, url: string, row: (i: number) => unknown, stopped: () => boolean) {
  const answers: unknown[] = [];
  const failures: unknown[] = [];
  let i = 0;
  const lane = async () => {
    while (!stopped()) {
      const { status, body } = await post(url, row(i++));
      if (status === 200) answers.push(body.prediction ?? body.predictions[0]);
      else failures.push({ status, body });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { answers, failures };
}

it('fails no request in 100 reloads under load', { timeout: 120_000 }, async () => {
  const registry = new ModelRegistry({ dir });
  await registry.register(await priceModel(), { name: 'm' });
  const server = await serve(registry, { port: 0, handleSignals: false });
  let stop = false;
  const single = load(2, `${server.url}/predict`, houseAt.bind(undefined, 3), () => stop);
  const batches = load(
    1,
    `${server.url}/predict_batch`,
    () => Array.from({ length: 50 }, (_, i) => houseAt(i)),
    () => stop,
  );
  for (let i = 0; i < 100; i++) {
    const response = await fetch(`${server.url}/model/reload`, { method: 'POST' });
    expect([response.status, (await response.text()).slice(0, 20)]).toEqual([200, '{"status":"reloaded"']);
  }
  stop = true;
  const [{ answers, failures }, batch] = await Promise.all([single, batches]);
  expect([failures, batch.failures]).toEqual([[], []]);
  expect(answers.length).toBeGreaterThan(100);
  expect(new Set(answers).size).toBe(1);
  expect(new Set(batch.answers).size).toBe(1);
  await server.close();
});

it('fails no request while versions come, are promoted and go', { timeout: 120_000 }, async () => {
  const registry = new ModelRegistry({ dir, pollInterval: 0 });
  const models = [await verdictModel(), await verdictModel()];
  await registry.register(models[0], { name: 'v' });
  await registry.promote('v', '1');
  const server = await serve(registry, { port: 0, handleSignals: false });
  let stop = false;
  const running = load(
    2,
    `${server.url}/models/v/predict`,
    () => houseAt(3),
    () => stop,
  );
  for (let i = 0; i < 10; i++) {
    const { version } = await registry.register(models[i % 2], { name: 'v' });
    await registry.promote('v', version);
    await registry.remove('v', String(Number(version) - 1));
  }
  const current = async () =>
    JSON.parse(await (await fetch(`${server.url}/model/version?model=v`)).text()).version;
  while ((await current()) !== '11') await new Promise((resolve) => setTimeout(resolve, 5));
  stop = true;
  const { answers, failures } = await running;
  expect(failures).toEqual([]);
  expect(answers.length).toBeGreaterThan(20);
  await server.close();
});

it('keeps none of the models it has replaced', async () => {
  const registry = new ModelRegistry({ dir });
  await registry.register(await priceModel(), { name: 'w' });
  const { models, close } = await serviceOf(registry);
  const replaced: WeakRef<object>[] = [];
  for (let i = 0; i < 30; i++) {
    const { endpoint } = models.get({ name: 'w' });
    replaced.push(new WeakRef(endpoint), new WeakRef(endpoint.plan));
    await endpoint.predictBatch([houseAt(i)]);
    await models.reload('w');
  }
  // A turn of the event loop ends the life of what a WeakRef has been asked for.
  await new Promise(setImmediate);
  collectGarbage();
  await new Promise(setImmediate);
  collectGarbage();
  expect(replaced.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(2);
  await close();
});

async function serviceOf(registry: ModelRegistry) {
  const service = await Service.create(registry, { watch: false });
  return { models: service.models, close: () => service.close() };
}
