/** Compressed bodies: what is taken, what is limited, and what is sent back. */

import { request } from 'node:http';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';

let server: BorealServer;

beforeAll(async () => {
  const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
  server = await serve(model, { port: 0, handleSignals: false, bodyLimit: 200_000 });
});
afterAll(() => server.close());

/** As node:http sends it and gets it: fetch would decompress. */
function send(body: Uint8Array, headers: Record<string, string>, path = '/predict_batch') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const sent = request(
        `${server.url}${path}`,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        async (response) => {
          const parts: Buffer[] = [];
          for await (const part of response) parts.push(part);
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

const rows = (count: number) => Buffer.from(JSON.stringify(Array.from({ length: count }, (_, x) => [x])));
const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

it.each([
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['identity', (bytes: Buffer) => bytes],
])('reads %s', async (name, encode) => {
  const { status, body } = await send(encode(rows(3)), { 'content-encoding': name });
  expect(status).toBe(200);
  expect(JSON.parse(body.toString()).predictions).toHaveLength(3);
});

it.each(Object.entries(encoders))('refuses what %s blows up beyond the limit', async (name, encode) => {
  const bomb = encode(Buffer.alloc(50_000_000, 32));
  expect(bomb.length).toBeLessThan(60_000);
  const { status, body } = await send(bomb, { 'content-encoding': name });
  expect([status, JSON.parse(body.toString()).code]).toEqual([413, 'ERR_BODY_TOO_LARGE']);
});

it.each([
  ['compress', 415],
  ['gzip, gzip', 415],
  ['__proto__', 415],
  ['gzip', 400],
  ['deflate', 400],
  ['br', 400],
])('refuses %s', async (name, expected) => {
  const { status, headers, body } = await send(rows(3), { 'content-encoding': name });
  expect([status, JSON.parse(body.toString()).code]).toEqual([expected, 'ERR_ENCODING']);
  expect(headers['accept-encoding']).toBe(expected === 415 ? 'gzip, deflate, br' : undefined);
});

it('refuses a body that is cut off', async () => {
  const { status } = await send(gzipSync(rows(300)).subarray(0, 200), { 'content-encoding': 'gzip' });
  expect(status).toBe(400);
});

it.each([
  ['gzip', 'gzip', gunzipSync],
  ['deflate', 'deflate', inflateSync],
  ['br', 'br', brotliDecompressSync],
  ['br, gzip;q=0.5', 'br', brotliDecompressSync],
  ['deflate, gzip', 'gzip', gunzipSync],
  ['*', 'gzip', gunzipSync],
  ['gzip;q=0, *;q=0.1', 'br', brotliDecompressSync],
] as const)('answers accept-encoding: %s in %s', async (accepted, name, decode) => {
  const { headers, body } = await send(rows(5000), { 'accept-encoding': accepted });
  expect(headers).toMatchObject({ 'content-encoding': name, vary: 'accept-encoding' });
  expect(Number(headers['content-length'])).toBe(body.length);
  expect(JSON.parse(decode(body).toString()).predictions).toHaveLength(5000);
});

it('leaves a large answer as it is where the client takes no compression, and a small one always', async () => {
  for (const accepted of ['identity', 'gzip;q=0', 'zstd', '']) {
    const { headers } = await send(rows(5000), { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('accept-encoding');
  }
  const small = await send(rows(5), { 'accept-encoding': 'gzip' });
  expect(small.headers['content-encoding']).toBeUndefined();
});

it('keeps the header length of binary tensors: it counts bytes before compression', async () => {
  const tensor = { name: 'x', datatype: 'FP64', shape: [5000], parameters: { binary_data_size: 40_000 } };
  const json = Buffer.from(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }));
  const values = Float64Array.from({ length: 5000 }, (_, i) => i);
  const sent = gzipSync(Buffer.concat([json, new Uint8Array(values.buffer)]));
  const { status, headers, body } = await send(
    sent,
    {
      'content-encoding': 'gzip',
      'accept-encoding': 'deflate',
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
    '/v2/models/LinearRegression/infer',
  );
  expect([status, headers['content-encoding']]).toEqual([200, 'deflate']);
  const plain = inflateSync(body);
  const head = JSON.parse(plain.subarray(0, Number(headers['inference-header-content-length'])).toString());
  expect(head.outputs[0].parameters.binary_data_size).toBe(40_000);
  expect(plain.length).toBe(Number(headers['inference-header-content-length']) + 40_000);
});
