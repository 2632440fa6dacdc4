/**
 * models/network-*: networks of boreal's, and the ONNX files that it writes of them. Run it after `npm run build`, then
 * onnx_networks.py, which asks ONNX Runtime about them.
 */
import { writeFileSync } from 'node:fs';
import { exportONNX } from '../../../dist/index.js';
import * as nn from '../../../dist/nn/index.js';

const at = (name) => new URL(`../models/${name}`, import.meta.url);

const images = new nn.Sequential(
  [
    nn.input([8, 7, 2]),
    nn.conv2d(4, 3, { padding: 'same', activation: 'relu' }),
    nn.batchNorm(),
    nn.maxPool2d(2, { padding: 'same' }),
    nn.conv2d(6, [2, 3], { strides: [1, 2], groups: 2, activation: 'gelu', padding: 'same' }),
    nn.avgPool2d(3, { strides: 1, padding: 'same' }),
    nn.layerNorm(),
    nn.dense(4, { activation: 'softmax' }),
    nn.flatten(),
    nn.dense(3, { activation: 'softmax' }),
  ],
  { randomState: 1 },
).build();
const positions = new nn.Sequential(
  [
    nn.input([5]),
    nn.embedding(9, 4),
    nn.dense(5, { activation: 'selu' }),
    nn.globalAvgPool(),
    nn.dropout(0.3),
    nn.dense(2, { activation: 'logSoftmax' }),
  ],
  { randomState: 2 },
).build();

for (const [name, model] of Object.entries({ images, positions })) {
  writeFileSync(at(`network-${name}.boreal`), model.toBytes());
  writeFileSync(at(`network-${name}.onnx`), exportONNX(model));
}
