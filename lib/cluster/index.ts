export {
  AgglomerativeClustering,
  type AgglomerativeClusteringParams,
} from './agglomerative-clustering.js';
export type { CentreInit } from './centres.js';
export type { Connectivity, RowGraph } from './connectivity.js';
export { DBSCAN, type DBSCANParams, type DBSCANState } from './dbscan.js';
export { HDBSCAN, type HDBSCANParams, type HDBSCANState } from './hdbscan.js';
export { KMeans, type KMeansParams } from './k-means.js';
export { MiniBatchKMeans, type MiniBatchKMeansParams } from './mini-batch-k-means.js';
