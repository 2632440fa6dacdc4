// Decompositions of square float64 matrices beside LAPACK (in OpenBLAS, in numpy's OpenBLAS, in torch's MKL).
import { runSuite } from './support/suite.mjs';

/** Op -> operations as a multiple of n^3: the textbook counts (Golub and Van Loan), also where the peers do fewer. */
const OPS = { solve: 2 / 3, inverse: 2, cholesky: 1 / 3, qr: 8 / 3, svd: 20, eigh: 9 };

export function run(flags) {
  const cases = (flags.quick ? [32] : [100, 250, 500, 1000]).flatMap((n) =>
    Object.entries(OPS).map(([op, cubes]) => ({
      name: `${op} ${n}`,
      group: op,
      spec: { op, dtype: 'f64', n },
      unit: 'ms',
      work: { operations: cubes * n ** 3, peak: 'f64', bytes: 2 * 8 * n * n, direction: 'read' },
      threads: [1, 2],
    })),
  );
  return runSuite(cases, flags);
}
