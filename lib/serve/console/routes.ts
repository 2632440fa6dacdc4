/** The pages `/console` and `/docs`, and the data that no other route has. */
import type { Route } from '../http.js';
import { arrayOf, COUNT, NUMBER, object, orNull, ref } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { sendAsset } from './assets.js';
import { Feed } from './feed.js';

const SECOND = object({
  at: { ...COUNT, description: 'When it began, in seconds since 1970.' },
  requests: COUNT,
  refused: { ...COUNT, description: 'With a status from 400 to 499.' },
  failed: { ...COUNT, description: 'With a status from 500 on.' },
  p50: orNull(NUMBER),
  p95: orNull(NUMBER),
  p99: orNull(NUMBER),
  batches: COUNT,
  rows: COUNT,
  queueMs: NUMBER,
  loopMs: NUMBER,
});

/** Pages for people. */
export interface ConsoleOptions {
  /** Whether there are `/console` and `/docs`. Default true. */
  readonly console?: boolean;
}

/** Makes the routes and the observer of the charts. */
export function consoleRoutes({ models, options }: ServiceContext): Feature | undefined {
  if (options.console === false) return undefined;
  const feed = new Feed();
  // Both are the same page; which part it shows first, it tells by its address.
  const page: Pick<Route, 'method' | 'access' | 'operation' | 'handle'> = {
    method: 'GET',
    access: 'public',
    operation: 'hidden',
    handle: (request) => sendAsset(request, 'index.html'),
  };
  const routes: Route[] = [
    { ...page, path: '/console', summary: 'The console, a page for people.' },
    { ...page, path: '/docs', summary: 'The documentation of the API, a page for people.' },
    {
      ...page,
      path: '/console/:file',
      summary: 'Files of the console.',
      handle: (request) => sendAsset(request, request.params.file!),
    },
    {
      method: 'GET',
      path: '/console/feed',
      access: 'predict',
      summary: 'Rates, latencies and queues of the last five minutes, second by second.',
      operation: {
        query: {
          since: { type: 'integer', description: 'Only seconds that began later; in seconds since 1970.' },
        },
        response: object({ id: COUNT, seconds: arrayOf(SECOND) }),
      },
      handle: ({ query }) => {
        const since = Number(query.get('since') ?? 0);
        if (!Number.isFinite(since)) {
          throw new RequestError(400, 'ERR_REQUEST', "The parameter 'since' is a number.", {
            field: 'since',
          });
        }
        return { id: feed.id, seconds: feed.since(since) };
      },
    },
    {
      method: 'GET',
      path: '/console/models/:name/:version',
      access: 'predict',
      summary: "A version's columns, target, metadata and plan.",
      operation: { response: ref('ModelInfo') },
      handle: ({ params: { name, version } }) => models.get({ name, version }).endpoint.info,
    },
  ];
  return { routes, observer: feed, close: () => feed.close() };
}
