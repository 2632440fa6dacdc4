// Clusterers. Quality: the inertia, the mean log-likelihood, or the number of clusters.
import { KMeans, MiniBatchKMeans } from '../../dist/index.js';

const fits =
  (make, quality) =>
  ({ X }) => ({ run: () => make().fit(X), quality });
const uses =
  (make, use) =>
  async ({ X }) => {
    const model = await make().fit(X);
    return () => model[use](X);
  };
const inertia = (model) => model.inertia;
const kMeans = () => new KMeans({ nClusters: 10, randomState: 0 });

export const cases = {
  'KMeans fit': { data: 'blobs', bar: 3, make: fits(kMeans, inertia) },
  'KMeans classes fit': { data: 'dense', bar: 3, make: fits(kMeans, inertia) },
  'KMeans elkan fit': {
    data: 'blobs',
    make: fits(() => new KMeans({ nClusters: 10, randomState: 0, algorithm: 'elkan' }), inertia),
  },
  'KMeans predict': { data: 'blobs', bar: 3, make: uses(kMeans, 'predict') },
  'KMeans transform': { data: 'blobs', bar: 3, make: uses(kMeans, 'transform') },
  'MiniBatchKMeans fit': {
    data: 'blobs',
    make: fits(() => new MiniBatchKMeans({ nClusters: 10, randomState: 0 }), inertia),
  },
};
