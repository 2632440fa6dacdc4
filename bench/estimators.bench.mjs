// Estimators beside scikit-learn on the same bytes, in turn, at 1 and 2 threads: fits, transforms and predictions of matrices
// of 100,000 x 28 where the algorithm can. A family is two files: bench/estimators/FAMILY.mjs, whose `cases` map a name to
//   { data: a data set of estimators/data.mjs, bar: the ratio wanted (default 1), make(data) -> the call to be timed, or
//     { run, quality(result) }: a number that shows that both did the same work (a score, an inertia) }
// and bench/peers/estimators/FAMILY.py, whose CASES has the same names. Seconds are the median of up to seven turns, of as many
// as four seconds allow. `--only TEXT` picks cases by name or family.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDataSet } from './estimators/data.mjs';
import { threadSettings } from './support/hosts.mjs';
import { startProcess } from './support/line-process.mjs';
import { python } from './support/peer.mjs';
import { median } from './support/time.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const HELPERS = new Set(['calls.mjs', 'data.mjs', 'host.mjs']);
const BUDGET_SECONDS = 4;

async function loadCases(only) {
  const all = [];
  for (const file of readdirSync(path('./estimators')).filter((name) => !HELPERS.has(name))) {
    const family = file.replace('.mjs', '');
    const { cases } = await import(`./estimators/${file}`);
    for (const [name, { data, bar = 1 }] of Object.entries(cases)) all.push({ family, name, data, bar });
  }
  // By data set, so that a host reads each of them once.
  return all
    .filter(({ family, name }) => !only || name.includes(only) || family.includes(only))
    .sort((a, b) => a.data.localeCompare(b.data));
}

/** Runs a case on all hosts in turn. A host that fails says why and sits it out. */
async function measure(hosts, { family, name, data }, quick) {
  const able = [];
  for (const [engine, host] of Object.entries(hosts)) {
    try {
      await host.ask(`case ${family} ${data} ${name}`);
      able.push({ engine, host, seconds: [], quality: null });
    } catch (error) {
      console.error(`${name}, ${engine}: ${error.message}`);
    }
  }
  const start = performance.now();
  const turns = quick ? 1 : 8; // the first of several warms up
  for (let turn = 0; turn < turns; turn++) {
    if (turn > 1 && performance.now() - start > BUDGET_SECONDS * 1000) break;
    for (const one of able) {
      const { seconds, quality } = await one.host.ask('turn');
      one.seconds.push(seconds);
      one.quality = quality;
    }
  }
  return able.map(({ engine, seconds, quality }) => ({
    engine,
    seconds: median(seconds.length > 1 ? seconds.slice(1) : seconds),
    quality,
  }));
}

function makeRow({ family, name, data, bar }, threads, measured) {
  const of = (field) =>
    Object.fromEntries(
      measured
        .filter((one) => one[field] !== null)
        .map((one) => [one.engine, Number(one[field].toPrecision(4))]),
    );
  const seconds = of('seconds');
  const peer = seconds['scikit-learn'];
  return {
    name,
    family,
    data,
    threads,
    seconds,
    quality: of('quality'),
    bar,
    ratio: peer && seconds.boreal ? Number((peer / seconds.boreal).toPrecision(3)) : null,
  };
}

export async function run({ quick, peers, only }) {
  const cases = await loadCases(only);
  const folder = mkdtempSync(join(tmpdir(), 'boreal-estimators-'));
  const result = { peers: {}, rows: [] };
  try {
    for (const data of new Set(cases.map((one) => one.data)))
      writeDataSet(folder, data, quick ? 2000 : 100_000);
    for (const threads of availableParallelism() > 1 && !quick ? [1, 2] : [1]) {
      // No thread of a side that waits may keep a CPU busy: those of OpenBLAS do by default, for long enough to halve what the other
      // side has in its turn.
      const settings = {
        ...threadSettings(threads),
        ...{ OMP_WAIT_POLICY: 'PASSIVE', OPENBLAS_THREAD_TIMEOUT: '4' },
      };
      const commands = {
        boreal: [process.execPath, [path('./estimators/host.mjs'), folder]],
        ...(peers && {
          'scikit-learn': [python, [path('./peers/estimators_host.py'), folder, String(threads)]],
        }),
      };
      const hosts = {};
      for (const [engine, [command, args]] of Object.entries(commands)) {
        const host = await startProcess(command, args, settings);
        if (host) hosts[engine] = host;
        if (host && engine !== 'boreal') Object.assign(result.peers, host.engines);
      }
      for (const one of cases) result.rows.push(makeRow(one, threads, await measure(hosts, one, quick)));
      for (const host of Object.values(hosts)) await host.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const table = result.rows.map(({ name, threads, data, seconds, quality, bar, ratio }) => ({
    case: `${name}, ${threads} thr`,
    data,
    'boreal, ms': seconds.boreal && Number((seconds.boreal * 1e3).toPrecision(4)),
    'scikit-learn, ms': seconds['scikit-learn'] && Number((seconds['scikit-learn'] * 1e3).toPrecision(4)),
    ratio,
    bar,
    quality: Object.values(quality).join(' | '),
  }));
  return { ...result, table };
}
