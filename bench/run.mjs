// npm run bench                      all suites
// npm run bench -- forest http       some of them
// npm run bench -- --quick           smaller, to see that they work; results are not written
import { parseArgs } from 'node:util';
import { machine, writeResult } from './support/machine.mjs';

const SUITES = ['forest', 'pipeline', 'http'];
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const unknown = positionals.filter((name) => !SUITES.includes(name));
if (flags.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no suite ${unknown.join(', ')}.`);
  console.log(
    `npm run bench -- [--quick] [${SUITES.join('] [')}]\nBOREAL_PEER_PYTHON names the Python that has scikit-learn.`,
  );
  process.exit(unknown.length > 0 ? 1 : 0);
}

const round = (row) =>
  Object.fromEntries(
    Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Number(v.toPrecision(4)) : v]),
  );

console.log(machine());
for (const name of positionals.length > 0 ? positionals : SUITES) {
  const { run } = await import(`./${name}.bench.mjs`);
  const { rows, peers } = await run({ quick: flags.quick });
  console.log(`\n${name}`);
  console.table(rows.map(round));
  if (!flags.quick) writeResult(name, rows, peers);
}
