export {
  type CovarianceType,
  GaussianMixture,
  type GaussianMixtureParams,
} from './gaussian-mixture.js';
