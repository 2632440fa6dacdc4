/** Why a model predicts what it does. */
export { type TreeShapOptions, type TreeShapValues, treeShap } from './tree-shap.js';
