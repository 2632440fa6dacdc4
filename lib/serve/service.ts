/**
 * A service: models, routes and observers put together, free of any framework. Adapters find the route of a request and
 * call {@link Service.handle}; what they get back is always a reply, never an exception.
 */
import { performance } from 'node:perf_hooks';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { consoleRoutes } from './console/routes.js';
import { decodeRequest, encodeReply } from './content-encoding.js';
import { type PlainRoute, Reply, type Route, type ServiceRequest } from './http.js';
import { jobRoutes } from './jobs/routes.js';
import { Answers } from './models/answers.js';
import { storeOf } from './models/load.js';
import type { ModelStore } from './models/model-store.js';
import type { SharedSource } from './models/shared-source.js';
import { Traffic } from './models/traffic.js';
import { driftRoutes } from './observe/drift.js';
import { metricsRoutes } from './observe/metrics.js';
import type { MetricView } from './observe/prometheus.js';
import { rangeWatch } from './observe/ranges.js';
import { tracing } from './observe/tracing.js';
import { type Observer, Observers } from './observer.js';
import { openApiRoutes } from './openapi/routes.js';
import { DEFAULT_BODY_LIMIT, type Servable, type ServiceOptions } from './options.js';
import { errorResponse, RequestError } from './request-error.js';
import { admission } from './routes/admission.js';
import { explainRoutes } from './routes/explain.js';
import { DEFAULT_REMEMBERED, feedbackRoutes } from './routes/feedback.js';
import { friendlyRoutes } from './routes/friendly.js';
import { mlflowRoutes } from './routes/mlflow.js';
import { modelRoutes } from './routes/models.js';
import { trafficRoutes } from './routes/traffic.js';
import { v2Routes } from './routes/v2.js';
import { v2ModelRoutes } from './routes/v2-models.js';
import { accessControl } from './security/access.js';
import type { Principal } from './security/api-keys.js';
import { rateMemory } from './security/rate-limit.js';
import { unlessFailed, whenDone } from './when-done.js';

/** What the parts of a service share. */
export interface ServiceContext {
  readonly models: ModelStore;
  readonly traffic: Traffic;
  /** What was predicted lately; undefined unless feedback or traffic is asked for. */
  readonly answers: Answers | undefined;
  readonly observers: Observers;
  readonly options: ServiceOptions;
  readonly log: Log;
  /** What `/metrics` tells; complete once all features are made. */
  readonly gauges: MetricView[];
  /** Who a request comes from; undefined where there are no keys. For routes whose answer depends on it. */
  readonly identify: Identify;
  /** Every route of the service, complete once all features are made. */
  readonly routes: readonly Route[];
  readonly lifecycle: Lifecycle;
  /** Where requests are counted, when their rate is limited. */
  readonly rates: SharedArrayBuffer | undefined;
}

/** How far the service is on its way to the end. */
export interface Lifecycle {
  /** No new requests should be sent here; those that come are still answered. */
  draining: boolean;
}

/** What ties the service of a worker to the one in the main thread. */
export interface MainThread {
  /** The routes of the main thread's service. */
  readonly routes: readonly PlainRoute[];
  /** Whether predictions, too, are for the main thread; see {@link Service.isCentral}. */
  isCentral(): boolean;
  /** Lets the main thread answer with one of its routes, by position. The request has been admitted. */
  forward(route: number, request: ServiceRequest): Promise<Reply>;
  readonly observer: Observer;
  /** Where all event loops count requests together; see {@link ServiceContext.rates}. */
  readonly rates: SharedArrayBuffer | undefined;
}

/** Where a service writes what people should know; pino's and Fastify's loggers are such logs. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Tells who a request comes from. */
export type Identify = (request: ServiceRequest) => Principal | undefined | Promise<Principal | undefined>;

/**
 * Called before the body is read; throws a {@link RequestError} to refuse the request. One that need not wait returns nothing.
 */
export type Guard = (request: ServiceRequest) => void | Promise<void>;

/** One part of a service. */
export interface Feature {
  readonly identify?: Identify;
  readonly routes?: readonly Route[];
  readonly observer?: Observer;
  /** The guard of a route; undefined where every request may go on, and none is asked. */
  readonly guard?: (route: Route) => Guard | undefined;
  /**
   * Wraps the answer to a request, or its refusal, from its start to the moment its observers have been told. `started` is on
   * the clock of `performance.now()`.
   */
  readonly around?: (
    route: Route,
    request: ServiceRequest,
    started: number,
    answer: () => Reply | Promise<Reply>,
  ) => Reply | Promise<Reply>;
  /** Called once, after the last request. */
  readonly close?: () => Promise<void> | void;
}

/** Makes a feature; undefined when the options do not ask for it. */
export type FeatureFactory = (context: ServiceContext) => Feature | undefined | Promise<Feature | undefined>;

const FEATURES: readonly FeatureFactory[] = [
  tracing,
  accessControl,
  admission,
  friendlyRoutes,
  modelRoutes,
  trafficRoutes,
  feedbackRoutes,
  v2Routes,
  v2ModelRoutes,
  explainRoutes,
  mlflowRoutes,
  metricsRoutes,
  driftRoutes,
  rangeWatch,
  jobRoutes,
  openApiRoutes,
  consoleRoutes,
];

/** Where nobody listens. */
export const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Those that every worker has for itself: the way of a prediction. All others are in the main thread only. */
const IN_WORKERS: ReadonlySet<FeatureFactory> = new Set([
  tracing,
  accessControl,
  admission,
  friendlyRoutes,
  modelRoutes,
  v2Routes,
  mlflowRoutes,
]);

/**
 * A service that no adapter carries yet; see {@link serveGrpc}. `serve` and the plugins make one of their own.
 *
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { Service } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const service = await Service.create(model);
 * service.models.names(); // ['LinearRegression']
 * await service.close();
 * ```
 */
export class Service {
  readonly routes: readonly Route[];
  readonly models: ModelStore;
  readonly lifecycle: Lifecycle;
  readonly observers: Observers;
  readonly #context: ServiceContext;
  readonly #guards = new WeakMap<Route, readonly Guard[]>();
  readonly #around: Feature['around'];
  readonly #features: readonly Feature[];
  /** Most bytes of a body, before and after decompression. */
  readonly bodyLimit: number;

  private constructor(context: ServiceContext, features: readonly Feature[]) {
    this.#context = context;
    this.#features = features;
    this.bodyLimit = context.options.bodyLimit ?? DEFAULT_BODY_LIMIT;
    this.models = context.models;
    this.lifecycle = context.lifecycle;
    this.observers = context.observers;
    this.routes = context.routes;
    this.#around = features.find(({ around }) => around !== undefined)?.around;
  }

  /**
   * @param main - of the service of a worker
   * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
   */
  static async create(
    models: Servable | SharedSource,
    options: ServiceOptions = {},
    log: Log = SILENT,
    main?: MainThread,
  ): Promise<Service> {
    checkOptions(options);
    const routes: Route[] = [];
    const observers = new Observers();
    const store = await storeOf(models, observers, options, log);
    const traffic = new Traffic(store, options, log);
    const remembered = options.feedback?.remember ?? DEFAULT_REMEMBERED;
    const watched = options.feedback !== undefined || options.traffic !== undefined;
    const answers = watched ? new Answers(remembered) : undefined;
    const features: Feature[] = [];
    const identify: Identify = (request) =>
      features.find((feature) => feature.identify !== undefined)?.identify?.(request);
    const context: ServiceContext = {
      models: store,
      traffic,
      answers,
      observers,
      options,
      log,
      gauges: [],
      routes,
      identify,
      lifecycle: { draining: false },
      rates: main?.rates ?? (options.rateLimit === undefined ? undefined : rateMemory()),
    };
    try {
      for (const make of FEATURES) {
        if (main !== undefined && !IN_WORKERS.has(make)) continue;
        const feature = await make(context);
        if (feature === undefined) continue;
        features.push(feature);
        routes.push(...(feature.routes ?? []));
        if (feature.observer !== undefined) context.observers.add(feature.observer);
      }
    } catch (error) {
      await closeAll(store, features);
      throw error;
    }
    if (main !== undefined) {
      routes.splice(0, routes.length, ...routesOfWorker(routes, main));
      observers.add(main.observer);
    }
    if (options.watch ?? true)
      store.watch((error) => log.error({ err: error }, 'A model that changed could not be loaded.'));
    return new Service(context, features);
  }

  /**
   * Whether a prediction depends on those before it, or is remembered: then one thread has to answer them all. So it is
   * where traffic is split or feedback is taken.
   */
  get isCentral(): boolean {
    return this.#context.traffic.active || this.#context.answers !== undefined;
  }

  /** For the services of workers; see {@link MainThread.rates}. */
  get rates(): SharedArrayBuffer | undefined {
    return this.#context.rates;
  }

  /**
   * Asks the guards. An adapter calls it before it reads the body, and {@link Service.answer} after.
   *
   * @returns the refusal; nothing when the request may go on
   */
  admit(route: Route, request: ServiceRequest): Reply | undefined | Promise<Reply | undefined> {
    const guards = this.#guardsOf(route);
    if (guards.length === 0) return undefined;
    const started = performance.now();
    try {
      const asked = ask(guards, request, 0);
      return asked?.then(
        () => undefined,
        (error) => this.#refuse(route, request, started, error),
      );
    } catch (error) {
      return this.#refuse(route, request, started, error);
    }
  }

  #refuse(route: Route, request: ServiceRequest, started: number, error: unknown): Reply | Promise<Reply> {
    const finish = () => this.#finish(route, request, started, this.refuse(error, request.id), error);
    return this.#around === undefined ? finish() : this.#around(route, request, started, finish);
  }

  /** Answers a request that was admitted; at once, when nothing has to be waited for. The promise does not reject. */
  answer(route: Route, request: ServiceRequest): Reply | Promise<Reply> {
    const started = performance.now();
    if (this.#around === undefined) return this.#answer(route, request, started);
    return this.#around(route, request, started, () => this.#answer(route, request, started));
  }

  #answer(route: Route, request: ServiceRequest, started: number): Reply | Promise<Reply> {
    const refuse = (error: unknown) =>
      this.#finish(route, request, started, this.refuse(error, request.id), error);
    try {
      const decoded = decodeRequest(request, this.bodyLimit);
      const result = whenDone(decoded, (plain) => route.handle(plain));
      const encoded = whenDone(result, (value) =>
        encodeReply(request, value instanceof Reply ? value : Reply.json(value)),
      );
      const reply = whenDone(encoded, (known) => this.#finish(route, request, started, known));
      return unlessFailed(reply, refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  /** Admits and answers a request whose body is there. */
  async handle(route: Route, request: ServiceRequest): Promise<Reply> {
    return (await this.admit(route, request)) ?? this.answer(route, request);
  }

  /** Releases what the features hold. The adapter has answered its last request by then. */
  async close(): Promise<void> {
    await closeAll(this.models, this.#features);
  }

  /** Of a route that may be none of {@link Service.routes}: an adapter may answer one in a way of its own. */
  #guardsOf(route: Route): readonly Guard[] {
    let guards = this.#guards.get(route);
    if (guards === undefined) {
      guards = this.#features.flatMap(({ guard }) => guard?.(route) ?? []);
      this.#guards.set(route, guards);
    }
    return guards;
  }

  #finish(route: Route, request: ServiceRequest, started: number, reply: Reply, error?: unknown): Reply {
    const { status } = reply;
    const durationMs = performance.now() - started;
    this.#context.observers.request({ route, request, status, durationMs, error });
    return reply;
  }

  /** What to answer to an exception. Defects are logged. */
  refuse(error: unknown, requestId: string): Reply {
    const known = errorResponse(error);
    if (known === undefined || known.status >= 500) {
      this.#context.log.error({ err: error, requestId }, 'A request failed.');
    }
    const { status, body } = known ?? INTERNAL;
    return Reply.error(status, body, error instanceof RequestError ? error.headers : undefined);
  }
}

/** @throws {ERR_PARAMETER} */
function checkOptions({ maxDepth = 1, bodyLimit = 1, prefix = '', explain = true }: ServiceOptions): void {
  const refuse = (option: string, allowed: string, value: unknown) => {
    const message = `serve: option '${option}' must be ${allowed}; got ${show(value)}.`;
    return new ValidationError('ERR_PARAMETER', message);
  };
  for (const [option, value] of Object.entries({ maxDepth, bodyLimit })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw refuse(option, 'a whole number >= 1', value);
  }
  const isPath = typeof prefix === 'string' && (prefix === '' || /^\/.*[^/]$/.test(prefix));
  if (!isPath) throw refuse('prefix', "a path that begins with '/' and does not end with one", prefix);
  if (typeof explain !== 'boolean') throw refuse('explain', 'true or false', explain);
}

function ask(guards: readonly Guard[], request: ServiceRequest, from: number): Promise<void> | undefined {
  for (let i = from; i < guards.length; i++) {
    const pending = guards[i](request);
    if (pending !== undefined) return pending.then(() => ask(guards, request, i + 1));
  }
  return undefined;
}

/** The same routes as in the main thread; those that are not for workers ask it. */
function routesOfWorker(own: readonly Route[], main: MainThread): Route[] {
  return main.routes.map((route, i) => {
    const forward = (request: ServiceRequest) => main.forward(i, request);
    const mine = own.find(({ method, path }) => method === route.method && path === route.path);
    if (!route.inWorker || mine === undefined) return { ...route, handle: forward };
    return { ...mine, handle: (request) => (main.isCentral() ? forward(request) : mine.handle(request)) };
  });
}

async function closeAll(models: ModelStore, features: readonly Feature[]): Promise<void> {
  await models.close();
  for (const feature of [...features].reverse()) await feature.close?.();
}

/** What went wrong inside is for the log, not for the client. */
export const INTERNAL = {
  status: 500,
  body: { error: 'Something went wrong inside the server.', code: 'ERR_INTERNAL' },
} as const;

/** The answer where no route matches. */
export function noRoute(method: string, path: string): RequestError {
  return new RequestError(404, 'ERR_ROUTE', `There is no ${method} ${path.slice(0, 100)} here.`);
}

/** The answer where a route matches, but not its method. */
export function wrongMethod(method: string, allowed: readonly string[]): RequestError {
  const message = `${method} is not allowed here; use ${allowed.join(' or ')}.`;
  return new RequestError(405, 'ERR_METHOD', message, {}, { allow: allowed.join(', ') });
}

/** Methods that a path answers. @throws {ERR_PARAMETER} when two routes are the same */
export function methodsOf(routes: readonly Route[]): ReadonlyMap<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const known = methods.get(path) ?? [];
    if (known.includes(method)) {
      throw new ValidationError('ERR_PARAMETER', `serve: two routes answer ${method} ${path}.`);
    }
    methods.set(path, [...known, ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
  }
  return methods;
}
