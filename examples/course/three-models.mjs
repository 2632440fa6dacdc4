// Three classifiers beside each other. Needs `npm run build` and vega, vega-lite, sharp; then:
// node examples/course/three-models.mjs [folder]
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  classificationReport,
  crossValidate,
  featureImportances,
  GaussianNB,
  LogisticRegression,
  loadBreastCancer,
  makePipeline,
  plot,
  RandomForestClassifier,
  StandardScaler,
  trainTestSplit,
  treeShap,
} from 'boreal';

const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'boreal-course-')));
await mkdir(folder, { recursive: true });
const save = async (name, picture) => writeFile(join(folder, `${name}.png`), await picture.toPNG());

const { data, target, featureNames, targetNames } = loadBreastCancer();
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(data, target, {
  testSize: 0.25,
  randomState: 0,
  stratify: target,
});
const models = {
  'logistic regression': makePipeline(new StandardScaler(), new LogisticRegression()),
  'naive Bayes': new GaussianNB(),
  'random forest': new RandomForestClassifier({ nEstimators: 100, randomState: 0 }),
};

// 1. By cross-validation, on training rows only: means and deviations of ten folds.
const scoring = ['accuracy', 'f1', 'rocAuc'];
const means = {};
for (const [name, model] of Object.entries(models)) {
  const { testScore } = await crossValidate(model, XTrain, yTrain, { cv: 10, scoring });
  means[name] = Object.fromEntries(
    scoring.map((metric) => {
      const mean = testScore[metric].reduce((sum, score) => sum + score, 0) / 10;
      const variance = testScore[metric].reduce((sum, score) => sum + (score - mean) ** 2, 0) / 10;
      return [metric, `${mean.toFixed(3)} ± ${Math.sqrt(variance).toFixed(3)}`];
    }),
  );
}
console.table(means);

// 2. On rows that none of them has seen.
const scores = {};
for (const [name, model] of Object.entries(models)) {
  await model.fit(XTrain, yTrain);
  scores[name] = await model.predictProba(XTest);
}
const roc = plot.rocCurve(yTest, scores);
console.log(roc.description);
await save('roc', roc);
await save('calibration', plot.calibrationCurve(yTest, scores));

// 3. The forest in more detail.
const forest = models['random forest'];
const predicted = await forest.predict(XTest);
console.log(classificationReport(yTest, predicted, { targetNames }));
await save('confusion', plot.confusionMatrix(yTest, predicted, { targetNames }));
const { importances } = await featureImportances(forest);
await save('importances', plot.featureImportances({ importances, featureNames }, { maxDisplay: 10 }));
const shap = { ...(await treeShap(forest, XTest)), featureNames };
await save('shap', plot.shapSummary(shap, { maxDisplay: 10 }));
await save('waterfall', plot.shapWaterfall(shap, { row: 0 }));
console.log(`Pictures are in ${folder}`);
