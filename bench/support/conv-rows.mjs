// Predictions of the convolutional networks that bench/peers/conv_calls.py writes, by boreal on BOREAL_NUM_THREADS threads:
//   node conv-rows.mjs SECONDS FOLDER
// Prints [{ net, batch, rate: rows a second }] and the rate of a product of 1024 x 1024, in floating-point operations a second.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importONNX, Matrix } from '../../dist/index.js';
import { randomValues } from '../peers/npm.mjs';

const [seconds, folder] = [Number(process.argv[2]), process.argv[3]];
const WIDTHS = { digits: 28 * 28, resnet18: 3 * 224 * 224 };

function best(run) {
  let least = Infinity;
  run();
  for (const start = performance.now(); performance.now() - start < 1000 * seconds; ) {
    const before = performance.now();
    run();
    least = Math.min(least, performance.now() - before);
  }
  return least / 1000;
}

const random = (seed, rows, cols) => Matrix.from(randomValues(seed, rows * cols), [rows, cols], 'float32');
const [a, b, c] = [1, 2, 3].map((seed) => random(seed, 1024, 1024));
const product = (2 * 1024 ** 3) / best(() => a.matmul(b, { out: c }));
const rows = Object.entries(WIDTHS).flatMap(([net, width]) => {
  const plan = importONNX(readFileSync(join(folder, `${net}.onnx`))).compile({ precision: 'float32' });
  return [1, 32].map((batch) => {
    const x = random(4, batch, width);
    const out = plan.runSync(x);
    return { net, batch, rate: batch / best(() => plan.runSync(x, out)) };
  });
});
console.log(JSON.stringify({ product, rows }));
