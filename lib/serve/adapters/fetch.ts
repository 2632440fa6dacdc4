/** Models as a function from `Request` to `Response`: for Hono, Deno, Bun, workers, and whatever else speaks Fetch. */
import type { Reply } from '../http.js';
import type { Servable } from '../options.js';
import { requestId } from '../request-id.js';
import { BodyCollector, type Core, type EmbedOptions, type Incoming, prepareCore, UNKNOWN } from './core.js';

/** What only the host knows of a request. */
export interface FetchClient {
  /** The client's address. Without it rate limits count all clients as one, and 'admin' routes need a key. */
  readonly remoteAddress?: string;
}

/** Answers requests. */
export interface FetchHandler {
  (request: Request, client?: FetchClient): Promise<Response>;
  /** Whether the service has a route with the path of this URL. */
  has(url: string): Promise<boolean>;
  /** Releases what the service holds; call it when the host has answered its last request. */
  close(): Promise<void>;
}

/**
 * Serves models from a Fetch-style server. The body is read up to `bodyLimit` only, and the request's signal ends work
 * that nobody waits for: the handler rejects with its reason, as fetch does.
 *
 * @param models - a fitted estimator, several by name, or a registry; compiled at once, and early requests wait for that
 * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for what is no model or an option that there is not; the handler rejects with it for a bad value
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { createFetchHandler } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const handler = createFetchHandler(model);
 * const request = new Request('http://localhost/predict', {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ x: 4 }),
 * });
 * await (await handler(request)).json(); // { prediction: 8 }
 * await handler.close();
 * ```
 */
export function createFetchHandler(models: Servable, options: EmbedOptions = {}): FetchHandler {
  const ready = prepareCore('createFetchHandler', models, options);
  const handler = async (request: Request, client: FetchClient = {}) => answer(await ready, request, client);
  return Object.assign(handler, {
    has: async (url: string) => (await ready).has(new URL(url).pathname),
    close: async () => (await ready).close(),
  });
}

async function answer(core: Core, request: Request, { remoteAddress }: FetchClient): Promise<Response> {
  request.signal.throwIfAborted();
  const { pathname, searchParams } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const incoming: Incoming = {
    ...UNKNOWN,
    method: request.method,
    pathname,
    query: searchParams,
    headers,
    id: requestId(headers['x-request-id']),
    remoteAddress,
    get signal() {
      return request.signal;
    },
    readBody: (limit, done, failed) => void readBody(request, limit).then(done, failed),
  };
  const reply = await new Promise<Reply>((resolve) => core.answer(incoming, resolve));
  return responseOf(reply, request.method);
}

async function readBody({ body }: Request, limit: number): Promise<Uint8Array> {
  const collector = new BodyCollector(limit);
  for await (const part of body ?? []) collector.add(part);
  return collector.body;
}

function responseOf({ status, body, headers }: Reply, method: string): Response {
  const none = method === 'HEAD' || status === 204 || status === 304;
  return new Response(none ? null : (body as string | Uint8Array<ArrayBuffer>), {
    status,
    headers: { 'x-content-type-options': 'nosniff', ...headers },
  });
}
