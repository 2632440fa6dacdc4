/** The routes that tutorials use: one model, JSON rows, short names. */
import { performance } from 'node:perf_hooks';
import type { Route } from '../http.js';
import { mapOf, object, ref, TEXT } from '../openapi/operation.js';
import { requireReady } from '../readiness.js';
import type { Feature, ServiceContext } from '../service.js';
import { predictRow, predictRows } from './predict.js';

/** Makes the routes. */
export function friendlyRoutes(context: ServiceContext): Feature {
  const { models, options, routes } = context;
  const { prefix = '' } = options;
  const started = performance.now();
  const info = () => models.get({}).endpoint.info;
  const list: Route[] = [
    {
      method: 'GET',
      path: '/',
      access: 'public',
      summary: 'What is served, and where.',
      operation: {
        response: object({
          name: TEXT,
          version: TEXT,
          model: object({ type: TEXT, kind: TEXT }),
          borealVersion: TEXT,
          links: mapOf(TEXT),
        }),
      },
      handle: () => {
        const { name, version, type, kind, borealVersion } = info();
        return { name, version, model: { type, kind }, borealVersion, links: linksOf(routes, prefix) };
      },
    },
    {
      method: 'GET',
      path: '/health',
      access: 'public',
      summary: 'Whether the server answers, and for how many seconds it has.',
      operation: { response: object({ status: TEXT, uptime: { type: 'number' } }) },
      handle: () => ({ status: 'ok', uptime: (performance.now() - started) / 1000 }),
    },
    {
      method: 'GET',
      path: '/ready',
      access: 'public',
      summary:
        'Whether requests should be sent here: every model answers, and the server is not about to end.',
      operation: { response: object({ status: { const: 'ready' } }) },
      handle: () => {
        requireReady(context);
        return { status: 'ready' };
      },
    },
    {
      method: 'GET',
      path: '/model_info',
      access: 'predict',
      model: 'query',
      summary: "The model's columns, target, metadata and plan; ?model= and ?version= choose another one.",
      operation: {
        query: {
          model: { ...TEXT, description: 'Default: the default model.' },
          version: { ...TEXT, description: 'Or an alias. Default: the one in production.' },
        },
        response: ref('ModelInfo'),
      },
      handle: ({ query }) => {
        const selector = {
          name: query.get('model') ?? undefined,
          version: query.get('version') ?? undefined,
        };
        return models.get(selector).endpoint.info;
      },
    },
    {
      method: 'POST',
      path: '/predict',
      access: 'predict',
      summary: 'Predicts one row.',
      inWorker: true,
      operation: { request: ref('Row'), response: ref('Prediction') },
      predicts: () => ({}),
      handle: (request) => predictRow(context, request, {}),
    },
    {
      method: 'POST',
      path: '/predict_batch',
      access: 'predict',
      summary: 'Predicts many rows.',
      inWorker: true,
      operation: { request: ref('Batch'), response: ref('BatchPrediction') },
      predicts: () => ({}),
      handle: (request) => predictRows(context, request, {}),
    },
  ];
  return { routes: list };
}

/** The paths that need no parameters, by their names. */
function linksOf(routes: readonly Route[], prefix: string): Record<string, string> {
  const paths = routes.map(({ path }) => path).filter((path) => path !== '/' && !path.includes(':'));
  return Object.fromEntries(paths.map((path) => [path.slice(1), prefix + path]));
}
