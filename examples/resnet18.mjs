/**
 * Names what is in a picture by ResNet-18. Its weights are made here by a seed, so that the names mean nothing; real ones, of
 * torchvision or of the ONNX model zoo, come from a file:
 *
 *   node examples/resnet18.mjs [weights.safetensors | model.onnx] [picture.jpg]
 *
 * The package sharp decodes and resizes pictures.
 */
import { readFile } from 'node:fs/promises';
import { importONNX, importSafetensors, Matrix, readImages } from 'boreal';
import { manualSeed } from 'boreal/nn';
import { ResNet18 } from './nn/resnet18.mjs';

const [weights, picture] = process.argv.slice(2);

// The network: a plan from 3 x 224 x 224 numbers to a score for each of 1,000 classes.
async function compile() {
  if (weights?.endsWith('.onnx')) {
    const model = importONNX(await readFile(weights));
    return model.compile({ precision: 'float32' });
  }
  manualSeed(0);
  const network = new ResNet18();
  if (weights !== undefined) network.loadStateDict(importSafetensors(await readFile(weights)));
  return network.compile({ inputShape: [3, 224, 224] });
}
const plan = await compile();
console.log(plan.explain());

// The picture: its middle, as torchvision's models are trained on.
const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="#48a"/>
  <circle cx="320" cy="240" r="150" fill="#fc3"/></svg>`;
const pixels = await readImages([picture === undefined ? Buffer.from(drawn) : await readFile(picture)], {
  ...{ width: 224, height: 224, resize: 256, colour: 'rgb', layout: 'nchw', kernel: 'linear' },
  ...{ scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
});

// What it sees.
const scores = plan.runSync(pixels);
const top = [...scores.data.keys()].sort((a, b) => scores.data[b] - scores.data[a]).slice(0, 5);
for (const k of top) console.log(`class ${k}: score ${scores.data[k].toFixed(4)}`);

// How long it takes, and that a picture means the same among others.
const milliseconds = (rows) => {
  const best = Array.from({ length: 5 }, () => {
    const before = performance.now();
    plan.runSync(rows);
    return performance.now() - before;
  });
  return Math.min(...best) / rows.rows;
};
const several = new Matrix(new Float32Array(4 * pixels.cols), 4, pixels.cols);
for (let i = 0; i < 4; i++) several.data.set(pixels.data, i * pixels.cols);
const alike = plan.runSync(several).data.subarray(3 * scores.cols);
console.log(
  `${milliseconds(pixels).toFixed(1)} ms for one picture, ${milliseconds(several).toFixed(1)} ms for each of four`,
);
if (!alike.every((score, k) => score === scores.data[k])) process.exitCode = 1;
