/** The routes that tutorials use: one model, JSON rows, short names. */
import { performance } from 'node:perf_hooks';
import { type Route, readJson, type ServiceRequest } from '../http.js';
import type { Selector } from '../models/model-store.js';
import { object, ref, TEXT } from '../openapi/operation.js';
import type { Feature, ServiceContext } from '../service.js';

/** Makes the routes. */
export function friendlyRoutes({ models, options, routes }: ServiceContext): Feature {
  const { prefix = '' } = options;
  const started = performance.now();
  const predict = (selector: Selector) => (request: ServiceRequest) =>
    models.use(selector, ({ endpoint }) => endpoint.predict(readJson(request), request));
  const info = () => models.get({}).endpoint.info;
  const list: Route[] = [
    {
      method: 'GET',
      path: '/',
      access: 'public',
      summary: 'What is served, and where.',
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
      path: '/model_info',
      access: 'predict',
      summary: "The model's columns, target, metadata and plan.",
      operation: { response: ref('ModelInfo') },
      handle: info,
    },
    {
      method: 'POST',
      path: '/predict',
      access: 'predict',
      summary: 'Predicts one row.',
      operation: { request: ref('Row'), response: ref('Prediction') },
      handle: predict({}),
    },
    {
      method: 'POST',
      path: '/predict_batch',
      access: 'predict',
      summary: 'Predicts many rows.',
      operation: { request: ref('Batch'), response: ref('BatchPrediction') },
      handle: (request) =>
        models.use({}, ({ endpoint }) => endpoint.predictBatch(readJson(request), request)),
    },
  ];
  return { routes: list };
}

/** The paths that need no parameters, by their names. */
function linksOf(routes: readonly Route[], prefix: string): Record<string, string> {
  const paths = routes.map(({ path }) => path).filter((path) => path !== '/' && !path.includes(':'));
  return Object.fromEntries(paths.map((path) => [path.slice(1), prefix + path]));
}
