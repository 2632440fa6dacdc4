/** Why a model predicts what it does. */
export {
  type PermutationImportanceOptions,
  type PermutationImportances,
  permutationImportance,
  type ScoredModel,
} from './permutation-importance.js';
export { type TreeShapOptions, type TreeShapValues, treeShap } from './tree-shap.js';
