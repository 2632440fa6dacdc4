/** Activations, losses, gradients and steps of optimizers of the network engine, beside those of PyTorch. */
import { test } from 'vitest';
import type { ActivationType, LayerSpec, LossSpec, OptimizerSpec } from '../../lib/nn/layer-spec.js';
import { Network, type TrainEpochOptions } from '../../lib/nn/network.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Golden {
  activations: { activation: ActivationType; alpha?: number; x: number[]; y: number[]; slope: number[] }[];
  losses: {
    loss: LossSpec;
    outputs: number[][];
    targets: number[][] | number[];
    weights?: number[];
    value: number;
    gradient: number[][];
  }[];
  network: {
    sizes: [number, number, number];
    parameters: number[];
    x: number[][];
    classes: number[];
    loss: number;
    gradient: number[];
  };
  optimizers: { optimizer: OptimizerSpec; learningRate: number; parameters: number[] }[];
  images: {
    x: number[][][][];
    classes: number[];
    parameters: number[];
    after: number[];
    losses: number[];
    outputs: number[][];
  };
  clipped: { clipNorm?: number; clipGlobalNorm?: number; clipValue?: number; parameters: number[] }[];
}
const golden = readGolden<Golden>('nn-steps');
/** The engine works in float32: sums of some dozen terms of about 1, and steps that amplify their rounding. */
const SINGLE = iterative(2e-6);
const STEPS = iterative(2e-5);

/** One row of which a dense layer makes any outputs by its bias alone; the gradient by the bias is that by the outputs. */
const unit = (outputs: number, ...more: LayerSpec[]) =>
  new Network([{ type: 'dense', units: outputs, useBias: true }, ...more], [1], { seed: 1 });

test.each(golden.activations)('$activation', async ({ activation, alpha, x, y, slope }) => {
  const network = unit(1, { type: 'activation', activation, alpha });
  const loss: LossSpec = { type: 'halfSquaredError' };
  for (let i = 0; i < x.length; i++) {
    network.setParameters([[0], [x[i]]]);
    // Where the target is `gap` less than the value the loss is gap^2 / 2 and its derivative `gap`.
    const gap = Math.max(1, Math.abs(y[i]));
    const target = Float32Array.of(y[i] - gap);
    const at = await network.gradient(Float32Array.of(0), target, { loss });
    expectClose(Math.sqrt(2 * at.loss) / gap, 1, SINGLE, `value at ${x[i]}`);
    expectClose(at.gradient[1] / gap, slope[i], SINGLE, `slope at ${x[i]}`);
  }
});

test.each(golden.losses)('$loss', async ({ loss, outputs, targets, weights, value, gradient }) => {
  const width = outputs[0].length;
  const sparse = typeof targets[0] === 'number';
  let total = 0;
  const sum = weights?.reduce((a, b) => a + b, 0) ?? outputs.length;
  for (let i = 0; i < outputs.length; i++) {
    const network = unit(width);
    network.setParameters([new Float32Array(width), outputs[i]]);
    const y = sparse ? Int32Array.of(targets[i] as number) : Float32Array.from(targets[i] as number[]);
    const at = await network.gradient(Float32Array.of(0), y, { loss });
    const share = (weights?.[i] ?? 1) / sum;
    total += share * at.loss;
    expectClose(
      Array.from(at.gradient.subarray(width), (g) => g * share),
      gradient[i],
      SINGLE,
      `gradient of row ${i}`,
    );
  }
  expectClose(total, value, SINGLE, 'value');
});

function start() {
  const { sizes, parameters, x, classes } = golden.network;
  const dense = (units: number): LayerSpec => ({ type: 'dense', units, useBias: true });
  const layers: LayerSpec[] = [
    dense(sizes[1]),
    { type: 'activation', activation: 'tanh' },
    dense(sizes[2]),
    { type: 'activation', activation: 'softmax' },
  ];
  const network = new Network(layers, [sizes[0]], { seed: 1 });
  let at = 0;
  network.setParameters(
    network.parameters().map(({ data }) => {
      at += data.length;
      return parameters.slice(at - data.length, at);
    }),
  );
  return { network, x: Float32Array.from(x.flat()), y: Int32Array.from(classes) };
}

const flat = (network: Network) => network.parameters().flatMap(({ data }) => Array.from(data));
const base: TrainEpochOptions = {
  loss: { type: 'sparseCategoricalCrossentropy' },
  optimizer: { type: 'sgd' },
  learningRate: 1,
  batchSize: 12,
};

test('the gradient of a network, in one piece and in several', async () => {
  for (const batchSize of [12, 5]) {
    const { network, x, y } = start();
    const { loss, gradient } = await network.gradient(x, y, { loss: base.loss, batchSize });
    expectClose(loss, golden.network.loss, SINGLE, 'loss');
    expectClose(Array.from(gradient), golden.network.gradient, SINGLE, 'gradient');
  }
});

test.each(golden.optimizers)('steps of $optimizer', async ({ optimizer, learningRate, parameters }) => {
  const { network, x, y } = start();
  for (let step = 0; step < 6; step++) {
    await network.trainEpoch(x, y, { ...base, optimizer, learningRate });
  }
  expectClose(flat(network), parameters, STEPS, 'parameters');
});

test.each(golden.clipped)('a gradient clipped by $clipNorm, $clipGlobalNorm, $clipValue', async (one) => {
  const { network, x, y } = start();
  const { parameters, ...clip } = one;
  await network.trainEpoch(x, y, { ...base, ...clip });
  expectClose(flat(network), parameters, SINGLE, 'parameters');
});

test('a network over images in training, with the moving statistics, and in evaluation', async () => {
  const { x, classes, parameters, after, losses, outputs } = golden.images;
  const layers: LayerSpec[] = [
    { type: 'conv2d', filters: 4, kernelSize: [3, 3], strides: [1, 1], padding: 'same', useBias: false },
    { type: 'batchNorm', momentum: 0.8, epsilon: 1e-3, scale: true, center: true, unbiased: true },
    { type: 'activation', activation: 'relu' },
    { type: 'maxPool2d', poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
    {
      type: 'conv2d',
      filters: 6,
      kernelSize: [2, 3],
      strides: [1, 1],
      padding: 'valid',
      groups: 2,
      useBias: false,
    },
    { type: 'activation', activation: 'gelu' },
    { type: 'layerNorm', epsilon: 1e-4, scale: true, center: true },
    { type: 'globalAvgPool' },
    { type: 'dense', units: 3, useBias: true },
  ];
  const network = new Network(layers, [6, 7, 2], { seed: 1 });
  let at = 0;
  network.setParameters(
    network.parameters().map(({ data }) => {
      at += data.length;
      return parameters.slice(at - data.length, at);
    }),
  );
  const rows = Float32Array.from(x.flat(3));
  const y = Int32Array.from(classes);
  const loss: LossSpec = { type: 'sparseCategoricalCrossentropy', fromLogits: true };
  const optimizer: OptimizerSpec = { type: 'adam', epsilon: 1e-8, epsilonHat: false };
  const options = { ...base, loss, optimizer, batchSize: 8, learningRate: 0.01 };
  const met: number[] = [];
  for (let step = 0; step < losses.length; step++)
    met.push((await network.trainEpoch(rows, y, options)).loss);
  expectClose(met, losses, STEPS, 'losses');
  // Adam divides by small gradients, whose rounding shows.
  expectClose(flat(network), after, iterative(2e-4), 'parameters');
  const error = await network.evaluate(rows, Float32Array.from(outputs.flat()), {
    loss: { type: 'meanAbsoluteError' },
  });
  expectClose(error.loss, 0, iterative(2e-4), 'outputs');
});
