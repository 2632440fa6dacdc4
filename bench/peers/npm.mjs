// The npm peers: ml-matrix, TensorFlow.js on plain JavaScript and on WebAssembly, onnxruntime. They live in a package of
// their own and are installed when a suite first asks for them, without their install scripts: onnxruntime's would
// download what only GPUs need. The WebAssembly is read from node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

function install() {
  if (existsSync(join(folder, 'node_modules/onnxruntime-node'))) return true;
  console.error('installing the npm peers into bench/peers');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (npm.status !== 0)
    console.error(`npm peers: ${npm.stderr?.trim().split('\n').at(-1)}; their columns stay empty`);
  return npm.status === 0;
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;

/** The version of a peer, which is there to be required from this folder; null when it is not. */
export function npmVersion(name) {
  return install() ? versionOf(name) : null;
}

/** The random values that every engine gets: Float64Array of rows * cols, in [0.1, 1). */
export function randomValues(seed, size) {
  let state = seed;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.1 + (0.9 * state) / 2 ** 32;
  });
}

/** What a call of each suite's ops is in ml-matrix; it has float64 only, and every result is a new matrix. */
function mlMatrix({ Matrix }, version) {
  const tasks = {
    matmul: (a, b) => () => a.mmul(b),
    add: (a, b) => () => Matrix.add(a, b),
    exp: (a) => () => Matrix.exp(a),
    sum: (a) => () => a.sum(),
  };
  return {
    name: 'ml-matrix',
    version,
    prepare({ op, dtype, rows, cols }) {
      if (dtype !== 'f64' || !tasks[op]) return null;
      const matrix = (seed) => Matrix.from1DArray(rows, cols, randomValues(seed, rows * cols));
      return tasks[op](matrix(1), matrix(2));
    },
  };
}

/** TensorFlow.js has float32 only. A call ends when the result is an array in JavaScript's hands. */
function tensorflow(tf, backend, version) {
  const ops = {
    matmul: (a, b) => tf.matMul(a, b),
    add: (a, b) => tf.add(a, b),
    exp: (a) => tf.exp(a),
    sum: (a) => tf.sum(a),
  };
  return {
    name: backend === 'cpu' ? 'tfjs' : 'tfjs-wasm',
    version,
    select: () => tf.setBackend(backend),
    prepare({ op, dtype, rows, cols }) {
      if (dtype !== 'f32' || !ops[op]) return null;
      const tensor = (seed) => tf.tensor2d(Float32Array.from(randomValues(seed, rows * cols)), [rows, cols]);
      const [a, b] = [tensor(1), tensor(2)];
      return () => tf.tidy(() => ops[op](a, b).dataSync());
    },
  };
}

/** The engines that could be installed and loaded: { name, version, prepare(spec) -> call, select? }. */
export async function npmPeers() {
  if (!install()) return [];
  const require = createRequire(join(folder, 'package.json'));
  const { warn } = console;
  console.warn = () => {}; // TensorFlow.js recommends its native binding on first use
  try {
    const tf = require('@tensorflow/tfjs');
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      tf.tidy(() => tf.add(1, 1).dataSync());
    }
    return [
      mlMatrix(require('ml-matrix'), versionOf('ml-matrix')),
      tensorflow(tf, 'cpu', versionOf('@tensorflow/tfjs')),
      tensorflow(tf, 'wasm', versionOf('@tensorflow/tfjs-backend-wasm')),
    ];
  } catch (error) {
    console.error(`npm peers: ${error.message}; their columns stay empty`);
    return [];
  } finally {
    console.warn = warn;
  }
}
