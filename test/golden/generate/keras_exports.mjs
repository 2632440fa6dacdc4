/**
 * models/export-keras-*: networks of boreal's, trained a little, and the `.keras` files that it writes of them. Run it after
 * `npm run build`, then keras_files.py, which asks Keras about them.
 */
import { writeFileSync } from 'node:fs';
import { exportKeras, loadDiabetes, loadDigits, loadIris, loadWine } from '../../../dist/index.js';
import * as nn from '../../../dist/nn/index.js';

const fit = { epochs: 1, batchSize: 16, shuffle: false, verbose: 0 };
const standardised = ({ data }) => {
  const rows = data.toArray();
  const mean = rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const spread = rows[0].map((_, j) =>
    Math.sqrt(rows.reduce((sum, row) => sum + (row[j] - mean[j]) ** 2, 0) / rows.length),
  );
  return rows.map((row) => row.map((v, j) => (v - mean[j]) / spread[j]));
};
const train = (values) => values.filter((_, i) => i % 4 !== 3).slice(0, 64);

async function write(name, set, layers, compile, { inputShape = null, scale = 1, raw = false } = {}) {
  const X = train(raw ? set.data.toArray() : standardised(set));
  const y = train([...set.target]).map((v) => v / scale);
  const model = new nn.Sequential(layers, { randomState: 7, inputShape });
  model.compile(compile);
  await model.fit(X, y, fit);
  writeFileSync(new URL(`../models/export-keras-${name}.keras`, import.meta.url), await exportKeras(model));
}

await write(
  'iris',
  loadIris(),
  [
    nn.dense(6, { activation: { type: 'leakyRelu', alpha: 0.1 }, kernelRegularizer: nn.l1l2(0.01, 0.02) }),
    nn.activation({ type: 'elu', alpha: 0.5 }),
    nn.dense(5, { activation: 'selu', kernelInitializer: nn.orthogonal({ gain: 2 }), useBias: false }),
    nn.dense(3, { activation: 'softmax', biasInitializer: nn.constant(0.1) }),
  ],
  {
    optimizer: nn.adam({
      learningRate: nn.cosineDecay({ initialLearningRate: 0.01, decaySteps: 50 }),
      amsgrad: true,
    }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy', { type: 'sparseTopKCategoricalAccuracy', k: 2 }],
  },
);
await write(
  'digits',
  loadDigits(),
  [
    nn.conv2d(4, 3, { padding: 'same', strides: 2, activation: 'hardSilu' }),
    nn.batchNorm({ momentum: 0.9 }),
    nn.maxPool2d(2, { padding: 'same', strides: 1 }),
    nn.conv2d(4, [2, 3], { groups: 2, padding: 'same', activation: 'logSoftmax' }),
    nn.avgPool2d(3, { strides: 1, padding: 'same' }),
    nn.layerNorm(),
    nn.globalAvgPool(),
    nn.dense(10, { trainable: false }),
  ],
  {
    optimizer: nn.rmsprop({ momentum: 0.5, centered: true, clipNorm: 1 }),
    loss: nn.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: [],
  },
  { inputShape: [8, 8, 1], raw: true },
);
await write(
  'diabetes',
  loadDiabetes(),
  [nn.reshape([5, -1]), nn.flatten(), nn.dropout(0), nn.dense(8, { activation: 'gelu' }), nn.dense(1)],
  {
    optimizer: nn.sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01, clipValue: 0.5 }),
    loss: nn.huber({ delta: 0.7 }),
    metrics: ['mae', 'r2Score', 'rmse', 'mape', 'cosineSimilarity'],
  },
  { scale: 100 },
);
await write(
  'wine',
  { ...loadWine(), target: [...loadWine().target].map((v) => Number(v > 0)) },
  [nn.dense(4, { activation: 'softsign' }), nn.dense(1, { activation: 'sigmoid' })],
  {
    optimizer: nn.adagrad({
      learningRate: nn.piecewiseConstant([3, 6], [0.1, 0.05, 0.01]),
      initialAccumulatorValue: 0.2,
    }),
    loss: nn.binaryCrossentropy({ labelSmoothing: 0.1 }),
    metrics: ['auc', { type: 'precision', threshold: 0.4 }, 'recall', 'f1Score', 'binaryAccuracy'],
  },
);
