// Nearest neighbours and what rests on them. Predictions are for the first 10,000 rows of the training set, or for all 100,000 in
// three columns, where trees pay. Quality: the accuracy, the number of clusters, or nothing.
import {
  DBSCAN,
  HDBSCAN,
  KNeighborsClassifier,
  KNeighborsRegressor,
  KNNImputer,
  LocalOutlierFactor,
  NearestNeighbors,
} from '../../dist/index.js';
import { fits, labelled, uses } from './calls.mjs';

const some = ({ X }) => X.slice(0, Math.min(X.rows, 10_000));
const narrow = ({ X }) => X.columns([0, 1, 2]);
const clusters = (model) => new Set(model.labels).size;
const predicts = (make) => uses(make, 'predict', { of: labelled, on: some });
const groups = (make, of = ({ X }) => X) => fits(make, { of: (data) => [of(data)], quality: clusters });

export const cases = {
  'KNeighborsClassifier fit': {
    data: 'dense',
    bar: 3,
    make: fits(() => new KNeighborsClassifier(), { of: labelled }),
  },
  'KNeighborsClassifier predict': {
    data: 'dense',
    bar: 3,
    make: predicts(() => new KNeighborsClassifier()),
  },
  'KNeighborsClassifier manhattan predict': {
    data: 'dense',
    bar: 3,
    make: predicts(() => new KNeighborsClassifier({ metric: 'manhattan', algorithm: 'brute' })),
  },
  'KNeighborsClassifier 3 columns predict': {
    data: 'dense',
    bar: 3,
    make: uses(() => new KNeighborsClassifier(), 'predict', {
      of: (data) => [narrow(data), data.y],
      on: narrow,
    }),
  },
  'KNeighborsRegressor distance predict': {
    data: 'regression',
    bar: 3,
    make: predicts(() => new KNeighborsRegressor({ nNeighbors: 20, weights: 'distance' })),
  },
  'NearestNeighbors kneighbors': {
    data: 'dense',
    bar: 3,
    make: uses(() => new NearestNeighbors({ nNeighbors: 50 }), 'kneighbors', { on: some }),
  },
  'DBSCAN blobs fit': { data: 'blobs', bar: 3, make: groups(() => new DBSCAN({ eps: 14 }), some) },
  'DBSCAN 3 columns fit': {
    data: 'blobs',
    bar: 3,
    make: groups(() => new DBSCAN({ eps: 0.3 }), narrow),
  },
  'DBSCAN moons fit': {
    data: 'moons',
    bar: 3,
    make: groups(() => new DBSCAN({ eps: 0.05 })),
  },
  'HDBSCAN fit': { data: 'small', make: groups(() => new HDBSCAN(), some) },
  'HDBSCAN moons fit': { data: 'moons', make: groups(() => new HDBSCAN()) },
  'LocalOutlierFactor fit': { data: 'small', make: fits(() => new LocalOutlierFactor()) },
  'KNNImputer transform': {
    data: 'smallMissing',
    make: uses(() => new KNNImputer(), 'transform', { on: ({ X }) => X.slice(0, Math.min(X.rows, 2000)) }),
  },
};
