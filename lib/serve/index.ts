/** boreal/serve: models over HTTP. */
export type { AppOptions } from './adapters/app.js';
export type { EmbedOptions } from './adapters/core.js';
export { type ExpressMiddleware, expressMiddleware } from './adapters/express.js';
export { type BorealPluginOptions, borealPlugin } from './adapters/fastify.js';
export { createFetchHandler, type FetchClient, type FetchHandler } from './adapters/fetch.js';
export { type HonoContext, type HonoMiddleware, honoHandler } from './adapters/hono.js';
export type { HttpLimits } from './adapters/http-server.js';
export { type KoaContext, type KoaMiddleware, koaMiddleware } from './adapters/koa.js';
export type { LoggerOptions, LogOptions } from './adapters/logging.js';
export { type NodeHandler, type NodeHandlerOptions, toNodeHandler } from './adapters/node.js';
export { type BorealServer, type ServeOptions, serve } from './adapters/server.js';
export { type GrpcCredentials, type GrpcOptions, type GrpcServer, serveGrpc } from './grpc/server.js';
export type { AsyncOptions, JobOptions } from './jobs/options.js';
export { type JobWorker, type JobWorkerOptions, startJobWorker } from './jobs/start-worker.js';
export type { Interval, Prediction, RowPrediction, Value } from './model/decode.js';
export {
  type BatchPrediction,
  type ColumnInfo,
  type EndpointOptions,
  ModelEndpoint,
  type ModelInfo,
} from './model/endpoint.js';
export type { RangePolicy, RangeWarning } from './model/ranges.js';
export type { UnknownFieldPolicy } from './model/row-reader.js';
export type { VersionMetadata } from './models/describe-model.js';
export type { ModelOptions } from './models/load.js';
export type { FsyncPolicy } from './models/outcome-log.js';
export { ModelRegistry, type ModelRegistryOptions, type RegisterOptions } from './models/registry.js';
export type { HistoryEntry } from './models/registry-state.js';
export type { ModelState, ModelStatus, VersionPolicy, VersionStatus } from './models/served-model.js';
export type { ShadowStats } from './models/shadow.js';
export type { Canary, ModelTraffic, TrafficOptions, TrafficStatus, UserKey } from './models/traffic.js';
export type { DriftOptions } from './observe/drift.js';
export type { MetricsOptions } from './observe/metrics.js';
export { type ErrorBody, type Problem, RequestError } from './request-error.js';
export type { FeedbackOptions } from './routes/feedback.js';
export type { SecurityOptions } from './security/access.js';
export type { ApiKey, Principal } from './security/api-keys.js';
export type { RateLimit } from './security/rate-limit.js';
export { Service } from './service.js';
export type { WorkerOptions } from './workers/pool.js';

// A registry reads model files, whose estimators have to be known.
import '../estimators.js';
