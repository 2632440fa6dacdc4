// Ten times more requests than a server can answer: those it accepts stay quick, the rest hears 503 at once, and memory
// stays bounded. node bench/serve/overload.mjs [--seconds 10] prints one line of JSON; exits with 1 when a bar is missed.
// Linux; needs wrk.
//
// wrk makes the load: it posts on all its connections, again and again. How long an accepted request takes is what a few
// clients of their own see, who do as they did without the load: a generator that is busy measures how late it is itself.
import { parseArgs } from 'node:util';
import { percentile } from '../support/time.mjs';
import { postInTurn } from './clients.mjs';
import { startScript } from './process.mjs';
import { hasWrk, wrk } from './wrk.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const seconds = Number(values.seconds);
const ROWS = 100;
const CONNECTIONS = 256;
/** How long an answer takes under the load, about; the load is meant to be somewhat above the factor. */
const REFUSAL_MS = 1;
const FACTOR = 10;
const MOST_TIMES_P99 = 10;
const MOST_GROWTH_MB = 100;

const body = JSON.stringify(
  Array.from({ length: ROWS }, (_, i) => Array.from({ length: 8 }, (_, j) => ((7 * i + 3 * j) % 10) / 10)),
);
const until = (ms) => {
  const end = Date.now() + ms;
  return () => Date.now() > end;
};
const times = (results) => results.filter(({ status }) => status === 200).map(({ ms }) => ms);

if (!hasWrk()) process.exit(1);
const server = await startScript('busy.mjs');
const url = `${server.url}/predict_batch`;
await postInTurn({ url, body, clients: 4, stop: until(1000) });
const unloaded = percentile(times(await postInTurn({ url, body, clients: 1, stop: until(3000) })), 0.99);
const capacity = times(await postInTurn({ url, body, clients: 4, stop: until(3000) })).length / 3;
// A refusal takes a millisecond; without a pause wrk would ask for as much as two cores can refuse.
const pauseMs = Math.max(0, Math.floor((1000 * CONNECTIONS) / (1.1 * FACTOR * capacity)) - REFUSAL_MS);
const before = server.rss();
let most = before;
const sampler = setInterval(() => {
  most = Math.max(most, server.rss());
}, 100);
const [load, results] = await Promise.all([
  wrk({ url, body, connections: CONNECTIONS, seconds, pauseMs }),
  postInTurn({ url, body, clients: 4, stop: until(1000 * seconds) }),
]);
clearInterval(sampler);
await server.stop();

const accepted = times(results);
const refused = results.filter(({ status }) => status === 503).length;
const other = results.length - accepted.length - refused + load.failed - load.refused;
const p99 = percentile(accepted, 0.99);
const growthMB = (most - before) / 2 ** 20;
const offered = load.requestsPerSecond + results.length / seconds;
const bars = [
  other === 0,
  offered >= FACTOR * capacity,
  refused > 0,
  p99 < MOST_TIMES_P99 * unloaded,
  growthMB < MOST_GROWTH_MB,
];
const ok = bars.every(Boolean);
const round = (value) => Number(value.toPrecision(4));
console.log(
  JSON.stringify({
    ok,
    capacityPerSecond: round(capacity),
    offeredPerSecond: round(offered),
    acceptedPerSecond: round((load.requests - load.refused + accepted.length) / seconds),
    measured: accepted.length,
    other,
    unloadedP99ms: round(unloaded),
    acceptedP50ms: round(percentile(accepted, 0.5)),
    acceptedP99ms: round(p99),
    timesUnloaded: round(p99 / unloaded),
    growthMB: round(growthMB),
  }),
);
process.exitCode = ok ? 0 : 1;
