export type { PipelineMemory } from '../core/step-cache.js';
export * from './column-transformer.js';
export * from './feature-union.js';
export * from './frozen-estimator.js';
export * from './pipeline.js';
export * from './transformed-target-regressor.js';
