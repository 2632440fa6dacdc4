/** A model inside an existing `node:http` server, or anything else that takes `(req, res, next)`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Estimator } from '../../core/estimator.js';
import type { Servable } from '../options.js';
import { type AppOptions, createApp } from './app.js';

/** Options of {@link toNodeHandler}. */
export type NodeHandlerOptions = AppOptions;

/** Answers a request; `next` is called for paths that are not the model's, and with an error that is not the client's. */
export type NodeHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * The routes of {@link serve} as a function for `node:http`. Paths that are not the model's go to `next` when it is
 * given, and are answered with 404 otherwise.
 *
 * @param models - a fitted estimator, several by name, a registry, or the path of a model file; compiled at once, and early requests wait for that
 * @throws {ERR_NOT_FITTED} before `fit`
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
  // Reading the schema tells at once, not with the first request, that a model is not fitted.
  if (models instanceof Estimator) void models.schema;
  const ready = prepare(models, options);
  // Every request hears of a failure; until the first one comes it is not unhandled.
  ready.catch(() => undefined);
  return (req, res, next) => {
    ready.then(
      ({ app, router }) => {
        if (next === undefined || router.has((req.url ?? '/').split('?', 1)[0])) app.routing(req, res);
        else next();
      },
      (error) =>
        next ? next(error) : res.writeHead(500, { 'content-type': 'application/json' }).end(FAILED),
    );
  };
}

async function prepare(models: Servable, options: NodeHandlerOptions) {
  const { app, router } = await createApp(models, options);
  app.addHook('preParsing', async (request, _reply, payload) => replay(request.raw) ?? payload);
  await app.ready();
  return { app, router };
}

const FAILED = JSON.stringify({
  error: 'The model could not be prepared for serving.',
  code: 'ERR_INTERNAL',
});

/** The body again, when something before us, such as express.json(), has read and parsed it. */
function replay(req: IncomingMessage & { readonly body?: unknown }): Readable | undefined {
  if (!req.readableEnded || req.body === undefined) return undefined;
  // Whatever read it has decompressed it, too.
  delete req.headers['content-encoding'];
  const receivedEncodedLength = Number(req.headers['content-length'] ?? 0);
  return Object.assign(Readable.from([JSON.stringify(req.body)]), { receivedEncodedLength });
}
