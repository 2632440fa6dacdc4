/**
 * Throughput of jobs, submitted over HTTP and run by the server itself, in memory and (with a redis-server) in Redis, as one
 * JSON line: `node bench/serve/jobs.mjs [jobs=2000] [connections=16] [concurrency=8]`. Exits with 1 when a job failed.
 *
 * Redis is started on a free port and writes its append-only file once a second, as it does by default.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { loadIris, RandomForestClassifier } from '../../dist/index.js';
import { serve } from '../../dist/serve/index.js';

const [jobs = 2000, connections = 16, concurrency = 8] = process.argv.slice(2).map(Number);
const { data, target } = loadIris();
const model = await new RandomForestClassifier({ nEstimators: 100, randomState: 1 }).fit(data, target);
const body = JSON.stringify([5.1, 3.5, 1.4, 0.2]);

/** Calls `each` `jobs` times on so many connections. */
async function forAll(each) {
  let next = 0;
  const lane = async () => {
    while (next < jobs) await each(next++);
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

async function measure(options) {
  const server = await serve(
    { iris: model },
    { port: 0, handleSignals: false, jobs: { concurrency, maxQueued: jobs, ...options } },
  );
  const ids = [];
  let failed = 0;
  const submit = async (i) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/predict_async`, { method: 'POST', headers, body });
    ids[i] = (await response.json()).id;
  };
  const collect = async (i) => {
    for (;;) {
      const response = await fetch(`${server.url}/result/${ids[i]}?wait=30`);
      const { status } = await response.json();
      if (response.status === 202) continue;
      if (status !== 'succeeded') failed += 1;
      return;
    }
  };
  const started = performance.now();
  await forAll(submit);
  const submitted = performance.now();
  await forAll(collect);
  const done = performance.now();
  await server.close();
  const perSecond = (ms) => Math.round((1000 * jobs) / ms);
  return {
    submittedPerSecond: perSecond(submitted - started),
    answeredPerSecond: perSecond(done - started),
    failed,
  };
}

/** A Redis with its data in `dir`; undefined when there is none on this machine. */
async function startRedis(dir) {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'];
  const child = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!(await once(child, 'spawn').catch(() => false))) return undefined;
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes('Ready to accept')) break;
  child.stdout.resume();
  return { url: `redis://127.0.0.1:${port}`, child };
}

const memory = await measure({});
const dir = await mkdtemp(join(tmpdir(), 'boreal-jobs-'));
const redis = await startRedis(dir);
const inRedis = redis && (await measure({ redis: redis.url }));
if (redis !== undefined) {
  const gone = once(redis.child, 'exit');
  redis.child.kill();
  await gone;
}
await rm(dir, { recursive: true });
console.log(
  JSON.stringify({
    jobs,
    connections,
    concurrency,
    memory,
    redis: inRedis ?? 'there is no redis-server',
    node: process.version,
    cpu: cpus()[0].model,
  }),
);
process.exitCode = memory.failed > 0 || inRedis?.failed > 0 ? 1 : 0;
