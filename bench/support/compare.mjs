// Times one case on all engines, repetition by repetition: A B C, B C A, C A B, ... A probe of the machine's speed
// brackets every repetition; one with a slow probe on either side was disturbed (a neighbour, an interrupt) and
// does not count. What is reported is the median of those that count.
import { median, percentile } from './time.mjs';

/** How slow a probe may be beside an undisturbed one: the 90th percentile of the last probes. */
const TOLERANCE = { fma: 0.92, dram: 0.8 };

/** The gauge of a native host: `clean()` tells whether the machine is undisturbed right now. Without a host, always. */
export function makeGauge(native) {
  const rates = { fma: [], dram: [] };
  return {
    async clean(kind) {
      if (!native) return true;
      const { rate } = await native.ask(`probe ${kind}`);
      rates[kind].push(rate);
      if (rates[kind].length > 200) rates[kind].shift();
      return rate >= TOLERANCE[kind] * percentile(rates[kind], 0.9);
    },
    async warmUp() {
      for (let i = 0; i < 20; i++) for (const kind of Object.keys(TOLERANCE)) await this.clean(kind);
    },
  };
}

/** A host that cannot prepare a case says why and sits it out. */
async function prepare(host, spec) {
  try {
    return await host.prepare(spec);
  } catch (error) {
    console.error(`${JSON.stringify(spec)}: ${error.message}`);
    return { engines: [] };
  }
}

/**
 * @param hosts see hosts.mjs
 * @param gauge from makeGauge
 * @param spec what `prepare` of the hosts understands
 * @param options repeats: clean repetitions wanted; turnSeconds: length of one; budgetSeconds: after so long, what
 *   there is must do (each engine has had three repetitions at least); probe: 'fma' or 'dram'
 * @returns engine -> { seconds, repetitions, dropped, disturbed: no repetition was clean }, and how far the results
 *   of the native engines are apart
 */
export async function compare(hosts, gauge, spec, { repeats, turnSeconds, budgetSeconds, probe }) {
  const turns = [];
  let difference = null;
  for (const host of hosts) {
    const prepared = await prepare(host, spec);
    difference ??= prepared.difference ?? null;
    for (const engine of prepared.engines) turns.push({ host, engine, calls: 1, clean: [], dropped: [] });
  }
  let before = await gauge.clean(probe);
  const repeat = async (turn) => {
    const seconds = (await turn.host.turn(turn.engine, turn.calls)) / turn.calls;
    const after = await gauge.clean(probe);
    (before && after ? turn.clean : turn.dropped).push(seconds);
    before = after;
    return seconds;
  };
  for (const turn of turns) {
    // Twice: the first call after a preparation says little about the thousandth. A call longer than a turn counts.
    for (let pass = 0; pass < 2; pass++) {
      const seconds = await repeat(turn);
      if (seconds > turnSeconds) break;
      turn.calls = Math.min(1e6, Math.max(1, Math.round(turnSeconds / seconds)));
      turn.clean = [];
      turn.dropped = [];
    }
  }
  const start = performance.now();
  const spent = () => (performance.now() - start) / 1000;
  const count = (turn) => turn.clean.length + turn.dropped.length;
  for (let round = 0; round < 3 * repeats; round++) {
    const missing = turns.filter((turn) => turn.clean.length < repeats);
    if (missing.length === 0 || (spent() > budgetSeconds && turns.every((turn) => count(turn) >= 3))) break;
    for (let i = 0; i < missing.length; i++) await repeat(missing[(i + round) % missing.length]);
  }
  const engines = {};
  for (const { engine, clean, dropped } of turns) {
    const disturbed = clean.length === 0;
    engines[engine] = {
      seconds: median(disturbed ? dropped : clean),
      repetitions: clean.length,
      dropped: dropped.length,
      disturbed,
    };
  }
  return { engines, difference };
}
