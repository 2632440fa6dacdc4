// Cross-validation and searches: many fits on parts of the same rows. Quality: the mean score.
import {
  crossValScore,
  DecisionTreeClassifier,
  GaussianNB,
  GridSearchCV,
  HalvingGridSearchCV,
  HistGradientBoostingClassifier,
  LogisticRegression,
  learningCurve,
  RandomForestClassifier,
  RandomizedSearchCV,
  randint,
} from '../../dist/index.js';

const mean = (scores) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
const validated =
  (make) =>
  ({ X, y }) => ({ run: () => crossValScore(make(), X, y, { cv: 5 }), quality: mean });

export const cases = {
  'crossValScore of LogisticRegression': {
    data: 'dense',
    bar: 3,
    make: validated(() => new LogisticRegression()),
  },
  'crossValScore of RandomForestClassifier': {
    data: 'small',
    bar: 3,
    make: validated(() => new RandomForestClassifier({ nEstimators: 20, randomState: 0 })),
  },
  'crossValScore of HistGradientBoostingClassifier': {
    data: 'small',
    bar: 3,
    make: validated(() => new HistGradientBoostingClassifier({ maxIter: 30, randomState: 0 })),
  },
  'GridSearchCV of LogisticRegression': {
    data: 'small',
    make: ({ X, y }) => ({
      run: () => new GridSearchCV(new LogisticRegression(), { C: [0.01, 0.1, 1, 10] }, { cv: 5 }).fit(X, y),
      quality: ({ bestScore }) => bestScore,
    }),
  },
  'crossValScore of GaussianNB': { data: 'dense', bar: 3, make: validated(() => new GaussianNB()) },
  'crossValScore of DecisionTreeClassifier': {
    data: 'small',
    bar: 3,
    make: validated(() => new DecisionTreeClassifier({ maxDepth: 8, randomState: 0 })),
  },
  'HalvingGridSearchCV of DecisionTreeClassifier': {
    data: 'small',
    make: ({ X, y }) => {
      const grid = { maxDepth: [2, 4, 6, 8, 10, 12], minSamplesLeaf: [1, 5, 20] };
      const tree = new DecisionTreeClassifier({ randomState: 0 });
      return {
        run: () => new HalvingGridSearchCV(tree, grid, { cv: 5, randomState: 0 }).fit(X, y),
        quality: ({ bestScore }) => bestScore,
      };
    },
  },
  'RandomizedSearchCV of DecisionTreeClassifier': {
    data: 'small',
    make: ({ X, y }) => {
      const distributions = { maxDepth: randint(2, 13), minSamplesLeaf: randint(1, 21) };
      const tree = new DecisionTreeClassifier({ randomState: 0 });
      return {
        run: () =>
          new RandomizedSearchCV(tree, distributions, { nIter: 10, cv: 5, randomState: 0 }).fit(X, y),
        quality: ({ bestScore }) => bestScore,
      };
    },
  },
  'learningCurve of LogisticRegression': {
    data: 'small',
    make: ({ X, y }) => ({
      run: () => learningCurve(new LogisticRegression(), X, y),
      quality: ({ testScores }) => mean(testScores.data),
    }),
  },
};
