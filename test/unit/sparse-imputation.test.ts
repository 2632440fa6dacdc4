/** Missing values of sparse rows are filled and flagged as those of dense rows, and the rows stay sparse. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  LogisticRegression,
  load,
  MaxAbsScaler,
  MissingIndicator,
  Pipeline,
  SimpleImputer,
  StandardScaler,
  VarianceThreshold,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

// Columns: mostly zeros, all below 0, all missing, no missing value, all zeros, many ties.
const values = Array.from({ length: 60 }, (_, i) => [
  i % 7 === 0 ? Number.NaN : i % 3 === 0 ? Math.sin(i) : 0,
  i % 5 === 0 ? Number.NaN : -1 - (i % 4),
  Number.NaN,
  i % 4 === 0 ? 1 + (i % 6) : 0,
  0,
  i % 6 === 0 ? Number.NaN : [2, 2, 0, -3, 0, -3][i % 6],
]);
const x = CsrMatrix.from(values);
const labels = values.map((_, i) => (i % 4 === 0 ? 'a' : 'b'));
const strategies = ['mean', 'median', 'mostFrequent', 'constant'] as const;

describe('SimpleImputer of sparse rows', () => {
  test.each(
    strategies.flatMap((strategy) => [
      { strategy },
      { strategy, addIndicator: true, keepEmptyFeatures: true, fillValue: 4 },
    ]),
  )('%o', async (params) => {
    const [sparse, dense] = [
      await new SimpleImputer(params).fit(x),
      await new SimpleImputer(params).fit(values),
    ];
    expectClose(sparse.statistics, dense.statistics, iterative(1e-12));
    const rows = await sparse.transformSparse(x);
    expect(rows.cols).toBe(sparse.outputColumns().length);
    expectClose(rows.toDense().data, (await dense.transform(values)).data, iterative(1e-12));
    expect(await sparse.transform(x)).toEqual(rows.toDense());
    const single = x.astype('float32');
    const half = await (await new SimpleImputer(params).fit(single)).transformSparse(single);
    expect(half.dtype).toBe('float32');
    expectClose(half.toDense().data, rows.toDense().data, iterative(1e-6));
    const copy = (await load(sparse.toBytes())) as SimpleImputer;
    expect(await copy.transformSparse(x)).toEqual(rows);
  });

  test('counts what is not stored as 0: also in a median between two values, and in a mode of equal counts', async () => {
    const few = CsrMatrix.from([
      [0, -1],
      [3, 0],
      [Number.NaN, Number.NaN],
    ]);
    const fill = async (strategy: 'mean' | 'median' | 'mostFrequent') =>
      Array.from((await new SimpleImputer({ strategy }).fit(few)).statistics);
    expect(await fill('mean')).toEqual([1.5, -0.5]);
    expect(await fill('median')).toEqual([1.5, -0.5]);
    expect(await fill('mostFrequent')).toEqual([0, -1]);
  });

  test('a value that stands for missing; not 0', async () => {
    const marked = CsrMatrix.from([
      [-1, 2],
      [0, -1],
      [4, 0],
    ]);
    const imputer = await new SimpleImputer({ missingValues: -1 }).fit(marked);
    expect((await imputer.transformSparse(marked)).toArray()).toEqual([
      [2, 2],
      [0, 1],
      [4, 0],
    ]);
    await expect(imputer.transformSparse(x)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    const holes = CsrMatrix.from([[Number.NaN, 1]]);
    await expect(imputer.transformSparse(holes)).rejects.toMatchObject({ code: 'ERR_INPUT_NAN' });
    await expect(new SimpleImputer({ missingValues: -1 }).fit(holes)).rejects.toMatchObject({
      code: 'ERR_INPUT_NAN',
    });
    for (const zero of [
      new SimpleImputer({ missingValues: 0 }),
      new MissingIndicator({ missingValues: 0 }),
    ]) {
      await expect(zero.fit(marked)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
      await zero.fit(marked.toDense());
      await expect(zero.transformSparse(marked)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    }
    await expect(new SimpleImputer().fit(CsrMatrix.from([[Number.NaN]]))).rejects.toMatchObject({
      code: 'ERR_EMPTY',
    });
  });

  test('a pipeline is fitted on the sparse rows that it fills', async () => {
    const steps = () =>
      new Pipeline([
        ['scale', new StandardScaler({ withMean: false })],
        ['fill', new SimpleImputer({ addIndicator: true })],
        ['model', new LogisticRegression({ tol: 1e-10 })],
      ]);
    const [sparse, dense] = [await steps().fit(x, labels), await steps().fit(values, labels)];
    const [some, all] = [await sparse.predictProba(x), await dense.predictProba(values)];
    expectClose(some.data, all.data, iterative(1e-6));
    expect(await sparse.predictProba(x.slice(7, 9))).toEqual(some.slice(7, 9));
  });
});

test.each([{ features: 'all' as const }, {}])('MissingIndicator of sparse rows, %o', async (params) => {
  const [sparse, dense] = [
    await new MissingIndicator(params).fit(x),
    await new MissingIndicator(params).fit(values),
  ];
  expect(sparse.features).toEqual(dense.features);
  const rows = await sparse.transformSparse(x);
  expect(rows.toDense()).toEqual(await dense.transform(values));
  expect(rows.nnz).toBe(rows.data.filter((value) => value === 1).length);
  expect(await sparse.transform(x)).toEqual(rows.toDense());
  const late = CsrMatrix.from([
    [0, 0, 0, 0, 0, 0],
    [1, 0, 0, Number.NaN, 0, 0],
  ]);
  if (params.features === 'all')
    expect((await sparse.transformSparse(late)).toTriplets()).toEqual([[1, 3, 1]]);
  else
    await expect(sparse.transformSparse(late)).rejects.toMatchObject({
      code: 'ERR_INPUT_NAN',
      row: 1,
      column: 3,
    });
});

test('scalers and VarianceThreshold leave missing values of sparse rows out, and leave them there', async () => {
  const sampleWeight = values.map((_, i) => i % 3);
  for (const make of [() => new StandardScaler({ withMean: false }), () => new MaxAbsScaler()]) {
    const sparse = await make().fit(x, undefined, { sampleWeight });
    const dense = await make().fit(values, undefined, { sampleWeight });
    expectClose(sparse.scale, dense.scale, iterative(1e-12));
    expectClose(
      (await sparse.transformSparse(x)).toDense().data,
      (await dense.transform(values)).data,
      iterative(1e-12),
    );
  }
  const [sparse, dense] = [await new VarianceThreshold().fit(x), await new VarianceThreshold().fit(values)];
  expectClose(sparse.variances, dense.variances, iterative(1e-12));
});
