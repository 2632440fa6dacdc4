// node forest-host.mjs FOLDER: boreal and onnxruntime-node on the models of the suite forest-inference, with the protocol
// of line-process.mjs. `case model=NAME rows=N` prepares boreal for calls of N rows, `turn boreal CALLS` makes them, and
// `latency ENGINE CALLS` times rows one by one. Rows rotate: one row repeated would find its nodes in the cache. `workers N MS`
// has N threads, and `callers N MS` N asynchronous callers, ask the one plan at once, and answers rows per second.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { importLightGBM, importXGBoost, Matrix, RandomForestClassifier, Schema } from '../../dist/index.js';
import { percentile } from './time.mjs';

const folder = process.argv[2];
const ARRAYS = { i32: Int32Array, f32: Float32Array, f64: Float64Array };

function readArray(name) {
  const bytes = readFileSync(join(folder, name));
  const Type = ARRAYS[name.slice(-3)];
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** scikit-learn's forest as one of ours. */
function restoreForest(name, cols) {
  const part = (what) => readArray(`${name}.${what}`);
  const feature = part('feature.i32');
  const state = {
    treeOffsets: part('treeOffsets.i32'),
    feature,
    threshold: part('threshold.f64'),
    left: part('left.i32'),
    missingLeft: new Uint8Array(0),
    cover: part('cover.f32'),
    impurity: new Float32Array(feature.length),
    values: part('values.f64'),
    importances: new Float64Array(cols),
    classes: [0, 1],
  };
  const columns = Array.from({ length: cols }, (_, j) => ({
    name: `f${j}`,
    kind: 'number',
    hasMissing: false,
  }));
  const forest = new RandomForestClassifier();
  forest.restore({
    state,
    schema: new Schema(columns, { kind: 'class', classes: [0, 1] }, true),
    dtype: 'float32',
  });
  return forest;
}

/** The compiled plan, and which column of its result the peers predict. */
function prepareModel(name, cols) {
  if (name.startsWith('sklearn')) {
    return { plan: restoreForest(name, cols).compile({ output: 'proba', precision: 'float32' }), column: 1 };
  }
  const model = name.startsWith('xgboost')
    ? importXGBoost(readFileSync(join(folder, `${name}.json`), 'utf8'))
    : importLightGBM(readFileSync(join(folder, `${name}.txt`), 'utf8'));
  return { plan: model.compile({ output: 'decision', precision: 'float32' }), column: 0 };
}

const [, testRows, cols] = readFileSync(join(folder, 'shape.txt'), 'utf8').split(' ').map(Number);
const test = new Matrix(readArray('x_test.f32'), testRows, cols);
let prepared;
let parts;
let session;
let next = 0;

async function single(engine) {
  if (engine === 'boreal') {
    const rows = Array.from({ length: 4096 }, (_, i) => test.row(i));
    const out = new Float32Array(prepared.plan.outputWidth);
    return (i) => prepared.plan.runRow(rows[i % rows.length], out);
  }
  const require = createRequire(new URL('../peers/package.json', import.meta.url));
  const ort = require('onnxruntime-node');
  session ??= await ort.InferenceSession.create(join(folder, `${prepared.name}.onnx`), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const rows = Array.from(
    { length: 4096 },
    (_, i) => new ort.Tensor('float32', Float32Array.from(test.row(i)), [1, cols]),
  );
  return (i) => session.run({ x: rows[i % rows.length] });
}

async function rateOfWorkers(count, millis) {
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(new URL('./row-worker.mjs', import.meta.url), {
      workerData: { shared: prepared.plan.share(), x: test.data, cols },
    });
    const answers = [];
    worker.on('message', (answer) => answers.shift()(answer));
    const ask = (request) => {
      worker.postMessage(request);
      return new Promise((resolve) => answers.push(resolve));
    };
    return { worker, ask };
  });
  const all = (request) => Promise.all(workers.map(({ ask }) => ask(request)));
  await all(millis / 5); // until V8 has compiled what it will compile
  const start = performance.now();
  const counts = await all(millis);
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(workers.map(({ worker }) => worker.terminate()));
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

async function rateOfCallers(count, millis) {
  const outs = Array.from({ length: count }, () => prepared.plan.runSync(parts[0]));
  const end = performance.now() + millis;
  let rows = 0;
  const call = async (out) => {
    while (performance.now() < end) {
      await prepared.plan.run(parts[next++ % parts.length], out);
      rows += out.rows;
    }
  };
  await Promise.all(outs.map(call));
  return rows / ((performance.now() - end + millis) / 1000);
}

const requests = {
  workers: async ([count, millis]) => ({ rate: await rateOfWorkers(Number(count), Number(millis)) }),
  callers: async ([count, millis]) => ({ rate: await rateOfCallers(Number(count), Number(millis)) }),
  hello: () => ({ engines: { boreal: 'this' } }),
  case(words) {
    const { model: name, rows } = Object.fromEntries(words.map((word) => word.split('=')));
    session = undefined;
    prepared = { name, ...prepareModel(name, cols) };
    const count = Math.min(Number(rows), testRows);
    parts = Array.from({ length: Math.max(1, Math.floor(testRows / count)) }, (_, i) =>
      test.slice(i * count, (i + 1) * count),
    );
    const scores = prepared.plan.runSync(test).columns([prepared.column]).astype('float64').data;
    writeFileSync(
      join(folder, `${name}.boreal.f64`),
      new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength),
    );
    return { engines: ['boreal'], explain: prepared.plan.explain().trim().split('\n') };
  },
  turn([, calls]) {
    const start = performance.now();
    for (let i = 0; i < Number(calls); i++) prepared.plan.runSync(parts[next++ % parts.length]);
    return { seconds: (performance.now() - start) / 1000 };
  },
  async latency([engine, calls]) {
    const call = await single(engine);
    const micros = new Float64Array(Number(calls));
    for (let i = 0; i < micros.length / 4; i++) await call(i);
    for (let i = 0; i < micros.length; i++) {
      const start = process.hrtime.bigint();
      const answer = call(i);
      if (engine !== 'boreal') await answer;
      micros[i] = Number(process.hrtime.bigint() - start) / 1000;
    }
    return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [request, ...words] = line.split(' ');
  try {
    console.log(JSON.stringify(await requests[request](words)));
  } catch (error) {
    console.log(JSON.stringify({ error: `${request}: ${error.message}` }));
  }
}
