/**
 * Keras's example of a small convolutional network (https://keras.io/examples/vision/mnist_convnet), line by line, on the
 * handwritten digits that come with boreal (8 x 8), or on the 10,000 of MNIST's test set (28 x 28), 8,000 to learn from and 2,000
 * to be judged by, from a folder with mnist-t10k-images-idx3-ubyte.gz and mnist-t10k-labels-idx1-ubyte.gz.
 *
 *   node examples/mnist-cnn.mjs [folder]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { loadDigits } from 'boreal';
import { conv2d, dense, dropout, flatten, input, maxPool2d, Sequential } from 'boreal/nn';

const folder = process.argv[2];

// Prepare the data
async function readDigits() {
  if (folder === undefined) {
    const { data, target } = loadDigits();
    return {
      side: 8,
      train: 1400,
      pixels: Float32Array.from(data.data, (value) => value / 16),
      labels: target,
    };
  }
  const read = async (name) => promisify(gunzip)(await readFile(join(folder, `mnist-t10k-${name}-ubyte.gz`)));
  const images = (await read('images-idx3')).subarray(16); // after the header
  const labels = Float64Array.from((await read('labels-idx1')).subarray(8));
  return { side: 28, train: 8000, pixels: Float32Array.from(images, (value) => value / 255), labels };
}

const numClasses = 10;
const { side, train, pixels, labels } = await readDigits();
const inputShape = [side, side, 1];
const part = (from, to) => ({
  data: pixels.slice(from * side * side, to * side * side),
  shape: [to - from, ...inputShape], // np.expand_dims(x, -1)
});
const [xTrain, xTest] = [part(0, train), part(train, labels.length)];
const [yTrain, yTest] = [labels.slice(0, train), labels.slice(train)]; // labels: keras.utils.to_categorical is not needed

// Build the model
const model = new Sequential(
  [
    input(inputShape),
    conv2d(32, 3, { activation: 'relu', padding: 'same' }), // padding: 8 x 8 pixels would be too few without
    maxPool2d(2),
    conv2d(64, 3, { activation: 'relu', padding: 'same' }),
    maxPool2d(2),
    flatten(),
    dropout(0.5),
    dense(numClasses, { activation: 'softmax' }),
  ],
  { randomState: 0 },
);
console.log(model.summary());

// Train the model
const batchSize = folder === undefined ? 16 : 64; // 128 in the original, of 60,000 rows
const epochs = folder === undefined ? 25 : 8;
model.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: 'adam', metrics: ['accuracy'] });
await model.fit(xTrain, yTrain, { batchSize, epochs, validationSplit: 0.1, verbose: 2 });

// Evaluate the trained model
const score = await model.evaluate(xTest, yTest);
console.log(`Test loss: ${score.loss.toFixed(4)}`);
console.log(`Test accuracy: ${score.accuracy.toFixed(4)}`);
if (score.accuracy < (folder === undefined ? 0.94 : 0.97)) process.exitCode = 1;
