/** What training does to memory, and that threads and instruction sets do not show in what is learned. */
import { expect, test } from 'vitest';
import { evaluate } from '../support/child.js';

const setup = `
  import { Network } from ${JSON.stringify(new URL('../../dist/nn/network.js', import.meta.url).href)};
  const relu = { type: 'activation', activation: 'relu' };
  const dense = (units) => ({ type: 'dense', units, useBias: true });
  const conv = { type: 'conv2d', filters: 4, kernelSize: [3, 3], strides: [1, 1], padding: 'same', useBias: true };
  const pool = { type: 'maxPool2d', poolSize: [2, 2], strides: [2, 2], padding: 'valid' };
  const norm = { type: 'batchNorm', momentum: 0.9, epsilon: 1e-3, scale: true, center: true };
  const columns = new Network([dense(64), relu, { type: 'dropout', rate: 0.2 }, dense(32), norm, relu, dense(4)], [144], { seed: 1 });
  const images = new Network([conv, norm, relu, pool, { type: 'flatten' }, dense(4)], [12, 12, 1], { seed: 1 });
  const x = new Float32Array(new SharedArrayBuffer(320 * 144 * 4)).map((_, k) => ((k * 2654435761) % 1000) / 500 - 1);
  const y = Int32Array.from({ length: 320 }, (_, i) => (x[i * 144] > 0 ? 1 : 0) + (x[i * 144 + 1] > 0 ? 2 : 0));
  const loss = { type: 'sparseCategoricalCrossentropy', fromLogits: true };
  const options = { loss, optimizer: { type: 'adam' }, learningRate: 0.003, batchSize: 32 };
  async function epochs(count) {
    let result;
    for (let k = 0; k < count; k++) {
      for (const network of [columns, images]) result = await network.trainEpoch(x, y, { ...options, shuffle: k });
    }
    return result;
  }
`;

const learned = `${setup}
  await epochs(4);
  const parameters = [...columns.parameters(), ...images.parameters()].map(({ data }) => Array.from(data));
  console.log(JSON.stringify({ parameters, loss: (await images.evaluate(x, y, { loss })).loss }));
`;
interface Learned {
  parameters: number[][];
  loss: number;
}

test('the same bits on 1 and 4 threads, and the same loss on every instruction set', {
  timeout: 60_000,
}, async () => {
  const one = await evaluate<Learned>(learned, { BOREAL_NUM_THREADS: '1' });
  expect(await evaluate<Learned>(learned, { BOREAL_NUM_THREADS: '4' })).toEqual(one);
  const isas = await evaluate<string[]>('console.log(JSON.stringify(native.info().isas))');
  for (const isa of isas) {
    const other = await evaluate<Learned>(learned, { BOREAL_ISA: isa });
    expect(Math.abs(other.loss - one.loss), isa).toBeLessThan(1e-3 * one.loss);
  }
});

test('threads that share the columns of a first layer, of which the last has few', {
  timeout: 60_000,
}, async () => {
  const script = `${setup}
    const learned = [];
    for (const units of [20, 33, 36]) {
      const network = new Network([dense(units), relu, dense(4)], [144], { seed: 1 });
      await network.trainEpoch(x, y, { ...options, batchSize: 160 });
      learned.push(...network.parameters().map(({ data }) => Array.from(data)));
    }
    console.log(JSON.stringify(learned));
  `;
  const isas = await evaluate<string[]>('console.log(JSON.stringify(native.info().isas))');
  // One value is no vector, and variants of AVX-512 multiply floats as it does.
  for (const isa of isas.filter((name) => !/scalar|avx512./.test(name))) {
    const [one, ...others] = await Promise.all(
      ['1', '2', '3'].map((threads) => evaluate(script, { BOREAL_ISA: isa, BOREAL_NUM_THREADS: threads })),
    );
    for (const other of others) expect(other, isa).toEqual(one);
  }
});

test('1,000 steps keep memory flat', { timeout: 120_000 }, async () => {
  const script = `${setup}
    async function megabytes() {
      for (let k = 0; k < 5; k++) {
        gc();
        await new Promise(setImmediate);
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { held: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 };
    }
    await epochs(50);
    const before = await megabytes();
    await epochs(50);
    console.log(JSON.stringify({ before, after: await megabytes(), steps: columns.optimizerState().steps }));
  `;
  type Megabytes = Record<'held' | 'rss', number>;
  const { before, after, steps } = await evaluate<{ before: Megabytes; after: Megabytes; steps: number }>(
    script,
    {},
    ['--expose-gc'],
  );
  expect(steps).toBe(1000);
  expect(after.held - before.held).toBeLessThan(1);
  // The buffers of one mini-batch are half of this.
  expect(after.rss - before.rss).toBeLessThan(8);
});
