/** A request of `node:http` as the core of the adapters sees it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestError } from '../request-error.js';
import { BodyCollector, type Incoming, UNKNOWN } from './core.js';
import { parsedBody } from './parsed-body.js';

/** Tells the address of a client, which may be behind a proxy. */
export type AddressOf = (req: IncomingMessage) => string | undefined;

/** Of most requests; it is only read. */
const NO_QUERY = new URLSearchParams();

/** See the head of this file. */
export class NodeRequest implements Incoming {
  readonly id: string;
  readonly pathname: string;
  readonly res: ServerResponse;
  route: Incoming['route'];
  params = UNKNOWN.params;
  path = UNKNOWN.path;
  body = UNKNOWN.body;
  ran: Incoming['ran'];
  readonly #req: IncomingMessage;
  readonly #addressOf: AddressOf;
  #signal: AbortSignal | undefined;

  constructor(req: IncomingMessage, res: ServerResponse, id: string, addressOf: AddressOf) {
    this.#req = req;
    this.#addressOf = addressOf;
    this.res = res;
    this.id = id;
    this.pathname = pathOf(req.url!);
  }

  get method() {
    return this.#req.method!;
  }
  get query() {
    const url = this.#req.url!;
    return url.length === this.pathname.length
      ? NO_QUERY
      : new URLSearchParams(url.slice(this.pathname.length));
  }
  get headers() {
    return this.#req.headers;
  }
  get remoteAddress() {
    return this.#addressOf(this.#req);
  }
  get signal() {
    this.#signal ??= signalOf(this.res);
    return this.#signal;
  }
  readBody(limit: number, done: (body: Uint8Array) => void, failed: (error: unknown) => void): void {
    readBody(this.#req, this.#req, limit, done, failed);
  }
}

/** A URL's path, without the query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** Fires when the client has gone before it had its answer. */
export function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Reads the body, or takes what a parser of the host has read; {@link Incoming.readBody}. Fails with {ERR_HTTP} when the client
 * has gone, though nobody hears it.
 *
 * @param holder - see {@link parsedBody}
 */
export function readBody(
  req: IncomingMessage,
  holder: object,
  limit: number,
  done: (body: Uint8Array) => void,
  failed: (error: unknown) => void,
): void {
  const body = new BodyCollector(limit);
  // NaN where the body comes in chunks.
  const length = Number(req.headers['content-length']);
  let isOver = false;
  const fail = (error: unknown) => {
    if (!isOver) failed(error);
    isOver = true;
  };
  const add = (part: Uint8Array) => {
    if (isOver) return;
    try {
      body.add(part);
    } catch (error) {
      fail(error);
      return;
    }
    // Node lets no more through than that; its 'end' comes later.
    if (body.length === length) end();
  };
  const end = () => {
    if (!isOver) done(body.body);
    isOver = true;
  };
  const parsed = parsedBody(req, holder);
  if (parsed !== undefined) {
    // Whoever has read it has decompressed it.
    delete req.headers['content-encoding'];
    add(parsed);
    end();
  } else if (req.readableEnded || !bringsBody(req)) end();
  else {
    req.on('data', add);
    req.on('end', end);
    req.on('error', () => fail(new RequestError(400, 'ERR_HTTP', 'The body did not come as a whole.')));
  }
}

/** As HTTP says; and what a GET brings is nobody's business. */
function bringsBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
