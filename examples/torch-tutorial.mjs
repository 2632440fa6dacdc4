/**
 * PyTorch's quickstart (https://pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html), line by line, on the
 * handwritten digits that come with boreal. What differs is written behind the lines.
 *
 *   node examples/torch-tutorial.mjs
 */
import { loadDigits } from 'boreal';
import {
  crossEntropyLoss,
  DataLoader,
  Flatten,
  Linear,
  Module,
  manualSeed,
  noGrad,
  ReLU,
  SequentialModule,
  SGD,
  TensorDataset,
  tensor,
} from 'boreal/nn';

manualSeed(0);

// Working with data
const { data, target } = loadDigits();
const pixels = tensor(data).div(16).reshape([-1, 1, 8, 8]);
const labels = tensor(target);
const trainingData = new TensorDataset(pixels.slice(0, 1400), labels.slice(0, 1400));
const testData = new TensorDataset(pixels.slice(1400), labels.slice(1400));

const batchSize = 64;
const trainDataloader = new DataLoader(trainingData, { batchSize, shuffle: true });
const testDataloader = new DataLoader(testData, { batchSize });

for await (const [X, y] of testDataloader) {
  console.log(`Shape of X [N, C, H, W]: [${X.shape}]`);
  console.log(`Shape of y: [${y.shape}]`);
  break;
}

// Creating models
class NeuralNetwork extends Module {
  flatten = new Flatten();
  linearReluStack = new SequentialModule(
    new Linear(8 * 8, 128),
    new ReLU(),
    new Linear(128, 128),
    new ReLU(),
    new Linear(128, 10),
  );

  forward(x) {
    x = this.flatten.forward(x);
    const logits = this.linearReluStack.forward(x);
    return logits;
  }
}
const model = new NeuralNetwork();

// Optimizing the model parameters
const lossFn = crossEntropyLoss;
const optimizer = new SGD(model.parameters(), { lr: 0.1 });

async function train(dataloader, model, lossFn, optimizer) {
  const size = dataloader.dataset.length;
  model.train();
  let batch = 0;
  for await (const [X, y] of dataloader) {
    // Compute prediction error
    const pred = model.forward(X);
    const loss = lossFn(pred, y);

    // Backpropagation
    await loss.backward(); // forward and backward run here, off the event loop
    await optimizer.step();
    optimizer.zeroGrad();

    if (batch++ % 10 === 0) {
      const current = batch * X.shape[0];
      console.log(`loss: ${loss.item().toFixed(6)}  [${String(current).padStart(5)}/${size}]`);
    }
  }
}

async function test(dataloader, model, lossFn) {
  const size = dataloader.dataset.length;
  const numBatches = dataloader.length;
  model.eval();
  let testLoss = 0;
  let correct = 0;
  await noGrad(async () => {
    for await (const [X, y] of dataloader) {
      const pred = model.forward(X);
      testLoss += lossFn(pred, y).item();
      correct += pred.argmax(1).eq(y).sum().item();
    }
  });
  testLoss /= numBatches;
  correct /= size;
  console.log(`Test Error:\n Accuracy: ${(100 * correct).toFixed(1)}%, Avg loss: ${testLoss.toFixed(6)}\n`);
  return correct;
}

const epochs = 20;
let accuracy = 0;
for (let t = 0; t < epochs; t++) {
  console.log(`Epoch ${t + 1}\n-------------------------------`);
  await train(trainDataloader, model, lossFn, optimizer);
  accuracy = await test(testDataloader, model, lossFn);
}
console.log('Done!');

// Saving and loading models
const saved = structuredClone(model.stateDict());
const loaded = new NeuralNetwork();
loaded.loadStateDict(saved);
loaded.eval();
const [x, y] = testData.at(0);
const predicted = noGrad(() => loaded.forward(x.unsqueeze(0)).argmax(1).item());
console.log(`Predicted: "${predicted}", Actual: "${y.item()}"`);
if (accuracy < 0.85) process.exitCode = 1;
