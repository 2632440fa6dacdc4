// POST /predict of the iris forest (100 trees): boreal's server as users get it, beside a Fastify route that answers a
// constant of the same size (the ceiling), Flask, onnxruntime and MLServer. Each server is a process of its own; they are measured
// in turns, in short repetitions, by wrk, which shares the CPUs with them; so the server's own processor time per request is
// told, too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmVersion } from './peers/npm.mjs';
import { startMlserver } from './serve/mlserver.mjs';
import { startScript, startServer } from './serve/process.mjs';
import { hasWrk, wrk } from './serve/wrk.mjs';
import { python, runPeer } from './support/peer.mjs';
import { median } from './support/time.mjs';

const FEATURES = [5.9, 3, 5.1, 1.8];
const BODY = JSON.stringify({ features: FEATURES });
const V2_BODY = JSON.stringify({
  inputs: [{ name: 'input', shape: [1, 4], datatype: 'FP64', data: FEATURES }],
  outputs: [{ name: 'predict' }, { name: 'predict_proba' }],
});
const CEILING = 'constant Fastify route';
const MLSERVER = 'MLServer, 2 processes, V2';
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

/** A server that is asked in the Open Inference Protocol. */
const askedByV2 = (server, model) => ({ ...server, path: `/v2/models/${model}/infer`, body: V2_BODY });

/** Those of the peers that are there, and their versions. */
async function startPeers(folder, boreal) {
  const versions = runPeer('iris_forest.py', folder);
  const servers = {};
  const mlserver = await startMlserver(folder);
  if (mlserver !== undefined) {
    servers['boreal, V2'] = askedByV2(boreal, 'RandomForestClassifier');
    servers[MLSERVER] = askedByV2(mlserver.server, 'iris');
  }
  if (versions === null) return { servers, versions: mlserver?.versions ?? {} };
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
  if (mlserver !== undefined) versions.mlserver = mlserver.versions.mlserver;
  return { servers, versions };
}

const nameOf = (connections) => `${connections} connection${connections > 1 ? 's' : ''}`;

/** The servers take turns at one number of connections: medians by server. */
async function compare(servers, connections, { repeats, seconds }) {
  const runs = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let i = 0; i < repeats; i++) {
    for (const [name, { url, path = '/predict', body = BODY, cpuSeconds }] of Object.entries(servers)) {
      const before = cpuSeconds();
      const run = await wrk({ url: url + path, body, connections, seconds });
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
    // Their workers are other processes.
    cpuUs: name === FLASK || name === MLSERVER ? null : Number(middle(name, 'cpuUs').toPrecision(3)),
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
    const found = peers ? await startPeers(folder, servers.boreal) : { servers: {}, versions: {} };
    Object.assign(servers, found.servers);
    for (const { url, path = '/predict', body = BODY } of Object.values(servers))
      await wrk({ url: url + path, body, connections: 16, seconds: 1 });
    const rows = [];
    for (const count of connections)
      if (nameOf(count).includes(only ?? '')) rows.push(...(await compare(servers, count, options)));
    return { peers: found.versions, rows };
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    rmSync(folder, { recursive: true });
  }
}
