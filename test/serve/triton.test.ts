/**
 * Triton's clients work unchanged: what they sent once (fixtures/triton-client.py recorded it) gets the same answers
 * today. Where BOREAL_TRITON_PYTHON names a Python with tritonclient, the clients themselves run, too, and with
 * BOREAL_TRITON_RECORD=1 renew the recording.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, inflateSync } from 'node:zlib';
import { Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { v2Models } from './v2/models.js';

interface HttpRecord {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly body: string;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly response: string;
}

interface GrpcRecord {
  readonly method: string;
  readonly request: string;
  readonly code: number;
  readonly response: string;
}

const FIXTURE = 'test/serve/fixtures/triton-requests.json';
const { BOREAL_TRITON_PYTHON: python, BOREAL_TRITON_RECORD: renew } = process.env;

let server: BorealServer;
beforeAll(async () => {
  server = await serve(await v2Models(), { port: 0, handleSignals: false, grpc: { port: 0 } });
});
afterAll(() => server.close());

const how = python === undefined ? ' (skipped: BOREAL_TRITON_PYTHON names no Python with tritonclient)' : '';
it.skipIf(python === undefined)(
  `the clients themselves understand the server${how}`,
  { timeout: 120_000 },
  async () => {
    const output = renew ? FIXTURE : join(await mkdtemp(join(tmpdir(), 'triton-')), 'requests.json');
    const script = 'test/serve/fixtures/triton-client.py';
    // Not the server of the tests below: what they compare depends on what it was asked before.
    const own = await serve(await v2Models(), { port: 0, handleSignals: false, grpc: { port: 0 } });
    const ports = [String(own.port), String(own.grpcPort)];
    const { stdout } = await promisify(execFile)(python!, [script, ...ports, output]);
    expect(stdout).toMatch(/^\d+ requests, \d+ calls/);
    await own.close();
  },
);

const { http, grpc } = JSON.parse(await readFile(FIXTURE, 'utf8')) as {
  http: HttpRecord[];
  grpc: GrpcRecord[];
};

it(`answers the ${http.length} requests that the HTTP client sent`, async () => {
  for (const record of http) {
    const answer = await exchange(record);
    const what = `${record.method} ${record.path}`;
    expect([what, answer.status]).toEqual([what, record.status]);
    expectSame(answer.body, answer.headers, record);
  }
});

it(`answers the ${grpc.length} calls that the gRPC client sent`, async () => {
  const definition = loadSync('lib/serve/grpc/inference.proto', {
    keepCase: true,
    longs: Number,
    defaults: true,
  });
  loadPackageDefinition(definition);
  const service = definition['inference.GRPCInferenceService'] as unknown as Record<string, Method>;
  const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
  for (const { method, request, code, response } of grpc) {
    const { responseDeserialize } = service[method.split('/').at(-1)!];
    const [found, bytes] = await call(client, method, Buffer.from(request, 'base64'));
    expect([method, found]).toEqual([method, code]);
    if (code !== 0) continue;
    const [answer, expected] = [bytes!, Buffer.from(response, 'base64')].map((each) =>
      responseDeserialize(each),
    );
    if (method.endsWith('/ModelInfer')) expect(tensorsOf(answer)).toEqual(tensorsOf(expected));
    else expect(shapeOf(answer)).toEqual(shapeOf(expected));
  }
  client.close();
});

interface Method {
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

/** Of the members that are compared by value. */
interface Answer {
  readonly outputs?: ReadonlyArray<{
    name: string;
    datatype: string;
    shape: number[];
    data?: unknown[];
    parameters?: { binary_data_size?: number };
  }>;
  readonly raw_output_contents?: readonly Buffer[];
}

function call(client: Client, method: string, request: Buffer): Promise<[code: number, answer?: Buffer]> {
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(method, asIs, asIs, request, (error: ServiceError | null, answer?: Buffer) =>
      resolve(error === null ? [0, answer] : [error.code]),
    );
  });
}

/** Sends the bytes that the client sent, and reads one response. */
async function exchange({ method, path, headers, body }: HttpRecord) {
  const socket = connect(server.port, '127.0.0.1');
  const lines = headers.map(([name, value]) => `${name}: ${/^host$/i.test(name) ? '127.0.0.1' : value}`);
  // The last header is ours: the response ends with the connection.
  socket.write([`${method} ${path} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n'));
  socket.write(Buffer.from(body, 'base64'));
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  const response = Buffer.concat(parts);
  const end = response.indexOf('\r\n\r\n');
  const [status, ...fields] = response.subarray(0, end).toString('latin1').split('\r\n');
  const entries = fields.map((field) => [
    field.split(':')[0].toLowerCase(),
    field.slice(field.indexOf(':') + 2),
  ]);
  return {
    status: Number(status.split(' ')[1]),
    headers: Object.fromEntries(entries) as Record<string, string>,
    body: response.subarray(end + 4),
  };
}

/** Answers with tensors are the same; others have the same members. */
function expectSame(body: Buffer, headers: Readonly<Record<string, string>>, record: HttpRecord): void {
  expect(headers['content-encoding']).toBe(record.responseHeaders['content-encoding']);
  const [answer, expected] = [
    parse(body, headers),
    parse(Buffer.from(record.response, 'base64'), record.responseHeaders),
  ];
  if (expected.outputs !== undefined && expected.raw_output_contents !== undefined) {
    expect(tensorsOf(answer)).toEqual(tensorsOf(expected));
  } else expect(shapeOf(answer)).toEqual(shapeOf(expected));
}

function parse(body: Buffer, headers: Readonly<Record<string, string>>): Answer {
  const decode = { gzip: gunzipSync, deflate: inflateSync }[headers['content-encoding']];
  const bytes = decode?.(body) ?? body;
  const length = Number(headers['inference-header-content-length'] ?? bytes.length);
  const json = JSON.parse(bytes.subarray(0, length).toString());
  if (!Array.isArray(json.outputs) || json.model_name === undefined) return json;
  let at = length;
  const raw = (json as Required<Answer>).outputs.map(({ parameters }) => {
    at += parameters?.binary_data_size ?? 0;
    return bytes.subarray(at - (parameters?.binary_data_size ?? 0), at);
  });
  return { ...json, raw_output_contents: raw };
}

/** Names, types, shapes and values; of the floats, as many digits as instruction sets agree on. */
function tensorsOf({ outputs = [], raw_output_contents: raw = [] }: Answer): unknown {
  return outputs.map(({ name, datatype, shape, data }, i) => {
    const bytes = Buffer.from(raw[i]);
    const floats =
      bytes.length > 0
        ? Array.from(
            new Float64Array(new Uint8Array(bytes).buffer.slice(0, bytes.length - (bytes.length % 8))),
          )
        : data;
    const values =
      datatype === 'FP64'
        ? (floats as number[]).map((value) => value.toFixed(9))
        : (data ?? bytes.toString('hex'));
    return { name, datatype, shape, values };
  });
}

/** The names of the members at every level. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}
