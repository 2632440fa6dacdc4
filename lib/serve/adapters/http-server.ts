/**
 * The `node:http` server behind `serve`, with limits on what a connection may cost, and JSON answers where Node's own
 * would be empty or closed connections: requests that are not HTTP, that come too slowly, or that two servers in a row
 * could read differently (no Host or two of them, a length beside chunks). Node's strict parser finds the latter.
 */
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { show } from '../../core/params.js';
import { type ErrorCode, ValidationError } from '../../errors.js';

/** What a connection may cost. */
export interface HttpLimits {
  /** Milliseconds within which the headers of a request have to come, >= 1. Default 15000. */
  readonly headersTimeout?: number;
  /** Milliseconds within which a whole request has to come, >= 1. Default 60000. */
  readonly requestTimeout?: number;
  /** Milliseconds that a connection may stay idle after an answer, >= 1; longer than a proxy's. Default 72000. */
  readonly keepAliveTimeout?: number;
  /** Most bytes of the URL and the headers together, >= 1. Default 16384. */
  readonly maxHeaderSize?: number;
  /** Most connections at a time, >= 1; further ones are closed. Default: no limit. */
  readonly maxConnections?: number;
}

/** Makes the server. @throws {ERR_PARAMETER} for a bad limit */
export function createHttpServer(listener: RequestListener, limits: HttpLimits): Server {
  const requestTimeout = positive(limits, 'requestTimeout', 60_000);
  const headersTimeout = Math.min(positive(limits, 'headersTimeout', 15_000), requestTimeout);
  const server = createServer(
    {
      requestTimeout,
      headersTimeout,
      keepAliveTimeout: positive(limits, 'keepAliveTimeout', 72_000),
      maxHeaderSize: positive(limits, 'maxHeaderSize', 16_384),
      // Timeouts are kept to about a quarter.
      connectionsCheckingInterval: Math.ceil(Math.min(headersTimeout / 4, 5000)),
      insecureHTTPParser: false,
      // Node would answer without a body; `namesOneHost` sees to it.
      requireHostHeader: false,
    },
    (request, response) => {
      if (namesOneHost(request.rawHeaders, request.httpVersion)) listener(request, response);
      else answer(response, 400, 'A request has exactly one Host header.');
    },
  );
  if (limits.maxConnections !== undefined) {
    server.maxConnections = positive(limits, 'maxConnections', 1);
  }
  server.on('clientError', handleClientError);
  server.on('checkExpectation', (_request, response) => {
    answer(response, 417, 'This server knows no expectation but 100-continue.');
  });
  server.on('connect', (_request, socket) => {
    refuse(socket, 405, 'ERR_METHOD', 'This server is no proxy.', 'allow: GET, POST, PUT, DELETE\r\n');
  });
  return server;
}

/** Answers what is not a request, and closes its connection. */
function handleClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
  const { code } = error;
  if (code === 'ECONNRESET' || code === 'EPIPE') socket.destroy();
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    refuse(socket, 408, 'ERR_REQUEST_TIMEOUT', 'The request did not come in time.');
  } else if (code === 'HPE_HEADER_OVERFLOW') {
    refuse(socket, 431, 'ERR_HTTP', 'The URL and the headers are too large.');
  } else if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    refuse(socket, 413, 'ERR_HTTP', 'The extensions of a chunk are too large.');
  } else {
    refuse(socket, 400, 'ERR_HTTP', 'The request is not valid HTTP/1.1.');
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** How long a refused client may take to read why, in milliseconds. */
const LINGER_MS = 500;

/** Answers without a response object. What the client still sends is read, or a reset would overtake the answer. */
function refuse(socket: Duplex, status: number, code: ErrorCode, message: string, headers = ''): void {
  if (!socket.writable) return;
  // An answer that has begun cannot be taken back.
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: { readonly headersSent: boolean } };
  if (begun?.headersSent) {
    socket.destroy();
    return;
  }
  const body = bodyOf(code, message);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${JSON_TYPE}\r\n${headers}` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function answer(response: ServerResponse, status: number, message: string): void {
  const body = bodyOf('ERR_HTTP', message);
  const length = Buffer.byteLength(body);
  response
    .writeHead(status, { 'content-type': JSON_TYPE, 'content-length': length, connection: 'close' })
    .end(body);
}

function bodyOf(code: ErrorCode, error: string): string {
  return JSON.stringify({ error, code });
}

function namesOneHost(rawHeaders: readonly string[], httpVersion: string): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length === 4 && rawHeaders[i].toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

function positive(limits: HttpLimits, name: keyof HttpLimits, byDefault: number): number {
  const { [name]: value = byDefault } = limits;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new ValidationError(
    'ERR_PARAMETER',
    `serve: option '${name}' must be a whole number >= 1; got ${show(value)}.`,
  );
}
