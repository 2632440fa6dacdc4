/**
 * Reloads a model again and again while requests come in, and prints what failed and what memory did:
 * `node --expose-gc bench/serve/reload.mjs [reloads=100] [connections=16]`. Exits with 1 when a request failed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { loadIris, RandomForestClassifier } from '../../dist/index.js';
import { ModelRegistry, serve } from '../../dist/serve/index.js';

const [reloads = 100, connections = 16] = process.argv.slice(2).map(Number);
const { data, target } = loadIris();
const dir = await mkdtemp(join(tmpdir(), 'boreal-reload-'));
const registry = new ModelRegistry({ dir });
for (const randomState of [1, 2]) {
  const model = await new RandomForestClassifier({ nEstimators: 500, randomState }).fit(data, target);
  await registry.register(model, { name: 'iris' });
}
const server = await serve(registry, { port: 0 });
const load = autocannon({
  url: `${server.url}/predict`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '[5.1, 3.5, 1.4, 0.2]',
  connections,
  duration: 3600,
});

const megabytes = () => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 2 ** 20);
};
const memory = [];
for (let i = 0; i < reloads; i++) {
  const response = await fetch(`${server.url}/model/reload`, { method: 'POST' });
  if (response.status !== 200) throw new Error(`reload ${i} was answered with ${response.status}`);
  if (i % Math.ceil(reloads / 10) === 0) memory.push(megabytes());
}
memory.push(megabytes());
load.stop();
const { requests, errors, timeouts, non2xx, latency } = await load;
const failed = errors + timeouts + non2xx;
console.log(
  `${reloads} reloads of 2 versions, ${requests.total} requests on ${connections} connections: ${failed} failed`,
);
console.log(`latency p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`);
console.log(`resident memory, MB: ${memory.join(' ')}`);
await server.close();
await rm(dir, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
