export * from './decision-tree.js';
export type { ForestParams, ForestState, MaxFeatures, TreeParams } from './forest-state.js';
