/** POST /v2/models/:model/explain: the values of treeShap, for rows and for tensors. */
import { afterEach, expect, it } from 'vitest';
import { LogisticRegression, loadIris, RandomForestClassifier, treeShap } from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { house, houseAt, post, priceModel } from './support.js';

let server: BorealServer;
afterEach(() => server.close());

async function start(models: Parameters<typeof serve>[0], more: object = {}): Promise<void> {
  server = await serve(models, { port: 0, handleSignals: false, ...more });
}

const ask = (model: string, body: unknown, headers = {}) =>
  post(`${server.url}/v2/models/${model}/explain`, body, headers);

it('tells how much each feature moves the prediction of a row', async () => {
  const model = await priceModel();
  await start({ houses: model });
  const { values, baseValue, featureNames } = await treeShap(model, [house]);
  const { status, body, headers } = await ask('houses', house);
  expect(status).toBe(200);
  expect(headers.get('x-boreal-model')).toBe('houses/1');
  expect(body.base).toBe(baseValue[0]);
  expect(Object.keys(body.contributions)).toEqual(featureNames);
  expect(Object.values(body.contributions)).toEqual([...values[0].data]);
  const { body: answer } = await post(`${server.url}/predict`, house);
  const sum = Object.values<number>(body.contributions).reduce((total, value) => total + value, body.base);
  expect(sum).toBeCloseTo(answer.prediction, 6);
});

it('answers a batch by row, and a version of a model', async () => {
  await start({ houses: await priceModel() });
  const rows = [house, houseAt(1), houseAt(2)];
  const { body } = await ask('houses/versions/1', { rows });
  expect(body.contributions).toHaveLength(3);
  for (const [i, row] of rows.entries())
    expect(body.contributions[i]).toEqual((await ask('houses', row)).body.contributions);
});

it('explains the probability of each class', async () => {
  const { data, target } = loadIris();
  await start({
    iris: await new RandomForestClassifier({ nEstimators: 10, randomState: 1 }).fit(data, target),
  });
  const { body } = await ask('iris', [5.1, 3.5, 1.4, 0.2]);
  expect(Object.keys(body.base)).toEqual(['0', '1', '2']);
  const { body: answer } = await post(`${server.url}/predict`, [5.1, 3.5, 1.4, 0.2]);
  for (const [label, features] of Object.entries<Record<string, number>>(body.contributions)) {
    const sum = Object.values(features).reduce((total, value) => total + value, body.base[label]);
    expect(sum).toBeCloseTo(answer.probabilities[label], 9);
  }
});

it('takes and answers tensors, in JSON and binary', async () => {
  const { data, target } = loadIris();
  const model = await new RandomForestClassifier({ nEstimators: 10, randomState: 1 }).fit(data, target);
  await start({ iris: model });
  const rows = data.slice(49, 51);
  const { values, baseValue } = await treeShap(model, rows);
  const expected = Array.from({ length: 24 }, (_, i) => values[i % 3].data[Math.floor(i / 3)]);
  const input = { name: 'input', datatype: 'FP64', shape: [2, 4] };
  const { status, body } = await ask('iris', { id: '7', inputs: [{ ...input, data: [...rows.data] }] });
  expect(status).toBe(200);
  expect(body).toMatchObject({ model_name: 'iris', model_version: '1', id: '7' });
  expect(body.outputs).toEqual([
    { name: 'shap_values', datatype: 'FP64', shape: [2, 4, 3], data: expected },
    { name: 'base_values', datatype: 'FP64', shape: [3], data: [...baseValue] },
    { name: 'feature_names', datatype: 'BYTES', shape: [4], data: ['x0', 'x1', 'x2', 'x3'] },
    { name: 'classes', datatype: 'BYTES', shape: [3], data: ['0', '1', '2'] },
  ]);
  const head = JSON.stringify({
    inputs: [{ ...input, parameters: { binary_data_size: 64 } }],
    outputs: [{ name: 'shap_values', parameters: { binary_data: true } }],
  });
  const response = await fetch(`${server.url}/v2/models/iris/explain`, {
    method: 'POST',
    headers: { 'inference-header-content-length': String(head.length) },
    body: Buffer.concat([Buffer.from(head), Buffer.from(new Float64Array(rows.data).buffer)]),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const at = Number(response.headers.get('inference-header-content-length'));
  expect([...new Float64Array(bytes.slice(at).buffer)]).toEqual(expected);
});

it('explains the model that is served, whatever becomes of the one it was made from', async () => {
  const model = await priceModel();
  await start({ houses: model });
  const before = (await ask('houses', house)).body;
  await model.fit({ other: [1, 2, 3, 4] }, [1, 2, 3, 4]).catch(() => undefined);
  expect((await ask('houses', house)).body).toEqual(before);
});

it('says what it cannot explain', async () => {
  const line = await new LogisticRegression().fit([[0], [1], [2], [3]], [0, 0, 1, 1]);
  await start({ line, houses: await priceModel() });
  expect(await ask('line', [1])).toMatchObject({ status: 422, body: { code: 'ERR_NOT_SUPPORTED' } });
  expect(await ask('none', [1])).toMatchObject({ status: 404, body: { code: 'ERR_MODEL' } });
  expect(await ask('houses', { ...house, rooms: 'four' })).toMatchObject({
    status: 400,
    body: { code: 'ERR_REQUEST', field: 'rooms' },
  });
  expect(await ask('houses', { ...house, town: 'Paris' })).toMatchObject({
    status: 400,
    body: { code: 'ERR_UNKNOWN_CATEGORY', field: 'town' },
  });
  expect(await ask('houses', { rows: [] })).toMatchObject({ status: 400, body: { code: 'ERR_EMPTY' } });
  const many = { rows: Array.from({ length: 1001 }, () => house) };
  expect(await ask('houses', many)).toMatchObject({ status: 413, body: { code: 'ERR_TOO_MANY_ROWS' } });
  expect(await ask('houses', house, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  const inputs = [{ name: 'rooms', datatype: 'FP64', shape: [1], data: [4] }];
  expect(await ask('houses', { inputs })).toMatchObject({ status: 400, body: { field: 'garden' } });
});

it('can be left out', async () => {
  await start({ houses: await priceModel() }, { explain: false });
  expect(await ask('houses', house)).toMatchObject({ status: 422, body: { code: 'ERR_NOT_SUPPORTED' } });
});
