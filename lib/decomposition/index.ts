export * from './pca.js';
export * from './projection.js';
export * from './truncated-svd.js';
