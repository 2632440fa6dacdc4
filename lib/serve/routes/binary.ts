/** Batches as bytes, for bulk: what a request says of its body, and answers as bytes for who accepts them. */
import type { FloatArray } from '../../core/matrix.js';
import { Reply, type ServiceRequest } from '../http.js';
import { type Batch, type BinaryType, bytesOfNumbers } from '../model/batch.js';
import type { ModelEndpoint } from '../model/endpoint.js';
import { describe } from '../model/row-reader.js';
import { rowsHeader } from '../models/served-model.js';
import { RequestError } from '../request-error.js';

const TYPE = 'application/octet-stream';

/** Whether the body is binary rows. */
export function bringsBinary({ headers }: ServiceRequest): boolean {
  return mediaType(headers['content-type']) === TYPE;
}

/** Whether the client takes bytes. */
export function wantsBinary({ headers: { accept } }: ServiceRequest): boolean {
  if (typeof accept !== 'string' || !/octet-stream/i.test(accept)) return false;
  return accept.split(',').some((each) => mediaType(each) === TYPE && !/;\s*q=0(?:\.0*)?\s*$/i.test(each));
}

/**
 * The rows of a binary body. Its element type is said by `?dtype=` or `x-boreal-dtype`; the number of its columns may be,
 * by `?columns=` or `x-boreal-columns`, and is checked then.
 *
 * @throws {ERR_REQUEST} and as {@link ModelEndpoint.readBinary}
 */
export function readBinary(request: ServiceRequest, endpoint: ModelEndpoint): Batch {
  const dtype = told(request, 'dtype');
  if (dtype !== 'float32' && dtype !== 'float64') {
    const message = `Say the type of the numbers, float32 or float64, by ?dtype= or the header x-boreal-dtype; got ${describe(dtype)}.`;
    throw new RequestError(400, 'ERR_REQUEST', message, { field: 'dtype' });
  }
  const columns = told(request, 'columns');
  const { length } = endpoint.info.columns;
  if (columns !== undefined && columns !== String(length)) {
    const message = `The model takes ${length} columns; the request says ${describe(columns)}.`;
    throw new RequestError(400, 'ERR_REQUEST', message, { field: 'columns' });
  }
  return endpoint.readBinary(request.body, dtype satisfies BinaryType);
}

/** The result of the plan as it is: row by row, little-endian. Headers say its type and shape. */
export function binaryReply(
  { plan }: ModelEndpoint,
  rows: number,
  output: FloatArray,
  headers: Readonly<Record<string, string>>,
): Reply {
  return new Reply(200, bytesOfNumbers(output), {
    ...headers,
    'content-type': TYPE,
    'x-boreal-dtype': plan.precision,
    ...rowsHeader(rows),
    'x-boreal-columns': String(plan.outputWidth),
  });
}

function told({ query, headers }: ServiceRequest, name: string): string | undefined {
  const header = headers[`x-boreal-${name}`];
  const [first, ...others] = [...query.getAll(name), ...(header === undefined ? [] : [header].flat())];
  if (others.every((other) => other === first)) return first;
  throw new RequestError(400, 'ERR_REQUEST', `The request says two different things of ${name}.`, {
    field: name,
  });
}

function mediaType(value: string | string[] | undefined): string {
  return String(value ?? '')
    .split(';', 1)[0]
    .trim()
    .toLowerCase();
}
