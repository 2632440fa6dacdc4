// Parameters by search. Needs `npm run build` and vega, vega-lite, sharp; then: node examples/course/search.mjs [folder]
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  crossValidate,
  GridSearchCV,
  HistGradientBoostingClassifier,
  LogisticRegression,
  loadWine,
  loguniform,
  Pipeline,
  plot,
  RandomizedSearchCV,
  randint,
  StandardScaler,
  trainTestSplit,
} from 'boreal';

const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'boreal-course-')));
await mkdir(folder, { recursive: true });

const { data, target } = loadWine();
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(data, target, {
  testSize: 0.3,
  randomState: 0,
  stratify: target,
});

// 1. All combinations, of a pipeline: parameters of a step go by its name and two underscores.
const pipeline = new Pipeline([
  ['scale', new StandardScaler()],
  ['model', new LogisticRegression({ maxIter: 500 })],
]);
const grid = new GridSearchCV(
  pipeline,
  { scale: ['passthrough', new StandardScaler()], model__C: [0.01, 0.1, 1, 10] },
  { cv: 5 },
);
await grid.fit(XTrain, yTrain);
console.log(
  `Grid: ${grid.cvResults.params.length} candidates, best ${grid.bestScore.toFixed(3)} with C ${grid.bestParams.model__C}`,
);

// 2. At random, where a grid would be too large; a number on a logarithmic scale is drawn on one.
let fits = 0;
const random = new RandomizedSearchCV(
  new HistGradientBoostingClassifier({ maxIter: 30, randomState: 0 }),
  { learningRate: loguniform(0.01, 0.5), maxLeafNodes: randint(4, 32), l2Regularization: [0, 1, 10] },
  { nIter: 8, cv: 3, randomState: 0 },
);
await random.fit(XTrain, yTrain, { onProgress: ({ done }) => (fits = done) });
console.log(
  `Random: ${random.cvResults.params.length} candidates after ${fits} steps, best ${random.bestScore.toFixed(3)} with`,
  random.bestParams,
);

// 3. What one parameter does.
const values = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100];
const curve = { trainScores: [], testScores: [] };
for (const C of values) {
  const { trainScore, testScore } = await crossValidate(
    pipeline.clone().setParams({ model__C: C }),
    XTrain,
    yTrain,
    {
      cv: 5,
      returnTrainScore: true,
    },
  );
  curve.trainScores.push(trainScore);
  curve.testScores.push(testScore);
}
const picture = plot.validationCurve(curve, values, { paramName: 'C', scoreName: 'Accuracy' });
await writeFile(join(folder, 'validation.png'), await picture.toPNG());

// 4. The winner on rows that the search has not seen. A search predicts, saves and serves as the model does that it found.
console.log(
  `Held out: grid ${(await grid.score(XTest, yTest)).toFixed(3)}, random ${(await random.score(XTest, yTest)).toFixed(3)}`,
);
await grid.save(join(folder, 'wine.boreal'));
