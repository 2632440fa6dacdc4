export type { ChainMethod, ClassifierChainParams, RegressorChainParams } from './chain.js';
export { ClassifierChain } from './classifier-chain.js';
export { MultiOutputClassifier, type MultiOutputPartOptions } from './multi-output-classifier.js';
export { MultiOutputRegressor, type MultiOutputState } from './multi-output-regressor.js';
export { RegressorChain } from './regressor-chain.js';
