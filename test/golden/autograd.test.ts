/** Tensor operations, their gradients, optimizers and schedules against torch. */
import { expect, test } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

const { F, Tensor, tensor } = nn;
type T = nn.Tensor;

interface Operation {
  name: string;
  inputs: { shape: number[]; values: number[] }[];
  output: number[];
  gradients: (number[] | null)[];
}
interface Golden {
  operations: Operation[];
  optimizers: { name: string; optimizer: keyof typeof OPTIMIZERS; options: object; weights: number[][] }[];
  schedules: { name: string; schedule: string; args: unknown[]; metrics: number[] | null; rates: number[] }[];
  batchNorm: Record<'runningMean' | 'runningVar' | 'inference', number[]> &
    Record<'batches' | 'training', number[][]>;
}

/** What a name stands for where it is not a method of Tensor. */
const OPERATIONS: Record<string, (...x: T[]) => T> = {
  cube: (x) => x.pow(3),
  clamp: (x) => x.clamp(-1, 0.5),
  where: (x, y) => x.gt(0).where(x, y),
  geluTanh: (x) => x.gelu('tanh'),
  relu6: (x) => x.mul(5).relu6(),
  softmax1: (x) => x.softmax(1),
  logSoftmax1: (x) => x.logSoftmax(1),
  sum02: (x) => x.sum([0, 2]),
  mean1: (x) => x.mean(1, true),
  var0: (x) => x.var(0, false, 0),
  std2: (x) => x.std(2),
  norm1: (x) => x.norm(1),
  max2: (x) => x.max(2),
  min1: (x) => x.min(1),
  reshape: (x) => x.reshape([4, -1]),
  permute: (x) => x.permute([2, 0, 1]),
  transpose: (x) => x.transpose(0, 1),
  expand: (x) => x.expand([5, -1, 2]),
  slice: (x) => x.at(':', [1, 3], [null, null, 2]),
  select: (x) => x.at(1, null, -1),
  flip: (x) => x.at(null, null, [null, null, -1]),
  cat: (x, y) => Tensor.cat([x, y], 1),
  stack: (x, y) => Tensor.stack([x, y], 1),
  indexSelect: (x, i) => x.indexSelect(1, i),
  gather: (x, i) => x.gather(1, i),
  maskedFill: (x) => x.maskedFill(x.gt(1), 9),
  linear: (x, w, b) => F.linear(x, w, b),
  conv2d: (x, w, b) => F.conv2d(x, w, b),
  conv2dStride: (x, w) => F.conv2d(x, w, null, { stride: 2, padding: 1 }),
  conv2dSame: (x, w) => F.conv2d(x, w, null, { padding: 'same', dilation: 2 }),
  conv2dGroups: (x, w, b) => F.conv2d(x, w, b, { padding: 1, groups: 2 }),
  conv2dDepthwise: (x, w) => F.conv2d(x, w, null, { padding: 1, groups: 4 }),
  maxPool2d: (x) => F.maxPool2d(x, 2),
  maxPool2dPadded: (x) => F.maxPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }),
  avgPool2d: (x) => F.avgPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }),
  avgPool2dInside: (x) => F.avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
  globalAvgPool2d: (x) => F.globalAvgPool2d(x),
  batchNorm: (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
  layerNorm: (x, w, b) => F.layerNorm(x, [3, 4], w, b),
  embedding: (i, w) => F.embedding(i, w),
  mseLoss: (x, y) => nn.mseLoss(x, y),
  mseLossSum: (x, y) => nn.mseLoss(x, y, { reduction: 'sum' }),
  l1Loss: (x, y) => nn.l1Loss(x, y),
  smoothL1Loss: (x, y) => nn.smoothL1Loss(x, y, { beta: 0.7 }),
  huberLoss: (x, y) => nn.huberLoss(x, y, { delta: 0.7, reduction: 'none' }),
  crossEntropyLoss: (x, t) => nn.crossEntropyLoss(x, t),
  crossEntropyLossWeighted: (x, t, weight) => nn.crossEntropyLoss(x, t, { weight, labelSmoothing: 0.2 }),
  crossEntropyLossIgnoring: (x, t) => nn.crossEntropyLoss(x, t, { ignoreIndex: 2, labelSmoothing: 0.1 }),
  nllLoss: (x, t, weight) => nn.nllLoss(x, t, { weight }),
  bceLoss: (x, t) => nn.bceLoss(x, t),
  bceWithLogitsLoss: (x, t) => nn.bceWithLogitsLoss(x, t),
  bceWithLogitsLossWeighted: (x, t, posWeight) => nn.bceWithLogitsLoss(x, t, { posWeight }),
  klDivLoss: (x, t) => nn.klDivLoss(x, t, { reduction: 'batchmean' }),
  klDivLossLog: (x, t) => nn.klDivLoss(x, t, { reduction: 'sum', logTarget: true }),
  hingeEmbeddingLoss: (x, t) => nn.hingeEmbeddingLoss(x, t),
};

const { Adagrad, Adam, AdamW, RMSprop, SGD } = nn;
const OPTIMIZERS = { Adagrad, Adam, AdamW, RMSprop, SGD };
const golden = readGolden<Golden>('autograd');
// float32 on both sides, sums in other orders, values of up to a hundred terms around 1.
const FLOATS = iterative(2e-5);

function probed(y: T): T {
  const probe = Array.from({ length: y.size }, (_, i) => Math.cos(i + 1));
  return y.mul(tensor(probe, { shape: y.shape })).sum();
}

test.each(golden.operations.map((one, i) => [`${one.name} #${i}`, one] as const))('%s', async (_, one) => {
  const x = one.inputs.map(({ shape, values }, i) =>
    tensor(values, { shape, requiresGrad: one.gradients[i] !== null }),
  );
  const method = (first: T, ...rest: T[]) =>
    (first as unknown as Record<string, (...x: T[]) => T>)[one.name](...rest);
  const y = (OPERATIONS[one.name] ?? method)(...x);
  await probed(y).backward();
  expectClose(y.data, one.output, FLOATS, 'output');
  for (const [i, gradient] of one.gradients.entries()) {
    if (gradient !== null) expectClose(x[i].grad!.data, gradient, FLOATS, `gradient ${i}`);
    else expect(x[i].grad).toBeNull();
  }
});

test.each(golden.optimizers)('$name', async ({ optimizer, options, weights }) => {
  const w = tensor([0.5, -1.5, 2, 0, 3], { requiresGrad: true });
  const opt = new OPTIMIZERS[optimizer]([w], options);
  for (const [step, expected] of weights.entries()) {
    w.grad = tensor(Array.from(w.data, (v) => Math.sin(v * (step + 1)) + v / 4));
    await opt.step();
    expectClose(w.data, expected, FLOATS, `step ${step}`);
  }
});

test.each(golden.schedules)('$name', ({ schedule, args, metrics, rates }) => {
  const opt = new nn.SGD([tensor(0, { requiresGrad: true })], { lr: 0.4 });
  const make = (nn as unknown as Record<string, new (...args: unknown[]) => { step(m?: number): void }>)[
    schedule
  ];
  const scheduler = new make(opt, ...args);
  for (const [epoch, rate] of rates.entries()) {
    scheduler.step(metrics?.[epoch]);
    expectClose(opt.paramGroups[0].lr, rate, iterative(1e-12), `epoch ${epoch}`);
  }
});

test('batch normalisation moves its running statistics and then uses them', async () => {
  const { batches, training, inference, ...running } = golden.batchNorm;
  const layer = new nn.BatchNorm2d(3, { momentum: 0.3 });
  const images = batches.map((values) => tensor(values, { shape: [2, 3, 2, 2] }));
  for (const [i, x] of images.entries()) expectClose(layer.forward(x).data, training[i], FLOATS);
  expectClose(layer.runningMean!.data, running.runningMean, FLOATS);
  expectClose(layer.runningVar!.data, running.runningVar, FLOATS);
  layer.eval();
  expectClose(layer.forward(images[0]).data, inference, FLOATS);
});
