/** What /metrics and /stats say of requests that were really sent. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { Histogram, RecentHistogram } from '../../lib/serve/observe/histogram.js';
import { post } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
});

let server: BorealServer;
afterEach(() => server?.close());

async function start(options: ServeOptions = {}) {
  server = await serve({ 'my model': model }, { port: 0, handleSignals: false, ...options });
}

async function scrape(headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/metrics`, { headers });
  return { type: response.headers.get('content-type'), text: await response.text(), status: response.status };
}

/** The value of a line, by its name and labels. */
function seriesOf(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
}

async function send() {
  await post(`${server.url}/predict`, { x: 4 });
  await post(`${server.url}/predict`, { x: 5 });
  await post(`${server.url}/predict_batch`, [{ x: 1 }, { x: 2 }, { x: 3 }]);
  await post(`${server.url}/predict`, { y: 1 });
  await post(`${server.url}/predict`, '{');
  await post(`${server.url}/models/none/predict`, { x: 1 });
  await post(`${server.url}/models/nothing/predict`, { x: 1 });
}

describe('GET /metrics', () => {
  it('counts requests by route template and status, predictions by model, errors by code', async () => {
    await start();
    await send();
    const { type, text } = await scrape();
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    const requests = 'boreal_http_requests_total{method="POST"';
    expect(seriesOf(text, `${requests},route="/predict",status="200"}`)).toBe(2);
    expect(seriesOf(text, `${requests},route="/predict",status="400"}`)).toBe(2);
    // Two names, one series: what clients send makes no labels.
    expect(seriesOf(text, `${requests},route="/models/:name/predict",status="404"}`)).toBe(2);
    expect(text).not.toContain('nothing');
    const of = '{model="my model",version="1"}';
    expect(seriesOf(text, `boreal_predictions_total${of}`)).toBe(3);
    expect(seriesOf(text, `boreal_prediction_rows_total${of}`)).toBe(5);
    expect(seriesOf(text, `boreal_model_ready${of}`)).toBe(1);
    expect(seriesOf(text, `boreal_batch_rows_sum${of}`)).toBe(5);
    const runs = (reason: string) => `boreal_batches_total{model="my model",version="1",reason="${reason}"}`;
    expect(['inline', 'idle'].map((reason) => seriesOf(text, runs(reason)))).toEqual([3, 0]);
    expect(seriesOf(text, 'boreal_errors_total{code="ERR_JSON"}')).toBe(1);
    expect(seriesOf(text, 'boreal_errors_total{code="ERR_MODEL"}')).toBe(2);
    expect(seriesOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(text).toContain('boreal_event_loop_delay_seconds{quantile="p99"}');
  });

  it('counts jobs by the states that they come to', async () => {
    await start();
    const { body } = await post(`${server.url}/predict_async`, { x: 4 });
    await fetch(`${server.url}/result/${body.id}?wait=20`);
    const { text } = await scrape();
    for (const state of ['queued', 'running', 'succeeded'])
      expect(seriesOf(text, `boreal_jobs_total{state="${state}"}`)).toBe(1);
    expect(seriesOf(text, 'boreal_jobs_queued')).toBe(0);
  });

  it('has cumulative buckets in seconds that end in the count', async () => {
    await start();
    await send();
    const { text } = await scrape();
    const pattern =
      /boreal_prediction_duration_seconds_bucket\{le="([^"]+)",model="my model",version="1"\} (\d+)/g;
    const buckets = [...text.matchAll(pattern)].map(([, le, count]) => [
      Number(le.replace('+Inf', 'Infinity')),
      Number(count),
    ]);
    expect(buckets.map(([le]) => le)).toEqual([...buckets.map(([le]) => le)].sort((a, b) => a - b));
    expect(buckets[0][0]).toBe(0.0001);
    expect(buckets.map(([, count]) => count)).toEqual(
      [...buckets.map(([, count]) => count)].sort((a, b) => a - b),
    );
    expect(buckets.at(-1)).toEqual([Infinity, 3]);
    expect(seriesOf(text, 'boreal_prediction_duration_seconds_count{model="my model",version="1"}')).toBe(3);
  });

  it('is OpenMetrics when asked, and both stay right whoever asked before', async () => {
    await start();
    await send();
    const before = (await scrape()).text;
    const { type, text } = await scrape({
      accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
    });
    expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE boreal_predictions counter');
    expect(seriesOf(text, 'boreal_predictions_total{model="my model",version="1"}')).toBe(3);
    const after = (await scrape()).text;
    expect(after.match(/^# TYPE .*/gm)).toEqual(before.match(/^# TYPE .*/gm));
  });

  it('can be turned off, and be for admins only', async () => {
    await start({ metrics: false });
    expect((await scrape()).status).toBe(404);
    expect((await fetch(`${server.url}/stats`)).status).toBe(404);
    await server.close();
    const apiKeys = ['a-key-that-is-long-enough', { key: 'an-admin-key-that-is-long', admin: true }];
    await start({ metrics: { access: 'admin', runtime: false }, apiKeys });
    expect((await scrape({ 'x-api-key': 'a-key-that-is-long-enough' })).status).toBe(403);
    const { status, text } = await scrape({ 'x-api-key': 'an-admin-key-that-is-long' });
    expect(status).toBe(200);
    expect(text).not.toContain('process_');
  });
});

it('GET /stats tells the same for people', async () => {
  await start();
  await send();
  const stats = JSON.parse(await (await fetch(`${server.url}/stats`)).text());
  const route = stats.routes.find((each: { route: string }) => each.route === '/predict');
  expect(route).toMatchObject({ method: 'POST', count: 4, status: { 200: 2, 400: 2 } });
  expect(route.latencyMs.p50).toBeGreaterThan(0);
  expect(route.latencyMs.p50).toBeLessThanOrEqual(route.latencyMs.p95);
  expect(route.latencyMs.p99).toBeLessThanOrEqual(route.latencyMs.max);
  expect(stats.models).toMatchObject([{ name: 'my model', version: '1', predictions: 3, rows: 5 }]);
  expect(stats.errors).toMatchObject({ ERR_JSON: 1, ERR_MODEL: 2 });
  expect(stats.recent).toMatchObject({ seconds: 60, requests: 7, errors: 4 });
});

describe('Histogram', () => {
  it('tells quantiles to 1.6 % over six orders of magnitude', () => {
    const histogram = new Histogram([], 1e-4);
    const values = Array.from({ length: 5000 }, (_, i) => 0.01 * 1.003 ** i);
    for (const value of values) histogram.record(value);
    for (const q of [0.01, 0.1, 0.5, 0.95, 0.99, 1]) {
      const exact = values[Math.ceil(q * values.length) - 1];
      expect(Math.abs(histogram.quantile(q) / exact - 1)).toBeLessThan(0.017);
    }
    expect(histogram.summary().max).toBe(values.at(-1));
    expect(new Histogram([], 1).summary()).toEqual({ mean: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  });

  it('takes whatever it is given', () => {
    const histogram = new Histogram([1], 1);
    for (const value of [0, 1, 1e300]) histogram.record(value);
    expect(Array.from(histogram.counts)).toEqual([2, 1]);
    expect([histogram.count, histogram.max]).toEqual([3, 1e300]);
  });

  it('forgets what is older than a minute', () => {
    const recent = new RecentHistogram([], 1);
    recent.record(5, 1000);
    recent.record(7, 30_000);
    expect(recent.total(59_000).count).toBe(2);
    expect(recent.total(61_000).count).toBe(1);
    recent.record(9, 61_000);
    expect(recent.total(61_000).max).toBe(9);
    expect(recent.total(500_000).count).toBe(0);
  });
});
