/** `GET /metrics` for Prometheus and `GET /stats` for people and consoles, from the same counts. */
import { type Access, Reply, type Route } from '../http.js';
import { ref, TEXT } from '../openapi/operation.js';
import type { Feature, ServiceContext } from '../service.js';
import type { Histogram } from './histogram.js';
import { Exposition, type MetricView, type Sample } from './prometheus.js';
import { latencies, type ModelCounts, Recorder } from './recorder.js';
import { RuntimeWatch } from './runtime.js';

/** Options of metrics. */
export interface MetricsOptions {
  /** Counts and times at `/metrics` and `/stats`; false turns both off. Default true. */
  readonly metrics?:
    | boolean
    | {
        /** Who may read them. Default 'predict': any key, where there are keys. */
        readonly access?: Access;
        /** Tell of the process, too: event loop, processor, memory. Default true. */
        readonly runtime?: boolean;
      };
}

/** Makes the routes. */
export function metricsRoutes({ models, options, gauges }: ServiceContext): Feature | undefined {
  const { metrics = true } = options;
  if (metrics === false) return undefined;
  const { access = 'predict', runtime = true } = metrics === true ? {} : metrics;
  const recorder = new Recorder();
  const watch = runtime ? new RuntimeWatch() : undefined;
  const ready = function* (): Iterable<Sample> {
    for (const { name, versions } of models.status()) {
      for (const { version, state } of versions) {
        yield { labels: { model: name, version }, value: state === 'ready' ? 1 : 0 };
      }
    }
  };
  gauges.push(
    { name: 'boreal_model_ready', help: 'Whether the version answers requests.', type: 'gauge', read: ready },
    ...requestViews(recorder),
    ...modelViews(recorder),
    ...jobViews(recorder),
    ...(watch ? runtimeViews(watch) : []),
  );
  let exposition: Exposition | undefined;
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/metrics',
      access,
      summary: 'Metrics for Prometheus, or as OpenMetrics when the Accept header says so.',
      operation: { response: TEXT, responseType: 'text/plain' },
      handle: async ({ headers }) => {
        exposition ??= new Exposition(gauges);
        const { type, text } = await exposition.render(headers.accept);
        return new Reply(200, text, { 'content-type': type });
      },
    },
    {
      method: 'GET',
      path: '/stats',
      access,
      summary: 'Counts, latencies (ms) and errors, by route and by model; the last minute by itself.',
      operation: { response: ref('Stats') },
      handle: () => statsOf(recorder, watch),
    },
  ];
  return { routes, observer: recorder, close: () => watch?.close() };
}

function requestViews({ requests, errors }: Recorder): MetricView[] {
  const read = function* (): Iterable<Sample & { readonly value: Histogram }> {
    for (const [{ method, path }, byStatus] of requests) {
      for (const [status, value] of byStatus) {
        yield { labels: { method, route: path, status: String(status) }, value };
      }
    }
  };
  return [
    {
      name: 'boreal_http_requests_total',
      help: 'Requests answered.',
      type: 'counter',
      read: () => Array.from(read(), ({ labels, value }) => ({ labels, value: value.count })),
    },
    {
      name: 'boreal_http_request_duration_seconds',
      help: 'From the request to its answer.',
      type: 'histogram',
      scale: 1e-3,
      read,
    },
    {
      name: 'boreal_errors_total',
      help: 'Requests answered with an error, by its code.',
      type: 'counter',
      read: () => Array.from(errors, ([code, value]) => ({ labels: { code }, value })),
    },
  ];
}

function modelViews({ models }: Recorder): MetricView[] {
  const by = (value: (counts: ModelCounts) => number | Histogram) => () =>
    Array.from(models.values(), (counts) => ({
      labels: { model: counts.name, version: counts.version },
      value: value(counts),
    }));
  return [
    {
      name: 'boreal_predictions_total',
      help: 'Requests for predictions that a model has answered.',
      type: 'counter',
      read: by(({ duration }) => duration.count),
    },
    {
      name: 'boreal_prediction_rows_total',
      help: 'Rows that a model has predicted.',
      type: 'counter',
      read: by(({ rows }) => rows),
    },
    {
      name: 'boreal_prediction_duration_seconds',
      help: 'From encoded rows to their prediction, with the wait in the queue.',
      type: 'histogram',
      scale: 1e-3,
      read: by(({ duration }) => duration),
    },
    {
      name: 'boreal_queue_wait_seconds',
      help: 'The longest wait in the queue of each run of a model.',
      type: 'histogram',
      scale: 1e-3,
      read: by(({ queue }) => queue),
    },
    {
      name: 'boreal_batch_rows',
      help: 'Rows of each run of a model.',
      type: 'histogram',
      read: by(({ batchRows }) => batchRows),
    },
    {
      name: 'boreal_batches_total',
      help: 'Runs of a model, by why they began when they did.',
      type: 'counter',
      read: () =>
        Array.from(models.values()).flatMap(({ name, version, batches }) =>
          Object.entries(batches).map(([reason, value]) => ({
            labels: { model: name, version, reason },
            value,
          })),
        ),
    },
  ];
}

function jobViews(recorder: Recorder): MetricView[] {
  return [
    {
      name: 'boreal_jobs_total',
      help: 'Jobs that came to a state, as far as this process has seen.',
      type: 'counter',
      read: () => Array.from(recorder.jobs, ([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'boreal_jobs_queued',
      help: 'Jobs that wait, as last heard.',
      type: 'gauge',
      read: () => (recorder.jobsQueued === undefined ? [] : [{ value: recorder.jobsQueued }]),
    },
  ];
}

function runtimeViews(watch: RuntimeWatch): MetricView[] {
  const of = (value: (process: ReturnType<RuntimeWatch['process']>) => number) => () => [
    { value: value(watch.process()) },
  ];
  return [
    {
      name: 'boreal_event_loop_delay_seconds',
      help: 'How late timers fire.',
      type: 'gauge',
      scale: 1e-3,
      read: () =>
        Object.entries(watch.eventLoopDelayMs()).map(([quantile, value]) => ({
          labels: { quantile },
          value,
        })),
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'Processor time used by the process.',
      type: 'counter',
      read: of(({ cpuSeconds }) => cpuSeconds),
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process.',
      type: 'gauge',
      read: of(({ rss }) => rss),
    },
    {
      name: 'nodejs_heap_used_bytes',
      help: 'Memory of JavaScript objects.',
      type: 'gauge',
      read: of(({ heapUsed }) => heapUsed),
    },
    {
      name: 'nodejs_external_memory_bytes',
      help: 'Memory of buffers that JavaScript objects hold.',
      type: 'gauge',
      read: of(({ external }) => external),
    },
  ];
}

function statsOf(recorder: Recorder, watch: RuntimeWatch | undefined) {
  return {
    uptime: (performance.now() - recorder.started) / 1000,
    recent: recorder.recent(),
    routes: Array.from(recorder.requests, ([{ method, path }, byStatus]) => {
      const all = [...byStatus.values()].reduce((sum, each) => sum.add(each), latencies());
      return {
        method,
        route: path,
        count: all.count,
        status: Object.fromEntries(Array.from(byStatus, ([status, { count }]) => [status, count])),
        latencyMs: all.summary(),
      };
    }),
    models: Array.from(recorder.models.values(), ({ name, version, rows, duration, queue, batchRows }) => ({
      name,
      version,
      predictions: duration.count,
      rows,
      latencyMs: duration.summary(),
      queueMs: queue.summary(),
      batchRows: batchRows.summary(),
    })),
    errors: Object.fromEntries(recorder.errors),
    ...(watch && { eventLoopDelayMs: watch.eventLoopDelayMs(), process: watch.process() }),
  };
}
