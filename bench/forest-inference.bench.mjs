// Inference of tree ensembles that others have trained, on 28 features: XGBoost, LightGBM and scikit-learn models, each
// predicted by boreal, by the library that trained it and by ONNX Runtime, in turns, on one and two threads; single rows
// from JavaScript beside onnxruntime-node; and rows that several threads or callers ask one model for at once. Predictions
// are compared in the same run. BOREAL_BENCH_MODELS names a folder in which the models are kept from run to run; training
// them takes minutes.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, makeGauge } from './support/compare.mjs';
import { startProcess } from './support/line-process.mjs';
import { python, runPeer } from './support/peer.mjs';
import { makeData, writeData } from './support/table-data.mjs';

// wanted: how many times as fast as an engine boreal should be in large batches.
const MODELS = [
  { name: 'xgboost-500-d6', trees: 500, wanted: { xgboost: 10 }, rowBudgetMicros: 4 },
  { name: 'xgboost-1000-d8', trees: 1000 },
  { name: 'lightgbm-500-l31', trees: 500, wanted: { onnxruntime: 9, lightgbm: 15 } },
  { name: 'lightgbm-500-l255', trees: 500, wanted: { onnxruntime: 4 } },
  { name: 'sklearn-100-full', trees: 100, wanted: { 'scikit-learn': 20 }, rowBudgetMicros: 30 },
];
const LARGE_BATCH = 16_384;
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Trains the models, unless the folder has them. */
function prepareModels(folder, quick) {
  if (existsSync(join(folder, 'versions.json'))) return true;
  writeData(folder, makeData(quick ? 5000 : 100_000, 28, quick ? 2048 : LARGE_BATCH));
  const trained = runPeer('forest_models.py', 'train', folder, ...(quick ? ['--quick'] : []));
  if (trained === null) return false;
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(trained.versions));
  return true;
}

const settings = (threads) => ({
  BOREAL_NUM_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  OMP_WAIT_POLICY: 'PASSIVE',
});

async function startHost(command, args, threads) {
  const process = await startProcess(command, args, settings(threads));
  if (process === null) return null;
  return {
    ...process,
    prepare: ({ model, rows }) => process.ask(`case model=${model} rows=${rows}`),
    turn: async (engine, calls) => (await process.ask(`turn ${engine} ${calls}`)).seconds,
  };
}

/** The largest distance of our predictions from an engine's. */
function difference(folder, model, engine) {
  const read = (name) => {
    const bytes = readFileSync(join(folder, `${model}.${name}.f64`));
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  const [ours, theirs] = [read('boreal'), read(engine)];
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
}

async function measureBatches(hosts, folder, { threads, quick, only }) {
  const rows = [];
  const options = {
    repeats: quick ? 3 : 7,
    turnSeconds: quick ? 0.02 : 0.25,
    budgetSeconds: quick ? 1 : 6,
    probe: 'fma',
  };
  for (const { name, trees, wanted } of MODELS) {
    if (only && !name.includes(only)) continue;
    for (const batch of quick ? [2048] : [LARGE_BATCH, 100]) {
      const measured = await compare(hosts, makeGauge(null), { model: name, rows: batch }, options);
      for (const [engine, { seconds }] of Object.entries(measured.engines)) {
        rows.push({
          name: `${name}, ${batch} rows`,
          threads,
          engine,
          'rows/s': batch / seconds,
          'ns/row/tree': (seconds * 1e9) / batch / (quick ? trees / 10 : trees),
          'boreal is faster by': engine === 'boreal' ? null : seconds / measured.engines.boreal.seconds,
          wanted: batch === LARGE_BATCH ? (wanted?.[engine] ?? null) : null,
          'max difference': engine === 'boreal' ? null : difference(folder, name, engine),
        });
      }
    }
  }
  return rows;
}

async function measureSingleRows(ours, { quick, peers, only }) {
  const rows = [];
  for (const { name, rowBudgetMicros } of MODELS) {
    if (!rowBudgetMicros || (only && !name.includes(only))) continue;
    await ours.prepare({ model: name, rows: 1 });
    for (const engine of peers ? ['boreal', 'onnxruntime-node'] : ['boreal']) {
      try {
        const calls = engine === 'boreal' ? 40_000 : 10_000;
        const { p50, p99 } = await ours.ask(`latency ${engine} ${quick ? 500 : calls}`);
        rows.push({
          name: `${name}, one row`,
          threads: 1,
          engine,
          'p50 us': p50,
          'p99 us': p99,
          'p99 / p50': p99 / p50,
          'wanted us': engine === 'boreal' ? rowBudgetMicros : null,
        });
      } catch (error) {
        console.error(`${engine}: ${error.message}; its rows stay empty`);
      }
    }
  }
  return rows;
}

/** One model asked by several at once: threads with rows, then callers with small batches on the pool. */
async function measureConcurrency(ours, { quick, only }) {
  const rows = [];
  for (const { name } of MODELS.filter((model) => model.rowBudgetMicros)) {
    if (only && !name.includes(only)) continue;
    await ours.prepare({ model: name, rows: 100 });
    for (const [how, request] of [
      ['rows of worker threads', 'workers'],
      ['100 rows of async callers', 'callers'],
    ]) {
      let alone;
      for (const count of [1, 2]) {
        const { rate } = await ours.ask(`${request} ${count} ${quick ? 50 : 500}`);
        alone ??= rate;
        rows.push({
          name: `${name}, ${how}`,
          threads: request === 'workers' ? count : availableParallelism(),
          engine: `boreal, ${count} at once`,
          'rows/s': rate,
          'times one': rate / alone,
        });
      }
    }
  }
  return rows;
}

export async function run({ quick, peers, only }) {
  const kept = process.env.BOREAL_BENCH_MODELS;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'boreal-bench-'));
  if (kept) mkdirSync(kept, { recursive: true });
  const result = { rows: [], peers: {} };
  try {
    if (!prepareModels(folder, quick)) return result; // the peers train the models
    result.peers = JSON.parse(readFileSync(join(folder, 'versions.json'), 'utf8'));
    for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
      const ours = await startHost(process.execPath, [path('./support/forest-host.mjs'), folder], threads);
      const theirs = peers
        ? await startHost(
            python,
            [path('./peers/forest_models.py'), 'serve', folder, String(threads)],
            threads,
          )
        : null;
      const hosts = [ours, theirs].filter(Boolean);
      result.rows.push(...(await measureBatches(hosts, folder, { threads, quick, only })));
      if (threads === 1) result.rows.push(...(await measureSingleRows(ours, { quick, peers, only })));
      else result.rows.push(...(await measureConcurrency(ours, { quick, only })));
      for (const host of hosts) await host.close();
    }
  } finally {
    if (!kept) rmSync(folder, { recursive: true });
  }
  return result;
}
