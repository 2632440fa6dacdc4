/** Models in an Express app. */
import type { Servable } from '../options.js';
import { type NodeHandler, type NodeHandlerOptions, toNodeHandler } from './node.js';

/** A middleware of Express, or of anything that takes `(req, res, next)`. */
export type ExpressMiddleware = NodeHandler;

/**
 * Serves models from an Express app: `app.use('/ml', expressMiddleware(model))`, or with a `prefix` of its own. Paths that
 * are not the model's go on to the app's other routes. A body parser may stand before it.
 *
 * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for what is no model or an option that there is not; a bad value reaches the app's error handler as {ERR_PARAMETER}
 * @example
 * ```ts
 * import express from 'express';
 * import { LinearRegression } from 'boreal';
 * import { expressMiddleware } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const app = express().use('/ml', expressMiddleware(model));
 * ```
 */
export function expressMiddleware(models: Servable, options: NodeHandlerOptions = {}): ExpressMiddleware {
  // The app has headers of its own.
  return toNodeHandler(models, { helmet: false, ...options });
}
