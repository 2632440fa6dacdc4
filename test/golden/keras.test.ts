/** Golden values of Keras: predictions, losses and weights from the same initial weights and rows in the same order. */
import { describe, expect, test } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

type LayerCall = [type: string, ...args: unknown[]];
interface ModelCase {
  name: string;
  input: DatasetRef;
  inputShape?: number[];
  integers?: boolean;
  target: 'labels' | 'oneHot' | 'scaled' | 'positive' | 'signs' | 'shares';
  layers: LayerCall[];
  compile: { optimizer: nn.OptimizerConfig; loss: nn.Loss; metrics: nn.MetricLike[] };
  fit: {
    epochs: number;
    batchSize: number;
    classWeight?: object;
    weighted?: boolean;
    validationSplit?: number;
  };
  untrained: number[][];
  history: Record<string, number[]>;
  predicted: number[][];
  weights: number[][];
  evaluated: Record<string, number>;
}
interface Golden {
  models: ModelCase[];
  layers: ModelCase[];
  schedules: Array<{ schedule: nn.Schedule; rates: Array<[step: number, rate: number]> }>;
  plateaus: Array<{ options: nn.ReduceLROnPlateauOptions; losses: number[]; rates: number[] }>;
  stops: Array<{
    options: nn.EarlyStoppingOptions;
    values: number[];
    stopped: number;
    best: number;
    bestEpoch: number;
    epochs: number;
  }>;
}
const golden = readGolden<Golden>('keras');

// A prediction is a few sums in float32; training adds up the rounding of some tens of steps.
const FORWARD = iterative(2e-5);
const TRAINED = iterative(5e-4);
// Schedules are computed in float32 by Keras.
const RATES = iterative(1e-6);

function targetsOf(y: number[], kind: ModelCase['target']): number[] | number[][] {
  const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
  const sorted = [...y].sort((a, b) => a - b);
  const median = (sorted[Math.floor((y.length - 1) / 2)] + sorted[Math.ceil((y.length - 1) / 2)]) / 2;
  const classes = Math.max(...y) + 1;
  const indicators = (share: (one: number) => number) =>
    y.map((label) => Array.from({ length: classes }, (_, k) => share(Number(k === label))));
  switch (kind) {
    case 'labels':
      return y;
    case 'oneHot':
      return indicators((one) => one);
    case 'shares':
      return indicators((one) => one * 0.8 + 0.2 / classes);
    case 'scaled': {
      const deviation = Math.sqrt(y.reduce((sum, v) => sum + (v - mean) ** 2, 0) / y.length);
      return y.map((v) => (v - mean) / deviation);
    }
    case 'positive':
      return y.map((v) => v / mean);
    case 'signs':
      return y.map((v) => (v > median ? 1 : -1));
  }
}

const LAYERS = {
  ...{ dense: nn.dense, conv2d: nn.conv2d, maxPool2d: nn.maxPool2d, avgPool2d: nn.avgPool2d },
  ...{ globalAvgPool: nn.globalAvgPool, batchNorm: nn.batchNorm, layerNorm: nn.layerNorm },
  ...{ embedding: nn.embedding, activation: nn.activation, flatten: nn.flatten, reshape: nn.reshape },
  dropout: nn.dropout,
} as unknown as Record<string, (...args: unknown[]) => nn.Layer>;
const OPTIMIZERS = { sgd: nn.sgd, rmsprop: nn.rmsprop, adam: nn.adam, adamw: nn.adamw, adagrad: nn.adagrad };
const makeLayer = ([type, ...args]: LayerCall) => LAYERS[type](...args);

function setInitial(model: nn.Sequential): void {
  const names = model.weightNames;
  model.setWeights(
    model.getWeights().map((weights, k) => {
      const more = /\/(gamma|movingVariance)$/.test(names[k]) ? 1 : 0;
      return weights.map((_, i) => (((7919 * i + 104729 * k) % 2003) / 2003 - 0.5) * 0.6 + more);
    }),
  );
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const camelKeys = <T>(record: Record<string, T>) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [camel(name), value]));

async function check(one: ModelCase): Promise<void> {
  const { X, y } = loadRef(one.input);
  if (one.integers) X.data.set(X.data.map((value) => Math.min(15, Math.round(value))));
  const { train, test: held } = split(X.rows);
  const targets = targetsOf(y, one.target);
  const pick = (rows: number[]) => rows.map((i) => targets[i]) as number[];
  const shape = one.inputShape ?? [X.cols];
  const model = new nn.Sequential([nn.input(shape), ...one.layers.map(makeLayer)]).build();
  setInitial(model);
  const few = X.takeRows(held.slice(0, one.untrained.length));
  expectClose((await model.predict(few)).toArray(), one.untrained, FORWARD, 'untrained');
  const { optimizer, loss, metrics } = one.compile;
  const made = (OPTIMIZERS[optimizer.type] as (options: object) => nn.OptimizerConfig)(optimizer);
  model.compile({ optimizer: made, loss: { ...lossDefaults(loss), ...loss } as nn.Loss, metrics });
  const { epochs, batchSize, classWeight, weighted, validationSplit } = one.fit;
  await model.fit(X.takeRows(train), pick(train), {
    ...{ epochs, batchSize, shuffle: false, verbose: 0 },
    ...(classWeight && { classWeight: classWeight as Record<string, number> }),
    ...(weighted && { sampleWeight: train.map((_, i) => (i % 3) + 0.5) }),
    ...(validationSplit ? { validationSplit } : { validationData: [X.takeRows(held), pick(held)] }),
  });
  expectClose(model.history.history, camelKeys(one.history), TRAINED, 'history');
  expectClose((await model.predict(few)).toArray(), one.predicted, TRAINED, 'predicted');
  const weights = model.getWeights().map((values, k) => values.slice(0, one.weights[k].length));
  expectClose(weights, one.weights, TRAINED, 'weights');
  expectClose(
    await model.evaluate(X.takeRows(held), pick(held)),
    camelKeys(one.evaluated),
    TRAINED,
    'evaluated',
  );
}

function lossDefaults({ type }: nn.Loss): object {
  const factory = { huber: nn.huber, binaryCrossentropy: nn.binaryCrossentropy };
  const more = {
    categoricalCrossentropy: nn.categoricalCrossentropy,
    sparseCategoricalCrossentropy: nn.sparseCategoricalCrossentropy,
  };
  return ({ ...factory, ...more } as Record<string, () => object>)[type]?.() ?? {};
}

describe('models', () => {
  test.each([...golden.models, ...golden.layers])('$name', check);
});

test.each(golden.schedules)('schedule $schedule.type', ({ schedule, rates }) => {
  const actual = rates.map(([step]) => nn.learningRateAt(schedule, step));
  expectClose(
    actual,
    rates.map(([, rate]) => rate),
    RATES,
    'rates',
  );
});

/** Runs a callback over values of a monitor, as if they came from training. */
async function watch(callback: nn.Callback, name: string, values: number[]) {
  const rates: number[] = [];
  let stopped = false;
  let rate = 0.1;
  const run = {
    ...{ epochs: values.length, steps: 1, print: () => {}, warn: () => {}, isStopping: false },
    model: new nn.Sequential([nn.input([1]), nn.dense(1)]).build(),
    get learningRate() {
      return rate;
    },
    set learningRate(value) {
      rate = value;
    },
    stop: () => {
      stopped = true;
    },
  };
  await callback.onTrainBegin?.(run);
  for (const [epoch, value] of values.entries()) {
    if (stopped) break;
    await callback.onEpochEnd?.(epoch, { [name]: value }, run);
    rates.push(rate);
  }
  await callback.onTrainEnd?.({}, run);
  return rates;
}

test.each(golden.plateaus)('reduceLROnPlateau $options', async ({ options, losses, rates }) => {
  expectClose(await watch(nn.reduceLROnPlateau(options), 'valLoss', losses), rates, RATES, 'rates');
});

test.each(golden.stops)(
  'earlyStopping $options',
  async ({ options, values, stopped, best, bestEpoch, epochs }) => {
    const callback = nn.earlyStopping(options);
    const rates = await watch(callback, camel(options.monitor ?? 'valLoss'), values);
    expect([rates.length, callback.stoppedEpoch, callback.bestEpoch]).toEqual([epochs, stopped, bestEpoch]);
    expectClose(callback.best, best, RATES, 'best');
  },
);
