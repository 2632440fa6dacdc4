// u8 x s8 products with packed weights, beside our own float32 on the same shapes.
import { matmulCase, SKINNY } from './gemm.bench.mjs';
import { runSuite } from './support/suite.mjs';

const SQUARE = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096];

export function run(flags) {
  const shapes = [
    ...(flags.quick ? [64, 256] : SQUARE).map((n) => ({ m: n, k: n, n, group: 'square' })),
    ...SKINNY.map((shape) => ({ ...shape, group: 'skinny' })),
  ];
  const cases = shapes.map((shape) =>
    matmulCase({ op: 'matmul-int8', dtype: 'int8', packed: true, ...shape }),
  );
  return runSuite(cases, flags);
}
