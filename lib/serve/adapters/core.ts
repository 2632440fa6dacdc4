/**
 * A service without a framework: what the adapters for Fetch and Koa share. An adapter says what a request is and how its
 * body is read; it gets a reply.
 */
import { Estimator } from '../../core/estimator.js';
import type { Reply, Route, ServiceRequest } from '../http.js';
import { DEFAULT_BODY_LIMIT, type Servable, type ServiceOptions } from '../options.js';
import { RequestError } from '../request-error.js';
import { Router } from '../router.js';
import { type Log, Service } from '../service.js';

/** Options of the adapters that have no Fastify inside. */
export interface EmbedOptions extends ServiceOptions {
  /** Where the service writes what people should know, such as a pino logger. Default: nowhere. */
  readonly logger?: Log;
}

/** A request before its body is read. */
export interface Incoming extends Omit<ServiceRequest, 'body' | 'params' | 'path'> {
  /** The whole path, percent-encoded, without the query. */
  readonly pathname: string;
  /** The body in pieces. */
  readonly chunks: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const NO_BODY = new Uint8Array(0);

let requests = 0;

/** Names a request in logs: what its client or a proxy calls it, or a number of ours. */
export function requestId(given: string | string[] | undefined): string {
  if (typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given)) return given;
  requests = (requests + 1) % Number.MAX_SAFE_INTEGER;
  return `req-${requests.toString(36)}`;
}

/** See the head of this file. */
export class Core {
  readonly #service: Service;
  readonly #router: Router;
  readonly #prefix: string;
  readonly #bodyLimit: number;

  private constructor(service: Service, { prefix = '', bodyLimit = DEFAULT_BODY_LIMIT }: EmbedOptions) {
    this.#service = service;
    this.#router = new Router(service.routes, prefix);
    this.#prefix = prefix;
    this.#bodyLimit = bodyLimit;
  }

  /** @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option */
  static async create(models: Servable, options: EmbedOptions): Promise<Core> {
    return new Core(await Service.create(models, options, options.logger), options);
  }

  /** Whether a route has this path, with whatever method. */
  has(pathname: string): boolean {
    return this.#router.has(pathname);
  }

  /** Answers a request. */
  async answer(incoming: Incoming): Promise<Reply> {
    let route: Route;
    let request: ServiceRequest;
    try {
      const match = this.#router.find(incoming.method, incoming.pathname);
      route = match.route;
      request = new View(
        incoming,
        match.params,
        incoming.pathname.slice(this.#prefix.length) || '/',
        NO_BODY,
      );
    } catch (error) {
      return this.#service.refuse(error, incoming.id);
    }
    const refusal = this.#service.admit(route, request);
    const refused = refusal instanceof Promise ? await refusal : refusal;
    if (refused !== undefined) return refused;
    try {
      const body = await readBody(incoming, this.#bodyLimit);
      return await this.#service.answer(route, new View(incoming, request.params, request.path, body));
    } catch (error) {
      return this.#service.refuse(error, incoming.id);
    }
  }

  close(): Promise<void> {
    return this.#service.close();
  }
}

/** The core of an adapter that is made before its models are compiled; early requests wait for it. */
export function prepareCore(models: Servable, options: EmbedOptions): Promise<Core> {
  // Reading the schema tells at once, not with the first request, that a model is not fitted.
  if (models instanceof Estimator) void models.schema;
  const core = Core.create(models, options);
  // Every request hears of a failure; until the first one comes it is not unhandled.
  core.catch(() => undefined);
  return core;
}

class View implements ServiceRequest {
  readonly #incoming: Incoming;
  readonly params: ServiceRequest['params'];
  readonly path: string;
  readonly body: Uint8Array;

  constructor(incoming: Incoming, params: ServiceRequest['params'], path: string, body: Uint8Array) {
    this.#incoming = incoming;
    this.params = params;
    this.path = path;
    this.body = body;
  }

  get method() {
    return this.#incoming.method;
  }
  get query() {
    return this.#incoming.query;
  }
  get headers() {
    return this.#incoming.headers;
  }
  get id() {
    return this.#incoming.id;
  }
  get remoteAddress() {
    return this.#incoming.remoteAddress;
  }
  get signal() {
    return this.#incoming.signal;
  }
}

/** @throws {ERR_BODY_TOO_LARGE} as soon as the limit is passed; the rest is not read */
async function readBody({ headers, chunks }: Incoming, limit: number): Promise<Uint8Array> {
  if (Number(headers['content-length']) > limit) throw tooLarge();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of chunks()) {
    length += part.length;
    if (length > limit) throw tooLarge();
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, length);
}

function tooLarge(): RequestError {
  return new RequestError(413, 'ERR_BODY_TOO_LARGE', 'The body is too large.');
}
