export type { DecisionPath } from './decision-path.js';
export * from './decision-tree.js';
export * from './export.js';
export * from './extra-tree.js';
export type { ForestClassWeight, PruningPath } from './fit-trees.js';
export type { ForestState, ImportanceKind, OutOfBag } from './forest-state.js';
export type {
  BinnedForestParams,
  ClassCriterion,
  ForestParams,
  MaxFeatures,
  MonotonicCst,
  MonotonicParams,
  NumberCriterion,
  TreeParams,
} from './tree-params.js';
export type { TreeStructure } from './tree-structure.js';
