/** The routes inside somebody else's server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import {
  borealPlugin,
  createFetchHandler,
  expressMiddleware,
  honoHandler,
  koaMiddleware,
  toNodeHandler,
} from '../../lib/serve/index.js';
import { post } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([[1], [2], [3]], [2, 4, 6]);
});

describe('borealPlugin in an existing Fastify app', () => {
  /** A host with ways of its own. */
  function host() {
    const app = Fastify();
    app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ host: error.message }));
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ host: 'not here' }));
    app.get('/', async () => 'home');
    app.get('/fails', async () => {
      throw new Error('by the host');
    });
    app.post('/echo', async (request) => ({ body: request.body }));
    return app;
  }

  it('leaves the host its routes, errors, 404 and content types', async () => {
    const app = host();
    app.register(borealPlugin, { model, prefix: '/ml' });
    const prediction = await app.inject({ method: 'POST', url: '/ml/predict', payload: [4] });
    expect(prediction.statusCode).toBe(200);
    expect(prediction.json().prediction).toBeCloseTo(8, 9);

    expect((await app.inject('/')).body).toBe('home');
    const failed = await app.inject('/fails');
    expect([failed.statusCode, failed.json()]).toEqual([418, { host: 'by the host' }]);
    const missing = await app.inject('/nothing');
    expect([missing.statusCode, missing.json()]).toEqual([404, { host: 'not here' }]);
    const text = await app.inject({
      method: 'POST',
      url: '/echo',
      headers: { 'content-type': 'text/plain' },
      payload: 'hello',
    });
    expect(text.json()).toEqual({ body: 'hello' });
    const malformed = await app.inject({
      method: 'POST',
      url: '/echo',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect(malformed.statusCode).toBe(418);

    for (const [request, code] of [
      [{ url: '/ml/nothing' }, 'ERR_ROUTE'],
      [{ url: '/ml/predict' }, 'ERR_METHOD'],
      [{ method: 'POST', url: '/ml/predict', payload: ['x'] }, 'ERR_REQUEST'],
      [
        { method: 'POST', url: '/ml/predict', headers: { 'content-type': 'text/plain' }, payload: 'x' },
        'ERR_MEDIA_TYPE',
      ],
      [
        { method: 'POST', url: '/ml/predict', headers: { 'content-type': 'application/json' }, payload: '{' },
        'ERR_JSON',
      ],
    ] as const) {
      expect((await app.inject(request)).json()).toMatchObject({ code, error: expect.any(String) });
    }
    await app.close();
  });

  it('works without a prefix beside a host that has a 404 of its own', async () => {
    const app = Fastify();
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ host: 'not here' }));
    app.register(borealPlugin, { model });
    expect((await app.inject('/health')).statusCode).toBe(200);
    expect((await app.inject('/nothing')).json()).toEqual({ host: 'not here' });
    await app.close();
  });

  it('serves several models, each below its prefix', async () => {
    const other = await new LinearRegression().fit([[1], [2]], [10, 20]);
    const app = Fastify();
    app.register(borealPlugin, { model, prefix: '/a' });
    app.register(borealPlugin, { model: other, prefix: '/b' });
    const predict = async (url: string) =>
      (await app.inject({ method: 'POST', url, payload: [3] })).json().prediction;
    expect(await predict('/a/predict')).toBeCloseTo(6, 9);
    expect(await predict('/b/predict')).toBeCloseTo(30, 9);
    await app.close();
  });

  it('runs the hooks of the host and hands their errors back to it', async () => {
    const app = host();
    app.addHook('onRequest', async (request) => {
      if (request.headers.authorization !== 'secret') throw new Error('who are you?');
    });
    app.register(borealPlugin, { model, prefix: '/ml' });
    const refused = await app.inject('/ml/health');
    expect([refused.statusCode, refused.json()]).toEqual([418, { host: 'who are you?' }]);
    expect((await app.inject({ url: '/ml/health', headers: { authorization: 'secret' } })).statusCode).toBe(
      200,
    );
    await app.close();
  });

  it('has its own body limit and JSON parser', async () => {
    const app = Fastify({ bodyLimit: 10, onProtoPoisoning: 'ignore' });
    app.register(borealPlugin, { model, bodyLimit: 40 });
    const send = (payload: string) =>
      app.inject({
        method: 'POST',
        url: '/predict',
        headers: { 'content-type': 'application/json' },
        payload,
      });
    expect((await send('[                       4]')).statusCode).toBe(200);
    expect((await send(`[${' '.repeat(50)}4]`)).json()).toMatchObject({ code: 'ERR_BODY_TOO_LARGE' });
    expect((await send('{"__proto__": {"x0": 4}}')).json()).toMatchObject({ code: 'ERR_JSON' });
    await app.close();
  });

  it('tells when the app gets ready that a model is not fitted', async () => {
    const app = Fastify();
    app.register(borealPlugin, { model: new LinearRegression() });
    await expect(app.ready()).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
  });
});

describe('toNodeHandler in an existing node:http server', () => {
  let server: Server;
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function listen(listener: Parameters<typeof createServer>[1]): Promise<string> {
    server = createServer(listener as never);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('answers its own paths and passes on the others', async () => {
    const handler = toNodeHandler(model, { prefix: '/ml' });
    const url = await listen((req, res) => handler(req, res, () => res.end('host')));
    const { status, body } = await post(`${url}/ml/predict`, [4]);
    expect(status).toBe(200);
    expect(body.prediction).toBeCloseTo(8, 9);
    expect((await fetch(`${url}/ml?x=1`)).status).toBe(200);
    expect((await fetch(`${url}/ml/predict`)).status).toBe(405);
    for (const path of ['/', '/predict', '/ml/nothing'])
      expect(await (await fetch(url + path)).text()).toBe('host');
  });

  it('answers everything when there is no next', async () => {
    const url = await listen(toNodeHandler(model));
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const missing = await fetch(`${url}/nothing`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'ERR_ROUTE' }]);
    expect((await post(`${url}/predict`, ['x'])).body).toMatchObject({ code: 'ERR_REQUEST', field: 'x0' });
  });

  it('takes a body that a parser before it has read', async () => {
    const handler = toNodeHandler(model);
    const url = await listen(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      Object.assign(req, { body: JSON.parse(Buffer.concat(chunks).toString()) });
      handler(req, res);
    });
    const { status, body } = await post(`${url}/predict`, '[ 4 ]');
    expect(status).toBe(200);
    expect(body.prediction).toBeCloseTo(8, 9);
  });

  it('throws at once for a model that is not fitted', async () => {
    expect(() => toNodeHandler(new LinearRegression())).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_FITTED' }),
    );
    const misspelt = { apiKey: 'secret' } as never;
    for (const make of [toNodeHandler, expressMiddleware, koaMiddleware, honoHandler, createFetchHandler]) {
      expect(() => make(model, misspelt)).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));
      expect(() => make({} as never)).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));
    }
    const handler = toNodeHandler(model, { maxRows: -1 });
    const url = await listen(handler);
    expect((await fetch(`${url}/health`)).status).toBe(500);
    await expect(
      new Promise((_, reject) => handler({ url: '/health' } as never, {} as never, reject)),
    ).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });
});
