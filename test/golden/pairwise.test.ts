/** Distances against scikit-learn. */
import { expect, test } from 'vitest';
import {
  haversineDistances,
  type KernelName,
  Matrix,
  type Metric,
  nanEuclideanDistances,
  pairedDistances,
  pairwiseDistances,
  pairwiseDistancesArgminMin,
  pairwiseKernels,
} from '../../lib/index.js';
import { dot, expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

const golden = readGolden<{
  rows: number;
  others: number;
  cases: Array<{ input: DatasetRef; metric: Metric; distances: number[][] }>;
  kernels: Array<{
    name: string;
    input: DatasetRef;
    scale: number;
    metric: KernelName;
    options: object;
    values: number[][];
  }>;
  special: Array<{ name: keyof typeof SPECIAL; input: DatasetRef; values: number[][] }>;
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

/** Some rows of absolute values, and others with a row of zeros. */
function parts(input: DatasetRef, scale = 1): [X: Matrix, Y: Matrix] {
  const X = loadRef(input).X.abs().scale(scale);
  const others = X.slice(-golden.others).toArray();
  return [X.slice(0, golden.rows), Matrix.from([...others, new Array(X.cols).fill(0)])];
}

test.each(golden.kernels)('kernel $name', ({ input, scale, metric, options, values }) => {
  const [X, Y] = parts(input, scale);
  expectClose(pairwiseKernels(X, Y, { metric, ...options }).toArray(), values, iterative(1e-10), metric);
});

const withGaps = (X: Matrix, missing: number) =>
  X.toArray().map((row, i) => row.map((value, j) => (i === 0 || (i + j) % 3 === 0 ? missing : value)));

function nearest(X: Matrix, Y: Matrix, axis: 0 | 1) {
  const { indices, distances } = pairwiseDistancesArgminMin(X, Y, { axis });
  return [Array.from(indices), Array.from(distances)];
}

const SPECIAL = {
  haversineDistances: (X: Matrix, Y: Matrix) =>
    haversineDistances(X.columns([0, 1]).div(10), Y.columns([0, 1]).div(10)).toArray(),
  nanEuclideanDistances: (X: Matrix, Y: Matrix) =>
    nanEuclideanDistances(withGaps(X, Number.NaN), Y).toArray(),
  missingValues: (X: Matrix, Y: Matrix) =>
    nanEuclideanDistances(withGaps(X, -1), Y, { missingValues: -1 }).toArray(),
  pairwiseDistancesArgminMin: (X: Matrix, Y: Matrix) => nearest(X, Y, 1),
  'axis 0': (X: Matrix, Y: Matrix) => nearest(X, Y, 0),
  pairedDistances: (X: Matrix, Y: Matrix) =>
    (['euclidean', 'manhattan', 'cosine'] as const).map((metric) =>
      Array.from(pairedDistances(X, Y.slice(0, X.rows), { metric })),
    ),
};

test.each(golden.special)('$name of $input', ({ name, input, values }) => {
  const [X, Y] = parts(input);
  expectClose(SPECIAL[name](X, Y), values, iterative(1e-7), name);
});
