/** The Open Inference Protocol over HTTP, by hand: what each form of tensors gives, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../../lib/serve/index.js';
import { houseAt, post } from '../support.js';
import { v2Models } from './models.js';

let server: BorealServer;
let base: string;

beforeAll(async () => {
  server = await serve(await v2Models(), { port: 0, handleSignals: false });
  base = `${server.url}/v2`;
});
afterAll(() => server.close());

const column = (name: string, datatype: string, data: unknown[], shape = [data.length]) => ({
  name,
  datatype,
  shape,
  data,
});
const rooms = column('rooms', 'FP64', [4, 2]);
const age = column('age', 'FP64', [30, null]);
const garden = column('garden', 'BOOL', [true, false]);
const town = column('town', 'BYTES', ['Oslo', 'Turku']);
const houseColumns = [rooms, age, garden, town];
const matrix = (data: unknown, shape = [2, 2], datatype = 'FP32') => ({ name: 'x', datatype, shape, data });

describe('metadata', () => {
  it('tells of the server, its health and its models', async () => {
    const get = async (path: string) => (await fetch(base + path)).json();
    expect(await get('')).toMatchObject({ name: 'boreal', extensions: expect.any(Array) });
    expect(await get('/health/live')).toEqual({ live: true });
    expect(await get('/health/ready')).toEqual({ ready: true });
    expect(await get('/models/matrix/ready')).toEqual({ name: 'matrix', ready: true });
    expect(await get('/models/matrix/versions/1')).toEqual({
      name: 'matrix',
      versions: ['1'],
      platform: 'boreal',
      inputs: [{ name: 'input', datatype: 'FP64', shape: [-1, 2] }],
      outputs: [
        { name: 'predict', datatype: 'INT64', shape: [-1, 1] },
        { name: 'predict_proba', datatype: 'FP64', shape: [-1, 2] },
      ],
    });
    expect(await get('/models/price')).toMatchObject({
      inputs: [
        { name: 'rooms', datatype: 'FP64', shape: [-1, 1] },
        { name: 'age', datatype: 'FP64', shape: [-1, 1] },
        { name: 'garden', datatype: 'BOOL', shape: [-1, 1] },
        { name: 'town', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [{ name: 'predict', datatype: 'FP64' }, { name: 'interval' }],
    });
    expect(await get('/models/nobody')).toMatchObject({ code: 'ERR_MODEL', error: expect.any(String) });
    expect((await fetch(`${base}/models/matrix/versions/9/ready`)).status).toBe(404);
  });
});

describe('inference', () => {
  it('takes one tensor per column, and answers what /predict_batch does', async () => {
    const rows = [0, 1, 11].map(houseAt);
    const inputs = [
      column(
        'rooms',
        'INT32',
        rows.map((row) => row.rooms),
        [3, 1],
      ),
      column(
        'age',
        'FP32',
        rows.map((row) => row.age),
      ),
      column(
        'garden',
        'BOOL',
        rows.map((row) => row.garden),
      ),
      column(
        'town',
        'BYTES',
        rows.map((row) => row.town),
      ),
    ];
    const { status, body } = await post(`${base}/models/verdict/infer`, {
      id: 'a',
      inputs,
      outputs: [{ name: 'predict' }, { name: 'predict_proba' }],
    });
    expect(status).toBe(200);
    const batch = await post(`${server.url}/models/verdict/predict_batch`, rows);
    expect(body).toEqual({
      model_name: 'verdict',
      model_version: '1',
      id: 'a',
      outputs: [
        { name: 'predict', datatype: 'BYTES', shape: [3, 1], data: batch.body.predictions },
        {
          name: 'predict_proba',
          datatype: 'FP64',
          shape: [3, 3],
          data: batch.body.probabilities.flatMap(Object.values),
        },
      ],
    });
  });

  it('answers with the first output when none is named, and with intervals when they are', async () => {
    const plain = await post(`${base}/models/price/infer`, { inputs: houseColumns });
    expect(plain.body.outputs).toEqual([
      { name: 'predict', datatype: 'FP64', shape: [2, 1], data: [expect.any(Number), expect.any(Number)] },
    ]);
    const { body } = await post(`${base}/models/price/infer`, {
      inputs: houseColumns,
      outputs: [{ name: 'interval' }],
    });
    expect(body.outputs).toHaveLength(1);
    const [lower, upper] = body.outputs[0].data;
    expect(lower).toBeLessThanOrEqual(plain.body.outputs[0].data[0]);
    expect(upper).toBeGreaterThanOrEqual(plain.body.outputs[0].data[0]);
  });

  it.each([
    ['flat', [0, 1, 3, 3]],
    ['nested', [[0, 1], [3, 3]]], // biome-ignore format: rows
  ])('takes a matrix, %s', async (_form, data) => {
    const { body } = await post(`${base}/models/matrix/infer`, { inputs: [matrix(data)] });
    expect(body.outputs).toEqual([{ name: 'predict', datatype: 'INT64', shape: [2, 1], data: [0, 1] }]);
  });

  it.each(['UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'BF16', 'FP32'])(
    'takes %s',
    async (datatype) => {
      const { body } = await post(`${base}/models/matrix/infer`, {
        inputs: [matrix([0, 1, 3, 3], [2, 2], datatype)],
      });
      expect(body.outputs?.[0].data).toEqual([0, 1]);
    },
  );

  it('transforms', async () => {
    const { body } = await post(`${base}/models/scale/infer`, { inputs: [matrix([1, 2, 3, 4])] });
    expect(body.outputs).toEqual([
      { name: 'transform', datatype: 'FP64', shape: [2, 2], data: [-1, -1, 1, 1] },
    ]);
  });

  it('takes null, "NaN" and the NaN of Python as missing', async () => {
    const expected = await post(`${base}/models/price/infer`, { inputs: houseColumns });
    for (const missing of ['"NaN"', 'NaN']) {
      const body = JSON.stringify({ id: 'say "NaN"', inputs: houseColumns }).replace('null', missing);
      const answer = await post(`${base}/models/price/infer`, body);
      expect(answer.body).toEqual({ ...expected.body, id: 'say "NaN"' });
    }
    const whole = await post(
      `${base}/models/matrix/infer`,
      '{"inputs": [{"data": [-Infinity], "shape": [1], "name": "x", "datatype": "FP32"}]}',
    );
    expect(whole.status).toBe(400);
  });

  it('takes a request without a content type', async () => {
    const response = await fetch(`${base}/models/matrix/infer`, {
      method: 'POST',
      body: Buffer.from(JSON.stringify({ inputs: [matrix([0, 1, 3, 3])] })),
    });
    expect(response.status).toBe(200);
  });
});

describe('refusals', () => {
  it.each<[string, number, string, unknown]>([
    ['no inputs', 400, 'ERR_REQUEST', {}],
    ['inputs that are none', 400, 'ERR_REQUEST', { inputs: [] }],
    ['a list', 400, 'ERR_REQUEST', []],
    ['null', 400, 'ERR_REQUEST', null],
    ['an input that is null', 400, 'ERR_REQUEST', { inputs: [null] }],
    ['an id that is a number', 400, 'ERR_REQUEST', { id: 1, inputs: [matrix([1, 2], [1, 2])] }],
    ['no name', 400, 'ERR_REQUEST', { inputs: [{ ...matrix([1, 2], [1, 2]), name: undefined }] }],
    ['no datatype', 400, 'ERR_REQUEST', { inputs: [{ ...matrix([1, 2], [1, 2]), datatype: undefined }] }],
    ['an unknown datatype', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [1, 2], 'FP8')] }],
    ['no shape', 400, 'ERR_REQUEST', { inputs: [{ ...matrix([1, 2]), shape: undefined }] }],
    ['three dimensions', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [1, 1, 2])] }],
    ['a negative dimension', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [-1, -2])] }],
    ['a fraction of a dimension', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [0.5, 4])] }],
    ['a shape whose size overflows', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [2 ** 52, 2 ** 52])] }],
    ['more data than the shape', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2, 3], [1, 2])] }],
    ['less data than the shape', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2, 3])] }],
    ['data that is text', 400, 'ERR_REQUEST', { inputs: [matrix('1234')] }],
    ['no data', 400, 'ERR_REQUEST', { inputs: [matrix(undefined)] }],
    ['rows of different lengths', 400, 'ERR_REQUEST', { inputs: [matrix([[1, 2, 3], [4]])] }],
    [
      'data nested too deep',
      400,
      'ERR_REQUEST',
      {
        inputs: [
          matrix([
            [[1], [2]],
            [[3], [4]],
          ]),
        ],
      },
    ],
    ['text among numbers', 400, 'ERR_REQUEST', { inputs: [matrix([1, 'two'], [1, 2])] }],
    ['an object among numbers', 400, 'ERR_REQUEST', { inputs: [matrix([1, {}], [1, 2])] }],
    ['a number that UINT8 has not', 400, 'ERR_REQUEST', { inputs: [matrix([1, 256], [1, 2], 'UINT8')] }],
    ['a fraction that INT32 has not', 400, 'ERR_REQUEST', { inputs: [matrix([1, 0.5], [1, 2], 'INT32')] }],
    ['a missing value the model needs', 400, 'ERR_REQUEST', { inputs: [matrix([1, null], [1, 2])] }],
    ['text for a matrix of numbers', 400, 'ERR_REQUEST', { inputs: [matrix(['1', '2'], [1, 2], 'BYTES')] }],
    ['the wrong number of columns', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2, 3], [1, 3])] }],
    ['no columns', 400, 'ERR_REQUEST', { inputs: [matrix([], [1, 0])] }],
    ['no rows', 400, 'ERR_EMPTY', { inputs: [matrix([], [0, 2])] }],
    ['an unknown output', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [1, 2])], outputs: [{ name: 'p' }] }],
    ['an output without name', 400, 'ERR_REQUEST', { inputs: [matrix([1, 2], [1, 2])], outputs: [{}] }],
    ['too many rows', 413, 'ERR_TOO_MANY_ROWS', { inputs: [matrix(new Array(20_002).fill(1), [10_001, 2])] }],
    [
      'a timeout that is text',
      400,
      'ERR_REQUEST',
      { inputs: [matrix([1, 2], [1, 2])], parameters: { timeout: '1' } },
    ],
    [
      'a priority that is none',
      400,
      'ERR_REQUEST',
      { inputs: [matrix([1, 2], [1, 2])], parameters: { priority: -1 } },
    ],
    [
      'shared memory',
      400,
      'ERR_REQUEST',
      { inputs: [{ ...matrix(undefined), parameters: { shared_memory_region: 'r' } }] },
    ],
    ['a forbidden key', 400, 'ERR_JSON', '{"__proto__": {}}'],
    ['no JSON', 400, 'ERR_JSON', 'inputs'],
    ['an empty body', 400, 'ERR_JSON', ''],
  ])('%s', async (_what, status, code, sent) => {
    const answer = await post(`${base}/models/matrix/infer`, sent);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.error).toEqual(expect.any(String));
  });

  it.each<[string, unknown[]]>([
    ['a column twice', [rooms, rooms, garden, town]],
    ['a column that the model has not', [...houseColumns, column('pool', 'BOOL', [true, false])]],
    ['columns of different lengths', [rooms, age, garden, column('town', 'BYTES', ['Oslo'])]],
    ['a column that is a matrix', [column('rooms', 'FP64', [1, 2], [1, 2]), age, garden, town]],
    ['a column missing that the model needs', [rooms, age, garden]],
    ['numbers for text', [rooms, age, garden, column('town', 'FP32', [1, 2])]],
    ['text for numbers', [column('rooms', 'BYTES', ['4', '2']), age, garden, town]],
    ['an unknown category', [rooms, age, garden, column('town', 'BYTES', ['Oslo', 'Rome'])]],
    ['a number for a truth', [rooms, age, column('garden', 'INT8', [2, 0]), town]],
  ])('%s', async (_what, inputs) => {
    const answer = await post(`${base}/models/price/infer`, { inputs });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual(expect.any(String));
  });

  it('a column may be absent where values were missing in training', async () => {
    const answer = await post(`${base}/models/price/infer`, { inputs: [rooms, garden, town] });
    expect(answer.status).toBe(200);
  });

  it('another media type', async () => {
    const answer = await post(`${base}/models/matrix/infer`, '{}', { 'content-type': 'text/xml' });
    expect([answer.status, answer.body.code]).toEqual([415, 'ERR_MEDIA_TYPE']);
  });
});
