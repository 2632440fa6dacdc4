import { GaussianMixture } from '../../../lib/index.js';
import { AXES, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'GaussianMixture',
    make: () => new GaussianMixture({ nComponents: 2 }),
    exceptions: AXES,
  },
  {
    name: 'GaussianMixture of tied covariance',
    make: () => new GaussianMixture({ nComponents: 2, covarianceType: 'tied', nInit: 2 }),
    exceptions: AXES,
  },
  {
    name: 'GaussianMixture of variances, from random starts',
    make: () => new GaussianMixture({ nComponents: 3, covarianceType: 'diag', initParams: 'random' }),
    exceptions: AXES,
  },
];
