/**
 * Fits on the GPU, against the CPU: a network at batch 1024 (the peers' is in peers.py), k-means, principal components, a forest. A line of JSON
 * for each; part of the bundle of scripts/cuda-bundle.mjs. `--small` takes small shapes, for a try on the emulation.
 */
import { attempt } from './lines.mjs';
import { KMeans, Matrix, PCA, RandomForestClassifier } from './package/dist/index.js';
import { dense, Sequential } from './package/dist/nn/index.js';

const small = process.argv.includes('--small');
const random = (length) => Float32Array.from({ length }, () => Math.random() * 2 - 1);

/** Milliseconds of each epoch but the first, which also places the rows and records the step: the median. */
async function epochMs(X, y, device, epochs) {
  const network = new Sequential([
    dense(128, { activation: 'relu' }),
    dense(64, { activation: 'relu' }),
    dense(10, { activation: 'softmax' }),
  ]).compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const times = [];
  let begin = 0;
  const watch = {
    onEpochBegin: () => {
      begin = performance.now();
    },
    onEpochEnd: () => {
      times.push(performance.now() - begin);
    },
  };
  await network.fit(X, y, { device, epochs, batchSize: 1024, verbose: 0, callbacks: [watch] });
  return times.slice(1).sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)];
}

async function fitMs(model, X, device, y) {
  const begin = performance.now();
  await model.fit(X, y, { device });
  return performance.now() - begin;
}

// The second goes through a step as a whole, the first but for its first layer.
const rows = small ? 64 : 60_000;
const labels = Array.from({ length: rows }, (_, i) => i % 10);
for (const [name, inputs] of [
  ['mlp epoch', 784],
  ['narrow mlp epoch', 128],
]) {
  const images = new Matrix(random(rows * inputs), rows, inputs);
  await attempt(name, async () => ({
    ...{ layers: `${inputs}-128-64-10`, rows, batch: 1024 },
    gpuMs: await epochMs(images, labels, 'cuda', small ? 2 : 12),
    cpuMs: await epochMs(images, labels, 'cpu', small ? 2 : 3),
  }));
}

const many = small ? 500 : 1_000_000;
const X = new Matrix(random(many * 28), many, 28);
for (const [name, make] of [
  ['k-means, 20 iterations', () => new KMeans({ nClusters: 10, maxIter: 20, tol: 0, randomState: 0 })],
  ['components', () => new PCA({ nComponents: 10, svdSolver: 'covarianceEigh' })],
]) {
  await attempt(name, async () => {
    await fitMs(make(), X, 'cuda'); // warms up
    return {
      ...{ rows: many, cols: 28 },
      gpuMs: await fitMs(make(), X, 'cuda'),
      cpuMs: await fitMs(make(), X, 'cpu'),
    };
  });
}
const noisy = Array.from({ length: many }, (_, i) =>
  X.data[28 * i] * X.data[28 * i + 1] + X.data[28 * i + 2] + Math.random() > 0.5 ? 1 : 0,
);
const forest = { nEstimators: small ? 2 : 32, maxBins: 255, randomState: 0 };
await attempt('forest on 255 bins', async () => ({
  ...{ rows: many, cols: 28, trees: forest.nEstimators },
  gpuMs: await fitMs(new RandomForestClassifier(forest), X, 'cuda', noisy),
  cpuMs: await fitMs(new RandomForestClassifier(forest), X, 'cpu', noisy),
}));
