import { describe, expect, test } from 'vitest';
import { PlanBuilder } from '../../lib/core/plan-builder.js';
import { Random } from '../../lib/core/random.js';
import { native } from '../../lib/native.js';
import type { BatchNormSpec, Conv2dSpec, LayerSpec, Pool2dSpec } from '../../lib/nn/layer-spec.js';
import { Network, type TrainEpochOptions } from '../../lib/nn/network.js';
import { activation, dense, differences, expectGradient, floats } from '../support/networks.js';

const options = { optimizer: { type: 'adam' }, learningRate: 0.01 } as const;

describe('layers over images, positions and whole numbers', () => {
  const conv = (more: Partial<Conv2dSpec> = {}): LayerSpec => ({
    type: 'conv2d',
    filters: 4,
    kernelSize: [3, 2],
    strides: [1, 1],
    padding: 'valid',
    useBias: true,
    ...more,
  });
  const pool = (type: 'maxPool2d' | 'avgPool2d', more: Partial<Pool2dSpec> = {}): LayerSpec => ({
    type,
    poolSize: [2, 2],
    strides: [2, 2],
    padding: 'valid',
    ...more,
  });
  const norm = (more: Partial<BatchNormSpec> = {}): LayerSpec => ({
    type: 'batchNorm',
    momentum: 0.9,
    epsilon: 1e-2,
    scale: true,
    center: true,
    ...more,
  });
  const flatten: LayerSpec = { type: 'flatten' };
  const tanh = activation('tanh');
  const penalty = { l1: 0.01, l2: 0.02 };

  const cases: [string, LayerSpec[], number[]][] = [
    [
      'conv2d',
      [conv(), tanh, conv({ useBias: false, kernelPenalty: penalty }), flatten, dense(2)],
      [6, 5, 2],
    ],
    [
      'conv2d, strides and same',
      [conv({ strides: [2, 2], padding: 'same' }), tanh, flatten, dense(2)],
      [5, 6, 2],
    ],
    [
      'conv2d, dilated',
      [conv({ dilationRate: [2, 2], padding: { top: 1, bottom: 2, left: 0, right: 1 } }), flatten, dense(2)],
      [5, 5, 1],
    ],
    [
      'conv2d in groups',
      [conv({ groups: 2 }), tanh, conv({ groups: 4, kernelSize: [1, 1] }), flatten, dense(2)],
      [4, 4, 2],
    ],
    ['maxPool2d', [conv(), pool('maxPool2d'), flatten, dense(2)], [7, 6, 1]],
    [
      'avgPool2d',
      [conv(), pool('avgPool2d', { padding: 'same', poolSize: [3, 3] }), flatten, dense(2)],
      [6, 6, 1],
    ],
    ['globalAvgPool', [conv(), tanh, { type: 'globalAvgPool' }, dense(2)], [6, 6, 2]],
    ['batchNorm of moving statistics', [dense(4), norm(), tanh, dense(2)], [3]],
    ['batchNorm of images', [conv(), norm({ center: false }), tanh, flatten, dense(2)], [5, 4, 1]],
    [
      'layerNorm',
      [dense(5), { type: 'layerNorm', epsilon: 1e-2, scale: true, center: true }, tanh, flatten, dense(2)],
      [3, 4],
    ],
    [
      'layerNorm, scale only',
      [dense(5), { type: 'layerNorm', epsilon: 1e-2, scale: true, center: false }, dense(2)],
      [4],
    ],
  ];
  test.each(cases)('gradient of %s', async (_, layers, shape) => {
    await expectGradient(layers, shape, floats(6 * 2, 1), {
      loss: { type: 'meanSquaredError' },
      batchSize: 4,
    });
  });

  const lowered: [string, LayerSpec[], number[]][] = [
    ...cases,
    ['embedding', [{ type: 'embedding', inputDim: 5, outputDim: 3 }, flatten, dense(2)], [4]],
    ['softmax over positions', [dense(3), activation('softmax'), flatten, dense(2)], [4, 2]],
    ['batchNorm', [norm({ scale: false }), conv(), norm(), flatten, dense(2)], [4, 5, 2]],
  ];
  test.each(lowered)(
    'a plan computes %s as training does, in both precisions',
    async (name, layers, shape) => {
      const plain = layers.map((layer) => ({ ...layer, kernelPenalty: null }));
      const network = new Network(plain, shape, { seed: 2 });
      const random = new Random(4);
      const moved = network.parameters().map(({ data }) => data.map((w) => w + 0.2 + 0.1 * random.next()));
      network.setParameters(moved);
      const rows = 9;
      const x = floats(rows * network.inputs, 3).map((v) =>
        name === 'embedding' ? Math.abs(Math.round(v)) : v,
      );
      const builder = new PlanBuilder(network.inputs);
      const { ops, constants } = builder.build(network.lower(builder, builder.input));
      const loss = { type: 'meanAbsoluteError' } as const;
      const out = new Float32Array(rows * network.outputs);
      native.programRunSync(native.programCreate(ops, constants, 'float32'), x, rows, out, 0);
      expect((await network.evaluate(x, out, { loss })).loss).toBeLessThan(1e-5);
      const wide = new Float64Array(out.length);
      native.programRunSync(
        native.programCreate(ops, constants, 'float64'),
        Float64Array.from(x),
        rows,
        wide,
        1,
      );
      wide.forEach((value, k) => {
        expect(value).toBeCloseTo(out[k], 4);
      });
    },
  );

  test('a plan refuses a layer that does not fit', () => {
    const [layer] = new Network([conv()], [4, 4, 1], { seed: 1 }).layers;
    const code = Float64Array.from(layer.code);
    const codeOf = (width: number, own: Float64Array, parameters: number, outputs: number) => {
      const builder = new PlanBuilder(width);
      const { ops, constants } = builder.build(
        builder.layer(builder.input, own, new Float32Array(parameters), outputs),
      );
      try {
        native.programCreate(ops, constants, 'float32');
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'no error';
    };
    expect(codeOf(16, code, 28, 24)).toBe('no error');
    expect(codeOf(15, code, 28, 24)).toBe('ERR_PLAN');
    expect(codeOf(16, code, 27, 24)).toBe('ERR_PLAN');
    expect(codeOf(16, code, 28, 23)).toBe('ERR_PLAN');
    expect(codeOf(16, new Float64Array(0), 28, 24)).toBe('ERR_PLAN');
    expect(codeOf(16, Float64Array.of(...code, ...code), 56, 24)).toBe('ERR_PLAN');
    expect(codeOf(16, code.subarray(0, 9), 28, 24)).toBe('ERR_PARAMETER');
  });

  test('gradient of an embedding, in one piece and in several', async () => {
    const layers: LayerSpec[] = [
      { type: 'embedding', inputDim: 5, outputDim: 3, penalty },
      tanh,
      flatten,
      dense(2),
    ];
    const network = new Network(layers, [4], { seed: 3 });
    network.setParameters(
      network.parameters().map(({ data }, i) => (i === 0 ? floats(data.length, 4) : data)),
    );
    const x = Float32Array.from({ length: 24 }, (_, k) => (k * 7) % 4);
    const y = floats(12, 1);
    const options = { loss: { type: 'meanSquaredError' } as const };
    const expected = await differences(network, x, y, options, 2 ** -9);
    for (const batchSize of [6, 4]) {
      const { gradient } = await network.gradient(x, y, { ...options, batchSize });
      for (const [k, value] of expected.entries()) expect(gradient[k]).toBeCloseTo(value, 3);
    }
    // Nothing met entry 4: only its penalty acts.
    expect(Math.abs(expected[12])).toBeLessThan(0.2);
    await expect(
      network.evaluate(
        x.map((v) => v + 2),
        y,
        options,
      ),
    ).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(
      network.evaluate(
        x.map((v) => v + 0.5),
        y,
        options,
      ),
    ).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test.each([
    ['a column', [dense(4), norm(), tanh, dense(2)] as LayerSpec[], [3]],
    ['the first layer', [norm(), dense(3), tanh, dense(2)] as LayerSpec[], [3]],
    ['the last layer', [dense(3), tanh, dense(2), norm({ scale: false })] as LayerSpec[], [3]],
    [
      'images',
      [
        conv(),
        norm(),
        tanh,
        pool('avgPool2d'),
        conv({ kernelSize: [1, 1] }),
        norm(),
        flatten,
        dense(2),
      ] as LayerSpec[],
      [6, 5, 1],
    ],
  ])(
    'batchNorm in training: the gradient through the statistics of the mini-batch, %s',
    async (_, layers, shape) => {
      const network = new Network(layers, shape, { seed: 3 });
      const random = new Random(2);
      const start = network
        .parameters()
        .map(({ data, trainable }) => (trainable ? data.map((w) => w + 0.1 * random.normal()) : data));
      const x = floats(8 * network.inputs, 1);
      const y = floats(8 * network.outputs, 2);
      const step = async (parameters: Float32Array[], learningRate: number) => {
        network.setParameters(parameters);
        const options = { loss: { type: 'meanSquaredError' } as const, optimizer: { type: 'sgd' } as const };
        return (await network.trainEpoch(x, y, { ...options, learningRate, batchSize: 8 })).loss;
      };
      await step(start, 1);
      const moved = network.parameters();
      for (const [k, data] of start.entries()) {
        if (!moved[k].trainable) continue;
        for (let j = 0; j < data.length; j++) {
          const losses: number[] = [];
          for (const side of [2 ** -8, -(2 ** -8)]) {
            const changed = start.map((values) => values.slice());
            changed[k][j] += side;
            losses.push(await step(changed, 0));
          }
          const slope = (losses[0] - losses[1]) / 2 ** -7;
          expect(Math.abs(data[j] - moved[k].data[j] - slope), `${moved[k].name}[${j}]`).toBeLessThan(4e-3);
        }
      }
    },
  );

  test('moving statistics follow those of the mini-batches, and predictions use them', async () => {
    const network = new Network([norm({ momentum: 0.5, epsilon: 0 })], [2], { seed: 1 });
    const x = Float32Array.of(1, 10, 3, 30);
    const options: TrainEpochOptions = {
      loss: { type: 'meanSquaredError' },
      optimizer: { type: 'sgd' },
      learningRate: 0,
    };
    await network.trainEpoch(x, x, options);
    expect(network.parameters().map(({ name, data }) => [name, ...data])).toEqual([
      ['batchNorm_0/gamma', 1, 1],
      ['batchNorm_0/beta', 0, 0],
      ['batchNorm_0/movingMean', 1, 10],
      ['batchNorm_0/movingVariance', 1, 50.5],
    ]);
    const expected = Float32Array.of(0, 0, 2, 20 / Math.sqrt(50.5));
    expect((await network.evaluate(x, expected, options)).loss).toBeLessThan(1e-10);
    const frozen = new Network([norm({ trainable: false }), dense(1)], [2], { seed: 1 });
    const before = frozen.parameters().slice(0, 4);
    await frozen.trainEpoch(x, Float32Array.of(1, 2), { ...options, learningRate: 0.1 });
    expect(frozen.parameters().slice(0, 4)).toEqual(before);
  });

  test('the same bits for any number of threads', async () => {
    const layers: LayerSpec[] = [
      conv({ padding: 'same' }),
      norm(),
      activation('relu'),
      pool('maxPool2d'),
      { type: 'dropout', rate: 0.2 },
      conv(),
      flatten,
      dense(5),
    ];
    const run = async (threads: number) => {
      const network = new Network(layers, [12, 12, 2], { seed: 1 });
      const x = floats(50 * 288, 1);
      const y = Int32Array.from({ length: 50 }, (_, i) => i % 5);
      const loss = { type: 'sparseCategoricalCrossentropy', fromLogits: true } as const;
      for (const clip of [{}, { clipGlobalNorm: 1 }]) {
        await network.trainEpoch(x, y, { ...options, ...clip, loss, batchSize: 32, threads, shuffle: 3 });
      }
      return network.parameters().map(({ data }) => Array.from(data));
    };
    expect(await run(2)).toEqual(await run(1));
  });

  test.each<[string, LayerSpec, number[]]>([
    ['a window beyond the image', conv({ kernelSize: [4, 4] }), [3, 3, 1]],
    ['no image', conv(), [9]],
    ['groups that do not divide', conv({ groups: 3 }), [5, 5, 2]],
    ['pooling of columns', pool('maxPool2d'), [4]],
    ['a mean over nothing', { type: 'globalAvgPool' }, [4]],
    [
      'padding as large as the window',
      pool('avgPool2d', { padding: { top: 2, bottom: 0, left: 0, right: 0 } }),
      [4, 4, 1],
    ],
    ['a stride of 0', conv({ strides: [0, 1] }), [5, 5, 2]],
  ])('refuses %s', (_, layer, shape) => {
    expect(() => new Network([layer], shape, { seed: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_SHAPE' }),
    );
  });
});
