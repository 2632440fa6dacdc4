/** Golden values of clusterers, mixtures, factorisations, incremental axes and robust covariances. */
import { expect, test } from 'vitest';
import {
  AgglomerativeClustering,
  EllipticEnvelope,
  GaussianMixture,
  IncrementalPCA,
  KMeans,
  Matrix,
  NMF,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = { AgglomerativeClustering, EllipticEnvelope, GaussianMixture, IncrementalPCA, KMeans, NMF };
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  weights: number[] | null;
  tolerance: number;
  learned: Record<string, unknown>;
  outputs: Record<string, unknown[] | number>;
  /** Of two components that start from {@link factors}. */
  isGiven?: boolean;
}

function factors({ rows, cols }: Matrix) {
  const table = (rows: number, cols: number, value: (i: number, j: number) => number) =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => value(i, j)));
  const W = table(rows, 2, (i, k) => (((3 * i + 5 * k) % 7) + 1) / 4);
  return { W, H: table(2, cols, (k, j) => (((2 * j + 3 * k) % 5) + 1) / 2) };
}

function plain(value: unknown): unknown {
  if (value instanceof Matrix) return value.toArray();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  return Array.isArray(value) ? value.map(plain) : value;
}

const LIMIT = 5;

test.each(readGolden<{ cases: Case[] }>('clustering').cases)('$name', async (one) => {
  const rows = rowsOf(one.input);
  const init = one.isGiven ? { init: factors(rows.X as Matrix) } : {};
  const model = new CLASSES[one.estimator]({ ...one.params, ...init } as never);
  await model.fit(rows.X, undefined, one.weights ? { sampleWeight: one.weights } : {});
  const known = model as unknown as Record<string, unknown>;
  const close = iterative(one.tolerance);
  for (const [name, expected] of Object.entries(one.learned)) {
    const actual = plain(known[name]);
    if (name === 'labels' || name === 'nIter') expect(actual, name).toEqual(expected);
    else expectClose(actual, expected, close, name);
  }
  const test = Matrix.from(rows.test as number[][]).slice(0, LIMIT);
  for (const [method, expected] of Object.entries(one.outputs)) {
    const call = known[method] as (X: Matrix) => Promise<unknown>;
    expectClose(plain(await call.call(model, test)), expected, close, method);
  }
});
