// Runs the cases of a numeric suite at each number of threads and makes the rows of its result.
import { availableParallelism } from 'node:os';
import { compare, makeGauge } from './compare.mjs';
import { buildComparison, startNative, startPython } from './hosts.mjs';
import { leastSeconds } from './limits.mjs';

export const FULL = { repeats: 9, turnSeconds: 8e-3, budgetSeconds: 1.2 };
export const QUICK = { repeats: 3, turnSeconds: 1e-3, budgetSeconds: 0.1 };

const digits = (value, count = 3) => (value === null ? null : Number(value.toPrecision(count)));

/** What is being measured, on the last line of a terminal. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(70)}\r`);
}

/** One row of a result: seconds per engine, the best peer, our ratio to it, and our share of the machine's limit. */
export function makeRow(item, threads, { engines, difference }, limit) {
  const seconds = {};
  for (const [engine, { seconds: value }] of Object.entries(engines)) seconds[engine] = digits(value, 4);
  const peers = Object.entries(engines)
    .filter(([engine]) => !engine.startsWith('boreal'))
    .sort(([, a], [, b]) => a.seconds - b.seconds);
  const ours = engines.boreal;
  const best = peers[0];
  return {
    name: item.name,
    group: item.group,
    ...item.spec,
    threads,
    unit: item.unit,
    amount: item.amount ?? null,
    seconds,
    bestPeer: best?.[0] ?? null,
    ratio: ours && best ? digits(best[1].seconds / ours.seconds) : null,
    limitSeconds: digits(limit?.seconds ?? null, 4),
    limitedBy: limit?.by ?? null,
    fraction: ours && limit ? digits(limit.seconds / ours.seconds) : null,
    difference,
    dropped: Object.values(engines).reduce((sum, { dropped }) => sum + dropped, 0),
    disturbed: Object.keys(engines).filter((engine) => engines[engine].disturbed),
  };
}

const TIME_UNITS = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** Seconds in the row's unit: a time, or the rate of doing `amount`. */
export function inUnit({ unit, amount }, seconds) {
  return digits(unit in TIME_UNITS ? seconds * TIME_UNITS[unit] : amount / seconds);
}

/** The rows as the console shows them. */
export function tableOf(rows, engines) {
  return rows.map((row) => ({
    case: row.threads ? `${row.name}, ${row.threads} thr` : row.name,
    unit: row.unit,
    ...Object.fromEntries(
      engines.map((engine) => [engine, row.seconds[engine] ? inUnit(row, row.seconds[engine]) : null]),
    ),
    'best peer': row.bestPeer,
    ratio: row.ratio,
    'of limit': row.fraction === null ? null : `${Math.round(100 * row.fraction)} % ${row.limitedBy}`,
    disturbed: row.disturbed.join(' '),
  }));
}

/**
 * @param cases { name, group, spec: for the hosts, unit and amount: see inUnit, work: for leastSeconds, probe: of
 *   compare, threads: those it is run with }
 * @param flags of bench/run.mjs: quick; peers: whether to look for any; only: cases whose name has this in it
 */
export async function runSuite(cases, { quick, peers, only }) {
  const program = buildComparison({ peers });
  const options = quick ? QUICK : FULL;
  const result = { rows: [], peers: {}, limits: {} };
  for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
    const mine = cases.filter((one) => one.threads.includes(threads) && (!only || one.name.includes(only)));
    if (mine.length === 0) continue;
    const native = program && (await startNative(program, threads));
    const python = peers ? await startPython(threads) : null;
    const hosts = [native, python].filter(Boolean);
    for (const host of hosts) {
      Object.assign(result.peers, host.engines);
    }
    const limits = native ? await native.ask('limits') : null;
    result.limits[threads] = limits;
    const gauge = makeGauge(native);
    await gauge.warmUp();
    for (const item of mine) {
      const measured = await compare(hosts, gauge, item.spec, { ...options, probe: item.probe ?? 'fma' });
      result.rows.push(makeRow(item, threads, measured, leastSeconds(limits, item.work)));
      progress(`${threads} thr, ${item.name}`);
    }
    for (const host of hosts) await host.close();
  }
  progress('');
  const engines = Object.keys(result.peers).filter((engine) =>
    result.rows.some((row) => engine in row.seconds),
  );
  return { ...result, engines, table: tableOf(result.rows, engines) };
}
