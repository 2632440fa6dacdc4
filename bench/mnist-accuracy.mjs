/**
 * What 784-128-64-10 with dropout learns of MNIST's 10,000 test digits (8,000 to train on, 2,000 to test on), in boreal and in
 * PyTorch: the test accuracy of five seeds of each. Not a benchmark of speed; run it by hand:
 *
 *   BOREAL_PEER_PYTHON=python node bench/mnist-accuracy.mjs
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adam, dense, dropout, Sequential } from 'boreal/nn';
import { loadMnist, mnistFolder } from './support/mnist.mjs';

const SEEDS = [0, 1, 2, 3, 4];
const EPOCHS = 20;
const BATCH = 64;

if (mnistFolder === null) {
  console.log('There are no MNIST files: set BOREAL_DATA.');
  process.exit(0);
}
const { train, test } = loadMnist();

async function ours(randomState) {
  const model = new Sequential(
    [
      ...[dense(128, { activation: 'relu' }), dropout(0.2), dense(64, { activation: 'relu' }), dropout(0.2)],
      dense(10, { activation: 'softmax' }),
    ],
    { randomState },
  );
  model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  await model.fit(train.x, train.y, { epochs: EPOCHS, batchSize: BATCH, verbose: 0 });
  return (await model.evaluate(test.x, test.y)).accuracy;
}

const summary = (name, values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(
    `${name}: mean ${(100 * mean).toFixed(2)} % of ${values.map((v) => (100 * v).toFixed(2)).join(', ')}`,
  );
};

const found = [];
for (const seed of SEEDS) found.push(await ours(seed));
summary('boreal', found);
const python = process.env.BOREAL_PEER_PYTHON;
if (python !== undefined) {
  const peer = fileURLToPath(new URL('./peers/mnist_torch.py', import.meta.url));
  const args = [peer, mnistFolder, String(EPOCHS), String(BATCH), ...SEEDS.map(String)];
  summary('PyTorch', JSON.parse(execFileSync(python, args, { encoding: 'utf8' })));
}
