/** Who may call what: keys, tokens, files of keys, this machine, rate limits. Over real sockets. */

import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import pino from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { KeyRing } from '../../lib/serve/security/api-keys.js';
import { networkOf, RateLimiter, rateMemory } from '../../lib/serve/security/rate-limit.js';
import { postHead, RawClient } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([[1], [2], [3]], [2, 4, 6]);
});

const servers: BorealServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(
  options: ServeOptions,
  models: Parameters<typeof serve>[0] = model,
): Promise<BorealServer> {
  const server = await serve(models, { port: 0, handleSignals: false, ...options });
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Record<string, unknown>;
}

/** Sends a request with node:http, which lets a test say what the Host is. */
function call(
  server: BorealServer,
  method: string,
  path: string,
  headers = {},
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(server.url + path, { method, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: JSON.parse(text) }),
      );
    });
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
const predict = (server: BorealServer, headers = {}, path = '/predict') =>
  call(server, 'POST', path, headers, [4]);
const reload = (server: BorealServer, headers = {}) => call(server, 'POST', '/model/reload', headers);
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');

describe('API keys', () => {
  const apiKeys = [
    'first-key',
    { key: 'the-admin', admin: true },
    { name: 'ci', sha256: sha256('hashed-key') },
  ];

  it('are taken as x-api-key and as a bearer token', async () => {
    const server = await start({ apiKeys });
    for (const key of ['first-key', 'the-admin', 'hashed-key']) {
      expect((await predict(server, { 'x-api-key': key })).status).toBe(200);
      expect((await predict(server, { authorization: `Bearer ${key}` })).status).toBe(200);
      expect((await predict(server, { authorization: `bearer  ${key}` })).status).toBe(200);
    }
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'first-kez' }],
    ['an empty key', { 'x-api-key': '' }],
    ['the hash of a key', { 'x-api-key': sha256('hashed-key') }],
    ['a longer key', { 'x-api-key': 'first-key1' }],
    ['another scheme', { authorization: 'Basic first-key' }],
    ['two keys at once', { 'x-api-key': ['first-key', 'first-key'] }],
    ['a wrong key beside a right token', { 'x-api-key': 'x', authorization: 'Bearer first-key' }],
    ['a long key', { 'x-api-key': 'x'.repeat(10_000) }],
  ])('refuse %s with 401', async (_name, headers) => {
    const server = await start({ apiKeys });
    const { status, headers: sent, body } = await predict(server, headers);
    expect([status, body.code]).toEqual([401, 'ERR_UNAUTHORIZED']);
    expect(sent['www-authenticate']).toMatch(/^Bearer realm="boreal"/);
    expect(JSON.stringify(body)).not.toMatch(/first-ke|hashed|xxx/);
  });

  it('leave public routes open and admin routes to admins', async () => {
    const server = await start({ apiKeys });
    expect((await call(server, 'GET', '/health')).status).toBe(200);
    expect((await call(server, 'GET', '/health', { 'x-api-key': 'wrong' })).status).toBe(200);
    expect((await call(server, 'GET', '/model_info')).status).toBe(401);
    expect((await reload(server)).status).toBe(401);
    const refused = await reload(server, { 'x-api-key': 'first-key' });
    expect([refused.status, refused.body.code]).toEqual([403, 'ERR_FORBIDDEN']);
    expect([401, 403]).not.toContain((await reload(server, { 'x-api-key': 'the-admin' })).status);
  });

  it('may be for some models only', async () => {
    const other = await new LinearRegression().fit([[1], [2]], [10, 20]);
    const server = await start(
      { apiKeys: [{ key: 'for-b', models: ['b'] }, 'for-all'] },
      { a: model, b: other },
    );
    const status = async (path: string, key: string) =>
      (await predict(server, { 'x-api-key': key }, path)).status;
    expect(await status('/models/b/predict', 'for-b')).toBe(200);
    expect(await status('/models/a/predict', 'for-b')).toBe(403);
    expect(await status('/predict', 'for-b')).toBe(403);
    expect(await status('/models/a/predict', 'for-all')).toBe(200);
    expect(await status('/predict', 'for-all')).toBe(200);
  });

  it('may tell what became of their own models only, and see that', async () => {
    const other = await new LinearRegression().fit([[1], [2]], [10, 20]);
    const apiKeys = [{ key: 'for-b', models: ['b'] }, 'for-all'];
    const server = await start({ apiKeys, feedback: {} }, { a: model, b: other });
    const tell = (body: object, key = 'for-b') =>
      call(server, 'POST', '/feedback', { 'x-api-key': key }, body);
    const told = { status: 200, body: { status: 'recorded', model: 'b' } };
    expect(await tell({ model: 'b', version: '1', reward: true })).toMatchObject(told);
    const byB = await predict(server, { 'x-api-key': 'for-b' }, '/models/b/predict');
    expect(await tell({ id: byB.headers['x-boreal-prediction-id'], reward: true })).toMatchObject(told);
    const byAll = await predict(server, { 'x-api-key': 'for-all' }, '/models/a/predict');
    const id = byAll.headers['x-boreal-prediction-id'];
    const error = "This key may not use the model 'a'; it may use 'b'.";
    for (const body of [{ version: '1' }, { model: 'a', version: '1' }, { id }])
      expect(await tell({ ...body, reward: true })).toMatchObject({
        status: 403,
        body: { code: 'ERR_FORBIDDEN', error },
      });
    expect(await tell({ id, reward: true }, 'for-all')).toMatchObject({ status: 200, body: { model: 'a' } });
    const stats = async (key: string, query = '') => {
      const { status, body } = await call(server, 'GET', `/ab_stats${query}`, { 'x-api-key': key });
      return [status, (body.models as { model: string }[] | undefined)?.map((each) => each.model)];
    };
    expect(await stats('for-b')).toEqual([200, ['b']]);
    expect(await stats('for-b', '?model=b')).toEqual([200, ['b']]);
    expect(await stats('for-b', '?model=a')).toEqual([403, undefined]);
    expect(await stats('for-all')).toEqual([200, ['a', 'b']]);
  });

  it('are asked for before the body is read', async () => {
    const server = await start({ apiKeys });
    const client = new RawClient(server.port);
    client.send(postHead('/predict', 1_000_000).replace('Expect: 100-continue\r\n', ''));
    expect(await client.until('ERR_UNAUTHORIZED')).toMatch('401 Unauthorized');
    client.destroy();
  });

  it('never reach the log', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const authenticate = () => {
      throw new Error('no such token');
    };
    const server = await start({ apiKeys, authenticate, logger });
    await predict(server, { 'x-api-key': 'first-key' });
    await predict(server, { authorization: 'Bearer a-wrong-secret' });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toMatch(/first-key|a-wrong-secret/);
  });

  it.each([
    [[]],
    [['']],
    [['two words']],
    [['naïve']],
    [[{}]],
    [[{ key: 'a', sha256: sha256('a') }]],
    [[{ sha256: 'abc' }]],
    [[{ key: 'a', role: 'admin' }]],
    [[{ key: 'a', admin: 'yes' }]],
    [[{ key: 'a', models: 'b' }]],
    [[null]],
    ['text'],
  ])('are refused at the start when malformed: %j', async (bad) => {
    await expect(start({ apiKeys: bad as never })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  it('are kept as hashes only', () => {
    const inspected = JSON.stringify(new KeyRing(['plain-text-key']));
    expect(inspected).not.toMatch('plain-text-key');
    expect(() => new KeyRing([{ key: 'plain text' }])).toThrow(/^(?!.*plain text)/);
  });
});

describe('a file of keys', () => {
  async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'boreal-keys-'));
    try {
      await use(join(folder, 'keys'));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('holds lines or JSON, and is read again when it changes', async () => {
    await inFolder(async (path) => {
      let heard: ((message: string) => void) | undefined;
      const next = () =>
        new Promise<string>((resolve) => {
          heard = resolve;
        });
      const write = (line: string) => {
        if (line.includes('API keys')) heard?.(line);
      };
      const logger = pino({}, { write });
      // At once, as a mounted secret changes: nobody may read half of it.
      const replace = async (text: string) => {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      };
      await replace('# ours\nline-key\n\n  other-key  \n');
      const server = await start({ apiKeyFile: path, logger });
      const status = async (key: string) => (await predict(server, { 'x-api-key': key })).status;
      expect([await status('line-key'), await status('other-key'), await status('# ours')]).toEqual([
        200, 200, 401,
      ]);

      let message = next();
      await replace(JSON.stringify([{ key: 'json-key', admin: true }]));
      expect(await message).toMatch('read again');
      expect([await status('line-key'), await status('json-key')]).toEqual([401, 200]);
      expect([401, 403]).not.toContain((await reload(server, { 'x-api-key': 'json-key' })).status);

      message = next();
      await replace('[{ "key": "half-wri');
      expect(await message).toMatch('could not be read again');
      expect(await status('json-key')).toBe(200);
    });
  });

  it('must be there and hold a key', async () => {
    await inFolder(async (path) => {
      await expect(start({ apiKeyFile: path })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
      for (const text of ['', '# nothing\n', '[]', '[{', '[1]']) {
        await writeFile(path, text);
        await expect(start({ apiKeyFile: path })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
      }
    });
  });
});

describe('authenticate', () => {
  it.each(['sync', 'async'])('tells who sent a request, %s', async (how) => {
    const known = { 'Bearer jwt-1': { name: 'ann' }, 'Bearer jwt-2': { name: 'bob', admin: true } };
    const find = (authorization?: string) => {
      if (authorization === 'Bearer broken') throw new Error('the token is broken');
      return known[authorization as keyof typeof known];
    };
    const server = await start({
      apiKeys: ['a-key'],
      authenticate: ({ headers }) =>
        how === 'sync'
          ? find(headers.authorization as string)
          : Promise.resolve().then(() => find(headers.authorization as string)),
    });
    expect((await predict(server, { authorization: 'Bearer jwt-1' })).status).toBe(200);
    expect((await predict(server, { authorization: 'Bearer a-key' })).status).toBe(200);
    for (const authorization of ['Bearer jwt-3', 'Bearer broken']) {
      const { status, body } = await predict(server, { authorization });
      expect([status, body.code]).toEqual([401, 'ERR_UNAUTHORIZED']);
      expect(body.error).not.toMatch('broken');
    }
    expect((await predict(server)).status).toBe(401);
    expect((await reload(server, { authorization: 'Bearer jwt-1' })).status).toBe(403);
    expect([401, 403]).not.toContain((await reload(server, { authorization: 'Bearer jwt-2' })).status);
  });

  it.each([
    ['null', () => null],
    ['false', () => false],
    ['no name', async () => ({})],
    ['a promise of nothing, of another realm', runInNewContext('async () => undefined')],
  ])('lets nobody in for %s', async (_, authenticate) => {
    expect((await predict(await start({ authenticate: authenticate as never }))).status).toBe(401);
  });

  it('sees the path and the headers, not the body', async () => {
    const seen: unknown[] = [];
    const server = await start({
      authenticate: ({ method, path, body, remoteAddress }) => {
        seen.push([method, path, body.length, remoteAddress]);
        return { name: 'anyone' };
      },
    });
    expect((await predict(server)).status).toBe(200);
    expect(seen).toEqual([['POST', '/predict', 0, '127.0.0.1']]);
  });
});

describe('without keys', () => {
  it('predicts for everybody, and is administrated from this machine only', async () => {
    const server = await start({});
    expect((await predict(server, { host: 'models.example' })).status).toBe(200);
    const own = new URL(server.url).host;
    for (const headers of [
      {},
      { host: 'localhost:3000' },
      { origin: server.url },
      { 'sec-fetch-site': 'same-origin' },
    ])
      expect((await reload(server, headers)).status).not.toBe(403);
    for (const headers of [
      { host: 'rebound.example' },
      { host: '127.0.0.1.evil.example' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { host: own, origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { via: '1.1 proxy' },
    ]) {
      const { status, body } = await reload(server, headers);
      expect([headers, status, body.code]).toEqual([headers, 403, 'ERR_FORBIDDEN']);
    }
  });

  it('is administrated by everybody with openAdmin', async () => {
    const server = await start({ openAdmin: true });
    expect((await reload(server, { host: 'models.example', via: '1.1 proxy' })).status).not.toBe(403);
  });
});

describe('allowedHosts', () => {
  it('refuses other names with 421', async () => {
    const server = await start({ allowedHosts: ['models.example', '[::1]'] });
    for (const host of ['models.example', 'MODELS.example:3000', '[::1]:80'])
      expect((await call(server, 'GET', '/health', { host })).status).toBe(200);
    for (const host of ['evil.example', 'models.example.evil', '127.0.0.1', '[::2]']) {
      const { status, body } = await call(server, 'GET', '/health', { host });
      expect([status, body.code]).toEqual([421, 'ERR_HOST']);
    }
  });
});

describe('rate limits', () => {
  it('answer 429 with Retry-After, by key, and leave public routes alone', async () => {
    const server = await start({ apiKeys: ['one', 'two'], rateLimit: { max: 3, windowMs: 3_600_000 } });
    const statuses = async (headers: object, times: number) => {
      const answers = [];
      for (let i = 0; i < times; i++) answers.push(await predict(server, headers));
      return answers;
    };
    const answers = await statuses({ 'x-api-key': 'one' }, 4);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[3].body).toMatchObject({ code: 'ERR_RATE_LIMIT' });
    expect(Number(answers[3].headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(answers[3].headers['retry-after'])).toBeLessThanOrEqual(1200);
    expect((await predict(server, { 'x-api-key': 'two' })).status).toBe(200);
    // Guesses count by address, whatever key they try.
    const guesses = await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) => predict(server, { 'x-api-key': key })),
    );
    expect(guesses.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429]);
    expect((await call(server, 'GET', '/health')).status).toBe(200);
  });

  it('take a number per minute, and refuse nonsense', async () => {
    const server = await start({ rateLimit: 1 });
    expect([(await predict(server)).status, (await predict(server)).status]).toEqual([200, 429]);
    for (const rateLimit of [0, Number.NaN, { max: 1, windowMs: 0 }, { max: 1.5 }])
      await expect(start({ rateLimit })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  const passes = (limiter: RateLimiter, ms: number, client = 'c') => {
    try {
      limiter.take(client, BigInt(ms) * 1_000_000n);
      return true;
    } catch {
      return false;
    }
  };

  it('give the allowance back evenly', () => {
    const limiter = new RateLimiter({ max: 10, windowMs: 1000 }, rateMemory());
    expect(Array.from({ length: 11 }, () => passes(limiter, 0)).filter(Boolean)).toHaveLength(10);
    expect([99, 100, 101].map((ms) => passes(limiter, ms))).toEqual([false, true, false]);
    expect(Array.from({ length: 11 }, () => passes(limiter, 5000)).filter(Boolean)).toHaveLength(10);
    for (const max of [3, 7, 9973]) {
      const odd = new RateLimiter({ max, windowMs: 1000 }, rateMemory());
      expect(Array.from({ length: max + 1 }, () => passes(odd, 1)).filter(Boolean)).toHaveLength(max);
    }
  });

  it('count together where they share memory, client by client', () => {
    const memory = rateMemory();
    const [one, other] = [0, 1].map(() => new RateLimiter({ max: 4, windowMs: 1000 }, memory));
    const answers = [one, other, one, other, one, other].map((limiter) => passes(limiter, 10));
    expect(answers).toEqual([true, true, true, true, false, false]);
    expect([one, other].map((limiter) => passes(limiter, 10, 'd'))).toEqual([true, true]);
  });

  it('remember the latest of more clients than there is room for', () => {
    const limiter = new RateLimiter({ max: 1, windowMs: 1000 }, rateMemory());
    const clients = Array.from({ length: 200_000 }, (_, i) => `client ${i}`);
    expect(clients.every((client, i) => passes(limiter, i >> 8, client))).toBe(true);
    expect([800, 3000].map((ms) => passes(limiter, ms, 'client 199999'))).toEqual([false, true]);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8::1', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('count %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
