/** The Open Inference Protocol over gRPC, by a generic client on the package's own .proto. */
import { type Client, credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { post } from './support.js';
import { v2Models } from './v2/models.js';

// biome-ignore lint/suspicious/noExplicitAny: messages are whatever the .proto says
type Message = any;

const definition = loadPackageDefinition(
  loadSync('lib/serve/grpc/inference.proto', {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
) as Message;

let server: BorealServer;
let client: Client & Message;
beforeAll(async () => {
  server = await serve(await v2Models(), {
    port: 0,
    handleSignals: false,
    grpc: { port: 0 },
    bodyLimit: 1 << 16,
    maxRows: 100,
  });
  client = connect(server.grpcPort!);
});
afterAll(async () => {
  client.close();
  await server.close();
});

function connect(port: number): Client & Message {
  return new definition.inference.GRPCInferenceService(`127.0.0.1:${port}`, credentials.createInsecure());
}

function call(
  name: string,
  message: Message = {},
  metadata: Record<string, string> = {},
  by = client,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const sent = new Metadata();
    for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
    by[name](message, sent, (error: ServiceError | null, answer: Message) =>
      error === null ? resolve(answer) : reject(error),
    );
  });
}

const bytesOf = (values: ArrayBufferView) =>
  Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
const input = { name: 'x', datatype: 'FP32', shape: [2, 2] };
const raw = {
  model_name: 'matrix',
  inputs: [input],
  raw_input_contents: [bytesOf(Float32Array.of(0, 1, 3, 3))],
};
const typed = (datatype: string, contents: Message) => ({
  model_name: 'matrix',
  inputs: [{ ...input, datatype, contents }],
});
const INVALID = 3;

describe('health and metadata', () => {
  it('answers what the HTTP routes do', async () => {
    const get = async (path: string) => (await fetch(`${server.url}/v2${path}`)).json() as Promise<Message>;
    expect(await call('ServerLive')).toEqual({ live: true });
    expect(await call('ServerReady')).toEqual({ ready: true });
    expect(await call('ModelReady', { name: 'price' })).toEqual({ ready: true });
    expect(await call('ModelReady', { name: 'price', version: '9' })).toEqual({ ready: false });
    expect(await call('ServerMetadata')).toEqual(await get(''));
    expect(await call('ModelMetadata', { name: 'price' })).toEqual(await get('/models/price'));
    const { config } = await call('ModelConfig', { name: 'price', version: '1' });
    expect(config).toMatchObject({
      ...(await get('/models/price/config')),
      version_policy: { latest: { num_versions: 1 } },
    });
  });
});

describe('inference', () => {
  it('takes raw bytes and answers with raw bytes', async () => {
    const answer = await call('ModelInfer', {
      ...raw,
      id: 'seven',
      outputs: [{ name: 'predict' }, { name: 'predict_proba' }],
      parameters: { timeout: { int64_param: 10_000_000 }, priority: { uint64_param: 1 } },
    });
    expect(answer).toMatchObject({ model_name: 'matrix', model_version: '1', id: 'seven' });
    expect(answer.outputs.map(({ name, datatype, shape }: Message) => [name, datatype, shape])).toEqual([
      ['predict', 'INT64', [2, 1]],
      ['predict_proba', 'FP64', [2, 2]],
    ]);
    expect(answer.raw_output_contents[0]).toEqual(bytesOf(BigInt64Array.of(0n, 1n)));
    const { body } = await post(`${server.url}/v2/models/matrix/infer`, {
      inputs: [{ ...input, data: [0, 1, 3, 3] }],
      outputs: [{ name: 'predict_proba' }],
    });
    expect(answer.raw_output_contents[1]).toEqual(bytesOf(Float64Array.from(body.outputs[0].data)));
  });

  it.each([
    ['INT8', 'int_contents'],
    ['INT32', 'int_contents'],
    ['INT64', 'int64_contents'],
    ['UINT16', 'uint_contents'],
    ['UINT64', 'uint64_contents'],
    ['FP32', 'fp32_contents'],
    ['FP64', 'fp64_contents'],
  ])('takes typed contents of %s', async (datatype, field) => {
    const answer = await call('ModelInfer', typed(datatype, { [field]: [0, 1, 3, 3] }));
    expect(answer.raw_output_contents[0]).toEqual(bytesOf(BigInt64Array.of(0n, 1n)));
  });

  it('takes a column of each kind, and a version', async () => {
    const columns = [
      ['rooms', 'INT32', { int_contents: [4, 2] }],
      ['age', 'FP32', { fp32_contents: [30, Number.NaN] }],
      ['garden', 'BOOL', { bool_contents: [true, false] }],
      ['town', 'BYTES', { bytes_contents: [Buffer.from('Oslo'), Buffer.from('Turku')] }],
    ];
    const answer = await call('ModelInfer', {
      model_name: 'verdict',
      model_version: '1',
      inputs: columns.map(([name, datatype, contents]) => ({ name, datatype, shape: [2], contents })),
    });
    const { body } = await post(`${server.url}/models/verdict/predict_batch`, [
      [4, 30, true, 'Oslo'],
      [2, null, false, 'Turku'],
    ]);
    const texts = body.predictions.flatMap((text: string) => [
      Buffer.from([text.length, 0, 0, 0]),
      Buffer.from(text),
    ]);
    expect(answer.raw_output_contents).toEqual([Buffer.concat(texts)]);
  });

  it.each<[string, number, Message]>([
    ['an unknown model', 5, { ...raw, model_name: 'nobody' }],
    ['an unknown version', 5, { ...raw, model_version: '9' }],
    ['no inputs', INVALID, { model_name: 'matrix' }],
    ['too few raw contents', INVALID, { ...raw, inputs: [input, input] }],
    ['too few bytes', INVALID, { ...raw, raw_input_contents: [Buffer.alloc(3)] }],
    ['both contents', INVALID, { ...raw, inputs: [{ ...input, contents: { fp32_contents: [0, 1, 3, 3] } }] }],
    ['no contents', INVALID, { model_name: 'matrix', inputs: [input] }],
    ['contents of another type', INVALID, typed('FP32', { int_contents: [0, 1, 3, 3] })],
    ['typed contents of FP16', INVALID, typed('FP16', { fp32_contents: [0, 1, 3, 3] })],
    ['an inherited datatype', INVALID, typed('constructor', { fp32_contents: [0, 1, 3, 3] })],
    ['a number that INT8 has not', INVALID, typed('INT8', { int_contents: [0, 1, 3, 300] })],
    ['a missing value', INVALID, typed('FP32', { fp32_contents: [0, 1, 3, Number.NaN] })],
    ['a negative shape', INVALID, { ...raw, inputs: [{ ...input, shape: [-1, 2] }] }],
    ['an unknown output', INVALID, { ...raw, outputs: [{ name: 'none' }] }],
    ['a timeout that is text', INVALID, { ...raw, parameters: { timeout: { string_param: '1' } } }],
    [
      'shared memory',
      INVALID,
      { ...raw, inputs: [{ ...input, parameters: { shared_memory_region: { string_param: 'r' } } }] },
    ],
    [
      'too many rows',
      8,
      { ...raw, inputs: [{ ...input, shape: [101, 2] }], raw_input_contents: [Buffer.alloc(808)] },
    ],
    ['too many bytes', 8, { ...raw, raw_input_contents: [Buffer.alloc(1 << 17)] }],
  ])('refuses %s', async (_what, code, message) => {
    await expect(call('ModelInfer', message)).rejects.toMatchObject({
      code,
      details: expect.stringMatching(/\w{3}/),
    });
  });

  it('does not look at metadata that is about bodies', async () => {
    const metadata = { 'content-encoding': 'br', 'accept-encoding': 'gzip' };
    expect((await call('ModelInfer', raw, metadata)).model_name).toBe('matrix');
    expect((await call('RepositoryIndex', {}, metadata)).models).toHaveLength(4);
  });

  it('answers a call that hangs up before its answer with nothing, and goes on', async () => {
    const cancelled = new Promise((resolve) => {
      const started = client.ModelInfer(raw, (error: ServiceError) => resolve(error.code));
      started.cancel();
    });
    expect(await cancelled).toBe(1);
    const late = new Promise((resolve) => {
      client.ModelInfer(raw, { deadline: Date.now() - 1 }, (error: ServiceError) => resolve(error.code));
    });
    expect(await late).toBe(4);
    expect(await call('ServerLive')).toEqual({ live: true });
  });
});

it('lists, unloads and loads models, and counts', async () => {
  await call('RepositoryModelUnload', { model_name: 'scale' });
  expect(await call('ServerReady')).toEqual({ ready: false });
  expect(await call('ModelReady', { name: 'scale' })).toEqual({ ready: false });
  const { models } = await call('RepositoryIndex', { ready: true });
  expect(models.map(({ name }: Message) => name)).toEqual(['price', 'verdict', 'matrix']);
  await expect(
    call('RepositoryModelLoad', { model_name: 'scale', parameters: { config: { string_param: '{}' } } }),
  ).rejects.toMatchObject({ code: INVALID });
  await call('RepositoryModelLoad', { model_name: 'scale' });
  expect(await call('ServerReady')).toEqual({ ready: true });
  await expect(call('RepositoryModelLoad', { model_name: 'nobody' })).rejects.toMatchObject({ code: 5 });
  await call('ModelInfer', raw);
  const { model_stats } = await call('ModelStatistics', { name: 'matrix' });
  expect(model_stats[0].inference_count).toBeGreaterThanOrEqual(2);
  expect(model_stats[0].inference_stats.success.count).toBeGreaterThanOrEqual(1);
  expect((await call('ModelStatistics')).model_stats).toHaveLength(4);
});

it('asks for keys as the HTTP routes do', async () => {
  const keys = [
    'a-key-of-some-length-1234567890',
    { key: 'another-key-of-length-1234567890', name: 'boss', admin: true },
  ];
  const guarded = await serve(await v2Models(), {
    port: 0,
    grpc: { port: 0 },
    handleSignals: false,
    apiKeys: keys,
  });
  const by = connect(guarded.grpcPort!);
  const authorization = `Bearer ${keys[0]}`;
  expect(await call('ServerLive', {}, {}, by)).toEqual({ live: true });
  const refused = call('ModelInfer', raw, {}, by);
  await expect(refused).rejects.toMatchObject({ code: 16 });
  expect((await refused.catch((error) => error)).metadata.get('boreal-code')).toEqual(['ERR_UNAUTHORIZED']);
  await expect(call('ModelInfer', raw, { 'x-api-key': 'wrong' }, by)).rejects.toMatchObject({ code: 16 });
  expect((await call('ModelInfer', raw, { authorization }, by)).model_name).toBe('matrix');
  const unload = (metadata: Record<string, string>) =>
    call('RepositoryModelUnload', { model_name: 'scale' }, metadata, by);
  await expect(unload({ authorization })).rejects.toMatchObject({ code: 7 });
  expect(await unload({ 'x-api-key': 'another-key-of-length-1234567890' })).toEqual({});
  by.close();
  await guarded.close();
});

it('answers the calls that have arrived before it closes', async () => {
  const rows = 5000;
  const other = await serve(await v2Models(), {
    port: 0,
    grpc: { port: 0 },
    handleSignals: false,
    maxQueueRows: 20 * rows,
  });
  const by = connect(other.grpcPort!);
  await call('ServerLive', {}, {}, by);
  const large = {
    ...raw,
    inputs: [{ ...input, shape: [rows, 2] }],
    raw_input_contents: [Buffer.alloc(rows * 8)],
  };
  const answers = Array.from({ length: 20 }, () => call('ModelInfer', large, {}, by));
  // The last of them is on its way once an earlier call is answered.
  await call('ServerLive', {}, {}, by);
  await other.close();
  const sizes = (await Promise.all(answers)).map((answer) => answer.raw_output_contents[0].length);
  expect(sizes).toEqual(new Array(20).fill(rows * 8));
  await expect(call('ServerLive', {}, {}, by)).rejects.toMatchObject({ code: 14 });
  by.close();
});

it('fails to listen where somebody else does, and leaves nothing behind', async () => {
  const options = { port: 0, grpc: { port: server.grpcPort }, handleSignals: false };
  await expect(serve(await v2Models(), options)).rejects.toThrow(/address|EADDRINUSE|bind/i);
});
