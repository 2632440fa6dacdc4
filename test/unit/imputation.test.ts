/** Edge cases of Bayesian ridge regression and of iterative imputation; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  BayesianRidge,
  IterativeImputer,
  KNNImputer,
  LinearRegression,
  LogisticRegression,
  load,
  loadIris,
  loadWine,
  Matrix,
  makePipeline,
  Pipeline,
  RandomForestRegressor,
  Ridge,
  StandardScaler,
} from '../../lib/index.js';

const { data, target } = loadIris();

/** Iris with every eleventh value missing. */
function withHoles(x: Matrix): Matrix {
  const holes = Float64Array.from(x.data, (value, k) => {
    return (7 * Math.floor(k / x.cols) + 3 * (k % x.cols)) % 11 === 0 ? Number.NaN : value;
  });
  return new Matrix(holes, x.rows, x.cols);
}
const holes = withHoles(data);

describe('BayesianRidge', () => {
  test.each([{ maxIter: 0 }, { tol: 0 }, { alpha1: -1 }, { alphaInit: -0.5 }, { lambdaInit: '1' as never }])(
    'refuses %o',
    async (params) => {
      await expect(new BayesianRidge(params).fit(data, target)).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
      });
    },
  );

  test('is less sure of rows far from those it learned from, and says so after a reload', async () => {
    const model = await new BayesianRidge().fit([[0], [1], [2], [3], [4]], [0.1, 0.9, 2.1, 2.9, 4]);
    const { std } = model.predictWithStdSync([[2], [20]]);
    expect(std[1]).toBeGreaterThan(2 * std[0]);
    const copy = (await load(model.toBytes())) as BayesianRidge;
    expect(copy.predictWithStdSync([[2], [20]]).std).toEqual(std);
    expect(model.converged).toBe(true);
    expect(model.scores.length).toBe(0);
    // A plan of float32 too.
    const plan = model.compile({ output: 'std', precision: 'float32' });
    expect(plan.runSync([[20]]).data[1]).toBeCloseTo(std[1], 5);
  });

  test('columns that say nothing leave the mean, and the variance of the prior', async () => {
    const model = await new BayesianRidge().fit(
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      [1, 2, 6],
    );
    expect(Array.from(model.coef)).toEqual([0, 0]);
    expect(model.predictSync([[5, 5]])[0]).toBeCloseTo(3);
    expect(model.sigma.toArray()).toEqual([
      [1 / model.lambda, 0],
      [0, 1 / model.lambda],
    ]);
  });

  test('estimates that are no numbers are refused', async () => {
    const huge = new BayesianRidge().fit([[1e300], [-1e300], [3]], [1e300, 1, 2]);
    await expect(huge).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });
});

describe('IterativeImputer', () => {
  test.each([
    [{ maxIter: -1 }, 'ERR_PARAMETER'],
    [{ estimator: new LogisticRegression() }, 'ERR_PARAMETER'],
    [{ estimator: new Ridge({ alpha: -1 }) }, 'ERR_PARAMETER'],
    [{ estimator: new Ridge(), samplePosterior: true }, 'ERR_PARAMETER'],
    [{ minValue: Number.NaN }, 'ERR_PARAMETER'],
    [{ minValue: 3, maxValue: 3 }, 'ERR_PARAMETER'],
    [{ minValue: [0, 0] }, 'ERR_SHAPE'],
    [{ imputationOrder: 'left' as never }, 'ERR_PARAMETER'],
    [{ nNearestFeatures: 0 }, 'ERR_PARAMETER'],
  ])('refuses %o', async (params, code) => {
    await expect(new IterativeImputer(params as object).fit(holes)).rejects.toMatchObject({ code });
  });

  test('nothing to fill with is an error, infinite values are too', async () => {
    const nothing = new IterativeImputer().fit([[Number.NaN], [Number.NaN]]);
    await expect(nothing).rejects.toMatchObject({ code: 'ERR_EMPTY' });
    const infinite = new IterativeImputer().fit([
      [1, 2],
      [Number.POSITIVE_INFINITY, 1],
    ]);
    await expect(infinite).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE' });
  });

  test('known values stay as they are, and so do rows in any batch', async () => {
    const imputer = await new IterativeImputer().fit(holes);
    const filled = await imputer.transform(holes);
    holes.data.forEach((value, k) => {
      if (!Number.isNaN(value)) expect(filled.data[k]).toBe(value);
    });
    expect(filled.data.some(Number.isNaN)).toBe(false);
    expect(Array.from((await imputer.transform(holes.slice(7, 8))).data)).toEqual(Array.from(filled.row(7)));
    expect(imputer.converged).toBe(true);
    expect(imputer.nFeaturesWithMissing).toBe(4);
    expect(imputer.imputationSequence.length).toBe(4 * imputer.nIter);
    expect(imputer.imputationSequence[0].estimator).toBeInstanceOf(BayesianRidge);
  });

  test('draws belong to the row and the seed, lie within the limits, and are spread as predicted', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => {
      const x = Math.sin(i * 12.9898) * 3;
      return [x, i % 2 === 0 ? Number.NaN : 2 * x + Math.sin(i * 78.233) * 1.7];
    });
    const settings = { samplePosterior: true, maxIter: 1, randomState: 5 };
    const imputer = await new IterativeImputer(settings).fit(rows);
    const fit = await imputer.transform(rows);
    const again = await imputer.transform([rows[10], rows[12]]);
    expect(Array.from(again.row(1))).toEqual(Array.from(fit.row(12)));
    const twin = await new IterativeImputer(settings).fit(rows);
    expect((await twin.transform(rows)).data).toEqual(fit.data);
    const other = await new IterativeImputer({ ...settings, randomState: 6 }).fit(rows);
    expect((await other.transform(rows)).row(10)[1]).not.toBe(fit.row(10)[1]);
    // Residuals of the drawn values against those of the known ones.
    const spread = (parity: number) => {
      const left = rows
        .map((_, i) => i)
        .filter((i) => i % 2 === parity)
        .map((i) => fit.row(i)[1] - 2 * fit.row(i)[0]);
      return Math.sqrt(left.reduce((sum, value) => sum + value * value, 0) / left.length);
    };
    expect(spread(0) / spread(1)).toBeGreaterThan(0.8);
    expect(spread(0) / spread(1)).toBeLessThan(1.25);
    const narrow = await new IterativeImputer({ ...settings, minValue: -1, maxValue: [9, 2] }).fit(rows);
    const values = (await narrow.transform(rows)).toArray().filter((_, i) => i % 2 === 0);
    expect(values.every(([, value]) => value >= -1 && value <= 2)).toBe(true);
    expect(new Set(values.map(([, value]) => value)).size).toBeGreaterThan(25);
  });

  test('takes regressors of any kind, and pipelines of them, by nested names too', async () => {
    for (const estimator of [
      new LinearRegression(),
      new RandomForestRegressor({ nEstimators: 3, maxDepth: 3, randomState: 1 }),
      makePipeline(new StandardScaler(), new Ridge()),
    ]) {
      const imputer = new IterativeImputer({ estimator, maxIter: 2 });
      const filled = await imputer.fitTransform(holes);
      expect(filled.data.some(Number.isNaN)).toBe(false);
      const copy = (await load(imputer.toBytes())) as IterativeImputer;
      expect((await copy.transform(holes)).data).toEqual(filled.data);
    }
    const nested = new IterativeImputer({ estimator: new Ridge() }).setParams({ estimator__alpha: 7 });
    expect((nested.params.estimator as Ridge).params.alpha).toBe(7);
  });

  test('is a step of a pipeline, reports its progress, and can be aborted', async () => {
    const wine = loadWine();
    const model = new Pipeline([
      ['fill', new IterativeImputer({ nNearestFeatures: 5, randomState: 0, maxIter: 3 })],
      ['scale', new StandardScaler()],
      ['model', new LogisticRegression()],
    ]);
    await model.fit(withHoles(wine.data), wine.target);
    expect(await model.score(withHoles(wine.data), wine.target)).toBeGreaterThan(0.95);
    const seen: number[] = [];
    await new IterativeImputer({ maxIter: 2, tol: 0 }).fit(holes, undefined, {
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(seen.length).toBe(8);
    expect(seen.at(-1)).toBe(1);
    const abort = new AbortController();
    const fit = new IterativeImputer({ maxIter: 1000, tol: 0 }).fit(holes, undefined, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('a number that stands for missing', () => {
  const marked = new Matrix(
    holes.data.map((value) => (Number.isNaN(value) ? -1 : value)),
    holes.rows,
    holes.cols,
  );
  test.each([
    ['KNNImputer', (own: object) => new KNNImputer({ nNeighbors: 3, addIndicator: true, ...own })],
    ['IterativeImputer', (own: object) => new IterativeImputer({ maxIter: 3, addIndicator: true, ...own })],
    [
      'IterativeImputer by draws',
      (own: object) => new IterativeImputer({ maxIter: 2, samplePosterior: true, randomState: 1, ...own }),
    ],
  ] as const)('%s: is what NaN is', async (_, make) => {
    const expected = await (await make({}).fit(holes)).transform(holes);
    const model = await make({ missingValues: -1 }).fit(marked);
    expect((await model.transform(marked)).equals(expected)).toBe(true);
    const copy = (await load(model.toBytes())) as KNNImputer;
    expect(copy.transformSync(marked).equals(expected)).toBe(true);
    await expect(model.transform(holes)).rejects.toMatchObject({ code: 'ERR_INPUT_NAN' });
    for (const missingValues of [Infinity, 'none'])
      await expect(make({ missingValues }).fit(holes)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});
