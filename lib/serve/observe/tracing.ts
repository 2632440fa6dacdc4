/**
 * Spans of OpenTelemetry, by its semantic conventions: one per request, and below it the wait in the queue and the run of
 * the model. @opentelemetry/api is optional and loaded here only. Where it is not installed, or no provider of traces is
 * registered when the service is made, the feature is not there, and requests pay nothing.
 */
import { performance } from 'node:perf_hooks';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import type { ServiceRequest } from '../http.js';
import type { BatchRun, ModelName } from '../model/batcher.js';
import type { Observer, RequestEvent } from '../observer.js';
import { errorResponse } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { version as borealVersion } from '../version.js';

/** Options of tracing. */
export interface TracingOptions {
  /**
   * Make spans, where `@opentelemetry/api` is installed and a tracer provider is registered before the service is made.
   * Default true.
   */
  readonly tracing?: boolean;
}

type Api = typeof import('@opentelemetry/api');

/** Makes the feature; undefined where nobody would see a span. */
export async function tracing({ options }: ServiceContext): Promise<Feature | undefined> {
  if (options.tracing === false) return undefined;
  const api = await import('@opentelemetry/api').catch(() => undefined);
  if (api === undefined || !isRegistered(api)) return undefined;
  return new RequestTracer(api, options.prefix ?? '');
}

/** The API itself is a provider, too: one that makes nothing until another is registered. */
function isRegistered({ trace, ProxyTracerProvider }: Api): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('boreal') !== undefined;
}

/** The span of a request. */
interface Trace {
  readonly span: Span;
  /** With the span as the active one. */
  readonly inside: Context;
  /** From the clock of `performance.now()` to that of the spans: one for all spans of the request, so that they meet. */
  readonly offset: number;
}

class RequestTracer implements Feature {
  readonly observer: Observer;
  readonly #api: Api;
  readonly #tracer: Tracer;
  readonly #prefix: string;
  /** Of requests that are sampled, and not answered yet. */
  readonly #traces = new WeakMap<ServiceRequest, Trace>();

  constructor(api: Api, prefix: string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer('boreal', borealVersion);
    this.#prefix = prefix;
    this.observer = { request: (event) => this.#end(event) };
  }

  around: NonNullable<Feature['around']> = (route, request, started, answer) => {
    const { trace, context, propagation, SpanKind } = this.#api;
    const active = context.active();
    // A host that traces HTTP by itself has a span for this request, and has read its headers.
    const isNested = trace.getSpan(active) !== undefined;
    const parent = isNested ? active : propagation.extract(active, request.headers);
    const template = this.#prefix + route.path;
    const offset = Date.now() - performance.now();
    const span = this.#tracer.startSpan(
      request.rpc ?? `${request.method} ${template}`,
      {
        kind: isNested ? SpanKind.INTERNAL : SpanKind.SERVER,
        startTime: offset + started,
        attributes:
          request.rpc === undefined
            ? attributesOf(request, this.#prefix, template)
            : rpcAttributesOf(request),
      },
      parent,
    );
    const inside = trace.setSpan(parent, span);
    // One that is not sampled is there for the spans of others that the answer may cause, and has nothing to tell.
    if (span.isRecording()) {
      const own: Trace = { span, inside, offset };
      this.#traces.set(request, own);
      request.ran = (run, model) => this.#ran(own, run, model);
    }
    return context.with(inside, answer);
  };

  /** Adds what is past already: the wait, and the run that has just ended. */
  #ran({ span, inside, offset }: Trace, run: BatchRun, { name, version }: ModelName): void {
    const ended = offset + performance.now();
    const began = ended - run.computeMs;
    const attributes = { 'boreal.model.name': name, 'boreal.model.version': version };
    span.setAttributes(attributes);
    if (run.queueMs > 0) {
      const options = { startTime: began - run.queueMs, attributes };
      this.#tracer.startSpan('queue', options, inside).end(began);
    }
    const more = {
      'boreal.batch.rows': run.rows,
      'boreal.batch.requests': run.requests,
      'boreal.batch.reason': run.reason,
    };
    const options = { startTime: began, attributes: { ...attributes, ...more } };
    this.#tracer.startSpan('compute', options, inside).end(ended);
  }

  /** A worker's request, told again in the main thread, has no span here: it has one there. */
  #end({ request, status, error }: RequestEvent): void {
    const own = this.#traces.get(request);
    if (own === undefined) return;
    const { span, offset } = own;
    this.#traces.delete(request);
    request.ran = undefined;
    if (request.rpc === undefined) span.setAttribute('http.response.status_code', status);
    if (status >= 400) {
      const known = errorResponse(error);
      const code = known?.body.code ?? 'ERR_INTERNAL';
      span.setAttribute('boreal.error.code', code);
      // What a client did wrong is not an error of this server.
      if (status >= 500) {
        span.setAttribute('error.type', code);
        span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
        if (known === undefined && error instanceof Error) span.recordException(error);
      }
    }
    span.end(offset + performance.now());
  }
}

/** Neither the query nor any other header: they may hold what is nobody's business. */
function attributesOf(request: ServiceRequest, prefix: string, template: string): Attributes {
  const { host, 'user-agent': agent } = request.headers;
  return {
    'http.request.method': request.method,
    'http.route': template,
    'url.path': prefix + request.path,
    'url.scheme': 'http',
    ...addressOf(host),
    'client.address': request.remoteAddress,
    'user_agent.original': typeof agent === 'string' ? agent : undefined,
  };
}

function rpcAttributesOf({ rpc, headers, remoteAddress }: ServiceRequest): Attributes {
  return {
    'rpc.system.name': 'grpc',
    'rpc.method': rpc,
    ...addressOf(headers.host),
    'client.address': remoteAddress,
  };
}

/** As a client has named this server. */
function addressOf(host: ServiceRequest['headers'][string]): Attributes {
  const [, address, port] = /^(.*?)(?::(\d+))?$/.exec(String(host ?? '')) ?? [];
  if (!address) return {};
  return { 'server.address': address, 'server.port': port === undefined ? undefined : Number(port) };
}
