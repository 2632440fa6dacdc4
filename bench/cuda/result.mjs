/**
 * Puts what the steps of run.sh have written into result.json: the project's goals first, then each step. `result.mjs SECONDS`, those that
 * all of it took. The status is 1 when a step failed; a goal that is missed or missing is no failure.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { goalsOf } from './goals.mjs';

const read = (name) => (existsSync(name) ? readFileSync(name, 'utf8').trim() : '');

/** The lines that are JSON; a line that a step did not finish is none. */
function linesOf(text) {
  return text.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line);
      return typeof value === 'object' && value !== null ? [value] : [];
    } catch {
      return [];
    }
  });
}

/** What the tests of the kernels say in the end, as a line like those of the others. */
function testsOf(text) {
  const counts = /test cases: +(\d+) \| +(\d+) passed \| +(\d+) failed/.exec(text);
  if (counts === null) return [];
  const [all, passed, failed] = counts.slice(1).map(Number);
  return [{ name: 'tests', all, passed, failed }];
}

function stepOf(name) {
  const skipped = read(`out/${name}.skipped`);
  if (skipped !== '') return { skipped };
  const [output, error] = [read(`out/${name}`), read(`out/${name}.err`)];
  const status = Number(read(`out/${name}.status`) || Number.NaN);
  return {
    status,
    seconds: Number(read(`out/${name}.seconds`)),
    ...((status === 124 || status === 137) && { timedOut: true }),
    ...(error !== '' && { error: error.slice(-1500) }),
    ...(status !== 0 && { output: output.slice(-1500) }),
    lines: [...linesOf(output), ...testsOf(output)],
  };
}

const files = readdirSync('out').flatMap((file) => /^(.*)\.(?:status|skipped)$/.exec(file)?.[1] ?? []);
const names = [...new Set(files)]; // a step that skips itself has both
const steps = Object.fromEntries(names.map((name) => [name, stepOf(name)]));

/** Why a step has not printed a figure. */
function why(name) {
  const step = steps[name];
  if (step === undefined) return `the step '${name}' has not run`;
  if (step.skipped !== undefined) return step.skipped;
  const said = step.lines.find((line) => line.name === 'failed' || line.name === 'skipped');
  if (said !== undefined) return said.error ?? said.reason;
  if (step.timedOut) return `the step '${name}' was not done in time`;
  if (step.status !== 0) return `the step '${name}' failed: ${step.error?.split('\n').at(-1) ?? step.status}`;
  return `this device has no such figure`;
}

const rows = Object.fromEntries(Object.entries(steps).map(([name, { lines }]) => [name, lines ?? []]));
const isSmall = existsSync('emulated');
const failed = names.filter((name) => steps[name].skipped === undefined && steps[name].status !== 0);
const result = {
  commit: read('commit.txt'),
  ...(isSmall && { emulated: 'on the CPU, with small shapes: no figure here means anything' }),
  machine: read('out/machine').split('\n'),
  seconds: Number(process.argv[2]),
  goals: goalsOf(rows, why, isSmall),
  failed,
  skipped: names.filter((name) => steps[name].skipped !== undefined),
  steps,
};
// Whole at any moment.
writeFileSync('result.json.new', `${JSON.stringify(result, null, 1)}\n`);
renameSync('result.json.new', 'result.json');
for (const { goal, wanted, reached, met, missing } of result.goals) {
  const bar = wanted === null ? '' : ` (goal: ${wanted}${met ? ', met' : ''})`;
  console.log(`${goal}: ${reached === null ? `missing, ${missing}` : Number(reached.toPrecision(4))}${bar}`);
}
console.log(`failed: ${failed.join(', ') || 'none'}; skipped: ${result.skipped.join(', ') || 'none'}`);
process.exitCode = failed.length > 0 ? 1 : 0;
