/** Why a model predicts what it does. */
export {
  type FeatureImportances,
  type FeatureImportancesOptions,
  featureImportances,
} from './feature-importances.js';
export { type LimeExplanation, type LimeFeature, type LimeOptions, limeTabular } from './lime.js';
export type { LimeSelection } from './lime-fit.js';
export {
  type FeatureReference,
  type PartialDependence,
  type PartialDependenceOptions,
  partialDependence,
} from './partial-dependence.js';
export {
  type PermutationImportanceOptions,
  type PermutationImportances,
  permutationImportance,
  type SeveralScorers,
} from './permutation-importance.js';
export { type TreeShapOptions, type TreeShapValues, treeShap } from './tree-shap.js';
