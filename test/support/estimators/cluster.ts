import { AgglomerativeClustering, DBSCAN, HDBSCAN, KMeans, MiniBatchKMeans } from '../../../lib/index.js';
import { AXES, type Example, NEIGHBORS, WEIGHTS } from './example.js';

const LABELLED = { [WEIGHTS]: 'its result is one label for each training row' };

export const EXAMPLES: readonly Example[] = [
  { name: 'AgglomerativeClustering', make: () => new AgglomerativeClustering(), exceptions: AXES },
  {
    name: 'AgglomerativeClustering below a distance',
    make: () => new AgglomerativeClustering({ nClusters: null, distanceThreshold: 1.5, linkage: 'single' }),
    exceptions: AXES,
  },
  { name: 'DBSCAN', make: () => new DBSCAN({ eps: 0.9, minSamples: 4 }), exceptions: LABELLED },
  {
    name: 'DBSCAN by a ball tree',
    make: () =>
      new DBSCAN({ eps: 1.2, minSamples: 3, algorithm: 'ballTree', leafSize: 4, metric: 'manhattan' }),
    exceptions: LABELLED,
  },
  { name: 'HDBSCAN', make: () => new HDBSCAN({ minClusterSize: 4, minSamples: 2 }), exceptions: NEIGHBORS },
  {
    name: 'KMeans',
    make: () => new KMeans({ nClusters: 3 }),
    exceptions: { [WEIGHTS]: 'starts are drawn by position' },
  },
  {
    name: 'KMeans from random starts, by Elkan',
    make: () => new KMeans({ nClusters: 4, init: 'random', algorithm: 'elkan', nInit: 3 }),
    exceptions: { [WEIGHTS]: 'starts are drawn by position' },
  },
  {
    name: 'MiniBatchKMeans',
    make: () => new MiniBatchKMeans({ nClusters: 3, batchSize: 20, maxIter: 5 }),
    exceptions: { [WEIGHTS]: 'rows are drawn by position' },
  },
];
