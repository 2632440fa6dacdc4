/** A Fastify app that holds one service and nothing else: the inside of `serve` and of `toNodeHandler`. */

import cors, { type FastifyCorsOptions } from '@fastify/cors';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { HelmetOptions } from 'helmet';
import type { SharedSource } from '../models/shared-source.js';
import type { Servable, ServiceOptions } from '../options.js';
import { errorResponse, RequestError } from '../request-error.js';
import { Router } from '../router.js';
import { securityHeaders } from '../security/headers.js';
import { INTERNAL, type MainThread, Service } from '../service.js';
import { mount, pathOf } from './fastify.js';
import { createHttpServer, type HttpLimits, handleClientError } from './http-server.js';
import { createLog, type LoggerOptions, requestIdOf } from './logging.js';

/** Options of an app. */
export interface AppOptions extends ServiceOptions, HttpLimits, LoggerOptions {
  /**
   * Web pages of other origins that may call the service: true for all, some origins, or options of @fastify/cors.
   * Default false: none.
   */
  readonly cors?: boolean | string | readonly string[] | FastifyCorsOptions;
  /**
   * Options of helmet in the place of the defaults, or false for none of its headers but x-content-type-options. They
   * must not depend on the request. Default: all that helmet sets, but for HSTS.
   */
  readonly helmet?: false | HelmetOptions;
  /** Proxies whose X-Forwarded-For is believed: addresses or networks, or true for any. Default: none. */
  readonly trustProxy?: boolean | string | string[];
}

/** As long as the names of models may be, percent-encoded. */
const MAX_PARAM_LENGTH = 300;

const NO_SNIFF = { 'x-content-type-options': 'nosniff' };

/**
 * Makes the app and its service; ready for `listen`.
 *
 * @param main - of the app of a worker
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
 */
export async function createApp(
  models: Servable | SharedSource,
  options: AppOptions,
  main?: MainThread,
): Promise<{ readonly app: FastifyInstance; readonly service: Service; readonly router: Router }> {
  const { logger, trustProxy = false } = options;
  const log = await createLog(logger);
  const settings: FastifyServerOptions = {
    ...log.options,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    serverFactory: (listener) => createHttpServer(listener, options),
    clientErrorHandler: handleClientError,
    frameworkErrors: handleAnyError,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    trustProxy,
  };
  const app = Fastify(settings);
  app.setErrorHandler(handleAnyError);
  // A worker is told by the main thread whether it logs.
  if (main === undefined) log.watch(app);
  await addHeaders(app, options);
  const service = await Service.create(models, options, app.log, main).catch(async (error) => {
    await app.close();
    throw error;
  });
  const router = new Router(service.routes, options.prefix);
  // A body that no route will read may be of any type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setNotFoundHandler(async ({ method, url }) => {
    router.find(method, pathOf(url));
  });
  app.register(async (scope) => mount(scope, service, options), { prefix: options.prefix });
  return { app, service, router };
}

/** Headers of CORS and helmet. What answers a POST is never opened as a page: it needs only to be no page. */
async function addHeaders(app: FastifyInstance, options: AppOptions): Promise<void> {
  const { helmet = {} } = options;
  const ofPages = helmet === false ? NO_SNIFF : securityHeaders(helmet);
  app.addHook('onRequest', (request, reply, done) => {
    const { method } = request;
    reply.headers(method === 'GET' || method === 'HEAD' ? ofPages : NO_SNIFF);
    reply.header('x-request-id', request.id);
    done();
  });
  const { cors: allowed = false } = options;
  if (allowed !== false) await app.register(cors, corsOptions(allowed));
}

function corsOptions(allowed: Exclude<AppOptions['cors'], false | undefined>): FastifyCorsOptions {
  const defaults = {
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['retry-after', 'www-authenticate'],
    maxAge: 600,
    strictPreflight: false,
  };
  if (allowed === true) return { ...defaults, origin: '*' };
  if (typeof allowed === 'string') return { ...defaults, origin: allowed };
  if (Array.isArray(allowed)) return { ...defaults, origin: [...allowed] };
  return { ...defaults, ...(allowed as FastifyCorsOptions) };
}

/** The last resort: a bad URL, no such route, or a defect. What went wrong inside is for the log, not for the client. */
function handleAnyError(
  error: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { status, body } = errorResponse(error) ?? INTERNAL;
  if (status >= 500) request.log.error(error);
  if (error instanceof RequestError) reply.headers(error.headers ?? {});
  reply.code(status).send(body);
}
