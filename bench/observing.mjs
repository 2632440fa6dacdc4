// What watching costs: node bench/observing.mjs, after npm run build. Not a suite: its figures are in docs/guide/monitoring.md.
// Metrics and drift per request of one row, without HTTP, and the summary of the training data as a share of a fit.
import { performance } from 'node:perf_hooks';
import { trace } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { summarise } from '../dist/core/training-reference.js';
import { LinearRegression, Matrix, RandomForestRegressor } from '../dist/index.js';
import { Service } from '../dist/serve/index.js';
import { median } from './support/time.mjs';

const COLUMNS = 28;

/** Columns of numbers, the same ones each time. */
function table(rows) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const data = new Float64Array(rows * COLUMNS);
  for (let k = 0; k < data.length; k++) data[k] = random();
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) y[i] = 3 * data[i * COLUMNS] + random();
  return { x: Matrix.from(data, [rows, COLUMNS]), y };
}

/** Nanoseconds of one call, the median of several loops. */
function nanoseconds(call, calls = 200_000, repeats = 9) {
  const loop = () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    return ((performance.now() - start) / calls) * 1e6;
  };
  loop();
  return Math.round(median(Array.from({ length: repeats }, loop)));
}

/** What the observers of a service cost a request of one row. */
async function perRequest(model, options) {
  const service = await Service.create(model, options);
  const route = service.routes.find(({ path }) => path === '/predict');
  const { models, observers } = service;
  const [name] = models.names();
  const served = models.get({ name });
  const input = new Float64Array(COLUMNS).fill(0.5);
  const output = await served.endpoint.run(input, 1);
  const request = { method: 'POST', path: '/predict', params: {} };
  const ns = nanoseconds(() => {
    observers.batch({ model: served, rows: 1, requests: 1, queueMs: 0, computeMs: 0.01, reason: 'inline' });
    observers.prediction({ model: served, input, output, rows: 1, durationMs: 0.02 });
    observers.request({ route, request, status: 200, durationMs: 0.1 });
  });
  await service.close();
  return ns;
}

/** Nanoseconds of a whole request without HTTP, with what is registered for traces. */
async function perAnswer(model, provider) {
  if (provider !== undefined) trace.setGlobalTracerProvider(provider);
  const service = await Service.create(model, {});
  trace.disable();
  const route = service.routes.find(({ path, method }) => path === '/predict' && method === 'POST');
  const request = {
    method: 'POST',
    path: '/predict',
    params: {},
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json', host: 'localhost:3000' },
    body: Buffer.from(JSON.stringify(Array(COLUMNS).fill(0.5))),
    id: '1',
    signal: new AbortController().signal,
  };
  const times = [];
  for (let repeat = 0; repeat < 7; repeat++) {
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) await service.handle(route, request);
    if (repeat > 0) times.push(((performance.now() - start) / 20_000) * 1e6);
  }
  await service.close();
  return Math.round(median(times));
}

async function milliseconds(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const small = table(5000);
const model = await new LinearRegression().fit(small.x, small.y);
const none = { metrics: false, drift: false };
console.table({
  'V2 statistics alone': { 'ns per request': await perRequest(model, none) },
  'and metrics': { 'ns per request': await perRequest(model, { ...none, metrics: true }) },
  'and metrics and drift': { 'ns per request': await perRequest(model, {}) },
});

console.table({
  'no provider': { 'ns per answer': await perAnswer(model) },
  'spans that no sampler takes': {
    'ns per answer': await perAnswer(model, new BasicTracerProvider({ sampler: new AlwaysOffSampler() })),
  },
  'spans without an exporter': { 'ns per answer': await perAnswer(model, new BasicTracerProvider()) },
});

const { x, y } = table(1_000_000);
const linear = await new LinearRegression().fit(x, y);
const summary = [];
for (let i = 0; i < 5; i++) summary.push(await milliseconds(() => summarise(x, y, linear.schema)));
const fits = {
  LinearRegression: () => new LinearRegression().fit(x, y),
  'RandomForestRegressor, one tree': () => new RandomForestRegressor({ nEstimators: 1 }).fit(x, y),
};
const rows = {};
for (const [name, fit] of Object.entries(fits)) {
  const ms = await milliseconds(fit);
  rows[name] = { 'fit, ms': ms.toFixed(0), 'summary, %': ((100 * median(summary)) / ms).toFixed(2) };
}
console.log(`Summary of 1e6 x ${COLUMNS}: ${median(summary).toFixed(1)} ms`);
console.table(rows);
