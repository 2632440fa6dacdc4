// Axes and factors. Quality: the share of the variance, or the error.
import { IncrementalPCA, NMF, PCA, TruncatedSVD } from '../../dist/index.js';
import { fits, uses } from './calls.mjs';

const explained = {
  quality: ({ explainedVarianceRatio }) => explainedVarianceRatio.reduce((sum, share) => sum + share, 0),
};
const pca = () => new PCA({ nComponents: 10 });
const factors = (solver) => () => new NMF({ nComponents: 5, solver, randomState: 0 });
const error = { quality: (model) => model.reconstructionErr };

export const cases = {
  'PCA fit': { data: 'dense', bar: 3, make: fits(pca, explained) },
  'PCA transform': { data: 'dense', bar: 3, make: uses(pca, 'transform') },
  'PCA randomized fit': {
    data: 'dense',
    bar: 3,
    make: fits(() => new PCA({ nComponents: 5, svdSolver: 'randomized', randomState: 0 }), explained),
  },
  'TruncatedSVD fit': {
    data: 'dense',
    make: fits(() => new TruncatedSVD({ nComponents: 5, randomState: 0 }), explained),
  },
  'IncrementalPCA fit': {
    data: 'dense',
    make: fits(() => new IncrementalPCA({ nComponents: 10 }), explained),
  },
  'NMF cd fit': { data: 'counts', make: fits(factors('cd'), error) },
  'NMF mu fit': { data: 'counts', make: fits(factors('mu'), error) },
  'NMF mu kullback-leibler fit': {
    data: 'counts',
    make: fits(
      () =>
        new NMF({
          nComponents: 5,
          solver: 'mu',
          betaLoss: 'kullback-leibler',
          maxIter: 20,
          randomState: 0,
        }),
      error,
    ),
  },
  'NMF transform': { data: 'counts', make: uses(factors('cd'), 'transform') },
};
