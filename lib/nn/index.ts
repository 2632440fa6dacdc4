/** Neural networks. */
export * from './autograd/index.js';
