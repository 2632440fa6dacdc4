/**
 * Events of workers on their way to the observers in the main thread, so that metrics, drift and statistics are those of
 * the whole server. They go in batches: a message costs more than an event does.
 */
import type { FloatArray } from '../../core/matrix.js';
import type { PlainRoute, Route, ServiceRequest } from '../http.js';
import type { ModelStore } from '../models/model-store.js';
import type { BatchEvent, Observer, Observers, PredictionEvent, RequestEvent } from '../observer.js';
import { fromPlainError, type PlainError, toPlainError } from './messages.js';

/** Events of some tenths of a second. */
export interface EventBatch {
  readonly requests: readonly PlainRequestEvent[];
  readonly predictions: readonly PlainPredictions[];
  readonly batches: readonly PlainBatchEvent[];
}

interface PlainRequestEvent extends Pick<RequestEvent, 'status' | 'durationMs'> {
  readonly route: number;
  readonly request: Pick<ServiceRequest, 'method' | 'path' | 'params' | 'id' | 'remoteAddress'>;
  readonly error?: PlainError;
}

interface PlainBatchEvent extends Omit<BatchEvent, 'model'> {
  readonly name: string;
  readonly version: string;
}

/** All predictions of one version: their rows one after the other. */
interface PlainPredictions {
  readonly name: string;
  readonly version: string;
  readonly rows: number[];
  readonly durationMs: number[];
  readonly input: FloatArray;
  readonly output: FloatArray;
}

const FLUSH_MS = 100;
/** Rather two messages than one that keeps the main thread busy. */
const FLUSH_AT = 2000;

/** Collects the events of a worker. */
export class EventCollector implements Observer {
  readonly #post: (events: EventBatch) => void;
  readonly #routes: ReadonlyMap<string, number>;
  readonly #isCentral: () => boolean;
  #requests: PlainRequestEvent[] = [];
  #predictions: PredictionEvent[] = [];
  #batches: PlainBatchEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param routes - of the main thread
   * @param isCentral - whether it answers all of them
   */
  constructor(routes: readonly PlainRoute[], isCentral: () => boolean, post: (events: EventBatch) => void) {
    this.#post = post;
    this.#isCentral = isCentral;
    this.#routes = new Map(routes.map((route, i) => [keyOf(route), i]));
  }

  request({ route, request, status, durationMs, error }: RequestEvent): void {
    // What the main thread has answered it knows.
    if (error === undefined && (!route.inWorker || this.#isCentral())) return;
    const { method, path, params, id, remoteAddress } = request;
    this.#requests.push({
      route: this.#routes.get(keyOf(route))!,
      request: { method, path, params: { ...params }, id, remoteAddress },
      status,
      durationMs,
      error: error === undefined ? undefined : toPlainError(error),
    });
    this.#later();
  }

  prediction(event: PredictionEvent): void {
    this.#predictions.push(event);
    this.#later();
  }

  batch({ model: { name, version }, rows, requests, queueMs, computeMs, reason }: BatchEvent): void {
    this.#batches.push({ name, version, rows, requests, queueMs, computeMs, reason });
    this.#later();
  }

  /** Posts what there is. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const requests = this.#requests;
    const batches = this.#batches;
    const predictions = pack(this.#predictions);
    this.#requests = [];
    this.#predictions = [];
    this.#batches = [];
    if (requests.length + predictions.length + batches.length > 0)
      this.#post({ requests, predictions, batches });
  }

  #later(): void {
    if (this.#requests.length + this.#predictions.length >= FLUSH_AT) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }
}

/** Tells the observers of the main thread what has happened in a worker. */
export function replay(
  { requests, predictions, batches }: EventBatch,
  observers: Observers,
  routes: readonly Route[],
  models: ModelStore,
): void {
  // A version that is gone by now is not watched any more.
  const find = (name: string, version: string) =>
    models.versions(name).find((model) => model.version === version);
  for (const { name, version, rows, durationMs, input, output } of predictions) {
    const model = find(name, version);
    if (model === undefined) continue;
    const { inputWidth } = model.endpoint;
    const { outputWidth } = model.endpoint.plan;
    for (let i = 0, at = 0; i < rows.length; i++, at += rows[i - 1]) {
      const end = at + rows[i];
      observers.prediction({
        model,
        rows: rows[i],
        durationMs: durationMs[i],
        input: input.subarray(at * inputWidth, end * inputWidth),
        output: output.subarray(at * outputWidth, end * outputWidth),
      });
    }
  }
  for (const { name, version, ...rest } of batches) {
    const model = find(name, version);
    if (model !== undefined) observers.batch({ model, ...rest });
  }
  for (const { route, request, error, ...rest } of requests) {
    observers.request({
      route: routes[route],
      request: { ...request, ...GONE },
      error: error && fromPlainError(error),
      ...rest,
    });
  }
}

/** What is not left of a request that was answered elsewhere. */
const GONE = {
  query: new URLSearchParams(),
  headers: {},
  body: new Uint8Array(0),
  signal: new AbortController().signal,
};

function keyOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function pack(events: readonly PredictionEvent[]): PlainPredictions[] {
  const groups = new Map<PredictionEvent['model'], PredictionEvent[]>();
  for (const event of events) {
    const group = groups.get(event.model);
    if (group === undefined) groups.set(event.model, [event]);
    else group.push(event);
  }
  return [...groups].map(([{ name, version }, group]) => ({
    name,
    version,
    rows: group.map(({ rows }) => rows),
    durationMs: group.map((event) => event.durationMs),
    input: concat(group.map(({ input }) => input)),
    output: concat(group.map(({ output }) => output)),
  }));
}

function concat(arrays: readonly FloatArray[]): FloatArray {
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const all = arrays[0] instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
