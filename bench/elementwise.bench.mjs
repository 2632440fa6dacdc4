// Elementwise functions and reductions over arrays that sit in L1, in L2, around L3 and in memory.
import { runSuite } from './support/suite.mjs';

/** Op -> arrays read, arrays written. Rows of softmax are 1000 long (1024, 32 where there are fewer). */
const OPS = {
  add: [2, 1],
  mul: [2, 1],
  exp: [1, 1],
  log: [1, 1],
  tanh: [1, 1],
  sigmoid: [1, 1],
  gelu: [1, 1],
  softmax: [1, 1],
  sum: [1, 0],
  variance: [1, 0],
  argmax: [1, 0],
};
const SHAPES = [
  { m: 1, n: 32, name: '32' },
  { m: 4, n: 1024, name: '4096' },
  { m: 1000, n: 1000, name: '1e6' },
  { m: 10_000, n: 1000, name: '1e7' },
];

export function run(flags) {
  const cases = ['f32', 'f64'].flatMap((dtype) =>
    (flags.quick ? SHAPES.slice(0, 2) : SHAPES).flatMap(({ m, n, name }) =>
      Object.entries(OPS).map(([op, [reads, writes]]) => {
        const bytes = (reads + writes) * m * n * (dtype === 'f32' ? 4 : 8);
        return {
          name: `${op} ${dtype} ${name}`,
          group: name,
          spec: { op, dtype, m, n },
          unit: 'GB/s',
          amount: bytes / 1e9,
          work: { bytes, direction: writes > 0 ? 'add' : 'read' },
          probe: bytes > 1e6 ? 'dram' : 'fma',
          threads: m * n >= 1e6 ? [1, 2] : [1],
        };
      }),
    ),
  );
  return runSuite(cases, flags);
}
