/** Models in a Hono app. */
import type { Servable } from '../options.js';
import type { EmbedOptions } from './core.js';
import { createFetchHandler, type FetchHandler } from './fetch.js';

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request; readonly method: string };
  // biome-ignore lint/suspicious/noExplicitAny: what a runtime puts there is its own.
  readonly env: any;
}

/** A middleware of Hono. */
export interface HonoMiddleware extends Pick<FetchHandler, 'close'> {
  (context: HonoContext, next: () => Promise<void>): Promise<Response | undefined>;
}

/**
 * Serves models from a Hono app: `app.use(honoHandler(model, { prefix: '/ml' }))`. Paths that are not the model's go on
 * to the app's own routes.
 *
 * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for what is no model or an option that there is not; a bad value reaches the app's error handler as {ERR_PARAMETER}
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { honoHandler } from 'boreal/serve';
 * import { Hono } from 'hono';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const app = new Hono().use(honoHandler(model, { prefix: '/ml' }));
 * const response = await app.request('/ml/health');
 * response.status; // 200
 * ```
 */
export function honoHandler(models: Servable, options: EmbedOptions = {}): HonoMiddleware {
  const handler = createFetchHandler(models, options);
  const middleware = async ({ req, env }: HonoContext, next: () => Promise<void>) => {
    if (await handler.has(req.raw.url)) {
      // Where @hono/node-server keeps the request of node:http.
      return handler(req.raw, { remoteAddress: env?.incoming?.socket?.remoteAddress });
    }
    await next();
    return undefined;
  };
  return Object.assign(middleware, { close: handler.close });
}
