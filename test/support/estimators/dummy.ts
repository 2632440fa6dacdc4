import { DummyClassifier, DummyRegressor } from '../../../lib/index.js';
import { type Example, WEIGHTS } from './example.js';

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

export const EXAMPLES: readonly Example[] = [
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
];
