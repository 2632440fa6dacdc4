/** Plans that are disposed of: their memory comes back at once, and what is called afterwards says why it fails. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, test } from 'vitest';
import { KNeighborsClassifier, LinearRegression, loadDigits, loadIris, type Plan } from '../../lib/index.js';

const root = join(import.meta.dirname, '../..');
const emulated = join(root, 'build-test/Release/libboreal_cuda_emulated.so');
const addon = join(root, 'build/Release/boreal.node');
const disposed = expect.objectContaining({ code: 'ERR_DISPOSED', name: 'StateError' });
const { data, target } = loadIris();

async function checkDisposed(plan: Plan): Promise<void> {
  const expected = plan.runSync(data).data;
  const underWay = Array.from({ length: 4 }, () =>
    plan.runEncodedAsync(data.astype('float32').data, data.rows),
  );
  plan.dispose();
  plan.dispose();
  plan[Symbol.dispose]();
  for (const values of await Promise.all(underWay)) expect(values).toEqual(expected);

  expect(plan.memoryBytes).toBe(0);
  expect(plan.outputWidth).toBe(1);
  const row = [1, 2, 3, 4];
  for (const call of [
    () => plan.runSync(data),
    () => plan.runSync([row]),
    () => plan.runRow(row),
    () => plan.explain(),
    () => plan.share(),
  ]) {
    expect(call).toThrow(disposed);
  }
  await expect(plan.run(data)).rejects.toThrow(disposed);
  await expect(plan.run([row])).rejects.toThrow(disposed);
}

test('a plan on the CPU', async () => {
  const model = await new LinearRegression().fit(data, target);
  await checkDisposed(model.compile({ precision: 'float32' }));
  expect(model.compile().runSync(data).rows).toBe(data.rows);
});

test('memory comes back without the garbage collector', async () => {
  const digits = loadDigits();
  const model = await new KNeighborsClassifier({ algorithm: 'brute' }).fit(digits.data, digits.target);
  const before = process.memoryUsage().external;
  const plans = Array.from({ length: 5 }, () => model.compile());
  const bytes = plans.reduce((sum, plan) => sum + plan.memoryBytes, 0);
  expect(bytes).toBeGreaterThan(5 * 64 * digits.data.rows);
  for (const plan of plans) plan.dispose();
  expect(process.memoryUsage().external - before).toBeLessThan(bytes / 2);
});

test('a thread that has adopted a plan keeps it', async () => {
  const model = await new LinearRegression().fit(data, target);
  const plan = model.compile();
  const [token, expected] = [plan.share().token, plan.runSync([[1, 2, 3, 4]]).data[0]];
  const code = `
    const { createRequire } = require('node:module');
    const addon = createRequire(${JSON.stringify(addon)})(${JSON.stringify(addon)});
    const { parentPort, workerData } = require('node:worker_threads');
    const program = addon.programAdopt(workerData);
    parentPort.once('message', () => {
      const out = new Float64Array(1);
      addon.programRunSync(program, Float64Array.of(1, 2, 3, 4), 1, out, 0);
      addon.programDispose(program);
      let code = 'none';
      try { addon.programRunSync(program, Float64Array.of(1, 2, 3, 4), 1, out, 0); } catch (error) { code = error.code; }
      parentPort.postMessage([out[0], code]);
    });
    parentPort.postMessage('adopted');`;
  const worker = new Worker(code, { eval: true, workerData: token });
  const next = () => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await next();
  plan.dispose();
  const answer = next();
  worker.postMessage('go on');
  expect(await answer).toEqual([expected, 'ERR_DISPOSED']);
  await worker.terminate();
});

describe.skipIf(!existsSync(emulated))('on an emulated GPU', () => {
  beforeAll(() => {
    process.env.BOREAL_CUDA_LIBRARY = emulated;
  });

  test('a plan', async () => {
    const model = await new LinearRegression().fit(data, target);
    await checkDisposed(model.compile({ device: 'cuda' }));
  });

  test('many plans, one after another, leave the process as large as it was', async () => {
    const digits = loadDigits();
    const model = await new KNeighborsClassifier({ nNeighbors: 3 }).fit(digits.data, digits.target);
    const row = digits.data.slice(0, 1);
    const cycle = () => {
      const plan = model.compile({ device: 'cuda' });
      plan.runSync(row);
      plan.dispose();
    };
    for (let i = 0; i < 10; i++) cycle();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 150; i++) cycle();
    // The points alone take 450 KiB of the device for each plan, which is memory of this process.
    expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20);
  });
});
