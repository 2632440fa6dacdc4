/**
 * TensorFlow's quickstart for beginners (https://www.tensorflow.org/tutorials/quickstart/beginner), line by line, on the
 * handwritten digits that come with boreal. What differs is written behind the lines.
 *
 *   node examples/keras-tutorial.mjs
 */
import { loadDigits } from 'boreal';
import { dense, dropout, flatten, input, Sequential, sparseCategoricalCrossentropy } from 'boreal/nn';

// Load a dataset
const { data, target } = loadDigits(); // MNIST: 28 x 28 pixels of 0 to 255; these are 8 x 8 of 0 to 16
const pixels = data.scale(1 / 16);
const samples = (from, to) => ({ data: pixels.slice(from, to).data, shape: [to - from, 8, 8] });
const [xTrain, yTrain] = [samples(0, 1400), target.slice(0, 1400)];
const [xTest, yTest] = [samples(1400, 1797), target.slice(1400)];

// Build a machine learning model
const model = new Sequential(
  [input([8, 8]), flatten(), dense(128, { activation: 'relu' }), dropout(0.2), dense(10)],
  { randomState: 0 }, // tf.random.set_seed(0)
);
console.log(model.summary());

model.build(); // Keras does it when it sees the input
const first = { data: xTrain.data.slice(0, 64), shape: [1, 8, 8] }; // x_train[:1]
let predictions = await model.predict(first); // model(x_train[:1]).numpy()
console.log(
  'logits',
  predictions
    .toArray()[0]
    .map((value) => value.toFixed(2))
    .join(' '),
);
console.log(
  'softmax',
  predictions
    .softmax()
    .toArray()[0]
    .map((value) => value.toFixed(2))
    .join(' '),
);

const lossFn = sparseCategoricalCrossentropy({ fromLogits: true });
model.compile({ optimizer: 'adam', loss: lossFn, metrics: ['accuracy'] });
const untrained = await model.evaluate(first, yTrain.slice(0, 1)); // loss_fn(y_train[:1], predictions).numpy()
console.log(`loss before training: ${untrained.loss.toFixed(2)}, about -log(1/10) = 2.30`);

// Train and evaluate your model
await model.fit(xTrain, yTrain, { epochs: 30 }); // 5 epochs of 60,000 rows in the original
const { loss, accuracy } = await model.evaluate(xTest, yTest); // verbose=2: here evaluate writes nothing
console.log(`test loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}`);

// probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()]); probability_model(x_test[:5])
predictions = await model.predictProba({ data: xTest.data.slice(0, 5 * 64), shape: [5, 8, 8] });
console.log(`the first five: ${predictions.argmax(1)}, and were ${yTest.slice(0, 5)}`);
if (accuracy < 0.9) process.exitCode = 1;
