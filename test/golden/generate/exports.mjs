/**
 * models/export-*: models that boreal has trained, and the ONNX files that it writes of them and of imported ones. Run it
 * after `npm run build`, then exports.py, which asks ONNX Runtime about them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  CalibratedClassifierCV,
  ColumnTransformer,
  DecisionTreeClassifier,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  exportONNX,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  IsolationForest,
  importLightGBM,
  importXGBoost,
  KNeighborsClassifier,
  KNeighborsRegressor,
  KNNImputer,
  LinearRegression,
  LocalOutlierFactor,
  LogisticRegression,
  loadDiabetes,
  loadIris,
  loadWine,
  NuSVR,
  OneClassSVM,
  OneHotEncoder,
  Pipeline,
  QuantileTransformer,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  SimpleImputer,
  StandardScaler,
  SVC,
} from '../../../dist/index.js';

const at = (name) => new URL(`../models/${name}`, import.meta.url);
const iris = loadIris();
const names = Array.from(iris.target, (code) => iris.targetNames[code]);
const diabetes = loadDiabetes();
const wine = loadWine();
const holes = iris.data
  .toArray()
  .map((row, i) => row.map((value, j) => ((7 * i + 3 * j) % 11 === 0 ? null : value)));
const withHoles = holes.map((row) => row.map((value) => value ?? Number.NaN));
/** No two rows are equally far from a row of tenths. */
const shaken = withHoles.map((row, i) => row.map((value, j) => value + Math.sin(7 * i + j) / 50));
const isThird = Array.from(iris.target, (code) => code === 2);
const small = { maxIter: 5, maxLeafNodes: 8, minSamplesLeaf: 10, randomState: 1 };

const ships = Array.from({ length: 120 }, (_, i) => ({
  age: i % 9 === 4 ? null : 1 + ((i * 37) % 70),
  fare: ((i * i) % 97) / 2,
  sex: i % 3 === 0 ? 'female' : 'male',
  port: ['Cherbourg', 'Queenstown', 'Southampton', null][(i * 7) % 4],
  alone: i % 5 < 2,
}));
const fates = ships.map(({ sex, fare, alone }, i) =>
  (sex === 'female') !== (i % 7 === 0) || (fare > 35 && alone) ? 'survived' : 'died',
);
const shipPipeline = (model, encoder) =>
  new Pipeline([
    [
      'columns',
      new ColumnTransformer([
        [
          'numbers',
          new Pipeline([
            ['fill', new SimpleImputer({ addIndicator: true })],
            ['scale', new StandardScaler()],
          ]),
          ['age', 'fare'],
        ],
        ['words', encoder, ['sex', 'port']],
        ['rest', 'passthrough', ['alone']],
      ]),
    ],
    ['model', model],
  ]);

const trained = {
  logistic: await new LogisticRegression().fit(iris.data, names),
  'logistic-two': await new LogisticRegression().fit(iris.data, isThird),
  linear: await new LinearRegression().fit(diabetes.data, diabetes.target),
  ridge: await new Ridge().fit(diabetes.data, diabetes.target),
  scaler: await new StandardScaler().fit(iris.data),
  tree: await new DecisionTreeClassifier({ randomState: 1 }).fit(iris.data, iris.target),
  forest: await new RandomForestClassifier({ nEstimators: 6, randomState: 1 }).fit(iris.data, names),
  'forest-numbers': await new RandomForestRegressor({ nEstimators: 5, maxDepth: 5, randomState: 1 }).fit(
    diabetes.data,
    diabetes.target,
  ),
  extra: await new ExtraTreesClassifier({ nEstimators: 4, maxDepth: 4, randomState: 1 }).fit(
    iris.data,
    names,
  ),
  'extra-numbers': await new ExtraTreesRegressor({ nEstimators: 4, maxDepth: 5, randomState: 1 }).fit(
    diabetes.data,
    diabetes.target,
  ),
  boosting: await new GradientBoostingClassifier({ nEstimators: 5, randomState: 1 }).fit(iris.data, names),
  'boosting-two': await new GradientBoostingClassifier({ nEstimators: 5, randomState: 1 }).fit(
    iris.data,
    isThird,
  ),
  'boosting-exponential': await new GradientBoostingClassifier({
    loss: 'exponential',
    nEstimators: 5,
    randomState: 1,
  }).fit(iris.data, isThird),
  'boosting-numbers': await new GradientBoostingRegressor({
    loss: 'huber',
    nEstimators: 8,
    randomState: 1,
  }).fit(diabetes.data, diabetes.target),
  hist: await new HistGradientBoostingClassifier(small).fit(withHoles, names),
  'hist-two': await new HistGradientBoostingClassifier({ ...small, growth: 'depthWise', maxDepth: 3 }).fit(
    withHoles,
    isThird,
  ),
  'hist-numbers': await new HistGradientBoostingRegressor(small).fit(diabetes.data, diabetes.target),
  'hist-poisson': await new HistGradientBoostingRegressor({ ...small, loss: 'poisson' }).fit(
    diabetes.data,
    diabetes.target,
  ),
  outliers: await new IsolationForest({ nEstimators: 5, maxSamples: 64, randomState: 1 }).fit(iris.data),
  neighbors: await new KNeighborsClassifier().fit(wine.data, wine.target),
  'neighbors-weighted': await new KNeighborsClassifier({
    ...{ nNeighbors: 7, weights: 'distance', metric: 'manhattan' },
  }).fit(wine.data, wine.target),
  'neighbors-numbers': await new KNeighborsRegressor({ weights: 'distance', p: 3 }).fit(
    diabetes.data,
    diabetes.target,
  ),
  'neighbors-angles': await new KNeighborsRegressor({ metric: 'cosine' }).fit(diabetes.data, diabetes.target),
  'neighbors-outliers': await new LocalOutlierFactor({ nNeighbors: 12, novelty: true }).fit(wine.data),
  'neighbors-holes': await new KNNImputer({ nNeighbors: 4, weights: 'distance' }).fit(shaken),
  radius: await new RadiusNeighborsClassifier({
    ...{ radius: 40, weights: 'distance', metric: 'chebyshev', outlierLabel: 2 },
  }).fit(wine.data, wine.target),
  'radius-numbers': await new RadiusNeighborsRegressor({ radius: 0.15 }).fit(diabetes.data, diabetes.target),
  svc: await new SVC({ probability: true, randomState: 1 }).fit(iris.data, names),
  'svc-votes': await new SVC({ kernel: 'poly', coef0: 1 }).fit(iris.data, iris.target),
  'svr-sigmoid': await new NuSVR({ kernel: 'sigmoid', gamma: 0.1, C: 100 }).fit(
    diabetes.data,
    diabetes.target,
  ),
  'one-class': await new OneClassSVM({ gamma: 0.2, nu: 0.2 }).fit(iris.data),
  isotonic: await new CalibratedClassifierCV(new LogisticRegression(), { method: 'isotonic' }).fit(
    iris.data,
    names,
  ),
  ranks: await new QuantileTransformer({ nQuantiles: 40, outputDistribution: 'normal' }).fit(diabetes.data),
  imputed: await new Pipeline([
    ['fill', new SimpleImputer({ strategy: 'median', addIndicator: true })],
    ['scale', new StandardScaler()],
    ['model', new LogisticRegression()],
  ]).fit(withHoles, names),
  ship: await shipPipeline(
    new RandomForestClassifier({ nEstimators: 5, maxDepth: 4, randomState: 1 }),
    new OneHotEncoder({ drop: 'ifBinary', handleUnknown: 'ignore' }),
  ).fit(ships, fates),
  'ship-hist': await new HistGradientBoostingClassifier({ ...small, maxIter: 12 }).fit(ships, fates),
  'ship-logistic': await shipPipeline(
    new LogisticRegression(),
    new Pipeline([
      ['fill', new SimpleImputer({ strategy: 'mostFrequent' })],
      ['encode', new OneHotEncoder({ handleUnknown: 'ignore' })],
    ]),
  ).fit(ships, fates),
};
const wide = {
  ...trained,
  'hist-double': trained.hist,
  'forest-double': trained['forest-numbers'],
  'ridge-double': trained.ridge,
  'neighbors-double': trained.neighbors,
  'svr-sigmoid-double': trained['svr-sigmoid'],
  'one-class-double': trained['one-class'],
  'ranks-double': trained.ranks,
};
for (const [name, model] of Object.entries(trained)) await model.save(at(`export-${name}.boreal`).pathname);
for (const [name, model] of Object.entries(wide)) {
  const precision = name.endsWith('-double') ? 'float64' : 'float32';
  writeFileSync(at(`export-${name}.onnx`), exportONNX(model, { precision }));
}
const imported = [
  'xgboost-classes.ubj',
  'xgboost-dart.ubj',
  'lightgbm-zeros-missing.txt',
  'lightgbm-no-missing.txt',
  'lightgbm-classes.txt',
  'lightgbm-linear-trees.txt',
  'xgboost-categories.ubj',
  'lightgbm-categories.txt',
  'lightgbm-categories-binary.txt',
];
for (const file of imported) {
  const read = file.startsWith('xgboost') ? importXGBoost : importLightGBM;
  writeFileSync(at(`export-${file.replace(/\..*/, '')}.onnx`), exportONNX(read(readFileSync(at(file)))));
}
