/** Every route and every error, over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ColumnTransformer,
  ERROR_CODES,
  LinearRegression,
  makePipeline,
  OneHotEncoder,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import {
  house,
  houseAt,
  houses,
  post,
  postHead,
  priceModel,
  prices,
  RawClient,
  verdictModel,
} from './support.js';

const servers: BorealServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function start(...args: Parameters<typeof serve>): Promise<BorealServer> {
  const [model, options] = args;
  const server = await serve(model, { port: 0, handleSignals: false, ...options });
  servers.push(server);
  return server;
}

async function get(url: string) {
  const response = await fetch(url);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: JSON.parse(await response.text()),
  };
}

describe('a category that only the list of an encoder names', () => {
  it('is a value of its column', async () => {
    const encoder = new OneHotEncoder({ categories: [['Turku', 'Oslo', 'Bergen', 'Bodo', null]] });
    const model = await makePipeline(
      new ColumnTransformer([['words', encoder, ['town']]]),
      new LinearRegression(),
    ).fit({ town: houses.town }, prices);
    const { url } = await start(model);
    for (const town of ['Bodo', 'Oslo', null]) {
      const { status, body } = await post(`${url}/predict`, { town });
      expect(status).toBe(200);
      expect(body.prediction).toBe(model.predictSync({ town: [town] })[0]);
    }
    expect((await post(`${url}/predict`, { town: 'Rome' })).status).toBe(400);
    const { body } = await get(`${url}/openapi.json`);
    expect(JSON.stringify(body)).toContain('["Bergen","Bodo","Oslo","Turku",null]');
  });
});

describe('a regressor', () => {
  let model: Awaited<ReturnType<typeof priceModel>>;
  let url: string;
  beforeAll(async () => {
    model = await priceModel();
    ({ url } = await start(model, {
      name: 'houses',
      version: '7',
      maxRows: 120,
      bodyLimit: 50_000,
      metadata: { by: 'me' },
    }));
  });

  it('says what it is and where the routes are', async () => {
    const { status, type, body } = await get(`${url}/`);
    expect(status).toBe(200);
    expect(type).toMatch('application/json');
    expect(body).toMatchObject({
      name: 'houses',
      version: '7',
      model: { type: 'Pipeline', kind: 'regressor' },
    });
    for (const link of Object.values<string>(body.links))
      expect((await fetch(url + link)).status).not.toBe(404);
    expect(Object.keys(body.links)).toEqual(
      expect.arrayContaining(['health', 'model_info', 'predict', 'predict_batch', 'models']),
    );
  });

  it('is healthy', async () => {
    const { status, body } = await get(`${url}/health`);
    expect(status).toBe(200);
    expect(body.status).toBe('ok');
    expect(body.uptime).toBeGreaterThan(0);
    expect((await get(`${url}/health`)).body.uptime).toBeGreaterThan(body.uptime);
  });

  it('describes its columns, target and plan', async () => {
    const { status, body } = await get(`${url}/model_info`);
    expect(status).toBe(200);
    expect(body.columns).toMatchObject([
      { name: 'rooms', kind: 'number', range: [1, 7], required: true },
      { name: 'age', kind: 'number', required: false },
      { name: 'garden', kind: 'boolean', required: true },
      { name: 'town', kind: 'category', categories: ['Bergen', 'Oslo', 'Turku'], required: true },
    ]);
    expect(body).toMatchObject({
      kind: 'regressor',
      target: { kind: 'number' },
      coverage: 0.9,
      metadata: { by: 'me' },
    });
    expect(body.borealVersion).toMatch(/^\d+\.\d+\.\d+/);
    expect(body.plan).toMatch(/forest/i);
  });

  it('predicts what the model predicts, bit for bit', async () => {
    const predicted = await model.predict(houses);
    const { lower, upper } = await intervalOf(model);
    for (const i of [0, 1, 59, 119]) {
      const { status, body } = await post(`${url}/predict`, houseAt(i));
      expect(status).toBe(200);
      expect(body).toEqual({
        prediction: predicted[i],
        interval: { lower: lower[i], upper: upper[i], coverage: 0.9 },
      });
    }
  });

  it('predicts a batch in each of its forms', async () => {
    const rows = prices.map((_, i) => houseAt(i));
    const predictions = Array.from(await model.predict(houses));
    for (const body of [rows, { rows }, { instances: rows }, rows.map((row) => Object.values(row))]) {
      const response = await post(`${url}/predict_batch`, body);
      expect(response.status).toBe(200);
      expect(response.body.predictions).toEqual(predictions);
      expect(response.body.intervals).toHaveLength(rows.length);
      expect(response.body).not.toHaveProperty('probabilities');
    }
  });

  it('takes fields in any order, values in column order, and leaves out what may be missing', async () => {
    const { body: expected } = await post(`${url}/predict`, house);
    const shuffled = { town: 'Oslo', garden: true, age: 30, rooms: 4 };
    for (const body of [
      shuffled,
      Object.values(house),
      { features: Object.values(house) },
      { ...house, garden: 1 },
    ]) {
      expect((await post(`${url}/predict`, body)).body).toEqual(expected);
    }
    const { age: _, ...ageless } = house;
    const missing = await post(`${url}/predict`, { ...house, age: null });
    expect(missing.status).toBe(200);
    expect((await post(`${url}/predict`, ageless)).body).toEqual(missing.body);
  });

  it('answers HEAD', async () => {
    const response = await fetch(`${url}/health`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each([
    ['a missing field', { ...house, rooms: undefined }, 'ERR_REQUEST', 'rooms', /'rooms' is missing/],
    ['null where nothing was missing', { ...house, rooms: null }, 'ERR_REQUEST', 'rooms', /'rooms' is null/],
    ['an unknown field', { ...house, pool: 1 }, 'ERR_REQUEST', 'pool', /Unknown field 'pool'.*'rooms'/],
    [
      'text for a number',
      { ...house, age: '30' },
      'ERR_REQUEST',
      'age',
      /'age' takes a number; got text '30'/,
    ],
    ['a boolean for a number', { ...house, age: true }, 'ERR_REQUEST', 'age', /takes a number; got true/],
    ['a list for a number', { ...house, age: [30] }, 'ERR_REQUEST', 'age', /got a list of 1/],
    ['an object for a number', { ...house, age: {} }, 'ERR_REQUEST', 'age', /got an object/],
    ['a number for text', { ...house, town: 3 }, 'ERR_REQUEST', 'town', /'town' takes text; got 3/],
    [
      'a number that is no boolean',
      { ...house, garden: 2 },
      'ERR_REQUEST',
      'garden',
      /takes true or false; got 2/,
    ],
    [
      'an unknown category',
      { ...house, town: 'Rome' },
      'ERR_UNKNOWN_CATEGORY',
      'town',
      /'Bergen'.*got text 'Rome'/,
    ],
    [
      'a field of Object',
      { ...house, constructor: 1 },
      'ERR_REQUEST',
      'constructor',
      /Unknown field 'constructor'/,
    ],
    ['too few values', [4, 30], 'ERR_REQUEST', undefined, /2 values; the model takes 4/],
    ['a wrong value in a list', ['a', 30, true, 'Oslo'], 'ERR_REQUEST', 'rooms', /'rooms' takes a number/],
    ['a number alone', 3, 'ERR_REQUEST', undefined, /got 3/],
    ['null', null, 'ERR_REQUEST', undefined, /got nothing|got null/],
  ])('refuses %s', async (_, row, code, field, message) => {
    const { status, body } = await post(`${url}/predict`, row);
    expect(status).toBe(400);
    expect(body.error).toMatch(message);
    expect(body.code).toBe(code);
    expect(body.field).toBe(field);
    expect(body).not.toHaveProperty('row');

    const batch = await post(`${url}/predict_batch`, [house, house, row]);
    expect(batch.status).toBe(400);
    expect(batch.body).toMatchObject({ code, row: 2 });
    expect(batch.body.error).toMatch(/^Row 2: /);
    expect(batch.body.field).toBe(field);
  });

  it('refuses a number that JSON cannot hold', async () => {
    const { status, body } = await post(
      `${url}/predict`,
      '{"rooms":1e999,"age":1,"garden":true,"town":"Oslo"}',
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'ERR_INPUT_INFINITE', field: 'rooms' });
  });

  it('lists everything that is wrong with a row, up to a limit', async () => {
    const { body } = await post(`${url}/predict`, { rooms: 'four', garden: 7, pool: true });
    expect(body.details.map((detail: { field: string }) => detail.field)).toEqual([
      'rooms',
      'garden',
      'town',
      'pool',
    ]);
    const hostile = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, 1]));
    expect((await post(`${url}/predict`, hostile)).body.details).toHaveLength(20);
    const long = await post(`${url}/predict`, { ...house, ['x'.repeat(30_000)]: 1 });
    expect(JSON.stringify(long.body).length).toBeLessThan(1000);
  });

  it.each([
    '{"__proto__": {"rooms": 4}}',
    '{"rooms": 4, "__proto__": null}',
    '{"constructor": {"prototype": {"a": 1}}}',
  ])('refuses the hostile keys of %s', async (text) => {
    const { status, body } = await post(`${url}/predict`, text);
    expect(status).toBe(400);
    expect(body.code).toBe('ERR_JSON');
    expect(({} as Record<string, unknown>).rooms).toBeUndefined();
  });

  it.each([
    ['cut off', '{"rooms": 4'],
    ['NaN', '{"rooms": NaN}'],
    ['empty', ''],
  ])('refuses JSON that is %s', async (_, text) => {
    const { status, body } = await post(`${url}/predict`, text);
    expect(status).toBe(400);
    expect(body.code).toBe('ERR_JSON');
  });

  it.each([[{}], [{ rows: {} }], ['"text"'], [{ rows: house }]])('refuses %j as a batch', async (batch) => {
    const { status, body } = await post(`${url}/predict_batch`, batch);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'ERR_REQUEST', error: expect.stringMatching(/array of rows/) });
  });

  it('refuses an empty batch, and too many rows', async () => {
    const empty = await post(`${url}/predict_batch`, []);
    expect([empty.status, empty.body.code]).toEqual([400, 'ERR_EMPTY']);
    const many = await post(`${url}/predict_batch`, Array(121).fill(house));
    expect([many.status, many.body.code]).toEqual([413, 'ERR_TOO_MANY_ROWS']);
    expect(many.body.error).toMatch('120');
  });

  it('refuses a body that is too large, announced or not', async () => {
    const { port } = new URL(url);
    const announced = new RawClient(Number(port));
    announced.send(
      `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50001\r\n\r\n`,
    );
    const chunked = new RawClient(Number(port));
    chunked.send(
      'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    chunked.send(`${(50_001).toString(16)}\r\n${' '.repeat(50_001)}\r\n0\r\n\r\n`);
    for (const client of [announced, chunked]) {
      const response = await client.until('}');
      expect(response).toMatch(/^HTTP\/1\.1 413 /);
      expect(JSON.parse(response.slice(response.indexOf('{')))).toMatchObject({ code: 'ERR_BODY_TOO_LARGE' });
      client.destroy();
    }
  });

  it('refuses a body that is not JSON, or says nothing of what it is', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense']) {
      const { status, body } = await post(`${url}/predict`, JSON.stringify(house), { 'content-type': type });
      expect(status).toBe(415);
      expect(body).toMatchObject({
        code: 'ERR_MEDIA_TYPE',
        error: expect.stringMatching(/application\/json/),
      });
    }
    const untyped = new RawClient(Number(new URL(url).port));
    untyped.send('POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    expect(await untyped.until('}')).toMatch(/^HTTP\/1\.1 415 /);
    untyped.destroy();
    const charset = await post(`${url}/predict`, house, {
      'content-type': 'application/json; charset=utf-8',
    });
    expect(charset.status).toBe(200);
  });

  it.each([
    ['GET', '/predict', 'POST'],
    ['PUT', '/predict_batch', 'POST'],
    ['OPTIONS', '/predict', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD'],
    ['PATCH', '/model_info', 'GET, HEAD'],
  ])('answers %s %s with 405', async (method, path, allow) => {
    const response = await fetch(url + path, { method, body: method === 'POST' ? 'x' : undefined });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ code: 'ERR_METHOD', error: expect.stringMatching(method) });
  });

  it('answers unknown and malformed paths', async () => {
    const unknown = await get(`${url}/nothing?x=1`);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'ERR_ROUTE']);
    expect(unknown.body.error).toMatch('GET /nothing');
    const posted = await post(`${url}/nothing`, house);
    expect([posted.status, posted.body.code]).toEqual([404, 'ERR_ROUTE']);
    const malformed = await get(`${url}/%zz`);
    expect([malformed.status, malformed.body.code]).toEqual([400, 'ERR_REQUEST']);
  });

  it('uses documented codes and text for every error', async () => {
    const responses = await Promise.all([
      get(`${url}/nothing`),
      get(`${url}/predict`),
      get(`${url}/%zz`),
      post(`${url}/predict`, '{'),
      post(`${url}/predict`, {}),
      post(`${url}/predict_batch`, []),
    ]);
    for (const { body } of responses) {
      expect(typeof body.error).toBe('string');
      expect(ERROR_CODES).toHaveProperty(body.code);
    }
  });

  it('answers 200 requests at once, each with its own row', async () => {
    const predicted = await model.predict(houses);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        post(`${url}/predict`, houseAt(i % 120)).then(({ body }) => body.prediction),
      ),
    );
    expect(answers).toEqual(answers.map((_, i) => predicted[i % 120]));
  });

  it('survives a client that hangs up in the middle', async () => {
    const client = new RawClient(Number(new URL(url).port));
    client.send(postHead('/predict', 1000));
    await client.until('100 Continue');
    client.destroy();
    await client.closed;
    expect((await get(`${url}/health`)).status).toBe(200);
  });
});

/** The interval that the plan of the pipeline's own gives. */
async function intervalOf(model: Awaited<ReturnType<typeof priceModel>>) {
  const bounds = await model.compile({ output: 'interval' }).run(houses);
  return { lower: bounds.columns([0]).data, upper: bounds.columns([1]).data };
}

describe('a classifier', () => {
  let model: Awaited<ReturnType<typeof verdictModel>>;
  let url: string;
  beforeAll(async () => {
    model = await verdictModel();
    ({ url } = await start(model));
  });

  it('returns labels and probabilities, bit for bit', async () => {
    const rows = prices.map((_, i) => houseAt(i));
    const labels = await model.predict(houses);
    const proba = await model.predictProba(houses);
    const { status, body } = await post(`${url}/predict_batch`, rows);
    expect(status).toBe(200);
    expect(body.predictions).toEqual(labels);
    expect(new Set(labels)).toEqual(new Set(['cheap', 'dear', 'fair']));
    body.probabilities.forEach((row: Record<string, number>, i: number) => {
      expect(Object.keys(row)).toEqual(['cheap', 'dear', 'fair']);
      expect(Object.values(row)).toEqual(Array.from(proba.row(i)));
    });
    const one = await post(`${url}/predict`, houseAt(5));
    expect(one.body).toEqual({ prediction: labels[5], probabilities: body.probabilities[5] });
  });

  it('names its classes', async () => {
    const { body } = await get(`${url}/model_info`);
    expect(body).toMatchObject({
      kind: 'classifier',
      target: { kind: 'class', classes: ['cheap', 'dear', 'fair'] },
    });
    expect(body).not.toHaveProperty('coverage');
  });
});

describe('other models', () => {
  it('serves a model without column names', async () => {
    const model = await new LinearRegression().fit(
      [
        [1, 2],
        [2, 1],
        [3, 5],
        [4, 4],
      ],
      [5, 4, 13, 12],
    );
    const { url } = await start(model);
    const [expected] = await model.predict([[2, 3]]);
    for (const row of [[2, 3], { features: [2, 3] }, { x0: 2, x1: 3 }]) {
      expect((await post(`${url}/predict`, row)).body).toEqual({ prediction: expected });
    }
    expect((await post(`${url}/predict_batch`, [[2, 3], { features: [2, 3] }])).body).toEqual({
      predictions: [expected, expected],
    });
  });

  it('turns a result that JSON cannot hold into null', async () => {
    const model = await new LinearRegression().fit([[0], [1]], [0, 10]);
    const { url } = await start(model);
    const { status, body } = await post(`${url}/predict`, [1.7e308]);
    expect(status).toBe(200);
    expect(body).toEqual({ prediction: null });
  });

  it('serves a transformer, with categories as text', async () => {
    const table = { size: [1, null, 3], town: ['Oslo', 'Oslo', 'Turku'] };
    const model = await new SimpleImputer({ strategy: 'mostFrequent' }).fit(table);
    const { url } = await start(model);
    expect((await post(`${url}/predict`, { size: 2.5, town: 'Turku' })).body).toEqual({
      prediction: [2.5, 'Turku'],
    });
    expect((await get(`${url}/model_info`)).body).toMatchObject({
      kind: 'transformer',
      outputs: ['size', 'town'],
    });
  });

  it('serves a pipeline of transformers', async () => {
    const model = await makePipeline(new SimpleImputer(), new StandardScaler()).fit([[1], [3]]);
    const { url } = await start(model);
    expect((await post(`${url}/predict_batch`, [[3], [1]])).body).toEqual({ predictions: [[1], [-1]] });
  });

  it('rejects a float64 that overflows a float32 model', async () => {
    const model = await new LinearRegression().fit(
      { data: Float32Array.of(1, 2, 3), rows: 3, cols: 1 },
      [1, 2, 3],
    );
    const { url } = await start(model);
    const { status, body } = await post(`${url}/predict`, [1e300]);
    expect([status, body.code, body.field]).toEqual([400, 'ERR_INPUT_INFINITE', 'x0']);
  });

  it('names the field of a value that only a step of the model refuses', async () => {
    const codes = await makePipeline(new OneHotEncoder(), new LinearRegression()).fit(
      { code: [1, 2, 7], size: [0, 1, 0] },
      [1, 2, 3],
    );
    const { url } = await start(codes);
    const unknown = await post(`${url}/predict`, { code: 3, size: 1 });
    expect(unknown.body).toMatchObject({
      code: 'ERR_UNKNOWN_CATEGORY',
      field: 'code',
      error: expect.stringMatching(/got 3/),
    });
    const scaled = await makePipeline(new StandardScaler(), new LinearRegression()).fit(
      { a: [1, 2, 4], b: [0, 1e-5, 0] },
      [1, 2, 3],
    );
    const server = await start(scaled);
    const overflow = await post(`${server.url}/predict_batch`, [
      { a: 1, b: 0 },
      { a: 1, b: 1.7e308 },
    ]);
    expect(overflow).toMatchObject({ status: 400, body: { code: 'ERR_INPUT_INFINITE', field: 'b', row: 1 } });
  });

  it('gives no field to a value that has none in the request', async () => {
    const prepare = new ColumnTransformer([['scaled', new StandardScaler(), ['b']]]);
    const model = await makePipeline(prepare, new LinearRegression()).fit(
      { a: [1, 2, 4], b: [0, 1e-5, 0] },
      [1, 2, 3],
    );
    const { url } = await start(model);
    const { status, body } = await post(`${url}/predict`, { a: 1, b: 1.7e308 });
    expect([status, body.code, body.field]).toEqual([400, 'ERR_INPUT_INFINITE', undefined]);
    expect(body.error).toMatch('scaled__b');
  });

  it('finds columns that are called like properties of Object', async () => {
    const model = await new LinearRegression().fit(
      { constructor: [1, 2, 3], features: [3, 1, 2] },
      [1, 2, 3],
    );
    const { url } = await start(model);
    expect((await post(`${url}/predict`, { constructor: 2, features: 1 })).status).toBe(200);
    const { status, body } = await post(`${url}/predict`, { features: 1 });
    expect([status, body.field]).toEqual([400, 'constructor']);
  });

  it('leaves intervals out when asked, and takes another coverage', async () => {
    const model = await priceModel();
    const without = await start(model, { coverage: null });
    expect((await post(`${without.url}/predict`, house)).body).not.toHaveProperty('interval');
    const half = await start(model, { coverage: 0.5 });
    const all = await start(model);
    const narrow = (await post(`${half.url}/predict`, house)).body.interval;
    const wide = (await post(`${all.url}/predict`, house)).body.interval;
    expect(narrow.coverage).toBe(0.5);
    expect(narrow.upper - narrow.lower).toBeLessThanOrEqual(wide.upper - wide.lower);
  });

  it('serves large batches off the event loop with the same bits', async () => {
    const model = await priceModel();
    const { url } = await start(model);
    const rows = Array.from({ length: 4000 }, (_, i) => houseAt(i % 120));
    const predicted = await model.predict(houses);
    const { body } = await post(`${url}/predict_batch`, rows);
    expect(body.predictions).toEqual(rows.map((_, i) => predicted[i % 120]));
    const bad = await post(`${url}/predict_batch`, [...rows, { ...house, town: 'Rome' }]);
    expect([bad.status, bad.body.row, bad.body.field]).toEqual([400, 4000, 'town']);
  });
});
