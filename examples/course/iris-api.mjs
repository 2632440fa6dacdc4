// An API for irises: train, save, load, serve, ask. Needs `npm run build`; then: node examples/course/iris-api.mjs [folder]
import { mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accuracyScore, load, loadIris, RandomForestClassifier, trainTestSplit } from 'boreal';
import { serve } from 'boreal/serve';

const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'boreal-course-')));
await mkdir(folder, { recursive: true });

// A table with names, so that clients may ask by name, and labels that people read.
const { data, target, featureNames, targetNames } = loadIris();
const names = featureNames.map((name) => name.replace(' (cm)', '').replace(' ', '_'));
const flowers = Object.fromEntries(names.map((name, j) => [name, data.columns([j]).data]));
const species = Array.from(target, (label) => targetNames[label]);
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(flowers, species, {
  testSize: 0.2,
  randomState: 42,
  stratify: species,
});

const forest = await new RandomForestClassifier({ nEstimators: 100, randomState: 42 }).fit(XTrain, yTrain);
console.log(
  `Accuracy on ${yTest.length} flowers held out: ${accuracyScore(yTest, await forest.predict(XTest)).toFixed(3)}`,
);

const path = join(folder, 'iris.boreal');
await forest.save(path);
console.log(`Saved: ${Math.round((await stat(path)).size / 1024)} KB`);

const server = await serve(await load(path), { port: 0, handleSignals: false });
const post = async (route, body) => {
  const response = await fetch(server.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
try {
  const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
  console.log(
    `curl ${server.url}/predict -H 'content-type: application/json' -d '${JSON.stringify(flower)}'`,
  );
  const one = await post('/predict', flower);
  console.log('One flower:', one.body.prediction, one.body.probabilities);
  const batch = await post('/predict_batch', [flower, { ...flower, petal_length: 5.1, petal_width: 2.1 }]);
  console.log('Two flowers:', batch.body.predictions);
  const wrong = await post('/predict', { ...flower, petal_width: 'wide' });
  console.log('A mistake:', wrong.status, wrong.body.code);
} finally {
  await server.close();
}
