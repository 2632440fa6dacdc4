/** Everything a service can be told, one interface per feature. */
import type { Estimator } from '../core/estimator.js';
import type { ConsoleOptions } from './console/routes.js';
import type { AsyncOptions } from './jobs/options.js';
import type { EndpointOptions } from './model/endpoint.js';
import type { ModelOptions } from './models/load.js';
import type { ModelRegistry } from './models/registry.js';
import type { TrafficOptions } from './models/traffic.js';
import type { DriftOptions } from './observe/drift.js';
import type { MetricsOptions } from './observe/metrics.js';
import type { TracingOptions } from './observe/tracing.js';
import type { FeedbackOptions } from './routes/feedback.js';
import type { SecurityOptions } from './security/access.js';

/** What can be served: one model, several by name, a registry, or the path of a model file. */
export type Servable = Estimator | Readonly<Record<string, Estimator>> | ModelRegistry | string;

/** Options of a service, whatever adapter carries it. */
export interface ServiceOptions
  extends EndpointOptions,
    ModelOptions,
    TrafficOptions,
    FeedbackOptions,
    SecurityOptions,
    MetricsOptions,
    TracingOptions,
    DriftOptions,
    ConsoleOptions,
    AsyncOptions {
  /** Where the routes begin, such as '/ml'. Default: the root. */
  readonly prefix?: string;
  /** Most bytes of a body, >= 1. Default 4 MiB. */
  readonly bodyLimit?: number;
  /** Most lists and objects inside each other in JSON, >= 1; deeper bodies get 400. Default 64. */
  readonly maxDepth?: number;
}

/** Default of `bodyLimit`. */
export const DEFAULT_BODY_LIMIT = 4 * 1024 * 1024;
