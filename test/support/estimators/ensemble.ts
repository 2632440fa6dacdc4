import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  BaggingClassifier,
  BaggingRegressor,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GaussianNB,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  IsolationForest,
  LinearRegression,
  LinearSVC,
  LogisticRegression,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  VotingClassifier,
  VotingRegressor,
} from '../../../lib/index.js';
import { COMPOSITE, type Example, TIES, WEIGHTS } from './example.js';

const BOOTSTRAP = { [WEIGHTS]: 'rows are drawn by position, so that repeated rows are drawn otherwise' };

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
    exceptions: {
      ...BOOTSTRAP,
      'decision values agree with the labels': 'labels are votes, decisions a mean',
    },
  },
  {
    name: 'BaggingRegressor',
    make: () =>
      new BaggingRegressor({ estimator: new Ridge(), nEstimators: 4, oobScore: true, randomState: 3 }),
    exceptions: BOOTSTRAP,
  },
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
  {
    name: 'HistGradientBoostingRanker',
    make: () => new HistGradientBoostingRanker({ maxIter: 6, minSamplesLeaf: 2, maxLeafNodes: 6 }),
    exceptions: {
      [WEIGHTS]: 'a row that is repeated stands in the ranking again',
      'score is the accuracy or R2 of the predictions': 'it is the NDCG of their order',
    },
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
