// Histogram boosting, 100 rounds on 28 columns: leaf-wise with 255 leaves and level by level to depth 6, with 1 and 2
// threads, beside LightGBM and XGBoost (hist) on the same data, with the AUC of each on rows held out; then the cost
// against rows and columns. Quick: 100,000 rows instead of a million.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistGradientBoostingClassifier, Matrix, makeClassification, rocAucScore } from '../dist/index.js';
import { runPeer } from './support/peer.mjs';

const TEST_ROWS = 100_000;
const CASES = {
  leaves255: { growth: 'leafWise', maxLeafNodes: 255 },
  depth6: { growth: 'depthWise', maxLeafNodes: null, maxDepth: 6 },
};

function makeData(rows, cols) {
  const { X, y } = makeClassification({
    nSamples: rows + TEST_ROWS,
    nFeatures: cols,
    nInformative: Math.floor(cols / 2),
    nRedundant: Math.floor(cols / 7),
    nClustersPerClass: 8,
    classSep: 1.2,
    flipY: 0.12,
    randomState: 7,
  });
  const x = Matrix.from(X).astype('float32');
  const labels = Uint8Array.from(y);
  return {
    xTrain: x.slice(0, rows),
    yTrain: labels.subarray(0, rows),
    xTest: x.slice(rows),
    yTest: labels.subarray(rows),
  };
}

function writeData(folder, { xTrain, yTrain, xTest, yTest }) {
  writeFileSync(join(folder, 'shape.txt'), `${xTrain.rows} ${xTest.rows} ${xTrain.cols}\n`);
  for (const [name, array] of Object.entries({
    'x_train.f32': xTrain.data,
    'x_test.f32': xTest.data,
    'y_train.u8': yTrain,
    'y_test.u8': yTest,
  })) {
    writeFileSync(join(folder, name), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}

/** Seconds from the matrix to the model, and the AUC on the rows held out. */
async function fit({ xTrain, yTrain, xTest, yTest }, params, threads) {
  const model = new HistGradientBoostingClassifier({
    ...params,
    earlyStopping: false,
    nJobs: threads,
    randomState: 0,
  });
  const start = performance.now();
  await model.fit(xTrain, yTrain);
  const seconds = (performance.now() - start) / 1000;
  const proba = await model.predictProba(xTest);
  return { seconds, auc: rocAucScore(yTest, proba.columns([1]).data) };
}

export async function run({ quick }) {
  const rows = quick ? 100_000 : 1_000_000;
  const data = makeData(rows, 28);
  const folder = mkdtempSync(join(tmpdir(), 'boreal-bench-'));
  writeData(folder, data);
  const table = [];
  let peers = {};
  for (const [name, params] of Object.entries(CASES)) {
    for (const threads of [1, 2]) {
      const ours = await fit(data, params, threads);
      const peer = runPeer('boosting_calls.py', folder, name, String(threads));
      peers = peer?.versions ?? peers;
      const best = peer && Math.min(peer.LightGBM.seconds, peer.XGBoost.seconds);
      const row = (what, unit, field, ratio) => ({
        name: `${rows} x 28, ${name}, ${threads} threads: ${what}`,
        unit,
        boreal: ours[field],
        LightGBM: peer?.LightGBM[field] ?? null,
        XGBoost: peer?.XGBoost[field] ?? null,
        ratio,
      });
      table.push(row('fit', 's', 'seconds', best && best / ours.seconds), row('test AUC', '', 'auc', null));
    }
  }
  rmSync(folder, { recursive: true });

  const sizes = [
    [rows / 10, 28],
    [rows / 10, 112],
    [rows / 100, 28],
  ];
  for (const [n, cols] of sizes) {
    const { seconds } = await fit(makeData(n, cols), CASES.leaves255, 2);
    const name = `${n} x ${cols}, leaves255, 2 threads: fit`;
    table.push({ name, unit: 's', boreal: seconds, LightGBM: null, XGBoost: null, ratio: null });
  }
  return { peers, rows: table };
}
