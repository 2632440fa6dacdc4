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

const QUERIES = 10_000;
const some = (X) => X.slice(0, Math.min(X.rows, QUERIES));
const narrow = (X) => X.columns([0, 1, 2]);
const clusters = (model) => new Set(model.labels).size;
/** The first use of a model makes its plan, which is part of its cost once. */
const predicts =
  (make, rows = some, columns = (X) => X) =>
  async ({ X, y }) => {
    const data = columns(X);
    const model = await make().fit(data, y);
    const queries = rows(data);
    await model.predict(queries.slice(0, 1));
    return () => model.predict(queries);
  };
const fits =
  (make, columns = (X) => X, quality) =>
  ({ X }) => {
    const data = columns(X);
    return { run: () => make().fit(data), quality };
  };

export const cases = {
  'KNeighborsClassifier fit': {
    data: 'dense',
    bar: 3,
    make:
      ({ X, y }) =>
      () =>
        new KNeighborsClassifier().fit(X, y),
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
    make: predicts(
      () => new KNeighborsClassifier(),
      (X) => X,
      narrow,
    ),
  },
  'KNeighborsRegressor distance predict': {
    data: 'regression',
    bar: 3,
    make: predicts(() => new KNeighborsRegressor({ nNeighbors: 20, weights: 'distance' })),
  },
  'NearestNeighbors kneighbors': {
    data: 'dense',
    bar: 3,
    make: async ({ X }) => {
      const search = await new NearestNeighbors({ nNeighbors: 50 }).fit(X);
      await search.kneighbors(X.slice(0, 1));
      return () => search.kneighbors(some(X));
    },
  },
  'DBSCAN blobs fit': { data: 'blobs', bar: 3, make: fits(() => new DBSCAN({ eps: 14 }), some, clusters) },
  'DBSCAN 3 columns fit': {
    data: 'blobs',
    bar: 3,
    make: fits(() => new DBSCAN({ eps: 0.3 }), narrow, clusters),
  },
  'DBSCAN moons fit': {
    data: 'moons',
    bar: 3,
    make: fits(() => new DBSCAN({ eps: 0.05 }), undefined, clusters),
  },
  'HDBSCAN fit': { data: 'small', make: fits(() => new HDBSCAN(), some, clusters) },
  'HDBSCAN moons fit': { data: 'moons', make: fits(() => new HDBSCAN(), undefined, clusters) },
  'LocalOutlierFactor fit': { data: 'small', make: fits(() => new LocalOutlierFactor()) },
  'KNNImputer transform': {
    data: 'smallMissing',
    make: async ({ X }) => {
      const imputer = await new KNNImputer().fit(X);
      await imputer.transform(X.slice(0, 1));
      return () => imputer.transform(X.slice(0, 2000));
    },
  },
};
