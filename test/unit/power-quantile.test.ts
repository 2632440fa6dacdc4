/** Edge cases of power, quantile and cyclical transforms, and of selection by cross-validation. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  CyclicalEncoder,
  DecisionTreeClassifier,
  LinearRegression,
  load,
  loadDiabetes,
  Matrix,
  PowerTransformer,
  QuantileTransformer,
  RFECV,
  SequentialFeatureSelector,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('PowerTransformer', () => {
  test('leaves constant columns, and missing values missing', async () => {
    const power = await new PowerTransformer().fit([
      [3, 1],
      [3, Number.NaN],
      [3, 9],
      [3, 4],
    ]);
    expect(power.lambdas[0]).toBe(1);
    expect(power.transformSync([[3, Number.NaN]]).toArray()).toEqual([[0, Number.NaN]]);
  });

  test('goes back and forth on both sides of 0', async () => {
    const X = Matrix.from(Array.from({ length: 41 }, (_, i) => [((i - 20) / 4) ** 3]));
    const power = await new PowerTransformer().fit(X);
    const back = await power.inverseTransform(await power.transform(X));
    for (let i = 0; i < X.rows; i++) expect(back.data[i]).toBeCloseTo(X.data[i], 9);
  });

  test('Box-Cox refuses what is not above 0 when it is fitted', async () => {
    const power = new PowerTransformer({ method: 'boxCox' });
    await expect(power.fit([[0], [1]])).rejects.toEqual(code('ERR_INPUT_NEGATIVE'));
    await power.fit([[1], [2], [5]]);
    expect(power.transformSync([[-1]]).data[0]).toBeNaN();
  });

  test('huge values do not overflow, columns without values are refused', async () => {
    const power = await new PowerTransformer().fit([[1e300], [-1e300], [0], [5]]);
    expect(power.transformSync([[1e300], [-1e300]]).data.every(Number.isFinite)).toBe(true);
    const empty = new PowerTransformer().fit([[Number.NaN], [Number.NaN]]);
    await expect(empty).rejects.toEqual(code('ERR_EMPTY'));
  });
});

describe('QuantileTransformer', () => {
  test('whole numbers that repeat get the middle of their ranks, in both precisions', async () => {
    const X = Matrix.from([[1], [2], [2], [2], [3]]);
    for (const x of [X, X.astype('float32')]) {
      const model = await new QuantileTransformer({ nQuantiles: 5 }).fit(x);
      expect(Array.from((await model.transform(x)).data)).toEqual([0, 0.5, 0.5, 0.5, 1]);
      expect(model.transformSync([[2.5]]).data[0]).toBeCloseTo(0.875, 6);
    }
  });

  test('a constant column, one row, and a seed', async () => {
    const constant = await new QuantileTransformer().fit([[7], [7]]);
    expect(constant.transformSync([[6], [7], [8]]).toArray()).toEqual([[0], [0], [0]]);
    const X = Matrix.from(Array.from({ length: 200 }, (_, i) => [Math.sin(i) * i]));
    const make = () => new QuantileTransformer({ nQuantiles: 20, subsample: 50, randomState: 3 }).fit(X);
    expect((await make()).quantiles).toEqual((await make()).quantiles);
    await expect(new QuantileTransformer({ nQuantiles: 60, subsample: 50 }).fit(X)).rejects.toEqual(
      code('ERR_PARAMETER'),
    );
    const copy = (await load((await make()).toBytes())) as QuantileTransformer;
    expect(copy.transformSync(X)).toEqual((await make()).transformSync(X));
  });
});

describe('QuantileTransformer of sparse rows', () => {
  const X = CsrMatrix.from([
    [0, 5, 0],
    [1, 0, 0],
    [3, -2, 0],
    [0, 8, 0],
    [Number.NaN, 0, 0],
  ]);

  test('ranks zeros as of dense rows, unless they are to stay', async () => {
    const ranks = await new QuantileTransformer({ nQuantiles: 3 }).fit(X);
    const dense = await new QuantileTransformer({ nQuantiles: 3 }).fit(X.toDense());
    expect(ranks.quantiles).toEqual(dense.quantiles);
    expect(ranks.keepsSparse).toBe(false);
    await expect(ranks.transformSparse(X)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
    const sampled = () => new QuantileTransformer({ nQuantiles: 2, subsample: 3, randomState: 1 });
    expect((await sampled().fit(X)).quantiles).toEqual((await sampled().fit(X.toDense())).quantiles);
  });

  test.each(['uniform', 'normal'] as const)('%s: zeros stay, here, in plans and in files', async (to) => {
    const options = { nQuantiles: 3, outputDistribution: to, ignoreImplicitZeros: true } as const;
    const model = await new QuantileTransformer(options).fit(X);
    expect(model.quantiles.map((own) => [...own])).toEqual([
      [1, 2, 3],
      [-2, 5, 8],
      [0, 0, 0],
    ]);
    const sparse = await model.transformSparse(X);
    expect(sparse.nnz).toBe(X.nnz);
    const copy = (await load(model.toBytes())) as QuantileTransformer;
    for (const made of [await model.transform(X), copy.transformSync(X.toDense())])
      expectClose(made.toArray(), sparse.toArray(), iterative(1e-12), to);
    expect((await model.inverseTransform([[0, 0, 0]])).toArray()).toEqual([[0, 0, 0]]);
    await expect(model.transformSparse(CsrMatrix.from([[1]]))).rejects.toEqual(code('ERR_SHAPE'));
    const dense = await new QuantileTransformer(options).fit(X.toDense());
    expect(dense.keepsSparse).toBe(false);
  });
});

describe('QuantileTransformer that keeps zeros', () => {
  const X = CsrMatrix.from([
    [0, 5],
    [1, 0],
    [3, -2],
    [0, 8],
    [7, 1],
  ]);
  const make = (to: 'uniform' | 'normal') =>
    new QuantileTransformer({ nQuantiles: 3, outputDistribution: to, ignoreImplicitZeros: true });

  test.each(['uniform', 'normal'] as const)(
    '%s: sparse rows come back whole, dense zeros stay',
    async (to) => {
      const model = await make(to).fit(X);
      const sparse = await model.transformSparse(X);
      expectClose((await model.inverseTransform(sparse)).toArray(), X.toArray(), iterative(1e-6), to);
      const dense = await model.inverseTransform(sparse.toDense());
      sparse.toDense().data.forEach((value, k) => {
        if (value === 0) expect(dense.data[k]).toBe(0);
      });
      await expect(model.inverseTransform(CsrMatrix.from([[1]]))).rejects.toEqual(code('ERR_SHAPE'));
    },
  );

  test('stored zeros are zeros', async () => {
    const model = await make('uniform').fit(X);
    const parts = { indices: Int32Array.of(0, 1), indptr: Int32Array.of(0, 2), cols: 2 };
    const made = await model.transformSparse(new CsrMatrix({ data: Float64Array.of(0, 8), ...parts }));
    expect(made.toTriplets()).toEqual([[0, 1, 1]]);
    expect((await model.inverseTransform(made)).toArray()).toEqual([[0, 8]]);
  });

  test.each(['float32', 'float64'] as const)('%s: the same bits in either form', async (dtype) => {
    // Columns of very different numbers of values, one of none.
    const rows = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: 7 }, (_, j) => (j > 0 && i % (j * j) === 0 ? Math.sin(i * j + 1) * 10 ** j : 0)),
    );
    const x = CsrMatrix.from(rows, dtype);
    for (const to of ['uniform', 'normal'] as const) {
      const model = await make(to).fit(x);
      expect((await model.transformSparse(x)).toDense()).toEqual(await model.transform(x.toDense()));
    }
  });
});

describe('CyclicalEncoder', () => {
  test('periods by column, by name and for all', async () => {
    const both = await new CyclicalEncoder({ period: [24, 7] }).fit([[0, 0]]);
    expect(both.transformSync([[30, 7]]).toArray()).toEqual([[1, 0, 0, 1]]);
    await expect(new CyclicalEncoder({ period: [24] }).fit([[0, 0]])).rejects.toEqual(code('ERR_SHAPE'));
    await expect(new CyclicalEncoder({ period: { day: 7 } }).fit({ hour: [1] })).rejects.toEqual(
      code('ERR_UNKNOWN_COLUMN'),
    );
    await expect(new CyclicalEncoder({ period: 0 }).fit([[1]])).rejects.toEqual(code('ERR_PARAMETER'));
  });
});

describe('selection by cross-validation', () => {
  const { data, target } = loadDiabetes();
  test('reports progress, stops, and refuses what cannot be', async () => {
    const seen: number[] = [];
    await new RFECV(new LinearRegression(), { cv: 3 }).fit(data, target, {
      onProgress: ({ done }) => seen.push(done),
    });
    expect(seen).toEqual([1, 2, 3]);
    const few = new RFECV(new LinearRegression(), { minFeaturesToSelect: 11 });
    await expect(few.fit(data, target)).rejects.toEqual(code('ERR_PARAMETER'));
    const all = new SequentialFeatureSelector(new LinearRegression(), { nFeaturesToSelect: 10 });
    await expect(all.fit(data, target)).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(
      new SequentialFeatureSelector(new LinearRegression(), { tol: -1 }).fit(data, target),
    ).rejects.toEqual(code('ERR_PARAMETER'));
    const aborted = new SequentialFeatureSelector(new LinearRegression()).fit(data, target, {
      signal: AbortSignal.abort(),
    });
    await expect(aborted).rejects.toEqual(code('ERR_ABORTED'));
  });

  test('takes tables with text by the names of their columns', async () => {
    const table = {
      noise: [1, 2, 1, 2, 1, 2, 1, 2],
      size: [1, 1, 5, 5, 1, 1, 5, 5],
      other: [3, 1, 2, 3, 1, 2, 3, 1],
    };
    const y = [...'aabbaabb'];
    const model = new SequentialFeatureSelector(new DecisionTreeClassifier(), {
      cv: 2,
      nFeaturesToSelect: 1,
    });
    await model.fit(table, y);
    expect(model.getFeatureNamesOut()).toEqual(['size']);
  });
});
