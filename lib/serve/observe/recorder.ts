/** Counts what happens in a service: requests by route, predictions by model, batches, errors. */
import { performance } from 'node:perf_hooks';
import type { Route } from '../http.js';
import type { BatchReason } from '../model/batcher.js';
import type { ServedModel } from '../models/served-model.js';
import type {
  BatchEvent,
  JobEvent,
  ModelEvent,
  Observer,
  PredictionEvent,
  RequestEvent,
} from '../observer.js';
import { errorResponse } from '../request-error.js';
import { Histogram, RecentHistogram } from './histogram.js';

/** Milliseconds; as seconds they are the buckets that Prometheus is told of. */
const LATENCY_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384];
/** A tenth of a microsecond, in milliseconds. */
const LATENCY_UNIT = 1e-4;

/** A histogram of milliseconds. */
export const latencies = () => new Histogram(LATENCY_BOUNDS, LATENCY_UNIT);

/** Counts of one version of a model. */
export class ModelCounts {
  readonly name: string;
  readonly version: string;
  rows = 0;
  /** Of predictions: requests that were answered. */
  readonly duration = latencies();
  /** Of runs of the plan. */
  readonly queue = latencies();
  readonly batchRows = new Histogram(ROW_BOUNDS, 1);
  readonly batches: Record<BatchReason, number> = { inline: 0, idle: 0, gathered: 0, full: 0 };

  constructor({ name, version }: { readonly name: string; readonly version: string }) {
    this.name = name;
    this.version = version;
  }
}

/** See the head of this file. */
export class Recorder implements Observer {
  readonly started = performance.now();
  readonly requests = new Map<Route, Map<number, Histogram>>();
  readonly models = new Map<string, ModelCounts>();
  /** By code. */
  readonly errors = new Map<string, number>();
  /** By the state that they have come to. */
  readonly jobs = new Map<string, number>();
  /** Jobs that wait, as last heard; undefined before the first one. */
  jobsQueued: number | undefined;
  readonly #recent = new RecentHistogram(LATENCY_BOUNDS, LATENCY_UNIT);
  readonly #recentErrors = new RecentHistogram([], 1);
  #last: { readonly model: ServedModel; readonly counts: ModelCounts } | undefined;

  request({ route, status, durationMs, error }: RequestEvent): void {
    const byStatus = getOrMake(this.requests, route, () => new Map<number, Histogram>());
    getOrMake(byStatus, status, latencies).record(durationMs);
    const now = performance.now();
    this.#recent.record(durationMs, now);
    // A reply that tells how a job has failed is no error of the request for it.
    if (status < 400 || error === undefined) return;
    this.#recentErrors.record(1, now);
    const code = errorResponse(error)?.body.code ?? 'ERR_INTERNAL';
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  prediction({ model, rows, durationMs }: PredictionEvent): void {
    const counts = this.#of(model);
    counts.rows += rows;
    counts.duration.record(durationMs);
  }

  batch({ model, rows, queueMs, reason }: BatchEvent): void {
    const counts = this.#of(model);
    counts.queue.record(queueMs);
    counts.batchRows.record(rows);
    counts.batches[reason] += 1;
  }

  job({ state, queued }: JobEvent): void {
    this.jobs.set(state, (this.jobs.get(state) ?? 0) + 1);
    this.jobsQueued = queued ?? this.jobsQueued;
  }

  /** What is gone is not counted any more: versions come and go for as long as the service runs. */
  model({ action, name, version }: ModelEvent): void {
    if (action !== 'unloaded') return;
    this.models.delete(keyOf(name, version));
    this.#last = undefined;
  }

  /** The last minute. */
  recent() {
    const now = performance.now();
    const total = this.#recent.total(now);
    return {
      seconds: this.#recent.seconds,
      requests: total.count,
      errors: this.#recentErrors.total(now).count,
      latencyMs: total.summary(),
    };
  }

  #of(model: ServedModel): ModelCounts {
    if (this.#last?.model === model) return this.#last.counts;
    const key = keyOf(model.name, model.version);
    const counts = getOrMake(this.models, key, () => new ModelCounts(model));
    this.#last = { model, counts };
    return counts;
  }
}

function keyOf(name: string, version: string): string {
  return JSON.stringify([name, version]);
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
