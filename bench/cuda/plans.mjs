/** Models from JavaScript on the GPU, against the CPU; prints JSON. Part of the bundle of scripts/cuda-bundle.mjs. */
import {
  devices,
  HistGradientBoostingClassifier,
  loadDigits,
  RandomForestClassifier,
} from './package/dist/index.js';
import { MLPClassifier } from './package/dist/nn/index.js';

const { data, target } = loadDigits();
const models = [
  new RandomForestClassifier({ nEstimators: 50, randomState: 0 }),
  new HistGradientBoostingClassifier({ maxIter: 30, randomState: 0 }),
  new MLPClassifier({ hiddenLayerSizes: [64, 32], maxIter: 20, randomState: 0 }),
];
const results = [];
for (const model of models) {
  await model.fit(data, target);
  const options = { precision: 'float32', output: 'proba' };
  const cpu = model.compile({ ...options, device: 'cpu' }).runSync(data).data;
  const gpu = (await model.compile({ ...options, device: 'cuda' }).run(data)).data;
  const largest = cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - gpu[i])), 0);
  results.push({
    model: model.constructor.name,
    rows: data.rows,
    largestDifference: largest,
    same: largest === 0,
  });
}
const boosting = new HistGradientBoostingClassifier({ maxIter: 30, randomState: 0 });
const [onCpu, onGpu] = [
  await boosting.clone().fit(data, target),
  await boosting.clone().fit(data, target, { device: 'cuda' }),
];
results.push({
  model: 'training HistGradientBoostingClassifier',
  same: Buffer.compare(onCpu.toBytes(), onGpu.toBytes()) === 0,
});
console.log(JSON.stringify({ devices: devices(), results }));
// Trees have the CPU's bits, a network's activations other last ones.
const right = ({ model, same, largestDifference }) =>
  model.includes('MLP') ? largestDifference <= 1e-4 : same;
process.exitCode = results.every(right) ? 0 : 1;
