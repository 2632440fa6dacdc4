/** Neural networks: `boreal/nn`. */
export * from './autograd/index.js';
export { MLPClassifier, type MLPClassifierParams, type MLPClassifierState } from './mlp-classifier.js';
export type { MLPParams, MLPState } from './mlp-params.js';
export { MLPRegressor, type MLPRegressorParams, type MLPRegressorState } from './mlp-regressor.js';
