/**
 * A corpus of bad requests, each of which gets its one right answer, over raw sockets. Neither one of them nor all of
 * them over and over take the server down, or leave anything behind in it.
 */
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { json } from './bad-requests/json.js';
import { type BadRequest, http, LIMITS } from './bad-requests/request.js';
import { routes } from './bad-requests/routes.js';
import { rows } from './bad-requests/rows.js';
import { wire } from './bad-requests/wire.js';
import { house, post, priceModel } from './support.js';

const corpus: readonly BadRequest[] = [...json, ...rows, ...routes, ...wire];
const SLOW = { headersTimeout: 300, requestTimeout: 600 };

let server: BorealServer;
let slow: BorealServer;
beforeAll(async () => {
  const model = await priceModel();
  const options = { port: 0, handleSignals: false, ...LIMITS };
  server = await serve(model, options);
  slow = await serve(model, { ...options, ...SLOW });
});
afterAll(() => Promise.all([server.close(), slow.close()]));

/** Sends bytes and returns what comes back until the server closes. */
function exchange(bytes: string | Buffer, end = false, port = server.port): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
    socket.write(bytes);
    if (end) socket.end();
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly code: string };
  readonly text: string;
}

function parse(received: string): Answer {
  const [head, text = ''] = received.split(/\r\n\r\n(.*)/s);
  const [first, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(/: (.*)/)));
  return { status: Number(first.split(' ')[1]), headers, body: JSON.parse(text || 'null'), text };
}

function check({ name, status, code, headers = {} }: BadRequest, received: string): void {
  expect(received, name).toMatch(/^HTTP\/1\.1 4\d\d /);
  const answer = parse(received);
  expect({ name, status: answer.status, code: answer.body?.code }).toEqual({ name, status, code });
  expect(answer.body.error).toMatch(/\S/);
  expect(answer.body.error.length).toBeLessThan(2000);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(Number(answer.headers['content-length'])).toBe(answer.text.length);
  for (const [header, value] of Object.entries(headers))
    expect(answer.headers[header]).toBe(value.toLowerCase());
  // One request, one answer: nothing was smuggled.
  expect(received.split('HTTP/1.1 ')).toHaveLength(2);
  expect(received).not.toMatch(/node_modules|\.[jt]s:\d|\n\s+at |root:/);
}

async function isWell({ url }: BorealServer): Promise<void> {
  expect((await post(`${url}/predict`, house)).status).toBe(200);
}

it('has a corpus that is large, and has no case twice', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(200);
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
});

describe('a bad request', () => {
  it.each(corpus)('$name: $status $code', async (request) => {
    check(request, await exchange(request.bytes, request.end));
    await isWell(server);
  });
});

describe('a slow client', () => {
  const post10 =
    'POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n';
  it.each([
    ['sends nothing', ''],
    ['stops in the first line', 'POST /pre'],
    ['stops in the headers', 'POST /predict HTTP/1.1\r\nHost: test\r\nX-A: '],
    ['stops before the body', post10],
    ['stops in the body', `${post10}[4`],
    [
      'stops in a chunk',
      http('POST', '/predict', '10\r\n[4', { 'content-length': undefined, 'transfer-encoding': 'chunked' }),
    ],
    ['sends no second request', ''],
  ])('that %s is cut off with 408', async (_name, bytes) => {
    const received = await exchange(bytes, false, slow.port);
    check({ name: '', bytes, status: 408, code: 'ERR_REQUEST_TIMEOUT' }, received);
    await isWell(slow);
  });

  it('that sends byte after byte is cut off all the same', async () => {
    const socket = connect(slow.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST /predict HTTP/1.1\r\nHost: test\r\nX-A: ');
    const drip = setInterval(() => socket.write('a'), 20);
    await closed;
    clearInterval(drip);
    check({ name: 'drip', bytes: '', status: 408, code: 'ERR_REQUEST_TIMEOUT' }, received);
  });

  it('does not keep others from being answered', async () => {
    const crowd = Array.from({ length: 200 }, () =>
      exchange('POST /predict HTTP/1.1\r\nX: ', false, slow.port),
    );
    await isWell(slow);
    const answers = await Promise.all(crowd);
    for (const received of answers)
      check({ name: 'crowd', bytes: '', status: 408, code: 'ERR_REQUEST_TIMEOUT' }, received);
  });
});

describe('the corpus, again and again', () => {
  const collect = (() => {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  })();
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

  async function round(): Promise<number> {
    for (let i = 0; i < corpus.length; i += 20)
      await Promise.all(corpus.slice(i, i + 20).map(({ bytes, end }) => exchange(bytes, end)));
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  it('leaves no sockets and no memory behind', async () => {
    for (let i = 0; i < 3; i++) await round();
    const before = await round();
    for (let i = 0; i < 5; i++) await round();
    expect((await round()) - before).toBeLessThan(3e6);
    await isWell(server);
    const fetchesOwn = 4;
    await expect.poll(sockets).toBeLessThanOrEqual(fetchesOwn);
  });
});
