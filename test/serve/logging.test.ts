/** What a server writes of its requests, and what it must not write. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { post } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
});

let server: BorealServer | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.close();
  server = undefined;
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(logger: ServeOptions['logger'], options: ServeOptions = {}) {
  server = await serve(model, { port: 0, handleSignals: false, name: 'doubles', logger, ...options });
  return server.url;
}

async function inFolder(logger: object, options: ServeOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'boreal-log-'));
  folders.push(folder);
  return { folder, url: await start({ file: join(folder, 'logs', 'requests.log'), ...logger }, options) };
}

/** The lines of requests in all files, once the server has closed. */
async function linesIn(folder: string) {
  await server!.close();
  const names = (await readdir(join(folder, 'logs'))).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, 'logs', name), 'utf8')));
  const lines = texts
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { names, text: texts.join(''), lines: lines.filter(({ msg }) => msg === 'request') };
}

it('writes a line per request: route, status, time, model; no body, query or key', async () => {
  const secret = 'a-key-that-nobody-may-read';
  const { folder, url } = await inFolder(
    { headers: ['x-api-key', 'authorization', 'user-agent'] },
    { apiKeys: [secret] },
  );
  const headers = { 'x-api-key': secret, 'user-agent': 'tests' };
  await post(`${url}/predict?token=${secret}`, { x: 123456789 }, headers);
  await post(`${url}/predict`, { x: 1 }, { authorization: `Bearer ${secret}x` });
  await fetch(`${url}/nowhere/${secret}`);
  const { lines, text } = await linesIn(folder);
  expect(lines.length).toBe(3);
  expect(lines[0]).toMatchObject({
    level: 30,
    method: 'POST',
    route: '/predict',
    status: 200,
    ms: expect.any(Number),
    model: 'doubles',
    version: '1',
    rows: 1,
    requestId: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-[\da-z]+$/),
    headers: { 'x-api-key': '[hidden]', 'user-agent': 'tests' },
  });
  expect(lines[1]).toMatchObject({ status: 401, headers: { authorization: '[hidden]' } });
  expect(lines[2]).toMatchObject({ status: 404 });
  expect(text).not.toContain(secret);
  expect(text).not.toContain('123456789');
});

it('says of every prediction which model has answered, and how many rows', async () => {
  const { folder, url } = await inFolder({});
  const tensor = { name: 'x', shape: [2], datatype: 'FP64', data: [1, 2] };
  await post(`${url}/predict`, { x: 1 });
  await post(`${url}/models/doubles/predict_batch`, [{ x: 1 }, { x: 2 }, { x: 3 }]);
  await fetch(`${url}/predict_batch?dtype=float64`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' },
    body: new Uint8Array(32),
  });
  await post(`${url}/v2/models/doubles/infer`, { inputs: [tensor] });
  await post(`${url}/invocations`, { instances: [[1], [2], [3], [4], [5]] });
  await fetch(`${url}/health`);
  const { lines } = await linesIn(folder);
  expect(lines.map(({ status, model, version, rows }) => [status, model, version, rows])).toEqual([
    ...[1, 3, 4, 2, 5].map((rows) => [200, 'doubles', '1', rows]),
    [200, undefined, undefined, undefined],
  ]);
});

it('samples what went well, and writes every error', async () => {
  const { folder, url } = await inFolder({ sample: 0 });
  for (let i = 0; i < 5; i++) await post(`${url}/predict`, { x: i });
  await post(`${url}/predict`, { y: 1 });
  expect((await linesIn(folder)).lines.map(({ status }) => status)).toEqual([400]);
});

it('begins a new file when one is full, and keeps as many as it is told', async () => {
  const { folder, url } = await inFolder({ rotate: { size: '1k', keep: 2 } });
  for (let i = 0; i < 40; i++) await post(`${url}/predict`, { x: i });
  const { names } = await linesIn(folder);
  expect(names.length).toBeGreaterThan(1);
  expect(names.length).toBeLessThanOrEqual(4);
  expect(names).not.toContain('requests.1.log');
});

it('takes a logger of your own', async () => {
  const lines: string[] = [];
  const url = await start(pino({ level: 'info' }, { write: (line: string) => lines.push(line) }));
  await post(`${url}/predict`, { x: 1 });
  await server!.close();
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ msg: 'request', route: '/predict', status: 200 }),
  );
});

describe('the id of a request', () => {
  it('is the one it came with when that is sane, and comes back', async () => {
    const url = await start(undefined);
    const idOf = async (id?: string) =>
      (await post(`${url}/predict`, { x: 1 }, id === undefined ? {} : { 'x-request-id': id })).headers.get(
        'x-request-id',
      );
    expect(await idOf('abc-1.2:3/4')).toBe('abc-1.2:3/4');
    for (const id of [undefined, 'has space', '"quoted"', 'x'.repeat(129), '{}'])
      expect(await idOf(id)).toMatch(/^[\da-f]{8}-[\da-f]{4}-[\da-z]+$/);
  });
});

it.each([
  { level: 'loud' },
  { sample: 2 },
  { sample: Number.NaN },
  { file: '' },
  { rotate: { size: '10' } },
  { rotate: { frequency: 'weekly' as never } },
  { rotate: { keep: 0 } },
])('refuses %j', async (logger) => {
  await expect(start(logger)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});
