// float32 and float64 products: square from 64 to 4096, and few rows times packed weights, with 1 and 2 threads.
import { runSuite } from './support/suite.mjs';

const SQUARE = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096];
const QUICK_SQUARE = [64, 256];
/** [rows, k, n] times weights that stay. */
export const SKINNY = [
  [784, 128],
  [1024, 1024],
].flatMap(([k, n]) => [1, 8, 32, 128].map((m) => ({ m, k, n })));

export function matmulCase({ op = 'matmul', dtype, m, k, n, packed, group }) {
  const bytes = { f32: [4, 4, 4], f64: [8, 8, 8], int8: [1, 1, 4] }[dtype];
  return {
    name: `${dtype} ${m} x ${k} x ${n}`,
    group,
    spec: { op, dtype, m, k, n, packed: packed ? 1 : 0 },
    unit: dtype === 'int8' ? 'GOP/s' : 'GFLOP/s',
    amount: (2 * m * k * n) / 1e9,
    work: {
      operations: 2 * m * k * n,
      peak: dtype,
      bytes: bytes[0] * m * k + bytes[1] * k * n + bytes[2] * m * n,
      direction: 'read',
    },
    threads: [1, 2],
  };
}

export function run(flags) {
  const cases = ['f32', 'f64'].flatMap((dtype) => [
    ...(flags.quick ? QUICK_SQUARE : SQUARE).map((n) =>
      matmulCase({ dtype, m: n, k: n, n, packed: false, group: 'square' }),
    ),
    ...SKINNY.map((shape) => matmulCase({ dtype, ...shape, packed: true, group: 'skinny' })),
  ]);
  return runSuite(cases, flags);
}
