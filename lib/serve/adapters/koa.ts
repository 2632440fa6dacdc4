/** Models in a Koa app. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from '../http.js';
import type { Servable } from '../options.js';
import { requestId } from '../request-id.js';
import { type EmbedOptions, type Incoming, prepareCore, UNKNOWN } from './core.js';
import { readBody, signalOf } from './node-request.js';

/** What is used of Koa's context. */
export interface KoaContext {
  readonly method: string;
  readonly path: string;
  readonly querystring: string;
  readonly ip: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly request: object;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
}

/** A middleware of Koa. */
export interface KoaMiddleware {
  (context: KoaContext, next: () => Promise<unknown>): Promise<void>;
  /** Releases what the service holds; call it when the host has answered its last request. */
  close(): Promise<void>;
}

/**
 * Serves models from a Koa app: `app.use(koaMiddleware(model, { prefix: '/ml' }))`. Paths that are not the model's go on
 * to the app's other middleware; koa-mount's path takes the place of a prefix. A body parser may stand before it.
 *
 * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for what is no model or an option that there is not; a bad value reaches the app's error handler as {ERR_PARAMETER}
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { LinearRegression } from 'boreal';
 * import { koaMiddleware } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const app = new Koa().use(koaMiddleware(model, { prefix: '/ml' }));
 * ```
 */
export function koaMiddleware(models: Servable, options: EmbedOptions = {}): KoaMiddleware {
  const ready = prepareCore('koaMiddleware', models, options);
  const middleware = async (context: KoaContext, next: () => Promise<unknown>) => {
    const core = await ready;
    const { method, path: pathname, querystring, ip: remoteAddress, req, res, request } = context;
    if (!core.has(pathname)) {
      await next();
      return;
    }
    let signal: AbortSignal | undefined;
    const incoming: Incoming = {
      ...UNKNOWN,
      method,
      pathname,
      query: new URLSearchParams(querystring),
      headers: req.headers,
      id: requestId(req.headers['x-request-id']),
      remoteAddress,
      get signal() {
        signal ??= signalOf(res);
        return signal;
      },
      readBody: (limit, done, failed) => readBody(req, request, limit, done, failed),
    };
    const reply = await new Promise<Reply>((resolve) => core.answer(incoming, resolve));
    context.status = reply.status;
    context.set({ 'x-content-type-options': 'nosniff', ...reply.headers });
    if (!req.complete) context.set({ connection: 'close' });
    context.body =
      typeof reply.body === 'string'
        ? reply.body
        : Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength);
  };
  return Object.assign(middleware, { close: async () => (await ready).close() });
}
