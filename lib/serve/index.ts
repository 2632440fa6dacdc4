/** boreal/serve: models over HTTP. */
export type { AppOptions } from './app.js';
export type { Interval, Prediction, Value } from './decode.js';
export {
  type BatchPrediction,
  type ColumnInfo,
  type EndpointOptions,
  ModelEndpoint,
  type ModelInfo,
} from './endpoint.js';
export { type NodeHandler, type NodeHandlerOptions, toNodeHandler } from './node-handler.js';
export { type BorealPluginOptions, borealPlugin } from './plugin.js';
export { type ErrorBody, type Problem, RequestError } from './request-error.js';
export { type BorealServer, type ServeOptions, serve } from './server.js';
