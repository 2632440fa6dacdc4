// Random forest, 100 unlimited trees on 100,000 x 28: fit, and predict of 1, 100 and 100,000 rows, beside scikit-learn
// with n_jobs = 2 on the same data. Also: how long the event loop waits while both work.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { RandomForestClassifier, rocAucScore } from '../dist/index.js';
import { runPeer } from './support/peer.mjs';
import { makeData, writeData } from './support/table-data.mjs';
import { median, timeCalls, timeRuns } from './support/time.mjs';

const ROWS = 100_000;
const SEEDS = [0, 1, 2, 3, 4];

/** p99 and maximum of the event loop's delay in milliseconds while `work` runs. */
async function eventLoopDelay(work) {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  await work();
  monitor.disable();
  return { p99: monitor.percentile(99) / 1e6, max: monitor.max / 1e6 };
}

export async function run({ quick }) {
  const rows = quick ? 10_000 : ROWS;
  const data = makeData(rows, 28, rows);
  const { xTrain, yTrain, xTest, yTest } = data;
  const seeds = quick ? [0] : SEEDS;

  const fitSeconds = [];
  const aucs = [];
  let forest;
  let fitDelay;
  for (const randomState of seeds) {
    forest = new RandomForestClassifier({ randomState });
    const start = performance.now();
    fitDelay = await eventLoopDelay(() => forest.fit(xTrain, yTrain));
    fitSeconds.push((performance.now() - start) / 1000);
    const proba = await forest.predictProba(xTest);
    aucs.push(rocAucScore(yTest, proba.columns([1]).data));
  }
  const plan = forest.compile({ output: 'proba', precision: 'float32' });
  const batch = await timeRuns(quick ? 3 : 9, () => plan.run(xTest));
  const batchDelay = await eventLoopDelay(async () => {
    for (let i = 0; i < 20; i++) await plan.run(xTest);
  });
  const hundred = timeCalls(quick ? 200 : 2000, (i) =>
    plan.runSync(xTest.slice((i * 100) % xTest.rows, ((i * 100) % xTest.rows) + 100)),
  );
  const one = timeCalls(quick ? 2000 : 20_000, (i) => plan.runRow(xTest.row((i * 7919) % xTest.rows)));

  const folder = mkdtempSync(join(tmpdir(), 'boreal-bench-'));
  writeData(folder, data);
  const peer = runPeer('sklearn_calls.py', folder, '--seeds', String(seeds.length));
  rmSync(folder, { recursive: true });

  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const row = (name, ours, theirs, unit) => ({
    name,
    unit,
    boreal: ours,
    'scikit-learn': theirs ?? null,
    ratio: theirs ? theirs / ours : null,
  });
  return {
    peers: peer?.versions ?? {},
    rows: [
      row('fit', median(fitSeconds), peer?.fitSeconds, 's'),
      {
        name: 'test AUC, mean over seeds',
        unit: '',
        boreal: mean(aucs),
        'scikit-learn': peer?.auc ?? null,
        ratio: null,
      },
      row(`predict ${xTest.rows} rows`, median(batch) * 1e3, peer && peer.batchSeconds * 1e3, 'ms'),
      row('predict 100 rows, p50', hundred.p50, peer && peer.hundredSeconds * 1e6, 'us'),
      row('predict 1 row, p50', one.p50, peer && peer.oneSeconds * 1e6, 'us'),
      row('predict 1 row, p99', one.p99, null, 'us'),
      row('event-loop delay during fit, p99', fitDelay.p99, null, 'ms'),
      row('event-loop delay during fit, max', fitDelay.max, null, 'ms'),
      row('event-loop delay during batch predict, p99', batchDelay.p99, null, 'ms'),
      row('event-loop delay during batch predict, max', batchDelay.max, null, 'ms'),
    ],
  };
}
