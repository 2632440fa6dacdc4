export * from './linear-regression.js';
export * from './logistic-regression.js';
export * from './ridge.js';
