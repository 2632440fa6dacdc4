/**
 * Pictures of plots for the documentation: npm run plot:pictures, after a build, with Chromium on the PATH for the report. Every figure is drawn from a model that is
 * trained here, with a fixed seed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  crossValScore,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  KMeans,
  LogisticRegression,
  loadBreastCancer,
  loadCaliforniaHousing,
  loadIris,
  loadWine,
  makeMoons,
  makePipeline,
  partialDependence,
  permutationImportance,
  plot,
  RandomForestClassifier,
  report,
  StandardScaler,
  selectColumns,
  silhouetteSamples,
  trainTestSplit,
  treeShap,
} from '../dist/index.js';
import { launch } from './chromium.mjs';
import { root } from './files.mjs';

const folder = process.argv[2] ?? join(root, 'docs/img');
const themes = process.argv[3] === 'all' ? ['light', 'dark'] : ['light'];
await mkdir(folder, { recursive: true });

const save = async (name, make) => {
  for (const theme of themes) {
    const drawn = await (await make(theme)).toPNG();
    const png = await sharp(drawn).png({ palette: true, quality: 90, effort: 10 }).toBuffer();
    await writeFile(join(folder, `plot-${name}${theme === 'dark' ? '-dark' : ''}.png`), png);
    console.log(`${name} ${theme}: ${Math.round(png.length / 1024)} KB`);
  }
};

// Three models of tumours.
const cancer = loadBreastCancer();
const split = trainTestSplit(cancer.data, cancer.target, {
  testSize: 0.4,
  randomState: 0,
  stratify: cancer.target,
});
const [trainX, testX, trainY, testY] = [split.XTrain, split.XTest, split.yTrain, split.yTest];
const forest = await new RandomForestClassifier({ nEstimators: 100, randomState: 0 }).fit(trainX, trainY);
const logistic = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(trainX, trainY);
const boosted = await new HistGradientBoostingClassifier({
  maxIter: 60,
  earlyStopping: true,
  randomState: 0,
}).fit(trainX, trainY);
const scores = {
  'random forest': await forest.predictProba(testX),
  'logistic regression': await logistic.predictProba(testX),
  'gradient boosting': await boosted.predictProba(testX),
};
await save('roc', (theme) => plot.rocCurve(testY, scores, { theme }));
await save('precision-recall', (theme) => plot.precisionRecallCurve(testY, scores, { theme }));
await save('calibration', (theme) => plot.calibrationCurve(testY, scores, { nBins: 8, theme }));
await save('training-history', (theme) =>
  plot.trainingHistory(
    { trainScore: boosted.trainScore, validationScore: boosted.validationScore },
    { xTitle: 'Trees', theme },
  ),
);
const shuffled = await permutationImportance(forest, testX, testY, { nRepeats: 5, randomState: 0 });
await save('importances', (theme) =>
  plot.featureImportances({ ...shuffled, featureNames: cancer.featureNames }, { maxDisplay: 12, theme }),
);

// Wines: a confusion matrix, and flowers: histograms, correlations, the boundary.
const wine = loadWine();
const wines = trainTestSplit(wine.data, wine.target, { testSize: 0.5, randomState: 1 });
const small = await new RandomForestClassifier({ nEstimators: 5, maxDepth: 2, randomState: 1 }).fit(
  wines.XTrain,
  wines.yTrain,
);
await save('confusion', async (theme) =>
  plot.confusionMatrix(wines.yTest, await small.predict(wines.XTest), {
    targetNames: wine.targetNames,
    theme,
  }),
);
const iris = loadIris();
const species = Array.from(iris.target, (label) => iris.targetNames[label]);
await save('histograms', (theme) =>
  plot.histograms(iris.data, { featureNames: iris.featureNames, by: species, perRow: 2, theme }),
);
const { table } = loadCaliforniaHousing();
await save('correlations', (theme) => plot.correlationHeatmap(table, { theme }));
const moons = makeMoons({ nSamples: 300, noise: 0.25, randomState: 0 });
const twoMoons = await new RandomForestClassifier({ nEstimators: 50, minSamplesLeaf: 4, randomState: 0 }).fit(
  moons.X,
  moons.y,
);
await save('decision-boundary', (theme) => plot.decisionBoundary(twoMoons, moons.X, moons.y, { theme }));
const flowers = await new LogisticRegression({ maxIter: 500 }).fit(iris.data, species);
await save('decision-boundary-iris', (theme) =>
  plot.decisionBoundary(flowers, iris.data, species, {
    features: [2, 3],
    featureNames: iris.featureNames,
    theme,
  }),
);

// Houses.
const numbers = [
  'longitude',
  'latitude',
  'housing_median_age',
  'total_rooms',
  'total_bedrooms',
  'population',
  'households',
  'median_income',
];
const X = selectColumns(table, [...numbers, 'ocean_proximity']);
const houses = trainTestSplit(X, table.median_house_value, { testSize: 0.2, randomState: 0 });
const plain = selectColumns(houses.XTrain, numbers);
const prices = await new HistGradientBoostingRegressor({ maxIter: 100, randomState: 0 }).fit(
  plain,
  houses.yTrain,
);
const predicted = await prices.predict(houses.XTest);
await save('residuals', (theme) => plot.residuals(houses.yTest, predicted, { theme }));
await save('actual', (theme) =>
  plot.residuals(houses.yTest, predicted, { kind: 'actualVsPredicted', theme }),
);
const some = selectColumns(houses.XTest, numbers);
const rows = Object.fromEntries(Object.entries(some).map(([name, values]) => [name, values.slice(0, 400)]));
const shap = await treeShap(prices, rows);
await save('shap', (theme) => plot.shapSummary(shap, { theme }));
await save('shap-bar', (theme) => plot.shapSummary(shap, { kind: 'bar', theme }));
await save('waterfall', (theme) => plot.shapWaterfall(shap, { row: 3, maxDisplay: 7, theme }));
const line = await partialDependence(prices, rows, 'median_income', { kind: 'both', gridResolution: 40 });
await save('dependence', (theme) => plot.partialDependence(line, { centered: true, theme }));
const place = await partialDependence(prices, rows, ['longitude', 'latitude'], { gridResolution: 30 });
await save('dependence-two', (theme) => plot.partialDependence(place, { theme }));

// Curves of cross-validation, from scores of folds.
const foldScores = async (sizes, make) => {
  const result = { trainSizes: sizes, trainScores: [], testScores: [] };
  for (const size of sizes) {
    const model = make();
    const part = split.XTrain.slice(0, size);
    const labels = split.yTrain.slice(0, size);
    result.testScores.push(Array.from(await crossValScore(model, part, labels, { cv: 5 })));
    await model.fit(part, labels);
    result.trainScores.push([await model.score(part, labels)]);
  }
  return result;
};
const learning = await foldScores([40, 80, 160, 240, 341], () =>
  makePipeline(new StandardScaler(), new LogisticRegression()),
);
await save('learning', (theme) => plot.learningCurve(learning, { scoreName: 'Accuracy', theme }));
const values = [0.001, 0.01, 0.1, 1, 10, 100];
const validation = { trainScores: [], testScores: [] };
for (const C of values) {
  const model = makePipeline(new StandardScaler(), new LogisticRegression({ C }));
  validation.testScores.push(Array.from(await crossValScore(model, split.XTrain, split.yTrain, { cv: 5 })));
  await model.fit(split.XTrain, split.yTrain);
  validation.trainScores.push([await model.score(split.XTrain, split.yTrain)]);
}
await save('validation', (theme) =>
  plot.validationCurve(validation, values, { paramName: 'C', scoreName: 'Accuracy', theme }),
);
const { labels } = await new KMeans({ nClusters: 3, nInit: 10, randomState: 0 }).fit(iris.data);
const silhouettes = await silhouetteSamples(iris.data, labels);
await save('silhouette', (theme) => plot.silhouette(silhouettes, labels, { theme }));

// The top of a report, as a browser shows it.
const html = await report(forest, testX, testY, {
  title: 'Tumours, told apart by a forest',
  featureNames: cancer.featureNames,
  targetNames: cancer.targetNames,
});
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1180, height: 1020 } });
await page.setContent(html);
const shot = await sharp(await page.screenshot())
  .png({ palette: true, quality: 90, effort: 10 })
  .toBuffer();
await writeFile(join(folder, 'report.png'), shot);
await browser.close();
