/**
 * Every estimator as the common checks see it, and the one table of exceptions: which check an estimator need not pass,
 * and why.
 */
import type { Estimator } from '../../lib/core/estimator.js';
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  AgglomerativeClustering,
  ARDRegression,
  BaggingClassifier,
  BaggingRegressor,
  BayesianRidge,
  BernoulliNB,
  Binarizer,
  CalibratedClassifierCV,
  CategoricalNB,
  ClassifierChain,
  ColumnTransformer,
  ComplementNB,
  CyclicalEncoder,
  DBSCAN,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  DummyClassifier,
  DummyRegressor,
  ElasticNet,
  ElasticNetCV,
  EllipticEnvelope,
  ExtraTreeClassifier,
  ExtraTreeRegressor,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  FeatureUnion,
  FixedThresholdClassifier,
  FunctionTransformer,
  GammaRegressor,
  GaussianMixture,
  GaussianNB,
  GenericUnivariateSelect,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  GridSearchCV,
  HalvingGridSearchCV,
  HalvingRandomSearchCV,
  HDBSCAN,
  HistGradientBoostingClassifier,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  HuberRegressor,
  IncrementalPCA,
  IsolationForest,
  IsotonicRegression,
  IterativeImputer,
  KBinsDiscretizer,
  KMeans,
  KNeighborsClassifier,
  KNeighborsRegressor,
  KNNImputer,
  Lars,
  LarsCV,
  Lasso,
  LassoCV,
  LassoLars,
  LassoLarsCV,
  LassoLarsIC,
  LinearRegression,
  LinearSVC,
  LinearSVR,
  LocalOutlierFactor,
  LogisticRegression,
  LogisticRegressionCV,
  MaxAbsScaler,
  MiniBatchKMeans,
  MinMaxScaler,
  MissingIndicator,
  MultinomialNB,
  MultiOutputClassifier,
  MultiOutputRegressor,
  MultiTaskElasticNet,
  MultiTaskElasticNetCV,
  MultiTaskLasso,
  MultiTaskLassoCV,
  NearestCentroid,
  NearestNeighbors,
  NMF,
  Normalizer,
  NuSVC,
  NuSVR,
  OneClassSVM,
  OneHotEncoder,
  OneVsOneClassifier,
  OneVsRestClassifier,
  OrdinalEncoder,
  OrthogonalMatchingPursuit,
  OrthogonalMatchingPursuitCV,
  PCA,
  Perceptron,
  Pipeline,
  PoissonRegressor,
  PolynomialFeatures,
  PowerTransformer,
  QuantileRegressor,
  QuantileTransformer,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  RandomForestClassifier,
  RandomForestRegressor,
  RandomizedSearchCV,
  RegressorChain,
  RFE,
  RFECV,
  Ridge,
  RidgeClassifier,
  RidgeClassifierCV,
  RidgeCV,
  RobustScaler,
  SelectFdr,
  SelectFpr,
  SelectFromModel,
  SelectFwe,
  SelectKBest,
  SelectPercentile,
  SequentialFeatureSelector,
  SGDClassifier,
  SGDRegressor,
  SimpleImputer,
  SplineTransformer,
  StackingClassifier,
  StackingRegressor,
  StandardScaler,
  SVC,
  SVR,
  TargetEncoder,
  TransformedTargetRegressor,
  TruncatedSVD,
  TSNE,
  TunedThresholdClassifierCV,
  TweedieRegressor,
  UMAP,
  VarianceThreshold,
  VotingClassifier,
  VotingRegressor,
} from '../../lib/index.js';
import {
  activation,
  adam,
  batchNorm,
  dense,
  dropout,
  layerNorm,
  MLPClassifier,
  MLPRegressor,
  Sequential,
} from '../../lib/nn/index.js';

export interface Example {
  /** The class, and what is special about the example. */
  readonly name: string;
  readonly make: () => Estimator;
  readonly exceptions?: Readonly<Record<string, string>>;
}

const WEIGHTS = 'a weight of n counts as n rows';
const COMPOSITE = {
  'can be constructed without arguments': 'it is made of other estimators, which have to be given',
};
const BOOTSTRAP = { [WEIGHTS]: 'rows are drawn by position, so that repeated rows are drawn otherwise' };
const THRESHOLD = {
  'probabilities lie in [0, 1], sum to 1 and agree with the labels': 'the threshold decides',
  'decision values agree with the labels': 'the threshold decides',
};
const SEARCH = {
  ...COMPOSITE,
  [WEIGHTS]: 'rows are dealt to folds by position',
};
const NETWORK = {
  'several targets throw ERR_NOT_SUPPORTED': 'its layers say how many there are',
  [WEIGHTS]: 'mini-batches are made of rows, and each makes a step',
  'fit keeps nothing of the last fit': "like Keras's it goes on from the weights it has",
  'a loaded model can be cloned, fitted again and saved again':
    "like Keras's it goes on from the weights it has",
  'abort stops fit and keeps the last fit': 'it keeps the weights of the last step',
};
const TIES = { [WEIGHTS]: 'columns that part a small node equally well tie, and rounding decides' };
const IMPUTER = {
  [WEIGHTS]: "like scikit-learn's it takes no weights, and leaves those of its pipeline alone",
};
const ENCODER = { [WEIGHTS]: 'a row of weight 0 still shows that its category exists' };
const SCALER = {
  [WEIGHTS]: "like scikit-learn's it takes no weights: quantiles and bins are those of the rows",
};
const DEVIANCE = {
  'score is the accuracy or R2 of the predictions': 'it is D2, the share of the deviance that is explained',
};
const FOLDS = { [WEIGHTS]: 'rows are dealt to folds by position' };
const LEFT_OUT = { [WEIGHTS]: 'a row of weight 2 is left out as one, two rows one after the other' };
const STEPS = { [WEIGHTS]: 'a row of weight 2 is one step of twice the size, two rows are two steps' };
const PASSED = {
  ...STEPS,
  'equal weights change nothing': 'weights scale the steps, and the stopping rule with them',
};
const NO_BETTER = {
  'score is the accuracy or R2 of the predictions': 'it learns nothing of X, and is no better than chance',
};
const ROW_DRAWS = Object.fromEntries(
  [
    'float32 gives the results of float64 up to rounding',
    'float32 plans of every output agree with float64 up to rounding',
  ].map((check) => [check, 'what it draws belongs to the bits of the row, which rounding changes']),
);
const DRAWN_LABELS = {
  'probabilities lie in [0, 1], sum to 1 and agree with the labels':
    'a label is drawn, and all are as probable',
};
const AXES = { [WEIGHTS]: "like scikit-learn's it takes no weights" };
const SEEN = { [WEIGHTS]: 'a row of weight 0 still shows its values' };
const ACROSS = {
  ...ENCODER,
  'a transformer may stand in the middle of a pipeline':
    'what the next step learns from is encoded across folds, as by fitTransform',
};
const STEEP = 'normal numbers of ranks near 0 and 1 magnify the rounding of the ranks';
const WORDS = { 'text is used where it is allowed': 'a mean or median of text does not exist' };

const ON_THE_EDGE = Object.fromEntries(
  [
    WEIGHTS,
    'float32 gives the results of float64 up to rounding',
    'float32 plans of every output agree with float64 up to rounding',
  ].map((check) => [
    check,
    'free support vectors lie on the edge, on either side of which rounding puts them',
  ]),
);
const VOTES = {
  'probabilities lie in [0, 1], sum to 1 and agree with the labels':
    'classes are voted for, as in LIBSVM, and need not be the most probable ones',
};
const LABELLED = { [WEIGHTS]: 'its result is one label for each training row' };
const LAYOUT = {
  [WEIGHTS]: 'rows have places, not weights',
  'float32 gives the results of float64 up to rounding': 'the descent makes of rounding another layout',
};
const PLACED = {
  ...LAYOUT,
  'a transformer may stand in the middle of a pipeline':
    'what the next step learns from is the layout itself, as by fitTransform',
};
const NEIGHBORS = { [WEIGHTS]: "like scikit-learn's it takes no weights: rows are near or not" };

export const EXAMPLES: readonly Example[] = [
  { name: 'AdaBoostClassifier', make: () => new AdaBoostClassifier({ nEstimators: 8, randomState: 3 }) },
  {
    name: 'AdaBoostClassifier of another model',
    make: () => new AdaBoostClassifier({ estimator: new GaussianNB(), nEstimators: 4, learningRate: 0.5 }),
  },
  {
    name: 'AdaBoostRegressor',
    make: () => new AdaBoostRegressor({ nEstimators: 8, loss: 'square', randomState: 3 }),
    exceptions: BOOTSTRAP,
  },
  { name: 'AgglomerativeClustering', make: () => new AgglomerativeClustering(), exceptions: AXES },
  {
    name: 'AgglomerativeClustering below a distance',
    make: () => new AgglomerativeClustering({ nClusters: null, distanceThreshold: 1.5, linkage: 'single' }),
    exceptions: AXES,
  },
  {
    name: 'BaggingClassifier',
    make: () => new BaggingClassifier({ nEstimators: 5, maxFeatures: 0.6, oobScore: true, randomState: 3 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'BaggingClassifier of models without probabilities',
    make: () =>
      new BaggingClassifier({
        ...{ estimator: new LinearSVC(), nEstimators: 3, maxSamples: 0.7, bootstrap: false },
        ...{ bootstrapFeatures: true, randomState: 3 },
      }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'BaggingRegressor',
    make: () =>
      new BaggingRegressor({ estimator: new Ridge(), nEstimators: 4, oobScore: true, randomState: 3 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'ARDRegression',
    make: () => new ARDRegression({ computeScore: true }),
    exceptions: AXES,
  },
  { name: 'BayesianRidge', make: () => new BayesianRidge({ computeScore: true }) },
  { name: 'BernoulliNB', make: () => new BernoulliNB({ binarize: 0.2 }) },
  { name: 'Binarizer', make: () => new Binarizer({ threshold: 0.5 }) },
  {
    name: 'CalibratedClassifierCV of decisions',
    make: () => new CalibratedClassifierCV(new LinearSVC({ randomState: 3 }), { cv: 3 }),
    exceptions: SEARCH,
  },
  {
    name: 'CalibratedClassifierCV by isotonic regression',
    make: () => new CalibratedClassifierCV(new GaussianNB(), { method: 'isotonic', cv: 3, ensemble: false }),
    exceptions: SEARCH,
  },
  {
    name: 'CalibratedClassifierCV by temperature',
    make: () => new CalibratedClassifierCV(new LogisticRegression(), { method: 'temperature', cv: 2 }),
    exceptions: SEARCH,
  },
  { name: 'SplineTransformer', make: () => new SplineTransformer({ nKnots: 4 }) },
  {
    name: 'SplineTransformer, periodic',
    make: () =>
      new SplineTransformer({ knots: 'quantile', extrapolation: 'periodic', handleMissing: 'zeros' }),
    exceptions: {
      [WEIGHTS]: 'quantiles of weighed rows are values, others between values, as in scikit-learn',
      'equal weights change nothing': 'quantiles of weighed rows are values, as in scikit-learn',
    },
  },
  {
    name: 'SimpleImputer of a marker',
    make: () => new SimpleImputer({ missingValues: 0, addIndicator: true }),
    exceptions: { ...IMPUTER, ...WORDS },
  },
  {
    name: 'FixedThresholdClassifier',
    make: () => new FixedThresholdClassifier(new GaussianNB(), { threshold: 0.7 }),
    exceptions: { ...COMPOSITE, ...THRESHOLD },
  },
  {
    name: 'TunedThresholdClassifierCV',
    make: () => new TunedThresholdClassifierCV(new LogisticRegression(), { cv: 3, thresholds: 20 }),
    exceptions: {
      ...SEARCH,
      ...THRESHOLD,
      'labels may be text, numbers or booleans': 'scorers take no labels that are fractions',
    },
  },
  {
    name: 'ColumnTransformer',
    make: () =>
      new ColumnTransformer(
        [
          ['scale', new StandardScaler(), { kind: 'number' }],
          ['codes', new OneHotEncoder(), { kind: 'category' }],
        ],
        { remainder: 'passthrough' },
      ),
    exceptions: COMPOSITE,
  },
  {
    name: 'ColumnTransformer of overlapping parts',
    make: () =>
      new ColumnTransformer([
        ['filled', new SimpleImputer({ strategy: 'mostFrequent', addIndicator: true }), [3, 2, 1, 0]],
        ['same', 'passthrough', 0],
        ['none', 'drop', 0],
      ]),
    exceptions: { ...COMPOSITE, ...IMPUTER, 'one column is enough': 'it names columns 0 to 3' },
  },
  { name: 'CategoricalNB', make: () => new CategoricalNB({ minCategories: 5 }), exceptions: ENCODER },
  { name: 'ComplementNB', make: () => new ComplementNB({ norm: true }) },
  { name: 'DBSCAN', make: () => new DBSCAN({ eps: 0.9, minSamples: 4 }), exceptions: LABELLED },
  {
    name: 'DBSCAN by a ball tree',
    make: () =>
      new DBSCAN({ eps: 1.2, minSamples: 3, algorithm: 'ballTree', leafSize: 4, metric: 'manhattan' }),
    exceptions: LABELLED,
  },
  { name: 'DecisionTreeClassifier', make: () => new DecisionTreeClassifier() },
  {
    name: 'DecisionTreeClassifier, limited',
    make: () => new DecisionTreeClassifier({ maxDepth: 3, maxFeatures: 2 }),
  },
  { name: 'DecisionTreeRegressor', make: () => new DecisionTreeRegressor(), exceptions: TIES },
  { name: 'DecisionTreeRegressor, limited', make: () => new DecisionTreeRegressor({ maxDepth: 3 }) },
  {
    name: 'DecisionTreeRegressor of medians, pruned',
    make: () => new DecisionTreeRegressor({ criterion: 'absoluteError', maxLeafNodes: 12, ccpAlpha: 0.01 }),
    exceptions: { [WEIGHTS]: 'a count of rows is not their weight where leaves are limited' },
  },
  { name: 'EllipticEnvelope', make: () => new EllipticEnvelope(), exceptions: AXES },
  { name: 'ElasticNet', make: () => new ElasticNet({ alpha: 0.01 }) },
  {
    name: 'ElasticNet, coordinates at random',
    make: () => new ElasticNet({ alpha: 0.001, selection: 'random', randomState: 1, tol: 1e-8 }),
  },
  {
    name: 'ElasticNetCV',
    make: () => new ElasticNetCV({ l1Ratio: [0.2, 0.9], alphas: 10, cv: 3 }),
    exceptions: FOLDS,
  },
  { name: 'DummyClassifier', make: () => new DummyClassifier(), exceptions: NO_BETTER },
  {
    name: 'DummyClassifier, stratified',
    make: () => new DummyClassifier({ strategy: 'stratified', randomState: 3 }),
    exceptions: { ...NO_BETTER, ...ROW_DRAWS },
  },
  {
    name: 'DummyClassifier, uniform',
    make: () => new DummyClassifier({ strategy: 'uniform', randomState: 4 }),
    exceptions: { ...NO_BETTER, ...ROW_DRAWS, ...DRAWN_LABELS },
  },
  { name: 'DummyRegressor', make: () => new DummyRegressor(), exceptions: NO_BETTER },
  {
    name: 'DummyRegressor of a quantile',
    make: () => new DummyRegressor({ strategy: 'quantile', quantile: 0.3 }),
    exceptions: {
      ...NO_BETTER,
      [WEIGHTS]: "like scikit-learn's it interpolates only without weights",
      'equal weights change nothing': "like scikit-learn's it interpolates only without weights",
    },
  },
  { name: 'ExtraTreeClassifier', make: () => new ExtraTreeClassifier() },
  { name: 'ExtraTreeRegressor', make: () => new ExtraTreeRegressor(), exceptions: TIES },
  {
    name: 'ExtraTreesClassifier',
    make: () => new ExtraTreesClassifier({ nEstimators: 10 }),
  },
  {
    name: 'ExtraTreesRegressor, bootstrap',
    make: () => new ExtraTreesRegressor({ nEstimators: 10, bootstrap: true, oobScore: true }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'GaussianMixture',
    make: () => new GaussianMixture({ nComponents: 2 }),
    exceptions: AXES,
  },
  {
    name: 'GaussianMixture of tied covariance',
    make: () => new GaussianMixture({ nComponents: 2, covarianceType: 'tied', nInit: 2 }),
    exceptions: AXES,
  },
  {
    name: 'GaussianMixture of variances, from random starts',
    make: () => new GaussianMixture({ nComponents: 3, covarianceType: 'diag', initParams: 'random' }),
    exceptions: AXES,
  },
  { name: 'GaussianNB', make: () => new GaussianNB() },
  {
    name: 'GenericUnivariateSelect',
    make: () => new GenericUnivariateSelect({ scoreFunc: 'mutualInfoRegression', mode: 'kBest', param: 1 }),
    exceptions: AXES,
  },
  {
    name: 'GradientBoostingClassifier',
    make: () => new GradientBoostingClassifier({ nEstimators: 8 }),
    exceptions: TIES,
  },
  {
    name: 'GradientBoostingClassifier, stochastic',
    make: () =>
      new GradientBoostingClassifier({
        nEstimators: 12,
        subsample: 0.7,
        maxFeatures: 'sqrt',
        nIterNoChange: 3,
      }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'GradientBoostingRegressor',
    make: () => new GradientBoostingRegressor({ nEstimators: 10 }),
  },
  {
    name: 'GradientBoostingRegressor on a line',
    make: () =>
      new GradientBoostingRegressor({ nEstimators: 5, init: new LinearRegression(), loss: 'huber' }),
    exceptions: TIES,
  },
  {
    name: 'GridSearchCV of a classifier',
    make: () =>
      new GridSearchCV(
        new Pipeline([
          ['scale', new StandardScaler()],
          ['model', new DecisionTreeClassifier({ randomState: 5 })],
        ]),
        { model__maxDepth: [2, 4], scale__withMean: [true, false] },
        { cv: 2, returnTrainScore: true },
      ),
    exceptions: SEARCH,
  },
  {
    name: 'HalvingGridSearchCV',
    make: () =>
      new HalvingGridSearchCV(
        new Ridge(),
        { alpha: [0.1, 1, 10, 100] },
        { cv: 2, factor: 2, minResources: 10, randomState: 3 },
      ),
    exceptions: SEARCH,
  },
  {
    name: 'HalvingRandomSearchCV',
    make: () =>
      new HalvingRandomSearchCV(
        new DecisionTreeClassifier({ randomState: 5 }),
        { minSamplesLeaf: [1, 2, 4] },
        { resource: 'maxDepth', maxResources: 3, nCandidates: 3, cv: 2, randomState: 3 },
      ),
    exceptions: SEARCH,
  },
  { name: 'IncrementalPCA', make: () => new IncrementalPCA({ batchSize: 16 }), exceptions: AXES },
  { name: 'HuberRegressor', make: () => new HuberRegressor({ tol: 1e-9, maxIter: 1000 }) },
  {
    name: 'IsolationForest',
    make: () => new IsolationForest({ nEstimators: 10 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'IsolationForest of a share',
    make: () => new IsolationForest({ nEstimators: 8, contamination: 0.13, maxFeatures: 2, maxSamples: 0.7 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'HistGradientBoostingClassifier',
    make: () => new HistGradientBoostingClassifier({ maxIter: 6, minSamplesLeaf: 1, maxLeafNodes: 6 }),
  },
  {
    name: 'HistGradientBoostingClassifier with sampling and early stopping',
    make: () =>
      new HistGradientBoostingClassifier({
        maxIter: 8,
        minSamplesLeaf: 5,
        growth: 'depthWise',
        maxDepth: 3,
        subsample: 0.7,
        columnSubsample: 0.7,
        maxFeatures: 0.7,
        earlyStopping: true,
        classWeight: 'balanced',
      }),
    exceptions: { [WEIGHTS]: 'rows are held out and drawn by position' },
  },
  {
    name: 'HistGradientBoostingRegressor',
    make: () => new HistGradientBoostingRegressor({ maxIter: 6, minSamplesLeaf: 1, maxLeafNodes: 6 }),
  },
  {
    name: 'HistGradientBoostingRegressor of medians',
    make: () =>
      new HistGradientBoostingRegressor({
        loss: 'absoluteError',
        learningRate: 0.5,
        maxIter: 6,
        minSamplesLeaf: 3,
      }),
    exceptions: { [WEIGHTS]: 'minSamplesLeaf counts rows, whatever they weigh' },
  },
  {
    name: 'HistGradientBoostingRegressor by dart',
    make: () =>
      new HistGradientBoostingRegressor({
        boosting: 'dart',
        skipDrop: 0,
        dropRate: 0.4,
        learningRate: 0.5,
        maxIter: 6,
        minSamplesLeaf: 1,
        maxLeafNodes: 6,
      }),
  },
  {
    name: 'HistGradientBoostingClassifier by goss',
    make: () =>
      new HistGradientBoostingClassifier({
        rowSampling: 'goss',
        learningRate: 0.5,
        maxIter: 6,
        minSamplesLeaf: 5,
        maxLeafNodes: 6,
      }),
    exceptions: { [WEIGHTS]: 'rows are drawn by position' },
  },
  { name: 'IterativeImputer', make: () => new IterativeImputer({ maxIter: 3 }), exceptions: IMPUTER },
  {
    name: 'IterativeImputer that draws, within limits',
    make: () =>
      new IterativeImputer({
        ...{ samplePosterior: true, maxIter: 2, minValue: -2.5, maxValue: 3, imputationOrder: 'random' },
        ...{ nNearestFeatures: 2, addIndicator: true, keepEmptyFeatures: true, randomState: 3 },
      }),
    exceptions: IMPUTER,
  },
  {
    name: 'IterativeImputer of trees',
    make: () =>
      new IterativeImputer({
        estimator: new DecisionTreeRegressor({ maxDepth: 3, randomState: 1 }),
        maxIter: 2,
      }),
    exceptions: IMPUTER,
  },
  {
    name: 'IsotonicRegression',
    make: () => new IsotonicRegression({ column: 0, outOfBounds: 'clip' }),
  },
  { name: 'HDBSCAN', make: () => new HDBSCAN({ minClusterSize: 4, minSamples: 2 }), exceptions: NEIGHBORS },
  { name: 'KNNImputer', make: () => new KNNImputer({ nNeighbors: 3 }), exceptions: NEIGHBORS },
  {
    name: 'KNNImputer by distance, with flags',
    make: () => new KNNImputer({ weights: 'distance', addIndicator: true }),
    exceptions: NEIGHBORS,
  },
  { name: 'KNeighborsClassifier', make: () => new KNeighborsClassifier(), exceptions: NEIGHBORS },
  {
    name: 'KNeighborsClassifier by a KD-tree and distance',
    make: () => new KNeighborsClassifier({ algorithm: 'kdTree', leafSize: 3, weights: 'distance', p: 3 }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'KNeighborsRegressor',
    make: () => new KNeighborsRegressor({ nNeighbors: 3 }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'KNeighborsRegressor by a ball tree',
    make: () => new KNeighborsRegressor({ algorithm: 'ballTree', leafSize: 3, metric: 'chebyshev' }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'LocalOutlierFactor of new rows',
    make: () => new LocalOutlierFactor({ nNeighbors: 7, novelty: true, contamination: 0.2 }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'RadiusNeighborsClassifier',
    make: () => new RadiusNeighborsClassifier({ weights: 'distance' }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'RadiusNeighborsRegressor',
    make: () => new RadiusNeighborsRegressor({ radius: 1.5 }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'NearestCentroid',
    make: () => new NearestCentroid(),
    exceptions: {
      ...NEIGHBORS,
      'probabilities lie in [0, 1], sum to 1 and agree with the labels':
        'as in scikit-learn, labels are by distances as they are, probabilities by those in deviations',
      'decision values agree with the labels':
        'as in scikit-learn, labels are by distances as they are, decisions by those in deviations',
    },
  },
  {
    name: 'NearestCentroid of medians, shrunk, with priors',
    make: () => new NearestCentroid({ metric: 'manhattan', shrinkThreshold: 0.1, priors: 'empirical' }),
    exceptions: NEIGHBORS,
  },
  {
    name: 'NearestCentroid with priors',
    make: () => new NearestCentroid({ priors: 'empirical' }),
    exceptions: NEIGHBORS,
  },
  { name: 'NearestNeighbors', make: () => new NearestNeighbors({ nNeighbors: 3 }), exceptions: NEIGHBORS },
  {
    name: 'NearestNeighbors by angle',
    make: () => new NearestNeighbors({ metric: 'cosine' }),
    exceptions: NEIGHBORS,
  },
  { name: 'KBinsDiscretizer', make: () => new KBinsDiscretizer() },
  {
    name: 'KBinsDiscretizer of equal widths, numbered',
    make: () => new KBinsDiscretizer({ nBins: 3, encode: 'ordinal', strategy: 'uniform' }),
  },
  {
    name: 'KBinsDiscretizer around centres of some rows',
    make: () => new KBinsDiscretizer({ nBins: 2, strategy: 'kmeans', subsample: 30, randomState: 1 }),
    exceptions: {
      [WEIGHTS]: 'rows are drawn by their weights',
      'equal weights change nothing': 'rows are drawn by their weights',
    },
  },
  {
    name: 'HistGradientBoostingRanker',
    make: () => new HistGradientBoostingRanker({ maxIter: 6, minSamplesLeaf: 2, maxLeafNodes: 6 }),
    exceptions: {
      [WEIGHTS]: 'a row that is repeated stands in the ranking again',
      'score is the accuracy or R2 of the predictions': 'it is the NDCG of their order',
    },
  },
  {
    name: 'KMeans',
    make: () => new KMeans({ nClusters: 3 }),
    exceptions: { [WEIGHTS]: 'starts are drawn by position' },
  },
  {
    name: 'KMeans from random starts, by Elkan',
    make: () => new KMeans({ nClusters: 4, init: 'random', algorithm: 'elkan', nInit: 3 }),
    exceptions: { [WEIGHTS]: 'starts are drawn by position' },
  },
  { name: 'Lasso', make: () => new Lasso({ alpha: 0.001, tol: 1e-8 }) },
  { name: 'Lasso of positive coefficients', make: () => new Lasso({ alpha: 0.001, positive: true }) },
  { name: 'LassoCV', make: () => new LassoCV({ alphas: [0.001, 0.1], cv: 3 }), exceptions: FOLDS },
  { name: 'MultiTaskLasso', make: () => new MultiTaskLasso({ alpha: 0.001, tol: 1e-8 }) },
  {
    name: 'MultiTaskElasticNet, columns at random',
    make: () =>
      new MultiTaskElasticNet({
        alpha: 0.001,
        selection: 'random',
        randomState: 1,
        tol: 1e-8,
        maxIter: 9999,
      }),
  },
  {
    name: 'MultiTaskLassoCV',
    make: () => new MultiTaskLassoCV({ alphas: [0.001, 0.1], cv: 3, tol: 1e-8 }),
    exceptions: FOLDS,
  },
  {
    name: 'MultiTaskElasticNetCV',
    make: () => new MultiTaskElasticNetCV({ l1Ratio: [0.3, 0.9], alphas: 4, cv: 2, tol: 1e-8 }),
    exceptions: FOLDS,
  },
  { name: 'LinearRegression', make: () => new LinearRegression() },
  { name: 'LinearRegression without intercept', make: () => new LinearRegression({ fitIntercept: false }) },
  { name: 'LinearSVC', make: () => new LinearSVC({ tol: 1e-12 }) },
  {
    name: 'LinearSVC by dual descent, balanced',
    make: () => new LinearSVC({ dual: true, classWeight: 'balanced', tol: 1e-9, maxIter: 100000 }),
  },
  {
    name: 'LinearSVC of all classes together',
    make: () => new LinearSVC({ multiClass: 'crammerSinger', C: 0.5, tol: 1e-10, maxIter: 100000 }),
  },
  {
    name: 'LinearSVC with l1 penalty',
    make: () => new LinearSVC({ penalty: 'l1', C: 0.5, tol: 1e-10, maxIter: 100000 }),
  },
  { name: 'LinearSVR', make: () => new LinearSVR({ tol: 1e-9, maxIter: 100000 }) },
  {
    name: 'LinearSVR of squares',
    make: () => new LinearSVR({ loss: 'squaredEpsilonInsensitive', epsilon: 0.1, tol: 1e-12 }),
  },
  { name: 'LogisticRegression', make: () => new LogisticRegression() },
  {
    name: 'LogisticRegression, balanced',
    make: () => new LogisticRegression({ classWeight: 'balanced', C: 10 }),
  },
  {
    name: 'LogisticRegression by newton-cholesky',
    make: () => new LogisticRegression({ solver: 'newton-cholesky', C: 10 }),
  },
  {
    name: 'LogisticRegression by saga, L1',
    make: () =>
      new LogisticRegression({
        solver: 'saga',
        l1Ratio: 1,
        C: 1,
        maxIter: 20_000,
        tol: 1e-9,
        randomState: 1,
      }),
  },
  {
    name: 'LogisticRegression by liblinear',
    make: () => new LogisticRegression({ solver: 'liblinear', tol: 1e-10 }),
  },
  {
    name: 'LogisticRegression by liblinear, L1',
    make: () => new LogisticRegression({ solver: 'liblinear', l1Ratio: 1, tol: 1e-10, interceptScaling: 10 }),
  },
  {
    name: 'LogisticRegression by liblinear, dual',
    make: () => new LogisticRegression({ solver: 'liblinear', dual: true, tol: 1e-9, maxIter: 10_000 }),
  },
  { name: 'MaxAbsScaler', make: () => new MaxAbsScaler(), exceptions: SEEN },
  {
    name: 'MiniBatchKMeans',
    make: () => new MiniBatchKMeans({ nClusters: 3, batchSize: 20, maxIter: 5 }),
    exceptions: { [WEIGHTS]: 'rows are drawn by position' },
  },
  { name: 'MinMaxScaler', make: () => new MinMaxScaler(), exceptions: SEEN },
  {
    name: 'MinMaxScaler that clips',
    make: () => new MinMaxScaler({ featureRange: [-2, 5], clip: true }),
    exceptions: SEEN,
  },
  {
    name: 'MLPClassifier',
    make: () => new MLPClassifier({ hiddenLayerSizes: [8], learningRateInit: 0.05, maxIter: 20 }),
    exceptions: { [WEIGHTS]: 'mini-batches are rows by position' },
  },
  {
    name: 'MLPClassifier by L-BFGS',
    make: () =>
      new MLPClassifier({ hiddenLayerSizes: [4, 3], activation: 'tanh', solver: 'lbfgs', alpha: 1 }),
    exceptions: {
      [WEIGHTS]: 'float32 sums differ in the last bits, and a hundred line searches amplify that',
    },
  },
  {
    name: 'MLPRegressor',
    make: () =>
      new MLPRegressor({
        hiddenLayerSizes: [8],
        solver: 'sgd',
        learningRate: 'adaptive',
        learningRateInit: 0.02,
        batchSize: 16,
        maxIter: 100,
        earlyStopping: true,
        validationFraction: 0.2,
      }),
    exceptions: { [WEIGHTS]: 'mini-batches are rows by position' },
  },
  {
    name: 'TSNE',
    make: () => new TSNE({ perplexity: 8, maxIter: 60 }),
    exceptions: LAYOUT,
  },
  {
    name: 'TSNE, exact, of three dimensions',
    make: () =>
      new TSNE({
        nComponents: 3,
        perplexity: 5,
        maxIter: 20,
        method: 'exact',
        init: 'random',
        metric: 'manhattan',
      }),
    exceptions: LAYOUT,
  },
  { name: 'UMAP', make: () => new UMAP({ nNeighbors: 6, nEpochs: 30 }), exceptions: PLACED },
  {
    name: 'UMAP of one dimension',
    make: () =>
      new UMAP({
        nComponents: 1,
        nNeighbors: 4,
        nEpochs: 9,
        init: 'random',
        localConnectivity: 1.5,
        metric: 'cosine',
      }),
    exceptions: PLACED,
  },
  { name: 'Lars', make: () => new Lars({ nNonzeroCoefs: 3 }), exceptions: AXES },
  { name: 'LarsCV', make: () => new LarsCV({ cv: 3 }), exceptions: AXES },
  { name: 'LassoLars', make: () => new LassoLars({ alpha: 0.05 }), exceptions: AXES },
  { name: 'LassoLarsCV', make: () => new LassoLarsCV({ cv: 3, positive: true }), exceptions: AXES },
  { name: 'LassoLarsIC', make: () => new LassoLarsIC(), exceptions: AXES },
  {
    name: 'OrthogonalMatchingPursuit',
    make: () => new OrthogonalMatchingPursuit({ nNonzeroCoefs: 1 }),
    exceptions: AXES,
  },
  { name: 'OrthogonalMatchingPursuitCV', make: () => new OrthogonalMatchingPursuitCV(), exceptions: AXES },
  { name: 'MultinomialNB', make: () => new MultinomialNB({ alpha: 0.5 }) },
  { name: 'NMF', make: () => new NMF({ nComponents: 1 }), exceptions: AXES },
  {
    name: 'NMF by multiplicative updates',
    make: () => new NMF({ nComponents: 1, solver: 'mu', init: 'random' }),
    exceptions: AXES,
  },
  {
    name: 'NMF by the divergence of Kullback and Leibler',
    make: () => new NMF({ nComponents: 1, solver: 'mu', betaLoss: 'kullback-leibler', init: 'random' }),
    exceptions: AXES,
  },
  { name: 'Normalizer', make: () => new Normalizer() },
  { name: 'Normalizer by the largest', make: () => new Normalizer({ norm: 'max' }) },
  {
    name: 'OneClassSVM',
    make: () => new OneClassSVM({ nu: 0.2, gamma: 0.2, tol: 1e-7 }),
    exceptions: ON_THE_EDGE,
  },
  { name: 'OneHotEncoder', make: () => new OneHotEncoder(), exceptions: ENCODER },
  {
    name: 'OneHotEncoder before a model',
    make: () =>
      new Pipeline([
        ['codes', new OneHotEncoder({ sparseOutput: true, handleUnknown: 'ignore' })],
        ['model', new LogisticRegression()],
      ]),
    exceptions: { ...COMPOSITE, ...ENCODER },
  },
  {
    name: 'OneHotEncoder, lenient',
    make: () => new OneHotEncoder({ drop: 'first', handleUnknown: 'ignore' }),
    exceptions: ENCODER,
  },
  { name: 'OrdinalEncoder', make: () => new OrdinalEncoder(), exceptions: ENCODER },
  {
    name: 'OrdinalEncoder, lenient',
    make: () =>
      new OrdinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: -1, encodedMissingValue: -2 }),
    exceptions: ENCODER,
  },
  { name: 'PCA', make: () => new PCA(), exceptions: AXES },
  {
    name: 'PCA, randomised and white',
    make: () => new PCA({ nComponents: 1, svdSolver: 'randomized', whiten: true }),
    exceptions: AXES,
  },
  { name: 'Perceptron', make: () => new Perceptron({ randomState: 1 }), exceptions: PASSED },
  {
    name: 'MultiOutputRegressor',
    make: () => new MultiOutputRegressor(new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })),
    exceptions: COMPOSITE,
  },
  {
    name: 'RegressorChain',
    make: () => new RegressorChain(new Ridge(), { order: 'random', randomState: 1 }),
    exceptions: COMPOSITE,
  },
  {
    name: 'RegressorChain of predictions across folds',
    make: () => new RegressorChain(new Ridge({ alpha: 0.1 }), { cv: 3 }),
    exceptions: COMPOSITE,
  },
  {
    name: 'MultiOutputClassifier',
    make: () => new MultiOutputClassifier(new LogisticRegression()),
    exceptions: COMPOSITE,
  },
  {
    name: 'ClassifierChain',
    make: () => new ClassifierChain(new LogisticRegression()),
    exceptions: COMPOSITE,
  },
  {
    name: 'ClassifierChain of predictions across folds',
    make: () => new ClassifierChain(new DecisionTreeClassifier({ maxDepth: 3, randomState: 2 }), { cv: 3 }),
    exceptions: COMPOSITE,
  },
  {
    name: 'Pipeline of a classifier',
    make: () =>
      new Pipeline([
        ['impute', new SimpleImputer({ strategy: 'median' })],
        ['scale', new StandardScaler()],
        ['model', new LogisticRegression()],
      ]),
    exceptions: { ...COMPOSITE, ...IMPUTER, ...WORDS },
  },
  {
    name: 'Pipeline with a memory',
    make: () =>
      new Pipeline(
        [
          ['impute', new SimpleImputer()],
          ['scale', new StandardScaler()],
          ['model', new Ridge()],
        ],
        { memory: new Map() },
      ),
    exceptions: { ...COMPOSITE, ...IMPUTER, ...WORDS },
  },
  {
    name: 'Pipeline of a regressor',
    make: () =>
      new Pipeline([
        ['skip', 'passthrough'],
        ['model', new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })],
      ]),
    exceptions: COMPOSITE,
  },
  {
    name: 'Pipeline of transformers',
    make: () =>
      new Pipeline([
        ['scale', new StandardScaler()],
        ['inner', new Pipeline([['impute', new SimpleImputer()]])],
      ]),
    exceptions: { ...COMPOSITE, ...IMPUTER },
  },
  { name: 'PolynomialFeatures', make: () => new PolynomialFeatures() },
  {
    name: 'PolynomialFeatures, interactions',
    make: () => new PolynomialFeatures({ degree: [2, 3], interactionOnly: true, includeBias: false }),
    exceptions: { 'one column is enough': 'one column has no interactions' },
  },
  {
    name: 'RandomForestClassifier',
    make: () => new RandomForestClassifier({ nEstimators: 10 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'RandomForestClassifier without bootstrap',
    make: () => new RandomForestClassifier({ nEstimators: 5, bootstrap: false, criterion: 'entropy' }),
  },
  {
    name: 'RandomForestRegressor',
    make: () => new RandomForestRegressor({ nEstimators: 10 }),
    exceptions: BOOTSTRAP,
  },
  {
    name: 'RandomForestRegressor on bins, without bootstrap',
    make: () =>
      new RandomForestRegressor({ nEstimators: 5, bootstrap: false, maxFeatures: 0.5, maxBins: 64 }),
  },
  {
    name: 'RandomizedSearchCV of a regressor',
    make: () => new RandomizedSearchCV(new Ridge(), { alpha: [0.1, 1, 10] }, { nIter: 2, cv: 3 }),
    exceptions: SEARCH,
  },
  { name: 'RFE', make: () => new RFE(new Ridge(), { nFeaturesToSelect: 0.5 }), exceptions: COMPOSITE },
  { name: 'Ridge', make: () => new Ridge() },
  { name: 'RidgeClassifier', make: () => new RidgeClassifier({ alpha: 0.1 }) },
  {
    name: 'RidgeClassifierCV',
    make: () => new RidgeClassifierCV({ alphas: [0.01, 1], storeCvResults: true }),
    exceptions: LEFT_OUT,
  },
  { name: 'RidgeCV', make: () => new RidgeCV({ alphas: [0.01, 1] }), exceptions: LEFT_OUT },
  { name: 'RidgeCV of folds', make: () => new RidgeCV({ cv: 3 }), exceptions: FOLDS },
  { name: 'RobustScaler', make: () => new RobustScaler(), exceptions: SCALER },
  {
    name: 'RobustScaler of unit variance',
    make: () => new RobustScaler({ quantileRange: [10, 90], unitVariance: true, withCentering: false }),
    exceptions: SCALER,
  },
  {
    name: 'Sequential that classifies',
    make: () =>
      new Sequential([dense(16), batchNorm(), activation('relu'), dense(3, { activation: 'softmax' })], {
        ...{ optimizer: adam({ learningRate: 0.03 }), loss: 'sparseCategoricalCrossentropy' },
        ...{ metrics: ['accuracy'], epochs: 40, batchSize: 8 },
      }),
    exceptions: {
      ...NETWORK,
      'labels may be text, numbers or booleans': 'its layers fix the number of classes',
    },
  },
  {
    name: 'Sequential that gives numbers',
    make: () =>
      new Sequential([dense(8, { activation: 'tanh' }), layerNorm(), dropout(0.1), dense(1)], {
        ...{
          optimizer: adam({ learningRate: 0.02 }),
          loss: 'mse',
          epochs: 40,
          batchSize: 16,
          validationSplit: 0.1,
        },
      }),
    exceptions: NETWORK,
  },
  {
    name: 'SelectFdr',
    make: () => new SelectFdr({ scoreFunc: 'fRegression', alpha: 0.9 }),
    exceptions: AXES,
  },
  {
    name: 'SelectFpr',
    make: () => new SelectFpr({ scoreFunc: 'fRegression', alpha: 0.9 }),
    exceptions: AXES,
  },
  {
    name: 'SelectFromModel',
    make: () => new SelectFromModel(new DecisionTreeRegressor({ randomState: 2 }), { threshold: '0.5*mean' }),
    exceptions: { ...COMPOSITE, ...TIES },
  },
  {
    name: 'SelectFwe',
    make: () => new SelectFwe({ scoreFunc: 'fRegression', alpha: 1 }),
    exceptions: AXES,
  },
  {
    name: 'SelectKBest',
    make: () => new SelectKBest({ scoreFunc: 'fRegression', k: 1 }),
    exceptions: AXES,
  },
  {
    name: 'SelectPercentile',
    make: () => new SelectPercentile({ scoreFunc: 'fRegression', percentile: 60 }),
    exceptions: AXES,
  },
  { name: 'SGDClassifier', make: () => new SGDClassifier({ randomState: 1 }), exceptions: PASSED },
  {
    name: 'SGDClassifier, logLoss, averaged, early stopping',
    make: () =>
      new SGDClassifier({
        ...{ loss: 'logLoss', penalty: 'elasticnet', average: 10, earlyStopping: true, randomState: 1 },
        ...{ learningRate: 'adaptive', eta0: 0.1, classWeight: 'balanced' },
      }),
    exceptions: PASSED,
  },
  {
    name: 'SGDClassifier, modifiedHuber',
    make: () => new SGDClassifier({ loss: 'modifiedHuber', penalty: 'l1', randomState: 1 }),
    exceptions: {
      ...PASSED,
      'probabilities lie in [0, 1], sum to 1 and agree with the labels':
        'scores beyond 1 are all certain, so that two classes may have the same probability',
    },
  },
  {
    name: 'SGDRegressor',
    make: () => new SGDRegressor({ randomState: 1, learningRate: 'constant', tol: null, maxIter: 100 }),
    exceptions: PASSED,
  },
  { name: 'SimpleImputer', make: () => new SimpleImputer(), exceptions: { ...IMPUTER, ...WORDS } },
  {
    name: 'SimpleImputer by frequency, with indicator',
    make: () => new SimpleImputer({ strategy: 'mostFrequent', addIndicator: true }),
    exceptions: IMPUTER,
  },
  {
    name: 'SimpleImputer of a constant',
    make: () => new SimpleImputer({ strategy: 'constant' }),
  },
  {
    name: 'StackingClassifier',
    make: () =>
      new StackingClassifier(
        [
          ['bayes', new GaussianNB()],
          ['gone', 'drop'],
          ['tree', new DecisionTreeClassifier({ maxDepth: 3, randomState: 3 })],
        ],
        { cv: 3 },
      ),
    exceptions: SEARCH,
  },
  {
    name: 'StackingClassifier that passes X through',
    make: () =>
      new StackingClassifier([['line', new LogisticRegression()]], {
        ...{ finalEstimator: new DecisionTreeClassifier({ maxDepth: 4, randomState: 3 }), cv: 2 },
        ...{ passthrough: true, stackMethod: 'decisionFunction' },
      }),
    exceptions: SEARCH,
  },
  {
    name: 'StackingRegressor',
    make: () =>
      new StackingRegressor(
        [
          ['ridge', new Ridge()],
          ['tree', new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })],
        ],
        { cv: 3 },
      ),
    exceptions: SEARCH,
  },
  { name: 'StandardScaler', make: () => new StandardScaler() },
  { name: 'StandardScaler without mean', make: () => new StandardScaler({ withMean: false }) },
  {
    name: 'FeatureUnion',
    make: () =>
      new FeatureUnion(
        [
          ['scaled', new MinMaxScaler()],
          ['gone', 'drop'],
          ['products', new PolynomialFeatures({ interactionOnly: true })],
          ['same', 'passthrough'],
        ],
        { transformerWeights: { scaled: 2 } },
      ),
    exceptions: { ...COMPOSITE, ...SCALER },
  },
  { name: 'CyclicalEncoder', make: () => new CyclicalEncoder({ period: 7 }) },
  { name: 'PowerTransformer', make: () => new PowerTransformer(), exceptions: SCALER },
  {
    name: 'PowerTransformer, Box-Cox',
    make: () =>
      new Pipeline([
        ['above 0', new FunctionTransformer({ func: ['abs', ['add', 1]] })],
        ['power', new PowerTransformer({ method: 'boxCox', standardize: false })],
      ]),
    exceptions: { ...COMPOSITE, ...SCALER },
  },
  {
    name: 'QuantileTransformer',
    make: () => new QuantileTransformer({ nQuantiles: 20 }),
    exceptions: SCALER,
  },
  {
    name: 'QuantileTransformer to normal numbers, of a sample',
    make: () =>
      new QuantileTransformer({
        nQuantiles: 10,
        outputDistribution: 'normal',
        subsample: 30,
        randomState: 2,
      }),
    exceptions: {
      ...SCALER,
      'float32 gives the results of float64 up to rounding': STEEP,
      'float32 plans of every output agree with float64 up to rounding': STEEP,
    },
  },
  {
    name: 'RFECV',
    make: () => new RFECV(new Ridge(), { cv: 3 }),
    exceptions: SEARCH,
  },
  {
    name: 'SequentialFeatureSelector',
    make: () => new SequentialFeatureSelector(new Ridge(), { cv: 2, nFeaturesToSelect: 1 }),
    exceptions: { ...SEARCH, 'one column is enough': 'of one column none can be left out' },
  },
  {
    name: 'FunctionTransformer',
    make: () => new FunctionTransformer({ func: ['abs', 'log1p', ['mul', 2]] }),
  },
  {
    name: 'MissingIndicator',
    make: () => new MissingIndicator({ features: 'all' }),
    exceptions: IMPUTER,
  },
  {
    name: 'TargetEncoder',
    make: () => new TargetEncoder({ targetType: 'continuous', randomState: 1 }),
    exceptions: ACROSS,
  },
  {
    name: 'TargetEncoder of classes',
    make: () => new TargetEncoder({ smooth: 2, randomState: 1 }),
    exceptions: ACROSS,
  },
  {
    name: 'TransformedTargetRegressor',
    make: () => new TransformedTargetRegressor(new Ridge(), { transformer: new StandardScaler() }),
    exceptions: COMPOSITE,
  },
  {
    name: 'LogisticRegressionCV',
    make: () => new LogisticRegressionCV({ Cs: [0.1, 1, 10], cv: 3, tol: 1e-8, maxIter: 1000 }),
    exceptions: FOLDS,
  },
  {
    name: 'LogisticRegressionCV of the folds themselves',
    make: () => new LogisticRegressionCV({ Cs: 3, cv: 2, refit: false }),
    exceptions: FOLDS,
  },
  {
    name: 'OneVsRestClassifier',
    make: () => new OneVsRestClassifier(new LogisticRegression({ tol: 1e-9, maxIter: 1000 })),
    exceptions: COMPOSITE,
  },
  {
    name: 'OneVsRestClassifier of probabilities',
    make: () => new OneVsRestClassifier(new GaussianNB()),
    exceptions: COMPOSITE,
  },
  {
    name: 'OneVsOneClassifier',
    make: () => new OneVsOneClassifier(new LinearSVC({ tol: 1e-12 })),
    exceptions: COMPOSITE,
  },
  {
    name: 'GammaRegressor',
    make: () => new GammaRegressor({ alpha: 0.1, tol: 1e-9 }),
    exceptions: DEVIANCE,
  },
  { name: 'QuantileRegressor', make: () => new QuantileRegressor({ alpha: 0.01, quantile: 0.4 }) },
  {
    name: 'PoissonRegressor',
    make: () => new PoissonRegressor({ alpha: 0.1, tol: 1e-9 }),
    exceptions: DEVIANCE,
  },
  { name: 'TweedieRegressor', make: () => new TweedieRegressor({ alpha: 0.1, tol: 1e-9 }) },
  {
    name: 'LinearRegression with positive coefficients',
    make: () => new LinearRegression({ positive: true }),
  },
  { name: 'Ridge with positive coefficients', make: () => new Ridge({ positive: true }) },
  { name: 'RidgeClassifier with positive coefficients', make: () => new RidgeClassifier({ positive: true }) },
  { name: 'NuSVC', make: () => new NuSVC({ nu: 0.2, gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'NuSVC with probabilities',
    make: () => new NuSVC({ kernel: 'linear', nu: 0.3, probability: true, tol: 1e-7 }),
    exceptions: { ...VOTES, [WEIGHTS]: 'rows are dealt to folds by position' },
  },
  { name: 'NuSVR', make: () => new NuSVR({ gamma: 0.2, tol: 1e-7 }) },
  { name: 'SVC', make: () => new SVC({ gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'SVC of polynomials that breaks ties',
    make: () => new SVC({ kernel: 'poly', gamma: 0.2, coef0: 1, breakTies: true, tol: 1e-7 }),
  },
  {
    name: 'SVC with probabilities',
    make: () => new SVC({ kernel: 'linear', probability: true }),
    exceptions: { ...VOTES, [WEIGHTS]: 'rows are dealt to folds by position' },
  },
  { name: 'SVR', make: () => new SVR({ gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'SVR of a sigmoid',
    make: () => new SVR({ kernel: 'sigmoid', gamma: 0.05, C: 10, tol: 1e-7 }),
    exceptions: { [WEIGHTS]: 'the kernel is not positive definite: there are several optima' },
  },
  { name: 'TruncatedSVD', make: () => new TruncatedSVD({ nComponents: 1 }), exceptions: AXES },
  { name: 'VarianceThreshold', make: () => new VarianceThreshold({ threshold: 0.1 }), exceptions: AXES },
  {
    name: 'VotingClassifier',
    make: () =>
      new VotingClassifier([
        ['bayes', new GaussianNB()],
        ['line', new LogisticRegression()],
        ['tree', new DecisionTreeClassifier({ maxDepth: 3, randomState: 3 })],
      ]),
    exceptions: COMPOSITE,
  },
  {
    name: 'VotingClassifier, soft and weighted',
    make: () =>
      new VotingClassifier(
        [
          ['bayes', new GaussianNB()],
          ['gone', 'drop'],
          ['line', new LogisticRegression()],
        ],
        { voting: 'soft', weights: [1, 5, 3] },
      ),
    exceptions: COMPOSITE,
  },
  {
    name: 'VotingRegressor',
    make: () =>
      new VotingRegressor([
        ['ridge', new Ridge()],
        ['tree', new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })],
      ]),
    exceptions: COMPOSITE,
  },
];
