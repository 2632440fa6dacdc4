// A perceptron of 784-128-64-10 and ten classes: an epoch of Adam at batches of 32 and 128 beside PyTorch and TensorFlow.js
// (plain and WebAssembly), and predictions of one row and of 1,024 beside PyTorch, ONNX Runtime and onnxruntime-node. All
// engines may use two threads. The limit is the time of the products alone, at the rate that a product of 1024 x 1024 reaches.
// Then convolutional networks and networks of 8 bits: see support/conv-nets.mjs and int8-nets.mjs; `--only conv` and `--only int8` run
// these alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Matrix } from '../dist/index.js';
import { native } from '../dist/native.js';
import { MLPClassifier } from '../dist/nn/index.js';
import { Network } from '../dist/nn/network.js';
import { npmPeers, npmVersion, randomValues } from './peers/npm.mjs';
import { convRows } from './support/conv-nets.mjs';
import { int8Rows } from './support/int8-nets.mjs';
import { runPeer } from './support/peer.mjs';
import { percentile, timeCalls } from './support/time.mjs';

const INPUTS = 784;
const ROWS = 8000;
const WIDTHS = [INPUTS, 128, 64, 10];
/** Multiplications and additions of a row: forward, gradients of weights, gradients of what goes in but for the first layer. */
const FLOPS = WIDTHS.slice(1).reduce((sum, width, i) => sum + 2 * WIDTHS[i] * width * (i === 0 ? 2 : 3), 0);
const FORWARD = WIDTHS.slice(1).reduce((sum, width, i) => sum + 2 * WIDTHS[i] * width, 0);

const pixels = () => Float32Array.from(randomValues(1, ROWS * INPUTS));
const labels = () => Int32Array.from({ length: ROWS }, (_, i) => (i * 7) % 10);

function best(seconds, run) {
  let least = Infinity;
  run();
  for (const start = performance.now(); performance.now() - start < 1000 * seconds; ) {
    const before = performance.now();
    run();
    least = Math.min(least, performance.now() - before);
  }
  return least / 1000;
}

/** Floating-point operations a second of a product of 1024 x 1024, at the threads of the pool. */
function productRate(seconds) {
  const [a, b, out] = [1, 2, 3].map((seed) =>
    Matrix.from(randomValues(seed, 1 << 20), [1024, 1024], 'float32'),
  );
  return (2 * 1024 ** 3) / best(seconds, () => a.matmul(b, { out }));
}

/** Rows a second of the best epoch, each in a new order. */
async function ourTraining(batchSize, seconds) {
  const dense = (units) => ({ type: 'dense', units, useBias: true });
  const relu = { type: 'activation', activation: 'relu' };
  const layers = [
    dense(128),
    relu,
    dense(64),
    relu,
    dense(10),
    { type: 'activation', activation: 'softmax' },
  ];
  const network = new Network(layers, [INPUTS], { seed: 1 });
  const x = new Float32Array(new SharedArrayBuffer(ROWS * INPUTS * 4));
  x.set(pixels());
  const y = labels();
  const loss = { type: 'sparseCategoricalCrossentropy' };
  const options = { loss, optimizer: { type: 'adam' }, learningRate: 1e-4, batchSize };
  let least = Infinity;
  const start = performance.now();
  for (let epoch = 0; epoch < 3 || performance.now() - start < 1000 * seconds; epoch++) {
    const before = performance.now();
    await network.trainEpoch(x, y, { ...options, shuffle: epoch });
    least = Math.min(least, performance.now() - before);
  }
  return (1000 * ROWS) / least;
}

/** The same of TensorFlow.js, in mini-batches on tensors that are there already. */
async function tensorflowTraining(backend, batchSize, seconds) {
  const require = createRequire(fileURLToPath(new URL('./peers/package.json', import.meta.url)));
  const tf = require('@tensorflow/tfjs');
  await tf.setBackend(backend);
  const dense = (units, activation, more = {}) => tf.layers.dense({ units, activation, ...more });
  const model = tf.sequential({
    layers: [dense(128, 'relu', { inputShape: [INPUTS] }), dense(64, 'relu'), dense(10, 'softmax')],
  });
  model.compile({ optimizer: tf.train.adam(1e-4), loss: 'sparseCategoricalCrossentropy' });
  const x = tf.tensor2d(pixels().subarray(0, batchSize * INPUTS), [batchSize, INPUTS]);
  const y = tf.tensor1d(Float32Array.from(labels().subarray(0, batchSize)));
  await model.trainOnBatch(x, y);
  let least = Infinity;
  const start = performance.now();
  for (let step = 0; step < 3 || performance.now() - start < 1000 * seconds; step++) {
    const before = performance.now();
    await model.trainOnBatch(x, y);
    least = Math.min(least, performance.now() - before);
  }
  tf.dispose([x, y]);
  model.dispose();
  return (1000 * batchSize) / least;
}

async function ourPlan() {
  const model = new MLPClassifier({ hiddenLayerSizes: [128, 64], maxIter: 1, randomState: 1 });
  await model.fit(new Matrix(pixels().subarray(0, 1000 * INPUTS), 1000, INPUTS), labels().subarray(0, 1000));
  return model.compile({ output: 'proba', precision: 'float32' });
}

/** Microseconds of a row from JavaScript, another row each time. */
function ourRow(plan, calls) {
  const x = pixels();
  const rows = Array.from(
    { length: 64 },
    (_, i) => new Matrix(x.subarray(i * INPUTS, (i + 1) * INPUTS), 1, INPUTS),
  );
  const out = new Matrix(new Float32Array(10), 1, 10);
  return timeCalls(calls, (i) => plan.runSync(rows[i % rows.length], out));
}

async function onnxRow(path, calls) {
  const require = createRequire(fileURLToPath(new URL('./peers/package.json', import.meta.url)));
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(path);
  const x = pixels();
  const feeds = Array.from({ length: 64 }, (_, i) => ({
    x: new ort.Tensor('float32', x.slice(i * INPUTS, (i + 1) * INPUTS), [1, INPUTS]),
  }));
  const micros = [];
  for (let i = 0; i < calls + 500; i++) {
    const before = process.hrtime.bigint();
    await session.run(feeds[i % feeds.length]);
    if (i >= 500) micros.push(Number(process.hrtime.bigint() - before) / 1000);
  }
  await session.release();
  return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99) };
}

const digits = (value) => (value === null ? null : Number(value.toPrecision(4)));

export async function run({ quick, peers, only }) {
  const seconds = quick ? 0.2 : 3;
  const none = { rows: [], peers: {} };
  const conv = peers && (!only || 'conv'.includes(only)) ? convRows(seconds / 3) : none;
  if (only === 'conv') return conv;
  const int8 = peers && (!only || 'int8'.includes(only)) ? int8Rows(seconds / 3) : none;
  if (only === 'int8') return int8;
  const folder = mkdtempSync(join(tmpdir(), 'boreal-nn-'));
  try {
    const file = join(folder, 'model.onnx');
    const python = peers ? runPeer('nn_calls.py', '2', String(seconds), file) : null;
    const product = productRate(seconds / 3);
    const ours = new Map();
    for (const batch of [32, 128]) ours.set(batch, await ourTraining(batch, seconds));
    // Loaded last: the threads of their WebAssembly stay awake.
    const npm = peers ? await npmPeers() : [];
    const info = native.info();
    const versions = { boreal: `${info.version} ${info.isa}`, ...python?.peers };
    for (const { name, version } of npm) if (name.startsWith('tfjs')) versions[name] = version;
    const rows = [];
    const add = (name, engine, rate, more = {}) => {
      if (!only || name.includes(only)) rows.push({ name, engine, 'rows/s': digits(rate), ...more });
    };
    const others = (what, batch) =>
      (python?.rows ?? []).filter((row) => row.what === what && row.batch === batch);
    for (const batch of [32, 128]) {
      const name = `train, batch ${batch}`;
      const rate = ours.get(batch);
      add(name, 'boreal', rate, { 'of the products alone': digits((rate * FLOPS) / product) });
      for (const { peer, rate: theirs } of others('train', batch)) {
        add(name, peer, theirs, {
          'boreal is faster by': digits(rate / theirs),
          wanted: batch === 32 ? 3 : 1.5,
        });
      }
      for (const { name: peer } of npm.filter(({ name: of }) => of.startsWith('tfjs'))) {
        const theirs = await tensorflowTraining(peer === 'tfjs' ? 'cpu' : 'wasm', batch, seconds / 3);
        add(name, peer, theirs, { 'boreal is faster by': digits(rate / theirs), wanted: 10 });
      }
    }
    const plan = await ourPlan();
    const batch = new Matrix(pixels().subarray(0, 1024 * INPUTS), 1024, INPUTS);
    const out = new Matrix(new Float32Array(10 * 1024), 1024, 10);
    const many = 1024 / best(seconds / 2, () => plan.runSync(batch, out));
    add('predict, 1024 rows', 'boreal', many, {
      'of the products alone': digits((many * FORWARD) / product),
    });
    for (const { peer, rate } of others('infer', 1024)) {
      add('predict, 1024 rows', peer, rate, { 'boreal is faster by': digits(many / rate), wanted: 1.2 });
    }
    const calls = quick ? 500 : 20_000;
    const one = ourRow(plan, calls);
    add('predict, one row', 'boreal', null, {
      'p50 us': digits(one.p50),
      'p99 us': digits(one.p99),
      'wanted us': 6,
    });
    if (python !== null && npm.length > 0) {
      const theirs = await onnxRow(file, calls);
      const faster = { 'boreal is faster by': digits(theirs.p50 / one.p50), wanted: 3 };
      add('predict, one row', 'onnxruntime-node', null, {
        'p50 us': digits(theirs.p50),
        'p99 us': digits(theirs.p99),
        ...faster,
      });
      versions['onnxruntime-node'] = npmVersion('onnxruntime-node');
    }
    return {
      rows: [...rows, ...conv.rows, ...int8.rows],
      peers: { ...versions, ...conv.peers, ...int8.peers },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
