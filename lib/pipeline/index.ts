export * from './column-transformer.js';
export * from './pipeline.js';
