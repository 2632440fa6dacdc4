/** Rows as columns, in pandas' split orientation and in binary; ranges, unknown fields and depth; over real sockets. */
import * as fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Matrix, RandomForestRegressor, StandardScaler } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { houseAt, houses, post, priceModel, verdictModel } from './support.js';

let price: Awaited<ReturnType<typeof priceModel>>;
let flats: Awaited<ReturnType<typeof flatModel>>;
let server: BorealServer | undefined;

beforeAll(async () => {
  price = await priceModel();
  flats = await flatModel();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Numbers and booleans only; `age` may be missing. */
function flatModel() {
  const { rooms, age, garden } = houses;
  const y = rooms.map((n, i) => 100 * n + (garden[i] ? 55.5 : 0) + (age[i] ?? 3) / 7);
  return new RandomForestRegressor({ nEstimators: 20, randomState: 1 }).fit({ rooms, age, garden }, y);
}

async function start(model: Parameters<typeof serve>[0], options: Partial<ServeOptions> = {}) {
  server = await serve(model, { port: 0, handleSignals: false, ...options });
  return server.url;
}

const TYPE = 'application/octet-stream';

async function postBytes(url: string, bytes: Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': TYPE, ...headers },
    body: bytes,
  });
  const answer = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    bytes: answer,
    body: isJson ? JSON.parse(answer.toString()) : undefined,
  };
}

/** Little-endian, whatever this machine is. */
function pack(values: readonly number[], dtype: 'float32' | 'float64'): Buffer {
  const size = dtype === 'float32' ? 4 : 8;
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, i) => {
    if (dtype === 'float32') bytes.writeFloatLE(value, i * size);
    else bytes.writeDoubleLE(value, i * size);
  });
  return bytes;
}

function unpack(bytes: Buffer, dtype: string | null): number[] {
  const size = dtype === 'float32' ? 4 : 8;
  return Array.from({ length: bytes.length / size }, (_, i) =>
    dtype === 'float32' ? bytes.readFloatLE(i * size) : bytes.readDoubleLE(i * size),
  );
}

const columnsOf = (rows: readonly Record<string, unknown>[], names = Object.keys(rows[0])) =>
  Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
const splitOf = (rows: readonly Record<string, unknown>[], names = Object.keys(rows[0])) => ({
  columns: names,
  data: rows.map((row) => names.map((name) => row[name])),
});

describe('the forms of a batch', () => {
  it('answers columns and split orientation as it answers rows', async () => {
    const url = await start({ price, verdict: await verdictModel() });
    const rows = [0, 1, 2, 10, 20].map(houseAt);
    const names = ['town', 'rooms', 'garden', 'age'];
    for (const path of ['/predict_batch', '/models/verdict/predict_batch']) {
      const { body: expected, status } = await post(url + path, rows);
      expect(status).toBe(200);
      for (const body of [
        { columns: columnsOf(rows) },
        { columns: columnsOf(rows, names) },
        splitOf(rows),
        { ...splitOf(rows, names), index: ['a', 'b', 'c', 'd', 'e'] },
      ]) {
        expect(await post(url + path, body)).toMatchObject({ status: 200, body: expected });
      }
    }
    // A column whose values may be missing may be, as a whole.
    const { age: _age, ...others } = columnsOf(rows);
    const missing = await post(
      `${url}/predict_batch`,
      rows.map((row) => ({ ...row, age: null })),
    );
    expect(await post(`${url}/predict_batch`, { columns: others })).toMatchObject({
      status: 200,
      body: missing.body,
    });
  });

  it('gives the same bits in every form', async () => {
    const url = `${await start(flats)}/predict_batch`;
    const row = fc.record({
      rooms: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      age: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 100 })),
      garden: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
        const values = rows.flatMap(({ rooms, age, garden }) => [rooms, age ?? Number.NaN, Number(garden)]);
        const accept = { accept: TYPE };
        const answers = await Promise.all([
          postBytes(`${url}?dtype=float64`, pack(values, 'float64'), accept),
          ...[rows, { rows }, { columns: columnsOf(rows) }, splitOf(rows, ['garden', 'age', 'rooms'])].map(
            (body) =>
              postBytes(url, Buffer.from(JSON.stringify(body)), {
                ...accept,
                'content-type': 'application/json',
              }),
          ),
        ]);
        for (const { status, bytes } of answers) {
          expect(status).toBe(200);
          expect(bytes.equals(answers[0].bytes)).toBe(true);
        }
        const { body } = await post(url, { columns: columnsOf(rows) });
        const numbers = unpack(answers[0].bytes, answers[0].headers.get('x-boreal-dtype'));
        expect(body.predictions).toEqual(rows.map((_, i) => numbers[3 * i]));
        expect(body.intervals.map(({ upper }: { upper: number }) => upper)).toEqual(
          rows.map((_, i) => numbers[3 * i + 2]),
        );
      }),
      { numRuns: 30 },
    );
  });

  it.each<[string, unknown, object]>([
    ['no form at all', { columns: 3 }, { error: /^A batch is an array of rows, / }],
    [
      'ragged columns',
      { columns: { rooms: [1, 2], garden: [true], town: ['Oslo', 'Oslo'] } },
      {
        error: /^Column 'garden' has 1 values, but 'rooms' has 2\.$/,
        field: 'garden',
      },
    ],
    [
      'a column that is no list',
      { columns: { rooms: 'ab', garden: [true], town: ['Oslo'] } },
      {
        error: /^Column 'rooms' is a list of values; got text 'ab'\.$/,
        field: 'rooms',
      },
    ],
    [
      'an unknown column',
      { columns: { rooms: [1], garden: [true], town: ['Oslo'], pool: [1] } },
      {
        error: /^Unknown field 'pool'; the model takes 'rooms', 'age', 'garden', 'town'\.$/,
        field: 'pool',
      },
    ],
    [
      'a missing column',
      { columns: { rooms: [1], garden: [true] } },
      {
        error: /^Column 'town' is missing\.$/,
        field: 'town',
      },
    ],
    ['no columns', { columns: {} }, { error: /^Column 'rooms' is missing\.$/, field: 'rooms' }],
    [
      'a value of the wrong type',
      { columns: { rooms: [1, 'x'], garden: [true, true], town: ['Oslo', 'Oslo'] } },
      {
        error: /^Row 1: Field 'rooms' takes a number; got text 'x'\.$/,
        field: 'rooms',
        row: 1,
      },
    ],
    [
      'a value that is missing',
      { columns: { rooms: [1, null], garden: [true, true], town: ['Oslo', 'Oslo'] } },
      {
        error: /^Row 1: Field 'rooms' is null/,
        field: 'rooms',
        row: 1,
      },
    ],
    [
      'a number that is too large',
      '{"columns":{"rooms":[1e999],"garden":[true],"town":["Oslo"]}}',
      {
        code: 'ERR_INPUT_INFINITE',
        field: 'rooms',
        row: 0,
      },
    ],
    ['columns without rows', { columns: { rooms: [], garden: [], town: [] } }, { code: 'ERR_EMPTY' }],
    [
      'split names that are no text',
      { columns: ['rooms', 7], data: [] },
      {
        error: /^'columns' is a list of names; got 7\.$/,
      },
    ],
    [
      'a split name twice',
      { columns: ['rooms', 'garden', 'town', 'rooms'], data: [[1, true, 'Oslo', 2]] },
      {
        error: /^Column 'rooms' is there twice\.$/,
        field: 'rooms',
      },
    ],
    [
      'an unknown split name',
      { columns: ['rooms', 'garden', 'town', 'pool'], data: [[1, true, 'Oslo', 2]] },
      {
        field: 'pool',
      },
    ],
    ['a missing split name', { columns: ['rooms', 'garden'], data: [[1, true]] }, { field: 'town' }],
    [
      'split without data',
      { columns: ['rooms', 'garden', 'town'] },
      {
        error: /^'data' is a list of rows; got nothing\.$/,
      },
    ],
    [
      'a short split row',
      { columns: ['rooms', 'garden', 'town'], data: [[1, true, 'Oslo'], [1]] },
      {
        error: /^Row 1: A row is a list of 3 values; got a list of 1\.$/,
        row: 1,
      },
    ],
    [
      'an index of another length',
      { columns: ['rooms', 'garden', 'town'], data: [[1, true, 'Oslo']], index: [0, 1] },
      {
        error: /^'index' is a list of one label per row; got a list of 2\.$/,
      },
    ],
    [
      'a wrong split value',
      { columns: ['town', 'garden', 'rooms'], data: [['Oslo', 'yes', 1]] },
      {
        error: /^Row 0: Field 'garden' takes true or false; got text 'yes'\.$/,
        field: 'garden',
        row: 0,
      },
    ],
    ['split without rows', { columns: ['rooms', 'garden', 'town'], data: [] }, { code: 'ERR_EMPTY' }],
  ])('refuses %s', async (_name, body, { error, ...rest }: { error?: RegExp }) => {
    const answer = await post(`${await start(price)}/predict_batch`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST', ...rest } });
    if (error !== undefined) expect(answer.body.error).toMatch(error);
  });

  it('refuses more rows than maxRows before it reads them', async () => {
    const url = `${await start(flats, { maxRows: 2 })}/predict_batch`;
    const columns = { rooms: [1, 'x', 3], garden: [true, true, true] };
    const refusal = { status: 413, body: { code: 'ERR_TOO_MANY_ROWS' } };
    expect(await post(url, { columns })).toMatchObject(refusal);
    expect(await postBytes(`${url}?dtype=float32`, Buffer.alloc(36))).toMatchObject(refusal);
  });
});

describe('binary rows', () => {
  it('come as float32 or float64, and go as JSON or bytes', async () => {
    const url = `${await start(flats)}/predict_batch`;
    const rows = [
      { rooms: 4, age: 30, garden: true },
      { rooms: 2, age: null, garden: false },
    ];
    const values = [4, 30, 1, 2, Number.NaN, 0];
    const { body: expected } = await post(url, rows);
    for (const dtype of ['float32', 'float64'] as const) {
      const json = await postBytes(url, pack(values, dtype), {
        'x-boreal-dtype': dtype,
        'x-boreal-columns': '3',
      });
      expect(json).toMatchObject({ status: 200, body: expected });
    }
    const { bytes, headers } = await postBytes(`${url}?dtype=float64`, pack(values, 'float64'), {
      accept: `${TYPE}, application/json;q=0.5`,
    });
    expect(headers.get('content-type')).toBe(TYPE);
    expect(headers.get('x-boreal-model')).toMatch(/\/1$/);
    expect([headers.get('x-boreal-rows'), headers.get('x-boreal-columns')]).toEqual(['2', '3']);
    expect(unpack(bytes, headers.get('x-boreal-dtype'))).toEqual(
      rows.flatMap((_, i) => [
        expected.predictions[i],
        expected.intervals[i].lower,
        expected.intervals[i].upper,
      ]),
    );
    expect(
      (await postBytes(`${url}?dtype=float64`, pack(values, 'float64'), { accept: `${TYPE};q=0` })).body,
    ).toEqual(expected);
  });

  it('answer what a transformer returns, also where the body is compressed', async () => {
    const scaler = await new StandardScaler().fit({ a: [0, 2], b: [0, 4] });
    const url = `${await start(scaler)}/predict_batch?dtype=float32`;
    const { gzipSync } = await import('node:zlib');
    const { bytes, headers } = await postBytes(url, gzipSync(pack([2, 4, 1, 2], 'float32')), {
      accept: TYPE,
      'content-encoding': 'gzip',
    });
    expect(unpack(bytes, headers.get('x-boreal-dtype'))).toEqual([1, 1, 0, 0]);
  });

  it.each<[string, string, Buffer, Record<string, string>, object]>([
    ['without a type', '', pack([4, 30, 1], 'float64'), {}, { field: 'dtype' }],
    [
      'of another type',
      '?dtype=int8',
      pack([4, 30, 1], 'float64'),
      {},
      {
        error:
          "Say the type of the numbers, float32 or float64, by ?dtype= or the header x-boreal-dtype; got text 'int8'.",
      },
    ],
    [
      'of two types',
      '?dtype=float64',
      pack([4, 30, 1], 'float64'),
      { 'x-boreal-dtype': 'float32' },
      {
        error: 'The request says two different things of dtype.',
      },
    ],
    [
      'of other columns',
      '?dtype=float64&columns=4',
      pack([4, 30, 1], 'float64'),
      {},
      {
        error: "The model takes 3 columns; the request says text '4'.",
      },
    ],
    [
      'cut short',
      '?dtype=float64',
      pack([4, 30, 1], 'float64').subarray(0, 20),
      {},
      {
        error: 'The body has 20 bytes; a row of 3 columns of float64 takes 24 bytes.',
      },
    ],
    ['that are none', '?dtype=float64', Buffer.alloc(0), {}, { code: 'ERR_EMPTY' }],
    [
      'with a missing value',
      '?dtype=float64',
      pack([4, 30, 1, Number.NaN, 30, 1], 'float64'),
      {},
      {
        error: "Row 1: Field 'rooms' is missing.",
        field: 'rooms',
        row: 1,
      },
    ],
    [
      'with infinity',
      '?dtype=float32',
      pack([4, Number.NEGATIVE_INFINITY, 1], 'float32'),
      {},
      {
        code: 'ERR_INPUT_INFINITE',
        field: 'age',
        row: 0,
      },
    ],
    [
      'with a boolean that is none',
      '?dtype=float64',
      pack([4, 30, 2], 'float64'),
      {},
      {
        error: "Row 0: Field 'garden' takes true or false; got 2.",
        field: 'garden',
        row: 0,
      },
    ],
  ])('are refused %s', async (_name, query, bytes, headers, expected) => {
    const answer = await postBytes(`${await start(flats)}/predict_batch${query}`, bytes, headers);
    expect(answer).toMatchObject({ status: 400, body: { code: 'ERR_REQUEST', ...expected } });
  });

  it('are refused where the model has categories, and for one row', async () => {
    const url = await start(price);
    const bytes = pack([4, 30, 1, 0], 'float64');
    const refused = await postBytes(`${url}/predict_batch?dtype=float64`, bytes);
    expect(refused).toMatchObject({ status: 415, body: { code: 'ERR_MEDIA_TYPE', field: 'town' } });
    expect(refused.body.error).toContain('Send JSON.');
    expect(await postBytes(`${url}/predict?dtype=float64`, bytes)).toMatchObject({ status: 415 });
  });

  it('can be remembered for feedback', async () => {
    const url = await start(flats, { feedback: {} });
    const bytes = pack([4, 30, 1], 'float64');
    const { headers } = await postBytes(`${url}/predict_batch?dtype=float64`, bytes, { accept: TYPE });
    const predictionId = headers.get('x-boreal-prediction-id');
    expect(await post(`${url}/feedback`, { id: predictionId, row: 0, label: 400 })).toMatchObject({
      status: 200,
    });
  });
});

describe('numbers outside the training range', () => {
  const far = { rooms: 99, age: 30, garden: true, town: 'Oslo' };
  const near = { ...far, rooms: 4 };
  const warning = {
    code: 'ERR_OUT_OF_RANGE',
    warning: "Field 'rooms' was from 1 to 7 in training; got 99.",
    field: 'rooms',
  };

  it('are answered', async () => {
    const url = await start(price);
    const { status, body } = await post(`${url}/predict`, far);
    expect([status, body.warnings]).toEqual([200, undefined]);
  });

  it('are warned of in the answer, a metric and the log', async () => {
    const lines: string[] = [];
    const { default: pino } = await import('pino');
    const logger = pino({}, { write: (line: string) => void lines.push(line) });
    const url = await start(price, { ranges: 'warn', logger });
    expect((await post(`${url}/predict`, far)).body.warnings).toEqual([warning]);
    expect((await post(`${url}/predict`, near)).body).not.toHaveProperty('warnings');
    const { body } = await post(`${url}/predict_batch`, { columns: columnsOf([near, far]) });
    expect(body.warnings).toEqual([{ ...warning, row: 1 }]);
    expect(body.predictions).toHaveLength(2);
    const many = await post(
      `${url}/predict_batch`,
      Array.from({ length: 50 }, () => far),
    );
    expect(many.body.warnings).toHaveLength(20);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^boreal_out_of_range_total\{.*feature="rooms".*\} 52$/m);
    const told = lines.map((line) => JSON.parse(line)).filter(({ feature }) => feature === 'rooms');
    expect(told).toMatchObject([{ level: 40, value: 99, range: [1, 7] }]);
  });

  it('are refused, in every form and protocol', async () => {
    const url = await start({ price, flats }, { ranges: 'refuse' });
    const { warning: error, ...rest } = warning;
    expect(await post(`${url}/predict`, far)).toMatchObject({ status: 400, body: { error, ...rest } });
    expect(await post(`${url}/predict_batch`, splitOf([near, far]))).toMatchObject({
      status: 400,
      body: { ...rest, error: `Row 1: ${error}`, row: 1 },
    });
    const binary = await postBytes(
      `${url}/models/flats/predict_batch?dtype=float64`,
      pack([99, 30, 1], 'float64'),
    );
    expect(binary).toMatchObject({ status: 400, body: { ...rest, row: 0 } });
    const inputs = [{ name: 'x', shape: [1, 3], datatype: 'FP64', data: [99, 30, 1] }];
    const tensor = await post(`${url}/v2/models/flats/infer`, { inputs });
    expect(tensor).toMatchObject({ status: 400, body: { code: 'ERR_OUT_OF_RANGE' } });
    expect(await post(`${url}/predict`, near)).toMatchObject({ status: 200 });
  });

  it('begin where a value cannot be told from the end of the range', async () => {
    const x = new Matrix(Float32Array.of(0.1, 0.2, 0.3), 3, 1);
    const model = await new RandomForestRegressor({ nEstimators: 3 }).fit(x, [1, 2, 3]);
    const url = await start(model, { ranges: 'refuse' });
    expect(await post(`${url}/predict_batch`, [[0.1], [0.3]])).toMatchObject({ status: 200 });
    expect(await post(`${url}/predict`, [0.31])).toMatchObject({ status: 400 });
  });
});

describe('options', () => {
  it('lets unknown fields and columns pass', async () => {
    const url = await start(price, { unknownFields: 'ignore' });
    const row = { rooms: 4, age: 30, garden: true, town: 'Oslo' };
    const { body: expected } = await post(`${url}/predict_batch`, [row]);
    for (const body of [
      [{ ...row, pool: { deep: 1 } }],
      { columns: columnsOf([{ pool: 1, ...row }]) },
      splitOf([{ pool: 1, ...row }]),
    ]) {
      expect(await post(`${url}/predict_batch`, body)).toMatchObject({ status: 200, body: expected });
    }
    expect(await post(`${url}/predict`, { pool: 1 })).toMatchObject({
      status: 400,
      body: { field: 'rooms' },
    });
  });

  it.each([
    ['ranges', 'strict'],
    ['unknownFields', true],
    ['maxDepth', 0],
    ['maxDepth', 2.5],
  ])('refuses %s: %s', async (name, value) => {
    await expect(serve(price, { port: 0, [name]: value })).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
      message: expect.stringContaining(name),
    });
  });
});

describe('deep JSON', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const deep = {
    status: 400,
    body: { code: 'ERR_JSON', error: expect.stringContaining('inside each other') },
  };

  it('is refused above maxDepth, on every route that reads JSON', async () => {
    const url = await start({ price });
    for (const path of [
      '/predict',
      '/predict_batch',
      '/v2/models/price/infer',
      '/invocations',
      '/predict_async',
    ]) {
      expect(await post(url + path, nested(65))).toMatchObject(deep);
      expect(await post(url + path, objects(65))).toMatchObject(deep);
      expect(await post(url + path, nested(1_000_000))).toMatchObject(deep);
    }
    expect((await post(`${url}/predict`, nested(64))).body.error).not.toContain('inside each other');
  });

  it('is as deep as the option says', async () => {
    const url = await start(flats, { maxDepth: 2 });
    expect(await post(`${url}/predict_batch`, [[4, 30, true]])).toMatchObject({ status: 200 });
    expect(await post(`${url}/predict_batch`, { rows: [[4, 30, true]] })).toMatchObject(deep);
  });

  it('is not what has brackets in text, or many of them side by side', async () => {
    const url = await start(price);
    const town = `${'[{'.repeat(100)}\\"${'[{'.repeat(100)}`;
    const row = { rooms: 4, age: 30, garden: true, town };
    const { body } = await post(`${url}/predict`, row);
    expect(body.code).not.toBe('ERR_JSON');
    const rows = Array.from({ length: 500 }, (_, i) => houseAt(i % 100));
    expect(await post(`${url}/predict_batch`, rows)).toMatchObject({ status: 200 });
  });
});
