export * from './incremental-pca.js';
export * from './nmf.js';
export type { GivenFactors, NMFStart } from './nmf-start.js';
export * from './pca.js';
export * from './projection.js';
export * from './truncated-svd.js';
