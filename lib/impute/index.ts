export * from './simple-imputer.js';
