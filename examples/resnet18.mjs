/**
 * Names what is in a picture by ResNet-18, in float32 and in 8-bit arithmetic. Its weights are made here by a seed, so that the names mean
 * nothing; real ones, of torchvision or of the ONNX model zoo, come from a file:
 *
 *   node examples/resnet18.mjs [weights.safetensors | model.onnx] [picture.jpg]
 *
 * The package sharp decodes and resizes pictures.
 */
import { readFile } from 'node:fs/promises';
import { importONNX, importSafetensors, Matrix, readImages } from 'boreal';
import { manualSeed, quantizeStatic } from 'boreal/nn';
import { ResNet18 } from './nn/resnet18.mjs';

const [weights, picture] = process.argv.slice(2);
const inputShape = [3, 224, 224];

// The network: from 3 x 224 x 224 numbers to a score for each of 1,000 classes.
async function load() {
  if (weights?.endsWith('.onnx')) return importONNX(await readFile(weights));
  manualSeed(0);
  const network = new ResNet18();
  if (weights !== undefined) network.loadStateDict(importSafetensors(await readFile(weights)));
  return network;
}
const network = await load();
const isModule = network instanceof ResNet18;
const plan = network.compile(isModule ? { inputShape } : { precision: 'float32' });
console.log(plan.explain());

// Pictures: their middles, as torchvision's models are trained on. One to look at, and others for their ranges and to compare.
function drawn(k) {
  const hue = (137 * k) % 360;
  const [x, y, size] = [120 + ((97 * k) % 400), 100 + ((61 * k) % 280), 40 + ((53 * k) % 150)];
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
    <rect width="640" height="480" fill="hsl(${hue}, 50%, 60%)"/>
    <circle cx="${x}" cy="${y}" r="${size}" fill="hsl(${hue + 120}, 80%, 50%)"/>
    <rect x="${y}" y="${x / 2}" width="${size}" height="${2 * size}" fill="hsl(${hue + 240}, 90%, 30%)"/></svg>`);
}
const read = (files) =>
  readImages(files, {
    ...{ width: 224, height: 224, resize: 256, colour: 'rgb', layout: 'nchw', kernel: 'linear' },
    ...{ scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  });
const one = await read([picture === undefined ? drawn(0) : await readFile(picture)]);
const calibration = await read(Array.from({ length: 4 }, (_, k) => drawn(k + 1)));
const others = await read(Array.from({ length: 8 }, (_, k) => drawn(k + 5)));

// What it sees.
const topOf = (scores) => [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
const scores = plan.runSync(one).data;
for (const k of topOf(scores).slice(0, 5)) console.log(`class ${k}: score ${scores[k].toFixed(4)}`);

// The same network with weights and values of 8 bits.
const small = await quantizeStatic(network, calibration, {
  ...(isModule ? { inputShape } : {}),
  ...{ method: 'minMax', maxLoss: null },
});
const int8 = small.compile({ precision: 'float32' });

// How large they are, how long a picture takes, and whether they agree.
const milliseconds = (compiled, rows) => {
  const best = Array.from({ length: 5 }, () => {
    const before = performance.now();
    compiled.runSync(rows);
    return performance.now() - before;
  });
  return (Math.min(...best) / rows.rows).toFixed(1);
};
for (const [name, compiled] of Object.entries({ float32: plan, int8 })) {
  const times = `${milliseconds(compiled, one)} ms for one picture, ${milliseconds(compiled, others)} ms for each of ${others.rows}`;
  console.log(`${name}: ${times}`);
}
console.log(`weights: ${small.report.bytesBefore} bytes in float32, ${small.report.bytesAfter} in int8`);
const classes = (compiled) =>
  compiled
    .runSync(others)
    .toArray()
    .map((row) => topOf(row)[0]);
const [plain, coded] = [classes(plan), classes(int8)];
const same = plain.filter((k, i) => k === coded[i]).length;
console.log(`the first of all classes is the same for ${same} of ${plain.length} pictures`);

// A picture means the same among others.
const among = new Matrix(Float32Array.from([...others.data, ...one.data]), others.rows + 1, one.cols);
const last = plan.runSync(among).toArray().at(-1);
if (!last.every((score, k) => score === scores[k])) process.exitCode = 1;
