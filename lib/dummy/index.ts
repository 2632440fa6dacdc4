/** Predictions that do not look at X: baselines that a model has to beat. */
export * from './dummy-classifier.js';
export * from './dummy-regressor.js';
