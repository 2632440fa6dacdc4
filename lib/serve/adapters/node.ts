/** A model inside an existing `node:http` server, or anything else that takes `(req, res, next)`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkServable } from '../models/load.js';
import { checkOptionNames } from '../option-names.js';
import type { Servable } from '../options.js';
import { App, type AppOptions } from './app.js';
import { pathOf } from './node-request.js';

/** Options of {@link toNodeHandler}. */
export type NodeHandlerOptions = AppOptions;

/** Answers a request; `next` is called for paths that are not the model's, and with an error that is not the client's. */
export interface NodeHandler {
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
  /** Releases what the service holds; call it when the host has answered its last request. */
  close(): Promise<void>;
}

/**
 * The routes of {@link serve} as a function for `node:http`. Paths that are not the model's go to `next` when it is
 * given, and are answered with 404 otherwise.
 *
 * @param models - a fitted estimator, several by name, a registry, or the path of a model file; compiled at once, and early requests wait for that
 * @throws {ERR_NOT_FITTED} before `fit`; {ERR_PARAMETER} for what is no model or an option that there is not
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { LinearRegression } from 'boreal';
 * import { toNodeHandler } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const handler = toNodeHandler(model, { prefix: '/ml' });
 * const server = createServer((req, res) => handler(req, res, () => res.end('my own page')));
 * ```
 */
export function toNodeHandler(models: Servable, options: NodeHandlerOptions = {}): NodeHandler {
  checkOptionNames('toNodeHandler', options);
  checkServable(models);
  const ready = App.create(models, options);
  // Every request hears of a failure; until the first one comes it is not unhandled.
  ready.catch(() => undefined);
  const handler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => {
    ready.then(
      (app) => {
        if (next === undefined || app.has(pathOf(req.url!))) app.handle(req, res);
        else next();
      },
      (error) =>
        next ? next(error) : res.writeHead(500, { 'content-type': 'application/json' }).end(FAILED),
    );
  };
  return Object.assign(handler, { close: async () => (await ready).close() });
}

const FAILED = JSON.stringify({
  error: 'The model could not be prepared for serving.',
  code: 'ERR_INTERNAL',
});
