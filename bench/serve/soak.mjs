// A server at its full rate for a long time: no request fails, and its memory is flat.
// node bench/serve/soak.mjs [--seconds 600] prints one line of JSON; exits with 1 when a bar is missed. Linux; needs wrk.
import { parseArgs } from 'node:util';
import { startScript } from './process.mjs';
import { hasWrk, wrk } from './wrk.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
const seconds = Number(values.seconds);
/** The first third warms up; what memory gains in the rest, by the line through it, is at most this. */
const MOST_GROWTH_MB = 8;

if (!hasWrk()) process.exit(1);
const server = await startScript('boreal.mjs');
const samples = [];
const started = Date.now();
const sampler = setInterval(
  () => samples.push([(Date.now() - started) / 1000, server.rss() / 2 ** 20]),
  Math.min(1000, 10 * seconds),
);
const body = JSON.stringify({ features: [5.9, 3, 5.1, 1.8] });
const result = await wrk({ url: `${server.url}/predict`, body, connections: 16, seconds });
clearInterval(sampler);
await server.stop();

const settled = samples.filter(([second]) => second > seconds / 3);
const mean = (k) => settled.reduce((sum, sample) => sum + sample[k], 0) / settled.length;
const [second, size] = [mean(0), mean(1)];
const slope =
  settled.reduce((sum, [x, y]) => sum + (x - second) * (y - size), 0) /
  settled.reduce((sum, [x]) => sum + (x - second) ** 2, 0);
const growthMB = (slope * seconds * 2) / 3;
const ok = result.failed === 0 && growthMB <= MOST_GROWTH_MB;
const round = (value) => Number(value.toPrecision(4));
console.log(
  JSON.stringify({
    ok,
    seconds,
    ...result,
    rssMB: [round(samples[0][1]), round(samples.at(-1)[1])],
    growthMB: round(growthMB),
    growthMBPerHour: round(slope * 3600),
  }),
);
process.exitCode = ok ? 0 : 1;
