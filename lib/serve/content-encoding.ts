/**
 * Compressed bodies, both ways, for every adapter alike. It lies below the adapters, not in one of their plugins, so that
 * the limit holds for the bytes after decompression, and a route sees plain bytes whatever framework carried them.
 */
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliDecompress,
  constants,
  deflate,
  gunzip,
  gzip,
  inflate,
  inflateRaw,
} from 'node:zlib';
import { Reply, type ServiceRequest } from './http.js';
import { RequestError } from './request-error.js';

type Transform = (bytes: Uint8Array, options: object) => Promise<Uint8Array>;

/** Some clients send deflate without zlib's two bytes before it. */
const inflateAny: Transform = (bytes, options) =>
  (bytes[0] & 15) === 8 ? promisify(inflate)(bytes, options) : promisify(inflateRaw)(bytes, options);

const DECODERS: ReadonlyMap<string, Transform> = new Map<string, Transform>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', inflateAny],
  ['br', promisify(brotliDecompress)],
]);

/** In the order in which we choose among those that a client likes alike. Fast rather than small. */
const ENCODERS: ReadonlyMap<string, (bytes: Uint8Array) => Promise<Uint8Array>> = new Map([
  ['gzip', (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 1 })],
  ['br', (bytes: Uint8Array) => promisify(brotliCompress)(bytes, BROTLI)],
  ['deflate', (bytes: Uint8Array) => promisify(deflate)(bytes, { level: 1 })],
]);

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } };

/** Below this many bytes a reply fits into few packets, and compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 8192;

const COMPRESSIBLE = /^(?:text\/|application\/(?:json|octet-stream|javascript)|image\/svg)/;

/**
 * A request with its body decompressed; the request itself when there is nothing to do.
 *
 * @param limit - most bytes of the decompressed body
 * @throws {ERR_ENCODING | ERR_BODY_TOO_LARGE} as a {@link RequestError}
 */
export function decodeRequest(
  request: ServiceRequest,
  limit: number,
): ServiceRequest | Promise<ServiceRequest> {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || request.body.length === 0) return request;
  const name = String(encoding).trim().toLowerCase();
  if (name === '' || name === 'identity') return request;
  const decode = DECODERS.get(name);
  if (decode === undefined) {
    const message = 'The body may be compressed by gzip, deflate or br, and by one of them only.';
    throw new RequestError(415, 'ERR_ENCODING', message, {}, { 'accept-encoding': 'gzip, deflate, br' });
  }
  return decode(request.body, { maxOutputLength: limit }).then(
    (body) => new DecodedRequest(request, body),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_BUFFER_TOO_LARGE') {
        throw new RequestError(413, 'ERR_BODY_TOO_LARGE', 'The body is too large once decompressed.');
      }
      throw new RequestError(400, 'ERR_ENCODING', `The body is not what ${name} makes.`);
    },
  );
}

/** A request with another body. */
class DecodedRequest implements ServiceRequest {
  readonly body: Uint8Array;
  readonly #request: ServiceRequest;

  constructor(request: ServiceRequest, body: Uint8Array) {
    this.#request = request;
    this.body = body;
  }

  get method() {
    return this.#request.method;
  }
  get path() {
    return this.#request.path;
  }
  get params() {
    return this.#request.params;
  }
  get query() {
    return this.#request.query;
  }
  get headers() {
    return this.#request.headers;
  }
  get id() {
    return this.#request.id;
  }
  get remoteAddress() {
    return this.#request.remoteAddress;
  }
  get signal() {
    return this.#request.signal;
  }
  get ran() {
    return this.#request.ran;
  }
}

/** A reply in an encoding that the client takes; the reply itself when there is nothing to do. */
export function encodeReply(request: ServiceRequest, reply: Reply): Reply | Promise<Reply> {
  const { body, headers, status } = reply;
  if (body.length < COMPRESS_FROM_BYTES || headers['content-encoding'] !== undefined) return reply;
  if (!COMPRESSIBLE.test(headers['content-type'] ?? '')) return reply;
  const vary = {
    ...headers,
    vary: headers.vary === undefined ? 'accept-encoding' : `${headers.vary}, accept-encoding`,
  };
  const name = acceptedEncoding(request.headers['accept-encoding']);
  if (name === undefined) return new Reply(status, body, vary);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return ENCODERS.get(name)!(bytes).then(
    (encoded) => new Reply(status, encoded, { ...vary, 'content-encoding': name }),
  );
}

/** The encoding that a client likes best, of those we have. */
function acceptedEncoding(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of String(header).toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((each) => each.trim());
    const weight = parameters.find((each) => each.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  let best: string | undefined;
  let most = 0;
  for (const name of ENCODERS.keys()) {
    const weight = weights.get(name) ?? weights.get('*') ?? 0;
    if (weight > most) [best, most] = [name, weight];
  }
  return best;
}
