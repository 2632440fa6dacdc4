/** The public surface of boreal: re-exports, and the list of estimators that model files may hold. */
export * from './cluster/index.js';
export * from './core/index.js';
export * from './covariance/index.js';
export * from './datasets/index.js';
export * from './decomposition/index.js';
export * from './ensemble/index.js';
export * from './errors.js';
export * from './feature-extraction/index.js';
export * from './feature-selection/index.js';
export * from './impute/index.js';
export * from './inspection/index.js';
export * from './interchange/index.js';
export * from './linear-model/index.js';
export * from './manifold/index.js';
export * from './metrics/index.js';
export * from './mixture/index.js';
export * from './model-selection/index.js';
export * from './monitor/index.js';
export * from './naive-bayes/index.js';
export * from './neighbors/index.js';
export * from './pipeline/index.js';
export * as plot from './plot/index.js';
export { report } from './plot/index.js';
export * from './preprocessing/index.js';
export * from './svm/index.js';
export * from './tree/index.js';

import './estimators.js';
