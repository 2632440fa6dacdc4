/** Errors and edge cases of projections; golden values are in test/golden. */
import { describe, expect, test, vi } from 'vitest';
import { Random } from '../../lib/core/random.js';
import { CsrMatrix, load, loadDigits, loadIris, Matrix, PCA, TruncatedSVD } from '../../lib/index.js';
import { native } from '../../lib/native.js';

const rows = [
  [1, 2, 3],
  [2, 3, 5],
  [9, 1, 1],
  [4, 4, 8],
];

describe('parameters', () => {
  test.each([
    [new PCA({ nComponents: 0 }), 'ERR_PARAMETER'],
    [new PCA({ nComponents: 1.5 }), 'ERR_PARAMETER'],
    [new PCA({ nComponents: 4 }), 'ERR_PARAMETER'],
    [new PCA({ nComponents: 0.5, svdSolver: 'randomized' }), 'ERR_PARAMETER'],
    [new PCA({ nComponents: 'mle', svdSolver: 'randomized' }), 'ERR_PARAMETER'],
    [new PCA({ nComponents: 'most' as never }), 'ERR_PARAMETER'],
    [new TruncatedSVD({ nComponents: 4 }), 'ERR_PARAMETER'],
    [new TruncatedSVD({ nComponents: 0 }), 'ERR_PARAMETER'],
  ])('%# are checked', async (model, code) => {
    await expect(model.fit(rows)).rejects.toMatchObject({ code });
  });

  test('columns whose squares overflow are said to', async () => {
    for (const cols of [2, 40]) {
      const X = new Matrix(
        Float64Array.from({ length: 100 * cols }, (_, k) => 1e200 * Math.sin(k * k)),
        100,
        cols,
      );
      await expect(new PCA({ svdSolver: 'covarianceEigh' }).fit(X)).rejects.toMatchObject({
        code: 'ERR_INPUT_INFINITE',
        message: expect.stringContaining('scale them down'),
      });
    }
  });

  test('one row does not vary', async () => {
    await expect(new PCA().fit([[1, 2]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

test('of few rows there is neither a likely number of components nor a density', async () => {
  const wide = rows.slice(0, 2);
  await expect(new PCA({ nComponents: 'mle' }).fit(wide)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  const pca = await new PCA().fit(wide);
  await expect(pca.scoreSamples(rows)).rejects.toMatchObject({ code: 'ERR_SINGULAR' });
  expect((await new PCA({ nComponents: 'mle' }).fit([[1], [2], [4]])).nComponents).toBe(1);
});

test('rows like those of the training set are likelier, whatever the whitening', async () => {
  const { data } = loadIris();
  const pca = await new PCA({ nComponents: 2 }).fit(data);
  const white = await new PCA({ nComponents: 2, whiten: true }).fit(data);
  expect(await white.score(data)).toBe(await pca.score(data));
  expect(await pca.score(data)).toBeGreaterThan(await pca.score(data.add(3)));
  expect((await load(pca.toBytes())).getCovariance().toArray()).toEqual(pca.getCovariance().toArray());
  const identity = pca.getCovariance().matmul(pca.getPrecision());
  identity.toArray().forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(i === j ? 1 : 0, 9);
    });
  });
});

test('all components give the rows back', async () => {
  const pca = await new PCA({ whiten: true }).fit(rows);
  const back = await pca.inverseTransform(await pca.transform(rows));
  back.toArray().forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(rows[i][j], 10);
    });
  });
  await expect(pca.inverseTransform([[1]])).rejects.toMatchObject({ code: 'ERR_SHAPE' });
});

test('rows that do not vary have components that explain nothing', async () => {
  const pca = await new PCA().fit([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(Array.from(pca.explainedVarianceRatio)).toEqual([0, 0]);
  expect(
    pca
      .transformSync([[1, 2]])
      .toArray()[0]
      .map(Math.abs),
  ).toEqual([0, 0]);
});

test('columns far from 0 keep their digits', async () => {
  const near = Matrix.from(Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]));
  const far = near.add(1e7);
  const [a, b] = await Promise.all([new PCA().fit(near), new PCA().fit(far)]);
  b.explainedVariance.forEach((v, k) => {
    expect(Math.abs(v / a.explainedVariance[k] - 1)).toBeLessThan(1e-7);
  });
});

test('the same seed gives the same axes, which are nearly those of the exact solver', async () => {
  const { data } = loadDigits();
  const fit = (randomState: number) =>
    new PCA({ nComponents: 5, svdSolver: 'randomized', randomState }).fit(data);
  const [one, same, exact] = await Promise.all([
    fit(3),
    fit(3),
    new PCA({ nComponents: 5, svdSolver: 'full' }).fit(data),
  ]);
  expect(one.components.toArray()).toEqual(same.components.toArray());
  one.singularValues.forEach((value, k) => {
    expect(Math.abs(value / exact.singularValues[k] - 1)).toBeLessThan(1e-3);
  });
});

test('a model file holds the projection', async () => {
  const { data } = loadIris();
  const pca = await new PCA({ nComponents: 2 }).fit(data);
  const copy = (await load(pca.toBytes())) as PCA;
  expect(copy.transformSync(data).toArray()).toEqual(pca.transformSync(data).toArray());
  expect(copy.getFeatureNamesOut()).toEqual(['pca0', 'pca1']);
});

test('an aborted fit changes nothing', async () => {
  const pca = await new PCA().fit(rows);
  const signal = AbortSignal.abort();
  await expect(pca.fit(loadDigits().data, undefined, { signal })).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
  expect(pca.nFeaturesIn).toBe(3);
});

describe('from the Gram matrix', () => {
  const noise = (i: number) => ((Math.sin(i) * 43758.5453) % 1) - 0.5;
  const shifted = (rows: number, cols: number, by: number) =>
    new Matrix(
      Float64Array.from({ length: rows * cols }, (_, k) => by + noise(k) * (1 + (k % cols))),
      rows,
      cols,
    );

  test.each([1, 3, 5, 8, 9, 28])(
    '%i columns have the same scatter wherever their means are',
    async (cols) => {
      for (const rows of [2, 40, 700]) {
        for (const by of [0, 3, 1e4]) {
          const { data } = shifted(rows, cols, by);
          const mean = Float64Array.from({ length: cols }, (_, j) => {
            let sum = 0;
            for (let i = 0; i < rows; i++) sum += data[i * cols + j];
            return sum / rows;
          });
          const about = await native.scatterMatrix(data, rows, cols, mean, null);
          const { moments, scatter } = native.measuredScatterSync(data, rows, cols);
          for (let j = 0; j < cols; j++) {
            expect(Math.abs(moments.mean[j] - mean[j])).toBeLessThan(1e-12 * (1 + by));
            for (let k = 0; k < cols; k++) {
              let sum = 0;
              for (let i = 0; i < rows; i++)
                sum += (data[i * cols + j] - mean[j]) * (data[i * cols + k] - mean[k]);
              for (const made of [about, scatter])
                expect(Math.abs(made[j * cols + k] - sum)).toBeLessThan(1e-12 * rows * (1 + j) * (1 + k));
            }
          }
        }
      }
    },
  );

  test('rows that begin, drift or are sampled far from the mean keep their digits', () => {
    const n = 2560;
    const columns: ((i: number) => number)[] = [
      (i) => noise(i), // near 0
      (i) => i, // sorted
      (i) => (i % 10 === 0 ? 4000 : 0) + noise(i), // as the rows that the shift is the mean of, and no others
      (i) => (i === 0 ? 1e6 : noise(i)), // an outlier
      () => 0.1, // constant
    ];
    const d = columns.length;
    const base = [2 ** 27, 0, 0, 0, 0];
    const data = Float64Array.from(
      { length: n * d },
      (_, at) => base[at % d] + columns[at % d](Math.floor(at / d)),
    );
    // Differences from the base are exact, and the means of these small.
    const near = data.map((value, at) => value - base[at % d]);
    const mean = columns.map((_, j) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += near[i * d + j];
      return sum / n;
    });
    const { moments, scatter } = native.measuredScatterSync(data, n, d);
    for (let j = 0; j < d; j++) {
      const own = Array.from({ length: n }, (_, i) => data[i * d + j]);
      expect([moments.min[j], moments.max[j], moments.count[j]]).toEqual([
        Math.min(...own),
        Math.max(...own),
        n,
      ]);
      for (let k = 0; k < d; k++) {
        let sum = 0;
        let size = 0;
        for (let i = 0; i < n; i++) {
          const product = (near[i * d + j] - mean[j]) * (near[i * d + k] - mean[k]);
          sum += product;
          size += Math.abs(product);
        }
        expect(Math.abs(scatter[j * d + k] - sum)).toBeLessThanOrEqual(1e-11 * size + 1e-20);
        expect(scatter[k * d + j]).toBe(scatter[j * d + k]);
      }
      expect(Math.abs(moments.variance[j] * n - scatter[j * (d + 1)])).toBeLessThanOrEqual(
        1e-15 * scatter[j * (d + 1)],
      );
    }
    expect([moments.mean[4], moments.variance[4]]).toEqual([0.1, 0]);
  });

  test('one row, missing values and sums that overflow have a scatter that says so', () => {
    const { nan, one, huge } = {
      nan: native.measuredScatterSync(Float64Array.of(1, 2, Number.NaN, 4, 5, 6), 3, 2),
      one: native.measuredScatterSync(Float32Array.of(3, 4), 1, 2),
      huge: native.measuredScatterSync(Float64Array.of(1e308, -1e308, 1e308, -1e308), 4, 1),
    };
    expect([...nan.moments.count, ...nan.scatter]).toEqual([
      2,
      3,
      ...Array(4).fill(Number.POSITIVE_INFINITY),
    ]);
    expect([...nan.moments.mean]).toEqual([3, 4]);
    expect([...one.moments.mean, ...one.scatter]).toEqual([3, 4, 0, 0, 0, 0]);
    expect([huge.moments.min[0], huge.moments.max[0]]).toEqual([-1e308, 1e308]);
  });

  test('the randomised method and the exact one agree, and coordinates do wherever the means are', async () => {
    for (const by of [0, 1e5]) {
      const x = shifted(500, 6, by);
      const full = await new PCA({ nComponents: 3, svdSolver: 'full' }).fit(x);
      const random = await new PCA({ nComponents: 3, svdSolver: 'randomized', randomState: 0 }).fit(x);
      const [a, b] = [full.transformSync(x).data, random.transformSync(x).data];
      expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(1e-8);
    }
    const counts = shifted(500, 6, 0.3);
    const exact = await new TruncatedSVD({ nComponents: 3, algorithm: 'exact' }).fit(counts);
    const random = await new TruncatedSVD({ nComponents: 3, randomState: 0 }).fit(counts);
    for (const key of ['singularValues', 'explainedVariance', 'explainedVarianceRatio'] as const)
      expect(Math.max(...exact[key].map((v, k) => Math.abs(v - random[key][k])))).toBeLessThan(1e-9);
  });

  test('an axis whose digits it loses is found otherwise', async () => {
    // Singular values 1e9 apart: the Gram matrix knows nothing of the last.
    const x = shifted(400, 3, 0);
    for (let i = 0; i < 400; i++) x.data[3 * i] *= 1e10;
    const full = await new PCA({ svdSolver: 'full' }).fit(x);
    const random = await new PCA({ nComponents: 3, svdSolver: 'randomized', randomState: 0 }).fit(x);
    for (let k = 0; k < 3; k++)
      expect(Math.abs(random.singularValues[k] / full.singularValues[k] - 1)).toBeLessThan(1e-6);
  });
});

test.each([
  (params: object) => new PCA({ nComponents: 3, svdSolver: 'randomized', randomState: 1, ...params }),
  (params: object) => new TruncatedSVD({ nComponents: 3, randomState: 1, ...params }),
])('the randomised method finds axes of numbers whose squares overflow', async (make) => {
  const { data } = loadDigits();
  const rows = data.slice(0, 100);
  const [plain, large] = [await make({}).fit(rows), await make({}).fit(rows.mul(1e155))];
  for (const [k, value] of plain.singularValues.entries()) {
    expect(large.singularValues[k] / value / 1e155).toBeCloseTo(1, 6);
  }
});

describe('the method of Lanczos', () => {
  const random = new Random(4);
  const noise = (rows: number, cols: number) =>
    new Matrix(
      Float64Array.from({ length: rows * cols }, () => random.normal()),
      rows,
      cols,
    );
  const rank3 = noise(40, 3).matmul(noise(3, 30));
  const clustered = noise(60, 40).qr().q;
  const block = noise(40, 30);
  const blocks = new Matrix(
    Float64Array.from({ length: 4 * 40 * 4 * 30 }, (_, k) => {
      const [i, j] = [Math.floor(k / 120), k % 120];
      return Math.floor(i / 40) === Math.floor(j / 30) ? block.row(i % 40)[j % 30] : 0;
    }),
    160,
    120,
  );
  const fit = (X: Matrix, nComponents: number) =>
    new TruncatedSVD({ nComponents, algorithm: 'arpack', randomState: 1 }).fit(X);

  test.each([
    ['more rows than columns', noise(90, 35), 6],
    ['more columns than rows', noise(35, 90), 6],
    ['all components but one', noise(9, 7), 6],
    ['a subspace that is the whole space', noise(25, 21), 10],
    ['fewer directions than components', rank3 as Matrix<Float64Array>, 5],
    ['nothing but equal values', clustered as Matrix<Float64Array>, 4],
    ['four equal blocks', blocks, 4],
    ['zeros', new Matrix(new Float64Array(60), 10, 6), 2],
    ['large numbers', noise(50, 20).mul(1e100) as Matrix<Float64Array>, 3],
  ])('finds the singular values of %s', async (_, X, components) => {
    const model = await fit(X, components);
    const { s } = X.svd();
    for (let k = 0; k < components; k++)
      expect(Math.abs(model.singularValues[k] - s[k])).toBeLessThanOrEqual(1e-12 * s[0]);
    // Each is the length of X along its axis, and axes are orthonormal.
    const axes = model.components as Matrix<Float64Array>;
    const gram = axes.matmul(axes, { transposeB: true });
    gram.toArray().forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(Number(i === j), 12);
      });
    });
    const along = X.matmul(axes, { transposeB: true });
    for (let k = 0; k < components; k++) {
      const length = Math.hypot(...along.columns([k]).data.map((value) => value / (s[0] || 1))) * (s[0] || 1);
      expect(Math.abs(length - s[k])).toBeLessThanOrEqual(1e-12 * s[0]);
    }
  });

  test('reads sparse rows as they are, and refuses all components', async () => {
    const X = noise(80, 50);
    const holes = new Matrix(X.data.map((value) => (value > 1 ? value : 0)) as Float64Array, 80, 50);
    const dense = await fit(holes, 4);
    const sparse = await fit(CsrMatrix.from(holes) as never, 4);
    dense.singularValues.forEach((value, k) => {
      expect(sparse.singularValues[k]).toBeCloseTo(value, 11);
    });
    await expect(fit(X, 50)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const pca = (nComponents: number | 'mle' | null) =>
      new PCA({ nComponents, svdSolver: 'arpack', randomState: 1 }).fit(X);
    for (const count of [50, 0.5, 'mle'] as const)
      await expect(pca(count)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    expect((await pca(null)).nComponents).toBe(49);
    const single = new PCA({ svdSolver: 'arpack' }).fit([[1], [2], [4]]);
    await expect(single).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const stop = new AbortController();
    const aborted = new PCA({ nComponents: 3, svdSolver: 'arpack' }).fit(X, undefined, {
      signal: stop.signal,
    });
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test.each([
    ['PCA', (tol: number) => new PCA({ nComponents: 4, svdSolver: 'arpack', tol, randomState: 1 })],
    [
      'TruncatedSVD',
      (tol: number) => new TruncatedSVD({ nComponents: 4, algorithm: 'arpack', tol, randomState: 1 }),
    ],
  ])('%s ends at `tol`, after fewer products', async (_, make) => {
    const X = noise(200, 100);
    const products = vi.spyOn(Matrix.prototype, 'matmulAsync');
    const counted = async (tol: number) => {
      products.mockClear();
      const { singularValues } = await make(tol).fit(X);
      return { values: singularValues, count: products.mock.calls.length };
    };
    const [exact, near] = [await counted(0), await counted(0.1)];
    products.mockRestore();
    expect(near.count).toBeLessThan(exact.count / 2);
    for (const [k, value] of near.values.entries())
      expect(Math.abs(value - exact.values[k])).toBeLessThan(0.1 * exact.values[0]);
  });
});
