// Predictions of the perceptrons that bench/peers/int8_calls.py writes, in float32 and in 8 bits, by boreal on BOREAL_NUM_THREADS
// threads, in turns:
//   node int8-rows.mjs SECONDS FOLDER
// Prints [{ net, engine, rate: rows a second }].
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importONNX, Matrix } from '../../dist/index.js';
import { randomValues } from '../peers/npm.mjs';

const [seconds, folder] = [Number(process.argv[2]), process.argv[3]];
const ROWS = 1024;
const WIDTHS = { wide: 1024, digits: 784 };

const rows = Object.entries(WIDTHS).flatMap(([net, width]) => {
  const model = importONNX(readFileSync(join(folder, `${net}.onnx`)));
  const x = Matrix.from(
    randomValues(4, ROWS * width).map((v) => Math.abs(v)),
    [ROWS, width],
    'float32',
  );
  const plan = model.compile({ precision: 'float32' });
  const plans = {
    'boreal float32': plan,
    'boreal int8 dynamic': plan.quantize(),
    'boreal int8 static': plan.quantize({ calibrate: x, maxLoss: null }),
  };
  const out = plan.runSync(x);
  const least = {};
  for (const start = performance.now(); performance.now() - start < 3000 * seconds; ) {
    for (const [engine, each] of Object.entries(plans)) {
      const before = performance.now();
      each.runSync(x, out);
      least[engine] = Math.min(least[engine] ?? Infinity, performance.now() - before);
    }
  }
  return Object.entries(least).map(([engine, ms]) => ({ net, engine, rate: (1000 * ROWS) / ms }));
});
console.log(JSON.stringify({ rows }));
