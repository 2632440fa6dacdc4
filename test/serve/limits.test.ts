/** Limits of a server, its headers for web pages, and what it says of its own defects. */
import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { post, RawClient } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([[1], [2], [3]], [2, 4, 6]);
});

const servers: BorealServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: ServeOptions = {}): Promise<BorealServer> {
  const server = await serve(model, { port: 0, handleSignals: false, ...options });
  servers.push(server);
  return server;
}

const preflight = (url: string, origin: string) =>
  fetch(`${url}/predict`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key',
    },
  });

describe('cors', () => {
  it('is off unless it is asked for', async () => {
    const { url } = await start();
    expect((await preflight(url, 'https://shop.example')).status).toBe(405);
    const response = await fetch(`${url}/health`, { headers: { origin: 'https://shop.example' } });
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('lets the pages of some origins in, without a key for the preflight', async () => {
    const { url } = await start({ cors: ['https://shop.example'], apiKeys: ['right'] });
    const allowed = await preflight(url, 'https://shop.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type,x-api-key');
    expect(allowed.headers.get('access-control-allow-methods')).toMatch('POST');
    const refused = await preflight(url, 'https://evil.example');
    expect(refused.headers.has('access-control-allow-origin')).toBe(false);
    // The page may read why it was refused.
    const { status, headers } = await post(`${url}/predict`, [4], { origin: 'https://shop.example' });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, 'https://shop.example']);
    // And what POST /feedback will be asked for.
    const exposed = headers.get('access-control-expose-headers')!.split(', ');
    expect(exposed).toEqual(expect.arrayContaining(['retry-after', 'x-boreal-prediction-id', 'location']));
  });

  it('takes patterns, and says what pages may send and read', async () => {
    const cors = {
      origin: [/^https:\/\/\w+\.shop\.example$/, 'https://shop.example'],
      allowedHeaders: ['content-type'],
      exposedHeaders: ['x-boreal-model'],
      credentials: true,
      maxAge: 5,
    };
    const { url } = await start({ cors });
    const { status, headers } = await preflight(url, 'https://a.shop.example');
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      'access-control-allow-origin': 'https://a.shop.example',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '5',
      vary: 'Origin',
    });
    const answer = await post(`${url}/predict`, [4], { origin: 'https://shop.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('access-control-expose-headers')).toBe('x-boreal-model');
    for (const origin of ['https://shop.example.evil', 'https://a.b.shop.example', 'null']) {
      const refused = await post(`${url}/predict`, [4], { origin });
      expect(refused.headers.has('access-control-allow-origin')).toBe(false);
    }
    await expect(start({ cors: { credentials: true } })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  it('leaves caches what else an answer varies with', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => [i]);
    const { url } = await start({ cors: 'https://shop.example' });
    const { headers } = await post(`${url}/predict_batch`, rows, { origin: 'https://shop.example' });
    expect(headers.get('vary')).toBe('accept-encoding, Origin');
  });

  it('lets all in with true', async () => {
    const { url } = await start({ cors: true });
    const { headers } = await post(`${url}/predict`, [4], { origin: 'https://any.example' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe("helmet's headers", () => {
  it('are on what a browser can open', async () => {
    const { url } = await start();
    for (const path of ['/', '/health', '/nothing']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
      expect(headers.get('content-security-policy')).toMatch("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBeTruthy();
      expect(headers.has('x-powered-by')).toBe(false);
      expect(headers.has('strict-transport-security')).toBe(false);
    }
    const { headers } = await post(`${url}/predict`, [4]);
    expect([headers.get('x-content-type-options'), headers.has('content-security-policy')]).toEqual([
      'nosniff',
      false,
    ]);
  });

  it('can be changed or left out', async () => {
    const own = await start({
      helmet: { contentSecurityPolicy: false, strictTransportSecurity: { maxAge: 60 } },
    });
    const { headers } = await fetch(own.url);
    expect(headers.has('content-security-policy')).toBe(false);
    expect(headers.get('strict-transport-security')).toMatch('max-age=60');
    const none = await start({ helmet: false });
    expect((await fetch(none.url)).headers.has('x-frame-options')).toBe(false);
  });
});

describe('connections', () => {
  it('are limited in number', async () => {
    const server = await start({ maxConnections: 2 });
    const first = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
    await Promise.all(first.map((socket) => once(socket, 'connect')));
    const third = connect(server.port, '127.0.0.1');
    third.on('error', () => undefined);
    await once(third, 'close');
    for (const socket of first) socket.destroy();
  });

  it('are closed when they stay idle', async () => {
    const server = await start({ keepAliveTimeout: 50 });
    const client = new RawClient(server.port);
    client.send('GET /health HTTP/1.1\r\nHost: test\r\n\r\n');
    expect(await client.closed).toMatch('200 OK');
  });

  it('carry headers up to the limit', async () => {
    const { url } = await start({ maxHeaderSize: 40_000 });
    expect((await fetch(`${url}/health`, { headers: { 'x-a': 'a'.repeat(30_000) } })).status).toBe(200);
    expect((await fetch(`${url}/health`, { headers: { 'x-a': 'a'.repeat(50_000) } })).status).toBe(431);
  });

  it.each(['headersTimeout', 'requestTimeout', 'keepAliveTimeout', 'maxHeaderSize', 'maxConnections'])(
    'need a %s >= 1',
    async (name) => {
      for (const value of [0, -1, 1.5, Number.NaN, '5'])
        await expect(start({ [name]: value })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    },
  );
});

describe('trustProxy', () => {
  it('says whose X-Forwarded-For counts', async () => {
    const seen: unknown[] = [];
    const authenticate: ServeOptions['authenticate'] = ({ remoteAddress }) => {
      seen.push(remoteAddress);
      return { name: 'anyone' };
    };
    const forwarded = { 'x-forwarded-for': '203.0.113.7' };
    for (const trustProxy of [undefined, '127.0.0.1', '10.0.0.0/8'])
      await post(`${(await start({ trustProxy, authenticate })).url}/predict`, [4], forwarded);
    expect(seen).toEqual(['127.0.0.1', '203.0.113.7', '127.0.0.1']);
  });
});

describe('a defect inside', () => {
  it('is told to the log, and to the client only that there was one', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const metadata = {
      toJSON() {
        throw new Error(`ENOENT: no such file, open '/srv/secret/model'`);
      },
    };
    const { url } = await start({ logger, metadata });
    const response = await fetch(`${url}/model_info`);
    const text = await response.text();
    expect([response.status, JSON.parse(text).code]).toEqual([500, 'ERR_INTERNAL']);
    expect(text).not.toMatch(/ENOENT|secret|\.ts|\.js|\bat\b.*:\d/);
    expect(lines.join()).toMatch('/srv/secret/model');
    expect((await post(`${url}/predict`, [4])).status).toBe(200);
  });
});
