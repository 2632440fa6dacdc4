// Cross-validation and searches: many fits on parts of the same rows. Quality: the mean score.
import {
  crossValScore,
  GridSearchCV,
  HistGradientBoostingClassifier,
  LogisticRegression,
  learningCurve,
  RandomForestClassifier,
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
  'learningCurve of LogisticRegression': {
    data: 'small',
    make: ({ X, y }) => ({
      run: () => learningCurve(new LogisticRegression(), X, y),
      quality: ({ testScores }) => mean(testScores.data),
    }),
  },
};
