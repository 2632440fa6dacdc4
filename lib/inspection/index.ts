/** Why a model predicts what it does. */
export {
  type PermutationImportanceOptions,
  type PermutationImportances,
  permutationImportance,
} from './permutation-importance.js';
export { type TreeShapOptions, type TreeShapValues, treeShap } from './tree-shap.js';
