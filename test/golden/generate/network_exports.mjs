/**
 * models/network-*: networks of boreal's, and the ONNX files that it writes of them. Run it after `npm run build`, then
 * onnx_networks.py, which asks ONNX Runtime about them.
 */
import { writeFileSync } from 'node:fs';
import { exportONNX, exportSafetensors } from '../../../dist/index.js';
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

nn.manualSeed(3);
const module = new nn.SequentialModule(
  new nn.Conv2d(3, 4, 3, { padding: 1 }),
  new nn.BatchNorm2d(4),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(24, 3),
  new nn.Softmax(1),
);
// Statistics that are not 0 and 1.
await module
  .forward(nn.Tensor.randn([8, 3, 6, 5]))
  .sum()
  .backward();
writeFileSync(at('network-module.safetensors'), exportSafetensors(module.stateDict()));
writeFileSync(at('network-module.onnx'), exportONNX(module, { inputShape: [3, 6, 5] }));

const shapes = { images: [8, 7, 2], positions: [5] };
for (const [name, model] of Object.entries({ images, positions })) {
  writeFileSync(at(`network-${name}.boreal`), model.toBytes());
  writeFileSync(at(`network-${name}.onnx`), exportONNX(model, { inputShape: shapes[name] }));
}
