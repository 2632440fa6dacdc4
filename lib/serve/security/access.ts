/**
 * Who may call what. Without keys the service is open to whoever reaches it, but for 'admin' routes, which then answer
 * this machine only. With keys, 'predict' routes take any key and 'admin' routes the key of an admin.
 */
import { promiseOf } from '../../core/listener.js';
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import type { Route, ServiceRequest } from '../http.js';
import { list, quote } from '../model/row-reader.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { whenDone } from '../when-done.js';
import { type ApiKey, KeyRing, type Principal } from './api-keys.js';
import { KeyFile } from './key-file.js';
import { hostnameOf, isLocal } from './local.js';
import { networkOf, type RateLimit, RateLimiter } from './rate-limit.js';

/** Who may call a service. */
export interface SecurityOptions {
  /** Keys that clients send as `x-api-key`, or as `Authorization: Bearer`. Default: none, the service is open. */
  readonly apiKeys?: ReadonlyArray<string | ApiKey>;
  /** A file of keys, one per line or a JSON list like `apiKeys`; read again when it changes. */
  readonly apiKeyFile?: string;
  /**
   * Tells who a request comes from, for other credentials than keys, such as a JWT. Nothing, or an exception, refuses
   * the request with 401. Asked when no key matches, before the body is read.
   */
  readonly authenticate?: (request: ServiceRequest) => Principal | undefined | Promise<Principal | undefined>;
  /** Without keys: 'admin' routes answer everybody, not only this machine. Default false. */
  readonly openAdmin?: boolean;
  /** Requests per key, or per address without one; a number is per minute. Public routes are free. Default: no limit. */
  readonly rateLimit?: RateLimit | number;
  /** Host names by which the service may be called, without ports; a guard against DNS rebinding. Default: any. */
  readonly allowedHosts?: readonly string[];
}

/** Makes the guard. @throws {ERR_PARAMETER} for malformed keys or limits */
export async function accessControl({ options, log, models, rates }: ServiceContext): Promise<Feature> {
  const { apiKeys, apiKeyFile, authenticate, openAdmin = false, rateLimit, allowedHosts } = options;
  const ring = apiKeys === undefined ? undefined : new KeyRing(apiKeys);
  const limiter =
    rateLimit === undefined
      ? undefined
      : new RateLimiter(typeof rateLimit === 'number' ? { max: rateLimit } : rateLimit, rates!);
  const hosts = allowedHosts && new Set(allowedHosts.map((host) => host.toLowerCase()));
  const file = apiKeyFile === undefined ? undefined : await KeyFile.open(apiKeyFile, log);
  const closed = ring !== undefined || file !== undefined || authenticate !== undefined;

  const identify = (request: ServiceRequest): Principal | undefined | Promise<Principal | undefined> => {
    const key = keyOf(request);
    const found = key === undefined ? undefined : (ring?.find(key) ?? file?.find(key));
    if (found !== undefined || authenticate === undefined) return found;
    try {
      const asked = authenticate(request);
      return promiseOf(asked)?.then(principalOf).catch(refused(request)) ?? principalOf(asked);
    } catch (error) {
      return refused(request)(error);
    }
  };
  const refused = (request: ServiceRequest) => (err: unknown) => {
    if (err instanceof RequestError) throw err;
    log.warn({ err, requestId: request.id }, 'A request could not be authenticated.');
    return undefined;
  };

  const modelOf = ({ params, query }: ServiceRequest, route: Guarded): string =>
    (route.model === 'query' ? query.get('model') : (params.name ?? params.model)) ?? models.names()[0];

  const decide = (request: ServiceRequest, route: Guarded, principal: Principal | undefined): void => {
    const { access } = route;
    limiter?.take(
      principal === undefined ? `address ${networkOf(request.remoteAddress ?? '')}` : `key ${principal.name}`,
      process.hrtime.bigint(),
    );
    if (!closed) {
      if (access === 'admin' && !openAdmin && !isLocal(request)) throw forbidden(ADMIN_IS_LOCAL);
      return;
    }
    if (principal === undefined) throw unauthorized(request);
    if (access === 'admin' && principal.admin !== true) throw forbidden('This key is not an admin.');
    if (route.model !== 'none') requireModel(principal, modelOf(request, route));
  };

  return {
    guard: (route) => {
      const { access } = route;
      const isFree = access === 'public' || (access === 'predict' && !closed && limiter === undefined);
      if (isFree && hosts === undefined) return undefined;
      return (request) => {
        if (hosts !== undefined && !hosts.has(hostnameOf(String(request.headers.host ?? ''))))
          throw WRONG_HOST();
        if (isFree) return undefined;
        return whenDone(identify(request), (principal) => decide(request, route, principal));
      };
    },
    identify,
    close: () => file?.close(),
  };
}

/** @throws {ERR_FORBIDDEN} as a {@link RequestError} when the principal, where there is one, may not use the model */
export function requireModel(principal: Principal | undefined, model: string): void {
  const { models } = principal ?? {};
  if (models === undefined || models.includes(model)) return;
  const others = models.length === 0 ? 'none' : list(models);
  throw forbidden(`This key may not use the model ${quote(model)}; it may use ${others}.`);
}

/** What a function of the caller's answered: who it is, or nobody. @throws {ERR_PARAMETER} for anything else, which must not let in */
function principalOf(answer: unknown): Principal | undefined {
  if (answer === undefined || answer === null) return undefined;
  if (typeof (answer as Principal).name === 'string') return answer as Principal;
  throw new ValidationError(
    'ERR_PARAMETER',
    `authenticate must give { name } or nothing; got ${show(answer)}.`,
  );
}

/** What the guard knows of a route. */
type Guarded = Pick<Route, 'access' | 'model'>;

const ADMIN_IS_LOCAL =
  "Without API keys this route answers requests from the server's own machine only; configure keys.";

const WRONG_HOST = () =>
  new RequestError(421, 'ERR_HOST', 'This server does not answer to the name in the Host header.');

/** The key that a request brings; x-api-key goes first. */
function keyOf({ headers }: ServiceRequest): string | undefined {
  const { 'x-api-key': key, authorization } = headers;
  if (typeof key === 'string') return key;
  return typeof authorization === 'string' ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
}

function unauthorized(request: ServiceRequest): RequestError {
  const given = request.headers['x-api-key'] ?? request.headers.authorization;
  const [message, detail] =
    given === undefined
      ? ['Send an API key, as the header x-api-key or as authorization: Bearer.', '']
      : ['The API key or token is not valid.', ', error="invalid_token"'];
  const headers = { 'www-authenticate': `Bearer realm="boreal"${detail}` };
  return new RequestError(401, 'ERR_UNAUTHORIZED', message, {}, headers);
}

function forbidden(message: string): RequestError {
  return new RequestError(403, 'ERR_FORBIDDEN', message);
}
