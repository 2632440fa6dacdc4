// POST /predict with one house as named fields: the demo's pipeline behind boreal/serve, beside a Fastify route that
// answers a constant (the ceiling). autocannon shares the CPUs with the server.
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { serve } from '../dist/serve/index.js';
import { housingPipeline } from './pipeline.bench.mjs';

async function load(url, body, connections, seconds) {
  const options = { url, method: 'POST', body, headers: { 'content-type': 'application/json' }, connections };
  await autocannon({ ...options, duration: 1 });
  const result = await autocannon({ ...options, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were not 2xx`);
  return { requestsPerSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 };
}

export async function run({ quick }) {
  const { pipeline, rows } = await housingPipeline();
  const body = JSON.stringify(rows[0]);
  const server = await serve(pipeline, { port: 0, handleSignals: false });
  const constant = Fastify();
  const answer = { prediction: 1, interval: { lower: 1, upper: 1, coverage: 0.9 } };
  constant.post('/predict', async () => answer);
  const constantUrl = await constant.listen({ port: 0, host: '127.0.0.1' });
  const result = [];
  for (const connections of quick ? [16] : [1, 16, 64]) {
    const ours = await load(`${server.url}/predict`, body, connections, quick ? 2 : 5);
    const ceiling = await load(`${constantUrl}/predict`, body, connections, quick ? 2 : 5);
    result.push({
      name: `${connections} connections`,
      unit: 'requests/s',
      boreal: ours.requestsPerSecond,
      'constant Fastify route': ceiling.requestsPerSecond,
      ratio: ours.requestsPerSecond / ceiling.requestsPerSecond,
      p50ms: ours.p50,
      p99ms: ours.p99,
    });
  }
  await server.close();
  await constant.close();
  return { peers: {}, rows: result };
}
