/** What a service counts, as metrics of prom-client: read when they are scraped, never updated by a request. */
import { type Metric, type OpenMetricsContentType, Registry } from 'prom-client';
import type { Histogram } from './histogram.js';

/** One value of a metric. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | Histogram;
}
/** One metric. Histograms of milliseconds are told in seconds. */
export interface MetricView {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What values are multiplied with. Default 1. */
  readonly scale?: number;
  readonly read: () => Iterable<Sample>;
}

/** The metrics as text, in Prometheus' own format or as OpenMetrics. */
export class Exposition {
  readonly #text = new Registry();
  readonly #openMetrics = new Registry<OpenMetricsContentType>();

  constructor(views: readonly MetricView[]) {
    this.#openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    // A registry changes the names of its counters: each has metrics of its own.
    for (const view of views) {
      this.#text.registerMetric(metricOf(view));
      this.#openMetrics.registerMetric(metricOf(view));
    }
  }

  async render(
    accept: string | string[] | undefined,
  ): Promise<{ readonly type: string; readonly text: string }> {
    const registry = String(accept ?? '').includes('application/openmetrics-text')
      ? this.#openMetrics
      : this.#text;
    return { type: registry.contentType, text: await registry.metrics() };
  }
}

/** What a registry asks of a metric: its name, and its values when it is scraped. */
function metricOf({ name, help, type, scale = 1, read }: MetricView): Metric {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({
      name: metric.name,
      help,
      type,
      aggregator: 'sum',
      values: [...read()].flatMap(({ labels = {}, value }) =>
        typeof value === 'number'
          ? [{ labels, value: value * scale }]
          : histogramValues(metric.name, labels, value, scale),
      ),
    }),
  };
  return metric as unknown as Metric;
}

function histogramValues(
  name: string,
  labels: NonNullable<Sample['labels']>,
  { bounds, counts, count, sum }: Histogram,
  scale: number,
) {
  let below = 0;
  const buckets = bounds.map((bound, b) => {
    below += counts[b];
    const le = String(Number((bound * scale).toPrecision(12)));
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: sum * scale },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
