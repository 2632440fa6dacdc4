// What a call costs from JavaScript: products and elementwise functions from tiny (where the call itself is what is
// measured) to large, into an existing matrix, beside the libraries of npm. All engines live in this process, take
// turns, and use as many threads as they use by default.
import { Matrix } from '../dist/index.js';
import { native } from '../dist/native.js';
import { npmPeers, randomValues } from './peers/npm.mjs';
import { compare, makeGauge } from './support/compare.mjs';
import { buildComparison, startNative } from './support/hosts.mjs';
import { FULL, makeRow, QUICK, tableOf } from './support/suite.mjs';

const OPS = {
  matmul: (a, b, out) => () => a.matmul(b, { out }),
  add: (a, b, out) => () => a.add(b, { out }),
  exp: (a, _, out) => () => a.exp({ out }),
  sum: (a) => () => a.sum(),
};

const ours = {
  name: 'boreal',
  version: `${native.info().version} ${native.info().isa}`,
  prepare({ op, dtype, rows, cols }) {
    const matrix = (seed) =>
      Matrix.from(randomValues(seed, rows * cols), [rows, cols], dtype === 'f32' ? 'float32' : 'float64');
    return OPS[op](matrix(1), matrix(2), matrix(3));
  },
};

/** A host (see support/hosts.mjs) of engines in this process. */
function localHost(engines) {
  const calls = new Map();
  return {
    async prepare(spec) {
      calls.clear();
      for (const engine of engines) {
        await engine.select?.();
        const call = engine.prepare(spec);
        if (!call) continue;
        // Until V8 has compiled what it will compile.
        for (const start = performance.now(); performance.now() - start < 50; ) call();
        calls.set(engine.name, call);
      }
      return { engines: [...calls.keys()] };
    },
    async turn(name, count) {
      await engines.find((engine) => engine.name === name).select?.();
      const call = calls.get(name);
      const warm = performance.now();
      while (count > 1 && performance.now() - warm < 0.5) call();
      const start = performance.now();
      for (let i = 0; i < count; i++) call();
      return (performance.now() - start) / 1000;
    },
  };
}

export async function run({ quick, peers, only }) {
  const engines = [ours, ...(peers ? await npmPeers() : [])];
  // The gauge needs the native program; without peers this suite asks for nothing but the addon.
  const program = peers ? buildComparison({ peers }) : null;
  const gaugeHost = program && (await startNative(program, 1));
  const gauge = makeGauge(gaugeHost);
  await gauge.warmUp();
  const squares = quick ? [16] : [4, 16, 32, 64, 128, 256, 512, 1024];
  const lengths = quick ? [32] : [32, 256, 4096, 65_536, 1_048_576];
  const cases = ['f32', 'f64'].flatMap((dtype) => [
    ...squares.map((n) => ({
      group: 'matmul',
      size: `${n} x ${n}`,
      spec: { op: 'matmul', dtype, rows: n, cols: n },
    })),
    ...['add', 'exp', 'sum'].flatMap((op) =>
      lengths.map((n) => ({ group: op, size: `${n}`, spec: { op, dtype, rows: 1, cols: n } })),
    ),
  ]);
  const host = localHost(engines);
  const rows = [];
  for (const { group, size, spec } of cases) {
    const item = {
      name: `${spec.op} ${spec.dtype} ${size}`,
      group,
      spec,
      unit: spec.cols < 100 ? 'ns' : 'us',
    };
    if (only && !item.name.includes(only)) continue;
    const measured = await compare([host], gauge, spec, { ...(quick ? QUICK : FULL), probe: 'fma' });
    rows.push(makeRow(item, null, measured, null));
  }
  await gaugeHost?.close();
  const names = engines.map((engine) => engine.name);
  return {
    rows,
    engines: names,
    peers: Object.fromEntries(engines.map(({ name, version }) => [name, version])),
    table: tableOf(rows, names),
  };
}
