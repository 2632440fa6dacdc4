// Runs a Python peer from bench/peers and reads the JSON document it prints. Without the peer the suite still runs.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** BOREAL_PEER_PYTHON names a Python with the peer's packages; the default is python3. */
export const python = process.env.BOREAL_PEER_PYTHON ?? 'python3';

export function runPeer(script, ...args) {
  return runPeerWith(python, script, ...args);
}

/** The same with another Python. */
export function runPeerWith(interpreter, script, ...args) {
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  // Settings that make OpenBLAS pick the kernels of another CPU would slow the peer down.
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...env } = process.env;
  const child = spawnSync(interpreter, [path, ...args], { env, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (child.status === 0) return JSON.parse(child.stdout);
  console.error(
    `peer ${script} did not run (${child.error?.message ?? child.stderr.trim().split('\n').at(-1)}); its columns stay empty`,
  );
  return null;
}
