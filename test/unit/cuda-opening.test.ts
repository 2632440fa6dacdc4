/**
 * CUDA starts, and a GPU is measured, on the pool. The emulated CUDA has started when a file is there, which the event loop makes after some
 * turns: were it blocked, CUDA would never start.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { trainWhere } from '../../lib/core/training-device.js';
import { KMeans, LinearRegression, loadIris } from '../../lib/index.js';
import { native } from '../../lib/native.js';
import { describeOnEmulatedGpu, EMULATED_GPU, useVariable } from '../support/emulated-gpu.js';

const addon = join(import.meta.dirname, '../../build/Release/boreal.node');
const coded = (code: string) => expect.objectContaining({ code });
const { data, target } = loadIris();

describeOnEmulatedGpu('an emulated CUDA that starts slowly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'boreal-cuda-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  useVariable('BOREAL_CUDA_EMULATED_WAIT', '');
  let opens: MockInstance;
  beforeEach(() => {
    opens = vi.spyOn(native, 'cudaOpen');
  });
  let starts = 0;

  /** What `work` gives, with CUDA starting anew once it has begun to open it: it may not settle before that has started. */
  async function slowly<R>(work: () => Promise<R>, hasBegun = () => opens.mock.calls.length > 0): Promise<R> {
    const file = join(folder, String(starts++));
    process.env.BOREAL_CUDA_EMULATED_WAIT = file;
    const pending = work().finally(() => {
      expect(existsSync(file)).toBe(true);
    });
    pending.catch(() => {});
    await vi.waitUntil(hasBegun, { timeout: 20_000, interval: 1 });
    for (let i = 0; i < 50; i++) await turn();
    writeFileSync(file, '');
    return pending;
  }

  test('a plug-in that is not there is an error of every call, and looked for again by the next', async () => {
    const model = await new LinearRegression().fit(data, target);
    const known = process.env.BOREAL_CUDA_LIBRARY;
    process.env.BOREAL_CUDA_LIBRARY = '/no/such/plug-in.so';
    const calls = Array.from({ length: 3 }, () => model.compileAsync({ device: 'cuda' }));
    for (const call of calls) await expect(call).rejects.toThrow(coded('ERR_CUDA_PLUGIN'));
    process.env.BOREAL_CUDA_LIBRARY = known;
    const plan = await slowly(() => model.compileAsync({ device: 'cuda' }));
    expect(plan.device).toBe('cuda:0');
    expect((await plan.run(data)).rows).toBe(data.rows);
  });

  test('a fit', async () => {
    const fit = () => new KMeans({ nClusters: 2 }).fit(data, undefined, { device: 'cuda:1' });
    expect((await slowly(fit)).isFitted).toBe(true);
    await expect(new KMeans().fit(data, undefined, { device: 'cuda:2' })).rejects.toThrow(
      coded('ERR_DEVICE'),
    );
  });

  test('all that choose wait for one measurement', async () => {
    const model = await new LinearRegression().fit(data, target);
    const work = { uploadBytes: 1, downloadBytes: 1, trafficBytes: 1, flops: 1, kernels: 1, waits: 1 };
    const cost = () => ({ cpuNs: 1e18, cuda: work });
    const train = trainWhere.bind(null, 'auto', cost, async (gpu) => gpu?.device);
    const compile = (expectedRows: number) => model.compileAsync({ precision: 'float32', expectedRows });
    const all = () => Promise.all([train(), compile(1), compile(1e9)]);
    const [device, ...plans] = await slowly(all);
    expect(device).toBe(0);
    for (const plan of plans) expect(plan.explain()).toMatch(/auto chose the (CPU|GPU): cuda:0 should/);
    expect(opens).toHaveBeenCalledTimes(1);
  });

  test('a worker may end meanwhile', async () => {
    const code = `
      const { createRequire } = require('node:module');
      const addon = createRequire(${JSON.stringify(addon)})(${JSON.stringify(addon)});
      const { parentPort, workerData } = require('node:worker_threads');
      addon.cudaOpen({ plugin: workerData, device: 0 }, true);
      parentPort.postMessage('opening');`;
    let isOpening = false;
    const endWorker = async () => {
      const worker = new Worker(code, { eval: true, workerData: EMULATED_GPU });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      isOpening = true;
      await worker.terminate();
    };
    await slowly(endWorker, () => isOpening);
  });
});
