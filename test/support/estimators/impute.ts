import {
  DecisionTreeRegressor,
  IterativeImputer,
  KNNImputer,
  MissingIndicator,
  SimpleImputer,
} from '../../../lib/index.js';
import { type Example, IMPUTER, NEIGHBORS, WORDS } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'SimpleImputer of a marker',
    make: () => new SimpleImputer({ missingValues: 0, addIndicator: true }),
    exceptions: { ...IMPUTER, ...WORDS },
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
  { name: 'KNNImputer', make: () => new KNNImputer({ nNeighbors: 3 }), exceptions: NEIGHBORS },
  {
    name: 'KNNImputer by distance, with flags',
    make: () => new KNNImputer({ weights: 'distance', addIndicator: true }),
    exceptions: NEIGHBORS,
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
    name: 'MissingIndicator',
    make: () => new MissingIndicator({ features: 'all' }),
    exceptions: IMPUTER,
  },
];
