// Shapley values of the same models and rows, beside XGBoost (pred_contribs, pred_interactions), LightGBM (pred_contrib) and
// shap: 500 trees of depth 6, 500 of 31 leaves, a forest of 100 trees of depth 12; 28 columns. The boosting libraries use
// as many threads as boreal does (BOREAL_NUM_THREADS), shap one. The peers train the models: without them there is nothing
// to measure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importLightGBM, importXGBoost, load, Matrix, treeShap } from '../dist/index.js';
import { native } from '../dist/native.js';
import { runPeer } from './support/peer.mjs';
import { median, timeRuns } from './support/time.mjs';

const COLUMNS = 28;
const BACKGROUND = 100;

function readMatrix(file) {
  const bytes = readFileSync(file);
  const data = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return new Matrix(data, data.length / COLUMNS, COLUMNS);
}

export async function run({ quick, peers = true }) {
  const rowCount = quick ? 200 : 1000;
  const { threads } = native.info();
  const folder = mkdtempSync(join(tmpdir(), 'boreal-shap-'));
  try {
    const numbers = [threads, rowCount, BACKGROUND].map(String);
    const peer = peers ? runPeer('shap_values.py', folder, ...numbers, ...(quick ? ['--quick'] : [])) : null;
    if (peer === null) return { peers: {}, rows: [] };
    const file = (name) => join(folder, name);
    const x = readMatrix(file('x.f64'));
    const few = x.slice(0, rowCount / 20);
    const background = readMatrix(file('background.f64'));
    const xgboost = importXGBoost(readFileSync(file('xgboost.ubj')));
    const lightgbm = importLightGBM(readFileSync(file('lightgbm.txt')));
    const forest = await load(file('forest.boreal'));
    const calls = {
      xgboost: [x, () => treeShap(xgboost, x)],
      'xgboost interactions': [few, () => treeShap(xgboost, few, { interactions: true })],
      lightgbm: [x, () => treeShap(lightgbm, x)],
      forest: [few, () => treeShap(forest, few)],
      'forest background': [few, () => treeShap(forest, few, { background })],
    };
    const rows = [];
    for (const [name, [{ rows: count }, call]] of Object.entries(calls)) {
      const { peer: library, seconds: theirs, first } = peer.cases[name];
      const ours = median(await timeRuns(quick ? 1 : 5, call));
      const { values, interactions } = await call();
      const own = (interactions ?? values)[0].row(0);
      const largest = Math.max(...first.map(Math.abs));
      rows.push({
        name: `${name}, ${threads} thr`,
        unit: 'us/row',
        boreal: (ours / count) * 1e6,
        peer: library,
        theirs: (theirs / count) * 1e6,
        ratio: theirs / ours,
        difference: Math.max(...first.map((value, j) => Math.abs(value - own[j]))) / largest,
      });
    }
    return { peers: peer.versions, rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
