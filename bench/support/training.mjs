// Suites that train: each case is fitted by boreal and by its peers on the same rows, in turn, up to three times while that
// takes less than 10 seconds together, of which the median counts. Seconds are those from the matrix to the model, and the
// AUC is of 100,000 rows held out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rocAucScore } from '../../dist/index.js';
import { runPeer } from './peer.mjs';
import { inUnit } from './suite.mjs';
import { makeData, writeData } from './table-data.mjs';
import { median } from './time.mjs';

const TEST_ROWS = 100_000;

/**
 * @param cases { model: what the peers call it, rows, cols, trees, threads, group: 'fit' for those beside which targets
 *   are held, 'cost' for points of curves only, 'bins' for splits between so many `bins`, make: -> an estimator }
 * @param flags of bench/run.mjs
 */
export async function runTraining(cases, { peers, only }) {
  const rows = [];
  const versions = {};
  for (const { make, ...one } of cases) {
    const on = one.bins ? ` on ${one.bins} bins` : '';
    const name = `${one.model}${on}, ${one.rows} x ${one.cols}, ${one.trees} trees`;
    if (only && !name.includes(only)) continue;
    const data = makeData(one.rows, one.cols, TEST_ROWS);
    const measured = { boreal: await fit(make(), data) };
    if (peers) {
      const { versions: found, ...theirs } = runPeers(data, one) ?? {};
      Object.assign(versions, found);
      Object.assign(measured, theirs);
    }
    rows.push(makeRow(name, one, measured));
  }
  const engines = [...new Set(rows.flatMap((row) => Object.keys(row.seconds)))];
  return { rows, peers: versions, engines, table: rows.map((row) => lineOf(row, engines)) };
}

async function fit(model, { xTrain, yTrain, xTest, yTest }) {
  const times = [];
  let spent = 0;
  while (times.length < 3 && spent < 10) {
    const start = performance.now();
    await model.fit(xTrain, yTrain);
    times.push((performance.now() - start) / 1000);
    spent += times.at(-1);
  }
  const proba = await model.predictProba(xTest);
  return { seconds: median(times), auc: rocAucScore(yTest, proba.columns([1]).data) };
}

function runPeers(data, { model, trees, threads }) {
  const folder = mkdtempSync(join(tmpdir(), 'boreal-bench-'));
  writeData(folder, data);
  const results = runPeer('training_calls.py', folder, model, String(trees), String(threads));
  rmSync(folder, { recursive: true });
  return results;
}

function makeRow(name, spec, measured) {
  const of = (field) =>
    Object.fromEntries(
      Object.entries(measured).map(([engine, result]) => [engine, Number(result[field].toPrecision(6))]),
    );
  const seconds = of('seconds');
  const [best] = Object.keys(seconds)
    .filter((engine) => engine !== 'boreal')
    .sort((a, b) => seconds[a] - seconds[b]);
  return {
    name,
    ...spec,
    unit: 's',
    amount: null,
    seconds,
    auc: of('auc'),
    bestPeer: best ?? null,
    ratio: best ? Number((seconds[best] / seconds.boreal).toPrecision(3)) : null,
    fraction: null,
    difference: null,
    disturbed: [],
  };
}

function lineOf(row, engines) {
  const columns = engines.flatMap((engine) => [
    [`${engine}, s`, row.seconds[engine] === undefined ? null : inUnit(row, row.seconds[engine])],
    [`${engine}, AUC`, row.auc[engine] ?? null],
  ]);
  return { case: `${row.name}, ${row.threads} thr`, ...Object.fromEntries(columns), ratio: row.ratio };
}
