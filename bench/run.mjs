// npm run bench                      all suites
// npm run bench -- forest serve     some of them
// npm run bench -- --quick           smaller, to see that they work; results are not written
// npm run bench -- --no-peers calls  ours alone, looking for no peer
// npm run bench -- --only 256 gemm   the cases with "256" in their name; results are not written
import { parseArgs } from 'node:util';
import { machine, writeResult } from './support/machine.mjs';

const SUITES = [
  'gemm',
  'gemm-int8',
  'elementwise',
  'decompositions',
  'calls',
  'estimators',
  'boosting',
  'forest',
  'forest-training',
  'forest-inference',
  'nn',
  'pipeline',
  'shap',
  'serve',
];
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const unknown = positionals.filter((name) => !SUITES.includes(name));
if (flags.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no suite ${unknown.join(', ')}.`);
  console.log(
    `npm run bench -- [--quick] [--no-peers] [--only TEXT] [${SUITES.join('] [')}]\nBOREAL_PEER_PYTHON names the Python that has scikit-learn, numpy, torch, flask, gunicorn and skl2onnx.`,
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
  const { table, ...result } = await run({ quick: flags.quick, peers: !flags['no-peers'], only: flags.only });
  console.log(`\n${name}`);
  console.table(table ?? result.rows.map(round));
  if (!flags.quick && !flags.only) writeResult(name, result);
}
