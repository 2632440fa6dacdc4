import {
  KNeighborsClassifier,
  KNeighborsRegressor,
  LocalOutlierFactor,
  NearestCentroid,
  NearestNeighbors,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
} from '../../../lib/index.js';
import { type Example, NEIGHBORS } from './example.js';

export const EXAMPLES: readonly Example[] = [
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
];
