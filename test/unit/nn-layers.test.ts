/** Layers, their shapes and weights, and what describes training: initialisers, schedules, losses, metrics, summary. */
import { describe, expect, test } from 'vitest';
import { placeLayers } from '../../lib/nn/architecture.js';
import {
  activation,
  activationNames,
  adagrad,
  adam,
  adamw,
  avgPool2d,
  batchNorm,
  binaryCrossentropy,
  categoricalCrossentropy,
  constant,
  conv2d,
  cosineDecay,
  dense,
  dropout,
  embedding,
  exponentialDecay,
  flatten,
  globalAvgPool,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  huber,
  type Initializer,
  initialValues,
  input,
  l1,
  l1l2,
  l2,
  layerNorm,
  learningRateAt,
  lecunNormal,
  lecunUniform,
  maxPool2d,
  ones,
  orthogonal,
  piecewiseConstant,
  randomNormal,
  randomUniform,
  reshape,
  rmsprop,
  Sequential,
  sgd,
  sparseCategoricalCrossentropy,
  truncatedNormal,
  zeros,
} from '../../lib/nn/index.js';
import { resolveLoss } from '../../lib/nn/losses.js';
import { resolveMetric } from '../../lib/nn/metrics.js';
import { resolveOptimizer } from '../../lib/nn/optimizers.js';

const refusal = (message?: RegExp) =>
  expect.objectContaining({
    code: 'ERR_PARAMETER',
    ...(message && { message: expect.stringMatching(message) }),
  });

describe('layers', () => {
  test('have the defaults of Keras, names turned into objects and numbers into pairs', () => {
    expect(dense(3)).toEqual({
      type: 'dense',
      name: null,
      units: 3,
      activation: { type: 'linear' },
      useBias: true,
      kernelInitializer: { type: 'glorotUniform', seed: null },
      biasInitializer: { type: 'zeros' },
      kernelRegularizer: null,
      biasRegularizer: null,
      trainable: true,
    });
    expect(conv2d(4, 3, { strides: [1, 2], activation: 'leakyRelu' })).toMatchObject({
      ...{ kernelSize: [3, 3], strides: [1, 2], dilationRate: [1, 1], padding: 'valid', groups: 1 },
      activation: { type: 'leakyRelu', alpha: 0.2 },
    });
    expect(maxPool2d([2, 3])).toMatchObject({ poolSize: [2, 3], strides: [2, 3] });
    expect(batchNorm()).toMatchObject({ momentum: 0.99, epsilon: 0.001, gammaInitializer: { type: 'ones' } });
    expect(dense(1, { kernelRegularizer: 'l2' }).kernelRegularizer).toEqual({ l1: 0, l2: 0.01 });
  });

  test.each<[string, () => unknown]>([
    ['units', () => dense(0)],
    ['units', () => dense(2.5)],
    ['units', () => dense(2 ** 40)],
    ['activation', () => dense(2, { activation: 'rellu' as 'relu' })],
    ['alpha', () => activation({ type: 'leakyRelu', alpha: -1 })],
    ['useBias', () => dense(2, { useBias: 1 as never })],
    ['nonsense', () => dense(2, { nonsense: 1 } as never)],
    ['initializer', () => dense(2, { kernelInitializer: 'glorot' as 'zeros' })],
    ['seed', () => dense(2, { kernelInitializer: { type: 'heNormal', seed: -1 } })],
    ['l1', () => dense(2, { kernelRegularizer: { l1: -1 } })],
    ['regularizer', () => dense(2, { kernelRegularizer: 'l3' as 'l2' })],
    ['kernelSize', () => conv2d(2, 0)],
    ['kernelSize', () => conv2d(2, [1, 2, 3] as never)],
    ['padding', () => conv2d(2, 3, { padding: 'full' as 'same' })],
    ['poolSize', () => maxPool2d(-1)],
    ['rate', () => dropout(1)],
    ['rate', () => dropout(Number.NaN)],
    ['epsilon', () => layerNorm({ epsilon: 0 })],
    ['targetShape', () => reshape([-1, -1])],
    ['shape', () => input([])],
    ['shape', () => input([2, 0])],
    ['inputDim', () => embedding(0, 1)],
    ['name', () => flatten({ name: '' })],
  ])('a bad %s is refused by name (%#)', (name, make) => {
    expect(make).toThrow(refusal(new RegExp(name)));
  });
});

describe('shapes', () => {
  const shapesOf = (layers: Parameters<typeof placeLayers>[0], shape: number[]) =>
    placeLayers(layers, shape).layers.map(({ outputShape }) => outputShape);

  test('of dense layers, over the last axis', () => {
    expect(shapesOf([dense(5), reshape([5, 1]), dense(2), flatten()], [3])).toEqual([
      [5],
      [5, 1],
      [5, 2],
      [10],
    ]);
  });

  test.each([28, 7])('of convolutions and pools on %i pixels are those of Keras', (side) => {
    const same = (stride: number) => Math.ceil(side / stride);
    const valid = (reach: number, stride: number) => Math.floor((side - reach) / stride) + 1;
    const of = (layer: Parameters<typeof placeLayers>[0][number]) =>
      placeLayers([layer], [side, side, 4]).outputShape;
    expect(of(conv2d(6, 3))).toEqual([valid(3, 1), valid(3, 1), 6]);
    expect(of(conv2d(6, 3, { padding: 'same', strides: 2 }))).toEqual([same(2), same(2), 6]);
    expect(of(conv2d(6, [2, 3], { dilationRate: 2 }))).toEqual([valid(3, 1), valid(5, 1), 6]);
    expect(of(maxPool2d(2))).toEqual([valid(2, 2), valid(2, 2), 4]);
    expect(of(avgPool2d(3, { strides: 2, padding: 'same' }))).toEqual([same(2), same(2), 4]);
    expect(of(globalAvgPool())).toEqual([4]);
  });

  test('of weights, in the order of Keras', () => {
    const { layers } = placeLayers(
      [
        conv2d(6, [2, 3], { groups: 2 }),
        batchNorm({ center: false }),
        flatten(),
        dense(3, { useBias: false }),
        layerNorm(),
      ],
      [5, 5, 4],
    );
    expect(
      layers.flatMap(({ weights }) => weights.map(({ name, shape, trainable }) => [name, shape, trainable])),
    ).toEqual([
      ['conv2d/kernel', [2, 3, 2, 6], true],
      ['conv2d/bias', [6], true],
      ['batchNorm/gamma', [6], true],
      ['batchNorm/movingMean', [6], false],
      ['batchNorm/movingVariance', [6], false],
      ['dense/kernel', [72, 3], true],
      ['layerNorm/gamma', [3], true],
      ['layerNorm/beta', [3], true],
    ]);
    expect(placeLayers([embedding(100, 8)], [7]).layers[0]).toMatchObject({ outputShape: [7, 8] });
  });

  test('that do not fit are refused with the name of the layer', () => {
    const shape = (message: RegExp) =>
      expect.objectContaining({ code: 'ERR_SHAPE', message: expect.stringMatching(message) });
    expect(() => placeLayers([conv2d(2, 3)], [4, 4])).toThrow(shape(/'conv2d'.*\[4, 4\]/));
    expect(() => placeLayers([conv2d(2, 5, { name: 'big' })], [4, 4, 1])).toThrow(
      shape(/'big'.*does not fit/),
    );
    expect(() => placeLayers([conv2d(3, 1, { groups: 2 })], [4, 4, 2])).toThrow(shape(/groups/));
    expect(() => placeLayers([reshape([3, -1])], [4])).toThrow(shape(/cannot become/));
    expect(() => placeLayers([globalAvgPool()], [4])).toThrow(shape(/two axes/));
    expect(() => placeLayers([dense(2 ** 20), dense(2 ** 20)], [2 ** 20])).toThrow(shape(/more than/));
    expect(() => placeLayers([], [4])).toThrow(refusal(/at least one/));
    expect(() => placeLayers([dense(2), input([2])], [4])).toThrow(refusal(/first/));
    expect(() => placeLayers([dense(2, { name: 'a' }), dense(2, { name: 'a' })], [4])).toThrow(
      refusal(/'a'/),
    );
  });

  test('names are those given, or the type and a number', () => {
    const { layers } = placeLayers([dense(2), dense(2, { name: 'dense_1' }), dense(2)], [2]);
    expect(layers.map(({ name }) => name)).toEqual(['dense', 'dense_1', 'dense_2']);
  });
});

describe('initialisers', () => {
  const SHAPE = [200, 100];
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return { mean, variance, most: values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) };
  };
  const cases: Array<[Initializer, variance: number, most: number]> = [
    [glorotUniform(), 2 / 300, Math.sqrt(6 / 300)],
    [glorotNormal(), 2 / 300, (2 * Math.sqrt(2 / 300)) / 0.8796],
    [heUniform(), 2 / 200, Math.sqrt(6 / 200)],
    [heNormal(), 2 / 200, (2 * Math.sqrt(2 / 200)) / 0.8796],
    [lecunUniform(), 1 / 200, Math.sqrt(3 / 200)],
    [lecunNormal(), 1 / 200, (2 * Math.sqrt(1 / 200)) / 0.8796],
    [randomNormal({ stddev: 0.3 }), 0.09, 2],
    [truncatedNormal({ stddev: 0.3 }), 0.09 * 0.8796 ** 2, 0.6],
    [randomUniform({ minval: -1, maxval: 1 }), 1 / 3, 1],
  ];
  test.each(cases)(
    '$type has its variance and bounds, and follows its seed',
    (initializer, variance, most) => {
      const values = initialValues(initializer, SHAPE, 3);
      const found = moments(values);
      expect(Math.abs(found.mean)).toBeLessThan(4 * Math.sqrt(variance / values.length));
      expect(found.variance / variance).toBeGreaterThan(0.95);
      expect(found.variance / variance).toBeLessThan(1.05);
      expect(found.most).toBeLessThanOrEqual(most * 1.001);
      expect(initialValues(initializer, SHAPE, 3)).toEqual(values);
      expect(initialValues(initializer, SHAPE, 4)).not.toEqual(values);
      const own = { ...initializer, seed: 3 } as Initializer;
      expect(initialValues(own, SHAPE, 99)).toEqual(values);
    },
  );

  test('a convolution counts its field as inputs', () => {
    const values = initialValues(heUniform(), [3, 3, 8, 16], 1);
    expect(moments(values).most).toBeLessThanOrEqual(Math.sqrt(6 / 72));
    expect(moments(values).most).toBeGreaterThan(0.95 * Math.sqrt(6 / 72));
  });

  test.each([
    [20, 8],
    [8, 20],
    [9, 9],
  ])('orthogonal [%i, %i] has orthonormal rows or columns', (rows, cols) => {
    const q = initialValues(orthogonal({ gain: 2 }), [rows, cols], 5);
    const across = rows >= cols;
    const count = Math.min(rows, cols);
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, cols); k++) {
          dot += across ? q[k * cols + a] * q[k * cols + b] : q[a * cols + k] * q[b * cols + k];
        }
        expect(Math.abs(dot - (a === b ? 4 : 0))).toBeLessThan(1e-5);
      }
    }
    expect(() => initialValues(orthogonal(), [4], 1)).toThrow(refusal(/orthogonal/));
  });

  test('constants', () => {
    expect([...initialValues(zeros(), [2], 1), ...initialValues(ones(), [2], 1)]).toEqual([0, 0, 1, 1]);
    expect([...initialValues(constant(2.5), [2], 1)]).toEqual([2.5, 2.5]);
    expect(() => constant(Infinity)).toThrow(refusal());
  });
});

describe('optimizers, losses and metrics', () => {
  test('have the defaults of Keras', () => {
    expect(sgd()).toMatchObject({ learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: null });
    expect(rmsprop()).toMatchObject({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, centered: false });
    expect(adam()).toMatchObject({ learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
    expect(adamw()).toMatchObject({ type: 'adamw', weightDecay: 0.004 });
    expect(adagrad()).toMatchObject({ learningRate: 0.001, initialAccumulatorValue: 0.1 });
    expect(resolveOptimizer('Adam')).toEqual(adam());
    expect(huber()).toEqual({ type: 'huber', delta: 1 });
    expect(binaryCrossentropy()).toMatchObject({ fromLogits: false, labelSmoothing: 0 });
  });

  test('go by Keras names, short names and camelCase', () => {
    expect(resolveLoss('sparse_categorical_crossentropy')).toEqual(sparseCategoricalCrossentropy());
    expect(resolveLoss('mse')).toEqual({ type: 'meanSquaredError' });
    expect(resolveLoss('mean_absolute_error')).toEqual({ type: 'meanAbsoluteError' });
    const sparse = resolveLoss('sparseCategoricalCrossentropy');
    expect(resolveMetric('accuracy', sparse)).toEqual({
      type: 'sparseCategoricalAccuracy',
      name: 'accuracy',
    });
    expect(resolveMetric('acc', categoricalCrossentropy())).toEqual({
      type: 'categoricalAccuracy',
      name: 'acc',
    });
    expect(resolveMetric('accuracy', resolveLoss('bce'))).toEqual({
      type: 'binaryAccuracy',
      name: 'accuracy',
    });
    expect(resolveMetric('mean_squared_error' as 'mse', resolveLoss('mae')).name).toBe('meanSquaredError');
    expect(resolveMetric({ type: 'precision', threshold: 0.7, name: 'p' }, resolveLoss('bce'))).toEqual({
      ...{ type: 'precision', threshold: 0.7, name: 'p' },
    });
  });

  test.each<[string, () => unknown]>([
    ['learningRate', () => sgd({ learningRate: 0 })],
    ['learningRate', () => sgd({ learningRate: Number.NaN })],
    ['schedule|learning rate', () => adam({ learningRate: { type: 'linear' } as never })],
    ['beta1', () => adam({ beta1: 1 })],
    ['clip', () => adam({ clipNorm: 1, clipValue: 1 })],
    ['clipNorm', () => adam({ clipNorm: 0 })],
    ['rho', () => rmsprop({ rho: 2 })],
    ['optimizer', () => resolveOptimizer('adamax')],
    ['loss', () => resolveLoss('toString')],
    ['delta', () => huber({ delta: 0 })],
    ['labelSmoothing', () => categoricalCrossentropy({ labelSmoothing: 2 })],
    ['metric', () => resolveMetric('fame' as 'auc', resolveLoss('mse'))],
    ['threshold', () => resolveMetric({ type: 'recall', threshold: 3 }, resolveLoss('bce'))],
    ['decaySteps', () => exponentialDecay({ initialLearningRate: 1, decaySteps: 0, decayRate: 0.5 })],
    ['warmupSteps', () => cosineDecay({ initialLearningRate: 1, decaySteps: 9, warmupSteps: -1 })],
    ['boundaries', () => piecewiseConstant([2, 1], [1, 2, 3])],
    ['values', () => piecewiseConstant([1, 2], [1, 2])],
    ['l1', () => l1(-1)],
    ['l2', () => l2(Number.NaN)],
  ])('a bad %s is refused (%#)', (name, make) => {
    expect(make).toThrow(refusal(new RegExp(name)));
  });

  test('a number is a schedule, too', () => {
    expect(learningRateAt(0.5, 1e6)).toBe(0.5);
    expect(l1l2({ l1: 1 })).toEqual({ l1: 1, l2: 0.01 });
    expect(new Set(activationNames).size).toBe(19);
  });
});

test('summary is the table of Keras', () => {
  const model = new Sequential([
    input([28, 28, 1]),
    flatten(),
    dense(128),
    batchNorm(),
    dense(10, { name: 'out' }),
  ]);
  expect(model.summary()).toBe(
    [
      'Model: "sequential"',
      '┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓',
      '┃ Layer (type)                   ┃ Output Shape ┃ Param # ┃',
      '┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩',
      '│ flatten (Flatten)              │ (None, 784)  │       0 │',
      '├────────────────────────────────┼──────────────┼─────────┤',
      '│ dense (Dense)                  │ (None, 128)  │ 100,480 │',
      '├────────────────────────────────┼──────────────┼─────────┤',
      '│ batchNorm (BatchNormalization) │ (None, 128)  │     512 │',
      '├────────────────────────────────┼──────────────┼─────────┤',
      '│ out (Dense)                    │ (None, 10)   │   1,290 │',
      '└────────────────────────────────┴──────────────┴─────────┘',
      ' Total params: 102,282 (399.54 KB)',
      ' Trainable params: 102,026 (398.54 KB)',
      ' Non-trainable params: 256 (1.00 KB)',
    ].join('\n'),
  );
  expect(() => new Sequential([dense(1)]).summary()).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_FITTED' }),
  );
});
