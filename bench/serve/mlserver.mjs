// MLServer and scikit-learn's forest, in a Python of their own: BOREAL_MLSERVER_PYTHON names it. It speaks the Open
// Inference Protocol, and has two processes for inference, as Flask has two workers.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runPeerWith } from '../support/peer.mjs';
import { startServer } from './process.mjs';

const READY_S = 60;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Starts it with a model named 'iris'. Returns { server, versions }; undefined where there is none. */
export async function startMlserver(parent) {
  const { BOREAL_MLSERVER_PYTHON: python } = process.env;
  if (python === undefined) return undefined;
  const folder = join(parent, 'iris');
  mkdirSync(folder);
  const versions = runPeerWith(python, 'iris_forest.py', folder);
  if (!versions?.mlserver) return undefined;
  const [httpPort, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const settings = {
    host: '127.0.0.1',
    http_port: httpPort,
    grpc_port: grpcPort,
    metrics_port: metricsPort,
    parallel_workers: 2,
    debug: false,
  };
  const model = {
    name: 'iris',
    implementation: 'mlserver_sklearn.SKLearnModel',
    parameters: { uri: './model.pkl', version: '1' },
  };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(model));
  const server = await startServer(join(dirname(python), 'mlserver'), ['start', folder]);
  for (let waited = 0; waited < READY_S; waited++) {
    const response = await fetch(`${server.url}/v2/models/iris/ready`).catch(() => undefined);
    if (response?.ok) return { server, versions };
    await sleep(1000);
  }
  await server.stop();
  throw new Error(`MLServer is not ready after ${READY_S} s`);
}
