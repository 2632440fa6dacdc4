/** Requests and answers of `infer` as bodies: JSON, with the bytes of tensors behind it where the client asks for them. */
import { parseJson, Reply, type ServiceRequest } from '../http.js';
import { RequestError } from '../request-error.js';
import { bytesOf, tensorError } from './datatypes.js';
import type { InferAnswer } from './infer.js';
import type { OutputTensor } from './outputs.js';
import { type Tensor, type TensorHead, tensorOfBytes, tensorOfValues } from './tensor.js';

/** A request for an inference, whatever carried it. */
export interface InferRequest {
  readonly id?: string;
  readonly inputs: readonly Tensor[];
  /** Empty for the default output. */
  readonly outputs: readonly string[];
  /** Whether an output is wanted as bytes. */
  readonly isBinary: (output: string) => boolean;
  readonly limits: Limits;
}

/** What a client says of its patience. */
export interface Limits {
  /** Microseconds; absent for no limit. */
  readonly timeout?: number;
  /** 1 goes first, then 2, and so on; 0, the default, goes last. */
  readonly priority: number;
}

type Members = Readonly<Record<string, unknown>>;

/** The header that tells how many bytes of a body are JSON. */
export const HEADER_LENGTH = 'inference-header-content-length';

/** Reads a body. @throws {ERR_REQUEST | ERR_JSON | ERR_MEDIA_TYPE} as a {@link RequestError} */
export function readInfer(request: ServiceRequest, maxDepth?: number): InferRequest {
  checkType(request.headers['content-type']);
  const { json, binary } = split(request);
  const body = membersOf(parseJson(json, { maxDepth, python: true }), 'The body');
  const parameters = membersOf(body.parameters ?? {}, "'parameters'");
  const { id, inputs, outputs = [] } = body;
  if (id !== undefined && typeof id !== 'string') throw wrong("'id' is text.");
  const bytes = binary === undefined ? undefined : new Cursor(binary);
  const tensors = listOf(inputs, 'inputs').map((input) => readInput(input, bytes));
  bytes?.end();
  const requested = listOf(outputs, 'outputs').map(readOutput);
  const all = parameters.binary_data_output === true;
  return {
    id,
    inputs: tensors,
    outputs: requested.map(({ name }) => name),
    isBinary: (name) => requested.find((output) => output.name === name)?.binary ?? all,
    limits: readLimits(parameters),
  };
}

/** Checks the parameters that every carrier knows. @throws {ERR_REQUEST} as a {@link RequestError} */
export function readLimits({ timeout, priority = 0 }: Members): Limits {
  if (timeout !== undefined && !(Number.isSafeInteger(timeout) && (timeout as number) >= 0)) {
    throw wrong("'timeout' is a whole number of microseconds.");
  }
  if (!(Number.isSafeInteger(priority) && (priority as number) >= 0)) {
    throw wrong("'priority' is a whole number; 1 is the highest.");
  }
  // As in Triton, 0 is no limit.
  return {
    timeout: timeout === 0 ? undefined : (timeout as number | undefined),
    priority: priority as number,
  };
}

/** Writes an answer. */
export function writeInfer(
  { head, outputs: tensors, headers }: InferAnswer,
  isBinary: InferRequest['isBinary'],
): Reply {
  const parts: Uint8Array[] = [];
  const outputs = tensors.map(({ name, datatype, shape, values }) => {
    if (!isBinary(name)) return { name, datatype, shape, data: dataOf(datatype, values) };
    const bytes = bytesOf(datatype, values);
    parts.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.byteLength } };
  });
  if (parts.length === 0) return Reply.json({ ...head, outputs }, 200, headers);
  const json = Buffer.from(JSON.stringify({ ...head, outputs }));
  return new Reply(200, Buffer.concat([json, ...parts]), {
    ...headers,
    'content-type': 'application/octet-stream',
    [HEADER_LENGTH]: String(json.length),
  });
}

function dataOf(datatype: string, values: OutputTensor['values']): unknown[] {
  const data = Array.from<unknown>(values);
  return datatype === 'BOOL' ? data.map(Boolean) : data;
}

/** Triton's client names no type. */
function checkType(type: string | string[] | undefined): void {
  if (type === undefined || type === '') return;
  if (typeof type === 'string' && /^application\/(?:json|octet-stream)\s*(?:;|$)/i.test(type)) return;
  const message = 'Send application/json, or application/octet-stream with binary tensors.';
  throw new RequestError(415, 'ERR_MEDIA_TYPE', message);
}

function split({ headers, body }: ServiceRequest): { json: Uint8Array; binary?: Uint8Array } {
  const header = headers[HEADER_LENGTH];
  if (header === undefined) return { json: body };
  const length = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length > 0 && length <= body.byteLength)) {
    throw wrong('Inference-Header-Content-Length is the number of bytes of JSON that the body begins with.');
  }
  return { json: body.subarray(0, length), binary: body.subarray(length) };
}

/** Hands out the bytes behind the JSON, in turn. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(name: string, size: unknown): Uint8Array {
    const left = this.#bytes.byteLength - this.#at;
    if (!(Number.isSafeInteger(size) && (size as number) >= 0 && (size as number) <= left)) {
      throw tensorError(name, `binary_data_size is a number of bytes; ${left} are left in the body`);
    }
    this.#at += size as number;
    return this.#bytes.subarray(this.#at - (size as number), this.#at);
  }

  end(): void {
    const left = this.#bytes.byteLength - this.#at;
    if (left > 0) throw wrong(`The body has ${left} bytes that belong to no tensor.`);
  }
}

function readInput(input: unknown, bytes: Cursor | undefined): Tensor {
  const members = membersOf(input, 'An input');
  const head = members as TensorHead;
  const name = typeof head.name === 'string' ? head.name : '';
  const parameters = membersOf(members.parameters ?? {}, "'parameters'");
  if (parameters.shared_memory_region !== undefined) {
    throw tensorError(name, 'this server has no shared memory; send the data');
  }
  const size = parameters.binary_data_size;
  if (size === undefined) return tensorOfValues(head, members.data);
  if (members.data !== undefined) throw tensorError(name, 'it has both data and binary_data_size');
  if (bytes === undefined) {
    throw tensorError(name, 'binary data needs the header Inference-Header-Content-Length');
  }
  return tensorOfBytes(head, bytes.take(name, size));
}

function readOutput(output: unknown): { readonly name: string; readonly binary?: boolean } {
  const { name, parameters = {} } = membersOf(output, 'An output');
  if (typeof name !== 'string') throw wrong('An output has a name.');
  const { binary_data, shared_memory_region, classification } = membersOf(parameters, "'parameters'");
  if (shared_memory_region !== undefined) throw tensorError(name, 'this server has no shared memory');
  if (classification !== undefined && classification !== 0) {
    throw tensorError(name, 'this server has no classification extension; ask for predict_proba');
  }
  return { name, binary: typeof binary_data === 'boolean' ? binary_data : undefined };
}

function membersOf(value: unknown, what: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw wrong(`${what} is an object.`);
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`'${name}' is a list.`);
}

function wrong(message: string): RequestError {
  return new RequestError(400, 'ERR_REQUEST', message);
}
