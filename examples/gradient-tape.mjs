/**
 * TensorFlow's guide to training loops (https://www.tensorflow.org/guide/basic_training_loops), line by line: a line is
 * fitted to noisy points with GradientTape.
 *
 *   node examples/gradient-tape.mjs
 */
import { gradientTape, Module, manualSeed, noGrad, SGD, Tensor, tensor } from 'boreal/nn';

manualSeed(0);

// The actual line
const TRUE_W = 3.0;
const TRUE_B = 2.0;
const NUM_EXAMPLES = 201;

// A vector of random x values, and of noise
const x = Tensor.linspace(-2, 2, NUM_EXAMPLES);
const noise = Tensor.randn([NUM_EXAMPLES]);
const f = (x) => x.mul(TRUE_W).add(TRUE_B);
const y = f(x).add(noise);

// Define the model
class MyModel extends Module {
  // In practice, these should be initialized to random values
  w = tensor(5.0, { requiresGrad: true }); // tf.Variable(5.0)
  b = tensor(0.0, { requiresGrad: true });

  forward(x) {
    return this.w.mul(x).add(this.b);
  }
}
const model = new MyModel();
const variables = [model.w, model.b];

// This computes a single loss value for an entire batch
const loss = (targetY, predictedY) => targetY.sub(predictedY).square().mean();

// Given a callable model, inputs, outputs, and a learning rate...
async function train(model, x, y, learningRate) {
  const t = gradientTape(() => loss(y, model.forward(x))); // the loss is t.value

  // Use GradientTape to calculate the gradients with respect to W and b
  const [dw, db] = t.gradient(t.value, [model.w, model.b]);

  // Subtract the gradient scaled by the learning rate
  await noGrad(async () => {
    model.w.copyFrom(model.w.sub(dw.mul(learningRate))); // w.assign_sub(...)
    model.b.copyFrom(model.b.sub(db.mul(learningRate)));
    await model.w.evaluate();
    await model.b.evaluate();
  });
}

const report = (model, loss) =>
  `W = ${model.w.item().toFixed(2)}, b = ${model.b.item().toFixed(2)}, loss=${loss.item().toFixed(5)}`;

console.log('Starting:');
console.log('    ', report(model, loss(y, model.forward(x))));
for (let epoch = 0; epoch < 10; epoch++) {
  await train(model, x, y, 0.1);
  console.log(`Epoch ${String(epoch).padStart(2)}:`, report(model, loss(y, model.forward(x))));
}

// The same with an optimizer: optimizer.apply_gradients(zip(gradients, variables))
const optimizer = new SGD(variables, { lr: 0.1 });
for (let epoch = 0; epoch < 20; epoch++) {
  const tape = gradientTape(() => loss(y, model.forward(x)));
  const gradients = tape.gradient(tape.value, variables);
  await optimizer.applyGradients(gradients.map((gradient, i) => [gradient, variables[i]]));
}
console.log('With an optimizer:', report(model, loss(y, model.forward(x))));
if (Math.abs(model.w.item() - TRUE_W) > 0.2 || Math.abs(model.b.item() - TRUE_B) > 0.3) process.exitCode = 1;
