/** What the main thread and its workers say to each other. */
import type { ErrorCode } from '../../errors.js';
import type { AppOptions } from '../adapters/app.js';
import type { LogOptions } from '../adapters/logging.js';
import type { PlainRoute, Reply, ServiceRequest } from '../http.js';
import type { SharedModel } from '../models/shared-source.js';
import { errorResponse, RequestError } from '../request-error.js';
import type { EventBatch } from './events.js';

/** What a worker starts with. */
export interface WorkerData {
  /** Of the listening socket; the worker closes it. */
  readonly fd: number;
  readonly options: AppOptions;
  /** How requests are logged; undefined where they are not. */
  readonly requestLog?: LogOptions;
  readonly routes: readonly PlainRoute[];
  readonly models: readonly SharedModel[];
  readonly isCentral: boolean;
  readonly rates: SharedArrayBuffer | undefined;
}

/** To a worker. */
export type ToWorker =
  | {
      readonly type: 'models';
      readonly models: readonly SharedModel[];
      readonly isCentral: boolean;
      readonly revision: number;
    }
  | ({ readonly type: 'reply'; readonly id: number } & Pick<Reply, 'status' | 'body' | 'headers'>)
  /** Stop listening, and say so. */
  | { readonly type: 'stop' }
  | { readonly type: 'close'; readonly timeout: number };

/** To the main thread. */
export type ToMain =
  | { readonly type: 'ready' }
  | { readonly type: 'stopped' }
  /** The models of this revision answer. */
  | { readonly type: 'updated'; readonly revision: number }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly route: number;
      readonly request: PlainRequest;
    }
  /** The client of a request has gone. */
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'events'; readonly events: EventBatch }
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    };

/** A request that was admitted, as it is posted. */
export interface PlainRequest
  extends Pick<ServiceRequest, 'method' | 'path' | 'params' | 'headers' | 'body' | 'id' | 'remoteAddress'> {
  readonly query: string;
}

/** An error as plain data; a clone would lose its code. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: ErrorCode;
  /** Of the answer to it, where clients are told of it. */
  readonly status?: number;
}

/** Makes a request fit for posting. Its body is plain, and the reply is to be plain, too: the worker encodes it. */
export function toPlainRequest(request: ServiceRequest): PlainRequest {
  const { method, path, params, id, remoteAddress, body, query } = request;
  const {
    'content-encoding': _encoded,
    'accept-encoding': _accepted,
    'content-length': _length,
    ...headers
  } = request.headers;
  return {
    method,
    path,
    params: { ...params },
    query: query.toString(),
    headers,
    body: Uint8Array.from(body),
    id,
    remoteAddress,
  };
}

/** Makes an error fit for posting; other values become the message of one. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, code } = error as Error & { code?: unknown };
  const known = errorResponse(error);
  const ours = known?.body.code ?? (typeof code === 'string' ? code : undefined);
  return { name, message, stack, code: ours as ErrorCode | undefined, status: known?.status };
}

/** The error again; one that clients are told of gets the same answer. */
export function fromPlainError({ message, status, code, ...rest }: PlainError): Error {
  if (status === undefined || code === undefined) return Object.assign(new Error(message), rest, { code });
  return Object.assign(new RequestError(status, code, message), rest);
}
