/** Refuses options that nothing reads: one that is misspelt, such as `apiKey`, would leave a service open to everybody. */
import { ValidationError } from '../errors.js';
import type { AppOptions } from './adapters/app.js';
import type { EmbedOptions } from './adapters/core.js';
import type { BorealPluginOptions } from './adapters/fastify.js';
import type { ServeOptions } from './adapters/server.js';
import type { ServiceOptions } from './options.js';

/** One for each option of a type, which the compiler compares with it. */
type Names<T, Base = object> = Readonly<Record<Exclude<keyof T, keyof Base>, true>>;

const SERVICE: Names<ServiceOptions> = {
  ...{ name: true, version: true, metadata: true, versions: true, watch: true, explain: true },
  ...{ prefix: true, bodyLimit: true, maxDepth: true, maxRows: true, coverage: true, ranges: true },
  ...{ unknownFields: true, maxBatchRows: true, maxQueueRows: true, maxWaitMs: true, timeoutMs: true },
  ...{ apiKeys: true, apiKeyFile: true, authenticate: true, openAdmin: true, rateLimit: true },
  ...{ allowedHosts: true, traffic: true, feedback: true, metrics: true, tracing: true, drift: true },
  ...{ console: true, jobs: true },
};
const EMBED: Names<EmbedOptions> = { ...SERVICE, logger: true };
const APP: Names<AppOptions> = {
  ...EMBED,
  ...{ cors: true, helmet: true, trustProxy: true, headersTimeout: true, requestTimeout: true },
  ...{ keepAliveTimeout: true, maxHeaderSize: true, maxConnections: true },
};
const SERVE: Names<ServeOptions> = {
  ...APP,
  ...{ port: true, host: true, grpc: true, workers: true, signal: true, handleSignals: true },
  ...{ closeTimeout: true, drainDelayMs: true },
};
/** With those that Fastify's `register` reads. */
const PLUGIN: Names<BorealPluginOptions> = {
  ...SERVICE,
  ...{ model: true, logLevel: true, logSerializers: true },
};

const NAMES = {
  serve: SERVE,
  toNodeHandler: APP,
  borealPlugin: PLUGIN,
  koaMiddleware: EMBED,
  createFetchHandler: EMBED,
};

/** @throws {ERR_PARAMETER} for options that are no object, or one that there is not */
export function checkOptionNames(owner: keyof typeof NAMES, options: object): void {
  if (typeof options !== 'object' || options === null)
    throw new ValidationError('ERR_PARAMETER', `${owner}: the options must be an object.`);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(NAMES[owner], name));
  if (unknown === undefined) return;
  const known = Object.keys(NAMES[owner]).sort().join(', ');
  throw new ValidationError('ERR_PARAMETER', `${owner} has no option '${unknown}'; it has ${known}.`);
}
