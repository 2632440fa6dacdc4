export * from './one-hot-encoder.js';
export * from './standard-scaler.js';
