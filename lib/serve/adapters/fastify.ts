/**
 * A service as a Fastify plugin. It is encapsulated: its parsers, its limits and its errors hold for its own routes only,
 * and a host's hooks (authentication, logging) run for them as for any other route.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Reply, ServiceRequest } from '../http.js';
import { checkOptionNames } from '../option-names.js';
import { DEFAULT_BODY_LIMIT, type Servable, type ServiceOptions } from '../options.js';
import { errorResponse, RequestError } from '../request-error.js';
import { methodsOf, noRoute, Service, wrongMethod } from '../service.js';
import { whenDone } from '../when-done.js';
import { pathOf } from './node-request.js';

/** Options of {@link borealPlugin}. */
export interface BorealPluginOptions extends ServiceOptions {
  /** A fitted estimator, several by name, a registry, or the path of a model file. */
  readonly model: Servable;
}

const NO_BODY = new Uint8Array(0);

/** A Fastify request as a service sees it. */
class RequestView implements ServiceRequest {
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #prefix: string;
  #signal: AbortSignal | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, prefix: string) {
    this.#request = request;
    this.#reply = reply;
    this.#prefix = prefix;
  }

  get method() {
    return this.#request.method;
  }
  get path() {
    return pathOf(this.#request.url).slice(this.#prefix.length) || '/';
  }
  get params() {
    return this.#request.params as Record<string, string | undefined>;
  }
  get query() {
    const { url } = this.#request;
    const start = url.indexOf('?');
    return new URLSearchParams(start < 0 ? '' : url.slice(start));
  }
  get headers() {
    return this.#request.headers;
  }
  get body() {
    return (this.#request.body as Uint8Array | undefined) ?? NO_BODY;
  }
  get id() {
    return this.#request.id;
  }
  get remoteAddress() {
    return this.#request.ip;
  }
  get signal() {
    if (this.#signal === undefined) {
      const { raw } = this.#reply;
      const controller = new AbortController();
      this.#signal = controller.signal;
      raw.once('close', () => {
        if (!raw.writableFinished) controller.abort();
      });
    }
    return this.#signal;
  }
}

async function plugin(app: FastifyInstance, options: BorealPluginOptions): Promise<void> {
  checkOptionNames('borealPlugin', options);
  const service = await Service.create(options.model, { ...options, prefix: app.prefix }, app.log);
  const { bodyLimit = DEFAULT_BODY_LIMIT } = options;
  const { prefix } = app;
  app.addHook('onClose', () => service.close());
  app.removeAllContentTypeParsers();
  // Fastify finds a type that is named faster than one that is not.
  for (const type of ['application/json', '*'])
    app.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
      done(null, body),
    );
  app.setErrorHandler(handleKnownError);
  if (prefix !== '') app.setNotFoundHandler(handleNotFound);
  for (const route of service.routes) {
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit,
      exposeHeadRoute: route.method === 'GET',
      // Before the body is read: a stranger's may be large.
      onRequest: (request, reply, done) => {
        const refusal = service.admit(route, new RequestView(request, reply, prefix));
        if (refusal === undefined) done();
        else
          void Promise.resolve(refusal).then((known) => (known === undefined ? done() : send(reply, known)));
      },
      handler: (request, reply) =>
        whenDone(service.answer(route, new RequestView(request, reply, prefix)), (known) =>
          send(reply, known),
        ),
    });
  }
  for (const [url, allowed] of methodsOf(service.routes)) {
    app.route({
      method: app.supportedMethods.filter((method) => !allowed.includes(method)),
      url,
      // Before the body is read: it may be anything.
      onRequest: async (request) => {
        throw wrongMethod(request.method, allowed);
      },
      handler: async () => undefined,
    });
  }
}

function send(reply: FastifyReply, { status, body, headers }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** Answers errors of these routes; hands any other (a host's hook threw) to the host's own handler. */
function handleKnownError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const response = errorResponse(error);
  if (response === undefined) throw error;
  if (response.status >= 500) request.log.error(error);
  const headers = error instanceof RequestError ? error.headers : undefined;
  reply
    .code(response.status)
    .headers(headers ?? {})
    .send(response.body);
}

/** Answers whatever no route matches. */
async function handleNotFound(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { status, body } = errorResponse(noRoute(request.method, pathOf(request.url)))!;
  reply.code(status).send(body);
}

/**
 * Serves models from an existing Fastify 5 app, below `prefix`. The host's own routes, error handler, 404 and content
 * types stay as they are.
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
export const borealPlugin = fastifyPlugin(plugin, { name: 'boreal', fastify: '5.x', encapsulate: true });
