// Clusterers and what belongs to them. Quality: the inertia, the mean log-likelihood, or the score itself.
import {
  AgglomerativeClustering,
  EllipticEnvelope,
  GaussianMixture,
  KMeans,
  Matrix,
  MiniBatchKMeans,
  silhouetteScore,
} from '../../dist/index.js';
import { fits, uses } from './calls.mjs';

const inertia = { quality: (model) => model.inertia };
// Seeds with which both sides find the same clusters of the blobs in two steps.
const kMeans = () => new KMeans({ nClusters: 10, randomState: 3 });
/** The same centres on both sides, so that both take the same steps. */
const started =
  (algorithm) =>
  ({ X }) => {
    const init = Array.from({ length: 10 }, (_, k) => Array.from(X.row(k)));
    const make = () => new KMeans({ nClusters: 10, init, algorithm });
    return fits(make, inertia)({ X });
  };
const mixture = (covarianceType) => () =>
  new GaussianMixture({ nComponents: 5, covarianceType, randomState: 0 });
const likelihood = { quality: (model) => model.lowerBound };
const merged = (linkage) => ({
  data: 'small',
  make: ({ X }) => {
    const few = new Matrix(X.data.slice(0, 5000 * X.cols), Math.min(5000, X.rows), X.cols);
    return () => new AgglomerativeClustering({ nClusters: 10, linkage }).fit(few);
  },
});

export const cases = {
  'KMeans fit': { data: 'blobs', bar: 3, make: fits(kMeans, inertia) },
  'KMeans classes fit': { data: 'dense', bar: 3, make: fits(kMeans, inertia) },
  'KMeans from given centres fit': { data: 'dense', bar: 3, make: started('lloyd') },
  'KMeans elkan from given centres fit': { data: 'dense', make: started('elkan') },
  'KMeans predict': { data: 'blobs', bar: 3, make: uses(kMeans, 'predict') },
  'KMeans transform': { data: 'blobs', bar: 3, make: uses(kMeans, 'transform') },
  'MiniBatchKMeans fit': {
    data: 'blobs',
    make: fits(() => new MiniBatchKMeans({ nClusters: 10, randomState: 0 }), inertia),
  },
  'AgglomerativeClustering ward fit': merged('ward'),
  'AgglomerativeClustering average fit': merged('average'),
  'AgglomerativeClustering single fit': merged('single'),
  'GaussianMixture full fit': { data: 'dense', make: fits(mixture('full'), likelihood) },
  'GaussianMixture diag fit': { data: 'dense', make: fits(mixture('diag'), likelihood) },
  'GaussianMixture full proba': { data: 'dense', make: uses(mixture('full'), 'predictProba') },
  'EllipticEnvelope fit': { data: 'small', make: fits(() => new EllipticEnvelope({ randomState: 0 })) },
  silhouetteScore: {
    data: 'small',
    make: ({ X, y }) => ({ run: () => silhouetteScore(X, y), quality: (score) => score }),
  },
};
