import {
  CalibratedClassifierCV,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  FixedThresholdClassifier,
  GaussianNB,
  GridSearchCV,
  HalvingGridSearchCV,
  HalvingRandomSearchCV,
  LinearSVC,
  LogisticRegression,
  LogisticRegressionCV,
  Pipeline,
  RandomizedSearchCV,
  RFECV,
  Ridge,
  SequentialFeatureSelector,
  StackingClassifier,
  StackingRegressor,
  StandardScaler,
  TunedThresholdClassifierCV,
} from '../../../lib/index.js';
import { COMPOSITE, type Example, FOLDS, WEIGHTS } from './example.js';

const THRESHOLD = {
  'probabilities lie in [0, 1], sum to 1 and agree with the labels': 'the threshold decides',
  'decision values agree with the labels': 'the threshold decides',
};
const SEARCH = {
  ...COMPOSITE,
  [WEIGHTS]: 'rows are dealt to folds by position',
};

export const EXAMPLES: readonly Example[] = [
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
  {
    name: 'RandomizedSearchCV of a regressor',
    make: () => new RandomizedSearchCV(new Ridge(), { alpha: [0.1, 1, 10] }, { nIter: 2, cv: 3 }),
    exceptions: SEARCH,
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
    name: 'LogisticRegressionCV',
    make: () => new LogisticRegressionCV({ Cs: [0.1, 1, 10], cv: 3, tol: 1e-8, maxIter: 1000 }),
    exceptions: FOLDS,
  },
  {
    name: 'LogisticRegressionCV of the folds themselves',
    make: () => new LogisticRegressionCV({ Cs: 3, cv: 2, refit: false }),
    exceptions: FOLDS,
  },
];
