/**
 * A small convolutional network on handwritten digits: those that come with boreal (8 x 8), or the 10,000 of MNIST's test
 * set (28 x 28), 8,000 to learn from and 2,000 to be judged by, from a folder with t10k-images-idx3-ubyte.gz and
 * t10k-labels-idx1-ubyte.gz.
 *
 *   node examples/cnn.mjs [folder]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { loadDigits } from 'boreal';
import {
  Adam,
  BatchNorm2d,
  Conv2d,
  CosineAnnealingLR,
  crossEntropyLoss,
  DataLoader,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  manualSeed,
  noGrad,
  ReLU,
  SequentialModule,
  TensorDataset,
  tensor,
} from 'boreal/nn';

const folder = process.argv[2];

async function readDigits() {
  if (folder === undefined) {
    const { data, target } = loadDigits();
    return { side: 8, train: 1400, images: tensor(data).div(16), labels: tensor(target) };
  }
  const read = async (name) => promisify(gunzip)(await readFile(join(folder, `${name}.gz`)));
  const images = (await read('t10k-images-idx3-ubyte')).subarray(16); // after the header
  const labels = (await read('t10k-labels-idx1-ubyte')).subarray(8);
  return { side: 28, train: 8000, images: tensor(images).div(255), labels: tensor(labels) };
}

manualSeed(0);
const { side, train, images, labels } = await readDigits();
const X = images.reshape([-1, 1, side, side]);
const [trainX, testX] = [X.slice(0, train), X.slice(train)];
const [trainY, testY] = [labels.slice(0, train), labels.slice(train)];

const flat = 32 * Math.floor(side / 4) ** 2;
const model = new SequentialModule(
  ...[new Conv2d(1, 16, 3, { padding: 1 }), new BatchNorm2d(16), new ReLU(), new MaxPool2d(2)],
  ...[new Conv2d(16, 32, 3, { padding: 1 }), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2)],
  ...[new Flatten(), new Dropout(0.3), new Linear(flat, 64), new ReLU(), new Linear(64, 10)],
);

const epochs = 6;
const optimizer = new Adam(model.parameters(), { lr: 3e-3 });
const schedule = new CosineAnnealingLR(optimizer, epochs);
const loader = new DataLoader(new TensorDataset(trainX, trainY), { batchSize: 64, shuffle: true });

async function accuracy() {
  model.eval();
  const right = await noGrad(() => model.forward(testX).argmax(1).eq(testY).mean().evaluate());
  model.train();
  return right.item();
}

let score = 0;
for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0;
  const started = performance.now();
  for await (const [x, y] of loader) {
    optimizer.zeroGrad();
    const loss = crossEntropyLoss(model.forward(x), y);
    await loss.backward();
    await optimizer.step();
    sum += loss.item();
  }
  schedule.step();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  score = await accuracy();
  console.log(
    `epoch ${epoch}: loss ${(sum / loader.length).toFixed(4)}, accuracy ${(100 * score).toFixed(2)} %, ${seconds} s`,
  );
}
if (score < 0.9) process.exitCode = 1;
