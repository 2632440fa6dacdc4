export type { NeighborAlgorithm, NeighborMetric, SearchParams } from '../core/neighbor-search.js';
export {
  KNeighborsClassifier,
  type KNeighborsClassifierParams,
  type KNeighborsClassifierState,
} from './k-neighbors-classifier.js';
export {
  KNeighborsRegressor,
  type KNeighborsRegressorParams,
  type KNeighborsRegressorState,
} from './k-neighbors-regressor.js';
export {
  LocalOutlierFactor,
  type LocalOutlierFactorParams,
  type LocalOutlierFactorState,
} from './local-outlier-factor.js';
export {
  NearestCentroid,
  type NearestCentroidParams,
  type NearestCentroidState,
} from './nearest-centroid.js';
export {
  type GraphMode,
  NearestNeighbors,
  type NearestNeighborsParams,
  type NearestNeighborsState,
  type NeighborsGraph,
} from './nearest-neighbors.js';
export type { NeighborsParams, RadiusNeighborsParams } from './nearest-training-rows.js';
export {
  RadiusNeighborsClassifier,
  type RadiusNeighborsClassifierParams,
  type RadiusNeighborsClassifierState,
} from './radius-neighbors-classifier.js';
export {
  RadiusNeighborsRegressor,
  type RadiusNeighborsRegressorParams,
  type RadiusNeighborsRegressorState,
} from './radius-neighbors-regressor.js';
export type { Neighbors, NeighborsOptions, RadiusNeighbors, RadiusOptions } from './row-search.js';
