/** Decompositions against numpy's, where their signs are fixed. */
import { describe, test } from 'vitest';
import { Matrix } from '../../lib/index.js';
import { exact, expectClose, norm } from '../support/tolerance.js';
import { readGolden } from './read.js';

type Rows = number[][];
interface Case {
  name: string;
  a: Rows;
  b: Rows;
  q: Rows;
  r: Rows;
  s: number[];
  pinv: Rows;
  rank: number;
  lstsq: Rows;
  determinant?: number;
  sign?: number;
  logAbs?: number;
  inverse?: Rows;
  solve?: Rows;
  eigenvalues?: number[];
  cholesky?: Rows;
}

const { cases } = readGolden<{ cases: Case[] }>('decompositions');

describe.each(cases)('$name', (golden) => {
  const a = Matrix.from(golden.a);
  const b = Matrix.from(golden.b);
  const n = Math.max(a.rows, a.cols);
  const size = golden.s[0];
  const condition = size / golden.s[golden.rank - 1];

  test('values', () => {
    expectClose(a.svd().s, golden.s, norm(n, size));
    expectClose(a.rank(), golden.rank, exact);
    expectClose(a.pinv().toArray(), golden.pinv, norm(n, condition * condition));
    expectClose(a.lstsq(b).x.toArray(), golden.lstsq, norm(n, condition * condition * 100));
  });
  test.runIf(golden.rank === Math.min(a.rows, a.cols))('q and r', () => {
    const { q, r } = a.qr();
    expectClose(q.toArray(), golden.q, norm(n, condition));
    expectClose(r.toArray(), golden.r, norm(n, size * condition));
  });
  test.runIf(golden.solve !== undefined)('of a square', () => {
    const at = Matrix.from(golden.a[0].map((_, j) => golden.a.map((row) => row[j])));
    const gram = a.matmul(at).data.map((v, i) => v + (i % (n + 1) === 0 ? 1 : 0));
    expectClose(a.solve(b).toArray(), golden.solve, norm(n, condition * 100));
    expectClose(a.inverse().toArray(), golden.inverse, norm(n, condition * condition));
    expectClose(a.determinant(), golden.determinant, norm(n, size ** n));
    expectClose(a.logDeterminant(), { sign: golden.sign, logAbs: golden.logAbs }, norm(n, condition));
    expectClose(a.add(at).eigh().values, golden.eigenvalues, norm(n, 2 * size));
    expectClose(new Matrix(gram, n, n).cholesky().toArray(), golden.cholesky, norm(n, condition * size));
  });
});
