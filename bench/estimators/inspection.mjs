// What asks a fitted model many times: importances by shuffling, partial dependence, LIME; and calibration curves. lime is a
// package of its own.
import {
  calibrationCurve,
  LogisticRegression,
  limeTabular,
  partialDependence,
  permutationImportance,
  RandomForestClassifier,
} from '../../dist/index.js';

const ROWS = 2000;
const forest = ({ X, y }) =>
  new RandomForestClassifier({ nEstimators: 50, maxDepth: 8, randomState: 0 }).fit(X, y);
const logistic = ({ X, y }) => new LogisticRegression({ maxIter: 300 }).fit(X, y);

export const cases = {
  'permutationImportance of a forest': {
    data: 'small',
    make: async ({ X, y }) => {
      const model = await forest({ X, y });
      return () =>
        permutationImportance(model, X.slice(0, ROWS), y.slice(0, ROWS), { nRepeats: 2, randomState: 0 });
    },
  },
  'partialDependence of a forest': {
    data: 'small',
    make: async ({ X, y }) => {
      const model = await forest({ X, y });
      return () => partialDependence(model, X.slice(0, ROWS), 3, { gridResolution: 50 });
    },
  },
  'partialDependence of a logistic regression, two features': {
    data: 'small',
    make: async ({ X, y }) => {
      const model = await logistic({ X, y });
      return () => partialDependence(model, X.slice(0, ROWS), [3, 5], { gridResolution: 20 });
    },
  },
  'limeTabular of a forest, 5 rows': {
    data: 'small',
    make: async ({ X, y }) => {
      const model = await forest({ X, y });
      return () => limeTabular(model, X, X.slice(0, 5), { randomState: 0 });
    },
  },
  calibrationCurve: {
    data: 'dense',
    make: async ({ X, y }) => {
      const proba = Float64Array.from(y, (_, i) => 1 / (1 + Math.exp(-X.data[i * X.cols])));
      return () => calibrationCurve(y, proba, { nBins: 20 });
    },
  },
};
