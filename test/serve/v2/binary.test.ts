/** The binary-tensor extension: bytes in and out, and whatever bytes a hostile client could think of. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../../lib/serve/index.js';
import { v2Models } from './models.js';

let server: BorealServer;

beforeAll(async () => {
  server = await serve(await v2Models(), { port: 0, handleSignals: false, bodyLimit: 1 << 20 });
});
afterAll(() => server.close());

/** Posts JSON and the bytes behind it. */
async function infer(model: string, json: unknown, bytes: Uint8Array, headerLength?: string) {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  const response = await fetch(`${server.url}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'inference-header-content-length': headerLength ?? String(head.length) },
    body: Buffer.concat([head, bytes]),
  });
  const body = Buffer.from(await response.arrayBuffer());
  const length = response.headers.get('inference-header-content-length');
  const end = length === null ? body.length : Number(length);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: JSON.parse(body.subarray(0, end).toString()),
    bytes: body.subarray(end),
  };
}

function bytesOf(values: ArrayBufferView): Buffer {
  return Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
}

function texts(...values: string[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(value));
      return [length, Buffer.from(value)];
    }),
  );
}

const tensor = (datatype: string, bytes: Uint8Array, shape = [2, 2], name = 'x') => ({
  name,
  datatype,
  shape,
  parameters: { binary_data_size: bytes.length },
});

const houseTensors = [
  ['rooms', 'INT16', bytesOf(Int16Array.of(4, 2))],
  ['age', 'FP32', bytesOf(Float32Array.of(30, Number.NaN))],
  ['garden', 'BOOL', Buffer.from([1, 0])],
  ['town', 'BYTES', texts('Oslo', 'Turku')],
] as const;
const houseInputs = houseTensors.map(([name, datatype, bytes]) => tensor(datatype, bytes, [2, 1], name));
const houseBytes = Buffer.concat(houseTensors.map(([, , bytes]) => bytes));

describe('binary tensors', () => {
  it.each<[string, ArrayBufferView]>([
    ['UINT8', Uint8Array.of(0, 1, 3, 3)],
    ['UINT16', Uint16Array.of(0, 1, 3, 3)],
    ['UINT32', Uint32Array.of(0, 1, 3, 3)],
    ['UINT64', BigUint64Array.of(0n, 1n, 3n, 3n)],
    ['INT8', Int8Array.of(0, 1, 3, 3)],
    ['INT16', Int16Array.of(0, 1, 3, 3)],
    ['INT32', Int32Array.of(0, 1, 3, 3)],
    ['INT64', BigInt64Array.of(0n, 1n, 3n, 3n)],
    ['FP16', Uint16Array.of(0, 0x3c00, 0x4200, 0x4200)],
    ['BF16', Uint16Array.of(0, 0x3f80, 0x4040, 0x4040)],
    ['FP32', Float32Array.of(0, 1, 3, 3)],
    ['FP64', Float64Array.of(0, 1, 3, 3)],
  ])('reads %s as the JSON of the same numbers', async (datatype, values) => {
    const bytes = bytesOf(values);
    const outputs = [{ name: 'predict_proba' }];
    const { json } = await infer('matrix', { inputs: [tensor(datatype, bytes)], outputs }, bytes);
    const plain = { name: 'x', datatype: 'FP64', shape: [2, 2], data: [0, 1, 3, 3] };
    const expected = await infer('matrix', { inputs: [plain], outputs }, Buffer.alloc(0));
    expect(expected.status).toBe(200);
    expect(json).toEqual(expected.json);
  });

  it('reads a column of each kind, and writes what is asked for as bytes', async () => {
    const outputs = [
      { name: 'predict', parameters: { binary_data: true } },
      { name: 'predict_proba', parameters: { binary_data: false } },
    ];
    const plain = await infer('verdict', { inputs: houseInputs, outputs: [{ name: 'predict' }] }, houseBytes);
    expect(plain.type).toMatch('application/json');
    const labels: string[] = plain.json.outputs[0].data;
    const mixed = await infer('verdict', { inputs: houseInputs, outputs }, houseBytes);
    expect(mixed.status).toBe(200);
    expect(mixed.type).toBe('application/octet-stream');
    expect(mixed.json.outputs[0].parameters.binary_data_size).toBe(mixed.bytes.length);
    expect(mixed.json.outputs[1].data).toHaveLength(6);
    expect(mixed.bytes).toEqual(texts(...labels));
  });

  it('writes all outputs as bytes when the request says so', async () => {
    const request = { inputs: houseInputs, parameters: { binary_data_output: true } };
    const { json, bytes } = await infer('price', request, houseBytes);
    const plain = await infer('price', { inputs: houseInputs }, houseBytes);
    expect(json.outputs[0].datatype).toBe('FP64');
    expect(bytes).toEqual(bytesOf(Float64Array.from(plain.json.outputs[0].data)));
    const labels = await infer(
      'matrix',
      { inputs: [tensor('UINT8', Buffer.alloc(4))], parameters: { binary_data_output: true } },
      Buffer.from([0, 1, 3, 3]),
    );
    expect(labels.bytes).toEqual(bytesOf(BigInt64Array.of(0n, 1n)));
  });
});

describe('refusals', () => {
  const four = Buffer.alloc(4);
  const size = (binary_data_size: unknown) => ({
    ...tensor('UINT8', four),
    parameters: { binary_data_size },
  });
  it.each<[string, unknown[], Uint8Array]>([
    ['a size beyond the body', [size(5)], four],
    ['a size too small', [size(3)], four],
    ['a negative size', [size(-4)], four],
    ['a fraction of a byte', [size(3.5)], four],
    ['a size that overflows', [size(2 ** 53)], four],
    ['a size that is text', [size('4')], four],
    ['a size that is null', [size(null)], four],
    ['bytes of no tensor', [size(4)], Buffer.alloc(5)],
    ['bytes of no tensor, two inputs', [size(4), size(4)], Buffer.alloc(8)],
    ['both data and bytes', [{ ...size(4), data: [1, 2, 3, 4] }], four],
    ['fewer bytes than the shape', [tensor('FP32', four)], four],
    ['a shape whose size overflows', [tensor('FP32', four, [2 ** 50, 2 ** 50])], four],
    ['a BOOL of 2', [tensor('BOOL', four)], Buffer.from([0, 1, 2, 0])],
    ['an infinite number', [tensor('FP32', Buffer.alloc(16))], bytesOf(Float32Array.of(1, Infinity, 1, 1))],
    ['a missing number', [tensor('FP64', Buffer.alloc(32))], bytesOf(Float64Array.of(1, Number.NaN, 1, 1))],
  ])('%s', async (_what, inputs, bytes) => {
    const { status, json } = await infer('matrix', { inputs }, bytes);
    expect([status, typeof json.error]).toEqual([400, 'string']);
  });

  it.each<[string, Buffer]>([
    ['a length beyond the tensor', Buffer.from([255, 255, 255, 255, 65])],
    ['a length that is cut off', Buffer.concat([texts('Oslo'), Buffer.from([1, 0])])],
    ['too few texts', texts('Oslo')],
    ['too many texts', texts('Oslo', 'Oslo', 'Oslo')],
    ['text that is no UTF-8', Buffer.from([1, 0, 0, 0, 255, 1, 0, 0, 0, 254])],
  ])('%s', async (_what, towns) => {
    const inputs = [...houseInputs.slice(0, 3), tensor('BYTES', towns, [2], 'town')];
    const bytes = Buffer.concat([...houseTensors.slice(0, 3).map(([, , each]) => each), towns]);
    expect((await infer('price', { inputs }, bytes)).status).toBe(400);
  });

  it.each(['0', '-1', '1e2', '9999999', '18446744073709551617', 'ten', ' ', '12.5', '0x10'])(
    'a header length of %j',
    async (length) => {
      expect((await infer('matrix', { inputs: [size(4)] }, four, length)).status).toBe(400);
    },
  );

  it('bytes without the header', async () => {
    const response = await fetch(`${server.url}/v2/models/matrix/infer`, {
      method: 'POST',
      body: Buffer.from(JSON.stringify({ inputs: [size(4)] })),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'ERR_REQUEST' });
  });
});

describe('fuzzing', () => {
  const valid = Buffer.concat([Buffer.from(JSON.stringify({ inputs: houseInputs })), houseBytes]);
  const length = valid.length - houseBytes.length;

  async function attempt(body: Uint8Array, header: string): Promise<void> {
    const response = await fetch(`${server.url}/v2/models/price/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': header },
      body: Buffer.from(body),
    });
    const text = await response.text();
    expect([200, 400, 413]).toContain(response.status);
    if (response.status !== 200) expect(JSON.parse(text)).toMatchObject({ error: expect.any(String) });
  }

  it('mutated bodies get an answer or a refusal', async () => {
    const change = fc.record({
      at: fc.nat(valid.length - 1),
      remove: fc.nat(8),
      insert: fc.uint8Array({ maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: -4, max: 4 }),
        async (changes, shift) => {
          let body: Uint8Array = valid;
          for (const { at, remove, insert } of changes) {
            body = Buffer.concat([body.subarray(0, at), insert, body.subarray(at + remove)]);
          }
          await attempt(body, String(length + shift));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a name that no text can be made of is refused', async () => {
    const head = Buffer.from('{"inputs":[{"name":{"toString":null},"datatype":"FP32","shape":[1]}]}');
    await attempt(head, String(head.length));
  });

  it('so do well-formed requests with arbitrary members and bytes', async () => {
    const size = fc.oneof(
      fc.nat(64),
      fc.integer(),
      fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53, -1, null, '8'),
    );
    const input = fc.record(
      {
        name: fc.oneof(fc.constantFrom('rooms', 'age', 'garden', 'town', 'x'), fc.jsonValue()),
        datatype: fc.oneof(
          fc.constantFrom('BOOL', 'INT8', 'UINT64', 'FP16', 'FP32', 'FP64', 'BYTES'),
          fc.jsonValue(),
        ),
        shape: fc.oneof(
          fc.array(size, { maxLength: 3 }),
          fc.constantFrom([2], [2, 1], [1, 4]),
          fc.jsonValue(),
        ),
        parameters: fc.oneof(fc.record({ binary_data_size: size }), fc.jsonValue()),
        data: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 4 }), fc.jsonValue()),
      },
      { requiredKeys: ['name', 'datatype', 'shape'] },
    );
    const request = fc.record(
      {
        inputs: fc.oneof({ weight: 5, arbitrary: fc.array(input, { maxLength: 5 }) }, fc.jsonValue()),
        outputs: fc.oneof(
          fc.array(fc.record({ name: fc.constantFrom('predict', 'interval', 'q') })),
          fc.jsonValue(),
        ),
        parameters: fc.jsonValue(),
      },
      { requiredKeys: ['inputs'] },
    );
    await fc.assert(
      fc.asyncProperty(request, fc.uint8Array({ maxLength: 64 }), async (json, bytes) => {
        const head = Buffer.from(JSON.stringify(json));
        await attempt(Buffer.concat([head, bytes]), String(head.length));
      }),
      { numRuns: 400 },
    );
  });
});
