/**
 * A service without a framework: what every adapter but Fastify's stands on. An adapter says what a request is and how its
 * body is read; it gets a reply, and at once where nothing has to be waited for.
 */
import type { Reply, Route, ServiceRequest } from '../http.js';
import { checkServable } from '../models/load.js';
import type { SharedSource } from '../models/shared-source.js';
import { checkOptionNames } from '../option-names.js';
import { DEFAULT_BODY_LIMIT, type Servable, type ServiceOptions } from '../options.js';
import { RequestError } from '../request-error.js';
import { Router } from '../router.js';
import { type Log, type MainThread, Service } from '../service.js';
import { whenDone } from '../when-done.js';

/** Options of the adapters for frameworks that have a log of their own. */
export interface EmbedOptions extends ServiceOptions {
  /** Where the service writes what people should know, such as a pino logger. Default: nowhere. */
  readonly logger?: Log;
}

/** A request as an adapter makes it; the core adds what it finds out. */
export interface Incoming extends Omit<ServiceRequest, keyof Found>, Found {
  /** The whole path, percent-encoded, without the query. */
  readonly pathname: string;
  /**
   * Calls `done` with the body, or `failed`: with {ERR_BODY_TOO_LARGE} as soon as it has more bytes than the limit, and the
   * rest is not read.
   */
  readonly readBody: (
    limit: number,
    done: (body: Uint8Array) => void,
    failed: (error: unknown) => void,
  ) => void;
}

/** What the core finds out about a request: its route, then its body. */
interface Found {
  route?: Route;
  params: ServiceRequest['params'];
  path: string;
  body: Uint8Array;
}

/** Of a request about which nothing is known yet. */
export const UNKNOWN: Found = { params: {}, path: '', body: new Uint8Array(0) };

/** See the head of this file. */
export class Core {
  readonly service: Service;
  readonly #router: Router;
  readonly #prefix: string;
  readonly #bodyLimit: number;

  private constructor(service: Service, { prefix = '', bodyLimit = DEFAULT_BODY_LIMIT }: ServiceOptions) {
    this.service = service;
    this.#router = new Router(service.routes, prefix);
    this.#prefix = prefix;
    this.#bodyLimit = bodyLimit;
  }

  /**
   * @param main - of the service of a worker
   * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
   */
  static async create(
    models: Servable | SharedSource,
    options: ServiceOptions,
    log?: Log,
    main?: MainThread,
  ): Promise<Core> {
    return new Core(await Service.create(models, options, log, main), options);
  }

  /** Whether a route has this path, with whatever method. */
  has(pathname: string): boolean {
    return this.#router.has(pathname);
  }

  /** Answers a request: calls `send` with the reply, once, and at once where nothing has to be waited for. */
  answer(incoming: Incoming, send: (reply: Reply) => void): void {
    let route: Route;
    try {
      const { pathname } = incoming;
      const found = this.#router.find(incoming.method, pathname);
      route = found.route;
      incoming.route = route;
      incoming.params = found.params;
      incoming.path = pathname.slice(this.#prefix.length) || '/';
    } catch (error) {
      send(this.service.refuse(error, incoming.id));
      return;
    }
    const refusal = this.service.admit(route, incoming);
    if (refusal === undefined) this.#read(route, incoming, send);
    else
      void Promise.resolve(refusal).then((refused) =>
        refused === undefined ? this.#read(route, incoming, send) : send(refused),
      );
  }

  close(): Promise<void> {
    return this.service.close();
  }

  #read(route: Route, incoming: Incoming, send: (reply: Reply) => void): void {
    const failed = (error: unknown) => send(this.service.refuse(error, incoming.id));
    if (Number(incoming.headers['content-length']) > this.#bodyLimit) {
      failed(tooLarge());
      return;
    }
    const done = (body: Uint8Array) => {
      incoming.body = body;
      void whenDone(this.service.answer(route, incoming), send);
    };
    incoming.readBody(this.#bodyLimit, done, failed);
  }
}

/** The core of an adapter that is made before its models are compiled; early requests wait for it. */
export function prepareCore(
  owner: 'createFetchHandler' | 'koaMiddleware',
  models: Servable,
  options: EmbedOptions,
): Promise<Core> {
  checkOptionNames(owner, options);
  checkServable(models);
  const core = Core.create(models, options, options.logger);
  // Every request hears of a failure; until the first one comes it is not unhandled.
  core.catch(() => undefined);
  return core;
}

/** The pieces of a body, put together; see {@link Incoming.readBody}. */
export class BodyCollector {
  readonly #limit: number;
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws {ERR_BODY_TOO_LARGE} */
  add(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#limit) throw tooLarge();
    this.#parts.push(part);
  }

  /** Bytes that have come. */
  get length(): number {
    return this.#length;
  }

  /** The whole; a single piece as it is. */
  get body(): Uint8Array {
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#length);
  }
}

function tooLarge(): RequestError {
  return new RequestError(413, 'ERR_BODY_TOO_LARGE', 'The body is too large.');
}
