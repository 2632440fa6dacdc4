/** Puts what the steps of run.sh have written into result.json, with the project's goals beside what was reached. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const read = (name) => (existsSync(`out/${name}`) ? readFileSync(`out/${name}`, 'utf8').trim() : '');
const parsed = (name) => {
  try {
    return JSON.parse(read(name));
  } catch {
    return null;
  }
};
const step = (name) => {
  const skipped = read(`${name}.skipped`);
  if (skipped !== '') return { skipped };
  return { status: Number(read(`${name}.status`) || Number.NaN), error: read(`${name}.err`).slice(-2000) };
};

const bench = parsed('bench');
const peers = parsed('peers');
const rows = bench?.results ?? [];
const goals = [];
// Shares of what the peer reaches.
const wanted = { sgemm: 0.85, bf16: 0.9, float16: 0.9, tf32: 0.9, int8: 0.8 };
const others = rows.flatMap(({ name, of, library, ...rest }) =>
  name === 'peer' ? [{ name: of, library, ...rest }] : [],
);
for (const { name, library, side, tflops } of [
  ...others,
  ...(peers?.results ?? []).map((peer) => ({ library: 'torch', ...peer })),
]) {
  const own = rows.find((row) => row.name === name && row.side === side);
  if (own)
    goals.push({
      goal: `${name} ${side} over ${library}`,
      wanted: wanted[name],
      reached: own.tflops / tflops,
    });
}
// Where cublasLt may make the products: never slower than our own kernels, what it has taken aside.
for (const { name, of, side, tflops, note } of rows) {
  if (name !== 'library') continue;
  const own = rows.find((row) => row.name === of && row.side === side);
  if (!own) continue;
  goals.push({
    goal: `${of} ${side} with libraries over own kernels`,
    wanted: 1,
    reached: tflops / own.tflops,
    note,
  });
}
const bf16 = rows.find(({ name, side }) => name === 'bf16' && side === 4096);
if (bf16) goals.push({ goal: 'bf16 4096, TFLOP/s of an H100', wanted: 600, reached: bf16.tflops });
const training = parsed('training');
for (const { name, gpuMs, cpuMs } of training?.results ?? []) {
  const peer = peers?.results?.find((row) => row.name === name);
  if (peer) goals.push({ goal: `${name} at batch 1024 over torch`, wanted: 1, reached: peer.ms / gpuMs });
  goals.push({ goal: `${name} over the CPU here`, wanted: 1, reached: cpuMs / gpuMs });
}
for (const { name, trees, depth, residentMrows, transferMrows, cpuMrows } of rows) {
  if (name !== 'forest') continue;
  const what = `forest ${trees} x ${depth} over the CPU here`;
  goals.push({
    goal: what,
    wanted: 50,
    reached: residentMrows / cpuMrows,
    withTransfers: transferMrows / cpuMrows,
  });
}
for (const { name, width, fusedMs, apartMs } of rows) {
  if (name === 'mlp')
    goals.push({ goal: `fused layers of ${width} over single ones`, wanted: 3, reached: apartMs / fusedMs });
}
for (const { name, width, us, apartUs } of rows) {
  if (name === 'training step')
    goals.push({
      goal: `a step of training layers of ${width}, together over layer by layer`,
      wanted: 3,
      reached: apartUs / us,
    });
}
for (const { name, rows: count, rounds, ms, cpuMs, sameTrees } of rows) {
  if (name === 'boosting')
    goals.push({
      goal: `boosting ${count} x 28, ${rounds} rounds over the CPU here`,
      wanted: 5,
      reached: cpuMs / ms,
      sameTrees,
    });
}
for (const { name, count, grownBytes } of rows) {
  if (name === 'cycles')
    goals.push({ goal: `bytes that ${count} programs leave behind`, wanted: 0, reached: grownBytes });
}
const single = rows.find(({ name }) => name === 'single row');
if (single)
  goals.push({ goal: 'microseconds of a row through 784-128-64-10, by a graph', reached: single.us });
const sanitizers = ['memcheck', 'racecheck'].map((tool) => [
  tool,
  { ...step(tool), output: read(tool).slice(-500) },
]);
const tests = read('tests').split('\n');
const result = {
  commit: readFileSync('commit.txt', 'utf8').trim(),
  tests: {
    ...step('tests'),
    summary: tests.filter((line) => line.includes('[doctest]')),
    skipped: tests[0].startsWith('skipped'),
  },
  plans: { ...step('plans'), ...parsed('plans') },
  bench: { ...step('bench'), ...bench },
  training: { ...step('training'), ...training },
  ...Object.fromEntries(sanitizers),
  peers: { ...step('peers'), ...peers },
  skipped: ['memcheck', 'racecheck', 'peers'].filter((name) => read(`${name}.skipped`) !== '').length,
  goals,
};
writeFileSync('result.json', `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(goals, null, 2));
// Whoever runs this learns of a step that failed.
const steps = ['tests', 'plans', 'bench', 'training', 'memcheck', 'racecheck', 'peers'].map(step);
process.exitCode = steps.every(({ skipped, status }) => skipped !== undefined || status === 0) ? 0 : 1;
