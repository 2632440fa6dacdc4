/** CORS: which web pages of other origins may call the service, told by headers as the Fetch standard says. */
import { ValidationError } from '../../errors.js';
import { Reply, type ServiceRequest } from '../http.js';

/** Options of CORS. */
export interface CorsOptions {
  /** The pages' origins: true for any, and for others 'https://shop.example', a pattern, or several of them. Default any. */
  readonly origin?: true | string | RegExp | ReadonlyArray<string | RegExp>;
  /** Default: all that the service knows. */
  readonly methods?: readonly string[];
  /** Headers that pages may send. Default: whatever they ask for. */
  readonly allowedHeaders?: readonly string[];
  /** Headers that pages may read. Default: those that the service sends. */
  readonly exposedHeaders?: readonly string[];
  /** Whether cookies come along; not for any origin. Default false. */
  readonly credentials?: boolean;
  /** Seconds for which a browser may keep the answer to a preflight. Default 600. */
  readonly maxAge?: number;
}

/** What a page needs to try again, to find a job's result, to tell what became of a prediction, and to read binary answers. */
const EXPOSED = [
  ...['retry-after', 'www-authenticate', 'location', 'x-request-id', 'inference-header-content-length'],
  ...['model', 'variant', 'prediction-id', 'rows', 'columns', 'dtype'].map((name) => `x-boreal-${name}`),
];

type Headers = Record<string, string>;

/** What answers say of the origins that may read them. */
export class Cors {
  readonly #origins: ReadonlyArray<string | RegExp> | undefined;
  readonly #always: Readonly<Headers>;
  readonly #preflight: Readonly<Headers>;
  readonly #allowedHeaders: string | undefined;

  /** @throws {ERR_PARAMETER} for credentials from any origin */
  constructor(allowed: true | string | readonly string[] | CorsOptions) {
    const options = optionsOf(allowed);
    const { origin = true, methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] } = options;
    const { exposedHeaders = EXPOSED, credentials = false, maxAge = 600 } = options;
    const origins = [origin].flat();
    const isAny = origins.some((each) => each === true || each === '*');
    if (isAny && credentials) {
      const message =
        "serve: option 'cors.credentials' needs a list of origins, or any page could use a visitor's cookies.";
      throw new ValidationError('ERR_PARAMETER', message);
    }
    this.#origins = isAny ? undefined : (origins as Array<string | RegExp>);
    this.#always = {
      ...(exposedHeaders.length > 0 && { 'access-control-expose-headers': exposedHeaders.join(', ') }),
      ...(credentials && { 'access-control-allow-credentials': 'true' }),
    };
    this.#preflight = {
      'access-control-allow-methods': methods.join(', '),
      'access-control-max-age': String(maxAge),
    };
    this.#allowedHeaders = options.allowedHeaders?.join(', ');
  }

  /** Of an answer; where it depends on the origin, caches hear so. */
  headers(origin: string | undefined): Headers {
    if (this.#origins === undefined) return { 'access-control-allow-origin': '*', ...this.#always };
    const allowed = origin !== undefined && this.#origins.some((each) => matches(each, origin));
    return { vary: 'Origin', ...(allowed && { 'access-control-allow-origin': origin }), ...this.#always };
  }

  /** The answer to a browser that asks before it sends; it brings no key. */
  preflight({ headers }: Pick<ServiceRequest, 'headers'>): Reply {
    const asked = headers['access-control-request-headers'];
    const allowed = this.#allowedHeaders ?? (asked === undefined ? undefined : String(asked));
    return new Reply(204, '', {
      ...this.#preflight,
      ...(this.#allowedHeaders === undefined && { vary: 'Access-Control-Request-Headers' }),
      ...(allowed !== undefined && { 'access-control-allow-headers': allowed }),
    });
  }
}

function optionsOf(allowed: true | string | readonly string[] | CorsOptions): CorsOptions {
  if (allowed === true) return {};
  return typeof allowed === 'string' || Array.isArray(allowed)
    ? { origin: allowed as string | readonly string[] }
    : (allowed as CorsOptions);
}

function matches(allowed: string | RegExp, origin: string): boolean {
  return typeof allowed === 'string' ? allowed === origin : origin.search(allowed) >= 0;
}
