/**
 * One service behind `node:http` and nothing else: the inside of `serve` and of `toNodeHandler`. Between Node and the core
 * lies as little as can be, since a small model's answer takes less time than its way to the client.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import proxyAddress from '@fastify/proxy-addr';
import type { HelmetOptions } from 'helmet';
import type { Reply } from '../http.js';
import type { SharedSource } from '../models/shared-source.js';
import type { Servable, ServiceOptions } from '../options.js';
import { requestId } from '../request-id.js';
import { Cors, type CorsOptions } from '../security/cors.js';
import { securityHeaders } from '../security/headers.js';
import type { Log, MainThread, Service } from '../service.js';
import { Core } from './core.js';
import { createHttpServer, type HttpLimits } from './http-server.js';
import {
  createLog,
  type LoggerOptions,
  type LogOptions,
  RequestLog,
  requestLogOptions,
  type ServerLog,
} from './logging.js';
import { type AddressOf, NodeRequest } from './node-request.js';
import { Outbox } from './outbox.js';

/** Options of an app. */
export interface AppOptions extends ServiceOptions, HttpLimits, LoggerOptions {
  /** Web pages of other origins that may call the service: true for all, some origins, or more. Default false: none. */
  readonly cors?: boolean | string | readonly string[] | CorsOptions;
  /**
   * Options of helmet in the place of the defaults, or false for none of its headers but x-content-type-options. They
   * must not depend on the request. Default: all that helmet sets, but for HSTS.
   */
  readonly helmet?: false | HelmetOptions;
  /** Proxies whose X-Forwarded-For is believed: addresses or networks, or true for any. Default: none. */
  readonly trustProxy?: boolean | string | string[];
}

/** What is on its way out. */
interface Answer {
  readonly incoming: NodeRequest;
  readonly reply: Reply;
  readonly started: number;
}

type Headers = Readonly<Record<string, string>>;

const NO_SNIFF: Headers = { 'x-content-type-options': 'nosniff' };

/** See the head of this file. */
export class App {
  /** Does not listen yet. */
  readonly server: Server;
  /** Answers say that their connection ends. */
  draining = false;
  readonly #core: Core;
  readonly #log: ServerLog;
  readonly #cors: Cors | undefined;
  /** Of what a browser may open as a page; what answers a POST never is: it needs only to be no page. */
  readonly #ofPages: Headers;
  readonly #addressOf: AddressOf;
  readonly #prefix: string;
  readonly #outbox = new Outbox<Answer>((answer) => this.#send(answer));
  #requests: RequestLog | undefined;

  private constructor(core: Core, log: ServerLog, options: AppOptions) {
    const { cors = false, helmet = {}, trustProxy = false, prefix = '' } = options;
    this.#core = core;
    this.#log = log;
    this.#cors = cors === false ? undefined : new Cors(cors);
    this.#ofPages = helmet === false ? NO_SNIFF : securityHeaders(helmet);
    this.#addressOf = addressing(trustProxy);
    this.#prefix = prefix;
    this.server = createHttpServer((req, res) => this.handle(req, res), options);
    this.server.on('connection', (socket) => this.#outbox.watch(socket));
  }

  /**
   * Makes the app and its service.
   *
   * @param main - of the app of a worker
   * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
   */
  static async create(models: Servable | SharedSource, options: AppOptions, main?: MainThread): Promise<App> {
    const log = await createLog(options.logger);
    let core: Core | undefined;
    try {
      core = await Core.create(models, options, log.log, main);
      const app = new App(core, log, options);
      const requests = requestLogOptions(options.logger);
      // A worker is told by the main thread whether it logs.
      if (main === undefined && requests !== undefined) app.logRequests(requests);
      return app;
    } catch (error) {
      await core?.close();
      await log.close();
      throw error;
    }
  }

  get service(): Service {
    return this.#core.service;
  }

  get log(): Log {
    return this.#log.log;
  }

  /** Writes a line for each request from now on. */
  logRequests(options: LogOptions): void {
    this.#requests = new RequestLog(this.log, this.#prefix, options);
  }

  /** Whether a route has this path, with whatever method. */
  has(pathname: string): boolean {
    return this.#core.has(pathname);
  }

  /** Answers a request. */
  handle(req: IncomingMessage, res: ServerResponse): void {
    const started = this.#requests === undefined ? 0 : performance.now();
    const incoming = new NodeRequest(req, res, requestId(req.headers['x-request-id']), this.#addressOf);
    const send = (reply: Reply) => this.#outbox.add({ incoming, reply, started });
    if (this.#cors !== undefined && req.method === 'OPTIONS') send(this.#cors.preflight(req));
    else this.#core.answer(incoming, send);
  }

  /** Releases what the service holds. All connections are closed by then. */
  async close(): Promise<void> {
    // It does not listen any more, but has a timer.
    this.server.close();
    await this.#core.close();
    await this.#log.close();
  }

  #send({ incoming, reply, started }: Answer): void {
    const { res } = incoming;
    // The client has gone.
    if (res.destroyed || res.writableEnded) return;
    const { status, body } = reply;
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const headers = this.#headersOf(incoming, reply);
    // What is left of a body that is too large is not read.
    if (this.draining || status === 413) headers.push('connection', 'close');
    if (status !== 204 && status !== 304) headers.push('content-length', bytes);
    const requests = this.#requests;
    if (requests !== undefined) res.once('finish', () => requests.write(incoming, reply, started));
    try {
      // Head and body go as one piece; `end(body)` would make two of them. ASCII is its own encoding.
      res.cork();
      res.writeHead(status, headers).write(body, bytes === body.length ? 'latin1' : 'utf8');
      res.uncork();
      res.end();
    } catch (err) {
      this.log.error({ err, requestId: incoming.id }, 'An answer could not be sent.');
      res.destroy();
    }
  }

  /** Names and values in turn: objects put together for each answer would cost as much as the rest of it. */
  #headersOf(incoming: NodeRequest, { headers }: Reply): Array<string | number> {
    const { id, method } = incoming;
    const list: Array<string | number> = ['x-request-id', id];
    const own = method === 'GET' || method === 'HEAD' ? this.#ofPages : NO_SNIFF;
    for (const name in own) if (headers[name] === undefined) list.push(name, own[name]);
    for (const name in headers) list.push(name, headers[name]);
    if (this.#cors !== undefined)
      list.push(...Object.entries(this.#cors.headers(incoming.headers.origin)).flat());
    return list;
  }
}

function addressing(trustProxy: boolean | string | string[]): AddressOf {
  if (trustProxy === false) return (req) => req.socket.remoteAddress;
  const proxies =
    typeof trustProxy === 'string' ? trustProxy.split(',').map((each) => each.trim()) : trustProxy;
  const trust = proxies === true ? () => true : proxyAddress.compile(proxies);
  return (req) => proxyAddress(req, trust);
}
