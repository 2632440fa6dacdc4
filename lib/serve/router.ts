/** Finds the route of a path, for adapters whose framework does not. */
import findMyWay from 'find-my-way';
import type { Route } from './http.js';
import { RequestError } from './request-error.js';
import { methodsOf, noRoute, wrongMethod } from './service.js';

/** A route and what its path's parameters are. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string | undefined>>;
}

const none = () => undefined;

/** As long as the names of models may be, percent-encoded. */
const MAX_PARAM_LENGTH = 300;
/** A path that is too long is found, too: with no route. */
const OPTIONS = { maxParamLength: MAX_PARAM_LENGTH, onMaxParamLength: none };

/** See the head of this file. */
export class Router {
  readonly #routes = findMyWay(OPTIONS);
  readonly #prefix: string;
  readonly #allowed = findMyWay(OPTIONS);

  constructor(routes: readonly Route[], prefix = '') {
    this.#prefix = prefix;
    for (const route of routes)
      for (const url of this.#urls(route.path)) this.#routes.on(route.method, url, none, route);
    for (const [path, methods] of methodsOf(routes))
      for (const url of this.#urls(path)) this.#allowed.on('GET', url, none, methods);
  }

  /** Whether a route has this path, with whatever method. @param path - without the query */
  has(path: string): boolean {
    return this.#allowed.find('GET', path) !== null;
  }

  /** @param path - without the query @throws {ERR_ROUTE | ERR_METHOD} when no route matches */
  find(method: string, path: string): Match {
    if (!isDecodable(path))
      throw new RequestError(400, 'ERR_REQUEST', 'The URL is not valid percent-encoding.');
    const found = this.#routes.find((method === 'HEAD' ? 'GET' : method) as 'GET', path);
    if (found !== null && found.store !== null) return { route: found.store as Route, params: found.params };
    const allowed = this.#allowed.find('GET', path);
    if (allowed === null) throw noRoute(method, path);
    if (allowed.store !== null) throw wrongMethod(method, allowed.store as string[]);
    throw new RequestError(414, 'ERR_REQUEST', 'A part of the URL is too long.');
  }

  /** As Fastify has them: the root below a prefix is there with its slash and without. */
  #urls(path: string): string[] {
    const url = this.#prefix + path;
    return path === '/' && this.#prefix !== '' ? [this.#prefix, url] : [url];
  }
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
