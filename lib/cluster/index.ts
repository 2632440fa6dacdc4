export {
  AgglomerativeClustering,
  type AgglomerativeClusteringParams,
} from './agglomerative-clustering.js';
export type { CentreInit } from './centres.js';
export { KMeans, type KMeansParams } from './k-means.js';
export { MiniBatchKMeans, type MiniBatchKMeansParams } from './mini-batch-k-means.js';
