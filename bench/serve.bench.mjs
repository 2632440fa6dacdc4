// POST /predict of the iris forest (100 trees): boreal's server as users get it, beside a Fastify route that answers a
// constant of the same size (the ceiling), Flask and onnxruntime. Each server is a process of its own; they are measured
// in turns, in short repetitions, by wrk, which shares the CPUs with them; so the server's own processor time per request is
// told, too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmVersion } from './peers/npm.mjs';
import { startScript, startServer } from './serve/process.mjs';
import { hasWrk, wrk } from './serve/wrk.mjs';
import { python, runPeer } from './support/peer.mjs';
import { median } from './support/time.mjs';

const BODY = JSON.stringify({ features: [5.9, 3, 5.1, 1.8] });
const CEILING = 'constant Fastify route';
const FLASK = 'Flask, gunicorn -w 2';
const FULL = { connections: [1, 16, 64], repeats: 3, seconds: 3 };
const QUICK = { connections: [16], repeats: 1, seconds: 1 };

/** Ours and the ceiling, by name. */
async function startOurs() {
  const boreal = await startScript('boreal.mjs');
  const response = await fetch(`${boreal.url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });
  return {
    boreal,
    'boreal, workers: 2': await startScript('boreal.mjs', '2'),
    [CEILING]: await startScript('constant.mjs', await response.text()),
  };
}

/** Those of the peers that are there, and their versions. */
async function startPeers(folder) {
  const versions = runPeer('iris_forest.py', folder);
  const servers = {};
  if (versions === null) return { servers, versions: {} };
  if (versions.flask && versions.gunicorn) {
    const cwd = fileURLToPath(new URL('./peers/', import.meta.url));
    const args = ['-w', '2', '-b', '127.0.0.1:0', 'flask_app:app'];
    const env = { ...process.env, IRIS_MODEL: join(folder, 'model.pkl') };
    servers[FLASK] = await startServer(join(dirname(python), 'gunicorn'), args, { cwd, env });
  }
  const onnxruntime = versions.skl2onnx && npmVersion('onnxruntime-node');
  if (onnxruntime) {
    versions['onnxruntime-node'] = onnxruntime;
    servers['onnxruntime-node, Fastify'] = await startScript('onnx.mjs', join(folder, 'model.onnx'));
  }
  return { servers, versions };
}

const nameOf = (connections) => `${connections} connection${connections > 1 ? 's' : ''}`;

/** The servers take turns at one number of connections: medians by server. */
async function compare(servers, connections, { repeats, seconds }) {
  const runs = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let i = 0; i < repeats; i++) {
    for (const [name, { url, cpuSeconds }] of Object.entries(servers)) {
      const before = cpuSeconds();
      const run = await wrk({ url: `${url}/predict`, body: BODY, connections, seconds });
      if (run.failed > 0) throw new Error(`${run.failed} requests to ${name} failed`);
      runs[name].push({ ...run, cpuUs: (1e6 * (cpuSeconds() - before)) / run.requests });
    }
  }
  const middle = (name, key) => median(runs[name].map((run) => run[key]));
  const rate = (name) => (runs[name] ? middle(name, 'requestsPerSecond') : Number.NaN);
  const over = (name, other) => (runs[other] ? Number((rate(name) / rate(other)).toFixed(3)) : null);
  return Object.keys(servers).map((name) => ({
    name: nameOf(connections),
    server: name,
    unit: 'requests/s',
    requestsPerSecond: Math.round(rate(name)),
    p50ms: middle(name, 'p50ms'),
    p99ms: middle(name, 'p99ms'),
    // gunicorn's workers are other processes.
    cpuUs: name === FLASK ? null : Number(middle(name, 'cpuUs').toPrecision(3)),
    ofCeiling: over(name, CEILING),
    ofFlask: over(name, FLASK),
  }));
}

export async function run({ quick, peers, only }) {
  if (!hasWrk()) return { peers: {}, rows: [] };
  const { connections, ...options } = quick ? QUICK : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'boreal-serve-'));
  const servers = {};
  try {
    Object.assign(servers, await startOurs());
    const found = peers ? await startPeers(folder) : { servers: {}, versions: {} };
    Object.assign(servers, found.servers);
    for (const { url } of Object.values(servers))
      await wrk({ url: `${url}/predict`, body: BODY, connections: 16, seconds: 1 });
    const rows = [];
    for (const count of connections)
      if (nameOf(count).includes(only ?? '')) rows.push(...(await compare(servers, count, options)));
    return { peers: found.versions, rows };
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    rmSync(folder, { recursive: true });
  }
}
