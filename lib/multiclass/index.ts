export type { BinaryModelsParams, BinaryModelsState } from './binary-models.js';
export { OneVsOneClassifier } from './one-vs-one.js';
export { OneVsRestClassifier } from './one-vs-rest.js';
