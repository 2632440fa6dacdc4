/**
 * What 784-128-64-10 with dropout learns of MNIST's 10,000 test digits (8,000 to train on, 2,000 to test on), in boreal and in
 * PyTorch: the test accuracy of five seeds of each; and what it, and a small convolutional network, keep of it in 8 bits. Not a
 * benchmark of speed; run it by hand:
 *
 *   BOREAL_PEER_PYTHON=python node bench/mnist-accuracy.mjs
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  activation,
  adam,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  maxPool2d,
  quantizeDynamic,
  quantizeStatic,
  Sequential,
} from 'boreal/nn';
import { loadMnist, mnistFolder } from './support/mnist.mjs';

const SEEDS = [0, 1, 2, 3, 4];
const EPOCHS = 20;
const BATCH = 64;

if (mnistFolder === null) {
  console.log('There are no MNIST files: set BOREAL_DATA.');
  process.exit(0);
}
const { train, test } = loadMnist();

const relu = { activation: 'relu' };
const perceptron = () => [
  ...[dense(128, relu), dropout(0.2), dense(64, relu), dropout(0.2)],
  dense(10, { activation: 'softmax' }),
];
const convolutions = () => [
  ...[input([28, 28, 1]), conv2d(16, 3), batchNorm(), activation('relu'), maxPool2d(2)],
  ...[conv2d(32, 3, relu), maxPool2d(2), flatten(), dropout(0.3), dense(64, relu)],
  dense(10, { activation: 'softmax' }),
];

async function ours(layers, randomState, epochs) {
  const model = new Sequential(layers, { randomState });
  model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  await model.fit(train.x, train.y, { epochs, batchSize: BATCH, verbose: 0 });
  return model;
}

/** The accuracy of a model, and of two models of 8 bits made of it; ranges are those of 1,000 digits that it was trained on. */
async function inEightBits(model) {
  const rows = 1000;
  const some = { ...train.x, data: train.x.data.slice(0, rows * train.x.cols), rows };
  const models = [model, await quantizeDynamic(model)];
  models.push(await quantizeStatic(model, some, { y: train.y.slice(0, rows) }));
  return Promise.all(models.map((each) => each.score(test.x, test.y)));
}

const summary = (name, values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(
    `${name}: mean ${(100 * mean).toFixed(2)} % of ${values.map((v) => (100 * v).toFixed(2)).join(', ')}`,
  );
};

const models = [];
for (const seed of SEEDS) models.push(await ours(perceptron(), seed, EPOCHS));
const found = await Promise.all(models.map((model) => inEightBits(model)));
for (const [k, name] of ['boreal', 'boreal, int8 dynamic', 'boreal, int8 static'].entries())
  summary(
    name,
    found.map((scores) => scores[k]),
  );
const small = await inEightBits(await ours(convolutions(), 0, 8));
for (const [k, name] of ['convolutions', 'convolutions, int8 dynamic', 'convolutions, int8 static'].entries())
  summary(name, [small[k]]);
const python = process.env.BOREAL_PEER_PYTHON;
if (python !== undefined) {
  const peer = fileURLToPath(new URL('./peers/mnist_torch.py', import.meta.url));
  const args = [peer, mnistFolder, String(EPOCHS), String(BATCH), ...SEEDS.map(String)];
  summary('PyTorch', JSON.parse(execFileSync(python, args, { encoding: 'utf8' })));
}
