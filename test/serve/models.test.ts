/** The routes of models and versions, of models in memory, over real sockets. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { house, post, priceModel, verdictModel } from './support.js';

let server: BorealServer;
beforeAll(async () => {
  const models = { prices: await priceModel(), verdicts: await verdictModel() };
  server = await serve(models, { port: 0, handleSignals: false, metadata: { by: 'me' } });
});
afterAll(() => server.close());

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(server.url + path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

it('lists models and versions with their states', async () => {
  const { status, body } = await call('GET', '/models');
  expect(status).toBe(200);
  const ready = { version: '1', state: 'ready', aliases: [], production: true, metadata: { by: 'me' } };
  expect(body).toMatchObject({
    models: [
      { name: 'prices', versions: [ready] },
      { name: 'verdicts', versions: [ready] },
    ],
  });
  expect((await call('GET', '/models/verdicts')).body).toMatchObject({ name: 'verdicts', versions: [ready] });
  expect((await call('GET', '/model/version')).body).toMatchObject({ name: 'prices', ...ready });
  expect((await call('GET', '/model/version?model=verdicts')).body).toMatchObject({ name: 'verdicts' });
  expect((await call('GET', '/model_info')).body).toMatchObject({ name: 'prices', kind: 'regressor' });
  expect((await call('GET', '/model_info?model=verdicts&version=1')).body).toMatchObject({
    name: 'verdicts',
    kind: 'classifier',
  });
});

it('predicts with a model, a version, an alias', async () => {
  const { body: price } = await post(`${server.url}/predict`, house);
  const { body: verdict } = await post(`${server.url}/models/verdicts/predict`, house);
  expect(price.prediction).toEqual(expect.any(Number));
  expect(verdict.prediction).toEqual(expect.any(String));
  expect((await post(`${server.url}/predict?model=verdicts`, house)).body).toEqual(verdict);
  expect((await post(`${server.url}/predict?model=verdicts&version=1`, house)).body).toEqual(verdict);
  expect((await post(`${server.url}/predict_batch?model=verdicts`, [house])).body.predictions).toEqual([
    verdict.prediction,
  ]);
  expect((await post(`${server.url}/predict/1`, house)).body).toEqual(price);
  expect((await post(`${server.url}/models/verdicts/predict/1`, house)).body).toEqual(verdict);
  const { body: batch } = await post(`${server.url}/models/verdicts/predict_batch`, [house, house]);
  expect(batch.predictions).toEqual([verdict.prediction, verdict.prediction]);
  expect(await call('PUT', '/models/verdicts/aliases/champion', { version: '1' })).toEqual({
    status: 200,
    body: { name: 'verdicts', alias: 'champion', version: '1' },
  });
  expect((await post(`${server.url}/models/verdicts/predict/champion`, house)).body).toEqual(verdict);
  expect((await call('GET', '/models/verdicts')).body.versions[0].aliases).toEqual(['champion']);
  expect((await call('DELETE', '/models/verdicts/aliases/champion')).status).toBe(200);
  expect((await post(`${server.url}/models/verdicts/predict/champion`, house)).status).toBe(404);
});

it('reloads, and refuses what cannot be', async () => {
  const before = (await call('GET', '/models')).body.models[0].versions[0].loadedAt;
  const { status, body } = await call('POST', '/model/reload');
  expect([status, body.status]).toEqual([200, 'reloaded']);
  expect(body.models[0].versions[0].loadedAt >= before).toBe(true);
  expect((await call('POST', '/model/reload?model=none')).status).toBe(404);
  expect(await call('POST', '/models/prices/rollback')).toMatchObject({
    status: 409,
    body: { code: 'ERR_CONFLICT' },
  });
});

it.each([
  ['GET', '/models/none', undefined, 404, 'ERR_MODEL'],
  ['GET', '/model/version?model=none', undefined, 404, 'ERR_MODEL'],
  ['GET', '/model_info?model=none', undefined, 404, 'ERR_MODEL'],
  ['GET', '/model_info?version=2', undefined, 404, 'ERR_MODEL'],
  ['POST', '/predict?model=none', {}, 404, 'ERR_MODEL'],
  ['POST', '/predict_batch?version=9', [], 404, 'ERR_MODEL'],
  ['POST', '/predict/9', {}, 404, 'ERR_MODEL'],
  ['POST', '/predict/__proto__', {}, 404, 'ERR_MODEL'],
  ['POST', '/predict/..%2f..%2fetc', {}, 404, 'ERR_MODEL'],
  ['POST', `/predict/${'x'.repeat(90)}`, {}, 404, 'ERR_MODEL'],
  ['POST', '/models/none/predict', {}, 404, 'ERR_MODEL'],
  ['POST', '/models/prices/promote', {}, 400, 'ERR_REQUEST'],
  ['POST', '/models/prices/promote', null, 400, 'ERR_REQUEST'],
  ['POST', '/models/prices/promote', { version: ['1'] }, 400, 'ERR_REQUEST'],
  ['POST', '/models/prices/promote', { version: '2' }, 404, 'ERR_MODEL'],
  ['PUT', '/models/prices/aliases/a', { version: '2' }, 404, 'ERR_MODEL'],
  ['PUT', '/models/prices/aliases/..', { version: '1' }, 404, 'ERR_ROUTE'],
  ['PUT', '/models/prices/aliases/..%2f', { version: '1' }, 400, 'ERR_NAME'],
  ['PUT', '/models/prices/aliases/__proto__', { version: '1' }, 400, 'ERR_NAME'],
])('%s %s %j is answered with %i %s', async (method, path, body, status, code) => {
  expect(await call(method, path, body)).toMatchObject({ status, body: { code, error: expect.any(String) } });
});
