/** Models that learn from sums of the caller's rows, without a copy. */
import { describe, expect, it } from 'vitest';
import { Schema } from '../../lib/core/schema.js';
import {
  ElasticNet,
  Lars,
  Lasso,
  LassoLars,
  Matrix,
  makeRegression,
  OrthogonalMatchingPursuit,
  Ridge,
  RidgeClassifier,
} from '../../lib/index.js';

const { X, y } = makeRegression({ nSamples: 800, nFeatures: 6, nInformative: 4, noise: 1, randomState: 3 });

describe.each([
  ['Ridge', () => new Ridge()],
  ['Lasso', () => new Lasso()],
  ['ElasticNet', () => new ElasticNet({ alpha: 0.1 })],
  ['Lars', () => new Lars()],
  ['LassoLars', () => new LassoLars({ alpha: 0.1 })],
  ['OrthogonalMatchingPursuit', () => new OrthogonalMatchingPursuit({ nNonzeroCoefs: 3 })],
])('%s', (_, make) => {
  it('reads no row after fit has returned its promise', async () => {
    const expected = await make().fit(X, y);
    const rows = X.copy();
    const fit = make().fit(rows, y);
    rows.data.fill(Number.NaN);
    const model = await fit;
    expect(model.coef).toEqual(expected.coef);
    expect(model.intercept).toBe(expected.intercept);
  });

  it('learns the same from a private copy', async () => {
    // Weights that are all 1 need the rows for longer, and change nothing.
    const weighted = await make().fit(X, y, { sampleWeight: new Float64Array(X.rows).fill(1) });
    const model = await make().fit(X, y);
    for (const [j, value] of model.coef.entries()) expect(value).toBeCloseTo(weighted.coef[j], 9);
  });

  it('refuses rows that are not finite', async () => {
    const rows = X.copy();
    rows.data[7] = Number.NaN;
    await expect(make().fit(rows, y)).rejects.toMatchObject({ code: 'ERR_INPUT_NAN' });
  });
});

it.each([new Ridge(), new Lasso({ alpha: 0.1 }), new ElasticNet({ alpha: 0.1 })])(
  '%o heeds weights of rows where they lie',
  async (model) => {
    const sampleWeight = Float64Array.from(y, (_, i) => i % 3);
    const expected = await model.clone().fit(X, y, { sampleWeight });
    const schema = Schema.infer(X);
    const input = {
      ...{ x: X.copy(), y, columns: schema.columns, sampleWeight, validation: null, queries: null },
      ...{ signal: undefined, cancel: null, onProgress: undefined, device: 'cpu' as const },
    };
    const own = model.clone();
    await own.fitInput(input, schema);
    expect((own as Ridge).coef).toEqual((expected as Ridge).coef);
  },
);

it('ridge of dependent columns reads its copy, not rows that have changed since', async () => {
  const data = new Float64Array(800 * 3);
  for (let i = 0; i < 800; i++) data.set([X.data[i * 6], X.data[i * 6] + 1e-7 * X.data[i * 6 + 1], 1], i * 3);
  const make = () => new Ridge({ alpha: 1e-10 });
  const rows = new Matrix(data, 800, 3);
  const expected = await make().fit(rows.copy(), y);
  const fit = make().fit(rows, y);
  rows.data.fill(0);
  expect((await fit).coef).toEqual(expected.coef);
});

it.each([2, 3])(
  'a ridge classifier of %i classes reads no row after fit has returned its promise',
  async (classes) => {
    const labels = Array.from(
      y,
      (_, i) => (X.data[i * 6] > 0 ? 1 : 0) + (classes === 3 && X.data[i * 6 + 1] > 1 ? 1 : 0),
    );
    const expected = await new RidgeClassifier().fit(X.copy(), labels);
    const weighted = await new RidgeClassifier().fit(X, labels, {
      sampleWeight: new Float64Array(X.rows).fill(1),
    });
    const rows = X.copy();
    const fit = new RidgeClassifier().fit(rows, labels);
    rows.data.fill(Number.NaN);
    expect((await fit).coef).toEqual(expected.coef);
    for (const [k, value] of expected.coef.data.entries())
      expect(value).toBeCloseTo(weighted.coef.data[k], 9);
  },
);
