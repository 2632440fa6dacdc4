export {
  type ImputationStep,
  IterativeImputer,
  type IterativeImputerParams,
  type IterativeImputerState,
} from './iterative-imputer.js';
export { KNNImputer, type KNNImputerParams, type KNNImputerState } from './knn-imputer.js';
export * from './missing-indicator.js';
export * from './simple-imputer.js';
