// A thread of forest-host.mjs: for each message, so many milliseconds of rows through the shared plan; answers how many.
import { parentPort, workerData } from 'node:worker_threads';
import { Plan } from '../../dist/index.js';

const { shared, x, cols } = workerData;
const plan = Plan.adopt(shared);
const rows = Array.from({ length: x.length / cols }, (_, i) => x.subarray(i * cols, (i + 1) * cols));
const out = new Float32Array(plan.outputWidth);

parentPort.on('message', (millis) => {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < millis) {
    for (let i = 0; i < 64; i++) plan.runRow(rows[count++ % rows.length], out);
  }
  parentPort.postMessage(count);
});
