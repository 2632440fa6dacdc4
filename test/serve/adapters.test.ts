/** The same routes in every framework: each test runs in Express, Koa, Hono, Fastify, node:http and plain Fetch. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { serve as serveHono } from '@hono/node-server';
import express, { type ErrorRequestHandler } from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa, { type Context, type Next } from 'koa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import {
  borealPlugin,
  createFetchHandler,
  expressMiddleware,
  honoHandler,
  koaMiddleware,
  type SecurityOptions,
  toNodeHandler,
} from '../../lib/serve/index.js';
import { post, RawClient } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([[1], [2], [3]], [2, 4, 6]);
});

interface Options extends SecurityOptions {
  readonly prefix?: string;
  readonly bodyLimit?: number;
  readonly maxRows?: number;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<string> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Makes a host with a page of its own at '/own' and the model's routes; returns its URL. */
const hosts: Readonly<Record<string, (options: Options) => Promise<string>>> = {
  express: async (options) => {
    const middleware = expressMiddleware(model, options);
    closers.push(middleware.close);
    const app = express().use(middleware);
    app.get('/own', (_req, res) => void res.send('host'));
    const failed: ErrorRequestHandler = (error, _req, res, _next) => void res.status(418).send(error.code);
    app.use(failed);
    return listening(app.listen(0, '127.0.0.1'));
  },
  'express, after its body parser': async (options) => {
    const middleware = expressMiddleware(model, options);
    closers.push(middleware.close);
    const app = express().use(express.json({ limit: '1mb' }), middleware);
    app.get('/own', (_req, res) => void res.send('host'));
    const failed: ErrorRequestHandler = (error, _req, res, _next) =>
      void res.status(418).send(error.code ?? error.type);
    app.use(failed);
    return listening(app.listen(0, '127.0.0.1'));
  },
  koa: async (options) => {
    const middleware = koaMiddleware(model, options);
    closers.push(middleware.close);
    const app = new Koa().use(teapot).use(middleware).use(own);
    return listening(app.listen(0, '127.0.0.1'));
  },
  'koa, after a body parser': async (options) => {
    const middleware = koaMiddleware(model, options);
    closers.push(middleware.close);
    const parse = async (context: Context, next: Next) => {
      const chunks: Buffer[] = [];
      for await (const chunk of context.req) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      Object.assign(context.request, { rawBody: text });
      await next();
    };
    const app = new Koa().use(teapot).use(parse).use(middleware).use(own);
    return listening(app.listen(0, '127.0.0.1'));
  },
  hono: async (options) => {
    const middleware = honoHandler(model, options);
    closers.push(middleware.close);
    const app = new Hono().use(middleware);
    app.get('/own', (context) => context.text('host'));
    app.onError((error, context) => context.text((error as Error & { code: string }).code, 418));
    return listening(serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
  },
  fetch: async (options) => {
    const handler = createFetchHandler(model, options);
    closers.push(handler.close);
    const fetch = async (request: Request) => {
      try {
        return (await handler.has(request.url)) ? await handler(request) : own404(request);
      } catch (error) {
        return new Response((error as { code: string }).code, { status: 418 });
      }
    };
    return listening(serveHono({ fetch, port: 0, hostname: '127.0.0.1' }) as Server);
  },
  fastify: async ({ prefix, ...options }) => {
    const app = Fastify();
    app.get('/own', async () => 'host');
    app.register(borealPlugin, { model, prefix, ...options });
    closers.push(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
  'node:http': async (options) => {
    const handler = toNodeHandler(model, options);
    closers.push(handler.close);
    const server = createServer((req, res) =>
      handler(req, res, (error) => {
        res.statusCode = error === undefined ? (req.url === '/own' ? 200 : 404) : 418;
        res.end(error === undefined ? 'host' : (error as { code: string }).code);
      }),
    );
    return listening(server.listen(0, '127.0.0.1'));
  },
};

async function teapot(context: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    context.status = 418;
    context.body = (error as { code: string }).code;
  }
}

function own(context: Context): void {
  if (context.path === '/own') context.body = 'host';
}

function own404({ url }: Request): Response {
  return url.endsWith('/own') ? new Response('host') : new Response('none', { status: 404 });
}

describe.each(Object.keys(hosts))('in %s', (name) => {
  const parsed = name.includes('body parser');
  const start = (options: Options = {}) => hosts[name](options);

  it('answers below a prefix, and leaves other paths to the host', async () => {
    const url = await start({ prefix: '/ml' });
    const { status, headers, body } = await post(`${url}/ml/predict`, [4]);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body.prediction).toBeCloseTo(8, 9);
    expect((await post(`${url}/ml/predict_batch`, { rows: [[1], { x0: 2 }] })).body.predictions).toHaveLength(
      2,
    );
    expect((await (await fetch(`${url}/ml?x=1`)).json()) as object).toMatchObject({
      links: { predict: '/ml/predict' },
    });
    expect(await (await fetch(`${url}/own`)).text()).toBe('host');
    expect((await fetch(`${url}/predict`, { method: 'POST', body: '[4]' })).status).toBe(404);
    const head = await fetch(`${url}/ml/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('refuses what is wrong, in the same words', async () => {
    const url = await start({ bodyLimit: 1000, maxRows: 2 });
    const codeOf = async (path: string, body: string, headers = {}) => {
      const { status, body: sent } = await post(url + path, body, headers);
      return [status, sent.code];
    };
    expect(await codeOf('/predict', '["x"]')).toEqual([400, 'ERR_REQUEST']);
    expect(await codeOf('/predict_batch', '[[1],[2],[3]]')).toEqual([413, 'ERR_TOO_MANY_ROWS']);
    expect(await codeOf('/predict', `[${' '.repeat(2000)}"x"]`)).toEqual([413, 'ERR_BODY_TOO_LARGE']);
    expect(await codeOf('/models/none/predict', '[4]')).toEqual([404, 'ERR_MODEL']);
    const wrong = await fetch(`${url}/predict`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    if (parsed) return;
    expect(await codeOf('/predict', '{')).toEqual([400, 'ERR_JSON']);
    expect(await codeOf('/predict', '{"__proto__":{}}')).toEqual([400, 'ERR_JSON']);
    expect(await codeOf('/predict', '[4]', { 'content-type': 'text/plain' })).toEqual([
      415,
      'ERR_MEDIA_TYPE',
    ]);
  });

  it('cuts off a body in chunks that gets too large', async () => {
    if (parsed) return;
    const url = await start({ bodyLimit: 1000 });
    const client = new RawClient(Number(new URL(url).port));
    client.send(
      'POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    client.send(`800\r\n${' '.repeat(0x800)}\r\n`);
    expect(await client.until('ERR_BODY_TOO_LARGE')).toMatch('413');
    client.destroy();
    expect((await post(`${url}/predict`, [4])).status).toBe(200);
  });

  it('asks for a key', async () => {
    const url = await start({ apiKeys: ['right'], rateLimit: 100 });
    const refused = await post(`${url}/predict`, [4]);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="boreal"']);
    expect((await post(`${url}/predict`, [4], { 'x-api-key': 'right' })).status).toBe(200);
  });

  it('takes a compressed body', async () => {
    if (name.startsWith('koa, after')) return;
    const url = await start();
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync('[4]'),
    });
    expect(response.status).toBe(200);
  });

  it('hands a bad option to the host', async () => {
    if (name === 'fastify')
      return expect(start({ maxRows: 0 })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const url = await start({ maxRows: 0 });
    closers.splice(0, 1);
    const response = await fetch(`${url}/health`);
    return expect([response.status, await response.text()]).toEqual([418, 'ERR_PARAMETER']);
  });
});

describe('mounted below a path', () => {
  it('answers in Express', async () => {
    const middleware = expressMiddleware(model);
    closers.push(middleware.close);
    const app = express().use('/deep/ml', middleware);
    const url = await listening(app.listen(0, '127.0.0.1'));
    expect((await post(`${url}/deep/ml/predict`, [4])).status).toBe(200);
    expect((await fetch(`${url}/deep/ml`)).status).toBe(200);
    expect((await fetch(`${url}/deep/ml/none`)).status).toBe(404);
  });

  it('answers in Hono', async () => {
    const handler = createFetchHandler(model);
    closers.push(handler.close);
    const app = new Hono().mount('/deep/ml', handler);
    const answer = await app.request('/deep/ml/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[4]',
    });
    expect(answer.status).toBe(200);
  });
});

describe('a Fetch handler', () => {
  it('answers everything when it is asked directly', async () => {
    const handler = createFetchHandler(model);
    closers.push(handler.close);
    const code = async (path: string) =>
      ((await (await handler(new Request(`http://localhost${path}`))).json()) as { code: string }).code;
    expect(await code('/nothing')).toBe('ERR_ROUTE');
    expect(await code('/%zz')).toBe('ERR_REQUEST');
  });

  it('administrates for this machine only when it knows where a request comes from', async () => {
    const handler = createFetchHandler(model);
    closers.push(handler.close);
    const reload = async (remoteAddress?: string) =>
      (
        await handler(
          new Request('http://localhost/model/reload', { method: 'POST', headers: { host: 'localhost' } }),
          { remoteAddress },
        )
      ).status;
    expect(await reload()).toBe(403);
    expect(await reload('203.0.113.5')).toBe(403);
  });

  it('rejects when nobody waits any more', async () => {
    const handler = createFetchHandler(model);
    closers.push(handler.close);
    const controller = new AbortController();
    controller.abort();
    const request = new Request('http://localhost/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[4]',
      signal: controller.signal,
    });
    await expect(handler(request)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it.each([koaMiddleware, honoHandler, createFetchHandler, expressMiddleware])(
  '%o tells at once that a model is not fitted',
  (make) => {
    expect(() => make(new LinearRegression())).toThrow(expect.objectContaining({ code: 'ERR_NOT_FITTED' }));
  },
);
