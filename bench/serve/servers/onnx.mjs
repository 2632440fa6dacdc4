// scikit-learn's forest in onnxruntime-node, behind Fastify. onnx.mjs FILE
import { createRequire } from 'node:module';
import Fastify from 'fastify';

const require = createRequire(new URL('../../peers/package.json', import.meta.url));
const { InferenceSession, Tensor } = require('onnxruntime-node');
// One row is too little work for more than one thread.
const session = await InferenceSession.create(process.argv[2], { intraOpNumThreads: 1 });
const names = ['setosa', 'versicolor', 'virginica'];
const app = Fastify();
app.post('/predict', async (request) => {
  const { features } = request.body;
  const feeds = { input: new Tensor('float32', Float32Array.from(features), [1, features.length]) };
  const { label, probabilities } = await session.run(feeds);
  return {
    prediction: names[Number(label.data[0])],
    probabilities: Object.fromEntries(names.map((name, i) => [name, probabilities.data[i]])),
  };
});
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
process.once('SIGTERM', () => app.close());
