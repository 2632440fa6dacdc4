/** The routes of traffic: how the requests to a model are spread, and its administration. */
import { type Route, readJson } from '../http.js';
import type { ModelTraffic } from '../models/traffic.js';
import { ref } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';

const PATH = '/models/:name/traffic';

/** Makes the routes, and gives the shadows what they are to see. */
export function trafficRoutes({ models, traffic, options }: ServiceContext): Feature {
  const known = (name: string) => models.get({ name, version: models.production(name) }).name;
  const routes: Route[] = [
    {
      method: 'GET',
      path: PATH,
      access: 'predict',
      summary: 'How requests that name no version are spread, and what came of it.',
      operation: { response: ref('TrafficStatus') },
      handle: ({ params }) => traffic.status(known(params.name!)),
    },
    {
      method: 'PUT',
      path: PATH,
      access: 'admin',
      summary: 'Spreads the requests: variants with weights, or a canary; a shadow; where the user is named.',
      operation: { request: ref('Traffic'), response: ref('TrafficStatus') },
      handle: (request) => {
        const name = known(request.params.name!);
        const config = readJson(request, options.maxDepth) as ModelTraffic;
        for (const version of versionsOf(config)) {
          // Tells which there are: a typing error would send everybody to production.
          if (models.resolve(name, version) === undefined) models.get({ name, version });
        }
        traffic.set(name, config);
        return traffic.status(name);
      },
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'admin',
      summary: 'Sends all requests that name no version to production.',
      operation: { response: ref('TrafficStatus') },
      handle: ({ params }) => {
        const name = known(params.name!);
        traffic.clear(name);
        return traffic.status(name);
      },
    },
  ];
  return {
    routes,
    observer: { prediction: (event) => traffic.shadowOf(event.model.name)?.take(event) },
    close: () => traffic.settle(),
  };
}

/** Versions and aliases that rules name; whether the rules make sense is found out later. */
function versionsOf(config: unknown): string[] {
  if (typeof config !== 'object' || config === null)
    throw new RequestError(400, 'ERR_REQUEST', 'Send an object with variants or canary, shadow, key.');
  const { variants, canary, shadow } = config as ModelTraffic;
  const named = [canary?.version, shadow].filter((version) => typeof version === 'string');
  return [...(typeof variants === 'object' && variants !== null ? Object.keys(variants) : []), ...named];
}
