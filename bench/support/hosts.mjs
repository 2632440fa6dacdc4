// Where engines live. A host has `engines` (name -> version), `prepare(spec)` -> the names that can do the case,
// `turn(engine, calls)` -> seconds, and `close()`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProcess } from './line-process.mjs';
import { python } from './peer.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const words = (spec) =>
  Object.entries(spec)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

function processHost(process) {
  return {
    engines: process.engines,
    ask: process.ask,
    close: process.close,
    prepare: (spec) => process.ask(`case ${words(spec)}`),
    turn: async (engine, calls) => (await process.ask(`turn ${engine} ${calls}`)).seconds,
  };
}

export const threadSettings = (threads) => ({
  BOREAL_NUM_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
});

/** Builds build-bench/ (incremental: nothing to do takes a second). Returns the program, or null when that failed. */
export function buildComparison({ peers }) {
  const program = path('../../build-bench/bench/compare/bench_compare');
  const options = [
    '--CDBOREAL_BENCH=ON',
    `--CDBOREAL_BENCH_PEERS=${peers ? 'ON' : 'OFF'}`,
    '--CDBOREAL_ADDON=OFF',
  ];
  const build = spawnSync(
    'npx',
    ['cmake-js', 'build', '--target', 'bench_compare', '--out', 'build-bench', ...options, '--parallel', '2'],
    {
      cwd: path('../..'),
      encoding: 'utf8',
    },
  );
  if (build.status === 0 && existsSync(program)) return program;
  console.error(
    `The native comparison did not build:\n${build.stdout?.slice(-2000)}${build.stderr?.slice(-2000)}`,
  );
  return null;
}

/** boreal's core with oneDNN and OpenBLAS in one process; also the gauge of how fast the machine is right now. */
export async function startNative(program, threads) {
  const process = await startProcess(program, [String(threads)], threadSettings(threads));
  return process && processHost(process);
}

/** numpy and torch. Their OpenMP threads sleep when idle, or they would slow each other down. */
export async function startPython(threads) {
  const script = path('../peers/arrays.py');
  const settings = { ...threadSettings(threads), OMP_WAIT_POLICY: 'PASSIVE' };
  const process = await startProcess(python, [script, String(threads)], settings);
  return process && processHost(process);
}
