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

/** See the head of this file. */
export class Router {
  readonly #routes = findMyWay({ ignoreTrailingSlash: false });
  readonly #prefix: string;
  readonly #allowed = findMyWay();

  constructor(routes: readonly Route[], prefix = '') {
    this.#prefix = prefix;
    const none = () => undefined;
    for (const route of routes) this.#routes.on(route.method, this.#url(route.path), none, route);
    for (const [path, methods] of methodsOf(routes)) this.#allowed.on('GET', this.#url(path), none, methods);
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
    if (found !== null) return { route: found.store as Route, params: found.params };
    const allowed = this.#allowed.find('GET', path);
    throw allowed === null ? noRoute(method, path) : wrongMethod(method, allowed.store as string[]);
  }

  #url(path: string): string {
    return path === '/' && this.#prefix !== '' ? this.#prefix : this.#prefix + path;
  }
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
