/** Distances against scikit-learn. */
import { expect, test } from 'vitest';
import { Matrix, type Metric, pairwiseDistances } from '../../lib/index.js';
import { dot, expectClose } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

const golden = readGolden<{
  rows: number;
  others: number;
  cases: Array<{ input: DatasetRef; metric: Metric; distances: number[][] }>;
}>('pairwise');

test.each(golden.cases)('$metric of $input', ({ input, metric, distances }) => {
  const { X } = loadRef(input);
  const others = X.slice(-golden.others).toArray();
  const Y = Matrix.from([...others, new Array(X.cols).fill(0)]);
  const x = X.slice(0, golden.rows);
  const actual = pairwiseDistances(x, Y, { metric });
  expect([actual.rows, actual.cols]).toEqual([golden.rows, golden.others + 1]);
  for (let i = 0; i < actual.rows; i++) {
    // What scikit-learn may be off by: the squares of the two rows, which its distance is the difference of.
    const norm = (row: ArrayLike<number>) => Math.hypot(...Array.from(row));
    for (let j = 0; j < actual.cols; j++) {
      const [a, b] = metric === 'cosine' ? [1, 1] : [norm(x.row(i)), norm(Y.row(j))];
      const squares = dot(X.cols + 4, Math.hypot(a, b), Math.hypot(a, b));
      const squared = (d: number) => (metric === 'euclidean' ? d ** 2 : d);
      expectClose(squared(actual.row(i)[j]), squared(distances[i][j]), squares, `distance ${i}, ${j}`);
    }
  }
});
