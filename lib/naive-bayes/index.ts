export * from './bernoulli-nb.js';
export * from './categorical-nb.js';
export * from './complement-nb.js';
export * from './discrete-nb.js';
export * from './gaussian-nb.js';
export * from './multinomial-nb.js';
