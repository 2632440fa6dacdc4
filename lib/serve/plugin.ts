/**
 * The routes of one model as a Fastify plugin. It is encapsulated: its error handler, its JSON parser and its limits
 * hold for its own routes only, and a host's hooks (authentication, logging) run for them as for any other route.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Estimator } from '../core/estimator.js';
import { type EndpointOptions, ModelEndpoint } from './endpoint.js';
import { errorResponse, RequestError } from './request-error.js';

/** Options of {@link borealPlugin}. */
export interface BorealPluginOptions extends EndpointOptions {
  /** Any fitted estimator. */
  readonly model: Estimator;
  /** Where the routes begin, such as '/ml'. Default: the root. */
  readonly prefix?: string;
  /** Most bytes of a body, >= 1. Default 4 MiB. */
  readonly bodyLimit?: number;
}

const DEFAULT_BODY_LIMIT = 4 * 1024 * 1024;

/** The paths below the prefix, and the method that each answers. */
export const ROUTES = {
  '/': 'GET',
  '/health': 'GET',
  '/model_info': 'GET',
  '/predict': 'POST',
  '/predict_batch': 'POST',
} as const;

/** What each route returns. */
function handlersOf(
  endpoint: ModelEndpoint,
  prefix: string,
): Record<keyof typeof ROUTES, (body: unknown) => unknown> {
  const { name, version, type, kind, borealVersion } = endpoint.info;
  const links = Object.fromEntries(
    Object.keys(ROUTES)
      .filter((path) => path !== '/')
      .map((path) => [path.slice(1), prefix + path]),
  );
  return {
    '/': () => ({ name, version, model: { type, kind }, borealVersion, links }),
    '/health': () => ({ status: 'ok', uptime: endpoint.uptime }),
    '/model_info': () => endpoint.info,
    '/predict': (body) => endpoint.predict(body),
    '/predict_batch': (body) => endpoint.predictBatch(body),
  };
}

async function routes(app: FastifyInstance, options: BorealPluginOptions): Promise<void> {
  const endpoint = await ModelEndpoint.create(options.model, options);
  const { bodyLimit = DEFAULT_BODY_LIMIT } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.setErrorHandler(handleKnownError);
  if (app.prefix !== '') app.setNotFoundHandler(handleNotFound);
  const handlers = handlersOf(endpoint, app.prefix);
  for (const [url, method] of Object.entries(ROUTES) as Array<[keyof typeof ROUTES, 'GET' | 'POST']>) {
    const allowed = method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
    app.route({
      method,
      url,
      bodyLimit,
      exposeHeadRoute: true,
      handler: async (request) => handlers[url](request.body),
    });
    app.route({
      method: app.supportedMethods.filter((other) => !allowed.includes(other)),
      url,
      // Before the body is read: it may be anything.
      onRequest: async (request, reply) => {
        reply.header('allow', allowed.join(', '));
        throw new RequestError(
          405,
          'ERR_METHOD',
          `${request.method} is not allowed here; use ${allowed.join(' or ')}.`,
        );
      },
      handler: async () => undefined,
    });
  }
}

/** Answers errors of these routes; hands any other (a host's hook threw) to the host's own handler. */
function handleKnownError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const response = errorResponse(error);
  if (response === undefined) throw error;
  if (response.status >= 500) request.log.error(error);
  reply.code(response.status).send(response.body);
}

/** Answers whatever no route matches. */
export async function handleNotFound(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const path = request.url.split('?', 1)[0].slice(0, 100);
  const { status, body } = errorResponse(
    new RequestError(404, 'ERR_ROUTE', `There is no ${request.method} ${path} here.`),
  )!;
  reply.code(status).send(body);
}

/**
 * Serves a model from an existing Fastify 5 app: `GET /`, `/health`, `/model_info`, `POST /predict`, `/predict_batch`
 * below `prefix`. The host's own routes, error handler, 404 and content types stay as they are.
 *
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} when the app gets ready
 * @example
 * ```ts
 * import Fastify from 'fastify';
 * import { LinearRegression } from 'boreal';
 * import { borealPlugin } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const app = Fastify();
 * app.register(borealPlugin, { model, prefix: '/ml' });
 * const response = await app.inject({ method: 'POST', url: '/ml/predict', payload: { x: 4 } });
 * response.json(); // { prediction: 8 }
 * ```
 */
export const borealPlugin = fastifyPlugin(routes, { name: 'boreal', fastify: '5.x', encapsulate: true });
