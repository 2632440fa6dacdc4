/**
 * A GPU whose memory is full, or that fails, on the emulated one: the call that met it has the error, and the next one works. Which
 * allocation of the plug-in fails is counted; the plug-in's own tests in native/test/cuda go through all of them.
 */
import { afterEach, expect, test } from 'vitest';
import {
  HistGradientBoostingClassifier,
  KMeans,
  KNeighborsClassifier,
  LinearRegression,
  loadDigits,
  loadIris,
  Matrix,
  PCA,
} from '../../lib/index.js';
import { MLPClassifier } from '../../lib/nn/index.js';
import { describeOnEmulatedGpu, useVariable } from '../support/emulated-gpu.js';

const iris = loadIris();
const every = (values: ArrayLike<unknown>) => Array.from(values).filter((_, i) => i % 5 === 0);
const data = Matrix.from(every(iris.data.toArray()) as number[][]);
const target = every(iris.target) as number[];

/** Fits of all that a GPU trains, and plans made and run in both ways: what they give, as bytes. */
const calls = {
  boosting: async () =>
    (
      await new HistGradientBoostingClassifier({ maxIter: 2, minSamplesLeaf: 3, randomState: 0 }).fit(
        data,
        target,
        { device: 'cuda' },
      )
    ).toBytes(),
  perceptron: async () =>
    (
      await new MLPClassifier({ hiddenLayerSizes: [4], maxIter: 2, batchSize: 10, randomState: 0 }).fit(
        data,
        target,
        { device: 'cuda' },
      )
    ).toBytes(),
  clusters: async () =>
    (await new KMeans({ nClusters: 2, randomState: 0 }).fit(data, undefined, { device: 'cuda' })).toBytes(),
  components: async () => (await new PCA().fit(data, undefined, { device: 'cuda' })).toBytes(),
  plans: async () => {
    const model = await new LinearRegression().fit(data, target);
    using plan = model.compile({ device: 'cuda' });
    using later = await model.compileAsync({ device: 'cuda' });
    const twice = [plan.runSync(data), await later.run(data), await later.run(data)];
    return Buffer.concat(twice.map((rows) => Buffer.from(rows.data.buffer)));
  },
};

describeOnEmulatedGpu('an emulated GPU', () => {
  useVariable('BOREAL_CUDA_EMULATED_FAIL', '');
  useVariable('BOREAL_CUDA_EMULATED_BYTES', String(2 ** 30));
  afterEach(() => {
    process.env.BOREAL_CUDA_EMULATED_FAIL = '';
    process.env.BOREAL_CUDA_EMULATED_BYTES = String(2 ** 30);
  });

  for (const [name, call] of Object.entries(calls)) {
    test(`${name}: without memory, or with a kernel that fails`, async () => {
      const expected = await call();
      const met = new Set<string>();
      for (const failure of ['work 1', ...[1, 4, 12].map((nth) => `memory ${nth}`)]) {
        process.env.BOREAL_CUDA_EMULATED_FAIL = failure;
        const code = await call().then(
          () => 'none',
          (error) => error.code,
        );
        process.env.BOREAL_CUDA_EMULATED_FAIL = '';
        expect(code, failure).toBeOneOf([
          'none',
          failure.startsWith('work') ? 'ERR_CUDA' : 'ERR_OUT_OF_MEMORY',
        ]);
        met.add(code);
        expect(Buffer.compare(await call(), expected), failure).toBe(0);
      }
      expect(met).toContain('ERR_CUDA');
      expect(met).toContain('ERR_OUT_OF_MEMORY');
    });
  }

  test('plans fill it until one is disposed of; those that are there go on', async () => {
    const digits = loadDigits();
    const model = await new KNeighborsClassifier({ nNeighbors: 3 }).fit(digits.data, digits.target);
    const row = digits.data.slice(0, 1);
    const first = model.compile({ device: 'cuda' });
    const expected = first.runSync(row).data;
    process.env.BOREAL_CUDA_EMULATED_BYTES = String(3 * first.memoryBytes);
    const plans = [first];
    const full = expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' });
    expect(() => {
      while (plans.length < 4) plans.push(model.compile({ device: 'cuda' }));
    }).toThrow(full);
    await expect(model.compileAsync({ device: 'cuda' })).rejects.toThrow(full);
    expect(first.runSync(row).data).toEqual(expected);
    expect((await first.run(row)).data).toEqual(expected);
    plans.pop()?.dispose();
    const next = await model.compileAsync({ device: 'cuda' });
    expect(next.runSync(row).data).toEqual(expected);
  });

  test('10,000 plans, one after another, leave nothing behind', async () => {
    const model = await new LinearRegression().fit(iris.data, iris.target);
    const row = iris.data.slice(0, 1);
    const cycle = () => {
      using plan = model.compile({ device: 'cuda' });
      plan.runSync(row);
    };
    for (let i = 0; i < 300; i++) cycle();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 10_000; i++) cycle();
    // Memory of the device is that of this process; a plan takes some hundred bytes of it, and pages for copies.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  }, 300_000);
});
