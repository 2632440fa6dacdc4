/**
 * What a route sees of HTTP, whatever framework carries it: a request with the bytes of its body, a reply, and the
 * description of the route itself. Adapters turn a framework's request into a {@link ServiceRequest}.
 */
import secureJson from 'secure-json-parse';
import { checkDepth } from './json-depth.js';
import type { Call } from './model/batcher.js';
import type { Selector } from './models/served-model.js';
import type { Operation } from './openapi/operation.js';
import { type ErrorBody, RequestError } from './request-error.js';

/** A request, as an adapter hands it over. */
export interface ServiceRequest {
  readonly method: string;
  /** The path below the prefix, without the query. */
  readonly path: string;
  /** Values of the path's parameters, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it came; no more bytes than the adapter's limit. */
  readonly body: Uint8Array;
  /** Names the request in logs and traces. */
  readonly id: string;
  /** Of the client's side of the connection, where the adapter knows it. */
  readonly remoteAddress?: string;
  /** Fires when the client has gone. Made on first use. */
  readonly signal: AbortSignal;
  /** Full name of the method, where gRPC carried the request. */
  readonly rpc?: string;
  /** Set by who traces the request. */
  ran?: Call['ran'];
}

/** A response that is not simply 200 with JSON. */
export class Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }

  /** A value as JSON. */
  static json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
    return Reply.text(JSON.stringify(value), status, headers);
  }

  /** A value that is JSON already. */
  static text(json: string, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
    return new Reply(status, json, { 'content-type': JSON_TYPE, ...headers });
  }

  /** An error in the shape that every route uses. */
  static error(status: number, body: ErrorBody, headers: Readonly<Record<string, string>> = {}): Reply {
    return Reply.json(body, status, headers);
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Who may call a route, when the service has API keys: 'public' anyone, 'predict' any key, 'admin' an admin's key. */
export type Access = 'public' | 'predict' | 'admin';

/** One route. `handle` returns a {@link Reply}, or any other value to be sent as JSON with status 200. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the prefix, with parameters as in '/predict/:version'. */
  readonly path: string;
  readonly access: Access;
  /**
   * Where a request names its model, for keys that may use some models only: in the path, as ':name' or ':model', or as
   * `?model=`; one that names none is for the first model. 'none': it is for no model, and any key will do. Default 'path'.
   */
  readonly model?: 'path' | 'query' | 'none';
  /** One line for the API's documentation. */
  readonly summary: string;
  /** More for the API's documentation; 'hidden' leaves the route out of it. */
  readonly operation?: Operation | 'hidden';
  /**
   * Whether a worker answers by itself what it needs no more than the models for. Default false: all requests of the
   * route are answered in the main thread.
   */
  readonly inWorker?: boolean;
  /** The model whose prediction a request asks for, where it asks for one. */
  readonly predicts?: (request: ServiceRequest) => Selector;
  readonly handle: (request: ServiceRequest) => unknown;
}

/** What a thread may tell another of a route. */
export type PlainRoute = Omit<Route, 'handle' | 'predicts'>;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as JSON. Keys that could reach a prototype are refused.
 *
 * @param maxDepth - see {@link parseJson}
 * @throws {ERR_MEDIA_TYPE | ERR_JSON} as a {@link RequestError}
 */
export function readJson(request: ServiceRequest, maxDepth?: number): unknown {
  if (!isJson(request.headers['content-type'])) {
    throw new RequestError(
      415,
      'ERR_MEDIA_TYPE',
      'Send JSON, with the header content-type: application/json.',
    );
  }
  return parseJson(request.body, { maxDepth });
}

/**
 * Bytes as JSON, whatever the content-type says.
 *
 * @param options - maxDepth: most lists and objects inside each other, default 64; python: take NaN and Infinity, which
 *   Python programs write, as null and 1e999
 * @throws {ERR_JSON} as a {@link RequestError}
 */
export function parseJson(
  body: Uint8Array,
  { maxDepth, python = false }: { readonly maxDepth?: number; readonly python?: boolean } = {},
): unknown {
  if (body.length === 0) throw new RequestError(400, 'ERR_JSON', 'The body is empty; send JSON.');
  checkDepth(body, maxDepth);
  try {
    const text = decoder.decode(body);
    try {
      return parseSafely(text);
    } catch (error) {
      if (!(python && /NaN|Infinity/.test(text))) throw error;
      return parseSafely(text.replace(TEXT_OR_NUMBER, withoutNaN));
    }
  } catch {
    const message = 'The body is not valid JSON, or has a forbidden key such as __proto__.';
    throw new RequestError(400, 'ERR_JSON', message);
  }
}

/** Only text that could spell a forbidden key, by its letters or by escapes, needs a look at every key. */
function parseSafely(text: string): unknown {
  return /\\|__proto__|constructor/.test(text) ? secureJson.parse(text) : JSON.parse(text);
}

/** A text (to its end or that of the body, so that no other match begins inside), or a number that JSON does not have. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*\\?(?:"|$)|NaN|-?Infinity/gs;

function withoutNaN(match: string): string {
  if (match.startsWith('"')) return match;
  return match === 'NaN' ? 'null' : match.replace('Infinity', '1e999');
}

function isJson(type: string | string[] | undefined): boolean {
  if (type === 'application/json') return true;
  return typeof type === 'string' && /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);
}
