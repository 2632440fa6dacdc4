export * from './missing-indicator.js';
export * from './simple-imputer.js';
