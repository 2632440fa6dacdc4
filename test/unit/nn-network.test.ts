import { describe, expect, test } from 'vitest';
import { PlanBuilder } from '../../lib/core/plan-builder.js';
import { Random } from '../../lib/core/random.js';
import { native } from '../../lib/native.js';
import type { ActivationType, LayerSpec, LossSpec, OptimizerSpec } from '../../lib/nn/layer-spec.js';
import { Network, type TrainEpochOptions } from '../../lib/nn/network.js';
import { activation, dense, expectGradient, floats } from '../support/networks.js';

const activations: [ActivationType, number?][] = [
  ['linear'],
  ['relu'],
  ['relu6'],
  ['leakyRelu', 0.3],
  ['elu', 0.7],
  ['selu'],
  ['sigmoid'],
  ['hardSigmoid'],
  ['tanh'],
  ['softplus'],
  ['softsign'],
  ['exponential'],
  ['gelu'],
  ['geluTanh'],
  ['silu'],
  ['hardSilu'],
  ['mish'],
  ['softmax'],
  ['logSoftmax'],
];

describe('gradients agree with finite differences', () => {
  test.each(activations)('of %s', async (name, alpha) => {
    const layers = [dense(6), activation(name, alpha), dense(4), activation(name, alpha), dense(2)];
    await expectGradient(layers, [5], floats(7 * 2, 1), { loss: { type: 'meanSquaredError' } });
  });

  const positive = floats(9 * 3, 2).map((v) => Math.abs(v) / 3 + 0.05);
  const shares = positive.slice();
  for (let i = 0; i < 9; i++) {
    const sum = shares[3 * i] + shares[3 * i + 1] + shares[3 * i + 2];
    for (let j = 0; j < 3; j++) shares[3 * i + j] /= sum;
  }
  const signs = positive.map((v) => (v > 0.25 ? 1 : -1));
  const bits = positive.map((v) => (v > 0.25 ? 1 : 0));
  const oneHot = Float32Array.from({ length: 27 }, (_, k) => (k % 3 === Math.floor(k / 3) % 3 ? 1 : 0));
  const classes = Int32Array.from({ length: 9 }, (_, i) => (i * 2) % 3);
  const cases: [string, LossSpec, LayerSpec[], Float32Array | Int32Array][] = [
    ['meanSquaredError', { type: 'meanSquaredError' }, [], positive],
    ['halfSquaredError', { type: 'halfSquaredError' }, [], positive],
    ['meanAbsoluteError', { type: 'meanAbsoluteError' }, [], positive],
    ['huber', { type: 'huber', delta: 0.4 }, [], positive],
    ['logCosh', { type: 'logCosh' }, [], positive],
    [
      'meanSquaredLogarithmicError',
      { type: 'meanSquaredLogarithmicError' },
      [activation('softplus')],
      positive,
    ],
    ['poisson', { type: 'poisson' }, [activation('exponential')], positive],
    ['summedPoisson', { type: 'summedPoisson' }, [activation('exponential')], positive],
    ['klDivergence', { type: 'klDivergence' }, [activation('softmax')], shares],
    ['hinge', { type: 'hinge' }, [activation('tanh')], signs],
    ['squaredHinge', { type: 'squaredHinge' }, [activation('tanh')], signs],
    ['categoricalHinge', { type: 'categoricalHinge' }, [], oneHot],
    ['binaryCrossentropy after sigmoid', { type: 'binaryCrossentropy' }, [activation('sigmoid')], bits],
    ['summedBinaryCrossentropy', { type: 'summedBinaryCrossentropy' }, [activation('sigmoid')], bits],
    [
      'binaryCrossentropy of logits',
      { type: 'binaryCrossentropy', fromLogits: true, labelSmoothing: 0.1 },
      [],
      bits,
    ],
    [
      'binaryCrossentropy of probabilities',
      { type: 'binaryCrossentropy', labelSmoothing: 0.1 },
      [activation('sigmoid'), activation('linear')],
      bits,
    ],
    [
      'categoricalCrossentropy after softmax',
      { type: 'categoricalCrossentropy' },
      [activation('softmax')],
      shares,
    ],
    [
      'categoricalCrossentropy of probabilities',
      { type: 'categoricalCrossentropy', labelSmoothing: 0.2 },
      [activation('softplus')],
      oneHot,
    ],
    [
      'sparseCategoricalCrossentropy after softmax',
      { type: 'sparseCategoricalCrossentropy' },
      [activation('softmax')],
      classes,
    ],
    [
      'sparseCategoricalCrossentropy after tanh and softmax',
      { type: 'sparseCategoricalCrossentropy' },
      [activation('tanh'), activation('softmax')],
      classes,
    ],
    [
      'binaryCrossentropy of logits from tanh',
      { type: 'binaryCrossentropy', fromLogits: true },
      [activation('tanh')],
      bits,
    ],
    [
      'sparseCategoricalCrossentropy of logits',
      { type: 'sparseCategoricalCrossentropy', fromLogits: true, labelSmoothing: 0.1 },
      [],
      classes,
    ],
    [
      'sparseCategoricalCrossentropy of probabilities',
      { type: 'sparseCategoricalCrossentropy' },
      [activation('softplus')],
      classes,
    ],
  ];
  test.each(cases)('of %s', async (_, loss, last, y) => {
    await expectGradient([dense(5), activation('tanh'), dense(3), ...last], [4], y, { loss });
  });

  test('with weights, penalties and a layer that goes over positions', async () => {
    const penalty = { l1: 0.01, l2: 0.02 };
    const layers: LayerSpec[] = [
      dense(3, { kernelPenalty: penalty, biasPenalty: penalty }),
      activation('softmax'),
      { type: 'flatten' },
      dense(2, { useBias: false }),
    ];
    const sampleWeight = Float64Array.from({ length: 6 }, (_, i) => i / 3);
    for (const divideBy of ['rows', 'weights'] as const) {
      const options = {
        loss: { type: 'meanSquaredError' as const },
        sampleWeight,
        divideBy,
        penaltyPerRow: divideBy === 'weights',
      };
      await expectGradient(layers, [4, 2], floats(12, 1), options);
    }
  });
});

/** Blobs that a small network learns. */
function blobs(rows: number, seed: number) {
  const random = new Random(seed);
  const y = Int32Array.from({ length: rows }, (_, i) => i % 3);
  const x = new Float32Array(rows * 8);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < 8; j++) x[i * 8 + j] = random.normal() + (j % 3 === y[i] ? 1.5 : 0);
  }
  return { x, y };
}

const classifier: LayerSpec[] = [
  dense(24),
  activation('relu'),
  { type: 'dropout', rate: 0.3 },
  dense(16),
  activation('tanh'),
  dense(3),
  activation('softmax'),
];
const options: TrainEpochOptions = {
  loss: { type: 'sparseCategoricalCrossentropy' },
  optimizer: { type: 'adam' },
  learningRate: 0.01,
  batchSize: 16,
  metrics: ['sparseCategoricalAccuracy'],
};

async function trained(epochs: number, more: Partial<TrainEpochOptions> = {}, seed = 7) {
  const { x, y } = blobs(150, 1);
  const network = new Network(classifier, [8], { seed });
  const results = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    results.push(await network.trainEpoch(x, y, { ...options, shuffle: epoch, ...more }));
  }
  return { network, results, parameters: network.parameters().map(({ data }) => data) };
}

const optimizers: OptimizerSpec[] = [
  { type: 'sgd' },
  { type: 'sgd', momentum: 0.9 },
  { type: 'sgd', momentum: 0.9, nesterov: true },
  { type: 'sgd', momentum: 0.9, rateInVelocity: false, dampening: 0.1 },
  { type: 'rmsprop' },
  { type: 'rmsprop', momentum: 0.5 },
  { type: 'rmsprop', centered: true, epsilonHat: false },
  { type: 'rmsprop', centered: true, momentum: 0.5 },
  { type: 'adagrad' },
  { type: 'adam' },
  { type: 'adam', amsgrad: true },
  { type: 'adamw', weightDecay: 0.01, epsilonHat: false },
];

describe('training', () => {
  test.each(optimizers)('learns with %o', async (optimizer) => {
    const learningRate = optimizer.type === 'adagrad' ? 0.1 : optimizer.type === 'sgd' ? 0.05 : 0.005;
    const { results, network } = await trained(25, { optimizer, learningRate });
    expect(results[24].loss).toBeLessThan(0.75 * results[0].loss);
    const test = blobs(300, 2);
    const { metrics } = await network.evaluate(test.x, test.y, options);
    expect(metrics[0]).toBeGreaterThan(0.8);
  });

  test('gives the same bits for any number of threads, and for the same seed only', async () => {
    const rows = 750;
    const x = floats(rows * 300, 1);
    const y = Int32Array.from({ length: rows }, (_, i) => i % 5);
    const run = async (threads: number, seed: number, clip = {}) => {
      const layers = [dense(64), activation('gelu'), { type: 'dropout', rate: 0.5 } as const, dense(5)];
      const network = new Network(layers, [300], { seed });
      network.setParameters(new Network(layers, [300], { seed: 1 }).parameters().map(({ data }) => data));
      const loss = { type: 'sparseCategoricalCrossentropy', fromLogits: true } as const;
      for (let epoch = 0; epoch < 2; epoch++) {
        const result = await network.trainEpoch(x, y, { ...options, ...clip, loss, batchSize: 300, threads });
        expect(result.steps).toBe(3);
      }
      return network.parameters().map(({ data }) => Array.from(data));
    };
    const one = await run(1, 5);
    expect(await run(2, 5)).toEqual(one);
    expect(await run(0, 5)).toEqual(one);
    expect(await run(1, 6)).not.toEqual(one);
    const clipped = await run(1, 5, { clipGlobalNorm: 0.5 });
    expect(await run(2, 5, { clipGlobalNorm: 0.5 })).toEqual(clipped);
    expect(clipped).not.toEqual(one);
  });

  test('goes on from a saved state of the optimizer', async () => {
    const whole = await trained(4);
    const half = await trained(2);
    const { x, y } = blobs(150, 1);
    const other = new Network(classifier, [8], { seed: 7 });
    other.setParameters(half.parameters);
    other.setOptimizerState(half.network.optimizerState());
    for (const shuffle of [2, 3]) await other.trainEpoch(x, y, { ...options, shuffle });
    expect(other.parameters()).toEqual(whole.network.parameters());
    expect(other.optimizerState().steps).toBe(40);
  });

  test('leaves what is frozen alone', async () => {
    const layers = [dense(6), activation('relu'), dense(4, { trainable: false }), dense(2)];
    const network = new Network(layers, [3], { seed: 1 });
    const before = network.parameters();
    await network.trainEpoch(floats(30, 1), floats(20, 2), {
      ...options,
      metrics: [],
      loss: { type: 'meanSquaredError' },
    });
    const after = network.parameters();
    expect(after.map(({ trainable }) => trainable)).toEqual([true, true, false, false, true, true]);
    after.forEach((parameter, i) => {
      if (parameter.trainable) expect(parameter.data).not.toEqual(before[i].data);
      else expect(parameter.data).toEqual(before[i].data);
    });
  });

  test('takes only the rows of an order, in a learning rate each step', async () => {
    const { x, y } = blobs(60, 1);
    const chosen = Int32Array.from({ length: 32 }, (_, i) => 59 - i);
    const part = { x: new Float32Array(32 * 8), y: new Int32Array(32) };
    chosen.forEach((row, i) => {
      part.x.set(x.subarray(row * 8, row * 8 + 8), i * 8);
      part.y[i] = y[row];
    });
    const learningRate = Float64Array.of(0.1, 0.01);
    const a = new Network(classifier, [8], { seed: 1 });
    const b = new Network(classifier, [8], { seed: 1 });
    const first = await a.trainEpoch(x, y, { ...options, order: chosen, learningRate });
    const second = await b.trainEpoch(part.x, part.y, { ...options, learningRate });
    expect(first).toEqual(second);
    expect(first.steps).toBe(2);
    expect(a.parameters()).toEqual(b.parameters());
  });

  test('weights rows by themselves and by their class', async () => {
    const { x, y } = blobs(60, 1);
    const classWeight = Float64Array.of(1, 0, 2);
    const sampleWeight = Float64Array.from(y, (label) => classWeight[label]);
    const a = new Network(classifier, [8], { seed: 1 });
    const b = new Network(classifier, [8], { seed: 1 });
    await a.trainEpoch(x, y, { ...options, classWeight });
    await b.trainEpoch(x, y, { ...options, sampleWeight });
    expect(a.parameters()).toEqual(b.parameters());
  });

  test('reports progress with means so far', async () => {
    const seen: number[] = [];
    const { x, y } = blobs(3000, 1);
    const network = new Network(classifier, [8], { seed: 1 });
    const onProgress = ({
      step,
      steps,
      loss,
      metrics,
    }: {
      step: number;
      steps: number;
      loss: number;
      metrics: readonly number[];
    }) => {
      expect(steps).toBe(3000);
      expect(loss).toBeGreaterThan(0);
      expect(metrics).toHaveLength(1);
      seen.push(step);
    };
    await network.trainEpoch(x, y, { ...options, batchSize: 1, onProgress });
    expect(seen.length).toBeGreaterThan(0);
  });

  test('an abort in the middle leaves a network that can be used', async () => {
    const { x, y } = blobs(30_000, 1);
    const network = new Network(classifier, [8], { seed: 1 });
    const before = network.parameters();
    const controller = new AbortController();
    const training = network.trainEpoch(x, y, {
      ...options,
      batchSize: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(training).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const { steps } = network.optimizerState();
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(30_000);
    const after = network.parameters();
    expect(after).not.toEqual(before);
    for (const { data } of after) expect(data.every(Number.isFinite)).toBe(true);
    expect((await network.evaluate(x, y, options)).loss).toBeLessThan(2);
  });

  test('a loss that is not finite ends the epoch before it does harm', async () => {
    const x = floats(40, 1);
    x[4 * 6] = Number.NaN;
    const network = new Network([dense(3), activation('relu'), dense(1)], [4], { seed: 1 });
    const result = await network.trainEpoch(x, floats(10, 2), {
      ...options,
      metrics: [],
      batchSize: 2,
      loss: { type: 'meanSquaredError' },
    });
    expect(result).toMatchObject({ steps: 3, finite: false });
    expect(result.loss).toBeNaN();
    for (const { data } of network.parameters()) expect(data.every(Number.isFinite)).toBe(true);
  });

  test('one call at a time', async () => {
    const { x, y } = blobs(30_000, 1);
    const network = new Network(classifier, [8], { seed: 1 });
    const training = network.trainEpoch(x, y, { ...options, batchSize: 1 });
    const other = network.evaluate(x, y, options);
    const failures = (await Promise.allSettled([training, other])).filter(
      ({ status }) => status === 'rejected',
    );
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ reason: { code: 'ERR_BUSY' } });
  });
});

describe('predictions', () => {
  test.each([...activations])('a plan computes %s as training does', async (name, alpha) => {
    const network = new Network([dense(5), activation(name, alpha), dense(2)], [4], { seed: 2 });
    const x = floats(11 * 4, 3, 3);
    const builder = new PlanBuilder(4);
    const source = builder.build(network.lower(builder, builder.input));
    const handle = native.programCreate(source.ops, source.constants, 'float32');
    const out = new Float32Array(22);
    native.programRunSync(handle, x, 11, out, 1);
    const { loss } = await network.evaluate(x, out, { loss: { type: 'meanAbsoluteError' } });
    expect(loss).toBeLessThan(1e-5);
  });

  test.each([
    ['linear', 'halfSquaredError'],
    ['sigmoid', 'summedBinaryCrossentropy'],
    ['softmax', 'sparseCategoricalCrossentropy'],
  ] as const)('outputs after %s are those of a plan, batch by batch', async (name, type) => {
    const network = new Network([dense(5), activation('relu'), dense(3), activation(name)], [4], { seed: 2 });
    const x = floats(11 * 4, 3, 3);
    const builder = new PlanBuilder(4);
    const { ops, constants } = builder.build(network.lower(builder, builder.input));
    const wanted = new Float32Array(33);
    native.programRunSync(native.programCreate(ops, constants, 'float32'), x, 11, wanted, 1);
    const y = name === 'softmax' ? new Int32Array(11) : new Float32Array(33);
    const said = await network.outputsOf(x, y, { loss: { type }, batchSize: 4 });
    expect(Math.max(...said.map((value, k) => Math.abs(value - wanted[k])))).toBeLessThan(1e-6);
    const signal = AbortSignal.abort();
    await expect(network.outputsOf(x, y, { loss: { type }, signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });
});

describe('what cannot be', () => {
  const data = { x: floats(8, 1), y: floats(4, 1) };
  const small = () => new Network([dense(2)], [4], { seed: 1 });
  const loss: LossSpec = { type: 'meanSquaredError' };
  const base: TrainEpochOptions = { loss, optimizer: { type: 'sgd' }, learningRate: 0.1 };

  test.each([
    ['an input of no size', () => new Network([dense(2)], [0], { seed: 1 }), 'ERR_SHAPE'],
    ['no layers', () => new Network([], [3], { seed: 1 }), 'ERR_SHAPE'],
    ['no units', () => new Network([dense(0)], [3], { seed: 1 }), 'ERR_SHAPE'],
    ['a huge layer', () => new Network([dense(2 ** 31), dense(2 ** 31)], [3], { seed: 1 }), 'ERR_PARAMETER'],
    ['a rate of 1', () => new Network([{ type: 'dropout', rate: 1 }], [3], { seed: 1 }), 'ERR_PARAMETER'],
    ['an unknown layer', () => new Network([{ type: 'maxout' } as never], [3], { seed: 1 }), 'ERR_PARAMETER'],
    ['a bad shape', () => new Network([{ type: 'reshape', shape: [2, 2] }], [3], { seed: 1 }), 'ERR_SHAPE'],
    ['parameters that do not fit', () => small().setParameters([new Float32Array(8)]), 'ERR_SHAPE'],
    [
      'state that does not fit',
      () => small().setOptimizerState({ steps: 1, arrays: new Float32Array(3) }),
      'ERR_SHAPE',
    ],
  ])('%s', (_, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  const bad: [string, Partial<TrainEpochOptions>, string][] = [
    ['momentum of 2', { optimizer: { type: 'sgd', momentum: 2 } }, 'ERR_PARAMETER'],
    ['an unknown optimizer', { optimizer: { type: 'lion' as never } }, 'ERR_PARAMETER'],
    ['an unknown loss', { loss: { type: 'nll' as never } }, 'ERR_PARAMETER'],
    ['logits of a squared error', { loss: { type: 'meanSquaredError', fromLogits: true } }, 'ERR_PARAMETER'],
    ['a rate that is no number', { learningRate: Number.NaN }, 'ERR_PARAMETER'],
    ['too few rates', { learningRate: Float64Array.of(0.1, 0.1), batchSize: 0 }, 'ERR_EMPTY'],
    ['two ways to clip', { clipNorm: 1, clipValue: 1 }, 'ERR_PARAMETER'],
    ['an order beyond the rows', { order: Int32Array.of(2) }, 'ERR_PARAMETER'],
    ['a metric of classes', { metrics: ['sparseCategoricalAccuracy'] }, 'ERR_PARAMETER'],
    ['negative weights', { sampleWeight: Float64Array.of(1, -1) }, 'ERR_PARAMETER'],
    ['weights of other rows', { sampleWeight: Float64Array.of(1) }, 'ERR_SHAPE'],
  ];
  test.each(bad)('%s', async (_, more, code) => {
    await expect(small().trainEpoch(data.x, data.y, { ...base, ...more })).rejects.toMatchObject({ code });
  });

  test('classes that are not there, and arrays that do not fit', async () => {
    const sparse: TrainEpochOptions = { ...base, loss: { type: 'sparseCategoricalCrossentropy' } };
    await expect(small().trainEpoch(data.x, Int32Array.of(0, 2), sparse)).rejects.toMatchObject({
      code: 'ERR_LABELS',
    });
    await expect(small().trainEpoch(data.x, data.y.subarray(1), base)).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    await expect(small().trainEpoch(data.x.subarray(1), data.y, base)).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    await expect(small().trainEpoch(data.x, data.y.subarray(2), sparse)).rejects.toMatchObject({
      code: 'ERR_DTYPE',
    });
  });
});
