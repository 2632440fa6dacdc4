/** Spans of requests that were really sent, by OpenTelemetry's own SDK. */
import { credentials, type Client as GrpcClient, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { hrTimeToNanoseconds, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Estimator, LinearRegression } from '../../lib/index.js';
import type { ServiceRequest } from '../../lib/serve/http.js';
import {
  type BorealServer,
  createFetchHandler,
  ModelEndpoint,
  type ServeOptions,
  Service,
  serve,
} from '../../lib/serve/index.js';
import { post, priceModel } from './support.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

const exporter = new InMemorySpanExporter();
let line: Estimator;
let price: Estimator;
beforeAll(async () => {
  line = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
  price = await priceModel();
});
beforeEach(() => {
  exporter.reset();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
});

let server: BorealServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.restoreAllMocks();
  trace.disable();
  propagation.disable();
  context.disable();
});

async function start(options: ServeOptions = {}): Promise<string> {
  server = await serve({ line, price }, { port: 0, handleSignals: false, ...options });
  return server.url;
}

/** The only span of this name. */
function spanOf(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().filter((span) => span.name === name);
  expect(
    found,
    exporter
      .getFinishedSpans()
      .map((span) => span.name)
      .join(),
  ).toHaveLength(1);
  return found[0];
}

const childrenOf = (parent: ReadableSpan) =>
  exporter
    .getFinishedSpans()
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent.spanContext().spanId);

describe('the span of a request', () => {
  it('goes on with the trace of the caller, and says what was asked by the conventions', async () => {
    const url = await start({ prefix: '/ml' });
    const headers = { traceparent: TRACEPARENT, tracestate: 'vendor=1', 'user-agent': 'a test' };
    const { status } = await post(
      `${new URL(url).origin}/ml/models/line/predict?token=secret`,
      { x: 4 },
      headers,
    );
    expect(status).toBe(200);
    const span = spanOf('POST /ml/models/:name/predict');
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.spanContext().traceId).toBe(TRACE);
    expect(span.parentSpanContext).toMatchObject({ spanId: CALLER, isRemote: true });
    expect(span.spanContext().traceState?.get('vendor')).toBe('1');
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/ml/models/:name/predict',
      'http.response.status_code': 200,
      'url.path': '/ml/models/line/predict',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': server!.port,
      'client.address': '127.0.0.1',
      'user_agent.original': 'a test',
      'boreal.model.name': 'line',
      'boreal.model.version': '1',
    } satisfies Attributes);
    expect(span.instrumentationScope.name).toBe('boreal');
  });

  it('begins a trace for a caller that has none, or a malformed one', async () => {
    const url = await start();
    await post(`${url}/models/line/predict`, { x: 4 });
    await post(`${url}/models/line/predict`, { x: 4 }, { traceparent: '00-zz-1-01' });
    const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
    expect(spans.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2);
  });

  it('tells a refusal by its code, and is an error only where the server is to blame', async () => {
    const url = await start({ apiKeys: ['a-key-of-some-length-1234567890'] });
    const headers = { 'x-api-key': 'a-key-of-some-length-1234567890' };
    expect((await post(`${url}/models/line/predict`, { x: 4 }, { traceparent: TRACEPARENT })).status).toBe(
      401,
    );
    const stranger = spanOf('POST /models/:name/predict');
    expect(stranger.parentSpanContext?.spanId).toBe(CALLER);
    expect(stranger.attributes).toMatchObject({
      'http.response.status_code': 401,
      'boreal.error.code': 'ERR_UNAUTHORIZED',
    });
    exporter.reset();
    expect((await post(`${url}/models/line/predict`, { y: 4 }, headers)).status).toBe(400);
    const wrong = spanOf('POST /models/:name/predict');
    expect(wrong.status.code).toBe(SpanStatusCode.UNSET);
    expect(wrong.attributes['error.type']).toBeUndefined();
    expect(childrenOf(wrong)).toEqual([]);
  });

  it('is an error, with the exception, where a defect is behind it', async () => {
    const url = await start();
    vi.spyOn(ModelEndpoint.prototype, 'predict').mockImplementation(() => {
      throw new TypeError('A defect.');
    });
    expect((await post(`${url}/models/line/predict`, { x: 4 })).status).toBe(500);
    const span = spanOf('POST /models/:name/predict');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': 'ERR_INTERNAL' });
    expect(span.events[0].attributes).toMatchObject({
      'exception.type': 'TypeError',
      'exception.message': 'A defect.',
    });
  });

  it("is below a host's own span, where there is one", async () => {
    const handler = createFetchHandler(line);
    const outer = trace.getTracer('host').startSpan('outer', { kind: SpanKind.SERVER });
    const request = new Request('http://host/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: TRACEPARENT },
      body: '{"x":4}',
    });
    await context.with(trace.setSpan(context.active(), outer), () => handler(request));
    outer.end();
    const span = spanOf('POST /predict');
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  });

  it('is the active one while the request is answered', async () => {
    const url = await start();
    const { predict } = ModelEndpoint.prototype;
    vi.spyOn(ModelEndpoint.prototype, 'predict').mockImplementation(function (this: ModelEndpoint, ...args) {
      trace.getTracer('mine').startSpan('inside').end();
      return predict.apply(this, args);
    });
    await post(`${url}/models/line/predict`, { x: 4 });
    const children = childrenOf(spanOf('POST /models/:name/predict'));
    expect(children.map(({ name }) => name)).toEqual(['inside', 'compute']);
  });
});

describe('the spans of a model', () => {
  it('tell the run of a batch, inside the span of the request', async () => {
    const url = await start();
    const rows = Array.from({ length: 7 }, (_, i) => ({ x: i }));
    await post(`${url}/models/line/predict_batch`, rows, { 'content-type': 'application/json' });
    const parent = spanOf('POST /models/:name/predict_batch');
    const [compute] = childrenOf(parent);
    expect(compute.name).toBe('compute');
    expect(compute.attributes).toEqual({
      'boreal.model.name': 'line',
      'boreal.model.version': '1',
      'boreal.batch.rows': 7,
      'boreal.batch.requests': 1,
      'boreal.batch.reason': 'inline',
    });
    const [from, began, ended, to] = [
      parent.startTime,
      compute.startTime,
      compute.endTime,
      parent.endTime,
    ].map(hrTimeToNanoseconds);
    expect(from).toBeLessThanOrEqual(began);
    expect(began).toBeLessThanOrEqual(ended);
    expect(ended).toBeLessThanOrEqual(to);
  });

  it('tell the wait of each request of a batch, and that they ran together', async () => {
    const endpoint = await ModelEndpoint.create(price, { maxBatchRows: 1 << 20, maxQueueRows: 1 << 20 });
    const { schema, precision } = endpoint.plan;
    const rows = 4000;
    const input = () =>
      precision === 'float32'
        ? new Float32Array(rows * schema.columns.length)
        : new Float64Array(rows * schema.columns.length);
    const told: { queueMs: number; requests: number }[] = [];
    const ran = (run: { queueMs: number; requests: number }) => void told.push(run);
    await Promise.all([1, 2, 3].map(() => endpoint.run(input(), rows, { ran })));
    expect(told.map(({ requests }) => requests)).toEqual([1, 2, 2]);
    expect(told[1].queueMs).toBeGreaterThan(0);
    expect(told[1].queueMs).toBeGreaterThanOrEqual(told[2].queueMs);
  });

  it('show the queue between the request and the run', async () => {
    // Three may wait while the first runs: however fast they come, none is too many for the queue.
    const url = await start({ maxQueueRows: 9000, maxWaitMs: 60_000 });
    const rows = Array.from({ length: 3000 }, () => [4, 30, true, 'Oslo']);
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => post(`${url}/models/price/predict_batch`, rows)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    // A span may end after its answer has arrived.
    const finished = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
    await expect.poll(() => finished('compute').length).toBe(4);
    const parents = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
    expect(parents).toHaveLength(4);
    for (const parent of parents) {
      const children = childrenOf(parent);
      expect(children.at(-1)?.name).toBe('compute');
      if (children.length === 1) continue;
      const [queue, compute] = children;
      expect(queue.name).toBe('queue');
      expect(queue.endTime).toEqual(compute.startTime);
    }
  });

  it('are there for compressed bodies and for the Open Inference Protocol', async () => {
    const { gzipSync } = await import('node:zlib');
    const url = await start();
    await fetch(`${url}/models/line/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync('{"x":4}'),
    });
    const body = {
      inputs: [{ name: 'x', datatype: 'FP64', shape: [1], data: [4] }],
      parameters: { timeout: 60_000_000 },
    };
    expect((await post(`${url}/v2/models/line/infer`, body)).status).toBe(200);
    for (const name of ['POST /models/:name/predict', 'POST /v2/models/:model/infer']) {
      expect(childrenOf(spanOf(name)).map((span) => span.name)).toEqual(['compute']);
    }
  });
});

it('traces calls of gRPC, with their metadata as headers', async () => {
  await start({ grpc: { port: 0 } });
  const { inference } = loadPackageDefinition(
    loadSync('lib/serve/grpc/inference.proto', { keepCase: true }),
  ) as unknown as { inference: { GRPCInferenceService: typeof GrpcClient } };
  const client = new inference.GRPCInferenceService(
    `127.0.0.1:${server!.grpcPort}`,
    credentials.createInsecure(),
  ) as GrpcClient & { ModelInfer: CallableFunction };
  const call = (message: object) => {
    const metadata = new Metadata();
    metadata.set('traceparent', TRACEPARENT);
    return new Promise((resolve) => {
      client.ModelInfer(message, metadata, (error: unknown, answer: unknown) => resolve(error ?? answer));
    });
  };
  const inputs = [{ name: 'x', datatype: 'FP64', shape: [1], contents: { fp64_contents: [4] } }];
  await call({ model_name: 'line', inputs });
  const name = 'inference.GRPCInferenceService/ModelInfer';
  const span = spanOf(name);
  expect(span.kind).toBe(SpanKind.SERVER);
  expect(span.parentSpanContext?.spanId).toBe(CALLER);
  expect(span.attributes).toMatchObject({
    'rpc.system.name': 'grpc',
    'rpc.method': name,
    'boreal.model.name': 'line',
  });
  expect(childrenOf(span).map((child) => child.name)).toEqual(['compute']);
  exporter.reset();
  await call({ model_name: 'nobody', inputs });
  expect(spanOf(name).attributes['boreal.error.code']).toBe('ERR_MODEL');
  client.close();
});

it('asks the sampler, and does nothing more for a request that it does not take', async () => {
  trace.disable();
  const sampler = new AlwaysOffSampler();
  const asked = vi.spyOn(sampler, 'shouldSample');
  trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler }));
  const service = await Service.create(line);
  const route = service.routes.find(({ path, method }) => path === '/predict' && method === 'POST')!;
  const told: unknown[] = [];
  const request = {
    method: 'POST',
    path: '/predict',
    params: {},
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"x":4}'),
    id: '1',
    signal: new AbortController().signal,
    set ran(ran: unknown) {
      told.push(ran);
    },
  } as ServiceRequest;
  const reply = service.answer(route, request);
  // At once, as without traces: no promise stands between a cheap plan and its answer.
  expect(reply).toMatchObject({ status: 200 });
  expect(told).toEqual([]);
  expect(asked).toHaveBeenCalledTimes(1);
  const [, , , , attributes] = asked.mock.calls[0] as unknown[];
  expect(attributes).toMatchObject({ 'http.route': '/predict' });
  await service.close();
});

it('makes no span when it is turned off, or when nothing is registered', async () => {
  const off = await start({ tracing: false });
  await post(`${off}/models/line/predict`, { x: 4 });
  expect(exporter.getFinishedSpans()).toEqual([]);
  await server!.close();
  trace.disable();
  const url = await start();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  expect((await post(`${url}/models/line/predict`, { x: 4 })).status).toBe(200);
  expect(exporter.getFinishedSpans()).toEqual([]);
});
