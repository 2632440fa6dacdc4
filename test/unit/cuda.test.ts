/**
 * GPUs from JavaScript, on the emulated one that `npm run test:native` builds; without it those tests are skipped by name.
 * The kernels' own tests are in native/test/cuda.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { onCpuInstead } from '../../lib/core/placement.js';
import { type TrainingDevice, trainWhere } from '../../lib/core/training-device.js';
import {
  devices,
  HistGradientBoostingClassifier,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  LinearRegression,
  loadDiabetes,
  loadDigits,
  loadIris,
  Matrix,
  makePipeline,
  RandomForestClassifier,
  StandardScaler,
  SVC,
} from '../../lib/index.js';
import { native } from '../../lib/native.js';
import {
  conv2d,
  dense,
  flatten,
  Linear,
  MLPClassifier,
  MLPRegressor,
  Sequential,
} from '../../lib/nn/index.js';
import { describeOnEmulatedGpu, EMULATED_GPU, useVariable } from '../support/emulated-gpu.js';

const root = join(import.meta.dirname, '../..');
const addon = join(root, 'build/Release/boreal.node');

const coded = (code: string) => expect.objectContaining({ code });

describe('without a usable plug-in', () => {
  useVariable('BOREAL_CUDA_LIBRARY', '/no/such/plug-in.so');

  test('devices() says why there is no GPU', () => {
    const { cpu, gpus, reason } = devices();
    expect(cpu).toMatchObject({ device: 'cpu', name: expect.any(String), isa: expect.any(String) });
    expect(cpu.threads).toBeGreaterThanOrEqual(1);
    expect(gpus).toEqual([]);
    expect(reason).toMatch(/plug-in does not load.*no such file/i);
  });

  test('a chosen GPU that is full gives way to the CPU, one that was asked for does not', () => {
    const full = Object.assign(new Error('The GPU is full.'), { code: 'ERR_OUT_OF_MEMORY' });
    const onGpu = { device: 'cuda:0', cuda: ['plug-in', 0] } as const;
    expect(onCpuInstead({ ...onGpu, reason: 'auto chose the GPU: …' }, full)).toEqual({
      device: 'cpu',
      cuda: [null, 0],
      reason: 'auto chose the CPU: The GPU is full.',
    });
    expect(() => onCpuInstead(onGpu, full)).toThrow(full);
  });

  test("'cuda' is an error, 'auto' the CPU and says so", async () => {
    const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
    expect(() => model.compile({ device: 'cuda' })).toThrow(coded('ERR_CUDA_PLUGIN'));
    await expect(model.compileAsync({ device: 'cuda:1' })).rejects.toThrow(coded('ERR_CUDA_PLUGIN'));
    const plain = model.compile();
    expect(plain.device).toBe('cpu');
    expect(plain.explain()).not.toContain('auto');
    const chosen = model.compile({ precision: 'float32', expectedRows: 1e6 });
    expect(chosen.device).toBe('cpu');
    expect(chosen.explain()).toMatch(/auto chose the CPU: The CUDA plug-in does not load/);
    expect(chosen.runSync([[4]]).toArray()[0][0]).toBeCloseTo(8, 5);
    for (const expectedRows of [0, -1, 1.5, Number.NaN, '5' as unknown as number]) {
      expect(() => model.compile({ expectedRows })).toThrow(coded('ERR_PARAMETER'));
    }
  });

  test('a GPU that is not here is missed before anything is quantised', async () => {
    const model = await new MLPRegressor({ maxIter: 1 }).fit(
      [
        [0, 1],
        [1, 0],
      ],
      [0, 1],
    );
    // Rows of one column could not be: who looks at them first says so.
    const options = { device: 'cuda', precision: 'int8', calibrate: [[1]] } as const;
    expect(() => model.compile(options)).toThrow(coded('ERR_CUDA_PLUGIN'));
    await expect(model.compileAsync(options)).rejects.toThrow(coded('ERR_CUDA_PLUGIN'));
    const module = new Linear(2, 3);
    expect(() => module.compile({ ...options, inputShape: [2] })).toThrow(coded('ERR_CUDA_PLUGIN'));
  });

  test('a library that is no plug-in is refused', () => {
    process.env.BOREAL_CUDA_LIBRARY = addon;
    expect(devices().reason).toMatch(/is not the CUDA plug-in of this release/);
  });
});

describeOnEmulatedGpu('on an emulated GPU', () => {
  const { data, target } = loadIris();
  const x32 = new Matrix(Float32Array.from(data.data), data.rows, data.cols);

  test('devices() lists it', () => {
    const { gpus, reason } = devices();
    expect(reason).toBeUndefined();
    expect(gpus.map((gpu) => gpu.device)).toEqual(['cuda:0', 'cuda:1']);
    expect(gpus[0]).toMatchObject({ emulated: true, capability: '7.5', memoryBytes: 2 ** 30 });
  });

  test('devices are parsed and refused', async () => {
    const model = await new LinearRegression().fit(data, target);
    expect(() => model.compile({ device: 'cuda:2' })).toThrow(coded('ERR_DEVICE'));
    expect(() => model.compile({ device: 'cuda', precision: 'float64' })).toThrow(coded('ERR_NOT_SUPPORTED'));
    await expect(model.fit(data, target, { device: 'cuda' })).rejects.toThrow(coded('ERR_NOT_SUPPORTED'));
    const plan = model.compile({ device: 'cuda:1' });
    expect(plan.device).toBe('cuda:1');
    expect(plan.precision).toBe('float32');
    expect(plan.explain()).toMatch(/^cuda:1, .*\(emulated\)/);
  });

  test('8-bit layers have the sums of the CPU, by the range of each row and by calibration', async () => {
    // Of some other starts a layer stays in float32, whose sums the devices add up in orders of their own.
    const params = { hiddenLayerSizes: [32], maxIter: 2, randomState: 1 };
    const model = await new MLPRegressor(params).fit(data, target);
    for (const calibrate of [null, data]) {
      const options = { precision: 'int8', calibrate } as const;
      const gpu = model.compile({ ...options, device: 'cuda' });
      expect(gpu.explain()).toMatch(/TensorProduct .* 8 bits/);
      expect(gpu.quantization?.mode).toBe(calibrate ? 'static' : 'dynamic');
      expect(gpu.quantization?.layers.map((layer) => layer.precision)).toEqual(['int8', 'int8']);
      expect(gpu.runSync(x32).data).toEqual(model.compile(options).runSync(x32).data);
    }
    const small = model.compile({ device: 'cuda:1' }).quantize();
    expect([small.device, small.quantization?.mode]).toEqual(['cuda:1', 'dynamic']);
    const chosen = model.compile({ expectedRows: 1e9, precision: 'int8' });
    expect(chosen.explain()).toMatch(/auto chose the (CPU|GPU): cuda:0/);
  });

  test('tensor cores multiply rounded numbers, where they can', async () => {
    const model = await new MLPClassifier({ hiddenLayerSizes: [32, 24], maxIter: 2 }).fit(data, target);
    const exact = model.compile({ device: 'cuda', output: 'proba' }).runSync(x32).data;
    for (const precision of ['tf32', 'bf16', 'float16'] as const) {
      const plan = model.compile({ device: 'cuda:1', output: 'proba', precision });
      expect(plan.precision).toBe('float32');
      expect(plan.explain()).toMatch(/TensorProduct/);
      const values = plan.runSync(x32).data;
      expect(values).not.toEqual(exact);
      for (let i = 0; i < values.length; i++) expect(Math.abs(values[i] - exact[i])).toBeLessThan(0.05);
      expect(plan.runSync(x32.slice(9, 10)).data).toEqual(values.slice(9 * 3, 10 * 3));
      for (const device of ['cpu', 'auto'] as const)
        expect(() => model.compile({ device, precision })).toThrow(coded('ERR_NOT_SUPPORTED'));
    }
    const old = expect.objectContaining({
      code: 'ERR_NOT_SUPPORTED',
      message: expect.stringMatching(/8\.0.*7\.5/),
    });
    expect(() => model.compile({ device: 'cuda:0', precision: 'bf16' })).toThrow(old);
    const odd = 'fp8' as 'bf16';
    expect(() => model.compile({ device: 'cuda', precision: odd })).toThrow(coded('ERR_PARAMETER'));
  });

  describe('with a stand-in for cublasLt', () => {
    useVariable('BOREAL_CUBLASLT_LIBRARY', EMULATED_GPU);

    test('a library is asked for by name, tried for each layer, and named', async () => {
      const model = await new MLPClassifier({ hiddenLayerSizes: [130], maxIter: 2 }).fit(data, target);
      const options = { device: 'cuda', output: 'proba', expectedRows: 2 } as const;
      const own = model.compile(options);
      expect(own.explain()).not.toContain('cublasLt');
      expect(model.compile({ ...options, libraries: 'none' }).explain()).toBe(own.explain());
      const narrow = model.compile({ ...options, libraries: 'auto' });
      expect(narrow.explain()).toBe(own.explain()); // 4 inputs, 3 outputs
      const wide = await new MLPClassifier({ hiddenLayerSizes: [130, 20], maxIter: 2 }).fit(data, target);
      const plan = await wide.compileAsync({ ...options, libraries: 'auto' });
      expect(plan.explain()).toMatch(/Product .*cublasLt 13\.1\.5/);
      const all = plan.runSync(x32).data;
      expect(plan.runSync(x32.slice(9, 10)).data).toEqual(all.slice(9 * 3, 10 * 3));
      expect(wide.compile({ libraries: 'auto' }).device).toBe('cpu');
      const odd = 'cublas' as 'auto';
      expect(() => wide.compile({ libraries: odd })).toThrow(coded('ERR_PARAMETER'));
    });
  });

  test('convolutions multiply on tensor cores, and in 8 bits with the sums of the CPU', async () => {
    const layers = [
      conv2d(16, 4, { activation: 'relu' }),
      conv2d(20, 3, { padding: 'same', activation: 'relu' }),
      flatten(),
      dense(3),
    ];
    const network = new Sequential(layers, { inputShape: [8, 8, 1], randomState: 1 }).build();
    const digits = loadDigits().data;
    const images = new Matrix(
      new Float32Array(digits.data.slice(0, 10 * 64)).map((x) => x / 16),
      10,
      64,
    );
    const exact = network.compile({ device: 'cuda' }).runSync(images).data;
    for (const precision of ['tf32', 'bf16', 'float16'] as const) {
      const plan = network.compile({ device: 'cuda:1', precision });
      expect(plan.explain().match(/TensorConv/g)).toHaveLength(2);
      const values = plan.runSync(images).data;
      expect(values).not.toEqual(exact);
      for (let i = 0; i < values.length; i++) expect(Math.abs(values[i] - exact[i])).toBeLessThan(0.05);
    }
    for (const calibrate of [null, images]) {
      const plan = network.compile({ device: 'cuda', precision: 'int8', calibrate });
      expect(plan.explain()).toMatch(/TensorConv .* 8 bits, 3x3, 20 filters/);
      const cpu = network.compile({ device: 'cpu', precision: 'int8', calibrate }).runSync(images).data;
      // The first convolution has too few products for 8 bits: its last bits are those of the device.
      const values = plan.runSync(images).data;
      for (let i = 0; i < values.length; i++) expect(values[i]).toBeCloseTo(cpu[i], 1);
    }
  });

  test('forests have the bits of the CPU', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 20, randomState: 0 }).fit(data, target);
    const boosted = await new HistGradientBoostingRegressor({ maxIter: 20 }).fit(data, target);
    for (const [model, output] of [
      [forest, 'proba'],
      [boosted, 'value'],
    ] as const) {
      const gpu = await model.compileAsync({ device: 'cuda', output });
      const cpu = model.compile({ device: 'cpu', precision: 'float32', output });
      expect((await gpu.run(x32)).data).toEqual(cpu.runSync(x32).data);
      expect(gpu.runSync(x32.slice(7, 8)).data).toEqual(cpu.runSync(x32.slice(7, 8)).data);
    }
  });

  test('networks and kernels agree with the CPU', async () => {
    const network = await new MLPClassifier({ hiddenLayerSizes: [16, 8], maxIter: 30, randomState: 0 }).fit(
      data,
      target,
    );
    const machine = await new SVC().fit(data, target);
    for (const [model, output] of [
      [network, 'proba'],
      [machine, 'decision'],
    ] as const) {
      const gpu = model.compile({ device: 'cuda', output });
      const expected = model.compile({ device: 'cpu', precision: 'float32', output }).runSync(x32).data;
      const values = gpu.runSync(x32).data;
      for (let i = 0; i < values.length; i++) expect(values[i]).toBeCloseTo(expected[i], 4);
    }
  });

  test('a bad value is refused with its row and column', async () => {
    const model = await new LinearRegression().fit(data, target);
    const plan = model.compile({ device: 'cuda' });
    const rows = data.toArray();
    rows[77][2] = Number.NaN;
    expect(() => plan.runSync(rows)).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_NAN', row: 77, column: 2 }),
    );
    await expect(plan.run(rows)).rejects.toThrow(coded('ERR_INPUT_NAN'));
  });

  test("'auto' chooses by the speeds it has measured, and says so", async () => {
    const model = await new LinearRegression().fit(x32, target);
    const plan = model.compile({ expectedRows: 10 });
    expect(plan.explain()).toMatch(/auto chose the (CPU|GPU): cuda:0 should be faster/);
    expect(model.compile({ precision: 'float64', expectedRows: 10 }).explain()).toMatch(/runs float32 only/);
  });

  test('boosting trained on the GPU is the same file, and can be aborted', async () => {
    const diabetes = loadDiabetes();
    const weights = Array.from(target, (_, i) => 1 + (i % 3));
    const common = { maxIter: 2, maxLeafNodes: 6, maxBins: 30, minSamplesLeaf: 5, randomState: 0 };
    const fits = [
      [() => new HistGradientBoostingClassifier(common), data, target, { sampleWeight: weights }],
      [() => new HistGradientBoostingRegressor(common), diabetes.data, diabetes.target, {}],
      [
        () => new HistGradientBoostingRegressor({ ...common, loss: 'absoluteError', earlyStopping: true }),
        diabetes.data,
        diabetes.target,
        {},
      ],
      [() => new HistGradientBoostingRanker(common), data, target, { group: [50, 60, 40] }],
      [
        () => makePipeline(new StandardScaler(), new HistGradientBoostingClassifier(common)),
        data,
        target,
        {},
      ],
    ] as const;
    for (const [make, X, y, options] of fits) {
      const cpu = await make().fit(X, y, options);
      const gpu = await make().fit(X, y, { ...options, device: 'cuda:1' });
      expect(gpu.toBytes()).toEqual(cpu.toBytes());
    }
    const model = new HistGradientBoostingRegressor({ ...common, maxIter: 1000 });
    const stop = new AbortController();
    const fit = model.fit(diabetes.data, diabetes.target, {
      device: 'cuda',
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(fit).rejects.toThrow(coded('ERR_ABORTED'));
    await expect(model.fit(data, target, { device: 'cuda:2' })).rejects.toThrow(coded('ERR_DEVICE'));
    const few = () => new HistGradientBoostingRegressor(common);
    const auto = await few().fit(data, target, { device: 'auto' });
    expect(auto.toBytes()).toEqual((await few().fit(data, target)).toBytes());
  });

  test('what boosting fetches from a GPU counts: histograms, where the CPU searches them', async () => {
    const time = vi.spyOn(native, 'cudaTrainingNs').mockReturnValue(Number.POSITIVE_INFINITY);
    const whole = new Matrix(data.data.map(Math.round), data.rows, data.cols);
    const fetched = async (params: object) => {
      const model = new HistGradientBoostingRegressor({ ...params, maxIter: 1e6, nJobs: 1, randomState: 0 });
      await model.fit(whole, target, { device: 'auto', onProgress: () => false });
      return time.mock.lastCall![1].downloadBytes;
    };
    try {
      const little = await fetched({});
      for (const params of [
        { l1Regularization: 0.1 },
        { monotonicCst: [1, 0, 0, 0] },
        { interactionCst: [[0, 1]] },
        { maxFeatures: 0.5 },
        { columnSubsample: 0.5 },
        { categoricalFeatures: [3] },
      ]) {
        expect(await fetched(params)).toBeGreaterThan(10 * little);
      }
    } finally {
      time.mockRestore();
    }
  });

  test("'auto' trains where that should be faster, and on the CPU when the GPU is full", async () => {
    const cuda = {
      uploadBytes: 1e6,
      downloadBytes: 1e6,
      trafficBytes: 1e6,
      flops: 1e6,
      kernels: 9,
      waits: 3,
    };
    const where = (device: TrainingDevice, cpuNs: number) =>
      trainWhere(
        device,
        () => ({ cpuNs, cuda }),
        async (target) => target?.device ?? 'cpu',
      );
    expect(await where('auto', 1e18)).toBe(0);
    expect(await where('auto', 1)).toBe('cpu');
    expect(await where('cpu', 1e18)).toBe('cpu');
    expect(await where('cuda:1', 1)).toBe(1);
    const nothing = await trainWhere(
      'auto',
      () => null,
      async (target) => target,
    );
    expect(nothing).toBeNull();
    const failing = (device: TrainingDevice, code: string) =>
      trainWhere(
        device,
        () => ({ cpuNs: 1e18, cuda }),
        async (target) => {
          if (target !== null) throw Object.assign(new Error(code), { code });
          return 'cpu';
        },
      );
    for (const code of ['ERR_OUT_OF_MEMORY', 'ERR_SHAPE']) {
      expect(await failing('auto', code)).toBe('cpu');
      await expect(failing('cuda:0', code)).rejects.toThrow(coded(code));
    }
    await expect(failing('auto', 'ERR_CUDA')).rejects.toThrow(coded('ERR_CUDA'));
  });

  test('workers have plans of their own', async () => {
    const code = `
      const { createRequire } = require('node:module');
      const addon = createRequire(${JSON.stringify(addon)})(${JSON.stringify(addon)});
      const { parentPort, workerData } = require('node:worker_threads');
      const out = new Float32Array(2);
      const program = addon.programCreate(workerData.ops, workerData.constants, 'float32', workerData.path, 0);
      for (let i = 0; i < 20; i++) addon.programRunSync(program, Float32Array.of(1, 2, 3, 5), 2, out, 0);
      parentPort.postMessage(Array.from(out));`;
    const ops = Int32Array.of(1, 2, 1, 8, 1, 0, 2, 1, 0, 2, 0, 1); // one Dense op
    const workerData = { ops, constants: [Float64Array.of(10, 100), Float64Array.of(1)], path: EMULATED_GPU };
    const results = await Promise.all(
      Array.from({ length: 4 }, () => {
        const worker = new Worker(code, { eval: true, workerData });
        return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      }),
    );
    expect(results).toEqual(Array.from({ length: 4 }, () => [211, 531]));
  });
});
