/** The routes that tutorials use: one model, JSON rows, short names. */
import { performance } from 'node:perf_hooks';
import type { Route, ServiceRequest } from '../http.js';
import type { Selector } from '../models/served-model.js';
import { MODEL_QUERY, mapOf, object, ref, TEXT } from '../openapi/operation.js';
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
        query: MODEL_QUERY,
        response: ref('ModelInfo'),
      },
      handle: (request) => models.get(chosen(request)).endpoint.info,
    },
    {
      method: 'POST',
      path: '/predict',
      access: 'predict',
      model: 'query',
      summary: 'Predicts one row; ?model= and ?version= choose another model than the default.',
      inWorker: true,
      operation: { request: ref('Row'), query: MODEL_QUERY, response: ref('Prediction') },
      predicts: chosen,
      handle: (request) => predictRow(context, request, chosen(request)),
    },
    {
      method: 'POST',
      path: '/predict_batch',
      access: 'predict',
      model: 'query',
      summary: 'Predicts many rows; ?model= and ?version= choose another model than the default.',
      inWorker: true,
      operation: { request: ref('Batch'), query: MODEL_QUERY, response: ref('BatchPrediction') },
      predicts: chosen,
      handle: (request) => predictRows(context, request, chosen(request)),
    },
  ];
  return { routes: list };
}

/** The model that `?model=` and `?version=` ask for; the default one without them. */
function chosen({ query }: ServiceRequest): Selector {
  if (query.size === 0) return {};
  return { name: query.get('model') ?? undefined, version: query.get('version') ?? undefined };
}

/** The paths that need no parameters, by their names. */
function linksOf(routes: readonly Route[], prefix: string): Record<string, string> {
  const paths = routes.map(({ path }) => path).filter((path) => path !== '/' && !path.includes(':'));
  return Object.fromEntries(paths.map((path) => [path.slice(1), prefix + path]));
}
