/**
 * Models from JavaScript on the GPU, against the CPU: a line of JSON for each. `--small` has little data, for a try on the emulation. Part
 * of the bundle of scripts/cuda-bundle.mjs.
 */

import { attempt, report } from './lines.mjs';
import {
  devices,
  HistGradientBoostingClassifier,
  loadDigits,
  RandomForestClassifier,
} from './package/dist/index.js';
import { MLPClassifier } from './package/dist/nn/index.js';

report({ name: 'devices', ...devices() });
const isSmall = process.argv.includes('--small');
const digits = loadDigits();
const rows = isSmall ? 150 : digits.data.rows;
const [data, target] = [digits.data.slice(0, rows), digits.target.slice(0, rows)];
const boosting = new HistGradientBoostingClassifier({ maxIter: isSmall ? 2 : 30, randomState: 0 });
// Trees have the CPU's bits; activations, and the softmax of probabilities, have other last ones.
const models = [
  [new RandomForestClassifier({ nEstimators: 50, randomState: 0 }), 'proba', 0],
  [boosting.clone(), 'decision', 0],
  [new MLPClassifier({ hiddenLayerSizes: [64, 32], maxIter: 20, randomState: 0 }), 'proba', 1e-4],
];
for (const [model, output, tolerance] of models) {
  const name = model.constructor.name;
  await attempt(name, async () => {
    await model.fit(data, target);
    const options = { precision: 'float32', output };
    const cpu = model.compile({ ...options, device: 'cpu' }).runSync(data).data;
    const plan = await model.compileAsync({ ...options, device: 'cuda' });
    const gpu = (await plan.run(data)).data;
    const largestDifference = cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - gpu[i])), 0);
    return { output, rows, largestDifference, well: largestDifference <= tolerance };
  });
}
await attempt('the event loop while CUDA works', async () => {
  let turns = 0;
  const turn = setInterval(() => {
    turns++;
  }, 1);
  await boosting.clone().fit(data, target, { device: 'cuda' });
  clearInterval(turn);
  return { turns, well: turns > 0 };
});
await attempt('training HistGradientBoostingClassifier', async () => {
  const onCpu = await boosting.clone().fit(data, target);
  const onGpu = await boosting.clone().fit(data, target, { device: 'cuda' });
  return { well: Buffer.compare(onCpu.toBytes(), onGpu.toBytes()) === 0 };
});
